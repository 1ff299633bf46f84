"""The morning of one site, played through: people come, wait, are roomed, seen, sent to the desk; rooms are cleaned.

A small event simulation with the practice's own people and rooms. Nobody is in two places: a medical assistant or a
provider works on one thing at a time, a room holds one patient.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from carewright.core.access.model import Role
from carewright.project.simulator.model import PlannedAppointment, Practice, Step, StepKind, VitalSigns

ROOMS_PER_PROVIDER = 3
KEPT_FREE_FROM = timedelta(minutes=16)
"""So long before the end of the morning the last clean room is kept for somebody who must not sit among the others, and
a used one is cleaned first: whoever opens the board then finds a room to choose."""
ORDERS_FIRST_FROM = 2  # one order may wait while somebody is roomed; two may not
ROOMING_STAFF = (Role.MA, Role.LEAD_MA, Role.NURSE)
REQUESTS: tuple[tuple[int, int, str], ...] = (
    (3, 120, "Please repeat the blood pressure, sitting, in five minutes"),
    (0, 120, "Please weigh again, without shoes and jacket"),
    (0, 120, "Please go over the home instructions once more"),
    (0, 120, "Please take the temperature again before they go"),
    (4, 18, "Hearing and vision, please"),
    (5, 18, "Please print the school form, I signed it"),
    (18, 120, "Please find out which pharmacy they want"),
    (65, 120, "Please walk them to the desk, unsteady today"),
)
"""From and below (completed years), and what a provider may ask for in plain words: never a drug, dose or specimen."""


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What one appointment does in the morning; `arrives` None: not (yet)."""

    appointment: PlannedAppointment
    arrives: datetime | None
    with_person: str | None
    none_known: bool
    vitals: VitalSigns
    order: str | None


@dataclass
class Morning:
    """One site's state while it is played. Call `play` once."""

    practice: Practice
    site: str
    rng: Random
    until: datetime
    coming: Mapping[str, Coming]
    steps: list[Step] = field(default_factory=list)
    events: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    number: int = 0
    waiting: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    room_of: dict[str, str] = field(default_factory=dict)
    clean: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    free_providers: list[str] = field(default_factory=list)
    desk_free: datetime | None = None
    seen: set[str] = field(default_factory=set)

    def play(self) -> list[Step]:
        """The steps of this site in order, none after `until`."""
        self.clean = [room.id for room in self.practice.rooms_at(self.site)]
        self.idle = [member.id for member in self.practice.staff_at(self.site, *ROOMING_STAFF)]
        for member in self.practice.staff_at(self.site, Role.PROVIDER):
            # Rounds and messages first: the first door opens between 8:05 and 8:30.
            start = self.until.replace(hour=8, minute=5) + self._between(0, 25)
            self._later(start, lambda _, provider=member.id: self.free_providers.append(provider))  # type: ignore[misc] # the loop's own value is bound
        for one in self.coming.values():
            if one.arrives:
                self._later(one.arrives, lambda now, one=one: self._arrive(now, one))  # type: ignore[misc] # the loop's own value is bound
        while self.events and self.events[0][0] <= self.until:
            now, _, happen = heapq.heappop(self.events)
            happen(now)
            self._give_work(now)
        return sorted((s for s in self.steps if s.at <= self.until), key=lambda step: step.at)

    def _later(self, at: datetime, happen: Callable[[datetime], None]) -> None:
        self.number += 1
        heapq.heappush(self.events, (at, self.number, happen))

    def _step(
        self,
        at: datetime,
        kind: StepKind,
        staff: str,
        *,
        appointment: str | None = None,
        room: str | None = None,
        **values: object,
    ) -> None:
        self.steps.append(Step(at=at, kind=kind, staff=staff, appointment=appointment, room=room, values=values))

    def _between(self, least: float, most: float) -> timedelta:
        """A time in minutes, to the second."""
        return timedelta(seconds=round(self.rng.uniform(least, most) * 60))

    @property
    def _desk(self) -> str:
        return self.practice.staff_at(self.site, Role.FRONT_DESK)[0].id

    def _at_desk(self, now: datetime, minutes: timedelta) -> datetime:
        """When the desk, one person at a time, has finished something that takes `minutes`."""
        done = max(now, self.desk_free or now) + minutes
        self.desk_free = done
        return done

    def _arrive(self, now: datetime, one: Coming) -> None:
        appointment = one.appointment
        if not appointment.booked:
            self._step(now, StepKind.WALK_IN, self._desk, appointment=appointment.id)
        # Who must not sit among the others is checked in on the spot.
        quick = timedelta(seconds=20) if "mask-now" in appointment.needs else self._between(0.7, 1.8)
        self._later(self._at_desk(now, quick), lambda at: self._check_in(at, one))

    def _check_in(self, now: datetime, one: Coming) -> None:
        self._step(now, StepKind.CHECK_IN, self._desk, appointment=one.appointment.id, with_person=one.with_person)
        self.waiting.append(one.appointment.id)

    def _give_work(self, now: datetime) -> None:
        for provider in list(self.free_providers):
            mine = [a for a in self.ready if self.coming[a].appointment.provider == provider]
            if mine:
                self._see(now, provider, mine[0])
        kept = 1 if self.until - now <= KEPT_FREE_FROM else 0
        for person in list(self.idle):
            patient = self._next_patient() if self.clean else None
            if patient and len(self.clean) <= kept and "mask-now" not in self.coming[patient].appointment.needs:
                patient = None
            if kept and self.dirty and not self.clean:
                self._clean_room(now, person, self.dirty.pop(0))
            elif patient and len(self.orders) < ORDERS_FIRST_FROM:
                self._room(now, person, patient)
            elif self.orders:
                self._do_orders(now, person, self.orders.pop(0))
            elif self.dirty:
                self._clean_room(now, person, self.dirty.pop(0))

    def _next_patient(self) -> str | None:
        """Mask now first; then by appointment, among those whose provider has not yet used up the rooms."""
        in_use: dict[str, int] = {}
        for appointment in self.room_of:
            provider = self.coming[appointment].appointment.provider
            in_use[provider] = in_use.get(provider, 0) + 1

        def order(appointment: str) -> tuple[bool, datetime, str]:
            planned = self.coming[appointment].appointment
            return ("mask-now" not in planned.needs, planned.start, appointment)

        able = [
            a
            for a in self.waiting
            if in_use.get(self.coming[a].appointment.provider, 0) < ROOMS_PER_PROVIDER
            or "mask-now" in self.coming[a].appointment.needs
        ]
        return min(able, key=order) if able else None

    def _room(self, now: datetime, person: str, appointment: str) -> None:
        """Name and birth date, reason, allergies, vitals, screens; then ready. Eleven to twenty-four minutes."""
        one, room = self.coming[appointment], self.clean.pop(0)
        self.waiting.remove(appointment)
        self.idle.remove(person)
        self.room_of[appointment] = room
        self._step(now, StepKind.ROOM, person, appointment=appointment, room=room)
        at = now
        at += self._between(0.4, 1.0)
        self._step(at, StepKind.IDENTITY, person, appointment=appointment)
        at += self._between(0.5, 1.2)
        self._step(at, StepKind.REASON, person, appointment=appointment, text=one.appointment.reason)
        at += self._between(1.0, 2.5)
        self._step(at, StepKind.ALLERGIES, person, appointment=appointment, none_known=one.none_known)
        at += self._between(5.0, 10.0)
        self._step(at, StepKind.VITALS, person, appointment=appointment, vitals=one.vitals)
        at += self._between(4.0, 8.5)
        self._later(at, lambda then: self._make_ready(then, person, appointment))

    def _make_ready(self, now: datetime, person: str, appointment: str) -> None:
        self._step(now, StepKind.READY, person, appointment=appointment)
        self.ready.append(appointment)
        self.idle.append(person)

    def _see(self, now: datetime, provider: str, appointment: str) -> None:
        """The visit proper; or, after what the MA was asked for, a short second look."""
        self.ready.remove(appointment)
        self.free_providers.remove(provider)
        self._step(now + timedelta(seconds=30), StepKind.PROVIDER_IN, provider, appointment=appointment)
        again = appointment in self.seen
        minutes = self._between(3, 6) if again else timedelta(seconds=round(self.rng.triangular(11, 31, 18) * 60))
        self.seen.add(appointment)
        self._later(now + minutes, lambda then: self._leave(then, provider, appointment, again=again))

    def _leave(self, now: datetime, provider: str, appointment: str, *, again: bool) -> None:
        """The provider comes out: with something for the MA to do, or done."""
        order = self.coming[appointment].order
        if order and not again:
            self._step(now, StepKind.ORDERS, provider, appointment=appointment, text=order)
            self.orders.append(appointment)
        else:
            self._close(now, provider, appointment)
        # A word in the corridor and the note, before the next door.
        self._later(now + self._between(1, 3), lambda then: self.free_providers.append(provider))

    def _do_orders(self, now: datetime, person: str, appointment: str) -> None:
        self.idle.remove(person)

        def done(then: datetime) -> None:
            self._step(then, StepKind.ORDERS_DONE, person, appointment=appointment)
            self.idle.append(person)
            self.ready.insert(0, appointment)

        self._later(now + self._between(8, 16), done)

    def _close(self, now: datetime, provider: str, appointment: str) -> None:
        self._step(now, StepKind.CLOSE, provider, appointment=appointment)
        self.dirty.append(self.room_of.pop(appointment))
        at_desk = now + self._between(0.5, 1.5)

        def check_out(then: datetime) -> None:
            self._step(then, StepKind.CHECK_OUT, self._desk, appointment=appointment)

        self._later(self._at_desk(at_desk, self._between(1.0, 2.5)), check_out)

    def _clean_room(self, now: datetime, person: str, room: str) -> None:
        self.idle.remove(person)
        cleaned = now + self._between(1.5, 3)
        stocked = cleaned + self._between(0.5, 1.2)
        self._step(cleaned, StepKind.ROOM_CLEANED, person, room=room)
        self._step(stocked, StepKind.ROOM_STOCKED, person, room=room)

        def done(then: datetime) -> None:
            self._step(then, StepKind.ROOM_READY, person, room=room)
            self.clean.append(room)
            self.idle.append(person)

        self._later(stocked + timedelta(seconds=20), done)


def merged(scripts: Sequence[Sequence[Step]]) -> tuple[Step, ...]:
    """The scripts of all sites as one, in order of time; steps at the same second keep their order."""
    return tuple(sorted((step for script in scripts for step in script), key=lambda step: step.at))
