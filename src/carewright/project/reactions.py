"""Reactions: what a skill does after a commit, driven from the change feed, at least once and in order.

Each reaction has its own position and its own patience: one that fails is tried again later and later and reported,
and nothing else waits for it.
"""

import logging
import time
from dataclasses import dataclass, field

from carewright.core.store import consumers, leases
from carewright.core.store.hooks import FeedEntry, Reaction
from carewright.core.store.store import Store
from carewright.project.wiring import operator_access

LEASE_SECONDS = 60.0
BATCH = 100
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
REASON = "reaction"

log = logging.getLogger(__name__)


@dataclass
class _Place:
    """Where one practice's runner is: its lease, its failures in a row, and when it may try again (monotonic)."""

    holding: leases.Holding
    failures: int = 0
    not_before: float = 0.0


@dataclass
class ReactionRunner:
    """Runs one reaction for every practice."""

    store: Store
    reaction: Reaction
    holder: str
    places: dict[str, _Place] = field(default_factory=dict)

    @property
    def consumer(self) -> str:
        return consumer_of(self.reaction)

    def step(self, practice: str) -> int:
        """Handle what has happened since; how many entries were handled."""
        place = self.places.get(practice)
        if place is None:
            holding = leases.Holding(self.store, practice, self.consumer, holder=self.holder)
            place = self.places[practice] = _Place(holding)
        if time.monotonic() < place.not_before or not (entries := self._entries(practice)):
            return 0
        lease = place.holding.hold(seconds=LEASE_SECONDS)
        if lease is None:
            return 0
        handled = 0
        for entry in entries:
            if not self._handle(practice, place, entry):
                break
            handled += 1
        if handled:
            self._remember(practice, place, lease, entries[handled - 1])
        return handled

    def close(self) -> None:
        for place in self.places.values():
            place.holding.close()

    def _entries(self, practice: str) -> list[FeedEntry]:
        with self.store.driver.reading(practice) as connection:
            behind = consumers.position(connection, practice, self.consumer)
        with self.store.reader(operator_access(practice), reason=REASON) as reader:
            return reader.feed(after=behind, limit=BATCH, types=self.reaction.types)

    def _handle(self, practice: str, place: _Place, entry: FeedEntry) -> bool:
        try:
            self.reaction.handle(entry, practice=practice)
        except Exception as error:  # noqa: BLE001 - a failing reaction must not end the worker
            place.failures += 1
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (place.failures - 1), LONGEST_PAUSE_SECONDS)
            place.not_before = time.monotonic() + pause
            # The type of the error alone: its text may hold what the record says.
            log.warning(
                "Reaction %s failed for the %s. time at feed entry %s (%s); next attempt in %.0f s.",
                self.reaction.name, place.failures, entry.position, type(error).__name__, pause,
            )  # fmt: skip
            return False
        place.failures, place.not_before = 0, 0.0
        return True

    def _remember(self, practice: str, place: _Place, lease: leases.Lease, last: FeedEntry) -> None:
        try:
            with self.store.driver.writing(practice) as connection:
                leases.require(connection, lease)
                consumers.advance(connection, practice, self.consumer, last.position)
        except leases.LeaseLost:
            place.holding.lost()


def consumer_of(reaction: Reaction) -> str:
    """The name under which a reaction's position is kept."""
    return f"reaction:{reaction.name}"
