"""The words, icons and tints of the board. Never a tint alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from carewright.shell.components import Level
from carewright.skills.rooms.model import RoomState
from carewright.skills.visit.model import VisitStatus as V


@dataclass(frozen=True)
class Look:
    """How a state is shown: an icon, a word (to be translated), a tint."""

    icon: str
    words: str
    level: Level


STATUS: Mapping[V, Look] = {
    V.BOOKED: Look("calendar-clock", gettext_noop("Not here yet"), Level.PLAIN),
    V.WAITING: Look("armchair", gettext_noop("Waiting"), Level.INFO),
    V.ROOMING: Look("thermometer", gettext_noop("Rooming"), Level.ACCENT),
    V.READY: Look("bell-ring", gettext_noop("Ready for the provider"), Level.OK),
    V.WITH_PROVIDER: Look("stethoscope", gettext_noop("With the provider"), Level.PLUM),
    V.ORDERS: Look("syringe", gettext_noop("Orders to do"), Level.WARN),
    V.CHECKING_OUT: Look("clipboard-check", gettext_noop("Checking out"), Level.PLAIN),
}
SHORT: Mapping[V, str] = {
    V.ROOMING: gettext_noop("Rooming"),
    V.READY: gettext_noop("Ready"),
    V.WITH_PROVIDER: gettext_noop("Provider"),
    V.ORDERS: gettext_noop("Orders"),
}
"""What a room's tile says of the visit in it."""

ROOMS: Mapping[RoomState, Look] = {
    RoomState.READY: Look("circle-check", gettext_noop("Clean"), Level.OK),
    RoomState.OCCUPIED: Look("user", gettext_noop("In use"), Level.PLAIN),
    RoomState.DIRTY: Look("spray-can", gettext_noop("To clean"), Level.WARN),
    RoomState.CLEANED: Look("package-open", gettext_noop("To stock"), Level.WARN),
    RoomState.STOCKED: Look("eye", gettext_noop("To check"), Level.WARN),
    RoomState.CLOSED: Look("ban", gettext_noop("Closed"), Level.PLAIN),
}
ROOM_STEPS: Mapping[str, str] = {
    "clean": gettext_noop("Cleaned"),
    "stock": gettext_noop("Stocked"),
    "make_ready": gettext_noop("Ready for a patient"),
    "make_dirty": gettext_noop("Needs cleaning"),
    "close": gettext_noop("Close the room"),
    "open": gettext_noop("Open the room"),
}

STEPS: Mapping[str, str] = {
    "start_rooming": gettext_noop("Room"),
    "mark_ready": gettext_noop("Ready for the provider"),
    "provider_in": gettext_noop("Provider is in"),
    "provider_in_anyway": gettext_noop("Provider going in anyway"),
    "orders_to_do": gettext_noop("Orders to do"),
    "orders_done": gettext_noop("Orders done"),
    "provider_back_in": gettext_noop("Provider is back in"),
    "send_to_check_out": gettext_noop("To check-out"),
    "finish": gettext_noop("Done"),
    "patient_left": gettext_noop("Patient left"),
    "left_early": gettext_noop("Left before check-out"),
    "came_back": gettext_noop("Patient came back"),
    "undo_check_in": gettext_noop("Not here: checked in by mistake"),
    "remove_walk_in": gettext_noop("Walk-in charted by mistake"),
    "back_to_waiting": gettext_noop("Back to waiting"),
    "back_to_rooming": gettext_noop("Back to rooming"),
    "provider_not_in": gettext_noop("Provider was not in"),
    "reopen": gettext_noop("Open again"),
}
"""The words of a step by its action (skills/visit/rules.py)."""

CHANGES: Mapping[str, str] = {
    **{f"visit.{action}": words for action, words in STEPS.items()},
    "visit.check-in": gettext_noop("Checked in"),
    "visit.move-to-room": gettext_noop("Moved to another room"),
    "visit.assign": gettext_noop("Given to somebody"),
    "reason.write-down": gettext_noop("Reason written down"),
}
"""The words of a change by the reason that stands in its version."""

STAGE_CHANGES = frozenset({"visit.check-in", *(f"visit.{action}" for action in STEPS)})
"""The reasons of versions that begin a new stage of the visit."""

GROUPS: Mapping[str, str] = {
    "mask": gettext_noop("Mask now – room first"),
    "ma": gettext_noop("In rooms: needs an MA"),
    "waiting": gettext_noop("Waiting for a room"),
    "provider": gettext_noop("For the provider"),
    "desk": gettext_noop("At check-out"),
    "left": gettext_noop("Still open from an earlier day"),
    "expected": gettext_noop("Not here yet"),
}
"""Who must act, in the order of the board."""

GROUP_OF: Mapping[V, str] = {
    V.BOOKED: "expected", V.WAITING: "waiting", V.ROOMING: "ma", V.ORDERS: "ma", V.READY: "provider",
    V.WITH_PROVIDER: "provider", V.CHECKING_OUT: "desk",
}  # fmt: skip

FLAGS: Mapping[str, tuple[str, str]] = {
    "mask-now": ("shield-alert", gettext_noop("Mask now – room first")),
    "wheelchair": ("accessibility", gettext_noop("Wheelchair")),
    "fall-risk": ("triangle-alert", gettext_noop("May fall")),
    "fainter": ("bed", gettext_noop("Faints")),
}
"""The flags that matter in the corridor, with their icons; the banner shows all of them."""
INTERPRETER = ("languages", gettext_noop("Interpreter"))
