"""What comes next: forty situations that a lead MA would recognise, each with what must come before what, and why.

Each row of the table is a morning in small: the tasks in the order in which they belong, and the words that the first
one is shown with. The list is then also shuffled, looked at a moment later, and by somebody else.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.work.model import Kind, Priority
from carewright.core.work.priority import Item, Viewer, for_viewer, in_order
from tests.work.conftest import local

NOW = local("2026-11-23 10:40")
ME, OTHER = "Practitioner/dana", "Practitioner/rosa"
DANA = Viewer(
    reference=ME, roles=frozenset({Role.MA}), end_of_day=local("2026-11-24 00:00"), pods=frozenset({"a"}),
    languages=frozenset({"es"}), competencies=frozenset({"phlebotomy"}), site="main-st",
)  # fmt: skip
NURSE = replace(DANA, reference="Practitioner/nora", roles=frozenset({Role.NURSE}))
LEAD = replace(DANA, reference="Practitioner/lena", roles=frozenset({Role.MA, Role.LEAD_MA}))


def minutes(n: float) -> datetime:
    return NOW + timedelta(minutes=n)


def days(n: float) -> datetime:
    return NOW + timedelta(days=n)


def task(name: str, **values: object) -> Item:
    known: dict[str, object] = {"pool_role": "ma", "site": "main-st", "authored_at": minutes(-60)}
    return Item(id=name, **{**known, **values})  # type: ignore[arg-type] # any field


ROUTINE = task("routine", due_at=minutes(240))
LATER = task("later", due_at=days(3))
STAT_EKG = task("STAT EKG", priority=Priority.STAT, authored_at=minutes(-1))
CRITICAL = task("critical glucose", kind=Kind.CRITICAL, due_at=minutes(1))
HERE = task("room the patient", patient_here=True)
MASK = task("room the coughing patient", patient_here=True, mask_now=True, authored_at=minutes(-1))
LATE_LAB = task("call about the lab", due_at=minutes(-30))
LATE_FORM = task("school form", kind=Kind.CLERICAL, due_at=days(-2))
SOON = task("bring the consent", due_at=minutes(45))


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`order` is how the tasks must come; `why` a word that the first one's reasons say; `hidden` must not be there."""

    name: str
    order: Sequence[Item]
    why: str = ""
    hidden: Sequence[Item] = ()
    viewer: Viewer = DANA


S = Situation
SITUATIONS = [
    S(name="a critical value before a STAT", order=[CRITICAL, STAT_EKG], why="rings"),
    S(name="a critical value before what I pinned", order=[CRITICAL, replace(LATER, pinned_by=frozenset({ME}))]),
    S(name="a STAT before a waiting patient", order=[STAT_EKG, HERE], why="STAT"),
    S(name="a STAT before a pin", order=[STAT_EKG, replace(LATER, pinned_by=frozenset({ME}))]),
    S(name="of two STATs the one asked first", order=[replace(STAT_EKG, id="z", authored_at=minutes(-9)), STAT_EKG]),
    S(name="my pin before the lead's place", why="Pinned by you",
      order=[replace(LATER, pinned_by=frozenset({ME})), task("placed", place=1, place_why="x")]),
    S(name="another's pin is nothing to me", order=[ROUTINE, replace(LATER, pinned_by=frozenset({OTHER}))]),
    S(name="the lead's place before a waiting patient", order=[task("placed", place=1, place_why="bus leaves"), HERE],
      why="bus leaves"),
    S(name="first place before second", order=[task("b", place=1, place_why="x"), task("a", place=2, place_why="y")]),
    S(name="mask now before who waits longer", order=[MASK, HERE], why="Mask now"),
    S(name="a waiting patient before a late call back", order=[HERE, LATE_LAB], why="here"),
    S(name="a waiting patient before what is due soon", order=[HERE, SOON]),
    S(name="a waiting patient before an old form", order=[HERE, LATE_FORM]),
    S(name="of two waiting patients my own first", order=[replace(HERE, id="z", owner=ME), HERE]),
    S(name="of two waiting patients who waits longer",
      order=[replace(HERE, id="z", authored_at=minutes(-90)), HERE]),
    S(name="as soon as possible before a late call back", order=[task("now", priority=Priority.ASAP), LATE_LAB],
      why="As soon as possible"),
    S(name="a late clinical task before an urgent one", order=[LATE_LAB, task("urgent", priority=Priority.URGENT)],
      why="Late by 30 minutes"),
    S(name="of two late ones the later promised second",
      order=[replace(LATE_LAB, id="z", due_at=minutes(-200)), LATE_LAB], why="Late by 3 hours"),
    S(name="late by days is said in days", order=[replace(LATE_LAB, due_at=days(-2))], why="Late by 2 days"),
    S(name="a late clinical task before a late form", order=[LATE_LAB, LATE_FORM]),
    S(name="due within the hour before a late form", order=[SOON, LATE_FORM], why="within the hour"),
    S(name="urgent before a late form", order=[task("urgent", priority=Priority.URGENT), LATE_FORM], why="Urgent"),
    S(name="a late form before what is due today", order=[LATE_FORM, ROUTINE], why="Late by 2 days"),
    S(name="today before tomorrow", order=[ROUTINE, LATER], why="Due today"),
    S(name="tomorrow before no date at all", order=[LATER, task("some day")]),
    S(name="what waits on the lab is last", order=[LATER, replace(LATE_LAB, status="on-hold", waiting_on="the lab")]),
    S(name="it says what it waits on", order=[replace(LATE_LAB, status="on-hold", waiting_on="the lab")],
      why="the lab"),
    S(name="a critical value does not wait", order=[replace(CRITICAL, status="on-hold"), STAT_EKG]),
    S(name="next year's mammogram does not nag now", order=[ROUTINE],
      hidden=[task("mammogram", not_before=days(300), due_at=days(365))]),
    S(name="what begins today is there", order=[replace(ROUTINE, not_before=minutes(-10))]),
    S(name="what somebody else has is not mine", order=[ROUTINE], hidden=[replace(LATE_LAB, owner=OTHER)]),
    S(name="the front desk's calls are not mine", order=[ROUTINE], hidden=[task("book", pool_role="front-desk")]),
    S(name="anyone's task is mine too", order=[task("anyone", pool_role="anyone")]),
    S(name="another site's task is not mine", order=[ROUTINE], hidden=[replace(LATE_LAB, site="lakeview")]),
    S(name="another site's task that was sent on to my role is", why="Sent on",
      order=[replace(LATE_LAB, site="lakeview", level=1, sent_role="ma", sent_at=minutes(-10))]),
    S(name="my own from another site is", order=[replace(LATE_LAB, site="lakeview", owner=ME)]),
    S(name="another pod's task is not mine", order=[replace(ROUTINE, pod="a")], hidden=[replace(LATE_LAB, pod="b")]),
    S(name="who speaks Spanish sees the Spanish call", order=[replace(LATE_LAB, language="es")],
      hidden=[replace(LATE_LAB, id="vi", language="vi")]),
    S(name="a draw needs who may draw", order=[replace(ROUTINE, competency="phlebotomy")],
      hidden=[replace(LATE_LAB, competency="ekg")]),
    S(name="what was sent on to the nurse is the nurse's first", viewer=NURSE, why="Sent on to you",
      order=[task("sent on", pool_role="nurse", level=1, sent_role="nurse", due_at=minutes(-90)),
             task("a nurse's own", pool_role="nurse", due_at=minutes(-300))]),
    S(name="the lead sees the late form that came up", viewer=LEAD, why="Sent on to you",
      order=[task("form", kind=Kind.CLERICAL, pool_role="lead-ma", level=1, sent_role="lead-ma", due_at=days(-1)),
             LATE_FORM]),
    S(name="equal in all, the order is still the same", order=[task("a"), task("b"), task("c")]),
    S(name="a whole morning", why="rings",
      order=[CRITICAL, STAT_EKG, replace(LATER, id="pin", pinned_by=frozenset({ME})), MASK, HERE, LATE_LAB, SOON,
             LATE_FORM, ROUTINE, LATER, replace(LATE_LAB, id="w", status="on-hold", waiting_on="the school")]),
]  # fmt: skip


def test_there_are_forty_of_them() -> None:
    assert len({situation.name for situation in SITUATIONS}) == len(SITUATIONS) >= 40


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_what_comes_next(situation: Situation) -> None:
    wanted = [item.id for item in situation.order]
    for seed in range(5):
        shuffled = [*situation.order, *situation.hidden]
        random.Random(seed).shuffle(shuffled)
        found = in_order(shuffled, situation.viewer, now=NOW)
        assert [ranked.item.id for ranked in found] == wanted
    assert situation.why in " ".join(str(reason) for reason in found[0].reasons)


instants = st.none() | st.integers(-3000, 3000).map(minutes)
items = st.builds(
    Item,
    id=st.uuids().map(str),
    status=st.sampled_from(["requested", "accepted", "on-hold"]),
    priority=st.sampled_from(Priority),
    kind=st.sampled_from(Kind),
    owner=st.sampled_from(["", ME]),
    pool_role=st.sampled_from(["ma", "anyone"]),
    level=st.integers(0, 1),
    sent_role=st.sampled_from(["", "ma", "nurse"]),
    pinned_by=st.frozensets(st.sampled_from([ME, OTHER])),
    place=st.none() | st.integers(1, 3),
    due_at=instants,
    authored_at=instants,
    patient_here=st.booleans(),
    mask_now=st.booleans(),
)


@given(st.lists(items, max_size=12), st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_depend_on_how_the_tasks_come(
    listed: list[Item], shuffle: random.Random
) -> None:
    first = [ranked.item.id for ranked in in_order(listed, DANA, now=NOW)]
    again = list(listed)
    shuffle.shuffle(again)
    assert [ranked.item.id for ranked in in_order(again, DANA, now=NOW)] == first
    assert sorted(first) == sorted(item.id for item in listed if for_viewer(item, DANA, now=NOW))


@given(st.lists(items, max_size=12), st.integers(1, 600))
def test_time_alone_moves_a_task_only_by_changing_its_band(listed: list[Item], seconds: int) -> None:
    """No flicker: two tasks that stay in their bands stay in their order."""
    before = in_order(listed, DANA, now=NOW)
    after = in_order(listed, DANA, now=NOW + timedelta(seconds=seconds))
    stayed = {r.item.id: r.band for r in before}
    kept = {r.item.id for r in after if stayed.get(r.item.id) == r.band}
    assert [r.item.id for r in before if r.item.id in kept] == [r.item.id for r in after if r.item.id in kept]


@given(items)
def test_whatever_it_is_it_has_a_place_and_what_rings_is_on_top(item: Item) -> None:
    (ranked,) = in_order([replace(item, owner="")], DANA, now=NOW)
    assert 0 <= ranked.band <= 12
    assert (ranked.band == 0) == (item.kind is Kind.CRITICAL)
    assert (ranked.band == 12) == (item.status == "on-hold" and item.kind is not Kind.CRITICAL)
    assert all(str(reason) for reason in ranked.reasons)
