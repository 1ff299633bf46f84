"""Turning a room over, and the clocks of the waits. Plain values in and out; the time is passed in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from carewright.core.sentences import named, sentence, term
from carewright.core.terminology.coding import Coding
from carewright.skills.rooms import codes
from carewright.skills.rooms.model import Room, RoomRefused, RoomState, RoomStep, Wait, WaitClock, WaitKind

S = RoomState
WORDS: Mapping[RoomState, str] = {
    S.READY: term("Clean"), S.OCCUPIED: term("In use"), S.DIRTY: term("To clean"), S.CLEANED: term("Cleaned, to stock"),
    S.STOCKED: term("Stocked, to check"), S.CLOSED: term("Closed"),
}  # fmt: skip
"""The words on the screen; "ready" alone is kept for "Ready for the provider"."""

OPERATIONAL_STATUS: Mapping[RoomState, Coding] = {
    S.READY: codes.UNOCCUPIED, S.OCCUPIED: codes.OCCUPIED, S.DIRTY: codes.HOUSEKEEPING,
    S.CLEANED: codes.HOUSEKEEPING, S.STOCKED: codes.HOUSEKEEPING, S.CLOSED: codes.CLOSED,
}  # fmt: skip
"""HL7 v2 table 0116 for other systems; a dirty room after isolation is "contaminated" (see `operational_status`)."""

STEPS: tuple[RoomStep, ...] = (
    # A patient in a room is a fact, whatever the room's state: it is recorded, and the screen says what was skipped.
    RoomStep(action="occupy", words="In use", sources=(S.READY, S.STOCKED, S.CLEANED, S.DIRTY), target=S.OCCUPIED),
    RoomStep(action="vacate", words="Patient left the room", sources=(S.OCCUPIED,), target=S.DIRTY),
    RoomStep(action="clean", words="Cleaned", sources=(S.DIRTY,), target=S.CLEANED),
    RoomStep(action="stock", words="Stocked", sources=(S.CLEANED,), target=S.STOCKED),
    RoomStep(action="make_ready", words="Ready", sources=(S.STOCKED, S.CLEANED), target=S.READY),
    RoomStep(action="make_dirty", words="Needs cleaning", sources=(S.READY, S.STOCKED, S.CLEANED), target=S.DIRTY),
    RoomStep(action="unoccupy", words="Patient was never in", sources=(S.OCCUPIED,), target=S.READY),
    RoomStep(action="close", words="Close the room", sources=(S.READY, S.STOCKED, S.CLEANED, S.DIRTY), target=S.CLOSED),
    RoomStep(action="open", words="Open the room", sources=(S.CLOSED,), target=S.DIRTY),
)
_BY_STEP = {(source, step.action): step for step in STEPS for source in step.sources}

WAITS: tuple[WaitKind, ...] = (
    # Tropicamide: wide enough after 15 minutes in most adults (Steinmann et al., Ann Intern Med 1987;107:181), widest
    # after 20 to 40 (label).
    WaitKind(coding=codes.DILATING, minutes=20, source="tropicamide label"),
    # Lidocaine/prilocaine cream under a dressing: at least an hour before a needle (label of the cream).
    WaitKind(coding=codes.NUMBING, minutes=60, source="lidocaine 2.5 %/prilocaine 2.5 % cream label"),
    # Five minutes seated before a reading: ACC/AHA 2017, Whelton et al., Hypertension 2018;71:e13.
    WaitKind(coding=codes.BP_RECHECK, minutes=5, source="ACC/AHA 2017"),
    # 15 minutes seated after a vaccine, for fainting: https://www.cdc.gov/vaccines/hcp/imz-best-practices
    WaitKind(coding=codes.AFTER_SHOT, minutes=15, source="ACIP General Best Practice Guidelines"),
)
"""What a practice starts with; minutes are its own settings (the drug decides how long numbing and dilating take)."""


def next_state(state: RoomState, action: str) -> RoomState:
    """The state after `action`; RoomRefused, with the reason in words, if the table has no such step."""
    step = _BY_STEP.get((state, action))
    if step is None:
        now = named(WORDS[state])
        raise RoomRefused(sentence("A room that is “%(state)s” cannot do this. Look at the rooms again.", state=now))
    return step.target


def steps_from(state: RoomState) -> tuple[RoomStep, ...]:
    """The steps that a room in this state can take."""
    return tuple(step for step in STEPS if state in step.sources)


def change(room: Room, action: str, *, at: datetime, by: str | None, isolation: bool = False) -> Room:
    """The room after `action`. `isolation` marks a room that a masked patient uses, until it is cleaned."""
    target = next_state(room.state, action)
    marked = (room.isolation or isolation) and target in (S.OCCUPIED, S.DIRTY, S.CLOSED)
    return replace(room, state=target, since=at, by=by, isolation=marked)


def operational_status(room: Room) -> Coding:
    """The HL7 bed status of a room."""
    return codes.CONTAMINATED if room.state is S.DIRTY and room.isolation else OPERATIONAL_STATUS[room.state]


def best_first(rooms: Iterable[Room]) -> list[Room]:
    """Rooms that a patient can go into, the cleanest and longest free first."""
    order = (S.READY, S.STOCKED, S.CLEANED)
    free = [room for room in rooms if room.state in order]
    return sorted(free, key=lambda room: (order.index(room.state), room.since, room.name))


def clock(wait: Wait, *, now: datetime) -> WaitClock:
    """Where a wait stands: running, due (the time has come), late, or over."""
    if wait.ended_at is not None or wait.cancelled:
        return WaitClock.OVER
    if now < wait.due_at:
        return WaitClock.RUNNING
    return WaitClock.LATE if now >= wait.due_at + timedelta(minutes=wait.kind.late_after) else WaitClock.DUE


def minutes_left(wait: Wait, *, now: datetime) -> int:
    """Whole minutes until due, rounded up; negative once it is past."""
    return -((now - wait.due_at) // timedelta(minutes=1))


def end(wait: Wait, *, at: datetime) -> Wait:
    """The wait is over at `at`. Ending early is recorded as it was. ValueError before it began or if it is over."""
    if wait.ended_at is not None or at < wait.started_at:
        raise ValueError("A wait ends once, after it began.")
    return replace(wait, ended_at=at)
