"""Merging two charts and undoing it, on both engines: nothing is lost, nothing merged twice, each race has a winner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.fhir.codec import decode
from carewright.core.store.model import Conflict, Ref, Refused, Resource
from carewright.core.store.search.parse import parse
from carewright.skills.registration import actions, codes, merges, queries
from carewright.skills.registration.model import Name, Patient, Phone
from carewright.skills.registration.rules.apart import apart_id, from_fhir
from carewright.skills.registration.rules.merging import retired_in, survivor_of
from tests.clinic import Clinic

ADA = Patient(
    name=Name(family="Okafor", given=("Ada",)),
    gender="female",
    birth_date=date(1988, 5, 17),
    phones=(Phone(number="(612) 555-0142"),),
)
WHY = "Same person: photo ID shown."
SAID_AT = datetime(2026, 11, 30, 16, 40, tzinfo=UTC)


@pytest.fixture
def twice(clinic: Clinic) -> tuple[str, str]:
    """Ada as she was registered twice: the chart to keep and the one to close."""
    first = actions.register(clinic.writer("fay"), entered=ADA)
    second = actions.register(
        clinic.writer("fay"), entered=replace(ADA, name=Name(family="Okafor Reyes", given=("Ada",))), is_new=True
    )
    return first.id, second.id


def resource(clinic: Clinic, patient_id: str) -> Resource:
    return clinic.resource(Ref("Patient", patient_id), name="lena")


def versions(clinic: Clinic, *ids: str) -> dict[str, int]:
    return {f"Patient/{one}": int(resource(clinic, one)["meta"]["versionId"]) for one in ids}


def merge(clinic: Clinic, keep: str, retire: str, *, name: str = "lena", reason: str = WHY) -> None:
    read = versions(clinic, keep, retire)
    actions.merge_charts(clinic.writer(name), keep=keep, retire=retire, versions=read, reason=reason)


def undo(clinic: Clinic, keep: str, retire: str) -> None:
    actions.unmerge_charts(
        clinic.writer("mona"), retire=retire, versions=versions(clinic, keep, retire), reason="Two cousins."
    )


def heart_rate(patient_id: str, value: int) -> Resource:
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{patient_id}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "valueQuantity": {"value": value, "unit": "/min"},
    }  # fmt: skip


def measured(clinic: Clinic, patient_id: str) -> set[Ref]:
    with clinic.store.reader(clinic.access("lena"), reason="test.search") as reader:
        return {s.ref for s in reader.search(parse("Observation", [("patient", f"Patient/{patient_id}")])).matches}


def test_both_records_name_each_other_and_the_old_number_leads_to_the_one_that_stays(
    clinic: Clinic, twice: tuple[str, str]
) -> None:
    keep, retire = twice
    old_number = patient_of(clinic, retire).mrn
    merge(clinic, keep, retire)
    kept, retired = resource(clinic, keep), resource(clinic, retire)
    assert (retired_in(kept), survivor_of(retired), retired["active"]) == ((retire,), keep, False)
    system = codes.mrn_system(clinic.practice)
    assert [i["use"] for i in kept["identifier"] if i["system"] == system and i["value"] == old_number] == ["old"]
    assert patient_of(clinic, keep).mrn != old_number
    with clinic.store.reader(clinic.access("fay"), reason="test.find") as reader:
        assert [found.id for found in queries.find(reader, old_number)] == [keep]
        assert [found.id for found in queries.find(reader, "reyes")] == [keep]
        assert [found.id for found, _ in queries.alike(reader, ADA)] == [keep]
        assert queries.whole(reader, retire)[0].id == keep


def test_a_merged_patient_can_be_changed_at_the_desk_and_keeps_both_numbers(
    clinic: Clinic, twice: tuple[str, str]
) -> None:
    keep, retire = twice
    merge(clinic, keep, retire)
    version = versions(clinic, keep)[f"Patient/{keep}"]
    changed = replace(patient_of(clinic, keep), preferred_name="Addie")
    actions.change(clinic.writer("fay"), patient=changed, version=version)
    assert [i["use"] for i in resource(clinic, keep)["identifier"]] == ["usual", "old"]
    assert retired_in(resource(clinic, keep)) == (retire,)


def test_undone_both_are_as_they_were_and_the_list_says_what_came_since(clinic: Clinic, twice: tuple[str, str]) -> None:
    keep, retire = twice
    before = resource(clinic, keep), resource(clinic, retire)
    (early,) = clinic.have(heart_rate(retire, 80))
    merge(clinic, keep, retire)
    later, under_old = clinic.have(heart_rate(keep, 90), heart_rate(retire, 95))
    assert measured(clinic, keep) == measured(clinic, retire) == {early, later, under_old}
    undo(clinic, keep, retire)
    assert (measured(clinic, keep), measured(clinic, retire)) == ({later}, {early, under_old})
    after = resource(clinic, keep), resource(clinic, retire)
    assert {k: v for k, v in after[0].items() if k != "meta"} == {k: v for k, v in before[0].items() if k != "meta"}
    assert after[1]["active"] is True
    assert "link" not in after[1]
    assert after[1]["extension"] == [{"url": codes.UNMERGE_REASON_EXTENSION, "valueString": "Two cousins."}]
    with clinic.store.reader(clinic.access("lena"), reason="test.since") as reader:
        told = merges.merge_of(reader, retire)
        assert told is not None
        assert (told.survivor, told.reason) == (keep, WHY)
        assert told.undone_at is not None
        assert [entry.ref for entry in merges.written_since(reader, keep, told)] == [later]
        assert [entry.ref for entry in merges.written_since(reader, retire, told)] == [under_old]
        assert merges.merge_of(reader, keep) is None


def test_what_is_merged_is_not_merged_again_nor_into_itself_nor_in_a_chain(
    clinic: Clinic, twice: tuple[str, str]
) -> None:
    keep, retire = twice
    third = actions.register(clinic.writer("fay"), entered=ADA, is_new=True).id
    merge(clinic, keep, retire)
    cases = [
        (keep, keep, "into itself"),
        (keep, retire, "merged already"),
        (third, retire, "merged already"),
        (retire, third, "Choose that one"),
        (third, keep, "Other charts were merged into"),
    ]
    for one, other, said in cases:
        with pytest.raises(Refused, match=said):
            merge(clinic, one, other)
    with pytest.raises(Refused, match="in a few words"):
        merge(clinic, keep, third, reason="  ")
    with pytest.raises(Refused, match="shorter"):
        merge(clinic, keep, third, reason="x" * 501)
    with pytest.raises(Refused, match="not merged"):
        actions.unmerge_charts(clinic.writer("lena"), retire=third, versions=versions(clinic, third), reason=WHY)
    merge(clinic, keep, third)
    assert retired_in(resource(clinic, keep)) == (retire, third)
    undo(clinic, keep, retire)
    assert retired_in(resource(clinic, keep)) == (third,)


@pytest.mark.parametrize("name", ["dana", "fay", "nora", "lind", "bill", "priya", "audra"])
def test_only_the_lead_and_the_manager_merge(clinic: Clinic, twice: tuple[str, str], name: str) -> None:
    with pytest.raises(AccessDenied):
        merge(clinic, *twice, name=name)
    assert survivor_of(resource(clinic, twice[1])) == ""


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do all at the same moment; what each came to."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> str:
        barrier.wait()
        try:
            work()
        except (Conflict, Refused) as lost:
            return type(lost).__name__
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_who_merge_the_same_pair_at_once_make_one_merge(clinic: Clinic, twice: tuple[str, str]) -> None:
    keep, retire = twice
    read = versions(clinic, keep, retire)

    def work(one: str, other: str, name: str) -> Callable[[], object]:
        writer = clinic.writer(name)
        return lambda: actions.merge_charts(writer, keep=one, retire=other, versions=read, reason=WHY)

    ended = at_once(work(keep, retire, "lena"), work(retire, keep, "mona"), work(keep, retire, "mona"))
    assert ended.count("done") == 1
    survivors = [survivor_of(resource(clinic, one)) for one in twice]
    assert sorted(map(bool, survivors)) == [False, True]


def test_a_merge_and_a_change_of_the_same_chart_at_once_lose_nothing(clinic: Clinic, twice: tuple[str, str]) -> None:
    keep, retire = twice
    read = versions(clinic, keep, retire)
    changed = replace(patient_of(clinic, retire), preferred_name="Addie")
    lead, desk = clinic.writer("lena"), clinic.writer("fay")
    ended = at_once(
        lambda: actions.merge_charts(lead, keep=keep, retire=retire, versions=read, reason=WHY),
        lambda: actions.change(desk, patient=changed, version=read[f"Patient/{retire}"]),
        lambda: clinic.have(heart_rate(retire, 77)),
    )
    assert ended[2] == "done"
    assert sorted(ended[:2]) == ["Conflict", "done"]
    assert len(measured(clinic, retire)) == 1
    stands = resource(clinic, retire)
    assert bool(survivor_of(stands)) == (ended[0] == "done")
    assert (patient_of(clinic, retire).preferred_name == "Addie") == (ended[1] == "done")


def test_the_list_of_likely_duplicates_names_each_pair_once_and_no_merged_one(
    clinic: Clinic, twice: tuple[str, str]
) -> None:
    keep, retire = twice
    slipped = replace(ADA, name=Name(family="Lindqvist", given=("Robert",)), phones=())
    one = actions.register(clinic.writer("fay"), entered=slipped).id
    other = actions.register(
        clinic.writer("fay"),
        entered=replace(slipped, name=Name(family="Lindqvist", given=("Bob",)), birth_date=date(1988, 5, 18)),
        is_new=True,
    ).id
    assert pairs(clinic) == {frozenset(twice), frozenset((one, other))}
    merge(clinic, keep, retire)
    assert pairs(clinic) == {frozenset((one, other))}
    undo(clinic, keep, retire)
    assert pairs(clinic) == {frozenset(twice), frozenset((one, other))}


def test_a_chart_that_may_not_be_seen_is_in_no_pair(clinic: Clinic, twice: tuple[str, str]) -> None:
    restricted = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    seen = {k: v for k, v in resource(clinic, twice[0]).items() if k not in ("id", "identifier")}
    (hidden,) = clinic.have({**seen, "meta": {"security": [restricted]}})
    blind = replace(clinic.access("mona"), sensitive=0)
    with clinic.store.reader(blind, reason="test.pairs") as reader:
        found, _ = merges.likely_pairs(reader)
    assert [{pair.one.id, pair.other.id} for pair in found] == [set(twice)]
    assert len(pairs(clinic)) == 3
    assert any(hidden.id in pair for pair in pairs(clinic))


def pairs(clinic: Clinic) -> set[frozenset[str]]:
    with clinic.store.reader(clinic.access("lena"), reason="test.pairs") as reader:
        found, more = merges.likely_pairs(reader)
    assert not more
    listed = [frozenset((pair.one.id, pair.other.id)) for pair in found]
    assert len(set(listed)) == len(listed)
    return set(listed)


def tell_apart(clinic: Clinic, one: str, other: str, *, name: str = "lena", reason: str = "Cousins.") -> None:
    actions.tell_apart(clinic.writer(name), one=one, other=other, reason=reason, at=SAID_AT)


def test_two_people_are_offered_no_more_until_it_is_taken_back(clinic: Clinic, twice: tuple[str, str]) -> None:
    one, other = twice
    before = versions(clinic, one, other)
    tell_apart(clinic, one, other)
    assert pairs(clinic) == set()
    assert versions(clinic, one, other) == before
    tell_apart(clinic, other, one, name="mona", reason="Said again.")
    with clinic.store.reader(clinic.access("mona"), reason="test.apart") as reader:
        ((said, _),) = merges.apart(reader, other, one)
    assert (set(said.charts), said.reason, said.by) == ({one, other}, "Cousins.", clinic.access("lena").actor.reference)
    with pytest.raises(Refused, match="two people"):
        merge(clinic, one, other)
    actions.take_back_apart(clinic.writer("mona"), one=other, other=one, reason="Same ID after all.")
    assert pairs(clinic) == {frozenset(twice)}
    with pytest.raises(Refused, match="Nobody has said"):
        actions.take_back_apart(clinic.writer("mona"), one=one, other=other, reason="Twice.")
    tell_apart(clinic, one, other, reason="Cousins, both came in.")
    assert pairs(clinic) == set()
    with clinic.store.reader(clinic.access("lena"), reason="test.history") as reader:
        history = [from_fhir(decode(v.body or b"")) for v in reader.history(Ref("Basic", apart_id(one, other)))]
    said_so = [(entry.reason, entry.taken_back) for entry in history if entry is not None]
    assert said_so == [("Cousins, both came in.", ""), ("Cousins.", "Same ID after all."), ("Cousins.", "")]


def test_what_is_said_of_a_chart_goes_for_the_person_when_it_is_merged(clinic: Clinic, twice: tuple[str, str]) -> None:
    one, other = twice
    third = actions.register(clinic.writer("fay"), entered=ADA, is_new=True).id
    tell_apart(clinic, one, third)
    assert pairs(clinic) == {frozenset(twice), frozenset((other, third))}
    merge(clinic, other, one)
    assert pairs(clinic) == set()
    undo(clinic, other, one)
    assert pairs(clinic) == {frozenset(twice), frozenset((other, third))}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_that_they_are_two_people_is_said_with_a_reason(clinic: Clinic, twice: tuple[str, str], reason: str) -> None:
    with pytest.raises(Refused):
        tell_apart(clinic, *twice, reason=reason)
    with pytest.raises(Refused, match="one chart"):
        tell_apart(clinic, twice[0], twice[0])
    with pytest.raises(AccessDenied):
        tell_apart(clinic, *twice, name="fay")
    assert pairs(clinic) == {frozenset(twice)}
    merge(clinic, *twice)
    with pytest.raises(Refused, match="merged"):
        tell_apart(clinic, *twice)


def patient_of(clinic: Clinic, patient_id: str) -> Patient:
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        return queries.patient(reader, patient_id)[0]
