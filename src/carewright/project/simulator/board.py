"""The board that a script leads to, and the rules that it must not break: a script is replayed here before it is used.

The states have the names of `docs/visit-states.md`; `unknown` is a walk-in that has not come yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from carewright.project.simulator.model import PlannedAppointment, Practice, Step, StepKind

_NEXT: dict[StepKind, tuple[frozenset[str], str]] = {
    StepKind.CANCEL: (frozenset({"booked"}), "cancelled"),
    StepKind.NO_SHOW: (frozenset({"booked"}), "no-show"),
    StepKind.RUNNING_LATE: (frozenset({"booked"}), "booked"),
    StepKind.WALK_IN: (frozenset({"unknown"}), "booked"),
    StepKind.CHECK_IN: (frozenset({"booked"}), "waiting"),
    StepKind.ROOM: (frozenset({"waiting"}), "rooming"),
    StepKind.IDENTITY: (frozenset({"rooming"}), "rooming"),
    StepKind.REASON: (frozenset({"rooming"}), "rooming"),
    StepKind.ALLERGIES: (frozenset({"rooming"}), "rooming"),
    StepKind.VITALS: (frozenset({"rooming"}), "rooming"),
    StepKind.READY: (frozenset({"rooming"}), "ready"),
    StepKind.PROVIDER_IN: (frozenset({"ready"}), "with-provider"),
    StepKind.ORDERS: (frozenset({"with-provider"}), "orders"),
    StepKind.ORDERS_DONE: (frozenset({"orders"}), "ready"),
    StepKind.CLOSE: (frozenset({"with-provider"}), "checking-out"),
    StepKind.CHECK_OUT: (frozenset({"checking-out"}), "done"),
}
"""Kind → the states from which it may happen, and the state after it."""

_ROOM_NEXT = {
    StepKind.ROOM_CLEANED: ("dirty", "cleaned"),
    StepKind.ROOM_STOCKED: ("cleaned", "stocked"),
    StepKind.ROOM_READY: ("stocked", "ready"),
}
IN_ROOM = frozenset({"rooming", "ready", "with-provider", "orders"})
WITH_MA = frozenset({"rooming", "orders"})
WITH_PROVIDER = frozenset({"ready", "with-provider"})


class Impossible(Exception):
    """A step that cannot happen where the day stands; the text names ids only."""


@dataclass
class Board:
    """Where everybody is. `rooms` maps a room to `ready`, `dirty`, `cleaned`, `stocked` or the appointment in it."""

    states: dict[str, str]
    rooms: dict[str, str]
    sites: dict[str, str]
    last: Step | None = None
    in_room: dict[str, str] = field(default_factory=dict)

    @classmethod
    def opening(cls, practice: Practice, appointments: Iterable[PlannedAppointment]) -> "Board":
        """The board before the first step: everybody booked, every room ready."""
        listed = tuple(appointments)
        return cls(
            states={a.id: "booked" if a.booked else "unknown" for a in listed},
            rooms={room.id: "ready" for room in practice.rooms},
            sites={a.id: a.site for a in listed} | {room.id: room.site for room in practice.rooms},
        )

    def take(self, step: Step) -> None:
        """Do one step; Impossible if it cannot follow."""
        if self.last and step.at < self.last.at:
            raise Impossible(f"{step.kind} at {step.at} comes after {self.last.at}.")
        self.last = step
        if step.kind in _ROOM_NEXT:
            before, after = _ROOM_NEXT[step.kind]
            if not step.room or self.rooms[step.room] != before:
                raise Impossible(f"{step.kind} of a room that is not {before}.")
            self.rooms[step.room] = after
            return
        self._move(step, step.appointment or "")

    def _move(self, step: Step, appointment: str) -> None:
        allowed, after = _NEXT[step.kind]
        if self.states[appointment] not in allowed:
            raise Impossible(f"{step.kind} of appointment {appointment}, which is {self.states[appointment]}.")
        if step.kind is StepKind.ROOM:
            room = step.room or ""
            if self.rooms[room] != "ready" or self.sites[room] != self.sites[appointment]:
                raise Impossible(f"Room {room} is not free for appointment {appointment}.")
            self.rooms[room] = appointment
            self.in_room[appointment] = room
        if step.kind is StepKind.CLOSE:
            self.rooms[self.in_room.pop(appointment)] = "dirty"
        self.states[appointment] = after

    def count(self, states: Iterable[str], *, site: str | None = None) -> int:
        """How many appointments (of one site) are in one of `states`."""
        wanted = set(states)
        return sum(s in wanted and site in (None, self.sites[a]) for a, s in self.states.items())

    def rooms_in(self, states: Iterable[str], *, site: str | None = None) -> int:
        wanted = set(states)
        return sum(s in wanted and site in (None, self.sites[room]) for room, s in self.rooms.items())


def replay(practice: Practice, appointments: Iterable[PlannedAppointment], steps: Iterable[Step]) -> Board:
    """The board after `steps`; Impossible if they break a rule."""
    board = Board.opening(practice, appointments)
    for step in steps:
        board.take(step)
    return board
