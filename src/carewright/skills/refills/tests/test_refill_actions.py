"""A refill from asked to told, on both engines: whose each leg is, one request, who may, and what no write may do."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, KeyTaken, Origin, Ref, Refused, Resource
from carewright.core.store.writer import Writer
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, Priority, WorkTask
from carewright.skills.refills import actions, codes, queries
from carewright.skills.refills.fhir import from_fhir, order_id, to_fhir
from carewright.skills.refills.model import (
    Answer,
    Asker,
    Asking,
    Because,
    How,
    NotPossible,
    Outcome,
    Refill,
    Said,
    Stage,
    Supply,
    Via,
    Whom,
)
from carewright.skills.refills.owed import OWED
from tests.clinic import TEN_FORTY, Clinic

ASKED = Asking(at=TEN_FORTY, by="Practitioner/dana", via=Via.PHONE, asker=Asker.PATIENT)
REFILL = Refill(patient="Patient/ada", medicine="Lisinopril 10 mg", asked=(ASKED,), on_file="MedicationStatement/m1")
FOUND = actions.Found(
    pharmacy="Main St Pharmacy", prescriber="Practitioner/lind", days_left=5, said=Said(as_written=True, well=True)
)
QUARTER = Supply(days=90, refills=3)
TODAY = TEN_FORTY.date()


def lab(key: str, code: str) -> Resource:
    return {"resourceType": "Observation", "id": key, "status": "final", "subject": {"reference": "Patient/ada"},
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "effectiveDateTime": "2026-05-02",
            "valueQuantity": {"value": 4}}  # fmt: skip


def have(clinic: Clinic) -> None:
    """A man of 60 with what lisinopril asks for."""
    pressure = {
        "resourceType": "Observation", "id": "bp", "status": "final", "subject": {"reference": "Patient/ada"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}, "effectiveDateTime": "2026-05-02",
        "component": [
            {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value}}
            for code, value in (("8480-6", 124), ("8462-4", 78))
        ],
    }  # fmt: skip
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Ada"}], "gender": "male",
         "birthDate": "1966-01-01"},
        {"resourceType": "MedicationStatement", "id": "m1", "status": "active", "subject": {"reference": "Patient/ada"},
         "medicationCodeableConcept": {"text": "Lisinopril 10 mg"}, "dosage": [{"text": "1 tablet daily"}]},
        {"resourceType": "MedicationStatement", "id": "m2", "status": "active", "subject": {"reference": "Patient/ada"},
         "medicationCodeableConcept": {"text": "Oxycodone 5 mg"}},
        {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"},
         "subject": {"reference": "Patient/ada"}, "period": {"start": "2026-05-02T10:00:00Z"}},
        lab("k", "2823-3"), lab("cr", "2160-0"), pressure,
    )  # fmt: skip


def asked(clinic: Clinic, refill: Refill = REFILL) -> str:
    have(clinic)
    ref, again = actions.ask(clinic.writer("dana"), refill=refill)
    assert not again
    return ref.id


def stands(clinic: Clinic, refill: str) -> Refill:
    found = from_fhir(clinic.resource(Ref("MedicationRequest", refill)))
    assert found is not None
    return found


def open_of(clinic: Clinic, refill: str) -> list[WorkTask]:
    found = []
    for leg in codes.LEGS:
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            stored = reader.resource_or_none(OWED.task_of(Ref("MedicationRequest", refill), leg))
        if stored is not None and work_fhir.from_fhir(stored).is_open:
            found.append(work_fhir.from_fhir(stored))
    return found


def prepare(clinic: Clinic, refill: str, *, supply: Supply | None = QUARTER, note: str = "",
            found: actions.Found = FOUND, who: str = "dana") -> None:  # fmt: skip
    actions.prepare(clinic.writer(who), refill_id=refill, version=stands(clinic, refill).version, found=found,
                    supply=supply, note=note, at=TEN_FORTY, today=TODAY)  # fmt: skip


def decide(clinic: Clinic, refill: str, answer: Answer, *, who: str = "lind", supply: Supply | None = None,
           because: Because | None = None) -> None:  # fmt: skip
    actions.decide(clinic.writer(who), refill_id=refill, version=stands(clinic, refill).version, answer=answer,
                   at=TEN_FORTY, supply=supply, because=because)  # fmt: skip


def tell(clinic: Clinic, refill: str, whom: Whom, how: How = How.PHONE) -> None:
    actions.tell(clinic.writer("dana"), refill_id=refill, version=stands(clinic, refill).version, whom=whom, how=how,
                 at=TEN_FORTY)  # fmt: skip


def test_a_refill_goes_from_asked_to_told_and_each_leg_is_somebodys(clinic: Clinic) -> None:
    refill = asked(clinic)
    (task,) = open_of(clinic, refill)
    assert (task.code, task.pool and task.pool.role) == (codes.PREPARE, Role.MA)
    prepare(clinic, refill)
    (task,) = open_of(clinic, refill)
    assert (task.code, task.owner) == (codes.DECIDE, "Practitioner/lind")
    assert task.due_at is not None
    prepared = stands(clinic, refill).preparing
    assert prepared is not None
    assert prepared.outcome is Outcome.MEETS, prepared.found
    decide(clinic, refill, Answer.YES)
    (task,) = open_of(clinic, refill)
    assert (task.code, task.pool and task.pool.role) == (codes.TELL, Role.MA)
    order = clinic.resource(Ref("MedicationRequest", order_id(refill)))
    assert (order["intent"], order["status"], order["requester"]["reference"]) == (
        "order",
        "active",
        "Practitioner/lind",
    )
    assert order["basedOn"] == [{"reference": f"MedicationRequest/{refill}"}]
    assert order["dispenseRequest"]["numberOfRepeatsAllowed"] == 3
    tell(clinic, refill, Whom.PATIENT, How.NOT_REACHED)
    tell(clinic, refill, Whom.PATIENT)
    assert open_of(clinic, refill)
    tell(clinic, refill, Whom.PHARMACY)
    assert open_of(clinic, refill) == []
    assert clinic.resource(Ref("MedicationRequest", refill))["status"] == "completed"
    assert clinic.rows("refill")[0]["is_open"] == 0
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        found = queries.checked(reader, replace(stands(clinic, refill), days_left=5), today=TODAY)
    assert any("lasts until" in str(row.words) for row in found.rows), "asked again next week it is early"


def test_a_no_says_why_writes_no_order_and_is_told_to_who_asked(clinic: Clinic) -> None:
    refill = asked(clinic, replace(REFILL, asked=(replace(ASKED, asker=Asker.PHARMACY),)))
    prepare(clinic, refill)
    with pytest.raises(NotPossible):
        decide(clinic, refill, Answer.NO)
    decide(clinic, refill, Answer.NO, because=Because.VISIT)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert reader.resource_or_none(Ref("MedicationRequest", order_id(refill))) is None
    assert set(stands(clinic, refill).to_tell) == {Whom.PATIENT, Whom.PHARMACY}
    assert open_of(clinic, refill)[0].code == codes.TELL
    assert clinic.resource(Ref("MedicationRequest", refill))["status"] == "cancelled"


def test_the_prescriber_may_change_how_much_and_the_ma_may_not_offer_more_than_the_table(clinic: Clinic) -> None:
    refill = asked(clinic)
    with pytest.raises(NotPossible):
        prepare(clinic, refill, supply=Supply(days=180, refills=3))
    prepare(clinic, refill)
    decide(clinic, refill, Answer.YES, supply=Supply(days=30, refills=0))
    order = clinic.resource(Ref("MedicationRequest", order_id(refill)))
    assert order["dispenseRequest"]["expectedSupplyDuration"]["value"] == 30


def test_what_is_missing_is_asked_or_explained_before_the_prescriber_sees_it(clinic: Clinic) -> None:
    refill = asked(clinic)
    unasked = replace(FOUND, days_left=None, said=Said(), pharmacy="")
    with pytest.raises(NotPossible):
        prepare(clinic, refill, found=unasked, supply=Supply(days=30, refills=0))
    with pytest.raises(NotPossible):
        prepare(clinic, refill, found=replace(FOUND, prescriber=""))
    prepare(clinic, refill, found=unasked, supply=Supply(days=30, refills=0), note="Not reached, three calls")
    preparing = stands(clinic, refill).preparing
    assert preparing is not None
    assert preparing.outcome is Outcome.DOES_NOT


def test_what_is_missing_may_be_written_down_bit_by_bit(clinic: Clinic) -> None:
    refill = asked(clinic)
    actions.complete(clinic.writer(), refill_id=refill, version=1, found=replace(FOUND, days_left=1))
    assert (stands(clinic, refill).stage, stands(clinic, refill).urgent) == (Stage.ASKED, True)
    with pytest.raises(Conflict):
        actions.complete(clinic.writer("nora"), refill_id=refill, version=1, found=FOUND)


def test_the_same_request_is_one_and_says_how_often_it_was_asked_for(clinic: Clinic) -> None:
    refill = asked(clinic)
    pharmacy = replace(ASKED, via=Via.FAX, asker=Asker.PHARMACY)
    ref, again = actions.ask(
        clinic.writer("lena"), refill=replace(REFILL, medicine="LISINOPRIL 10mg", asked=(pharmacy,))
    )
    assert (ref.id, again) == (refill, True)
    assert [one.asker for one in stands(clinic, refill).asked] == [Asker.PATIENT, Asker.PHARMACY]
    actions.end(clinic.writer(), refill_id=refill, version=2, how=End.NOT_NEEDED, why="Has enough")
    other, again = actions.ask(clinic.writer(), refill=REFILL)
    assert (again, other.id == refill) == (False, False)


def test_of_two_who_enter_the_same_at_once_one_request_stays(clinic: Clinic) -> None:
    have(clinic)
    found: list[tuple[Ref, bool]] = []
    threads = [
        threading.Thread(target=lambda who=who: found.append(actions.ask(clinic.writer(who), refill=REFILL)))
        for who in ("dana", "lena")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(again for _, again in found) == [False, True]
    assert len({ref for ref, _ in found}) == 1


def test_the_form_sent_twice_is_saved_once(clinic: Clinic) -> None:
    have(clinic)
    actions.ask(clinic.writer(), refill=REFILL, form_key="k1")
    with pytest.raises(KeyTaken):
        actions.ask(clinic.writer(), refill=replace(REFILL, medicine="Something else"), form_key="k1")


def test_two_days_left_or_a_dangerous_gap_make_it_urgent(clinic: Clinic) -> None:
    soon, insulin = (
        asked(clinic, replace(REFILL, days_left=2)),
        replace(REFILL, medicine="Insulin glargine", on_file=""),
    )
    assert open_of(clinic, soon)[0].priority is Priority.URGENT
    ref, _ = actions.ask(clinic.writer(), refill=insulin)
    assert open_of(clinic, ref.id)[0].priority is Priority.URGENT
    assert stands(clinic, ref.id).gap_harms
    due = open_of(clinic, ref.id)[0].due_at
    assert due is not None
    assert due - TEN_FORTY <= timedelta(hours=1, minutes=1)


def test_only_a_prescriber_answers_and_of_two_answers_one_stands(clinic: Clinic) -> None:
    refill = asked(clinic)
    with pytest.raises(NotPossible):
        decide(clinic, refill, Answer.YES)
    prepare(clinic, refill)
    for name in ("dana", "lena", "nora", "fay", "bill", "mona", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.decide(clinic.writer(name), refill_id=refill, version=2, answer=Answer.YES, at=TEN_FORTY)
    for name in ("fay", "bill", "mona", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.ask(clinic.writer(name), refill=REFILL)
    decide(clinic, refill, Answer.YES)
    with pytest.raises(NotPossible):
        decide(clinic, refill, Answer.NO, because=Because.OTHER)


def controlled(clinic: Clinic) -> str:
    refill = asked(clinic, replace(REFILL, medicine="Oxycodone 5 mg", on_file="MedicationStatement/m2"))
    prepare(clinic, refill, supply=None)
    return refill


def test_a_controlled_drug_has_no_yes_and_is_written_down_as_prescribed_elsewhere(clinic: Clinic) -> None:
    refill = controlled(clinic)
    (task,) = open_of(clinic, refill)
    assert (task.code, task.owner) == (codes.CONTROLLED, "Practitioner/lind")
    with pytest.raises(NotPossible):
        decide(clinic, refill, Answer.YES, supply=Supply(days=30, refills=0))
    decide(clinic, refill, Answer.ELSEWHERE)
    assert open_of(clinic, refill)[0].code == codes.TELL
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert reader.resource_or_none(Ref("MedicationRequest", order_id(refill))) is None


def test_what_the_table_does_not_cover_is_answered_with_how_much(clinic: Clinic) -> None:
    refill = asked(clinic, replace(REFILL, medicine="Zorblaxin 5 mg", on_file=""))
    prepare(clinic, refill, supply=None)
    with pytest.raises(NotPossible):
        decide(clinic, refill, Answer.YES)
    decide(clinic, refill, Answer.YES, supply=Supply(days=30, refills=0))


def put(clinic: Clinic, who: str, resource: Resource) -> None:
    """As the API would write it."""
    with Writer(clinic.store, clinic.access(who), origin=Origin.API).transaction(reason="test.api") as tx:
        tx.put(resource)


def answered(refill: Refill, by: str) -> Resource:
    from carewright.skills.refills.model import Decision

    supply = Supply(days=30, refills=0)
    return to_fhir(replace(refill, decision=Decision(at=TEN_FORTY, by=by, answer=Answer.YES, supply=supply)))


@pytest.mark.parametrize(("who", "by"), [("dana", "dana"), ("dana", "lind"), ("lind", "dana")])
def test_no_answer_comes_in_by_the_api_but_a_prescriber_s_own(clinic: Clinic, who: str, by: str) -> None:
    refill = asked(clinic)
    prepare(clinic, refill)
    with pytest.raises(Refused):
        put(clinic, who, answered(stands(clinic, refill), f"Practitioner/{by}"))
    assert stands(clinic, refill).decision is None


def test_no_yes_to_a_controlled_drug_comes_in_by_the_api(clinic: Clinic) -> None:
    refill = controlled(clinic)
    with pytest.raises(Refused):
        put(clinic, "lind", answered(stands(clinic, refill), "Practitioner/lind"))
    stored = clinic.resource(Ref("MedicationRequest", refill))
    for change in ({"intent": "order", "status": "active"}, {"category": [{"text": "x"}]}, {"status": "active"},
                   {"medicationCodeableConcept": {"text": "Lisinopril"}}):  # fmt: skip
        with pytest.raises(Refused):
            put(clinic, "lind", stored | change)
    assert stands(clinic, refill).stage is Stage.PREPARED


def order(key: str, *, by: str, based_on: str = "", medicine: str = "Lisinopril 10 mg") -> Resource:
    based = {"basedOn": [{"reference": f"MedicationRequest/{based_on}"}]} if based_on else {}
    return {"resourceType": "MedicationRequest", "id": key, "status": "active", "intent": "order",
            "subject": {"reference": "Patient/ada"}, "medicationCodeableConcept": {"text": medicine},
            "requester": {"reference": f"Practitioner/{by}"}, **based}  # fmt: skip


def test_an_order_is_a_prescriber_s_and_none_follows_a_request_without_its_yes(clinic: Clinic) -> None:
    refill = controlled(clinic)
    for who, made in (
        ("dana", order("o1", by="dana")), ("dana", order("o1", by="lind")), ("lind", order("o1", by="dana")),
        ("lind", order("o1", by="lind", based_on=refill)),
        ("lind", order("o1", by="lind", based_on=refill, medicine="Oxycodone 5 mg")),
    ):  # fmt: skip
        with pytest.raises(Refused):
            put(clinic, who, made)
    put(clinic, "lind", order("o2", by="lind"))
    with pytest.raises(Refused):
        put(clinic, "dana", order("o2", by="lind") | {"status": "stopped"})


def test_what_cannot_be_read_as_a_request_is_not_taken_for_one(clinic: Clinic) -> None:
    have(clinic)
    with pytest.raises(Refused):
        put(clinic, "dana", {k: v for k, v in to_fhir(replace(REFILL, id="r9")).items() if k != "extension"})


def test_an_answered_request_is_told_and_not_ended(clinic: Clinic) -> None:
    refill = asked(clinic)
    prepare(clinic, refill)
    decide(clinic, refill, Answer.YES)
    with pytest.raises(NotPossible):
        actions.end(clinic.writer(), refill_id=refill, version=3, how=End.NOT_NEEDED, why="So")
    with pytest.raises(NotPossible):
        prepare(clinic, refill)


def test_the_lists_show_what_is_open_and_what_a_patient_takes(clinic: Clinic) -> None:
    refill = asked(clinic)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        (entry,) = queries.waiting(reader)
        taken = queries.medicines(reader, "ada")
        assert queries.of_patient(reader, ["ada"])[0].id == refill
    assert (entry.id, entry.stage, entry.due_at is None) == (refill, Stage.ASKED, False)
    assert [(one.words, one.dose, one.controlled) for one in taken] == [
        ("Lisinopril 10 mg", "1 tablet daily", ""), ("Oxycodone 5 mg", "", "II"),
    ]  # fmt: skip
