"""Deadlines that have come: rows of the projection `deadline`, taken under a lease so that workers share them out.

Two clocks: a deadline is due by the product's clock, a lease runs by the database's. The lease only keeps two workers
from doing the same work at once; that each deadline acts once is held by the task's version, over which the worker
writes. A worker that is killed leaves its leases to run out; one that was asleep meets a newer version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from carewright.core.store.drivers.base import Connection
from carewright.core.store.sql import Row, Sql, marks

TABLE = "p_deadline"


@dataclass(frozen=True, kw_only=True)
class Due:
    """A deadline that has come: the task's id and the version it was declared in."""

    key: UUID
    task_id: str
    version: int
    why: str
    at: datetime


def take(connection: Connection, practice: str, *, holder: str, now: datetime, limit: int, seconds: float) -> list[Due]:
    """The earliest deadlines at or before `now` that nobody else acts on, leased for `seconds`.

    Call it in a write transaction: PostgreSQL passes over rows that another worker is taking (SKIP LOCKED), SQLite
    has one writer.
    """
    dialect = connection.dialect
    skipping = " FOR UPDATE OF d SKIP LOCKED" if dialect.name == "postgresql" else ""
    rows = connection.rows(
        Sql(
            f"SELECT d.key, d.id, d.version, d.why, d.at FROM {TABLE} d "
            "WHERE d.practice = ? AND d.at <= ? AND NOT EXISTS (SELECT 1 FROM deadline_lease l "
            "WHERE l.practice = d.practice AND l.key = d.key AND l.version = d.version "
            f"AND l.until > {dialect.now()}) ORDER BY d.at, d.id LIMIT ?{skipping}",
            (practice, now, limit),
        )
    )
    found = [_due(connection, row) for row in rows]
    for due in found:
        connection.execute(
            Sql(
                "INSERT INTO deadline_lease (practice, key, version, holder, until) VALUES (?, ?, ?, ?, ",
                (practice, due.key, due.version, holder),
            )
            + dialect.from_now(seconds)
            + Sql(
                ") ON CONFLICT (practice, key) DO UPDATE SET version = excluded.version, holder = excluded.holder, "
                "until = excluded.until"
            )
        )
    return found


def give_back(connection: Connection, practice: str, *, holder: str, keys: Iterable[UUID]) -> None:
    """The work on these is over. What could not be done keeps its lease: it waits a while, and nothing waits for it."""
    listed = sorted(keys)
    if listed:
        connection.execute(
            Sql("DELETE FROM deadline_lease WHERE practice = ? AND holder = ? AND key IN ", (practice, holder))
            + marks(listed)
        )


def next_at(connection: Connection, practice: str) -> datetime | None:
    """When the earliest deadline comes, or came; None where there is none."""
    rows = connection.rows(Sql(f"SELECT min(d.at) FROM {TABLE} d WHERE d.practice = ?", (practice,)))
    return None if rows[0][0] is None else connection.dialect.instant(rows[0][0])


def _due(connection: Connection, row: Row) -> Due:
    dialect = connection.dialect
    return Due(
        key=dialect.key(row[0]), task_id=str(row[1]), version=cast(int, row[2]), why=str(row[3]),
        at=dialect.instant(row[4]),
    )  # fmt: skip
