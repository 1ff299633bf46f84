"""A result from received to told, on both engines: corrections, critical values, what is not released, duplicates."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, Origin, Ref, Refused, Resource
from carewright.core.store.writer import Writer
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import Kind, Priority, WorkTask
from carewright.core.work.trail import Entry
from carewright.project.wiring import operator_access
from carewright.skills.results import actions, codes, fhir, queries, rules
from carewright.skills.results.codes import LEGS
from carewright.skills.results.hooks import OWED
from carewright.skills.results.model import Event, How, NotPossible, Outcome, Result, Step
from tests.clinic import TEN_FORTY, Clinic

REPORT = Ref("DiagnosticReport", "report")
LABORATORY = [codes.RESULT_CATEGORIES[0].concept()]


def measured(name: str, value: str, flag: str = "", **more: Any) -> Resource:
    found: Resource = {
        "resourceType": "Observation", "id": name, "status": "final", "category": LABORATORY, "code": {"text": name},
        "subject": {"reference": "Patient/ada"}, "valueString": value, **more,
    }  # fmt: skip
    if flag:
        found["interpretation"] = [{"coding": [{"system": codes.INTERPRETATION, "code": flag}]}]
    return found


def reported(*inside: str, **more: Any) -> Resource:
    found: Resource = {
        "resourceType": "DiagnosticReport", "id": "report", "status": "final", "code": {"text": "Metabolic panel"},
        "subject": {"reference": "Patient/ada"}, "basedOn": [{"reference": "ServiceRequest/order"}],
        "conclusion": "As measured", **more,
    }  # fmt: skip
    return found | ({"result": [{"reference": f"Observation/{name}"} for name in inside]} if inside else {})


def put(clinic: Clinic, *resources: Resource) -> None:
    """What comes in by the API."""
    writer = Writer(clinic.store, operator_access(clinic.practice), origin=Origin.API)
    with writer.transaction(reason="test.put") as tx:
        for resource in resources:
            tx.put(resource)


def ordered(clinic: Clinic) -> None:
    """A patient with an order of Dr. Lind's and a paper; and another patient with theirs."""
    clinic.have(
        {"resourceType": "Patient", "id": "ada"},
        *({"resourceType": "ServiceRequest", "id": name, "status": "active", "intent": "order",
           "code": {"text": "Metabolic panel"}, "subject": {"reference": f"Patient/{whose}"},
           "requester": {"reference": "Practitioner/lind"}} for name, whose in (("order", "ada"), ("other", "ben"))),
        *({"resourceType": "DocumentReference", "id": f"paper-{whose}", "status": "current",
           "type": {"text": "Lab result"}, "subject": {"reference": f"Patient/{whose}"},
           "content": [{"attachment": {"contentType": "text/plain"}}]} for whose in ("ada", "ben")),
    )  # fmt: skip


def open_of(clinic: Clinic, ref: Ref = REPORT) -> list[WorkTask]:
    found = []
    for leg in LEGS.values():
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            stored = reader.resource_or_none(OWED.task_of(ref, leg))
        if stored is not None and work_fhir.from_fhir(stored).is_open:
            found.append(work_fhir.from_fhir(stored))
    return found


def owed(clinic: Clinic, ref: Ref = REPORT) -> list[str]:
    return [task.code.code for task in open_of(clinic, ref)]


def stands(clinic: Clinic, ref: Ref = REPORT) -> Result:
    found = fhir.from_fhir(clinic.resource(ref))
    assert found is not None
    return found


def review(clinic: Clinic, outcome: Outcome = Outcome.TELL, *, ref: Ref = REPORT, words: str = "All is well") -> None:
    actions.review(clinic.writer("lind"), ref=ref, version=stands(clinic, ref).version, outcome=outcome, words=words,
                   at=clinic.now)  # fmt: skip


def tell(clinic: Clinic, *, who: str = "dana", ref: Ref = REPORT) -> None:
    actions.tell(clinic.writer(who), ref=ref, version=stands(clinic, ref).version, whom="The patient", how=How.PHONE,
                 at=clinic.now)  # fmt: skip


def test_a_result_is_its_orderers_to_review_and_then_the_patient_is_told(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, measured("sodium", "140"), reported("sodium"))
    (task,) = open_of(clinic)
    assert (task.code, task.owner, task.kind) == (LEGS[Step.REVIEW], "Practitioner/lind", Kind.CLINICAL)
    assert task.due_at is not None
    with pytest.raises(NotPossible):
        tell(clinic)
    review(clinic)
    (task,) = open_of(clinic)
    assert (task.code, task.pool and task.pool.role) == (LEGS[Step.TELL], Role.MA)
    actions.tried(clinic.writer(), ref=REPORT, version=stands(clinic).version, words="No answer", at=clinic.now)
    assert owed(clinic) == ["result-tell"]
    tell(clinic)
    assert open_of(clinic) == []
    told = stands(clinic).told
    assert told is not None
    assert (told.by, told.facts["whom"], told.facts["how"]) == ("Practitioner/dana", "The patient", "phone")
    assert clinic.rows("result")[0]["is_open"] == 0


@pytest.mark.parametrize("number", [Decimal(138), Decimal("138.0"), Decimal("5.4"), 138])
def test_a_number_is_the_same_on_its_way_in_and_read_back(clinic: Clinic, number: Decimal | int) -> None:
    ordered(clinic)
    sodium = {name: value for name, value in measured("sodium", "").items() if name != "valueString"}
    put(clinic, sodium | {"valueQuantity": {"value": number}}, reported("sodium"))
    review(clinic)
    assert owed(clinic) == ["result-tell"]


def test_what_the_patient_is_to_hear_is_said_and_no_call_ends_it(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported())
    with pytest.raises(NotPossible):
        review(clinic, words=" ")
    review(clinic, Outcome.NO_CALL, words="")
    assert open_of(clinic) == []
    with pytest.raises(NotPossible):
        review(clinic)


def test_what_is_kept_back_is_told_by_the_provider_alone(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported())
    review(clinic, Outcome.PROVIDER_TELLS, words="")
    (task,) = open_of(clinic)
    assert (task.code, task.owner) == (LEGS[Step.TELL], "Practitioner/lind")
    with pytest.raises(NotPossible):
        tell(clinic)
    past = fhir.with_entries(
        clinic.resource(REPORT),
        [Entry(step=Event.TOLD, at=clinic.now, by="Practitioner/dana", facts={"whom": "The patient", "how": "phone"})],
    )
    with pytest.raises(Refused), clinic.writer("dana").transaction(reason="test.past") as tx:
        tx.put(past)
    tell(clinic, who="lind")
    assert open_of(clinic) == []


def test_a_review_is_a_providers_whoever_writes_and_however(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported())
    for name in ("dana", "lena", "nora"):
        with pytest.raises(AccessDenied):
            actions.review(clinic.writer(name), ref=REPORT, version=1, outcome=Outcome.NO_CALL, words="",
                           at=clinic.now)  # fmt: skip
        for by in (name, "lind"):
            entry = rules.reviewed(stands(clinic), outcome=Outcome.NO_CALL, words="", at=clinic.now,
                                   by=f"Practitioner/{by}")  # fmt: skip
            with pytest.raises(Refused), clinic.writer(name).transaction(reason="test.past") as tx:
                tx.put(fhir.with_entries(clinic.resource(REPORT), [entry]))
    assert owed(clinic) == ["result-review"]


@pytest.mark.parametrize("told", [False, True])
def test_a_corrected_result_is_reviewed_anew_and_the_same_again_is_not(clinic: Clinic, told: bool) -> None:
    ordered(clinic)
    sent = [measured("sodium", "140"), reported("sodium")]
    put(clinic, *sent)
    review(clinic)
    if told:
        tell(clinic)
    before = owed(clinic)
    put(clinic, *sent)
    assert owed(clinic) == before, "the same again"
    put(clinic, measured("sodium", "128", status="corrected"))
    assert owed(clinic) == ["result-review"], "an observation of it was corrected"
    review(clinic, words="Come in")
    assert owed(clinic) == ["result-tell"], "what was told before is not what it says now"
    put(clinic, reported("sodium", status="corrected", conclusion="Another"))
    assert owed(clinic) == ["result-review"], "the report was corrected"
    assert len(stands(clinic).trail) == (3 if told else 2), "and what was done stays"


def test_whoever_looked_at_what_it_said_before_has_reviewed_nothing(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported())
    seen, version = stands(clinic), stands(clinic).version
    put(clinic, reported(status="corrected", conclusion="Another"))
    with pytest.raises(Conflict):
        actions.review(clinic.writer("lind"), ref=REPORT, version=version, outcome=Outcome.NO_CALL, words="",
                       at=clinic.now)  # fmt: skip
    entry = rules.reviewed(seen, outcome=Outcome.NO_CALL, words="", at=clinic.now, by="Practitioner/lind")
    with pytest.raises(Refused), clinic.writer("lind").transaction(reason="test.past") as tx:
        tx.put(fhir.with_entries(clinic.resource(REPORT), [entry]))


@pytest.mark.parametrize("status", ["final", "preliminary"])
@pytest.mark.parametrize("flag", sorted(codes.CRITICAL))
def test_a_critical_value_rings_within_a_minute_whatever_the_hour(clinic: Clinic, flag: str, status: str) -> None:
    ordered(clinic)
    clinic.now = TEN_FORTY + timedelta(days=5, hours=12)
    put(clinic, measured("potassium", "7.1", flag), reported("potassium", status=status))
    (task,) = open_of(clinic)
    assert (task.code, task.kind, task.priority) == (LEGS[Step.CRITICAL], Kind.CRITICAL, Priority.STAT)
    assert task.due_at == clinic.now + timedelta(seconds=60)
    review(clinic)
    assert owed(clinic) == (["result-tell"] if status == "final" else ["result-final"])


def test_a_value_that_turns_critical_rings_though_its_review_was_not_due(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, measured("potassium", "4.1", "N"), reported("potassium"))
    assert owed(clinic) == ["result-review"]
    put(clinic, measured("potassium", "7.1", "HH", status="corrected"))
    assert owed(clinic) == ["result-critical"]
    review(clinic)
    (task,) = open_of(clinic)
    assert (task.code, task.priority) == (LEGS[Step.TELL], Priority.URGENT)


def test_an_observation_alone_is_owed_a_review_until_it_stands_in_a_report(clinic: Clinic) -> None:
    ordered(clinic)
    alone = Ref("Observation", "sodium")
    put(clinic, measured("sodium", "140", basedOn=[{"reference": "ServiceRequest/order"}]))
    (task,) = open_of(clinic, alone)
    assert (task.code, task.owner) == (LEGS[Step.REVIEW], "Practitioner/lind")
    put(clinic, reported("sodium"))
    assert open_of(clinic, alone) == []
    assert owed(clinic) == ["result-review"]
    assert [entry["ref"] for entry in clinic.rows("result")] == ["DiagnosticReport/report"]
    put(clinic, measured("weight", "70", category=[{"text": "Exam"}]))
    assert open_of(clinic, Ref("Observation", "weight")) == [], "what is no result owes nothing"


@pytest.mark.parametrize("first", ["report", "observations"])
def test_in_one_bundle_only_the_report_is_owed_a_review(clinic: Clinic, first: str) -> None:
    ordered(clinic)
    inside = [measured("sodium", "140"), measured("potassium", "7.1", "HH")]
    report = reported("sodium", "potassium")
    put(clinic, *([report, *inside] if first == "report" else [*inside, report]))
    assert owed(clinic) == ["result-critical"]
    for one in inside:
        assert open_of(clinic, Ref("Observation", one["id"])) == []
    assert [part.critical for part in fhir.parts_of(clinic.resource(REPORT))] == [False, True]


def test_a_result_that_is_not_final_is_waited_for_and_one_that_is_taken_back_owes_nothing(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported(status="preliminary"))
    assert owed(clinic) == ["result-final"]
    put(clinic, reported())
    assert owed(clinic) == ["result-review"]
    put(clinic, reported(status="entered-in-error"))
    assert open_of(clinic) == []


def test_nobody_ends_the_task_before_the_review(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported())
    task = clinic.resource(OWED.task_of(REPORT, LEGS[Step.REVIEW]))
    with pytest.raises(Refused):
        put(clinic, {**task, "status": "completed"})


def test_a_paper_with_the_result_is_put_to_its_order(clinic: Clinic) -> None:
    ordered(clinic)
    dana = clinic.writer()
    with pytest.raises(NotPossible):
        actions.receive(dana, order_id="order", document=Ref("DocumentReference", "paper-ben"), at=clinic.now)
    ref = actions.receive(dana, order_id="order", document=Ref("DocumentReference", "paper-ada"), at=clinic.now)
    found = stands(clinic, ref)
    assert (found.document, found.provider) == ("DocumentReference/paper-ada", "Practitioner/lind")
    assert clinic.resource(Ref("ServiceRequest", "order"))["status"] == "completed"
    assert owed(clinic, ref) == ["result-review"]
    with pytest.raises(NotPossible):
        actions.receive(dana, order_id="order", document=Ref("DocumentReference", "paper-ada"), at=clinic.now)


def test_a_result_that_named_no_order_is_put_to_one_of_the_same_patient(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, reported(basedOn=[{"display": "by phone"}]))
    assert open_of(clinic)[0].owner == ""
    with pytest.raises(NotPossible):
        actions.link(clinic.writer(), ref=REPORT, version=1, order_id="other")
    actions.link(clinic.writer(), ref=REPORT, version=1, order_id="order")
    assert clinic.resource(Ref("ServiceRequest", "order"))["status"] == "completed"
    assert stands(clinic).provider == "Practitioner/lind"


def test_who_may_and_what_lists_show(clinic: Clinic) -> None:
    ordered(clinic)
    put(clinic, measured("sodium", "140"), reported("sodium"))
    for name in ("fay", "bill", "mona", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.tell(clinic.writer(name), ref=REPORT, version=1, whom="x", how=How.PHONE, at=clinic.now)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        (entry,) = queries.waiting(reader)
        assert (entry.ref, entry.step, entry.owner) == (str(REPORT), Step.REVIEW, "Practitioner/lind")
        assert [one.ref for one in queries.of_patient(reader, ["ada"])] == [str(REPORT)]
        found, _, inside = queries.result(reader, REPORT)
        assert (found.words, [one["valueString"] for one in inside]) == ("Metabolic panel", ["140"])
    assert replace(found, trail=()).next_step is Step.REVIEW
