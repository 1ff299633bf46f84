"""Which tasks are read for one person's list: the first of them are the first of all there are."""

import random
from dataclasses import replace
from datetime import timedelta

from carewright.core.access.model import Role
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions, queries
from carewright.core.work.fhir import to_fhir
from carewright.core.work.model import TASK_CODE, Escalation, Kind, Place, Pool, Priority, WorkTask
from carewright.core.work.priority import Viewer, in_order
from tests.clinic import TEN_FORTY, Clinic

JOB = Coding(TASK_CODE, "job", "Job")
MOST = 5
VIEWER = Viewer(reference="Practitioner/dana", roles=frozenset({Role.MA}), end_of_day=TEN_FORTY + timedelta(hours=13))


def some_task(dice: random.Random, number: int) -> WorkTask:
    """A task of any kind, mostly routine ones of a pool, some not before a date, some without one."""
    due_at = None if dice.random() < 0.2 else TEN_FORTY + timedelta(hours=dice.randint(-200, 400))
    begins = dice.random() < 0.2 and due_at is not None
    odd = dice.random() < 0.15
    return WorkTask(
        id=f"t{number}", code=JOB, words="Do it",
        kind=dice.choice([Kind.CLINICAL, Kind.CLERICAL, Kind.QUIET, *([Kind.CRITICAL] if odd else [])]),
        priority=dice.choice(list(Priority)) if odd else Priority.ROUTINE,
        owner=dice.choice(["", "", "", "Practitioner/dana", "Practitioner/nora"]),
        pool=Pool(role=dice.choice([Role.MA, Role.MA, Role.NURSE, None])),
        patient=f"Patient/p{dice.randint(0, 9)}", due_at=due_at,
        not_before=due_at - timedelta(hours=20) if begins and due_at else None,
        authored_at=TEN_FORTY - timedelta(hours=300 + number),
        pinned_by=("Practitioner/dana",) if odd and dice.random() < 0.3 else (),
        place=Place(rank=dice.randint(1, 3), by="Practitioner/lena", why="First") if odd and number % 5 == 0 else None,
        escalations=(Escalation(at=TEN_FORTY, role=dice.choice([Role.MA, Role.NURSE])),) if odd else (),
    )  # fmt: skip


def test_the_first_of_what_is_read_are_the_first_of_all(clinic: Clinic) -> None:
    dice = random.Random(7)
    clinic.have(*({**to_fhir(some_task(dice, n)), "id": f"t{n}"} for n in range(300)))
    with clinic.store.reader(clinic.access("dana"), reason="test.list") as reader:
        everything = in_order(queries.open_items(reader), VIEWER, now=TEN_FORTY)
        some, more = queries.items_for(reader, VIEWER, now=TEN_FORTY, most=MOST)
        all_of_them, nothing_more = queries.items_for(reader, VIEWER, now=TEN_FORTY, most=1_000)
    read = in_order(some, VIEWER, now=TEN_FORTY)
    assert more
    assert not nothing_more
    assert len(read) < len(everything)
    pooled = [r for r in everything if not r.item.owner and r.band > 6 and r.item.priority is Priority.ROUTINE]
    reach = everything.index(pooled[MOST])
    assert [r.item.id for r in read][:reach] == [r.item.id for r in everything][:reach]
    assert {i.id for i in all_of_them} == {r.item.id for r in everything}


def test_a_patient_in_the_house_brings_their_routine_tasks_forward(clinic: Clinic) -> None:
    far = TEN_FORTY + timedelta(days=300)
    quiet = WorkTask(code=JOB, words="Recall", pool=Pool(role=Role.MA), due_at=far)
    clinic.have(
        *({**to_fhir(replace(quiet, due_at=TEN_FORTY + timedelta(days=n))), "id": f"n{n}"} for n in range(1, 9)),
        {**to_fhir(replace(quiet, patient="Patient/p1")), "id": "hers"},
    )
    with clinic.store.reader(clinic.access("dana"), reason="test.list") as reader:
        apart, _ = queries.items_for(reader, VIEWER, now=TEN_FORTY, most=MOST)
        here, _ = queries.items_for(reader, VIEWER, now=TEN_FORTY, most=MOST, here={"p1"})
    assert "hers" not in {i.id for i in apart}
    assert "hers" in {i.id for i in here}


def test_a_stat_calls_whoever_may_take_it_until_somebody_begins(clinic: Clinic) -> None:
    stat = WorkTask(code=JOB, words="Help", pool=Pool(role=Role.MA),
                    priority=Priority.STAT, due_at=TEN_FORTY)  # fmt: skip
    ref = actions.add(clinic.writer("lind"), task=stat)

    def calls(viewer: Viewer) -> list[str]:
        with clinic.store.reader(clinic.access("dana"), reason="test.stat") as reader:
            return [i.id for i in queries.stat_items(reader, viewer, now=TEN_FORTY)]

    assert calls(VIEWER) == [ref.id]
    assert calls(replace(VIEWER, roles=frozenset({Role.NURSE}))) == []
    actions.take(clinic.writer("dana"), task_id=ref.id)
    assert calls(VIEWER) == [ref.id]
    assert calls(replace(VIEWER, reference="Practitioner/other")) == []
    actions.start(clinic.writer("dana"), task_id=ref.id)
    assert calls(VIEWER) == []
