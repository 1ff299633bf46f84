"""The subscriptions of this process: each has turns in a thread of its own, so that none waits for another.

What a turn does is in subscription_turns.py.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from carewright.core.fhir.codec import decode
from carewright.core.store import leases, subscription_rows
from carewright.core.store.model import Conflict, Ref
from carewright.core.store.store import Store
from carewright.core.store.subscription_rows import TYPE
from carewright.core.subscriptions.actions import OFF
from carewright.project.subscription_turns import Place, Turns

SENDERS = 64
"""Threads of a process that send; they are made when they are needed, and a waiting one costs little."""
KEPT_FOR = timedelta(days=14)
"""How long $events can be asked for what was delivered."""

log = logging.getLogger(__name__)


@dataclass
class SubscriptionRunner:
    """Delivers for every practice."""

    store: Store
    holder: str
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._turns = Turns(self.store)
        self._senders = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="subscription")

    def step(self, *, wait: bool = False) -> None:
        """Give every subscription that is at rest a turn; `wait` until all turns are over."""
        for practice in self.store.practices():
            for subscription in self._awake(practice):
                place = self._place(practice, subscription)
                if place.running is None or place.running.done():
                    place.running = self._senders.submit(self._guarded, practice, subscription, place)
        if wait:
            for place in list(self.places.values()):
                if place.running is not None:
                    place.running.result()

    def purge(self, practice: str) -> int:
        before = self.store.clock.wall() - KEPT_FOR
        with self.store.driver.writing(practice) as connection:
            return subscription_rows.purge(connection, practice, before=before)

    def close(self) -> None:
        """Let what is being sent come to its end, and the next holder in."""
        self._senders.shutdown(wait=True, cancel_futures=True)
        for place in self.places.values():
            place.holding.close()

    def _place(self, practice: str, subscription: str) -> Place:
        key = (practice, subscription)
        if key not in self.places:
            name = f"subscription:{subscription}"
            self.places[key] = Place(leases.Holding(self.store, practice, name, holder=self.holder))
        return self.places[key]

    def _awake(self, practice: str) -> list[str]:
        """The subscriptions that are not off. A body is read once for each version."""
        found = []
        with self.store.driver.reading(practice) as connection:
            for subscription, version in subscription_rows.current_versions(connection, practice).items():
                known = self._known.get((practice, subscription))
                if known is None or known[0] != version:
                    body = subscription_rows.bodies(connection, practice, Ref(TYPE, subscription), [version])
                    awake = decode(body[version]).get("status") != OFF if version in body else False
                    known = self._known[practice, subscription] = (version, awake)
                if known[1]:
                    found.append(subscription)
        return found

    def _guarded(self, practice: str, subscription: str, place: Place) -> None:
        try:
            self._turns.take(practice, subscription, place)
        except (leases.LeaseLost, Conflict):
            place.holding.lost()  # another process has it, or its subscriber has just changed it: at the next turn
        except Exception as error:  # noqa: BLE001 - one subscription must not end the others, nor the worker
            # The type of the error alone: its text may hold what a record or a header says.
            log.warning("Subscription/%s: %s; it is tried again.", subscription, type(error).__name__)
