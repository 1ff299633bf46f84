"""SQLite: the embedded database. One file, write-ahead log, one writer at a time.

Durability (https://www.sqlite.org/pragma.html#pragma_synchronous): with `synchronous=FULL` the log is synced before
a commit returns. Keys are 16-byte blobs; instants are integers, microseconds since 1970 UTC.
Writers of this process queue on a lock of our own, which is fair; writers of other processes wait in `busy_timeout`.
"""

import sqlite3
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import anyio
import anyio.to_thread

from carewright.core.clock import wall_now
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
from carewright.core.store.hooks import ColumnType
from carewright.core.store.model import TooCostly, TooDeep
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql, spread

PARSER_FULL = "parser stack overflow"
"""SQLite holds a hundred symbols of a statement that are not closed yet."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BUSY_TIMEOUT_MS = 30_000
WAL_AUTOCHECKPOINT_PAGES = 4_000
"""16 MB of log between checkpoints instead of 4: fewer of them, each still short."""

WATCH_INTERVAL_SECONDS = 0.05
STEPS_BETWEEN_LOOKS = 50_000
"""Steps of SQLite's machine (a few milliseconds) between two looks at how long a bounded read has taken."""


def to_database(value: object) -> object:
    """A Python value as SQLite stores it."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    return value


def open_database(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection with the settings that durability and speed rest on."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=BUSY_TIMEOUT_MS / 1000
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_AUTOCHECKPOINT_PAGES}")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


@lru_cache(maxsize=256)
def insert_text(table: Table) -> tuple[str, tuple[int, ...]]:
    """The statement that adds a row, and the numbers of the columns whose values SQLite stores in another form."""
    text = f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({', '.join('?' * len(table.columns))})"
    return text, tuple(n for n, (_, kind) in enumerate(table.columns) if kind in (ColumnType.KEY, ColumnType.INSTANT))


def _converted(row: Row, columns: tuple[int, ...]) -> list[object]:
    values = list(row)
    for column in columns:
        values[column] = to_database(values[column])
    return values


@lru_cache(maxsize=65_536)
def _uuid(value: bytes) -> UUID:
    """Kept: a page reads the same patients' keys from many tables, and making one costs more than looking it up."""
    return UUID(bytes=value)


class SqliteDialect:
    name = "sqlite"
    plans_by_values = False

    def instant(self, value: object) -> datetime:
        if not isinstance(value, int):
            raise TypeError(f"An instant column held {type(value).__name__}.")
        return EPOCH + timedelta(microseconds=value)

    def key(self, value: object) -> UUID:
        if not isinstance(value, bytes):
            raise TypeError(f"A key column held {type(value).__name__}.")
        return _uuid(value)

    def bytes_(self, value: object) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError(f"A bytes column held {type(value).__name__}.")
        return value

    def feed_horizon(self, alias: str) -> Sql:
        return Sql("1=1")  # one writer at a time: rows appear in the order of their sequence

    def after(self, alias: str, xid: int, seq: int) -> Sql:
        # Here the transaction number is always 0; saying so lets the index begin at the sequence.
        return Sql(f"{alias}.xid = 0 AND {alias}.seq > ?", (seq,))

    def xid(self, alias: str) -> str:
        return f"{alias}.xid"

    def now(self) -> str:
        return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"

    def from_now(self, seconds: float) -> Sql:
        return Sql(f"({self.now()} + ?)", (int(seconds * 1_000_000),))


class SqliteConnection:
    def __init__(self, connection: sqlite3.Connection, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect: Dialect = dialect

    def rows(self, statement: Sql) -> list[Row]:
        return self._run(statement).fetchall()

    def rows_within(self, seconds: float, statement: Sql) -> list[Row]:
        """The rows; TooCostly where finding them takes longer."""
        over = time.monotonic() + seconds
        self._connection.set_progress_handler(lambda: time.monotonic() > over, STEPS_BETWEEN_LOOKS)
        try:
            return self.rows(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooCostly(seconds) from error
            raise
        finally:
            self._connection.set_progress_handler(None, 0)

    def stream(self, statement: Sql) -> Iterator[Row]:
        yield from self._run(statement)

    def execute(self, statement: Sql) -> int:
        return self._run(statement).rowcount

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        text, converted = insert_text(table)
        try:
            self._connection.executemany(text, [_converted(row, converted) for row in rows])
        except sqlite3.IntegrityError as error:
            raise UniqueViolation(table.name) from error

    def insert_all(self, rows: Mapping[Table, Sequence[Row]]) -> None:
        for table, listed in rows.items():
            self.insert(table, listed)

    def lock(self, numbers: Iterable[int]) -> None:
        """BEGIN IMMEDIATE has taken the only write lock there is."""

    def delete_keys(self, table: str, practice: str, keys: Sequence[UUID]) -> None:
        self._connection.executemany(
            f"DELETE FROM {table} WHERE practice = ? AND key = ?",
            [(practice, key.bytes) for key in keys],
        )

    def _run(self, statement: Sql) -> sqlite3.Cursor:
        written = spread(statement)
        try:
            return self._connection.execute(written.text, tuple(map(to_database, written.params)))
        except sqlite3.IntegrityError as error:
            raise UniqueViolation(str(error).removeprefix("UNIQUE constraint failed: ").split(".")[0]) from error
        except sqlite3.OperationalError as error:
            if str(error) == PARSER_FULL:
                raise TooDeep from error
            raise


class _AsyncReads:
    """Reads of one request, each in a worker thread: SQLite releases the interpreter lock while it works."""

    def __init__(self, driver: "SqliteDriver", practice: str) -> None:
        self._driver, self._practice = driver, practice
        self.dialect: Dialect = driver.dialect

    async def rows(self, statement: Sql) -> list[Row]:
        def read() -> list[Row]:
            with self._driver.reading(self._practice) as connection:
                return connection.rows_within(READ_SECONDS, statement)

        return await anyio.to_thread.run_sync(read, limiter=self._driver.async_limiter())


class _VersionWatch:
    """Watches `PRAGMA data_version`, which changes with every commit of another connection of whatever process.

    https://www.sqlite.org/pragma.html#pragma_data_version
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._seen = -1

    async def wait(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            while not await anyio.to_thread.run_sync(self._changed):
                await anyio.sleep(WATCH_INTERVAL_SECONDS)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _changed(self) -> bool:
        if self._connection is None:
            self._connection = open_database(self._path, read_only=True)
        before, self._seen = self._seen, int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        return self._seen != before


class SqliteDriver:
    """The store's database file at `path` (created with its folder)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dialect: Dialect = SqliteDialect()
        self._write_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = threading.Lock()
        self._limiter: anyio.CapacityLimiter | None = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def async_limiter(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(4)
        return self._limiter

    @contextmanager
    def reading(self, practice: str) -> Iterator["SqliteConnection"]:
        """Reads of one snapshot."""
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or open_database(self.path, read_only=True)
        try:
            connection.execute("BEGIN")
            yield SqliteConnection(connection, self.dialect)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._idle_lock:
                self._idle.append(connection)

    @contextmanager
    def writing(self, practice: str) -> Iterator[Connection]:
        """One write transaction: committed and synced when the block ends, undone when it raises."""
        with self._write_lock:
            if self._writer is None:
                self._writer = open_database(self.path, read_only=False)
            connection = self._writer
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise Busy("Another process held the database's write lock for too long.") from error
            try:
                yield SqliteConnection(connection, self.dialect)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self, practice: str) -> Iterator[Connection]:
        """Reads of a copy that SQLite's online backup makes: a long read of the file itself would let its log grow.

        https://www.sqlite.org/backup.html
        """
        with (
            tempfile.TemporaryDirectory(dir=self.path.parent, prefix=".snapshot-") as folder,
            closing(sqlite3.connect(Path(folder) / "copy", check_same_thread=False)) as copy,
        ):
            with closing(open_database(self.path, read_only=True)) as original:
                original.backup(copy)
            yield SqliteConnection(copy, self.dialect)

    @contextmanager
    def moment(self, practice: str) -> Iterator[tuple[Connection, datetime]]:
        """A read transaction that begins while nobody can write. The log grows as long as it lasts."""
        with ExitStack() as stack:
            with self.writing(practice):
                connection = stack.enter_context(self.reading(practice))
                connection.rows(Sql("SELECT 1 FROM practice LIMIT 1"))  # it is the first read that fixes the moment
                now = wall_now()
            yield connection, before(now)

    @asynccontextmanager
    async def reading_async(self, practice: str, *, one_plan: bool = False) -> AsyncIterator[AsyncConnection]:
        yield _AsyncReads(self, practice)

    def session_row(self, secret_hash: bytes) -> Row | None:
        with self.reading("") as connection:
            rows = connection.rows(Sql("SELECT * FROM session WHERE secret_hash = ?", (secret_hash,)))
        return rows[0] if rows else None

    async def session_row_async(self, secret_hash: bytes) -> Row | None:
        return await anyio.to_thread.run_sync(self.session_row, secret_hash, limiter=self.async_limiter())

    def durability(self) -> dict[str, str]:
        connection = open_database(self.path, read_only=True)
        try:
            journal = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            synchronous = int(connection.execute("PRAGMA synchronous").fetchone()[0])
        finally:
            connection.close()
        found = {"engine": f"SQLite {sqlite3.sqlite_version}", "journal_mode": journal, "synchronous": str(synchronous)}
        if journal != "wal" or synchronous < 2:
            found["problem"] = "The database does not sync before it acknowledges; is it on a network drive?"
        return found

    def close(self) -> None:
        with self._write_lock, self._idle_lock:
            for connection in [*self._idle, *([self._writer] if self._writer else [])]:
                connection.close()
            self._idle, self._writer = [], None

    def watch(self) -> Watch:
        return _VersionWatch(self.path)

    def announce(self) -> None:
        """Watches see a commit in the file itself."""

    async def close_async(self) -> None:
        """Reads run in threads: nothing here belongs to an event loop but the limit on them."""
        self._limiter = None
