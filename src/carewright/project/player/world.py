"""What all people of a play share: the time, who comes when, what happens next, the books, and what they remember."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from carewright.core.access.model import Role
from carewright.core.clock import Clock
from carewright.project.player.happenings import Arrival, Caller, Happening
from carewright.project.player.ledger import Ledger


@dataclass
class World:
    """The time and the outside of a practice. `folder` is where its fax machine puts what comes in."""

    seed: int
    clock: Clock
    patients: Sequence[Caller]
    zone: ZoneInfo
    folder: Path | None = None
    ledger: Ledger = field(default_factory=Ledger)
    stopped: threading.Event = field(default_factory=threading.Event)
    told: Counter[str] = field(default_factory=Counter)
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    """When the patient of each appointment comes, by the appointment's id."""
    is_ending: bool = False
    """Nothing new comes in; what is there is brought to an end."""
    _waiting: list[Happening] = field(default_factory=list)
    _marks: set[tuple[str, str]] = field(default_factory=set)
    _referred: list[str] = field(default_factory=list)
    _sent_out: list[str] = field(default_factory=list)
    colleagues: frozenset[str] = frozenset()
    """Medical assistants, by their ids: who may be sick and is covered."""
    _away: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return self.clock.now()

    def local_now(self) -> datetime:
        return self.now().astimezone(self.zone)

    def expect(self, happenings: Iterable[Happening]) -> None:
        """These happen, each at its time."""
        with self._lock:
            self._waiting = sorted([*self._waiting, *happenings], key=lambda happening: happening.at)

    def next_for(self, roles: frozenset[Role]) -> Happening | None:
        """The first that has happened and reaches one of `roles`; whoever gets it deals with it."""
        now = self.now()
        with self._lock:
            for happening in self._waiting:
                if happening.at > now:
                    return None
                if roles & set(happening.roles) or (not happening.roles and not roles):
                    self._waiting.remove(happening)
                    return happening
        return None

    def left(self) -> int:
        """How many are still to happen, or to be dealt with."""
        with self._lock:
            return len(self._waiting)

    def first_time(self, what: str, key: str) -> bool:
        """Whether nobody has done `what` with `key` before; from now on somebody has."""
        with self._lock:
            is_new = (what, key) not in self._marks
            self._marks.add((what, key))
            return is_new

    def refer(self, patient: str) -> None:
        """A clinic elsewhere knows of this patient, and will write."""
        with self._lock:
            self._referred.append(patient)

    def referred(self) -> str:
        """A patient of whom another clinic writes; "" for none."""
        with self._lock:
            return self._referred.pop(0) if self._referred else ""

    def send_out(self, order: str) -> None:
        """The specimen of an order is on its way to the laboratory."""
        with self._lock:
            self._sent_out.append(order)

    def sent_out(self) -> list[str]:
        """The orders that have reached the laboratory since it last looked."""
        with self._lock:
            found, self._sent_out = self._sent_out, []
        return found

    def send_home(self, practitioner: str, *, until: datetime) -> None:
        """Somebody is away until then."""
        with self._lock:
            self._away[practitioner] = until

    def is_away(self, practitioner: str) -> bool:
        with self._lock:
            until = self._away.get(practitioner)
        return until is not None and self.now() < until

    def wait(self, span: timedelta) -> None:
        """Let a span of the practice's time pass; ends with the play."""
        self.stopped.wait(max(0.0, span.total_seconds() / self.clock.rate))
