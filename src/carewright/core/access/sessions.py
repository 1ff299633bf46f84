"""Sessions of people and tokens of programs: who is behind a secret, until when, with what roles and scopes.

The secret is 256 random bits and is given out once; the database keeps its BLAKE2b digest (RFC 7693), so a copy of
the database opens nothing. A random secret of that length needs no salt and no slow hash. Looking one up is one
statement, because it happens on every request and before the practice is known.

Times here are wall clock. Opening, locking, unlocking and revoking are audited in the same transaction.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from carewright.core.access.identity import Session, SessionKind, access_of
from carewright.core.access.model import Access, Actor, Purpose, Role
from carewright.core.access.recent import Known
from carewright.core.access.scopes import grantable
from carewright.core.audit.records import Action, record
from carewright.core.smart.model import Authorization
from carewright.core.store import client_rows, schema
from carewright.core.store.drivers.base import Connection, Dialect
from carewright.core.store.model import Origin
from carewright.core.store.sql import Row, Sql

if TYPE_CHECKING:
    from carewright.core.store.store import Store

__all__ = [
    "AUTHORIZATION", "CLIENT", "SESSION_COOKIE", "Session", "SessionKind", "access_of", "authenticate",
    "authenticate_async", "current_async", "end_authorization", "hash_of", "load_data", "lock", "open_guest",
    "open_session", "purge", "revoke", "revoke_all", "save_data", "sessions_of", "token_async", "touch", "unlock",
]  # fmt: skip

SESSION_COOKIE = "care_session"
"""The cookie that carries a person's secret, for the pages and for the live feed."""
SECRET_BYTES = 32
TOUCH_INTERVAL = timedelta(minutes=1)
NOBODY = ""
TICKETS_KEPT = timedelta(days=1)
"""Anybody may have an app's request kept, before anybody has signed in: it is cleared away soon."""
CLIENT, AUTHORIZATION = "client", "authorization"
"""What the data of a program's token says: which program, and what of its person allows it."""

_COLUMNS = (
    "secret_hash", "practice", "kind", "actor", "display", "user_name", "roles", "site", "purpose", "scopes",
    "patient", "data", "created_at", "seen_at", "expires_at", "locked_at", "revoked_at",
)  # fmt: skip


def hash_of(secret: str) -> bytes:
    """What the database keeps of a secret."""
    return blake2b(secret.encode(), digest_size=32).digest()


def open_session(
    store: "Store",
    *,
    practice: str,
    actor: str,
    display: str,
    user_name: str,
    roles: Iterable[Role],
    expires_at: datetime,
    site: str | None = None,
    purpose: Purpose = Purpose.TREATMENT,
    kind: SessionKind = SessionKind.SCREEN,
    scopes: str = "",
    patient: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> str:
    """Open a session of a person or a token of a program; the secret, which is not kept and cannot be had again.

    `actor` is `Practitioner/…`, `Device/…` or `Patient/…`. ScopeError where a token's scopes cannot be granted.
    """
    Actor(practice=practice, reference=actor)
    if kind is SessionKind.TOKEN:
        scopes = " ".join(map(str, grantable(scopes, patient=patient)))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = store.clock.wall()
    session = Session(
        secret_hash=hash_of(secret), practice=practice, kind=SessionKind(kind), actor=actor, display=display,
        user_name=user_name, roles=frozenset(map(Role, roles)), site=site, purpose=purpose, scopes=scopes,
        patient=patient, data=data or {}, created_at=now, seen_at=now, expires_at=expires_at, locked_at=None,
        revoked_at=None,
    )  # fmt: skip
    _insert(store, session)
    return secret


def open_guest(store: "Store", *, expires_at: datetime, data: Mapping[str, Any] | None = None) -> str:
    """A browser's session before anybody has signed in: it keeps data and gives no access."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = store.clock.wall()
    session = Session(
        secret_hash=hash_of(secret), practice=NOBODY, kind=SessionKind.GUEST, actor=NOBODY, display="", user_name="",
        roles=frozenset(), site=None, purpose=Purpose.TREATMENT, scopes="", patient=None, data=data or {},
        created_at=now, seen_at=now, expires_at=expires_at, locked_at=None, revoked_at=None,
    )  # fmt: skip
    _insert(store, session)
    return secret


def authenticate(store: "Store", secret: str) -> Session | None:
    """The valid session behind a secret, locked or not; None if there is none. One statement."""
    return _valid(store, store.driver.session_row(hash_of(secret)))


async def authenticate_async(store: "Store", secret: str) -> Session | None:
    """`authenticate` for the API and the live feed."""
    return _valid(store, await store.driver.session_row_async(hash_of(secret)))


async def token_async(store: "Store", secret: str) -> Known | None:
    """The valid token behind a program's secret and what it may do, as they stood within the last second.

    None if there is none; AccessDenied (`access_of`) where it may do nothing.
    """
    secret_hash = hash_of(secret)

    async def look_up() -> Known | None:
        session = _valid(store, await store.driver.session_row_async(secret_hash))
        if session is None or session.kind is not SessionKind.TOKEN:
            return None
        return Known(session, access_of(session, store.registry))

    known = await store.recent_tokens.get(secret_hash, look_up)
    return known if known is not None and known.session.valid(store.clock.wall()) else None


async def current_async(store: "Store", session: Session) -> Session | None:
    """The session as it stands now, None if it is no longer valid: what an open stream asks again and again."""
    return _valid(store, await store.driver.session_row_async(session.secret_hash))


def lock(store: "Store", session: Session) -> None:
    """Lock until its person unlocks it; a session that is locked already keeps its time."""
    now = store.clock.wall()
    _change(store, session, "session.lock", Sql("locked_at = COALESCE(locked_at, ?)", (now,)))


def unlock(store: "Store", session: Session) -> None:
    """Unlock. Whether it is the same person has been checked by the caller (PIN, password)."""
    now = store.clock.wall()
    _change(store, session, "session.unlock", Sql("locked_at = NULL, seen_at = ?", (now,)))


def revoke(store: "Store", session: Session) -> None:
    """End a session for good; its data is emptied."""
    now = store.clock.wall()
    _change(store, session, "session.revoke", Sql("revoked_at = COALESCE(revoked_at, ?), data = '{}'", (now,)))


def revoke_all(store: "Store", *, practice: str, actor: str) -> int:
    """End every session and token of an actor (their work here has ended, or a device was lost), and whatever would
    give a program another one; how many sessions and tokens."""
    for given in _authorizations(store, practice=practice, actor=actor):
        end_authorization(store, given)
    listed = [s for s in sessions_of(store, practice=practice, actor=actor) if s.valid(store.clock.wall())]
    for session in listed:
        revoke(store, session)
    return len(listed)


def end_authorization(store: "Store", given: Authorization, *, reason: str = "authorization.end") -> bool:
    """End what a person has allowed a program, with all its tokens; whether it stood until now."""
    now = store.clock.wall()
    access = Access(actor=Actor(practice=given.practice, reference=given.actor), roles=given.roles, site=given.site)
    audit = record(
        access, at=now, action=Action.EXECUTE, reason=reason, origin=Origin.API.value,
        detail={"client": given.client_id, "authorization": given.id},
    )  # fmt: skip
    with store.driver.writing(given.practice) as connection:
        ended = client_rows.end_authorization(connection, given.practice, given.id, at=now, audit=audit)
    for session in sessions_of(store, practice=given.practice, actor=given.actor):
        if session.data.get(AUTHORIZATION) == given.id and session.valid(now):
            revoke(store, session)
    return ended


def _authorizations(store: "Store", *, practice: str, actor: str) -> list[Authorization]:
    with store.driver.reading(practice) as connection:
        return client_rows.authorizations(connection, practice, column="actor", value=actor)


def touch(store: "Store", session: Session, *, expires_at: datetime | None = None) -> bool:
    """Note that the session was used, at most once a minute; whether it was noted. `expires_at` moves its end."""
    now = store.clock.wall()
    if now - session.seen_at < TOUCH_INTERVAL:
        return False
    _change(store, session, None, Sql("seen_at = ?, expires_at = ?", (now, expires_at or session.expires_at)))
    return True


def save_data(store: "Store", session: Session, data: Mapping[str, Any], *, expires_at: datetime | None = None) -> None:
    """Replace the session's data (JSON values only; never patient data). `expires_at` moves its end."""
    values = (json.dumps(data, separators=(",", ":")), expires_at or session.expires_at)
    _change(store, session, None, Sql("data = ?, expires_at = ?", values))


def load_data(store: "Store", secret: str) -> dict[str, Any]:
    """The data of the valid session behind a secret, empty if there is none."""
    session = authenticate(store, secret)
    return dict(session.data) if session else {}


def sessions_of(store: "Store", *, practice: str, actor: str) -> list[Session]:
    """All sessions and tokens of an actor, newest first, ended ones included until they are purged."""
    with store.driver.reading(practice) as connection:
        rows = connection.rows(
            Sql(
                f"SELECT {', '.join(_COLUMNS)} FROM session WHERE practice = ? AND actor = ? "  # noqa: S608 - our names
                "ORDER BY created_at DESC",
                (practice, actor),
            )
        )
    return [_session(row, store.driver.dialect) for row in rows]


def purge(store: "Store", *, older_than: timedelta = timedelta(days=30)) -> int:
    """Delete the rows of sessions that ended longer ago than `older_than`; how many. The audit of them stays."""
    before = store.clock.wall() - older_than
    purged = 0
    for practice in (NOBODY, *store.practices()):
        with store.driver.writing(practice) as connection:
            gone = Sql(
                "DELETE FROM session WHERE practice = ? AND (expires_at < ? OR revoked_at < ?) RETURNING secret_hash",
                (practice, before, before),
            )
            purged += len(connection.rows(gone))
            client_rows.purge(connection, practice, before=before, tickets_before=store.clock.wall() - TICKETS_KEPT)
    return purged


def _valid(store: "Store", row: Row | None) -> Session | None:
    session = _session(row, store.driver.dialect) if row is not None else None
    return session if session is not None and session.valid(store.clock.wall()) else None


def _session(row: Row, dialect: Dialect) -> Session:
    value = dict(zip(_COLUMNS, row, strict=True))

    def text_or_none(name: str) -> str | None:
        return None if value[name] is None else str(value[name])

    def instant_or_none(name: str) -> datetime | None:
        return None if value[name] is None else dialect.instant(value[name])

    return Session(
        secret_hash=dialect.bytes_(value["secret_hash"]),
        practice=str(value["practice"]),
        kind=SessionKind(str(value["kind"])),
        actor=str(value["actor"]),
        display=str(value["display"]),
        user_name=str(value["user_name"]),
        roles=frozenset(map(Role, str(value["roles"]).split())),
        site=text_or_none("site"),
        purpose=Purpose(str(value["purpose"])),
        scopes=str(value["scopes"]),
        patient=text_or_none("patient"),
        data=json.loads(str(value["data"])),
        created_at=dialect.instant(value["created_at"]),
        seen_at=dialect.instant(value["seen_at"]),
        expires_at=dialect.instant(value["expires_at"]),
        locked_at=instant_or_none("locked_at"),
        revoked_at=instant_or_none("revoked_at"),
    )


def _insert(store: "Store", session: Session) -> None:
    values = {
        **{name: getattr(session, name) for name in _COLUMNS},
        "kind": session.kind.value,
        "roles": " ".join(sorted(session.roles)),
        "purpose": session.purpose.value,
        "data": json.dumps(session.data, separators=(",", ":")),
    }
    marks = ", ".join("?" * len(_COLUMNS))
    with store.driver.writing(session.practice) as connection:
        connection.execute(
            Sql(f"INSERT INTO session ({', '.join(_COLUMNS)}) VALUES ({marks})", tuple(values[n] for n in _COLUMNS))  # noqa: S608 - our names
        )
        _audit(connection, store, session, "session.open")


def _change(store: "Store", session: Session, reason: str | None, change: Sql) -> None:
    """Change the session's row, and audit it under `reason` where there is one."""
    here = Sql(" WHERE practice = ? AND secret_hash = ?", (session.practice, session.secret_hash))
    with store.driver.writing(session.practice) as connection:
        connection.execute(Sql("UPDATE session SET ") + change + here)
        if reason is not None:
            _audit(connection, store, session, reason)
    store.recent_tokens.forget(session.secret_hash)


def _audit(connection: Connection, store: "Store", session: Session, reason: str) -> None:
    if session.kind is SessionKind.GUEST:
        return
    access = Access(
        actor=Actor(practice=session.practice, reference=session.actor),
        roles=session.roles,
        purpose=session.purpose,
        session=session.id,
        site=session.site,
    )
    entry = record(
        access,
        at=store.clock.wall(),
        action=Action.EXECUTE,
        reason=reason,
        origin=Origin.API if session.kind is SessionKind.TOKEN else Origin.SCREEN,
        detail={"kind": session.kind.value, "scopes": session.scopes},
    )
    connection.insert(schema.AUDIT, [entry.row()])
