"""An order from ordered to resulted, on both engines: whose each leg is, what moves it on, how else it may end."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, Origin, Ref, Refused, Resource
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import TASK_CODE, End, Priority, WorkTask
from carewright.core.work.placer import PLACER
from carewright.core.work.trail import Entry
from carewright.project.wiring import operator_access
from carewright.skills.orders import actions, queries, rules
from carewright.skills.orders.catalog import BY_KEY
from carewright.skills.orders.codes import LEGS, REFERRAL
from carewright.skills.orders.fhir import from_fhir, to_fhir
from carewright.skills.orders.hooks import OWED
from carewright.skills.orders.model import ENDS, Event, Kind, NotPossible, Obstacle, Order, Step
from carewright.skills.standing_orders.fhir import to_fhir as standing_to_fhir
from carewright.skills.standing_orders.model import StandingOrder
from tests.clinic import TEN_FORTY, Clinic

CBC = Order(
    patient="Patient/ada", provider="Practitioner/lind", words="Blood count", kind=Kind.LABORATORY,
    coding=BY_KEY["cbc"].coding,
)  # fmt: skip


def placed(clinic: Clinic, order: Order = CBC, *, who: str = "lind") -> str:
    clinic.have({"resourceType": "Patient", "id": "ada"}, {"resourceType": "Patient", "id": "ben"})
    return actions.place(clinic.writer(who), order=order, at=TEN_FORTY).id


def program(clinic: Clinic) -> Writer:
    """What comes in by the API."""
    return Writer(clinic.store, operator_access(clinic.practice), origin=Origin.API)


def put(clinic: Clinic, *resources: Resource) -> None:
    with program(clinic).transaction(reason="test.put") as tx:
        for resource in resources:
            tx.put(resource)


def report(order: str, *, patient: str = "ada", **more: Any) -> Resource:
    return {
        "resourceType": "DiagnosticReport", "id": "report", "status": "final", "code": {"text": "Blood count"},
        "basedOn": [{"reference": f"ServiceRequest/{order}"}], "subject": {"reference": f"Patient/{patient}"},
        "conclusion": "Normal", **more,
    }  # fmt: skip


def open_of(clinic: Clinic, order: str) -> list[WorkTask]:
    """The open tasks of an order: never more than one."""
    found = []
    for leg in LEGS.values():
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            stored = reader.resource_or_none(OWED.task_of(Ref("ServiceRequest", order), leg))
        if stored is not None and work_fhir.from_fhir(stored).is_open:
            found.append(work_fhir.from_fhir(stored))
    return found


def stands(clinic: Clinic, order: str) -> Order:
    found = from_fhir(clinic.resource(Ref("ServiceRequest", order)))
    assert found is not None
    return found


def go(clinic: Clinic, order: str, step: Step, *, who: str = "dana") -> None:
    actions.step(clinic.writer(who), order_id=order, version=stands(clinic, order).version, step=step, at=TEN_FORTY)


def test_a_blood_count_goes_from_ordered_to_resulted_and_each_leg_is_somebodys(clinic: Clinic) -> None:
    order = placed(clinic)
    for step in (Step.COLLECTED, Step.SENT):
        (task,) = open_of(clinic, order)
        assert (task.code, task.pool and task.pool.role) == (LEGS[step], Role.MA)
        assert task.due_at is not None
        go(clinic, order, step)
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.RESULTED]]
    specimen = clinic.resource(Ref("Specimen", stands(clinic, order).specimen.removeprefix("Specimen/")))
    assert specimen["collection"]["collector"] == {"reference": "Practitioner/dana"}
    put(clinic, report(order))
    assert open_of(clinic, order) == []
    assert (stands(clinic, order).status, stands(clinic, order).report) == ("completed", "DiagnosticReport/report")
    assert clinic.rows("care_order")[0]["is_open"] == 0


def standing(key: str, *, ends: date = date(2027, 6, 30), role: Role = Role.MA, signed: bool = True) -> Resource:
    """A standing order as the record has it."""
    begins = date(2026, 9, 1)
    return standing_to_fhir(
        StandingOrder(
            id=key, name="Blood count", words="Before the visit.",
            allows=Coding(TASK_CODE, "blood-count", "Blood count"),
            signer="Practitioner/lind", signer_name="Dr. Lind", first_day=begins, last_day=ends,
            roles=frozenset({role}), signed_on=begins if signed else None,
        )
    )  # fmt: skip


def test_what_an_ma_enters_waits_for_its_provider_unless_a_standing_order_allows_it(clinic: Clinic) -> None:
    clinic.have(standing("flu"), standing("draft", signed=False), standing("over", ends=date(2026, 11, 1)),
                standing("nurses", role=Role.NURSE))  # fmt: skip
    order = placed(clinic, who="dana")
    (task,) = open_of(clinic, order)
    assert (task.code, task.owner) == (LEGS[Step.CONFIRMED], "Practitioner/lind")
    for name in ("dana", "lena", "nora"):
        with pytest.raises(AccessDenied):
            go(clinic, order, Step.CONFIRMED, who=name)
    go(clinic, order, Step.CONFIRMED, who="lind")
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]
    for refused in ("no-such", "draft", "over", "nurses"):
        with pytest.raises(Refused, match="No standing order"):
            placed(clinic, replace(CBC, standing_order=f"ActivityDefinition/{refused}"), who="dana")
    under = placed(clinic, replace(CBC, standing_order="ActivityDefinition/flu"), who="dana")
    assert stands(clinic, under).standing_order == "ActivityDefinition/flu"
    assert [task.code for task in open_of(clinic, under)] == [LEGS[Step.COLLECTED]]


@pytest.mark.parametrize(
    ("kind", "elsewhere", "steps"),
    [
        (Kind.LABORATORY, False, [Step.COLLECTED, Step.SENT, Step.RESULTED]),
        (Kind.LABORATORY, True, [Step.SENT, Step.RESULTED]),
        (Kind.IMAGING, False, [Step.SENT, Step.RESULTED]),
        (Kind.IN_CLINIC, False, [Step.DONE]),
        (Kind.OTHER, False, [Step.RESULTED]),
    ],
)
def test_each_kind_goes_through_its_own_steps(kind: Kind, elsewhere: bool, steps: list[Step]) -> None:
    order = replace(CBC, id="o", kind=kind, elsewhere=elsewhere, coding=None)
    seen = []
    while (step := order.next_step) is not None:
        leg = rules.leg_of(to_fhir(order))
        assert leg is not None
        assert leg.code == LEGS[step]
        seen.append(step)
        order = (
            rules.answered(order, report("o"), at=TEN_FORTY, by="Device/lab")
            if step is Step.RESULTED
            else rules.stepped(order, step, at=TEN_FORTY, by="Practitioner/dana", specimen="Specimen/s")
        )
    assert seen == steps


@pytest.mark.parametrize(("ordered", "sent"), [("ada", "stays"), ("stays", "ada")])
def test_a_result_for_the_one_chart_of_a_person_ends_the_order_in_the_other(
    clinic: Clinic, ordered: str, sent: str
) -> None:
    clinic.have({"resourceType": "Patient", "id": "stays"})
    order = placed(clinic, replace(CBC, patient=f"Patient/{ordered}"))
    put(clinic, report(order, patient=sent))
    assert stands(clinic, order).is_open, "two people's"
    for one, other, link in (("ada", "stays", "replaced-by"), ("stays", "ada", "replaces")):
        patient = {"resourceType": "Patient", "id": one}
        put(clinic, patient | {"link": [{"other": {"reference": f"Patient/{other}"}, "type": link}]})
    put(clinic, report(order, patient=sent, conclusion="Normal; sent again"))
    assert not stands(clinic, order).is_open
    assert open_of(clinic, order) == []


def test_a_result_finds_its_order_by_the_number_that_it_carries_back(clinic: Clinic) -> None:
    order = placed(clinic)
    without = {name: value for name, value in report(order).items() if name != "basedOn"}
    put(clinic, {**without, "identifier": [{"system": "http://lab.example", "value": order}]})
    assert stands(clinic, order).is_open
    put(clinic, {**without, "identifier": [{"system": PLACER, "value": order}]})
    assert not stands(clinic, order).is_open


def test_what_is_another_patients_or_not_final_or_empty_answers_nothing(clinic: Clinic) -> None:
    order = placed(clinic)
    put(clinic, report(order, patient="ben"))
    put(clinic, report(order, id="early", status="preliminary"))
    put(clinic, {name: value for name, value in report(order, id="empty").items() if name != "conclusion"})
    measured = {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org",
        "code": "718-7"}]}, "category": [{"coding": [{"code": "laboratory"}]}], "valueString": "12",
        "subject": {"reference": "Patient/ada"}, "basedOn": [{"reference": f"ServiceRequest/{order}"}],
    }  # fmt: skip
    put(clinic, {**measured, "id": "one-of-many"})
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]
    assert CBC.coding is not None
    put(clinic, {**measured, "id": "the-one", "code": CBC.coding.concept()})
    assert stands(clinic, order).report == "Observation/the-one"


def test_an_order_and_its_result_in_one_bundle_leave_nothing_open(clinic: Clinic) -> None:
    placed(clinic)
    sent = to_fhir(replace(CBC, id="both"))
    put(clinic, sent, report("both"))
    assert open_of(clinic, "both") == []
    assert stands(clinic, "both").status == "completed"


def test_a_result_that_is_taken_back_is_waited_for_again(clinic: Clinic) -> None:
    order = placed(clinic)
    put(clinic, report(order))
    put(clinic, report(order, status="entered-in-error"))
    assert stands(clinic, order).status == "active"
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]


def test_a_program_that_sends_an_order_anew_takes_nothing_back(clinic: Clinic) -> None:
    order = placed(clinic)
    go(clinic, order, Step.COLLECTED)
    stored = clinic.resource(Ref("ServiceRequest", order))
    put(clinic, {name: value for name, value in stored.items() if name not in ("extension", "meta")})
    assert [entry.step for entry in stands(clinic, order).trail] == [Event.ORDERED, Event.COLLECTED]
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.SENT]]


def test_a_specimen_that_is_no_good_is_collected_again(clinic: Clinic) -> None:
    order = placed(clinic)
    go(clinic, order, Step.COLLECTED)
    go(clinic, order, Step.SENT)
    first = stands(clinic, order).specimen
    with pytest.raises(NotPossible):
        actions.collect_again(clinic.writer(), order_id=order, version=3, words=" ", at=TEN_FORTY)
    actions.collect_again(clinic.writer(), order_id=order, version=3, words="Clotted", at=TEN_FORTY)
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]
    assert clinic.resource(Ref("Specimen", first.removeprefix("Specimen/")))["status"] == "unsatisfactory"
    go(clinic, order, Step.COLLECTED)
    assert stands(clinic, order).specimen not in ("", first)
    specimen = clinic.resource(Ref("Specimen", stands(clinic, order).specimen.removeprefix("Specimen/")))
    put(clinic, {**specimen, "receivedTime": TEN_FORTY.isoformat()})
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.RESULTED]]
    put(clinic, {**specimen, "status": "unsatisfactory"})
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]


def test_what_could_not_be_had_stays_owed_and_a_promise_moves_the_date(clinic: Clinic) -> None:
    order = placed(clinic)
    actions.could_not(clinic.writer(), order_id=order, version=1, obstacle=Obstacle.CRYING, words="", at=TEN_FORTY)
    assert stands(clinic, order).trail[-1].facts == {"obstacle": "crying"}
    assert [task.code for task in open_of(clinic, order)] == [LEGS[Step.COLLECTED]]
    go(clinic, order, Step.COLLECTED)
    go(clinic, order, Step.SENT)
    promised = TEN_FORTY + timedelta(days=4)
    with pytest.raises(NotPossible):
        actions.chase(clinic.writer(), order_id=order, version=4, words="Sam", at=TEN_FORTY, expected_by=TEN_FORTY)
    actions.chase(clinic.writer(), order_id=order, version=4, words="Sam", at=TEN_FORTY, expected_by=promised)
    assert [task.due_at for task in open_of(clinic, order)] == [promised]


@pytest.mark.parametrize("how", ENDS)
def test_an_order_that_will_not_be_done_says_how_and_why(clinic: Clinic, how: End) -> None:
    order = placed(clinic)
    with pytest.raises(NotPossible):
        actions.end(clinic.writer(), order_id=order, version=1, how=how, why=" ", at=TEN_FORTY)
    actions.end(clinic.writer(), order_id=order, version=1, how=how, why="Said so", at=TEN_FORTY)
    assert open_of(clinic, order) == []
    task = clinic.resource(OWED.task_of(Ref("ServiceRequest", order), LEGS[Step.COLLECTED]))
    assert (work_fhir.from_fhir(task).end, work_fhir.from_fhir(task).end_words) == (how, "Said so")
    with pytest.raises(NotPossible):
        go(clinic, order, Step.COLLECTED)


def test_a_program_ends_no_order_without_its_result_or_a_reason(clinic: Clinic) -> None:
    order = placed(clinic)
    stored = clinic.resource(Ref("ServiceRequest", order))
    for status in ("completed", "revoked"):
        with pytest.raises(Refused):
            put(clinic, {**stored, "status": status})
    put(clinic, {**stored, "status": "revoked", "note": [{"text": "Ordered by mistake"}]})
    assert open_of(clinic, order) == []


def test_an_order_with_two_results_is_done_until_both_are_taken_back(clinic: Clinic) -> None:
    order = placed(clinic)
    ref = Ref("ServiceRequest", order)
    put(clinic, report(order), report(order, id="second"))
    first = {name: value for name, value in report(order).items() if name != "basedOn"}
    put(clinic, first)
    assert clinic.resource(ref)["status"] == "completed"
    stands = from_fhir(clinic.resource(ref))
    assert stands is not None
    assert (stands.reports, stands.trail[-1].step) == (("DiagnosticReport/second",), Event.TAKEN_BACK)
    put(clinic, {**report(order), "id": "second", "status": "entered-in-error"})
    stands = from_fhir(clinic.resource(ref))
    assert stands is not None
    assert (stands.status, stands.reports, stands.trail[-1].step) == ("active", (), Event.REOPENED)
    assert len(open_of(clinic, order)) == 1


def test_a_result_that_comes_again_within_the_second_counts_again(clinic: Clinic) -> None:
    """Its entry says the same as the one of before it was taken back, and was left out as if it stood there already."""
    order = placed(clinic)
    put(clinic, report(order), report(order, id="second"))
    bare = {name: value for name, value in report(order).items() if name != "basedOn"}
    put(clinic, bare)
    put(clinic, report(order))
    assert stands(clinic, order).reports == ("DiagnosticReport/second", "DiagnosticReport/" + report(order)["id"])
    put(clinic, {**bare, "id": "second"})
    assert stands(clinic, order).status == "completed"
    assert open_of(clinic, order) == []


def test_an_order_that_was_taken_back_is_not_done_without_its_result_either(clinic: Clinic) -> None:
    order = placed(clinic)
    actions.end(clinic.writer("lind"), order_id=order, version=1, how=End.NOT_NEEDED, why="So", at=TEN_FORTY)
    stored = clinic.resource(Ref("ServiceRequest", order))
    assert stored["status"] == "revoked"
    with pytest.raises(Refused):
        put(clinic, {**stored, "status": "completed"})
    assert clinic.resource(Ref("ServiceRequest", order))["status"] == "revoked"


def test_nobody_ends_the_task_while_the_order_stands_there(clinic: Clinic) -> None:
    order = placed(clinic)
    task = clinic.resource(OWED.task_of(Ref("ServiceRequest", order), LEGS[Step.COLLECTED]))
    with pytest.raises(Refused):
        put(clinic, {**task, "status": "completed"})


def test_of_two_who_collect_one_does_and_a_step_is_not_skipped(clinic: Clinic) -> None:
    order = placed(clinic)
    actions.step(clinic.writer(), order_id=order, version=1, step=Step.COLLECTED, at=TEN_FORTY)
    with pytest.raises((Conflict, NotPossible)):
        actions.step(clinic.writer("lena"), order_id=order, version=1, step=Step.COLLECTED, at=TEN_FORTY)
    with pytest.raises(NotPossible):
        go(clinic, order, Step.RESULTED)


def test_a_referral_is_no_order(clinic: Clinic) -> None:
    placed(clinic)
    put(clinic, {**to_fhir(replace(CBC, id="away")), "category": [REFERRAL.concept()]})
    assert open_of(clinic, "away") == []
    with pytest.raises(NotPossible):
        actions.end(clinic.writer(), order_id="away", version=1, how=End.MOVED, why="So", at=TEN_FORTY)


def test_who_may_and_what_lists_show(clinic: Clinic) -> None:
    order = placed(clinic)
    for name in ("fay", "bill", "mona", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.step(clinic.writer(name), order_id=order, version=1, step=Step.COLLECTED, at=TEN_FORTY)
    with pytest.raises(NotPossible):
        actions.place(clinic.writer("lind"), order=replace(CBC, words=" "), at=TEN_FORTY)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        (entry,) = queries.waiting(reader)
        assert (entry.id, entry.step, entry.pool) == (order, Step.COLLECTED, Role.MA)
        assert entry.due_at is not None
        assert [one.id for one in queries.of_patient(reader, ["ada"])] == [order]
        assert queries.order(reader, order)[0].words == "Blood count"


entries = st.builds(
    Entry, step=st.sampled_from(Event), at=st.just(TEN_FORTY), by=st.just("Practitioner/dana"),
    words=st.sampled_from(["", "So"]), facts=st.sampled_from([{}, {"specimen": "Specimen/s"}]),
)  # fmt: skip


@given(
    st.builds(
        replace, st.just(CBC), id=st.just("o"), kind=st.sampled_from(Kind), priority=st.sampled_from(Priority),
        status=st.sampled_from(["active", "draft", "on-hold", "completed", "revoked"]), elsewhere=st.booleans(),
        trail=st.lists(entries, max_size=4).map(tuple), standing_order=st.sampled_from(["", "ActivityDefinition/flu"]),
        site=st.sampled_from(["", "main-st"]), expected_by=st.sampled_from([None, TEN_FORTY]),
        not_before=st.sampled_from([None, TEN_FORTY]), collector=st.sampled_from(["", "Practitioner/dana"]),
    )
)  # fmt: skip
def test_an_order_reads_back_as_it_was_written_and_owes_a_task_until_its_end(order: Order) -> None:
    assert from_fhir(to_fhir(order)) == order
    assert (rules.leg_of(to_fhir(order)) is None) == (not order.is_open)


def test_what_an_ma_sends_by_the_api_is_no_order_before_its_provider_confirms_it(clinic: Clinic) -> None:
    clinic.have({"resourceType": "Patient", "id": "ada"})
    sent = {**to_fhir(replace(CBC, id="sent")), "status": "active"}
    by_api = clinic.writer("dana", origin=Origin.API)
    with pytest.raises(Refused, match="confirmed"), by_api.transaction(reason="test.create") as tx:
        tx.create(sent, resource_id="sent")
    with by_api.transaction(reason="test.create") as tx:
        tx.create({**sent, "status": "draft"}, resource_id="sent")
    version = int(clinic.resource(Ref("ServiceRequest", "sent"))["meta"]["versionId"])
    with pytest.raises(Refused, match="confirmed"), by_api.transaction(reason="test.update") as tx:
        tx.update({**clinic.resource(Ref("ServiceRequest", "sent")), "status": "active"}, version=version)
    with clinic.writer("lind", origin=Origin.API).transaction(reason="test.update") as tx:
        tx.update({**clinic.resource(Ref("ServiceRequest", "sent")), "status": "active"}, version=version)
    assert stands(clinic, "sent").status == "active"
