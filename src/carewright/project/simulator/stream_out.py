"""Charts handed out one by one, so that whoever writes them can begin at once and show how far it is."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from carewright.core.store.model import Resource
from carewright.project.simulator import patient_fhir
from carewright.project.simulator.clinic import practice
from carewright.project.simulator.model import PatientRecord
from carewright.project.simulator.people import roster
from carewright.project.simulator.records import record


def population(seed: int, day: date, count: int, *, without: Collection[str] = ()) -> Iterator[PatientRecord]:
    """The charts of the first `count` patients as of `day`, in the order of their record numbers.

    `without` are patient ids to leave out, for instance those of today's appointments, which are there already.
    """
    clinic, skipped = practice(seed), frozenset(without)
    for person in roster(seed, day, count):
        if person.id not in skipped:
            yield record(person, clinic, day)


def families(seed: int, day: date, *, count: int, among: Collection[str] | None = None) -> Iterator[Resource]:
    """The Groups of those seen together; of `among` only the households whose patients are all in it."""
    people = roster(seed, day, count)
    missing = set() if among is None else {p.household for p in people if p.id not in frozenset(among)}
    yield from patient_fhir.families((p for p in people if p.household not in missing), seed=seed)


def charts(seed: int, day: date, ids: Iterable[str], *, count: int) -> Iterator[PatientRecord]:
    """The charts of the patients `ids` out of the first `count`, in that order; KeyError if one is not among them."""
    clinic = practice(seed)
    by_id = {person.id: person for person in roster(seed, day, count)}
    for wanted in ids:
        yield record(by_id[wanted], clinic, day)
