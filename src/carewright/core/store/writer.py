"""Writing to the chart. Imported only by `actions` modules (and this package's own wiring): see the import contracts.

    with writer.transaction(reason="vitals.record") as tx:
        tx.create(...)
        tx.update(..., version=3)

Nothing happens before the block ends; then all of it happens, or none.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carewright.core.access.model import Access, AccessDenied
from carewright.core.audit.records import Action, Outcome, record
from carewright.core.clock import wall_now
from carewright.core.store.commit import Commit
from carewright.core.store.drivers.base import Busy, UniqueViolation
from carewright.core.store.model import Conflict, Origin, StoreError, TooBusy, Unavailable
from carewright.core.store.transaction import Transaction, Written

if TYPE_CHECKING:
    from carewright.core.store.store import Store

ATTEMPTS = 6
MILLISECOND = 1_000


class Writer:
    """Writes of one actor. Cannot be made without an Access."""

    def __init__(self, store: "Store", access: Access, *, origin: Origin = Origin.SCREEN) -> None:
        self.store, self.access, self.origin = store, access, origin

    @contextmanager
    def transaction(self, *, reason: str) -> Iterator[Transaction]:
        """Gather writes in the block; they are carried out together when it ends. `reason` names the action."""
        if not reason:
            raise ValueError("A write says why: give the action's name as the reason.")
        planned = Transaction(access=self.access, origin=self.origin, reason=reason)
        try:
            yield planned
        except (StoreError, AccessDenied) as refusal:
            self._audit_refusal(planned, refusal)
            raise
        if planned.writes or planned.extras:
            planned.results = self._commit(planned)
            self.store.committed(self.access.practice, planned.results)

    def _commit(self, planned: Transaction) -> list[Written]:
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(planned)
            except Busy as busy:
                if attempt == ATTEMPTS - 1:
                    raise TooBusy from busy
                time.sleep(random.uniform(0.002, 0.02) * (attempt + 1))  # noqa: S311 - jitter, not a secret
            except Unavailable:  # nobody refused it, and there is nowhere to say so
                raise
            except (StoreError, AccessDenied) as refusal:
                self._audit_refusal(planned, refusal)
                raise
        raise AssertionError("unreachable")

    def _attempt(self, planned: Transaction) -> list[Written]:
        try:
            with self.store.driver.writing(self.access.practice) as connection:
                # Stamped inside: what waited for its turn must not look older than an export that came first.
                now = wall_now()
                now = now.replace(microsecond=now.microsecond // MILLISECOND * MILLISECOND)  # as FHIR instants have it
                return Commit(
                    connection=connection,
                    transaction=planned,
                    registry=self.store.registry,
                    now=now,
                    clinical_now=self.store.clock.now(),
                    digest_key=self.store.digest_key,
                ).run()
        except UniqueViolation as error:
            # The locks make this impossible for known keys; a create under an id that exists ends here.
            if not planned.writes:
                raise Busy("The transaction met another one and has to run again.") from error
            raise Conflict(planned.writes[0].ref, expected=None, current=None) from error

    def _audit_refusal(self, planned: Transaction, refusal: StoreError | AccessDenied) -> None:
        """A refused write leaves its own audit row, at once and in its own transaction."""
        self.store.write_audit(
            record(
                self.access,
                at=wall_now(),
                action=Action.UPDATE,
                outcome=Outcome.REFUSED,
                reason=planned.reason,
                origin=planned.origin,
                detail={
                    "refused": type(refusal).__name__,
                    "guard": getattr(refusal, "guard", ""),
                    "writes": [str(write.ref) for write in planned.writes][:50],
                },
            )
        )
