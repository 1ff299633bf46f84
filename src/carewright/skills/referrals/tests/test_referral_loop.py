"""A referral from needed to reviewed, on both engines: whose each leg is, barriers, ends, races, who may."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, Ref
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, WorkTask
from carewright.skills.referrals import actions, queries, rules
from carewright.skills.referrals.codes import LEGS
from carewright.skills.referrals.fhir import from_fhir, to_fhir
from carewright.skills.referrals.model import ENDS, Barrier, Hindrance, NotPossible, Referral, Step, Taken
from carewright.skills.referrals.owed import OWED
from tests.clinic import TEN_FORTY, Clinic

NEEDED = Taken(step=Step.NEEDED, at=TEN_FORTY, by="Practitioner/lind")
LOOP = Referral(
    patient="Patient/ada", provider="Practitioner/lind", to="Lakeview Cardiology", reason="Murmur", taken=(NEEDED,),
    needs_authorisation=True,
)  # fmt: skip
SEEN_AT = TEN_FORTY + timedelta(days=10)


def referred(clinic: Clinic, referral: Referral = LOOP) -> str:
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Ada"}]},
        {"resourceType": "DocumentReference", "id": "note", "status": "current",
         "subject": {"reference": "Patient/ada"},
         "content": [{"attachment": {"contentType": "text/plain", "data": "aGk="}}]},
        {"resourceType": "DocumentReference", "id": "others", "status": "current",
         "subject": {"reference": "Patient/ben"}, "content": [{"attachment": {"contentType": "text/plain"}}]},
    )  # fmt: skip
    return actions.refer(clinic.writer("dana"), referral=referral).id


def open_of(clinic: Clinic, referral: str) -> list[WorkTask]:
    """The open tasks of a referral: never more than one."""
    found = []
    for leg in LEGS.values():
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            stored = reader.resource_or_none(OWED.task_of(Ref("ServiceRequest", referral), leg))
        if stored is not None and work_fhir.from_fhir(stored).is_open:
            found.append(work_fhir.from_fhir(stored))
    return found


def stands(clinic: Clinic, referral: str) -> Referral:
    found = from_fhir(clinic.resource(Ref("ServiceRequest", referral)))
    assert found is not None
    return found


def go(clinic: Clinic, referral: str, step: Step, *, who: str = "dana") -> None:
    actions.advance(
        clinic.writer(who), referral_id=referral, version=stands(clinic, referral).version, step=step, at=TEN_FORTY,
        seen_at=SEEN_AT if step is Step.SCHEDULED else None,
        note="DocumentReference/note" if step is Step.NOTE_BACK else "",
    )  # fmt: skip


def test_the_loop_goes_from_needed_to_reviewed_and_each_leg_is_somebodys(clinic: Clinic) -> None:
    referral = referred(clinic)
    owners = []
    for step in LOOP.steps[1:]:
        (task,) = open_of(clinic, referral)
        assert task.code == LEGS[step]
        assert task.due_at is not None
        owners.append(task.owner or (task.pool and task.pool.role))
        go(clinic, referral, step, who="lind" if step is Step.REVIEWED else "dana")
    assert owners == [Role.FRONT_DESK, Role.FRONT_DESK, Role.MA, Role.MA, Role.MA, "Practitioner/lind"]
    assert open_of(clinic, referral) == []
    assert clinic.resource(Ref("ServiceRequest", referral))["status"] == "completed"
    assert clinic.rows("referral")[0]["is_open"] == 0


def test_authorization_is_skipped_where_none_is_needed(clinic: Clinic) -> None:
    referral = referred(clinic, replace(LOOP, needs_authorisation=False))
    assert open_of(clinic, referral)[0].code == LEGS[Step.SENT]
    with pytest.raises(NotPossible):
        go(clinic, referral, Step.AUTHORISED)


def test_whether_the_patient_went_is_asked_from_the_appointment_on(clinic: Clinic) -> None:
    referral = referred(clinic, replace(LOOP, needs_authorisation=False))
    go(clinic, referral, Step.SENT)
    go(clinic, referral, Step.SCHEDULED)
    (task,) = open_of(clinic, referral)
    assert (task.not_before, task.due_at) == (SEEN_AT, SEEN_AT + timedelta(days=1))


def test_a_missed_appointment_is_made_again_and_says_why(clinic: Clinic) -> None:
    referral = referred(clinic, replace(LOOP, needs_authorisation=False))
    go(clinic, referral, Step.SENT)
    go(clinic, referral, Step.SCHEDULED)
    actions.hinder(clinic.writer(), referral_id=referral, version=3, kind=Hindrance.TRANSPORT, words="No bus",
                   at=TEN_FORTY, missed=True)  # fmt: skip
    assert open_of(clinic, referral)[0].code == LEGS[Step.SCHEDULED]
    actions.help_with(clinic.writer(), referral_id=referral, version=4, number=0, done="Ride booked", at=TEN_FORTY)
    (barrier,) = stands(clinic, referral).barriers
    assert (barrier.kind, barrier.words, barrier.done) == (Hindrance.TRANSPORT, "No bus", "Ride booked")
    with pytest.raises(NotPossible):
        actions.help_with(clinic.writer(), referral_id=referral, version=5, number=0, done="Again", at=TEN_FORTY)


def test_a_note_of_another_patient_or_none_does_not_close_the_leg(clinic: Clinic) -> None:
    referral = referred(clinic, replace(LOOP, needs_authorisation=False))
    for step in (Step.SENT, Step.SCHEDULED, Step.SEEN):
        go(clinic, referral, step)
    for note in ("", "DocumentReference/others", "Patient/ada"):
        with pytest.raises(NotPossible):
            actions.advance(clinic.writer(), referral_id=referral, version=4, step=Step.NOTE_BACK, at=TEN_FORTY,
                            note=note)  # fmt: skip
    go(clinic, referral, Step.NOTE_BACK)
    for name in ("dana", "nora", "fay", "mona"):
        with pytest.raises(AccessDenied):
            go(clinic, referral, Step.REVIEWED, who=name)


@pytest.mark.parametrize("how", ENDS)
def test_a_loop_that_ends_otherwise_says_how_and_why_and_owes_nothing(clinic: Clinic, how: End) -> None:
    referral = referred(clinic)
    with pytest.raises(NotPossible):
        actions.end(clinic.writer(), referral_id=referral, version=1, how=how, why=" ")
    actions.end(clinic.writer(), referral_id=referral, version=1, how=how, why="Said so on the phone")
    assert open_of(clinic, referral) == []
    stored = clinic.resource(Ref("ServiceRequest", referral))
    assert stored["status"] == "revoked"
    task = clinic.resource(OWED.task_of(Ref("ServiceRequest", referral), LEGS[Step.AUTHORISED]))
    assert (work_fhir.from_fhir(task).end, work_fhir.from_fhir(task).end_words) == (how, "Said so on the phone")
    with pytest.raises(NotPossible):
        go(clinic, referral, Step.AUTHORISED)


def test_of_two_who_take_the_same_step_one_does(clinic: Clinic) -> None:
    referral, results = referred(clinic), []

    def authorise(who: str) -> None:
        try:
            actions.advance(clinic.writer(who), referral_id=referral, version=1, step=Step.AUTHORISED, at=TEN_FORTY)
            results.append("took")
        except (Conflict, NotPossible):
            results.append("lost")

    threads = [threading.Thread(target=authorise, args=(who,)) for who in ("dana", "fay")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["lost", "took"]
    assert [taken.step for taken in stands(clinic, referral).taken] == [Step.NEEDED, Step.AUTHORISED]


def test_who_may_and_what_is_asked(clinic: Clinic) -> None:
    referral = referred(clinic)
    for name in ("bill", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.advance(clinic.writer(name), referral_id=referral, version=1, step=Step.AUTHORISED, at=TEN_FORTY)
    with pytest.raises(NotPossible):
        actions.refer(clinic.writer("dana"), referral=replace(LOOP, to=" "))
    with clinic.store.reader(clinic.access("fay"), reason="test") as reader:
        (entry,) = queries.waiting(reader)
    assert (entry.id, entry.step) == (referral, Step.AUTHORISED)


barriers = st.builds(
    Barrier, kind=st.sampled_from(Hindrance), words=st.sampled_from(["", "No bus"]), at=st.just(TEN_FORTY),
    by=st.just("Practitioner/dana"), done=st.sampled_from(["", "Ride"]),
)  # fmt: skip


@given(
    st.builds(
        replace, st.just(LOOP), urgent=st.booleans(), needs_authorisation=st.booleans(),
        barriers=st.lists(barriers, max_size=3).map(tuple), end=st.sampled_from([None, *ENDS]),
        seen_at=st.sampled_from([None, SEEN_AT]), site=st.sampled_from(["", "main-st"]),
    ),
    st.integers(0, 7),
)  # fmt: skip
def test_a_referral_reads_back_as_it_was_written_and_owes_a_task_until_its_end(referral: Referral, steps: int) -> None:
    taken = [Taken(step=step, at=TEN_FORTY, by="Practitioner/dana") for step in referral.steps[1 : steps + 1]]
    whole = replace(referral, taken=(NEEDED, *taken), end_why="So" if referral.end else "")
    assert from_fhir(to_fhir(whole)) == whole
    assert (rules.leg_of(to_fhir(whole)) is None) == (whole.next_step is None)
    assert (to_fhir(whole)["status"] == "active") == (whole.next_step is not None)
