"""Merge and unmerge: nothing is rewritten, both names find everything, and it can be undone."""

import pytest

from carewright.core.fhir.codec import decode
from carewright.core.store import aliases
from carewright.core.store.model import Ref, Refused
from carewright.core.store.search import people
from carewright.core.store.search.parse import parse
from carewright.core.store.sql import Row
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.store.people import everything, heart_rate, patient


@pytest.fixture
def writer(store: Store, practice: str) -> Writer:
    return Writer(store, everything(practice))


@pytest.fixture
def twice_registered(writer: Writer) -> tuple[Ref, Ref, Ref, Ref]:
    """Jonas as he was registered twice, with a heart rate on each record: (old, survivor, old's rate, survivor's)."""
    with writer.transaction(reason="test.create") as tx:
        old, survivor = tx.create(patient(given="Jonas")), tx.create(patient(given="Jonas"))
        return old, survivor, tx.create(heart_rate(old, 120)), tx.create(heart_rate(survivor, 130))


def rates_of(writer: Writer, ref: Ref) -> set[Ref]:
    with writer.store.reader(writer.access, reason="test.search") as reader:
        return {s.ref for s in reader.search(parse("Observation", [("patient", str(ref))])).matches}


def merge(writer: Writer, old: Ref, survivor: Ref) -> None:
    with writer.transaction(reason="registration.merge") as tx:
        tx.merge(old, survivor=survivor)


def test_either_name_finds_what_was_written_for_both(
    writer: Writer, twice_registered: tuple[Ref, Ref, Ref, Ref]
) -> None:
    old, survivor, old_rate, rate = twice_registered
    merge(writer, old, survivor)
    assert rates_of(writer, survivor) == rates_of(writer, old) == {old_rate, rate}
    with writer.store.reader(writer.access, reason="test.read") as reader:
        assert decode(reader.read(old_rate).body or b"")["subject"]["reference"] == str(old)


def test_somebody_confined_to_the_surviving_patient_sees_the_merged_one(
    writer: Writer, twice_registered: tuple[Ref, Ref, Ref, Ref]
) -> None:
    old, survivor, old_rate, rate = twice_registered
    confined = everything(writer.access.practice, patient=survivor.id)
    with writer.store.reader(confined, reason="test.search") as reader:
        assert {s.ref for s in reader.search(parse("Observation", [])).matches} == {rate}
    merge(writer, old, survivor)
    with writer.store.reader(confined, reason="test.search") as reader:
        assert {s.ref for s in reader.search(parse("Observation", [])).matches} == {old_rate, rate}


def test_an_unmerge_undoes_it_and_lists_what_was_written_since(
    writer: Writer, twice_registered: tuple[Ref, Ref, Ref, Ref]
) -> None:
    old, survivor, old_rate, rate = twice_registered
    merge(writer, old, survivor)
    with writer.transaction(reason="vitals.record") as tx:
        later = tx.create(heart_rate(survivor, 140))
    with writer.store.driver.reading(writer.access.practice) as connection:
        assert aliases.survivor(connection, writer.access.practice, old) == survivor
        assert later in aliases.written_since(connection, writer.access.practice, old)
        assert rate not in aliases.written_since(connection, writer.access.practice, old)
    with writer.transaction(reason="registration.unmerge") as tx:
        tx.unmerge(old)
    assert rates_of(writer, old) == {old_rate}
    assert rates_of(writer, survivor) == {rate, later}


def test_a_merge_never_leads_in_a_circle(writer: Writer, twice_registered: tuple[Ref, Ref, Ref, Ref]) -> None:
    old, survivor, *_ = twice_registered
    merge(writer, old, survivor)
    for again, into in ((old, survivor), (survivor, old), (survivor, survivor)):
        with pytest.raises(Refused):
            merge(writer, again, into)
    with writer.transaction(reason="test.create") as tx:
        third = tx.create(patient(given="Jonas"))
    merge(writer, survivor, third)
    assert len(rates_of(writer, old)) == 2


def test_who_is_one_person_is_asked_once_for_each(writer: Writer, twice_registered: tuple[Ref, Ref, Ref, Ref]) -> None:
    """A page of a day asks of the same people for every projection; what is known already costs no statement."""
    old, survivor, *_ = twice_registered
    merge(writer, old, survivor)
    known: dict[str, tuple[str, ...]] = {}
    both = {old.id, survivor.id}
    with writer.store.driver.reading(writer.access.practice) as connection:

        def charts(*ids: str) -> tuple[set[str], int]:
            plan, asked = people.charts(ids, writer.access.practice, known=known), 0
            rows: list[Row] = []
            while True:
                try:
                    sql = plan.send(rows) if asked else next(plan)
                except StopIteration as done:
                    return set(done.value), asked
                asked, rows = asked + 1, connection.rows(sql)

        assert charts(old.id) == (both, 1)
        assert charts(old.id) == (both, 0)
        assert charts(survivor.id, "stranger") == (both | {"stranger"}, 1)
        assert charts("stranger", old.id, survivor.id) == (both | {"stranger"}, 0)
