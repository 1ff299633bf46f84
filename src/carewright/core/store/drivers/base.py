"""What the store asks of a database: two thin drivers answer it, one for SQLite and one for PostgreSQL.

Everything that builds statements or rows is free of I/O; only the drivers talk to a database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql


class Dialect(Protocol):
    """The few things that the two databases write differently."""

    name: str
    plans_by_values: bool
    """Whether it plans a statement for its values, which may take longer than to carry it out."""

    def instant(self, value: object) -> datetime:
        """A value of an instant column as an aware datetime."""
        ...

    def key(self, value: object) -> UUID:
        """A value of a key column."""
        ...

    def bytes_(self, value: object) -> bytes: ...

    def feed_horizon(self, alias: str) -> Sql:
        """True for feed (or audit) rows that no transaction still open could precede."""
        ...

    def after(self, alias: str, xid: int, seq: int) -> Sql:
        """True for feed (or audit) rows behind the position (xid, seq)."""
        ...

    def xid(self, alias: str) -> str:
        """The transaction number of a feed (or audit) row as an integer expression."""
        ...

    def now(self) -> str:
        """The database's own time as an expression of an instant column's type (leases live by it)."""
        ...

    def from_now(self, seconds: float) -> Sql:
        """The database's own time, `seconds` later."""
        ...


class Connection(Protocol):
    """One connection, inside one transaction (or one snapshot of reads)."""

    dialect: Dialect

    def rows(self, statement: Sql) -> list[Row]: ...

    def stream(self, statement: Sql) -> Iterator[Row]:
        """The rows one after the other, never all of them in memory. Inside of `moment` or `snapshot` only."""
        ...

    def execute(self, statement: Sql) -> int:
        """Run a statement that changes rows; how many were changed."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows. On PostgreSQL the statements of one transaction travel together; errors may come at commit."""
        ...

    def insert_all(self, rows: Mapping[Table, Sequence[Row]]) -> None:
        """Add rows to several tables, on PostgreSQL in one statement."""
        ...

    def lock(self, numbers: Iterable[int]) -> None:
        """Wait for these locks, in sorted order, until the transaction ends."""
        ...

    def delete_keys(self, table: str, practice: str, keys: Sequence[UUID]) -> None:
        """Delete the rows of these resources from an index or projection table."""
        ...


class AsyncConnection(Protocol):
    dialect: Dialect

    async def rows(self, statement: Sql) -> list[Row]: ...


class Watch(Protocol):
    """Waits for commits of any process. For one task of one event loop."""

    async def wait(self, seconds: float) -> None:
        """Return as soon as something may have been committed, and after `seconds` in any case."""
        ...

    async def close(self) -> None: ...


def before(now: datetime) -> datetime:
    """The last millisecond before `now`: what is written from now on is stamped later than that."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000) - timedelta(milliseconds=1)


class UniqueViolation(Exception):
    """A unique key stood already; `table` is where."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Busy(Exception):
    """The transaction lost a deadlock or a serialisation race, or the write lock did not come in time: run it again."""


READ_SECONDS = 10.0
"""How long one statement of the API may read: then it is TooCostly, and others have the database again."""


class Driver(Protocol):
    """A database of either kind. Every transaction belongs to one practice."""

    dialect: Dialect

    def reading(self, practice: str) -> AbstractContextManager[Connection]: ...

    def writing(self, practice: str) -> AbstractContextManager[Connection]: ...

    def snapshot(self, practice: str) -> AbstractContextManager[Connection]:
        """Reads that all see one moment, however long they take, without holding up anybody's writes."""
        ...

    def moment(self, practice: str) -> AbstractContextManager[tuple[Connection, datetime]]:
        """Reads that all see one moment, for seconds or minutes, and the instant up to which they see everything: what
        is stamped at or before it had been committed. They may see some that is a little later."""
        ...

    def reading_async(self, practice: str, *, one_plan: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        """Reads without blocking. `one_plan`: a statement is planned once for all values, where the database may choose
        (but for what is `PlannedAnew`)."""
        ...

    def session_row(self, secret_hash: bytes) -> Row | None:
        """The session row of a secret, whatever its practice: the one look-up that precedes the practice."""
        ...

    async def session_row_async(self, secret_hash: bytes) -> Row | None: ...

    def durability(self) -> dict[str, str]:
        """The settings that durability rests on, as the database reports them, and `problem` if one is wrong."""
        ...

    def watch(self) -> Watch:
        """A new watch; what was committed before its first `wait` may count as a change."""
        ...

    def announce(self) -> None:
        """Wake the watches of all processes, after a commit and outside of every transaction; returns at once."""
        ...

    def close(self) -> None: ...

    async def close_async(self) -> None:
        """Close what belongs to the running event loop, before the loop ends."""
        ...
