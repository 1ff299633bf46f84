"""Tasks in the chart: taken by one, handed over, held, split, merged; what nobody may leave behind. On both engines."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, KeyTaken, Origin, Ref, Refused, StoreError
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions, fhir, queries
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import TASK_CODE, End, Kind, Pool, Priority, WorkTask
from tests.clinic import Clinic
from tests.work.conftest import SITE

CALL_BACK = Coding(TASK_CODE, "call-back", "Call back")
MA = Pool(role=Role.MA)


def asked(**values: object) -> WorkTask:
    known: dict[str, object] = {"code": CALL_BACK, "pool": MA, "patient": "Patient/p0", "site": SITE}
    return WorkTask(**{**known, **values})  # type: ignore[arg-type] # any field


def add(clinic: Clinic, name: str = "dana", **values: object) -> str:
    return actions.add(clinic.writer(name), task=asked(**values)).id


def read(clinic: Clinic, task_id: str) -> WorkTask:
    return fhir.from_fhir(clinic.resource(Ref("Task", task_id)))


def together(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Run them at the same moment; what each failed with."""
    ready = threading.Barrier(len(acts))
    failed: list[BaseException | None] = [None] * len(acts)

    def run(n: int) -> None:
        ready.wait()
        try:
            acts[n]()
        except (StoreError, NotNow, AccessDenied) as error:
            failed[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_a_task_is_asked_for_and_stands_in_the_projection(staffed: Clinic) -> None:
    due = staffed.now + timedelta(hours=2)
    task_id = add(staffed, due_at=due, priority=Priority.URGENT)
    (row,) = staffed.rows("task", id=task_id)
    wanted = {"code": "call-back", "words": "Call back", "is_open": 1, "pool_role": "ma", "owner": "",
              "patient": "p0", "site": SITE, "priority": "urgent", "due_at": due, "requester": "Practitioner/dana",
              "version": 1, "level": 0}  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    with staffed.store.reader(staffed.access("dana"), reason="test.read") as reader:
        (item,) = queries.open_items(reader, pool_role="ma")
        task, _ = queries.task(reader, task_id)
    assert (item.id, item.due_at, item.priority) == (task_id, due, Priority.URGENT)
    assert task.pool == MA


def test_of_two_who_take_it_one_has_it(staffed: Clinic) -> None:
    task_id = add(staffed)
    staffed.people["rosa"] = Role.MA
    staffed.have(
        {"resourceType": "PractitionerRole", "id": "role-rosa", "practitioner": {"reference": "Practitioner/rosa"}}
    )
    failed = together(*(lambda name=name: actions.take(staffed.writer(name), task_id=task_id)
                        for name in ("dana", "lena", "rosa")))  # fmt: skip
    assert [type(error) for error in failed if error is not None] in (
        [Conflict, Conflict], [Conflict, NotNow], [NotNow, Conflict], [NotNow, NotNow],
    )  # fmt: skip
    winner = ("dana", "lena", "rosa")[failed.index(None)]
    assert read(staffed, task_id).owner == f"Practitioner/{winner}"


def test_a_stale_screen_changes_nothing(staffed: Clinic) -> None:
    task_id = add(staffed)
    actions.take(staffed.writer("dana"), task_id=task_id, version=1)
    with pytest.raises(Conflict):
        actions.hold(staffed.writer("dana"), task_id=task_id, waiting_on="x", until=staffed.now, version=1)
    assert read(staffed, task_id).status == "accepted"


def test_who_may_hand_over_what(staffed: Clinic) -> None:
    task_id = add(staffed)
    actions.take(staffed.writer("dana"), task_id=task_id)
    with pytest.raises(AccessDenied, match="Somebody else has this"):
        actions.hand_over(staffed.writer("nora"), task_id=task_id, to="Practitioner/nora")
    actions.hand_over(staffed.writer("lena"), task_id=task_id, to="Practitioner/nora")
    after = read(staffed, task_id)
    assert (after.owner, after.status, after.pool) == ("Practitioner/nora", "requested", MA)
    actions.hand_over(staffed.writer("nora"), task_id=task_id, pool=Pool(role=Role.FRONT_DESK))
    assert read(staffed, task_id).pool == Pool(role=Role.FRONT_DESK)


@pytest.mark.parametrize("name", ["bill", "audra", "priya"])
def test_who_has_no_tasks_changes_none(staffed: Clinic, name: str) -> None:
    task_id = add(staffed)
    with pytest.raises(AccessDenied):
        actions.take(staffed.writer(name), task_id=task_id)
    with pytest.raises(AccessDenied):
        actions.add(staffed.writer(name), task=asked())


def test_only_a_lead_puts_tasks_in_place(staffed: Clinic) -> None:
    task_id = add(staffed)
    with pytest.raises(AccessDenied):
        actions.put_in_place(staffed.writer("dana"), task_id=task_id, rank=1, why="mine")
    with pytest.raises(ValueError, match="Say why"):
        actions.put_in_place(staffed.writer("lena"), task_id=task_id, rank=1, why=" ")
    actions.put_in_place(staffed.writer("lena"), task_id=task_id, rank=1, why="the family waits")
    place = read(staffed, task_id).place
    assert place is not None
    assert (place.rank, place.by, place.why) == (1, "Practitioner/lena", "the family waits")
    actions.put_in_place(staffed.writer("lena"), task_id=task_id, rank=0, why="")
    assert read(staffed, task_id).place is None


def test_a_task_waits_for_its_parts_and_comes_back(staffed: Clinic) -> None:
    task_id = add(staffed)
    parts = actions.split(staffed.writer(), task_id=task_id, parts=["Fax the note", "Call the school"])
    whole = read(staffed, task_id)
    assert (whole.status, whole.waits_for) == ("on-hold", tuple(map(str, parts)))
    first, second = parts
    actions.done(staffed.writer(), task_id=first.id, at=staffed.later())
    assert read(staffed, task_id).waits_for == (str(second),)
    actions.end(staffed.writer(), task_id=second.id, how=End.NOT_NEEDED, why="closed today", at=staffed.later())
    whole = read(staffed, task_id)
    assert (whole.status, whole.waits_for) == ("requested", ())


def test_two_tasks_become_one_that_keeps_the_nearer_date(staffed: Clinic) -> None:
    near, far = staffed.now + timedelta(hours=1), staffed.now + timedelta(hours=9)
    stays = add(staffed, due_at=far)
    twice = add(staffed, due_at=near, priority=Priority.ASAP)
    other = add(staffed, patient="Patient/p1")
    with pytest.raises(NotNow, match="same patient"):
        actions.merge(staffed.writer(), duplicate_id=other, into_id=stays, why="x")
    actions.merge(staffed.writer(), duplicate_id=twice, into_id=stays, why="asked on the phone too")
    ended, kept = read(staffed, twice), read(staffed, stays)
    assert (ended.end, ended.duplicate_of, ended.end_words) == (
        End.DUPLICATE,
        f"Task/{stays}",
        "asked on the phone too",
    )
    assert (kept.due_at, kept.priority) == (near, Priority.ASAP)


def test_the_same_event_makes_one_task(staffed: Clinic) -> None:
    made: list[Ref] = []
    failed = together(
        *(lambda: made.append(actions.add(staffed.writer(), task=asked(), event="fax 4711")) for _ in range(6))
    )
    assert failed == [None] * 6
    assert len(set(made)) == 1
    assert len(staffed.rows("task", code="call-back")) == 1
    with pytest.raises(KeyTaken):
        for _ in range(2):
            actions.add(staffed.writer(), task=asked(), form_key="the same form")


def test_next_years_task_does_not_nag_now(staffed: Clinic) -> None:
    task_id = add(staffed, kind=Kind.CLERICAL, due_at=staffed.now + timedelta(hours=1))
    later = staffed.now + timedelta(days=365)
    actions.defer(staffed.writer(), task_id=task_id, until=later)
    task = read(staffed, task_id)
    assert task.not_before == task.due_at == later
    stat = add(staffed, priority=Priority.STAT)
    with pytest.raises(NotNow, match="cannot wait"):
        actions.defer(staffed.writer(), task_id=stat, until=later)


# -- what no writer may do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [Origin.SCREEN, Origin.API, Origin.SYSTEM])
def test_no_open_task_is_nobodys(staffed: Clinic, origin: Origin) -> None:
    nobodys = fhir.to_fhir(asked(pool=None))
    with pytest.raises(Refused, match="needs an owner"), staffed.writer(origin=origin).transaction(reason="t") as tx:
        tx.create(nobodys)
    task_id = add(staffed)
    stored = staffed.resource(Ref("Task", task_id))
    without = {name: value for name, value in stored.items() if name != "performerType"}
    with pytest.raises(Refused, match="needs an owner"), staffed.writer(origin=origin).transaction(reason="t") as tx:
        tx.update(without, version=1)


def test_it_is_done_when_what_it_asked_for_is_there(staffed: Clinic) -> None:
    task_id = add(staffed, asks_for="Observation")
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "Peak flow"}}
    theirs, gone, own = staffed.have(
        {**observation, "subject": {"reference": "Patient/p1"}},
        {**observation, "subject": {"reference": "Patient/p0"}, "status": "entered-in-error"},
        {**observation, "subject": {"reference": "Patient/p0"}},
    )
    for produced in ([], [str(theirs)], [str(gone)], ["Observation/nowhere"]):
        with pytest.raises(Refused, match="Observation"):
            actions.done(staffed.writer(), task_id=task_id, at=staffed.now, produced=produced)
    assert read(staffed, task_id).is_open
    actions.done(staffed.writer(), task_id=task_id, at=staffed.now, produced=[str(own)])
    assert read(staffed, task_id).end is End.DONE


def test_the_trail_of_a_late_task_cannot_be_taken_back(staffed: Clinic) -> None:
    from carewright.core.work.hours import hours_of

    task_id = add(staffed, due_at=staffed.now)
    stored = staffed.resource(Ref("Task", task_id))
    actions.send_on(staffed.writer(), stored=stored, hours=hours_of(None), covering="", at=staffed.later())
    sent = staffed.resource(Ref("Task", task_id))
    assert fhir.from_fhir(sent).pool == Pool(role=Role.NURSE)
    without = {**sent, "extension": [e for e in sent["extension"] if e["url"] != fhir.ESCALATION]}
    with pytest.raises(Refused, match="cannot be taken back"), staffed.writer().transaction(reason="t") as tx:
        tx.update(without, version=2)
    actions.take(staffed.writer("nora"), task_id=task_id)
    assert len(read(staffed, task_id).escalations) == 1
