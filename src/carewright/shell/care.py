"""What every page needs to know about who looks at it: `request.care`, set by the sign-in middleware.

Nobody signed in: `request.care` is None, and the page shows neither menu, search, emergency button nor lock.
"""

from dataclasses import dataclass, field
from datetime import datetime

from carewright.shell.times import SiteClock

IDLE_SECONDS_BY_DEFAULT = 600


@dataclass(frozen=True, kw_only=True)
class NavEntry:
    """A workspace in the top bar; `count_url` answers with how much waits there, again whenever `topic` changes.

    `key` is the letter that opens it after `g`; e (call for help) and k (lock) are taken. `seldom` puts it under
    "More", except while it is open.
    """

    label: str
    url: str
    key: str = ""
    current: bool = False
    count_url: str = ""
    topic: str = ""
    icon: str = ""
    seldom: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A value with its words, for a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Care:
    """The person at work, the site, and the product's clock at this request (aware).

    `rooms` and `emergency_jobs` fill the emergency dialog; `here` is the room this page is about, chosen
    beforehand. `quick` is what one key opens on every page. `live_url` is the address of the event stream; empty: no
    live updates. `live_after` is the event after which this page was made. `idle_seconds` is the time without input
    until the lock; 0: this person has no PIN and is not locked.
    """

    actor_name: str
    initials: str
    site_name: str
    now: datetime
    actor_role: str = ""
    clock: SiteClock = field(default_factory=SiteClock)
    nav: tuple[NavEntry, ...] = ()
    quick: tuple[NavEntry, ...] = ()
    rooms: tuple[Choice, ...] = ()
    here: str = ""
    emergency_jobs: tuple[Choice, ...] = ()
    live_url: str = ""
    live_after: str = ""
    idle_seconds: int = IDLE_SECONDS_BY_DEFAULT

    @property
    def nav_here(self) -> tuple[NavEntry, ...]:
        """What stands in the bar."""
        return tuple(entry for entry in self.nav if entry.current or not entry.seldom)

    @property
    def nav_more(self) -> tuple[NavEntry, ...]:
        """What stands under "More"."""
        return tuple(entry for entry in self.nav if entry.seldom and not entry.current)

    @property
    def now_local(self) -> datetime:
        return self.clock.local(self.now)
