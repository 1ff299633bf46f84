"""What the huddle reads: projections only, each once for all lines. Nothing is kept; a line is made when asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.work.whom import Facts
from carewright.shell.sites import Site
from carewright.skills.previsit import queries as previsit
from carewright.skills.previsit.actions import Wanted
from carewright.skills.previsit.model import Need
from carewright.skills.previsit.queries import Person
from carewright.skills.previsit.rules import needs, task_id
from carewright.skills.scheduling import people
from carewright.skills.scheduling import queries as scheduling
from carewright.skills.scheduling.codes import NEW_PATIENT

Row = dict[str, object]
NOT_COMING = frozenset({"cancelled", "noshow", "entered-in-error", "waitlist", "proposed"})


@dataclass(frozen=True, kw_only=True)
class Day:
    """The site and the date that a huddle is about, as instants too."""

    site: Site
    on: date

    @property
    def place(self) -> str:
        return f"Location/{self.site.id}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return scheduling.bounds(self.on, self.site.zone)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What was read for a day (or some patients of it), by what it is joined on."""

    appointments: list[Row]
    patients: Mapping[str, Row]
    flags: Mapping[str, list[Row]]
    needs: Mapping[str, tuple[Need, ...]]
    """By appointment."""
    tasks: Mapping[tuple[str, str, str], Row]
    """The tasks of needs, by patient, kind and key of the need: those that somebody has made."""
    names: Mapping[str, str]
    plans: Mapping[str, str] = field(default_factory=dict)
    last_visits: Mapping[str, Row] = field(default_factory=dict)
    allergies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The allergies in each chart, the gravest first."""
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """Of the patients whose charts may be seen."""
    sees_chart: bool = False


def read(reader: Reader, day: Day, *, patients: frozenset[str] | None = None) -> Read:
    """Everything that the lines of a day show; with `patients` only the lines of those."""
    booked = _booked(reader, day, patients)
    ids = tuple(sorted({str(row["patient"]) for row in booked}))
    known = {str(row["id"]): row for row in reader.rows("patient", where={"id": ids})} if ids else {}
    flags = _lists(reader.rows("flag", where={"patient": ids}) if ids else ())
    persons = [_person(row, known.get(str(row["patient"]), {}), flags) for row in booked]
    found = previsit.read(reader, persons, on=day.on, until=day.bounds[1])
    needed = {
        str(row["id"]): needs(found.booked[person.id], on=day.on) for row, person in zip(booked, persons, strict=True)
    }
    return Read(
        appointments=booked,
        patients=known,
        flags=flags,
        needs=needed,
        tasks=_tasks(reader, booked, needed, day),
        names=people.names(reader),
        plans=found.plans,
        last_visits=_last_visits(reader, ids, before=day.bounds[0]),
        allergies=_allergies(reader, ids),
        facts={key: booked_.chart.facts for key, booked_ in found.booked.items() if booked_.chart is not None},
        sees_chart=previsit.sees_chart(reader),
    )


def wanted(read_: Read, day: Day) -> Iterable[Wanted]:
    """Every need of the day as something that can be handed out."""
    for row in read_.appointments:
        for need in read_.needs[str(row["id"])]:
            yield Wanted(
                need=need,
                patient=str(row["patient"]),
                appointment=str(row["id"]),
                on=day.on,
                starts_at=cast(datetime, row["starts_at"]),
                site=day.site.id,
            )


def _booked(reader: Reader, day: Day, patients: frozenset[str] | None) -> list[Row]:
    if patients is None:
        listed = scheduling.day(reader, place=day.place, on=day.on, zone=day.site.zone)
    elif not patients:
        return []
    else:
        where = {"patient": tuple(sorted(patients)), "place": day.place, "starts_at": Between(*day.bounds)}
        listed = reader.rows("appointment", where=where, order=("starts_at", "seat", "id"))
    return [row for row in listed if row["status"] not in NOT_COMING]


def _tasks(
    reader: Reader, booked: list[Row], needed: Mapping[str, tuple[Need, ...]], day: Day
) -> dict[tuple[str, str, str], Row]:
    asked = {
        task_id(need, patient=patient, on=day.on): (patient, need.kind.value, need.key)
        for row in booked
        for patient in (str(row["patient"]),)
        for need in needed[str(row["id"])]
    }
    return {asked[key]: row for key, row in previsit.seen_to(reader, asked).items()}


def _person(appointment: Row, patient: Row, flags: Mapping[str, list[Row]]) -> Person:
    key = str(appointment["patient"])
    language = str(patient.get("language") or "")
    return Person(
        id=key,
        visit_type=str(appointment["type_code"] or ""),
        born=_date(patient.get("birth_date")),
        gender=str(patient.get("gender") or ""),
        interpreter=(language or "Other language") if patient.get("needs_interpreter") else "",
        is_new=appointment["type_code"] == NEW_PATIENT.code,
        flags=frozenset(str(flag["code"]) for flag in flags.get(key, ())),
    )


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


def _last_visits(reader: Reader, ids: tuple[str, ...], *, before: datetime) -> dict[str, Row]:
    """The latest visit of each before that day."""
    if not ids:
        return {}
    where = {"patient": ids, "status": "done", "started_at": Between(None, before)}
    rows = reader.latest("visit", where=where, by=("patient",), column=("started_at",))
    return {str(row["patient"]): row for row in rows}


def _allergies(reader: Reader, ids: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    rows = _lists(reader.rows("allergy", where={"patient": ids}) if ids else ())
    grave = {key: sorted(found, key=lambda row: (row["criticality"] != "high", str(row["substance"])))
             for key, found in rows.items()}  # fmt: skip
    return {key: tuple(dict.fromkeys(str(row["substance"]) for row in found)) for key, found in grave.items()}


def _lists(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["patient"]), []).append(row)
    return found
