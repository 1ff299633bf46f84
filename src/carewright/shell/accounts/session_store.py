"""Django's sessions on core's: one row says who is behind the cookie, for pages, live feed and API alike.

https://docs.djangoproject.com/en/5.2/topics/http/sessions/#extending-database-backed-session-engines
The session key is the secret itself; the database keeps its digest. Before sign-in it is a guest's. `begin` turns it
into a person's at the next save, under a new secret; the old one is revoked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase, UpdateError

from carewright.core.access import sessions
from carewright.core.access.model import Role
from carewright.core.access.sessions import Session, SessionKind
from carewright.shell import runtime


@dataclass(frozen=True, kw_only=True)
class SignOn:
    """Who is at work here: what a person's session is opened with. `actor` is `Practitioner/…`."""

    practice: str
    actor: str
    display: str
    user_name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    site: str | None = None


class SessionStore(SessionBase):
    """A session as Django wants it. `signed_on` is the person's session behind it, None for a guest."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._row: Session | None = None
        self._next: SignOn | None = None

    @property
    def signed_on(self) -> Session | None:
        """The valid session of a person behind the cookie, locked or not. One statement per request."""
        self._get_session()  # type: ignore[attr-defined]  # SessionBase loads lazily
        return self._row if self._row is not None and self._row.kind is SessionKind.SCREEN else None

    def reread(self) -> Session | None:
        """The person's session as it stands now."""
        self._row = sessions.authenticate(runtime.store(), self.session_key) if self.session_key else None
        return self.signed_on

    def begin(self, sign_on: SignOn) -> None:
        """From the next save on this is the session of that person, with a new secret."""
        self.cycle_key()
        self._next = sign_on

    def load(self) -> dict[str, Any]:
        self._row = sessions.authenticate(runtime.store(), self.session_key) if self.session_key else None
        if self._row is None:
            self._session_key = None
            return {}
        return dict(self._row.data)

    def exists(self, session_key: str) -> bool:
        return sessions.authenticate(runtime.store(), session_key) is not None

    def create(self) -> None:
        """Open a row for what is in the session: a guest's, or the person's that `begin` named."""
        store = runtime.store()
        data = dict(self._get_session(no_load=self.session_key is None))  # type: ignore[attr-defined] # Django names it so in its own base class
        until = store.clock.wall() + timedelta(seconds=self.get_expiry_age())
        if self._next is None:
            secret = sessions.open_guest(store, expires_at=until, data=data)
        else:
            who = self._next
            secret = sessions.open_session(
                store, practice=who.practice, actor=who.actor, display=who.display, user_name=who.user_name,
                roles=_sorted(who.roles), site=who.site, expires_at=until, data=data,
            )  # fmt: skip
        self._session_key, self._next = secret, None
        self._row = sessions.authenticate(store, secret)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Keep the session's data; UpdateError where the session has ended meanwhile."""
        data = dict(self._get_session(no_load=must_create))  # type: ignore[attr-defined] # Django names it so in its own base class
        if must_create or self.session_key is None or self._next is not None:
            self.create()
            return
        store = runtime.store()
        row = sessions.authenticate(store, self.session_key)
        if row is None:
            raise UpdateError
        sessions.save_data(store, row, data)

    def delete(self, session_key: str | None = None) -> None:
        store, secret = runtime.store(), session_key or self.session_key
        row = sessions.authenticate(store, secret) if secret else None
        if row is not None:
            sessions.revoke(store, row)

    def cycle_key(self) -> None:
        """Another secret for the same session: made at the next save, the old one ends now."""
        data, row = dict(self._get_session()), self._row  # type: ignore[attr-defined] # Django names it so in its own base class
        self._next = self._next or (sign_on_of(row) if row is not None else None)
        if row is not None:
            sessions.revoke(runtime.store(), row)
        self._session_key, self._row = None, None
        self._session_cache = data
        self.modified = True

    def flush(self) -> None:
        self._next = None
        super().flush()
        self._row = None

    @classmethod
    def clear_expired(cls) -> None:
        sessions.purge(runtime.store())


def sign_on_of(row: Session) -> SignOn | None:
    """What the row of a person was opened with; None for a guest's."""
    if row.kind is not SessionKind.SCREEN:
        return None
    return SignOn(
        practice=row.practice, actor=row.actor, display=row.display, user_name=row.user_name, roles=row.roles,
        site=row.site,
    )  # fmt: skip


def _sorted(roles: Iterable[Role]) -> list[Role]:
    return sorted(roles)
