"""A play: the staff at work, each in a thread, and the outside, until told to stop."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.store.reader import Reader
from carewright.project.player import at_lists, at_orders, at_papers, at_phone, at_visits
from carewright.project.player.browser import Browser, GivenUp
from carewright.project.player.happenings import Arrival, Happening, What, arrival
from carewright.project.player.laboratory import Laboratory
from carewright.project.player.person import Person
from carewright.project.player.world import World
from carewright.project.simulator.model import Practice, StaffMember
from carewright.project.simulator.seeds import stream
from carewright.skills.scheduling import queries as scheduling

Duty = Callable[[Person], int]

DEALING: Mapping[What, Callable[[Person, Happening], None]] = {
    What.WORRIED_PARENT: at_phone.answer, What.REFILL: at_phone.answer, What.RESULT_QUESTION: at_phone.answer,
    What.APPOINTMENT_QUESTION: at_phone.answer, What.CHEST_PAIN: at_phone.answer, What.WRONG_NUMBER: at_phone.answer,
    What.HUNG_UP: at_phone.answer, What.PAPER: at_papers.take_in, What.WALK_IN: at_lists.walk_in,
    What.STAT: at_lists.ask, What.ASK: at_lists.ask, What.REFERRAL: at_lists.refer, What.SICK: at_lists.cover,
    What.PHARMACY: at_orders.ask_for_refill,
}  # fmt: skip
"""How somebody deals with each kind of happening; what is not here, the outside does by itself (faxes)."""

DUTIES: Mapping[Role, tuple[Duty, ...]] = {
    Role.FRONT_DESK: (at_visits.receive, at_visits.check_out, at_papers.see_to_papers, at_lists.next_for_me,
                      at_lists.see_to_referrals),
    Role.MA: (at_visits.room_patients, at_lists.answer_stat, at_orders.answer_asks, at_visits.turn_over_rooms,
              at_lists.next_for_me, at_visits.see_to_what_is_left, at_orders.see_to_results, at_orders.see_to_refills,
              at_lists.see_to_referrals),
    Role.LEAD_MA: (at_visits.room_patients, at_lists.next_for_me, at_lists.hand_on, at_visits.turn_over_rooms,
                   at_lists.answer_stat),
    Role.NURSE: (at_lists.answer_stat, at_lists.next_for_me, at_papers.see_to_papers, at_orders.see_to_results,
                 at_orders.see_to_refills),
    Role.PROVIDER: (at_visits.see_patients, at_lists.next_for_me, at_visits.see_to_what_is_left,
                    at_papers.see_to_papers, at_lists.see_to_referrals, at_orders.see_to_results,
                    at_orders.see_to_refills),
    Role.MANAGER: (at_lists.next_for_me, at_lists.hand_on),
}  # fmt: skip
"""What each role does when nothing interrupts it, in turn."""
JOIN_SECONDS = 60.0
OUTSIDE = timedelta(minutes=2)


@dataclass
class Play:
    """The people of a practice at a server. `base` says where that is now."""

    practice: Practice
    world: World
    base: Callable[[], str]
    password: str
    token: str = ""
    """The bearer token of the laboratory's interface; "" where none is connected."""
    people: list[Person] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        staff = [member for member in self.practice.staff if set(member.roles) & DUTIES.keys()]
        self.people = [self._person(member) for member in staff]
        first = self.practice.sites[0].key
        self.world.colleagues = frozenset(m.id for m in staff if Role.MA in m.roles and m.site == first)

    def begin(self) -> None:
        """Everybody comes in."""
        self.world.stopped.clear()
        work: list[Callable[[], None]] = [person.work for person in self.people]
        self._threads = [
            threading.Thread(target=self._safely, args=(act,), daemon=True)
            for act in [*work, self._outside, *([self._laboratory] if self.token else [])]
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Everybody finishes what they are at, and goes home."""
        self.world.stopped.set()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def close(self) -> None:
        for person in self.people:
            person.browser.close()

    def _person(self, member: StaffMember) -> Person:
        duties = [duty for role in member.roles for duty in DUTIES.get(role, ())]
        told = self.world.told
        return Person(
            member=member,
            browser=Browser(self.base, member.username, self.password, stopped=self.world.stopped, told=told),
            world=self.world,
            rng=stream(self.world.seed, "person", member.id),
            duties=tuple(dict.fromkeys(duties)),
            dealing=lambda person, happening: DEALING[happening.what](person, happening),
        )

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except GivenUp:
            self.world.told["gave up"] += 1

    def _laboratory(self) -> None:
        """Reports come in by themselves."""
        browser = Browser(self.base, "", "", stopped=self.world.stopped, told=self.world.told)
        rng = stream(self.world.seed, "laboratory", self.world.local_now().date())
        laboratory = Laboratory(world=self.world, browser=browser, token=self.token, rng=rng)
        while not self.world.stopped.is_set():
            laboratory.work()
            self.world.wait(OUTSIDE)
        browser.close()

    def _outside(self) -> None:
        """Faxes and voicemail come in by themselves."""
        while not self.world.stopped.is_set():
            happening = self.world.next_for(frozenset())
            if happening is None:
                self.world.wait(OUTSIDE)
            elif self.world.folder is not None:
                self.world.ledger.sent("paper", happening.key)
                at_papers.drop_into(self.world.folder, happening)
                self.world.ledger.promised("paper", happening.key)


def expected(reader: Reader, practice: Practice, *, seed: int, on: date) -> dict[str, Arrival]:
    """When the patients of a day's appointments come, by the appointment's id."""
    found: dict[str, Arrival] = {}
    for site in practice.sites:
        for row in _booked(reader, site.id, on, practice):
            starts_at = row["starts_at"]
            if isinstance(starts_at, datetime):
                found[str(row["id"])] = arrival(seed, str(row["id"]), starts_at)
    return found


def _booked(reader: Reader, site: str, on: date, practice: Practice) -> Iterable[dict[str, object]]:
    zone = next(s.zone for s in practice.sites if s.id == site)
    rows = scheduling.day(reader, place=f"Location/{site}", on=on, zone=zone)
    return [row for row in rows if row["status"] in ("booked", "proposed", "pending")]
