"""The rows of subscriptions: who subscribed, how far each has come, and its numbered events (see core/subscriptions).

A number is given in the transaction that moves the position in the feed, under the lease of the subscription: so each
change gets one number whatever dies, and what is sent again is sent under the same one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import key_of
from carewright.core.store.model import Origin, Ref, Stored
from carewright.core.store.positions import Position
from carewright.core.store.reads import stored
from carewright.core.store.sql import Row, Sql
from carewright.core.subscriptions.notices import Event

TYPE = "Subscription"


@dataclass(frozen=True, kw_only=True)
class State:
    """`version` is the one by which its subscriber last wrote it; `facts` who that was and what they were allowed."""

    id: str
    version: int
    session: bytes
    facts: Mapping[str, Any]
    position: Position
    matched: int
    delivered: int
    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    last_at: datetime | None = None


_COLUMNS = (
    "id, version, session, facts, xid, seq, matched, delivered, failures, failing_since, not_before, last_at"
)  # fmt: skip


def current_versions(connection: Connection, practice: str) -> dict[str, int]:
    """Every Subscription that stands, with its version."""
    rows = connection.rows(
        Sql(
            "SELECT id, version FROM current_resource WHERE practice = ? AND type = ? AND deleted = 0 ORDER BY key",
            (practice, TYPE),
        )
    )
    return {str(row[0]): cast(int, row[1]) for row in rows}


def bodies(connection: Connection, practice: str, ref: Ref, versions: Sequence[int]) -> dict[int, bytes]:
    """The bodies of some versions of a resource; a deletion and a version that there is not have none."""
    found = {}
    for version in versions:
        rows = connection.rows(
            Sql(
                "SELECT body FROM version WHERE practice = ? AND key = ? AND version = ?",
                (practice, key_of(ref.type, ref.id), version),
            )
        )
        if rows and rows[0][0] is not None:
            found[version] = connection.dialect.bytes_(rows[0][0])
    return found


def current(connection: Connection, practice: str, subscription: str) -> Stored | None:
    """The Subscription as it stands; None if it was deleted."""
    rows = connection.rows(
        Sql(
            "SELECT v.type, v.id, v.version, v.at, v.change, v.body FROM current_resource c JOIN version v "
            "ON v.practice = c.practice AND v.key = c.key AND v.version = c.version "
            "WHERE c.practice = ? AND c.key = ? AND c.deleted = 0",
            (practice, key_of(TYPE, subscription)),
        )
    )
    return stored(rows[0], connection.dialect) if rows else None


def subscriber(connection: Connection, practice: str, subscription: str) -> tuple[int, str, str] | None:
    """(version, actor, the audit's short name of the session) of the last version that came by the API."""
    rows = connection.rows(
        Sql(
            "SELECT v.version, v.actor, a.session FROM version v JOIN audit a ON a.practice = v.practice "
            "AND a.id = v.audit_id WHERE v.practice = ? AND v.key = ? AND v.origin = ? ORDER BY v.version DESC LIMIT 1",
            (practice, key_of(TYPE, subscription), Origin.API.value),
        )
    )
    return (cast(int, rows[0][0]), str(rows[0][1]), str(rows[0][2])) if rows else None


def state(connection: Connection, practice: str, subscription: str) -> State | None:
    rows = connection.rows(
        Sql(
            f"SELECT {_COLUMNS} FROM subscription_state WHERE practice = ? AND id = ?",
            (practice, subscription),
        )
    )
    return _state(connection, rows[0]) if rows else None


def states(connection: Connection, practice: str) -> list[State]:
    rows = connection.rows(
        Sql(f"SELECT {_COLUMNS} FROM subscription_state WHERE practice = ? ORDER BY id", (practice,))
    )
    return [_state(connection, row) for row in rows]


def _state(connection: Connection, row: Row) -> State:
    dialect = connection.dialect
    instants = [None if value is None else dialect.instant(value) for value in row[9:12]]
    return State(
        id=str(row[0]), version=cast(int, row[1]), session=dialect.bytes_(row[2]), facts=json.loads(str(row[3])),
        position=(cast(int, row[4]), cast(int, row[5])), matched=cast(int, row[6]), delivered=cast(int, row[7]),
        failures=cast(int, row[8]), failing_since=instants[0], not_before=instants[1], last_at=instants[2],
    )  # fmt: skip


def keep(connection: Connection, practice: str, kept: State) -> None:
    """Write the state. Call it in a write transaction, behind the fence of the subscription's lease."""
    names = _COLUMNS.split(", ")
    values = (
        kept.id, kept.version, kept.session, json.dumps(kept.facts, sort_keys=True), *kept.position, kept.matched,
        kept.delivered, kept.failures, kept.failing_since, kept.not_before, kept.last_at,
    )  # fmt: skip
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    connection.execute(
        Sql(
            f"INSERT INTO subscription_state (practice, {_COLUMNS}) VALUES (?, {', '.join('?' * len(names))}) "
            f"ON CONFLICT (practice, id) DO UPDATE SET {changed}",
            (practice, *values),
        )
    )


def add_events(connection: Connection, practice: str, subscription: str, events: Sequence[Event]) -> None:
    for event in events:
        connection.execute(
            Sql(
                "INSERT INTO subscription_event (practice, subscription, number, type, id, version, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (practice, subscription, event.number, event.ref.type, event.ref.id, event.version, event.at),
            )
        )


def events(
    connection: Connection, practice: str, subscription: str, *, first: int, last: int, limit: int
) -> list[Event]:
    """The events from number `first` to `last`, at most `limit`, in their order."""
    rows = connection.rows(
        Sql(
            "SELECT number, type, id, version, at FROM subscription_event WHERE practice = ? AND subscription = ? "
            "AND number >= ? AND number <= ? ORDER BY number LIMIT ?",
            (practice, subscription, first, last, limit),
        )
    )
    return [
        Event(
            number=cast(int, row[0]), ref=Ref(str(row[1]), str(row[2])), version=cast(int, row[3]),
            at=connection.dialect.instant(row[4]),
        )
        for row in rows
    ]  # fmt: skip


def purge(connection: Connection, practice: str, *, before: datetime) -> int:
    """Throw away old events that were delivered, and what belongs to a Subscription that is gone; how many rows."""
    gone = Sql(
        "NOT EXISTS (SELECT 1 FROM current_resource c WHERE c.practice = ? AND c.type = ? AND c.deleted = 0 "
        "AND c.id = ",
        (practice, TYPE),
    )
    removed = connection.execute(
        Sql("DELETE FROM subscription_event WHERE practice = ? AND (", (practice,))
        + gone + Sql("subscription_event.subscription) OR (at < ? AND number <= (SELECT s.delivered FROM "
                     "subscription_state s WHERE s.practice = ? AND s.id = subscription_event.subscription)))",
                     (before, practice))
    )  # fmt: skip
    return removed + connection.execute(
        Sql("DELETE FROM subscription_state WHERE practice = ? AND ", (practice,))
        + gone
        + Sql("subscription_state.id)")
    )
