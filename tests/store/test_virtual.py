"""Provenance and AuditEvent are rendered from the rows of the transaction and the audit, within what may be seen."""

import pytest

from carewright.core.access.model import AccessDenied, Interaction
from carewright.core.fhir.codec import decode
from carewright.core.fhir.structures import resource_types
from carewright.core.fhir.validation import validate
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.store.people import everything, heart_rate, patient


@pytest.fixture
def writer(store: Store, practice: str) -> Writer:
    return Writer(store, everything(practice))


@pytest.fixture
def jonas(writer: Writer) -> tuple[Ref, Ref]:
    """A patient and a heart rate, written together."""
    with writer.transaction(reason="vitals.record") as tx:
        ref = tx.create(patient())
        return ref, tx.create(heart_rate(ref))


def found(writer: Writer, resource_type: str, **pairs: str) -> list[Resource]:
    with writer.store.reader(writer.access, reason="test.search") as reader:
        page = reader.search(parse(resource_type, pairs.items()))
        return [decode(stored.body or b"") for stored in (*page.matches, *page.included)]


def test_one_provenance_stands_for_one_transaction(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    ref, rate = jonas
    (provenance,) = found(writer, "Provenance", target=str(rate))
    assert {target["reference"] for target in provenance["target"]} == {f"{ref}/_history/1", f"{rate}/_history/1"}
    assert provenance["agent"][0]["who"]["reference"] == "Practitioner/dana"
    assert provenance["activity"]["text"] == "vitals.record"
    assert validate(provenance) == []
    with writer.store.reader(writer.access, reason="test.read") as reader:
        assert decode(reader.read(Ref("Provenance", provenance["id"])).body or b"") == provenance


def test_a_revinclude_brings_the_provenance(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    _, rate = jonas
    types = [r["resourceType"] for r in found(writer, "Observation", _id=rate.id, _revinclude="Provenance:target")]
    assert types == ["Observation", "Provenance"]


def test_received_provenance_comes_first_and_pages_join(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    _, rate = jonas
    with writer.transaction(reason="import") as tx:
        received = tx.create({
            "resourceType": "Provenance", "target": [{"reference": str(rate)}], "recorded": "2026-11-01T10:00:00Z",
            "agent": [{"who": {"display": "Another clinic"}}],
        })  # fmt: skip
    seen: list[str] = []
    after = ""
    with writer.store.reader(writer.access, reason="test.page") as reader:
        for _ in range(10):
            pairs = [("target", str(rate)), ("_count", "1"), *([("_after", after)] if after else [])]
            page = reader.search(parse("Provenance", pairs))
            seen += [stored.ref.id for stored in page.matches]
            after = page.next or ""
            if not after:
                break
    assert seen[0] == received.id
    assert len(seen) == len(set(seen)) == 2


def counted(reader: Reader, kind: str, *pairs: tuple[str, str]) -> tuple[int, list[int | None]]:
    """How many there are from page to page, and every total that is told."""
    told: list[int | None] = []
    for more in (("_summary", "count"), ("_count", "0")):
        page = reader.search(parse(kind, [*pairs, more]))
        assert page.matches == ()
        told.append(page.total)
    number, after = 0, ""
    while True:
        asked = [*pairs, ("_count", "2"), ("_total", "accurate"), *([("_after", after)] if after else [])]
        page = reader.search(parse(kind, asked))
        told.append(page.total)
        number, after = number + len(page.matches), page.next or ""
        if not after:
            return number, told


def test_a_count_is_of_all_that_the_search_shows(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    """What was received and what is rendered, together, on every page; and of no other than may be seen."""
    ref, rate = jonas
    with writer.transaction(reason="import") as tx:
        tx.create({
            "resourceType": "Provenance", "target": [{"reference": str(rate)}], "recorded": "2026-11-01T10:00:00Z",
            "agent": [{"who": {"display": "Another clinic"}}],
        })  # fmt: skip
    for step in range(3):
        with writer.transaction(reason="vitals.correct") as tx:
            tx.put({**heart_rate(ref), "id": rate.id, "note": [{"text": str(step)}]})
    blind = everything(writer.access.practice, grants={"Provenance": frozenset(Interaction)})
    with writer.store.reader(writer.access, reason="test.count") as reader:
        for pairs, there in (([("target", str(rate))], 5), ([("target", str(ref))], 1), ([("target", "Patient/x")], 0)):
            number, told = counted(reader, "Provenance", *pairs)
            assert (number, set(told)) == (there, {there}), pairs
        number, told = counted(reader, "AuditEvent", ("action", "U"))
        assert (number, set(told)) == (3, {3})
    with writer.store.reader(blind, reason="test.count") as reader:
        number, told = counted(reader, "Provenance", ("target", str(ref)))
        assert (number, set(told)) == (0, {0})
    with (
        pytest.raises(SearchError, match="not by 'entity'"),
        writer.store.reader(writer.access, reason="test.count") as reader,
    ):
        reader.search(parse("AuditEvent", [("entity", str(rate)), ("_summary", "count")]))


def test_a_provenance_names_only_what_may_be_seen(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    ref, rate = jonas
    grants = {t: frozenset(Interaction) for t in resource_types() - {"Patient"}}
    with writer.store.reader(everything(writer.access.practice, grants=grants), reason="test.leak") as reader:
        (stored,) = reader.search(parse("Provenance", [("target", str(rate))])).matches
        assert str(ref) not in (stored.body or b"").decode()
        assert reader.search(parse("Provenance", [("target", str(ref))])).matches == ()


def test_reads_writes_and_refusals_are_audit_events(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    ref, rate = jonas
    with pytest.raises(NotFound), writer.store.reader(writer.access, reason="chart.open") as reader:
        reader.read(rate)
        reader.read(Ref("Observation", "nowhere"))
    writer.store.audit_queue.flush()
    with pytest.raises(NotFound), writer.transaction(reason="vitals.correct") as tx:
        tx.update({**heart_rate(ref), "id": "nowhere"}, version=1)
    events = found(writer, "AuditEvent", patient=str(ref))
    assert {event["outcomeDesc"] for event in events} == {"vitals.record", "chart.open"}
    assert all(validate(event) == [] for event in events)
    (refused,) = found(writer, "AuditEvent", outcome="4")
    assert refused["outcomeDesc"] == "vitals.correct"


def test_the_audit_is_for_those_who_are_granted_it(writer: Writer, jonas: tuple[Ref, Ref]) -> None:
    grants = {t: frozenset(Interaction) for t in resource_types() - {"AuditEvent"}}
    with (
        writer.store.reader(everything(writer.access.practice, grants=grants), reason="test.leak") as reader,
        pytest.raises(AccessDenied),
    ):
        reader.search(parse("AuditEvent", []))


def test_an_audit_event_from_elsewhere_is_read_and_never_stands_before_ours(writer: Writer, jonas: object) -> None:
    (ours, *_) = found(writer, "AuditEvent")
    foreign = {
        "resourceType": "AuditEvent", "type": {"system": "urn:elsewhere", "code": "login"},
        "recorded": "2026-11-01T10:00:00Z", "agent": [{"requestor": True}],
        "source": {"observer": {"display": "Elsewhere"}},
    }  # fmt: skip
    with writer.transaction(reason="import") as tx:
        for key in ("elsewhere", ours["id"]):
            tx.import_({**foreign, "id": key})
    with writer.store.reader(writer.access, reason="test.read") as reader:
        assert decode(reader.read(Ref("AuditEvent", "elsewhere")).body or b"")["type"]["code"] == "login"
        assert decode(reader.read(Ref("AuditEvent", ours["id"])).body or b"") == ours
    assert {"elsewhere", ours["id"]} <= {one["id"] for one in found(writer, "AuditEvent")}
