"""The sealer: links the audit rows of a practice into a chain, one process at a time, at most a second behind.

Link n is BLAKE2b-256 over (link n-1 || digest of row n); BLAKE2: https://www.rfc-editor.org/rfc/rfc7693
The chain stands outside the writing transactions (a chain head inside them cuts throughput to a quarter); what is
not linked yet is the tail, whose age /healthz and `verify` report.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from carewright.core.audit.anchors import Anchor, Anchors
from carewright.core.clock import wall_now
from carewright.core.store import chain, leases

if TYPE_CHECKING:
    from carewright.core.store.store import Store

INTERVAL_SECONDS = 0.5
"""How often the worker lets the sealer step; with the time of a step this keeps the tail below one second."""
LEASE_SECONDS = 10.0
ANCHOR_EVERY = timedelta(seconds=60)
LEASE = "sealer"


def genesis(practice: str) -> bytes:
    """What stands before the first link, so that two practices never share a chain."""
    return blake2b(f"carewright audit chain of {practice}".encode(), digest_size=32).digest()


def link(previous: bytes, digest: bytes) -> bytes:
    """The next link of the chain."""
    return blake2b(previous + digest, digest_size=32).digest()


class Sealer:
    """Seals one practice under its lease. `holder` names this process, differently from every other."""

    def __init__(self, store: "Store", practice: str, *, holder: str, anchors: Anchors | None = None) -> None:
        self.store, self.practice, self.anchors = store, practice, anchors
        self.holding = leases.Holding(store, practice, LEASE, holder=holder)
        self._newest: chain.Seal | None = None
        self._anchored: chain.Seal | None = None
        self._anchored_at: datetime | None = None

    def step(self) -> int:
        """Seal what may be sealed now; how many rows that were (0 also while another process holds the lease)."""
        lease = self.holding.hold(seconds=LEASE_SECONDS)
        if lease is None:
            return 0
        sealed = 0
        while batch := self._seal_batch(lease):
            sealed += batch
            if batch < chain.BATCH:
                break
        self.anchor(at_most_every=ANCHOR_EVERY)
        return sealed

    def anchor(self, *, at_most_every: timedelta = timedelta(0)) -> None:
        """Put the newest link outside the machine, if there is a new one and the last was put long enough ago."""
        if self.anchors is None or self._newest is None or self._newest == self._anchored:
            return
        now = wall_now()
        if self._anchored_at is not None and now - self._anchored_at < at_most_every:
            return
        newest = self._newest
        self.anchors.append(Anchor(practice=self.practice, position=newest.position, chain=newest.chain, at=now))
        self._anchored, self._anchored_at = newest, now

    def close(self) -> None:
        """Anchor what was sealed and let the next holder in."""
        if self.holding.lease is not None:
            self.anchor()
            self.holding.close()

    def _seal_batch(self, lease: leases.Lease) -> int:
        with self.store.driver.reading(self.practice) as connection:
            trail = chain.Trail(connection, self.practice)
            last = trail.last_seal()
            waiting = bool(trail.unsealed(after=last.place if last else (0, 0), limit=1))
        self._newest = last
        if not waiting:
            return 0
        try:
            with self.store.driver.writing(self.practice) as connection:
                leases.require(connection, lease)
                trail = chain.Trail(connection, self.practice)
                last = trail.last_seal()
                rows = trail.unsealed(after=last.place if last else (0, 0))
                made = seals_for(rows, practice=self.practice, last=last, at=wall_now())
                trail.append(made)
        except leases.LeaseLost:
            self.holding.lost()
            return 0
        self._newest = made[-1] if made else last
        return len(made)


def seals_for(
    rows: Sequence[chain.AuditRow], *, practice: str, last: chain.Seal | None, at: datetime
) -> list[chain.Seal]:
    """The links that follow `last` for these rows."""
    previous, position = (last.chain, last.position) if last else (genesis(practice), 0)
    made = []
    for row in rows:
        position += 1
        previous = link(previous, row.digest)
        made.append(
            chain.Seal(
                position=position, audit_id=row.id, place=row.place, digest=row.digest, chain=previous, sealed_at=at
            )
        )
    return made
