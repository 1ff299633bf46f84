"""Threads of messages: always somebody's and dated while open, closed with an outcome, unread counts per person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import KeyTaken, NotFound, Origin, Ref, Refused
from carewright.core.store.writer import Writer
from carewright.core.work import actions as work
from carewright.core.work.fhir import from_fhir as task_from_fhir
from carewright.core.work.model import End, Pool, Priority, WorkTask
from carewright.project.wiring import operator_access
from carewright.skills.messages import actions, queries, threads
from carewright.skills.messages.codes import ANSWER_MESSAGE, SEE_VISIT_MESSAGE
from carewright.skills.messages.fhir import from_fhir as message_from_fhir
from carewright.skills.messages.fhir import to_fhir as message_to_fhir
from carewright.skills.messages.model import Message
from carewright.skills.messages.owed import OWED
from carewright.skills.messages.skill import thread_rows
from carewright.skills.messages.threads import File, NotPossible, Outcome, Thread, Words
from carewright.skills.messages.threads_fhir import from_fhir, to_fhir
from tests.clinic import TEN_FORTY, Clinic

DUE = TEN_FORTY + timedelta(hours=2)
FIRST = Words(by="Practitioner/lind", at=TEN_FORTY, words="Please ask for the old chart.")
ASKED = Thread(topic="Old chart", first=FIRST, pool=Pool(role=Role.MA), due_at=DUE, priority=Priority.URGENT)


def begun(clinic: Clinic, thread: Thread = ASKED, *, by: str = "lind") -> str:
    return actions.begin(clinic.writer(by), thread=thread).id


def said(name: str, words: str = "Done by noon.") -> Words:
    return Words(by=f"Practitioner/{name}", at=TEN_FORTY, words=words)


def task_of(clinic: Clinic, thread_id: str) -> WorkTask:
    ref = OWED.task_of(Ref("Communication", thread_id), ANSWER_MESSAGE)
    return task_from_fhir(clinic.resource(ref))


def unread(clinic: Clinic, name: str) -> int:
    with clinic.store.reader(clinic.access(name), reason="test.unread") as reader:
        return queries.unread(reader, person=f"Practitioner/{name}", roles={clinic.people[name].value})


def test_an_open_thread_is_somebodys_with_a_date_until_it_is_closed(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    task = task_of(clinic, thread_id)
    assert (task.is_open, task.pool, task.due_at) == (True, Pool(role=Role.MA), DUE)
    assert (task.said, task.priority) == ("Old chart", Priority.URGENT)
    with pytest.raises(Refused):
        work.end(clinic.writer("dana"), task_id=task.id, how=End.NOT_NEEDED, why="Tired of it", at=TEN_FORTY)
    actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.DONE, words="It is scanned.")
    assert not task_of(clinic, thread_id).is_open
    with clinic.store.reader(clinic.access("lind"), reason="test.thread") as reader:
        found, _ = queries.thread(reader, thread_id)
    assert (found.outcome, found.outcome_words) == (Outcome.DONE, "It is scanned.")


@pytest.mark.parametrize("sender", ["Patient/ada", "RelatedPerson/mother"])
def test_a_thread_that_the_patient_has_begun_is_owed_an_answer_here(clinic: Clinic, sender: str) -> None:
    clinic.have(
        {"resourceType": "Patient", "id": "ada"},
        {"resourceType": "RelatedPerson", "id": "mother", "patient": {"reference": "Patient/ada"}},
    )
    first = replace(FIRST, by=sender, words="May I eat before the test?")
    asked = replace(ASKED, first=first, patient="Patient/ada", topic="Before the test")
    program = Writer(clinic.store, operator_access(clinic.practice), origin=Origin.API)
    with program.transaction(reason="test.patient-wrote") as tx:
        ref = tx.create(to_fhir(asked))
    task = task_of(clinic, ref.id)
    assert (task.is_open, task.owner, task.pool, task.patient) == (True, "", Pool(role=Role.MA), "Patient/ada")
    assert (unread(clinic, "dana"), unread(clinic, "nora")) == (1, 0)
    actions.answer(clinic.writer("dana"), thread_id=ref.id, words=said("dana", "Water only."))
    assert unread(clinic, "dana") == 0
    actions.close(clinic.writer("dana"), thread_id=ref.id, outcome=Outcome.ANSWERED)
    assert not task_of(clinic, ref.id).is_open
    with clinic.store.reader(clinic.access("dana"), reason="test.patients") as reader:
        assert queries.unread(reader, person=sender, roles=()) == 1, "the answer is news to who asked"


@pytest.mark.parametrize("pool", [None, Pool(role=Role.NURSE)])
def test_what_waits_for_the_patient_is_somebodys_here_all_the_same(clinic: Clinic, pool: Pool | None) -> None:
    clinic.have({"resourceType": "Patient", "id": "ada"})
    thread_id = begun(clinic, replace(ASKED, patient="Patient/ada", to="Patient/ada", pool=pool))
    task = task_of(clinic, thread_id)
    assert (task.owner, task.pool) == ("", pool or Pool(role=Role.MA))
    assert unread(clinic, "nora" if pool else "dana") == 1


def test_a_message_of_nobody_or_about_nothing_is_not_begun() -> None:
    for wrong in ({"pool": None}, {"topic": " "}, {"topic": "x" * 81}):
        with pytest.raises(NotPossible):
            replace(ASKED, **wrong)
    with pytest.raises(NotPossible):
        replace(FIRST, words="  ")


def test_the_task_goes_with_the_thread(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    actions.give_to(clinic.writer("dana"), thread_id=thread_id, to="Practitioner/nora")
    assert task_of(clinic, thread_id).owner == "Practitioner/nora"
    actions.give_to(clinic.writer("nora"), thread_id=thread_id, pool=Pool(role=Role.FRONT_DESK))
    task = task_of(clinic, thread_id)
    assert (task.owner, task.pool) == ("", Pool(role=Role.FRONT_DESK))
    with pytest.raises(NotPossible):
        actions.give_to(clinic.writer("fay"), thread_id=thread_id)


def test_unread_counts_are_right_for_each_person(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    assert [unread(clinic, name) for name in ("dana", "lind", "nora", "fay")] == [1, 0, 0, 0]
    actions.see(clinic.writer("dana"), thread_id=thread_id, turns=0)
    actions.see(clinic.writer("dana"), thread_id=thread_id, turns=0)
    assert (unread(clinic, "dana"), unread(clinic, "lind")) == (0, 0)
    actions.answer(clinic.writer("dana"), thread_id=thread_id, words=said("dana", "Which one?"))
    assert (unread(clinic, "dana"), unread(clinic, "lind")) == (0, 1)
    actions.answer(clinic.writer("lind"), thread_id=thread_id, words=said("lind", "The one of 2019."))
    assert (unread(clinic, "dana"), unread(clinic, "lind")) == (1, 0)
    actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.ANSWERED)
    assert (unread(clinic, "dana"), unread(clinic, "lind")) == (0, 1)
    actions.see(clinic.writer("lind"), thread_id=thread_id, turns=3)
    assert unread(clinic, "lind") == 0


def test_what_came_after_the_page_was_drawn_stays_unread(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    with clinic.store.reader(clinic.access("dana"), reason="test.thread") as reader:
        drawn, _ = queries.thread(reader, thread_id)
    actions.answer(clinic.writer("lind"), thread_id=thread_id, words=said("lind", "Wait: not that one."))
    actions.see(clinic.writer("dana"), thread_id=thread_id, turns=drawn.turns)
    assert unread(clinic, "dana") == 1
    actions.see(clinic.writer("dana"), thread_id=thread_id, turns=drawn.turns + 1)
    assert unread(clinic, "dana") == 0


def test_nobody_closes_or_passes_on_what_they_have_not_read(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    actions.answer(clinic.writer("lind"), thread_id=thread_id, words=said("lind", "Wait: not that one."))
    with pytest.raises(NotPossible):
        actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.DONE, turns=0)
    with pytest.raises(NotPossible):
        actions.give_to(clinic.writer("dana"), thread_id=thread_id, to="Practitioner/nora", turns=0)
    assert task_of(clinic, thread_id).pool == ASKED.pool
    actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.DONE, turns=1)


def test_what_a_role_has_is_unread_while_it_is_open_and_what_one_asked_until_it_is_read(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    assert (unread(clinic, "dana"), unread(clinic, "nora"), unread(clinic, "lind")) == (1, 0, 0)
    actions.close(clinic.writer("nora"), thread_id=thread_id, outcome=Outcome.NOTHING_TO_DO)
    assert (unread(clinic, "dana"), unread(clinic, "nora"), unread(clinic, "lind")) == (0, 0, 1)
    with clinic.store.reader(clinic.access("lind"), reason="test.inbox") as reader:
        (line,) = queries.inbox(reader, person="Practitioner/lind", roles=(), closed=True)
    assert line.is_unread


def test_what_is_about_a_patient_is_seen_by_no_more_than_the_patient(clinic: Clinic) -> None:
    restricted = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    clinic.have({"resourceType": "Patient", "id": "p1", "meta": {"security": [restricted]}})
    thread_id = begun(clinic, replace(ASKED, patient="Patient/p1"))
    answer = actions.answer(clinic.writer("dana"), thread_id=thread_id, words=said("dana"))
    task = OWED.task_of(Ref("Communication", thread_id), ANSWER_MESSAGE)
    for ref in (Ref("Communication", thread_id), answer, task):
        assert restricted in clinic.resource(ref)["meta"]["security"]


@given(
    to=st.sampled_from(["", "Practitioner/a", "Practitioner/b"]),
    seen=st.lists(st.sampled_from(["Practitioner/a", "Practitioner/b", "Practitioner/lind"]), unique=True),
    outcome=st.sampled_from([None, Outcome.DONE]), person=st.sampled_from(["Practitioner/a", "Practitioner/lind"]),
    role=st.sampled_from(["ma", "nurse"]),
)  # fmt: skip
def test_the_row_of_a_thread_says_who_has_not_read_it(
    to: str, seen: list[str], outcome: Outcome | None, person: str, role: str
) -> None:
    thread = replace(ASKED, id="t1", to=to, seen_by=tuple(seen), outcome=outcome)
    (row,) = thread_rows(to_fhir(thread))
    of_role = row["owner"] == "" and row["pool_role"] == role and row["is_open"] and person not in seen
    counted = (
        (row["owner"] == person and not row["owner_saw"]) or (row["sender"] == person and not row["sender_saw"])
    ) or of_role
    assert bool(counted) == threads.is_unread(thread, person=person, roles=frozenset({role}))


def test_an_answer_opens_a_closed_thread_and_its_task_again(clinic: Clinic) -> None:
    thread_id = begun(clinic)
    actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.NOTHING_TO_DO)
    with pytest.raises(NotPossible):
        actions.close(clinic.writer("dana"), thread_id=thread_id, outcome=Outcome.DONE)
    actions.answer(clinic.writer("lind"), thread_id=thread_id, words=said("lind", "Please look again."))
    assert task_of(clinic, thread_id).is_open
    with clinic.store.reader(clinic.access("dana"), reason="test.thread") as reader:
        found, answers = queries.thread(reader, thread_id)
    assert found.is_open
    assert [(one.by, one.words) for _, one in answers] == [("Practitioner/lind", "Please look again.")]


def test_whoever_writes_is_who_it_says_and_a_form_is_sent_once(clinic: Clinic) -> None:
    ref = actions.begin(clinic.writer("dana"), thread=ASKED, form_key="form-1")
    with pytest.raises(KeyTaken):
        actions.begin(clinic.writer("dana"), thread=ASKED, form_key="form-1")
    assert clinic.resource(ref)["sender"]["reference"] == "Practitioner/dana"
    with pytest.raises(AccessDenied):
        actions.begin(clinic.writer("bill"), thread=ASKED)


def test_a_message_about_a_visit_is_no_thread(clinic: Clinic) -> None:
    message = Message(
        patient="Patient/p1", encounter="Encounter/e1", words="Stay", by="Practitioner/lind", at=TEN_FORTY
    )
    clinic.have({"resourceType": "Patient", "id": "p1"},
                {"resourceType": "Encounter", "id": "e1", "status": "arrived", "class": {"code": "AMB"},
                 "subject": {"reference": "Patient/p1"}})  # fmt: skip
    ref = actions.send(clinic.writer("lind"), message=message)
    assert unread(clinic, "dana") == 0
    with pytest.raises(NotFound):
        actions.see(clinic.writer("dana"), thread_id=ref.id, turns=0)


@given(
    topic=st.text(min_size=1, max_size=80).filter(str.strip), words=st.text(min_size=1, max_size=300).filter(str.strip),
    to=st.sampled_from(["", "Practitioner/nora"]), patient=st.sampled_from(["", "Patient/p1"]),
    seen=st.lists(st.sampled_from(["Practitioner/a", "Practitioner/b"]), unique=True),
    outcome=st.sampled_from([None, *Outcome]), files=st.integers(0, 2), turns=st.integers(0, 50),
)  # fmt: skip
def test_a_thread_comes_back_as_it_was_written(
    topic: str,
    words: str,
    to: str,
    patient: str,
    seen: list[str],
    outcome: Outcome | None,
    files: int,
    turns: int,
) -> None:
    listed = tuple(
        File(digest=f"{n:064x}", content_type="image/jpeg", title=f"Photo {n}", size=n + 1) for n in range(files)
    )
    thread = replace(
        ASKED, id="t1", topic=topic, first=replace(FIRST, words=words, files=listed), to=to, patient=patient,
        seen_by=tuple(seen), turns=turns, outcome=outcome, outcome_words="Sent" if outcome else "", site="main-st",
    )  # fmt: skip
    assert from_fhir(to_fhir(thread)) == thread
    assert from_fhir(to_fhir(thread, onto=to_fhir(thread))) == thread


@given(st.lists(st.sampled_from(["see", "answer", "close", "give"]), max_size=12), st.data())
def test_whatever_happens_an_open_thread_is_somebodys_and_unread_by_whom_its_last_turn_was_not_shown(
    steps: list[str], data: st.DataObject
) -> None:
    thread, people = ASKED, ("Practitioner/a", "Practitioner/b")
    shown = dict.fromkeys(people, -1)
    turns = 0
    for step in steps:
        by = data.draw(st.sampled_from(people))
        drawn = data.draw(st.integers(0, turns))
        try:
            thread = _stepped(thread, step, by=by, drawn=drawn, to=data.draw(st.sampled_from(["", "Practitioner/c"])))
        except NotPossible:
            continue
        turns += step != "see"
        shown[by] = max(shown[by], drawn if step == "see" else turns)
        assert {person for person in people if person in thread.seen_by} == {p for p in people if shown[p] == turns}
        leg = threads.leg_of(thread)
        assert (leg is not None) == thread.is_open
        assert leg is None or leg.owner or leg.pool


def _stepped(thread: Thread, step: str, *, by: str, drawn: int, to: str) -> Thread:
    if step == "see":
        return threads.seen(thread, by=by, turns=drawn)
    if step == "answer":
        return threads.answered(thread, by=by)
    if step == "close":
        return threads.closed(thread, by=by, outcome=Outcome.DONE)
    return threads.given_to(thread, by=by, to=to)


@pytest.mark.parametrize(("to", "role"), [("Practitioner/dana", Role.MA), ("", Role.PROVIDER)])
def test_a_message_about_a_visit_is_owed_somebody_who_sees_to_it(clinic: Clinic, to: str, role: Role) -> None:
    clinic.have({"resourceType": "Patient", "id": "p1"},
                {"resourceType": "Encounter", "id": "e1", "status": "arrived", "class": {"code": "AMB"},
                 "subject": {"reference": "Patient/p1"}})  # fmt: skip
    message = Message(
        patient="Patient/p1", encounter="Encounter/e1", words="Stay", by="Practitioner/lind", at=TEN_FORTY, to=to,
        role=role,
    )  # fmt: skip
    ref = actions.send(clinic.writer("lind"), message=message)
    owed = task_from_fhir(clinic.resource(OWED.task_of(ref, SEE_VISIT_MESSAGE)))
    assert (owed.owner, owed.pool, owed.is_open) == (to, Pool(role=role), True)
    with pytest.raises(Refused):
        work.end(clinic.writer("dana"), task_id=owed.id, how=End.NOT_NEEDED, why="Tired of it", at=TEN_FORTY)
    actions.seen_to(clinic.writer("dana"), message_id=ref.id)
    assert not task_from_fhir(clinic.resource(OWED.task_of(ref, SEE_VISIT_MESSAGE))).is_open
    (seen,) = _of_visit(clinic)
    assert (seen.seen_to, seen.seen_to_by, seen.role) == (True, "Practitioner/dana", role)


def _of_visit(clinic: Clinic) -> list[Message]:
    with clinic.store.reader(clinic.access("lind"), reason="test.visit") as reader:
        return queries.of_visit(reader, "e1")


@given(
    words=st.text(min_size=1, max_size=200).filter(str.strip), to=st.sampled_from(["", "Practitioner/nora"]),
    role=st.sampled_from([Role.MA, Role.PROVIDER]), by=st.sampled_from(["", "Practitioner/dana"]),
)  # fmt: skip
def test_a_message_about_a_visit_comes_back_as_it_was_written(words: str, to: str, role: Role, by: str) -> None:
    message = Message(
        id="m1", patient="Patient/p1", encounter="Encounter/e1", words=words, by="Practitioner/lind", at=TEN_FORTY,
        to="" if by else to, role=role, seen_to=bool(by), seen_to_by=by,
    )  # fmt: skip
    assert message_from_fhir(message_to_fhir(message)) == message
