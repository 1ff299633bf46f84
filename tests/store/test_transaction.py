"""One transaction writes everything or nothing: the spec that both engines meet."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from carewright.core.access.labels import ACT_CODE, CONFIDENTIALITY
from carewright.core.access.model import Actor
from carewright.core.fhir.codec import decode
from carewright.core.store.hooks import Move
from carewright.core.store.model import (
    BalanceShort,
    Change,
    Conflict,
    Gone,
    Invalid,
    KeyTaken,
    NotFound,
    Origin,
    Ref,
    Referenced,
    Refused,
    Resource,
)
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store
from carewright.core.store.transaction import Done
from carewright.core.store.writer import Writer
from tests.store.people import everything, heart_rate, patient


@pytest.fixture
def writer(store: Store, practice: str) -> Writer:
    return Writer(store, everything(practice))


def create(writer: Writer, resource: Resource) -> Ref:
    with writer.transaction(reason="test.create") as tx:
        return tx.create(resource)


def search(writer: Writer, resource_type: str, **pairs: str) -> list[Ref]:
    with writer.store.reader(writer.access, reason="test.search") as reader:
        return [stored.ref for stored in reader.search(parse(resource_type, pairs.items())).matches]


def test_what_is_written_is_read_back_exactly(writer: Writer) -> None:
    ref = create(writer, patient(multipleBirthInteger=2))
    with writer.store.reader(writer.access, reason="test.read") as reader:
        stored = reader.read(ref)
    body = decode(stored.body or b"")
    assert stored.version == 1
    assert list(body)[:3] == ["resourceType", "id", "meta"]
    assert body["meta"]["versionId"] == "1"
    assert body["multipleBirthInteger"] == 2


class Sex(StrEnum):
    MALE = "male"


def test_what_is_indexed_is_what_is_stored_whatever_python_holds(writer: Writer) -> None:
    ref = create(writer, patient(gender=Sex.MALE))
    assert search(writer, "Patient", gender="male") == [ref]


def test_an_update_makes_a_new_version_and_history_keeps_both(writer: Writer) -> None:
    ref = create(writer, patient())
    with writer.transaction(reason="test.update") as tx:
        tx.update({**patient(given="Jonah"), "id": ref.id}, version=1)
    with writer.store.reader(writer.access, reason="test.read") as reader:
        assert [s.version for s in reader.history(ref)] == [2, 1]
        assert decode(reader.vread(ref, 1).body or b"")["name"][0]["given"] == ["Jonas"]
        assert decode(reader.read(ref).body or b"")["name"][0]["given"] == ["Jonah"]
    assert search(writer, "Patient", given="jonah") == [ref]
    assert search(writer, "Patient", given="jonas") == []


def test_a_stale_update_gets_what_stands_now_and_writes_nothing(writer: Writer) -> None:
    ref = create(writer, patient())
    with writer.transaction(reason="test.update") as tx:
        tx.update({**patient(given="Jonah"), "id": ref.id}, version=1)

    def rate_and_stale_update() -> None:
        with writer.transaction(reason="test.update") as tx:
            tx.create(heart_rate(ref))
            tx.update({**patient(given="Joan"), "id": ref.id}, version=1)

    with pytest.raises(Conflict) as caught:
        rate_and_stale_update()
    assert caught.value.current is not None
    assert caught.value.current.version == 2
    assert search(writer, "Observation", subject=str(ref)) == []


def test_an_exception_in_the_block_writes_nothing(writer: Writer) -> None:

    def break_off() -> None:
        with writer.transaction(reason="test.broken") as tx:
            tx.create(patient())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert search(writer, "Patient") == []


def test_invalid_fhir_is_refused_with_the_place(writer: Writer) -> None:
    with pytest.raises(Invalid) as caught, writer.transaction(reason="test.invalid") as tx:
        tx.create({"resourceType": "Patient", "gender": "girl"})
    assert any("gender" in str(issue) for issue in caught.value.issues)


def test_a_guard_refuses_inside_the_transaction(writer: Writer) -> None:
    ref = create(writer, patient())
    visit = create(writer, {"resourceType": "Encounter", "status": "cancelled", "class": {"code": "AMB"},
                            "subject": {"reference": str(ref)}})  # fmt: skip
    with pytest.raises(Refused, match="Reopen it"), writer.transaction(reason="test.guard") as tx:
        tx.create(heart_rate(ref, encounter={"reference": str(visit)}))


def test_workflow_guards_do_not_run_for_an_import(writer: Writer) -> None:
    ref = create(writer, patient())
    visit = create(writer, {"resourceType": "Encounter", "status": "cancelled", "class": {"code": "AMB"},
                            "subject": {"reference": str(ref)}})  # fmt: skip
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)
    with importer.transaction(reason="import") as tx:
        tx.import_({**heart_rate(ref, encounter={"reference": str(visit)}), "id": "hr-1"})
    assert tx.results[0].done is Done.CREATED


def test_an_effect_writes_in_the_same_transaction(writer: Writer) -> None:
    ref = create(writer, patient())
    order = create(writer, {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                            "subject": {"reference": str(ref)}})  # fmt: skip
    assert search(writer, "Task", focus=str(order)) == [Ref("Task", f"task-{order.id}")]


def test_a_key_has_one_holder_and_follows_the_release(writer: Writer) -> None:
    first = create(writer, patient(identifier=[{"system": "urn:test:mrn", "value": "17"}]))
    with pytest.raises(KeyTaken) as caught:
        create(writer, patient(identifier=[{"system": "urn:test:mrn", "value": "17"}]))
    assert caught.value.holder == first
    with writer.transaction(reason="test.release") as tx:
        tx.release("mrn", "17", holder=first)
    second = create(writer, patient(identifier=[{"system": "urn:test:mrn", "value": "17"}]))
    assert second != first


def test_a_balance_never_falls_below_its_minimum(writer: Writer) -> None:
    from decimal import Decimal

    def move(delta: str) -> None:
        with writer.transaction(reason="test.move") as tx:
            tx.move(Move(kind="doses", key="lot-1", delta=Decimal(delta)))

    move("2.5")
    move("-2")
    with pytest.raises(BalanceShort):
        move("-0.501")
    move("-0.5")


def test_records_of_care_are_not_deleted_and_others_only_when_nothing_refers_to_them(writer: Writer) -> None:
    ref = create(writer, patient())
    with pytest.raises(Refused, match="entered-in-error"), writer.transaction(reason="test.delete") as tx:
        tx.delete(ref)
    group = create(writer, {"resourceType": "Organization", "name": "Main St Clinic"})
    child = create(writer, {"resourceType": "Location", "name": "Room 4",
                            "managingOrganization": {"reference": str(group)}})  # fmt: skip
    with pytest.raises(Referenced) as caught, writer.transaction(reason="test.delete") as tx:
        tx.delete(group)
    assert caught.value.by == [child]
    with writer.transaction(reason="test.delete") as tx:
        tx.delete(child)
        tx.delete(group)
    with pytest.raises(Gone), writer.store.reader(writer.access, reason="test.read") as reader:
        reader.read(group)
    assert search(writer, "Organization") == []


def test_a_conditional_create_finds_what_is_there_and_references_follow(writer: Writer) -> None:
    first = create(writer, patient(identifier=[{"system": "urn:x", "value": "1"}]))
    with writer.transaction(reason="test.conditional") as tx:
        again = tx.create(
            patient(identifier=[{"system": "urn:x", "value": "1"}]),
            if_none_exist=parse("Patient", [("identifier", "urn:x|1")]),
        )
        rate = tx.create(heart_rate(again))
    assert tx.stored[again].ref == first
    assert search(writer, "Observation", subject=str(first)) == [rate]


def test_an_import_is_idempotent_and_never_overwrites_what_is_newer_here(writer: Writer) -> None:
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)

    def bring(resource: Resource) -> Done:
        with importer.transaction(reason="import") as tx:
            tx.import_(resource)
        return tx.results[0].done

    incoming = {**patient(), "id": "from-elsewhere"}
    assert bring(incoming) is Done.CREATED
    assert bring(incoming) is Done.UNCHANGED
    assert bring({**incoming, "birthDate": "2025-08-22"}) is Done.UPDATED
    with writer.transaction(reason="test.update") as tx:
        tx.update({**incoming, "birthDate": "2025-08-23"}, version=2)
    assert bring(incoming) is Done.KEPT_NEWER


RESTRICTED, NORMAL = ({"system": CONFIDENTIALITY, "code": code} for code in "RN")
PSYCHIATRY = {"system": ACT_CODE, "code": "PSY"}


def test_an_import_brings_labels_and_takes_none_away(writer: Writer) -> None:
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)
    plain = {**patient(), "id": "labelled-elsewhere"}

    def bring(*labels: Resource, **changes: Any) -> Done:
        with importer.transaction(reason="import") as tx:
            tx.import_({**plain, **changes, **({"meta": {"security": [*labels]}} if labels else {})})
        return tx.results[0].done

    def held() -> list[str]:
        with writer.store.reader(writer.access, reason="test.labels") as reader:
            meta = reader.resource(Ref("Patient", plain["id"]))["meta"]
        return [label["code"] for label in meta.get("security", ())]

    def is_seen() -> bool:
        """By somebody who may see no label."""
        blind = replace(writer.access, sensitive=0)
        with writer.store.reader(blind, reason="test.labels") as reader:
            return bool(reader.search(parse("Patient", [("_id", plain["id"])])).matches)

    assert (bring(), is_seen()) == (Done.CREATED, True)
    assert (bring(RESTRICTED), held(), is_seen()) == (Done.UPDATED, ["R"], False)
    assert bring({**RESTRICTED, "display": "restricted"}) is Done.UNCHANGED
    assert (bring(), held(), is_seen()) == (Done.UNCHANGED, ["R"], False)
    assert (bring(PSYCHIATRY), held()) == (Done.UPDATED, ["PSY", "R"])
    assert (bring(NORMAL, birthDate="2025-08-22"), held(), is_seen()) == (Done.UPDATED, ["N", "PSY", "R"], False)


def test_an_import_that_labels_what_is_newer_here_is_reported(writer: Writer) -> None:
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)
    incoming = {**patient(), "id": "labelled-later"}
    with importer.transaction(reason="import") as tx:
        tx.import_(incoming)
    with writer.transaction(reason="test.update") as tx:
        tx.update({**incoming, "meta": {"security": [PSYCHIATRY]}}, version=1)
    for labels, done in (([RESTRICTED], Done.KEPT_NEWER), ([], Done.UNCHANGED), ([PSYCHIATRY], Done.UNCHANGED)):
        with importer.transaction(reason="import") as tx:
            tx.import_({**incoming, "meta": {"security": labels}} if labels else incoming)
        assert tx.results[0].done is done


def test_a_tag_or_a_profile_that_comes_in_is_something_new(writer: Writer) -> None:
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)

    def bring(**meta: object) -> Done:
        with importer.transaction(reason="import") as tx:
            tx.import_({**patient(), "id": "tagged-elsewhere", "meta": meta})
        return tx.results[0].done

    one, two = ({"system": "urn:tags", "code": code} for code in ("one", "two"))
    assert bring(tag=[one], source="urn:x") is Done.CREATED
    assert bring(tag=[{**one, "display": "One"}], source="urn:y", lastUpdated="2026-01-01T00:00:00Z") is Done.UNCHANGED
    assert bring(tag=[one, two]) is Done.UPDATED
    assert bring(tag=[two, one]) is Done.UNCHANGED
    assert bring(tag=[two, one], profile=["urn:profile"]) is Done.UPDATED
    assert bring(tag=[two, one]) is Done.UPDATED


def test_a_record_that_was_deleted_comes_back_under_its_labels(writer: Writer) -> None:
    importer = Writer(writer.store, writer.access, origin=Origin.IMPORT)
    place = {"resourceType": "Location", "id": "shelter", "name": "A shelter"}
    with importer.transaction(reason="import") as tx:
        tx.import_({**place, "meta": {"security": [RESTRICTED]}})
    with writer.transaction(reason="test.delete") as tx:
        tx.delete(Ref("Location", "shelter"))
    with importer.transaction(reason="import") as tx:
        tx.import_(place)
    assert tx.results[0].done is Done.CREATED
    with writer.store.reader(writer.access, reason="test.labels") as reader:
        assert reader.resource(Ref("Location", "shelter"))["meta"]["security"] == [RESTRICTED]
    with writer.store.reader(replace(writer.access, sensitive=0), reason="test.labels") as reader:
        assert reader.resource_or_none(Ref("Location", "shelter")) is None


def test_an_importer_cannot_touch_what_it_may_not_see(writer: Writer) -> None:
    incoming = {**patient(), "id": "hidden-from-it", "meta": {"security": [RESTRICTED]}}
    with Writer(writer.store, writer.access, origin=Origin.IMPORT).transaction(reason="import") as tx:
        tx.import_(incoming)
    blind = Writer(writer.store, replace(writer.access, sensitive=0), origin=Origin.IMPORT)
    with pytest.raises(NotFound), blind.transaction(reason="import") as tx:
        tx.import_({name: value for name, value in incoming.items() if name != "meta"})


def test_another_practice_sees_nothing(store: Store, writer: Writer) -> None:
    ref = create(writer, patient())
    store.ensure_practice("other", "Another practice")
    with store.reader(everything("other"), reason="test.leak") as reader:
        with pytest.raises(NotFound):
            reader.read(ref)
        assert reader.search(parse("Patient", [("_id", ref.id)])).matches == ()
        assert reader.feed() == []


def test_the_feed_tells_each_change_in_order(writer: Writer) -> None:
    ref = create(writer, patient())
    with writer.transaction(reason="test.update") as tx:
        tx.update({**patient(given="Jonah"), "id": ref.id}, version=1)
    with writer.store.reader(writer.access, reason="test.feed") as reader:
        entries = reader.feed()
        assert [(e.ref, e.version, e.change) for e in entries] == [(ref, 1, Change.CREATE), (ref, 2, Change.UPDATE)]
        assert reader.feed(after=entries[0].position) == entries[1:]


def test_a_projection_follows_its_resource(writer: Writer) -> None:
    ref = create(writer, patient())
    visit = create(writer, {"resourceType": "Encounter", "status": "arrived", "class": {"code": "AMB"},
                            "subject": {"reference": str(ref)}})  # fmt: skip

    def rows(status: str) -> int:
        with writer.store.reader(writer.access, reason="test.projection") as reader:
            return len(reader.rows("test_visit", where={"status": status}))

    assert (rows("arrived"), rows("finished")) == (1, 0)
    with writer.transaction(reason="test.update") as tx:
        tx.update({"resourceType": "Encounter", "id": visit.id, "status": "finished", "class": {"code": "AMB"},
                   "subject": {"reference": str(ref)}}, version=1)  # fmt: skip
    assert (rows("arrived"), rows("finished")) == (0, 1)


@pytest.fixture
def count(writer: Writer) -> Callable[[str], int]:
    from carewright.core.store.sql import Sql

    def count_rows(table: str) -> int:
        with writer.store.driver.reading(writer.access.practice) as connection:
            rows = connection.rows(
                Sql(f"SELECT count(*) FROM {table} WHERE practice = ?", (writer.access.practice,))  # noqa: S608 - the table is named here, not asked for
            )
        return int(str(rows[0][0]))

    return count_rows


def test_every_write_and_every_read_is_audited_without_patient_data(
    writer: Writer, count: Callable[[str], int]
) -> None:
    ref = create(writer, patient(name="Verysecretname"))
    assert count("audit") == 1
    with writer.store.reader(writer.access, reason="test.read") as reader:
        reader.read(ref)
        reader.search(parse("Patient", [("family", "Verysecretname")]))
    writer.store.audit_queue.flush()
    assert count("audit") == 2
    assert count("audit_patient") == 2
    from carewright.core.store.sql import Sql

    with writer.store.driver.reading(writer.access.practice) as connection:
        rows = connection.rows(Sql("SELECT * FROM audit WHERE practice = ?", (writer.access.practice,)))
    assert "verysecret" not in str(rows).lower()


def test_the_author_of_what_stands_now_is_who_wrote_it_last(store: Store, practice: str) -> None:
    lena = Actor(practice=practice, reference="Practitioner/lena", display="Lena Ortiz")
    first, second = Writer(store, everything(practice)), Writer(store, everything(practice, actor=lena))
    with first.transaction(reason="test.create") as tx:
        one, two = tx.create(patient()), tx.create(patient())
    with second.transaction(reason="test.update") as tx:
        tx.update({**patient(), "id": two.id}, version=1)
    with store.reader(everything(practice), reason="test.read") as reader:
        assert reader.authors([one, two, Ref("Patient", "nobody")]) == {
            one: "Practitioner/dana",
            two: "Practitioner/lena",
        }
        assert reader.authors([]) == {}
    with store.reader(everything(practice, patient=one.id), reason="test.read") as reader:
        assert reader.authors([one, two]) == {one: "Practitioner/dana"}
