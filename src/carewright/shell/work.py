"""What one request works with: who acts, the store, one reader, a writer. Made and closed by the middleware."""

from dataclasses import replace
from types import TracebackType
from typing import Any

from carewright.core.access.identity import access_of
from carewright.core.access.model import Access
from carewright.core.access.sessions import Session
from carewright.core.audit.records import Action, Outcome, record
from carewright.core.store.model import Origin
from carewright.core.store.reader import Reader
from carewright.core.store.store import Store


class Work:
    """The work of one signed-on person in one request. `access` raises AccessDenied on a locked screen."""

    def __init__(self, store: Store, signed_on: Session) -> None:
        self.store, self.signed_on = store, signed_on
        self.access: Access | None = None if signed_on.locked else access_of(signed_on, store.registry)
        self._reader: Reader | None = None

    def reader(self, reason: str) -> Reader:
        """The reader of this request, opened at the first call; `reason` stands in its one audit row."""
        if self._reader is None:
            self._reader = self.store.reader(self._here(), reason=reason).__enter__()
        return self._reader

    def writer(self) -> Any:
        """A writer for an action. Closes the reader: what is read from now on is what was written.

        (And no request waits for a second connection while it holds a first.)
        """
        self.close()
        return self.store.writer(self._here(), origin=Origin.SCREEN)

    def refused(self, reason: str, **detail: object) -> None:
        """Leave an audit row that this was asked for and not given. `detail` holds opaque ids at most."""
        access = self.access or access_of(replace(self.signed_on, locked_at=None), self.store.registry)
        self.store.write_audit(
            record(
                access,
                at=self.store.clock.wall(),
                action=Action.EXECUTE,
                outcome=Outcome.REFUSED,
                reason=reason,
                origin=Origin.SCREEN,
                detail=detail,
            )
        )

    def close(self, error: BaseException | None = None, trace: TracebackType | None = None) -> None:
        """Close the reader, if there is one; a refusal leaves an audit row of its own."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.__exit__(type(error) if error else None, error, trace)

    def _here(self) -> Access:
        return self.access or access_of(self.signed_on, self.store.registry)
