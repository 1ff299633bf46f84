"""One of the staff: a browser, a role, a seeded character, and the duties that go round."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from carewright.core.access.model import Role
from carewright.project.player.browser import Answer, Browser
from carewright.project.player.happenings import Happening
from carewright.project.player.world import World
from carewright.project.simulator.model import StaffMember

SHORTEST_PAUSE = timedelta(seconds=15)
LOOKS_AGAIN = timedelta(minutes=3)
"""How long somebody who found nothing to do waits before looking at the screens again."""
LUNCH = timedelta(minutes=30)
NOON = (11, 13)


@dataclass
class Person:
    """Somebody at work. `duties` are taken in turn; each returns how much it found to do."""

    member: StaffMember
    browser: Browser
    world: World
    rng: Random
    duties: tuple[Callable[["Person"], int], ...] = ()
    dealing: Callable[["Person", Happening], None] = lambda person, happening: None
    not_mine: set[str] = field(default_factory=set)
    """Tasks that this person has found to be done elsewhere."""
    _had_lunch: str = ""

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(self.member.roles)

    def chance(self, share: float) -> bool:
        """Whether something happens this time that happens in `share` of the cases; not while all is being ended."""
        return not self.world.is_ending and self.rng.random() < share

    def work(self) -> None:
        """Work until the play is over. GivenUp if the server stays away."""
        turn = self.rng.randrange(len(self.duties) or 1)
        idle = 0
        while not self.world.stopped.is_set():
            if self.world.is_away(self.id):
                self.world.wait(LOOKS_AGAIN)
                continue
            if self._goes_to_lunch():
                self.world.wait(LUNCH)
            happening = None if self.world.is_ending else self.world.next_for(self.roles)
            if happening is not None:
                self.dealing(self, happening)
                idle = 0
            elif self.duties:
                done = self.duties[turn % len(self.duties)](self)
                self.world.told["done by people"] += done
                turn, idle = turn + 1, 0 if done else idle + 1
            rested = idle >= len(self.duties)
            self.world.wait(LOOKS_AGAIN if rested else SHORTEST_PAUSE * self.rng.uniform(1, 4))

    def went_wrong(self, answer: Answer, *, at: str) -> bool:
        """Whether the product refused; it is counted by what was done and the status, without a word of the page."""
        if answer.is_done:
            return False
        self.world.told[f"refused: {at} {answer.status}"] += 1
        return True

    def tell(self, kind: str, key: str, send: Callable[[], Answer], *, at: str, is_named: bool = False) -> bool:
        """Send what the practice must not lose, with an entry in the ledger before and after. Whether it was taken.

        `is_named`: the answer leads to the page of what was made, whose address ends with its id.
        """
        self.world.ledger.sent(kind, key)
        answer = send()
        if self.went_wrong(answer, at=at):
            return False
        made = answer.location.rsplit("/", 1)[-1] if is_named else ""
        self.world.ledger.promised(kind, key, resource_id=made)
        return True

    def _goes_to_lunch(self) -> bool:
        """Once a day, at noon of the site; not while all is being ended."""
        now = self.world.local_now()
        day = now.date().isoformat()
        if self.world.is_ending or self._had_lunch == day or not NOON[0] <= now.hour < NOON[1]:
            return False
        self._had_lunch = day
        return True
