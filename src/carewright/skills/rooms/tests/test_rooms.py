"""Turning a room over, the clocks of the waits, and both through FHIR and back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.validation import validate
from carewright.skills.rooms import codes, fhir, rules
from carewright.skills.rooms.model import Room, RoomRefused, RoomState, RoomStep, Wait, WaitClock, WaitKind

S = RoomState
AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
ROOM_4 = Room(id="r4", name="Room 4", site="Location/main-st", state=S.READY, since=AT, by="Practitioner/cole")
SHOT = next(kind for kind in rules.WAITS if kind.coding == codes.AFTER_SHOT)
WATCH = Wait(
    id="w1", kind=SHOT, patient="Patient/1", encounter="Encounter/2", started_at=AT, started_by="Practitioner/c"
)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (S.READY, "occupy", S.OCCUPIED), (S.OCCUPIED, "vacate", S.DIRTY), (S.DIRTY, "clean", S.CLEANED),
        (S.CLEANED, "stock", S.STOCKED), (S.STOCKED, "make_ready", S.READY), (S.DIRTY, "occupy", S.OCCUPIED),
        (S.OCCUPIED, "unoccupy", S.READY), (S.READY, "close", S.CLOSED), (S.CLOSED, "open", S.DIRTY),
    ],
)  # fmt: skip
def test_a_room_turns_over(state: S, action: str, after: S) -> None:
    assert rules.next_state(state, action) is after


@given(st.sampled_from(RoomState), st.sampled_from([step.action for step in rules.STEPS]))
def test_other_steps_are_refused_with_a_reason(state: S, action: str) -> None:
    if action in {step.action for step in rules.steps_from(state)}:
        assert rules.next_state(state, action) in RoomState
    else:
        with pytest.raises(RoomRefused, match=r"Look at the rooms again\."):
            rules.next_state(state, action)


def test_a_room_with_a_patient_is_neither_closed_nor_used_twice() -> None:
    for action in ("close", "occupy", "clean"):
        with pytest.raises(RoomRefused):
            rules.next_state(S.OCCUPIED, action)


@given(st.sampled_from(RoomState), st.lists(st.sampled_from(rules.STEPS), max_size=12))
def test_every_room_can_become_ready_again(state: S, walk: list[RoomStep]) -> None:
    for step in walk:
        state = step.target if state in step.sources else state
    for action in ("open", "vacate", "clean", "stock", "make_ready"):
        if action in {step.action for step in rules.steps_from(state)}:
            state = rules.next_state(state, action)
    assert state is S.READY


def test_isolation_stays_with_the_room_until_it_is_cleaned() -> None:
    used = rules.change(ROOM_4, "occupy", at=AT, by=None, isolation=True)
    dirty = rules.change(used, "vacate", at=AT + timedelta(minutes=20), by="Practitioner/cole")
    assert dirty.isolation
    assert rules.operational_status(dirty) == codes.CONTAMINATED
    cleaned = rules.change(dirty, "clean", at=AT + timedelta(minutes=30), by="Practitioner/cole")
    assert not cleaned.isolation
    assert rules.operational_status(cleaned) == codes.HOUSEKEEPING


def test_the_cleanest_and_longest_free_room_comes_first() -> None:
    earlier = replace(ROOM_4, id="r7", name="Room 7", since=AT - timedelta(minutes=9))
    cleaned = replace(ROOM_4, id="r1", state=S.CLEANED, since=AT - timedelta(hours=2))
    used = replace(ROOM_4, id="r2", state=S.OCCUPIED)
    assert [room.id for room in rules.best_first([cleaned, used, ROOM_4, earlier])] == ["r7", "r4", "r1"]


@pytest.mark.parametrize(
    ("minutes", "where"), [(0, "running"), (14, "running"), (15, "due"), (24, "due"), (25, "late")]
)
def test_a_wait_has_its_own_clock(minutes: int, where: str) -> None:
    assert rules.clock(WATCH, now=AT + timedelta(minutes=minutes)) is WaitClock(where)
    assert rules.minutes_left(WATCH, now=AT + timedelta(minutes=minutes)) == 15 - minutes


def test_a_started_minute_still_counts() -> None:
    assert rules.minutes_left(WATCH, now=AT + timedelta(minutes=14, seconds=59)) == 1


def test_a_wait_ends_once_and_early_is_recorded() -> None:
    ended = rules.end(WATCH, at=AT + timedelta(minutes=3))
    assert rules.clock(ended, now=AT + timedelta(hours=1)) is WaitClock.OVER
    with pytest.raises(ValueError, match="ends once"):
        rules.end(ended, at=AT + timedelta(minutes=5))
    with pytest.raises(ValueError, match="ends once"):
        rules.end(WATCH, at=AT - timedelta(minutes=5))


def test_waits_take_time_and_name_their_source() -> None:
    assert all(kind.source for kind in rules.WAITS)
    with pytest.raises(ValueError, match="takes time"):
        WaitKind(coding=codes.NUMBING, minutes=0)


@pytest.mark.parametrize("state", list(RoomState))
def test_a_room_comes_back(state: S) -> None:
    room = replace(ROOM_4, state=state, isolation=state is S.DIRTY, organization="Organization/main-st")
    location = fhir.to_fhir(room, onto={"resourceType": "Location", "id": "r4", "name": "x", "alias": ["Blue room"]})
    assert fhir.from_fhir(location) == room
    assert location["alias"] == ["Blue room"]
    assert location["operationalStatus"]["code"] in {"C", "H", "O", "U", "K"}
    assert location["status"] == ("suspended" if state is S.CLOSED else "active")


def test_a_place_without_a_state_is_no_room() -> None:
    assert fhir.from_fhir({"resourceType": "Location", "id": "main-st", "name": "Main St Clinic"}) is None


@pytest.mark.parametrize(
    "wait", [WATCH, rules.end(WATCH, at=AT + timedelta(minutes=16)), replace(WATCH, cancelled=True)]
)
def test_a_wait_comes_back(wait: Wait) -> None:
    task = fhir.wait_to_fhir(wait)
    back = fhir.wait_from_fhir(task)
    assert back is not None
    assert replace(back, kind=wait.kind) == wait
    assert (back.kind.coding, back.kind.minutes) == (wait.kind.coding, wait.kind.minutes)


def test_another_task_is_no_wait() -> None:
    assert fhir.wait_from_fhir({"resourceType": "Task", "status": "requested", "code": {"text": "call back"}}) is None


def test_what_is_written_is_valid() -> None:
    dirty = replace(ROOM_4, state=S.DIRTY, isolation=True, organization="Organization/main-st")
    for resource in (
        fhir.to_fhir(ROOM_4),
        fhir.to_fhir(dirty),
        fhir.wait_to_fhir(WATCH),
        fhir.wait_to_fhir(rules.end(replace(WATCH, started_by="Practitioner/c"), at=AT + timedelta(minutes=16))),
    ):
        assert validate(resource) == []
