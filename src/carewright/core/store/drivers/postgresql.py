"""PostgreSQL through psycopg 3: pooled connections, one practice each, statements of a write sent together.

The practice is set once per check-out (`carewright.practice`), and row-level security holds every statement to it.
Pipelining: https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html
"""

import threading
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from types import TracebackType
from typing import Any, LiteralString
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from carewright.core.clock import wall_now
from carewright.core.store.drivers.announcements import Announcer, Listener
from carewright.core.store.drivers.base import (
    READ_SECONDS,
    AsyncConnection,
    Busy,
    Connection,
    Dialect,
    UniqueViolation,
    Watch,
    before,
)
from carewright.core.store.drivers.columns import array_of, columns_of
from carewright.core.store.model import TooCostly, Unavailable
from carewright.core.store.schema import Table
from carewright.core.store.sql import MANY, Many, PlannedAnew, Row, Sql

SET_PRACTICE = "SELECT set_config('carewright.practice', %s, false)"
PREPARE_AFTER = 2
"""A statement is prepared on its second run in a connection (psycopg waits for five by default)."""


CONNECTION_PATIENCE_SECONDS = 10.0
"""How long somebody waits for a connection before they are told that the database does not answer."""
RECONNECT_SECONDS = 5.0
"""The pool's pauses between its attempts double; after this long it begins anew, so that a database that is back is
found within seconds."""


@contextmanager
def _answering() -> Iterator[None]:
    """Unavailable where the server cannot be reached or the connection breaks off."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise TooCostly(READ_SECONDS) from error
    except PoolTimeout as error:
        raise Unavailable from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(begun=True) from error


@lru_cache(maxsize=4096)
def to_psycopg(text: str) -> LiteralString:
    """Our `?` marks as psycopg's. The text is ours alone; input is never part of it."""
    arrays = text.replace("%", "%%").replace(f"NOT IN {MANY}", "<> ALL(%s)").replace(f"IN {MANY}", "= ANY(%s)")
    return arrays.replace("?", "%s")


def _values(params: tuple[object, ...]) -> list[object]:
    """Long lists as arrays."""
    return [array_of(value) if isinstance(value, Many) else value for value in params]


READS_ONE_MOMENT = "carewright-one-moment"
"""The name under which long reads go while they last: they write nothing, so nobody waits for them."""
CLOCKS_DIFFER = timedelta(seconds=5)
"""By how much the clocks of servers and database may differ, and a write may dawdle before its transaction begins."""
OLDEST_WRITER: LiteralString = (
    "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND pid <> pg_backend_pid() AND application_name <> %s"
)
STREAMED_AT_ONCE = 5_000


@contextmanager
def _one_moment(connection: "psycopg.Connection[Row]") -> Iterator[None]:
    """A transaction whose reads all see one moment, however long it lasts."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute(f"SET LOCAL application_name = '{READS_ONE_MOMENT}'")
        yield


@contextmanager
def _transaction(connection: "psycopg.Connection[Row]") -> Iterator[None]:
    """BEGIN and COMMIT in one pipeline with what is between them: psycopg's own `transaction` waits for the server
    three times, and a create that reads nothing need wait once, until it is on disk.

    BEGIN is sent at once, so that the server knows since when something may be written (`moment`). Nothing counts as
    committed but what the server says it has.
    """
    try:
        with connection.pipeline():
            connection.execute("BEGIN", prepare=False)
            yield
            committed = connection.execute("COMMIT", prepare=False)
        if committed.statusmessage != "COMMIT":  # ROLLBACK: a statement had failed
            raise RuntimeError(f"The transaction was not committed: {committed.statusmessage}.")
    except BaseException:
        if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()
        raise


def _prepared(statement: Sql) -> bool | None:
    """False where a prepared statement would after some runs keep one plan for all values: a million resources are
    `final`, and a plan that begins there for the sake of a rarer status takes seconds. None leaves it to psycopg."""
    return False if isinstance(statement, PlannedAnew) else None


class PostgresqlDialect:
    name = "postgresql"
    plans_by_values = True

    def instant(self, value: object) -> datetime:
        if not isinstance(value, datetime):
            raise TypeError(f"An instant column held {type(value).__name__}.")
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def key(self, value: object) -> UUID:
        if not isinstance(value, UUID):
            raise TypeError(f"A key column held {type(value).__name__}.")
        return value

    def bytes_(self, value: object) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError(f"A bytes column held {type(value).__name__}.")
        return value

    def feed_horizon(self, alias: str) -> Sql:
        return Sql(f"{alias}.xid < pg_snapshot_xmin(pg_current_snapshot())")

    def after(self, alias: str, xid: int, seq: int) -> Sql:
        return Sql(f"({alias}.xid, {alias}.seq) > (?::text::xid8, ?)", (str(xid), seq))

    def xid(self, alias: str) -> str:
        return f"{alias}.xid::text::bigint"

    def now(self) -> str:
        return "clock_timestamp()"

    def from_now(self, seconds: float) -> Sql:
        return Sql("(clock_timestamp() + make_interval(secs => ?))", (float(seconds),))


@lru_cache(maxsize=1024)
def insert_text(tables: tuple[Table, ...]) -> bytes:
    """One statement that adds rows to several tables: fewer messages, and one to parse. Its marks are PostgreSQL's own
    (`$1`): psycopg would look for `%s` in so long a text each time."""
    number, inserts = count(1), []
    for table in tables:
        arrays = ", ".join(f"${next(number)}::{'bytea' if kind == 'bytes' else kind}[]" for _, kind in table.columns)
        inserts.append(f"INSERT INTO {table.name} ({', '.join(table.names)}) SELECT * FROM unnest({arrays})")
    *first, last = inserts
    beside = ", ".join(f"into_{table.name} AS ({text})" for table, text in zip(tables, first, strict=False))
    return (f"WITH {beside} {last}" if first else last).encode()


class PostgresqlConnection:
    def __init__(self, connection: "psycopg.Connection[Row]", dialect: Dialect) -> None:
        self._connection = connection
        self.dialect: Dialect = dialect

    def rows(self, statement: Sql) -> list[Row]:
        text, values = to_psycopg(statement.text), _values(statement.params)
        return self._connection.execute(text, values, prepare=_prepared(statement)).fetchall()

    def stream(self, statement: Sql) -> Iterator[Row]:
        with self._connection.cursor(name=f"stream_{uuid4().hex}") as cursor:
            cursor.itersize = STREAMED_AT_ONCE
            cursor.execute(to_psycopg(statement.text), _values(statement.params))
            yield from cursor

    def execute(self, statement: Sql) -> int:
        cursor = self._connection.execute(to_psycopg(statement.text), _values(statement.params))
        if cursor.rowcount < 0:  # inside a pipeline: the answer has not been fetched yet
            with self._connection.pipeline() as pipeline:
                pipeline.sync()
        return cursor.rowcount

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        self.insert_all({table: rows})

    def insert_all(self, rows: Mapping[Table, Sequence[Row]]) -> None:
        tables = tuple(table for table, listed in rows.items() if listed)
        if tables:
            columns = [one for t in tables for one in columns_of((kind for _, kind in t.columns), rows[t])]
            psycopg.RawCursor(self._connection).execute(insert_text(tables), columns)

    def lock(self, numbers: Iterable[int]) -> None:
        ordered = sorted(set(numbers))
        if ordered:
            self._connection.execute(
                "SELECT pg_advisory_xact_lock(n) FROM (SELECT n FROM unnest(%s::bigint[]) AS n ORDER BY n) AS ordered",
                (ordered,),
            )

    def delete_keys(self, table: str, practice: str, keys: Sequence[UUID]) -> None:
        if keys:
            self._connection.execute(
                f"DELETE FROM {table} WHERE practice = %s AND key = ANY(%s::uuid[])",
                (practice, list(keys)),
            )


class PostgresqlAsyncConnection:
    """`elsewhere` is what plans a statement for its own values, where this connection does not."""

    __slots__ = ("_connection", "_elsewhere", "dialect")

    def __init__(
        self, connection: "psycopg.AsyncConnection[Row]", dialect: Dialect, elsewhere: "_AsyncReading | None" = None
    ) -> None:
        self._connection, self._elsewhere = connection, elsewhere
        self.dialect: Dialect = dialect

    async def rows(self, statement: Sql) -> list[Row]:
        if self._elsewhere is not None and isinstance(statement, PlannedAnew):
            async with self._elsewhere as planning:
                return await planning.rows(statement)
        text, values = to_psycopg(statement.text), _values(statement.params)
        cursor = await self._connection.execute(text, values, prepare=_prepared(statement))
        return await cursor.fetchall()


class PostgresqlDriver:
    """A PostgreSQL database at `url`, as the role that the URL names."""

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self.url = url
        self.dialect: Dialect = PostgresqlDialect()
        self._size = connections
        self._pool: ConnectionPool[psycopg.Connection[Row]] | None = None
        self._async_pools: dict[AbstractEventLoop, dict[bool, AsyncConnectionPool[psycopg.AsyncConnection[Row]]]] = {}
        """By the loop that they live and end in, and by whether their connections keep one plan for all values."""
        self._opening = threading.Lock()
        self._practice_of: WeakKeyDictionary[psycopg.Connection[Row], str] = WeakKeyDictionary()
        """Which practice a connection was last set to outside a transaction: setting it again costs a round trip."""
        self.async_practice_of: WeakKeyDictionary[psycopg.AsyncConnection[Row], str] = WeakKeyDictionary()
        self._announcer = Announcer(url)

    def _settings(self, more: str = "") -> dict[str, Any]:
        return {
            "autocommit": True,
            "prepare_threshold": PREPARE_AFTER,
            "options": f"-c idle_in_transaction_session_timeout=10000 -c timezone=UTC{more}",
        }

    def _connections(self) -> "ConnectionPool[psycopg.Connection[Row]]":
        with self._opening:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self.url, kwargs=self._settings(), min_size=1, max_size=self._size, open=True,
                    timeout=CONNECTION_PATIENCE_SECONDS, reconnect_timeout=RECONNECT_SECONDS,
                )  # fmt: skip
            return self._pool

    @contextmanager
    def reading(self, practice: str) -> Iterator[Connection]:
        """Reads. Each statement sees what was committed before it began."""
        with _answering(), self._connections().connection() as connection:
            if self._practice_of.get(connection) != practice:
                self._practice_of.pop(connection, None)
                connection.execute(SET_PRACTICE, (practice,))
                self._practice_of[connection] = practice
            yield PostgresqlConnection(connection, self.dialect)

    @contextmanager
    def writing(self, practice: str) -> Iterator[Connection]:
        """One READ COMMITTED transaction; inserts are pipelined and checked at the latest when it commits."""
        with _answering(), self._connections().connection() as connection:
            set_to = self._practice_of.pop(connection, None)  # a rollback takes the setting back with it
            try:
                with _transaction(connection):
                    if set_to != practice:
                        connection.execute(SET_PRACTICE, (practice,))
                    yield PostgresqlConnection(connection, self.dialect)
                self._practice_of[connection] = practice
            except psycopg.errors.UniqueViolation as error:
                raise UniqueViolation(error.diag.table_name or "") from error
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
                raise Busy("The transaction met another one and has to run again.") from error

    @contextmanager
    def snapshot(self, practice: str) -> Iterator[Connection]:
        """One REPEATABLE READ, READ ONLY transaction; it takes no transaction number, so it hides no feed rows."""
        with _answering(), self._connections().connection() as connection:
            self._practice_of.pop(connection, None)
            connection.execute(SET_PRACTICE, (practice,))
            with _one_moment(connection):
                yield PostgresqlConnection(connection, self.dialect)

    @contextmanager
    def moment(self, practice: str) -> Iterator[tuple[Connection, datetime]]:
        """As `snapshot`. A transaction that is open now was stamped when it had begun, so that all before the oldest of
        them is committed; the last seconds are left for clocks that differ."""
        with _answering(), self._connections().connection() as connection:
            now = wall_now()
            row = connection.execute(OLDEST_WRITER, (READS_ONE_MOMENT,)).fetchone()
            oldest = row[0] if row and isinstance(row[0], datetime) else now
            self._practice_of.pop(connection, None)
            connection.execute(SET_PRACTICE, (practice,))
            with _one_moment(connection):
                yield PostgresqlConnection(connection, self.dialect), before(min(now, oldest) - CLOCKS_DIFFER)

    def reading_async(self, practice: str, *, one_plan: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        return _AsyncReading(self, practice, one_plan=one_plan)

    async def async_pool(self, *, one_plan: bool) -> "AsyncConnectionPool[psycopg.AsyncConnection[Row]]":
        pools = self._async_pools.get(loop := get_running_loop())
        if pools is None:
            with self._opening:  # those of a loop that has ended can be closed by nobody any more
                kept = {known: of for known, of in self._async_pools.items() if not known.is_closed()}
                pools = kept[loop] = {}
                self._async_pools = kept
        pool = pools.get(one_plan)
        if pool is None:
            mode = " -c plan_cache_mode=force_generic_plan" if one_plan else ""
            bounded = self._settings(f" -c statement_timeout={int(READ_SECONDS * 1000)}{mode}")
            pools[one_plan] = pool = AsyncConnectionPool(
                self.url, kwargs=bounded, min_size=1, max_size=self._size, open=False,
                timeout=CONNECTION_PATIENCE_SECONDS, reconnect_timeout=RECONNECT_SECONDS,
            )  # fmt: skip
            await pool.open()
        return pool

    def session_row(self, secret_hash: bytes) -> Row | None:
        with _answering(), self._connections().connection() as connection:
            return connection.execute("SELECT * FROM session_by_hash(%s)", (secret_hash,)).fetchone()

    async def session_row_async(self, secret_hash: bytes) -> Row | None:
        async with _AsyncReading(self, None) as connection:  # whatever its practice: the function asks for none
            rows = await connection.rows(Sql("SELECT * FROM session_by_hash(?)", (secret_hash,)))
        return rows[0] if rows else None

    def durability(self) -> dict[str, str]:
        found: dict[str, str] = {}
        with _answering(), self._connections().connection() as connection:
            found["engine"] = f"PostgreSQL {connection.info.server_version // 10_000}"
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
                found[setting] = str(row[0]) if row else ""
        if found["fsync"] != "on" or found["synchronous_commit"] not in ("on", "remote_apply", "remote_write", "local"):
            found["problem"] = "PostgreSQL acknowledges before it syncs: set fsync and synchronous_commit to on."
        return found

    def watch(self) -> Watch:
        return Listener(self.url)

    def announce(self) -> None:
        self._announcer.announce()

    def close(self) -> None:
        self._announcer.close()
        with self._opening:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    async def close_async(self) -> None:
        for pool in self._async_pools.pop(get_running_loop(), {}).values():
            await pool.close()


class _AsyncReading:
    """A connection of the asynchronous pool, set to a practice (None: to whichever it was).

    Written out instead of three generators around one another: a read by id takes less time in the database.
    """

    __slots__ = ("_connection", "_driver", "_one_plan", "_pool", "_practice")

    def __init__(self, driver: PostgresqlDriver, practice: str | None, *, one_plan: bool = False) -> None:
        self._driver, self._practice, self._one_plan = driver, practice, one_plan

    async def __aenter__(self) -> AsyncConnection:
        with _answering():
            self._pool = await self._driver.async_pool(one_plan=self._one_plan)
            self._connection = connection = await self._pool.getconn()
            set_to = self._driver.async_practice_of
            if self._practice is not None and set_to.get(connection) != self._practice:
                try:
                    set_to.pop(connection, None)
                    await connection.execute(SET_PRACTICE, (self._practice,))
                    set_to[connection] = self._practice
                except BaseException:
                    await self._pool.putconn(connection)
                    raise
        elsewhere = _AsyncReading(self._driver, self._practice) if self._one_plan else None
        return PostgresqlAsyncConnection(connection, self._driver.dialect, elsewhere)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.putconn(self._connection)
        if isinstance(error, psycopg.Error):
            with _answering():
                raise error
