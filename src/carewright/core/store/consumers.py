"""How far each consumer of the change feed has come: reactions, exports, whatever must see every change once at least.

A consumer that is new in an existing practice starts at the end (`register`, called by `carewright migrate`), so that
an upgrade does not act on years of history; one that is there from the first day starts at the beginning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.drivers.base import Connection
from carewright.core.store.positions import Position
from carewright.core.store.sql import Sql, all_of, marks

START: Position = (0, 0)


@dataclass(frozen=True, kw_only=True)
class Lag:
    """What a consumer has still before it, and since when the oldest of it waits."""

    consumer: str
    waiting: int
    oldest_at: datetime | None


def position(connection: Connection, practice: str, consumer: str) -> Position:
    """The last entry that the consumer has handled; START for one that has handled nothing."""
    rows = connection.rows(
        Sql("SELECT xid, seq FROM feed_position WHERE practice = ? AND consumer = ?", (practice, consumer))
    )
    return (cast(int, rows[0][0]), cast(int, rows[0][1])) if rows else START


def advance(connection: Connection, practice: str, consumer: str, to: Position) -> None:
    """Remember `to`. Call it in a write transaction, behind the fence of the lease under which the work was done."""
    connection.execute(
        Sql(
            "INSERT INTO feed_position (practice, consumer, xid, seq) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (practice, consumer) DO UPDATE SET xid = excluded.xid, seq = excluded.seq",
            (practice, consumer, *to),
        )
    )


def head(connection: Connection, practice: str) -> Position:
    """The newest entry that no open transaction can precede; START for an empty feed."""
    dialect = connection.dialect
    parts = [Sql("f.practice = ?", (practice,)), dialect.feed_horizon("f")]
    rows = connection.rows(
        Sql(f"SELECT {dialect.xid('f')}, f.seq FROM feed f WHERE ")
        + all_of(parts)
        + Sql(" ORDER BY f.xid DESC, f.seq DESC LIMIT 1")
    )
    return (cast(int, rows[0][0]), cast(int, rows[0][1])) if rows else START


def register(connection: Connection, practice: str, names: Iterable[str]) -> list[str]:
    """Let consumers without a position start at the end of the feed; their names."""
    known = {
        str(r[0]) for r in connection.rows(Sql("SELECT consumer FROM feed_position WHERE practice = ?", (practice,)))
    }
    new = sorted(set(names) - known)
    end = head(connection, practice) if new else START
    for name in new:
        advance(connection, practice, name, end)
    return new


def lag(connection: Connection, practice: str, consumer: str, types: Iterable[str]) -> Lag:
    """How far a consumer of these resource types is behind."""
    dialect = connection.dialect
    parts = [
        Sql("f.practice = ?", (practice,)),
        dialect.after("f", *position(connection, practice, consumer)),
        Sql("f.type IN ") + marks(sorted(types)),
    ]
    row = connection.rows(Sql("SELECT count(*), min(f.at) FROM feed f WHERE ") + all_of(parts))[0]
    oldest = None if row[1] is None else dialect.instant(row[1])
    return Lag(consumer=consumer, waiting=cast(int, row[0]), oldest_at=oldest)


def hidden_since(connection: Connection, practice: str) -> datetime | None:
    """Since when the oldest committed feed row waits for a transaction that is still open; None if none waits."""
    dialect = connection.dialect
    horizon = dialect.feed_horizon("f")
    text = Sql("SELECT min(f.at) FROM feed f WHERE f.practice = ? AND NOT (", (practice,)) + horizon + Sql(")")
    found = connection.rows(text)[0][0]
    return None if found is None else dialect.instant(found)
