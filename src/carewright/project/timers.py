"""The clock that acts on tasks: what is late is sent on, what waited comes back. Run by every worker.

One deadline is one transaction of one task, written over the version that the deadline stood in: it acts once,
whoever else is at work and whoever is killed meanwhile.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from carewright.core.store import deadlines
from carewright.core.store.deadlines import Due
from carewright.core.store.model import Conflict, Gone, NotFound, Origin, Ref, Resource, StoreError
from carewright.core.store.reader import Reader
from carewright.core.store.store import Store
from carewright.core.work import actions, fhir
from carewright.core.work.escalation import LATE, next_alarm
from carewright.core.work.hours import Hours, hours_of
from carewright.core.work.lifecycle import NotNow
from carewright.project.wiring import operator_access

LEASE_SECONDS = 30.0
BATCH = 50
REASON = "work.clock"

Covering = Callable[[Reader, str, datetime], str]
"""The covering provider of a site (a Location's id) at an instant, as `Practitioner/…`; empty where none is named."""

log = logging.getLogger(__name__)


def nobody(reader: Reader, site: str, at: datetime) -> str:
    """Where no roster names anybody, a late task goes to all providers."""
    return ""


@dataclass
class TimerRunner:
    """Acts on the deadlines of every practice."""

    store: Store
    holder: str
    covering: Covering = nobody
    lease_seconds: float = LEASE_SECONDS
    _hours: dict[tuple[str, str], Hours] = field(default_factory=dict)

    def step(self, practice: str) -> int:
        """Act on a batch of what is due by the product's clock; how many were dealt with."""
        now = self.store.clock.now()
        with self.store.driver.reading(practice) as connection:
            earliest = deadlines.next_at(connection, practice)
        if earliest is None or earliest > now:
            return 0
        with self.store.driver.writing(practice) as connection:
            taken = deadlines.take(
                connection, practice, holder=self.holder, now=now, limit=BATCH, seconds=self.lease_seconds
            )
        self._hours.clear()  # a site may have changed its hours since
        over = [due.key for due in taken if self._act(practice, due, now=now)]
        with self.store.driver.writing(practice) as connection:
            deadlines.give_back(connection, practice, holder=self.holder, keys=over)
        return len(over)

    def drain(self, practice: str) -> int:
        """Act until nothing is due; how many were dealt with."""
        total = 0
        while acted := self.step(practice):
            total += acted
        return total

    def _act(self, practice: str, due: Due, *, now: datetime) -> bool:
        """One deadline; whether the work on it is over. One that could not be done is left for a while."""
        access = operator_access(practice)
        writer = self.store.writer(access, origin=Origin.SYSTEM)
        try:
            with self.store.reader(access, reason=REASON) as reader:
                stored = reader.resource(Ref("Task", due.task_id))
                task = fhir.from_fhir(stored)
                alarm = next_alarm(task)
                if alarm is None or alarm.at > now:
                    return True
                hours = self._hours_of(reader, practice, task.site)
                covering = self.covering(reader, task.site, now) if alarm.why == LATE else ""
            if alarm.why == LATE:
                actions.send_on(writer, stored=stored, hours=hours, covering=covering, at=_whole_seconds(now))
            else:
                actions.bring_back(writer, stored=stored, at=_whole_seconds(now))
        except (Conflict, NotFound, Gone, NotNow):
            return True  # somebody changed it in this moment: it is looked at anew
        except (StoreError, ValueError) as error:
            # One task that cannot be sent on must not hold up the others. Its type alone: no word of the record.
            log.warning("The deadline of Task/%s: %s; it is tried again later.", due.task_id, type(error).__name__)
            return False
        return True

    def _hours_of(self, reader: Reader, practice: str, site: str) -> Hours:
        found = self._hours.get((practice, site))
        if found is None:
            place: Resource | None = reader.resource_or_none(Ref("Location", site)) if site else None
            found = self._hours[practice, site] = hours_of(place)
        return found


def _whole_seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)
