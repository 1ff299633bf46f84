"""The state table of a visit, and the steps through it.

`next_status` answers who may take which step; `advance` and `move` return the visit after it. Plain values, no clock.
The FHIR statuses: https://hl7.org/fhir/R4/valueset-appointmentstatus.html,
https://hl7.org/fhir/R4/valueset-encounter-status.html, https://hl7.org/fhir/R4/valueset-task-status.html.
`docs/visit-states.md` says why each was chosen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from carewright.core.access.model import CLINICAL, ROLE_WORDS, Role
from carewright.core.sentences import joined, named, sentence, term
from carewright.skills.visit.codes import (
    ALLERGIES_ASKED,
    CHECK_OUT,
    CRITICAL_VITAL_TOLD,
    DO_ORDERS,
    NAME_AND_BIRTH_DATE,
    ROOM_PATIENT,
    SEE_PATIENT,
)
from carewright.skills.visit.model import (
    Hold,
    NotAllowed,
    Readiness,
    RoomStay,
    RoomUse,
    Stage,
    StatusRow,
    Transition,
    Turn,
    Visit,
    VisitStatus,
)

EVERYONE = CLINICAL | {Role.FRONT_DESK}

S = VisitStatus
STATES: Mapping[VisitStatus, StatusRow] = {
    row.status: row
    for row in (
        StatusRow(status=S.BOOKED, words=term("Booked"), appointment="booked", encounter=None, room=RoomUse.NONE,
                  turn=Turn.DESK),
        StatusRow(status=S.WAITING, words=term("Waiting"), appointment="arrived", encounter="arrived",
                  room=RoomUse.NONE, turn=Turn.MA),
        StatusRow(status=S.ROOMING, words=term("Rooming"), appointment="fulfilled", encounter="in-progress",
                  room=RoomUse.ACTIVE, turn=Turn.MA),
        StatusRow(status=S.READY, words=term("Ready for the provider"), appointment="fulfilled",
                  encounter="in-progress", room=RoomUse.ACTIVE, turn=Turn.PROVIDER),
        StatusRow(status=S.WITH_PROVIDER, words=term("With the provider"), appointment="fulfilled",
                  encounter="in-progress", room=RoomUse.ACTIVE, turn=Turn.PROVIDER),
        StatusRow(status=S.ORDERS, words=term("Orders to do"), appointment="fulfilled", encounter="in-progress",
                  room=RoomUse.ACTIVE, turn=Turn.MA),
        StatusRow(status=S.CHECKING_OUT, words=term("Checking out"), appointment="fulfilled", encounter="in-progress",
                  room=RoomUse.COMPLETED, turn=Turn.DESK),
        StatusRow(status=S.DONE, words=term("Done"), appointment="fulfilled", encounter="finished",
                  room=RoomUse.COMPLETED, turn=Turn.NOBODY, end=True),
        StatusRow(status=S.LEFT, words=term("Left without being seen"), appointment="fulfilled", encounter="cancelled",
                  room=RoomUse.COMPLETED, turn=Turn.NOBODY, end=True),
        StatusRow(status=S.NO_SHOW, words=term("No-show"), appointment="noshow", encounter=None,
                  room=RoomUse.NONE, turn=Turn.NOBODY, end=True),
        StatusRow(status=S.CANCELLED, words=term("Cancelled"), appointment="cancelled", encounter=None,
                  room=RoomUse.NONE, turn=Turn.NOBODY, end=True),
        StatusRow(status=S.BY_MISTAKE, words=term("Charted by mistake"), appointment="entered-in-error",
                  encounter="entered-in-error", room=RoomUse.COMPLETED, turn=Turn.NOBODY, end=True),
    )
}  # fmt: skip
"""One row per board status. Where an Encounter exists and the row says None, the Encounter is entered-in-error."""

STARTS = (S.BOOKED, S.WAITING)
"""A visit begins as a booking, or as a walk-in."""

TRANSITIONS: tuple[Transition, ...] = (
    Transition(action="check_in", words=term("Check in"), sources=(S.BOOKED, S.NO_SHOW), target=S.WAITING,
               roles=EVERYONE, tasks=((ROOM_PATIENT, "requested"),)),
    Transition(action="cancel", words=term("Cancel"), sources=(S.BOOKED,), target=S.CANCELLED, roles=EVERYONE),
    Transition(action="mark_no_show", words=term("No-show"), sources=(S.BOOKED,), target=S.NO_SHOW, roles=EVERYONE),
    Transition(action="start_rooming", words=term("Room"), sources=(S.WAITING,), target=S.ROOMING, roles=CLINICAL,
               tasks=((ROOM_PATIENT, "in-progress"),)),
    Transition(action="mark_ready", words=term("Ready for the provider"), sources=(S.ROOMING,), target=S.READY,
               roles=CLINICAL, tasks=((ROOM_PATIENT, "completed"), (SEE_PATIENT, "requested"))),
    Transition(action="provider_in", words=term("Provider is in"), sources=(S.READY,), target=S.WITH_PROVIDER,
               roles=CLINICAL, tasks=((SEE_PATIENT, "in-progress"),)),
    # The rooming task is left as it is: the provider never waits for the checklist, and the MA may finish it later.
    Transition(action="provider_in_anyway", words=term("Provider going in anyway"), sources=(S.WAITING, S.ROOMING),
               target=S.WITH_PROVIDER, roles=CLINICAL, tasks=((SEE_PATIENT, "in-progress"),)),
    Transition(action="orders_to_do", words=term("Orders to do"), sources=(S.WITH_PROVIDER, S.CHECKING_OUT),
               target=S.ORDERS, roles=CLINICAL, tasks=((SEE_PATIENT, "on-hold"), (DO_ORDERS, "requested"))),
    Transition(action="orders_done", words=term("Orders done, back to the provider"), sources=(S.ORDERS,),
               target=S.READY, roles=CLINICAL, tasks=((DO_ORDERS, "completed"), (SEE_PATIENT, "requested"))),
    Transition(action="provider_back_in", words=term("Provider is back in"), sources=(S.ORDERS, S.CHECKING_OUT),
               target=S.WITH_PROVIDER, roles=CLINICAL, tasks=((SEE_PATIENT, "in-progress"),)),
    Transition(action="send_to_check_out", words=term("To check-out"), sources=(S.WITH_PROVIDER, S.ORDERS),
               target=S.CHECKING_OUT, roles=CLINICAL, tasks=((SEE_PATIENT, "completed"), (CHECK_OUT, "requested"))),
    Transition(action="finish", words=term("Done"), sources=(S.CHECKING_OUT,), target=S.DONE, roles=EVERYONE,
               tasks=((CHECK_OUT, "completed"),)),
    Transition(action="patient_left", words=term("Patient left"), sources=(S.WAITING, S.ROOMING, S.READY),
               target=S.LEFT, roles=EVERYONE, cancels_tasks=True),
    Transition(action="left_early", words=term("Left before check-out"),
               sources=(S.WITH_PROVIDER, S.ORDERS, S.CHECKING_OUT), target=S.DONE, roles=EVERYONE,
               tasks=((SEE_PATIENT, "completed"),), cancels_tasks=True),
    Transition(action="came_back", words=term("Patient came back"), sources=(S.LEFT,), target=S.WAITING, roles=EVERYONE,
               tasks=((ROOM_PATIENT, "requested"),), back=True),
    Transition(action="undo_check_in", words=term("Not here: checked in by mistake"), sources=(S.WAITING,),
               target=S.BOOKED, roles=EVERYONE, back=True, cancels_tasks=True),
    Transition(action="remove_walk_in", words=term("Walk-in charted by mistake"), sources=(S.WAITING,),
               target=S.BY_MISTAKE, roles=EVERYONE, back=True, cancels_tasks=True),
    Transition(action="undo_cancel", words=term("Cancelled by mistake"), sources=(S.CANCELLED,), target=S.BOOKED,
               roles=EVERYONE, back=True),
    Transition(action="undo_no_show", words=term("No-show by mistake"), sources=(S.NO_SHOW,), target=S.BOOKED,
               roles=EVERYONE, back=True),
    Transition(action="back_to_waiting", words=term("Back to waiting"), sources=(S.ROOMING,), target=S.WAITING,
               roles=CLINICAL, tasks=((ROOM_PATIENT, "requested"),), back=True),
    Transition(action="back_to_rooming", words=term("Back to rooming"), sources=(S.READY, S.WITH_PROVIDER),
               target=S.ROOMING, roles=CLINICAL,
               tasks=((ROOM_PATIENT, "in-progress"), (SEE_PATIENT, "cancelled")), back=True),
    Transition(action="provider_not_in", words=term("Provider was not in"), sources=(S.WITH_PROVIDER,), target=S.READY,
               roles=CLINICAL, tasks=((SEE_PATIENT, "requested"),), back=True),
    Transition(action="reopen", words=term("Open again"), sources=(S.DONE,), target=S.CHECKING_OUT, roles=EVERYONE,
               tasks=((CHECK_OUT, "requested"),), back=True),
)  # fmt: skip
"""Every allowed step; what is not here is refused."""

OPEN_TASK_STATUSES = frozenset({"requested", "accepted", "in-progress", "on-hold"})
NEEDS_READINESS = frozenset({"mark_ready"})
"""The only action that the three safety items hold. `provider_in_anyway` is never held."""
_BY_STEP = {(source, t.action): t for t in TRANSITIONS for source in t.sources}


def transition(status: VisitStatus, action: str, *, roles: Iterable[Role]) -> Transition:
    """The step that `action` takes from `status` for somebody with `roles`.

    Raises NotAllowed, with the reason in words, where the table has no such step or the roles do not hold it.
    """
    found = _BY_STEP.get((status, action))
    if found is None:
        now = named(STATES[status].words)
        raise NotAllowed(sentence("A visit that is “%(status)s” cannot do this. Look at the board again.", status=now))
    if not found.roles & set(roles):
        names = joined(*(named(ROLE_WORDS[role]) for role in Role if role in found.roles), by=", ")
        raise NotAllowed(sentence("“%(step)s” is for: %(roles)s.", step=named(found.words), roles=names))
    return found


def next_status(status: VisitStatus, action: str, *, roles: Iterable[Role]) -> VisitStatus:
    """The board status after `action`; NotAllowed as in `transition`."""
    return transition(status, action, roles=roles).target


def actions_from(status: VisitStatus, *, roles: Iterable[Role]) -> tuple[Transition, ...]:
    """The steps open to somebody with `roles`, forward ones first."""
    held = set(roles)
    found = [t for t in TRANSITIONS if status in t.sources and t.roles & held]
    return tuple(sorted(found, key=lambda t: t.back))


def holds(readiness: Readiness) -> tuple[Hold, ...]:
    """What still holds "ready", in the order to do it; empty when nothing does."""
    found = []
    if not readiness.identity_checked:
        found.append(Hold(code=NAME_AND_BIRTH_DATE, words=sentence("Name and birth date not checked yet.")))
    if not readiness.allergies_asked:
        found.append(Hold(code=ALLERGIES_ASKED, words=sentence("Allergies not asked today.")))
    found += [
        Hold(code=CRITICAL_VITAL_TOLD, words=sentence("%(reading)s: say whom you told, and when.", reading=vital.words))
        for vital in readiness.critical_vitals
        if vital.told is None
    ]
    return tuple(found)


def check_ready(action: str, readiness: Readiness) -> None:
    """Raise NotAllowed if `action` is held by a safety item; never for an action outside NEEDS_READINESS."""
    missing = holds(readiness) if action in NEEDS_READINESS else ()
    if missing:
        raise NotAllowed(joined(*(hold.words for hold in missing)))


def encounter_status(status: VisitStatus) -> str:
    """Encounter.status for an Encounter that exists: what was never an encounter is entered-in-error."""
    return STATES[status].encounter or "entered-in-error"


def task_statuses(step: Transition, before: Mapping[str, str]) -> dict[str, str]:
    """Task.status by task code after `step`; `before` holds those of the visit's tasks that exist."""
    after = dict(before)
    after.update({code.code: status for code, status in step.tasks})
    if step.cancels_tasks:
        after = {code: "cancelled" if status in OPEN_TASK_STATUSES else status for code, status in after.items()}
    return after


def advance(visit: Visit, step: Transition, *, at: datetime, room: str | None = None) -> Visit:
    """The visit after `step` at `at` (aware, not before the present stage). `room` is where the patient goes.

    A step into a status without a room ends the stay. ValueError if `step` does not start at the visit's status,
    if the time runs backwards, or if rooming names no room and there is none yet.
    """
    if visit.status not in step.sources:
        raise ValueError(f"{step.action} does not start at {visit.status}.")
    _not_before(visit, at)
    stages = (*visit.stages[:-1], replace(visit.stages[-1], until=at), Stage(status=step.target, since=at))
    moved = replace(visit, stages=stages)
    if STATES[step.target].room is not RoomUse.ACTIVE:
        return replace(moved, rooms=_end_stays(moved.rooms, at))
    if room is not None:
        return move(moved, to=room, at=at)
    if step.target is S.ROOMING and moved.room is None:
        raise ValueError("Rooming names the room.")
    return moved


def move(visit: Visit, *, to: str, at: datetime) -> Visit:
    """The patient goes to another Location without a change of status; to the present room: nothing changes.

    ValueError if the time runs backwards.
    """
    if visit.room == to:
        return visit
    _not_before(visit, at)
    return replace(visit, rooms=(*_end_stays(visit.rooms, at), RoomStay(location=to, since=at)))


def assigned(visit: Visit, *, provider: str | None, assistant: str | None) -> Visit:
    """The visit with another provider or medical assistant (`Practitioner/…`); None leaves that person."""
    return replace(visit, provider=provider or visit.provider, assistant=assistant or visit.assistant)


def _not_before(visit: Visit, at: datetime) -> None:
    latest = max([visit.since, *(stay.since for stay in visit.rooms)])
    if at < latest:
        raise ValueError(f"A step at {at} lies before the last one, which was {latest}.")


def _end_stays(rooms: tuple[RoomStay, ...], at: datetime) -> tuple[RoomStay, ...]:
    return tuple(replace(stay, until=at) if stay.until is None else stay for stay in rooms)
