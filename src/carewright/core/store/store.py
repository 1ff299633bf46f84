"""The store of an installation: a driver, what the skills declare, the clocks, and who is told after a commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from carewright.core.access.model import Access
from carewright.core.access.recent import RecentTokens
from carewright.core.audit.queue import AuditQueue
from carewright.core.audit.records import AuditRecord
from carewright.core.clock import Clock, wall_now
from carewright.core.outward import Outward
from carewright.core.registry import Registry
from carewright.core.store import consumers, schema
from carewright.core.store.drivers.base import Driver
from carewright.core.store.drivers.postgresql import PostgresqlDriver
from carewright.core.store.drivers.sqlite import SqliteDriver
from carewright.core.store.hooks import ColumnType, Projection
from carewright.core.store.migrate import migrate, postgresql_runner, sqlite_runner
from carewright.core.store.model import Origin
from carewright.core.store.positions import event_id
from carewright.core.store.reader import AsyncReader, Reader
from carewright.core.store.sql import Sql
from carewright.core.store.transaction import Written
from carewright.core.store.writer import Writer

Listener = Callable[[str, Sequence[Written]], None]


@dataclass
class Store:
    """Everything that reading and writing need. Readers and writers are made with an Access, never without."""

    driver: Driver
    registry: Registry
    clock: Clock = field(default_factory=Clock)
    digest_key: bytes = b""
    outward: Outward = field(default_factory=Outward)
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.audit_queue = AuditQueue(self.write_audits)
        self.recent_tokens = RecentTokens()

    def reader(self, access: Access, *, reason: str, origin: Origin = Origin.SCREEN) -> Reader:
        """A blocking reader; `reason` stands in the audit."""
        return Reader(self, access, reason=reason, origin=origin)

    def async_reader(self, access: Access, *, reason: str, origin: Origin = Origin.API) -> AsyncReader:
        return AsyncReader(self, access, reason=reason, origin=origin)

    def writer(self, access: Access, *, origin: Origin = Origin.SCREEN) -> Writer:
        """A writer for `actions` modules; nothing else opens its transactions (a test holds that)."""
        return Writer(self, access, origin=origin)

    def committed(self, practice: str, results: Sequence[Written]) -> None:
        """Tell the listeners of this process and the watches of all that something was written (see the feed)."""
        self.driver.announce()
        for listener in self.listeners:
            listener(practice, results)

    def write_audit(self, record: AuditRecord) -> None:
        """Write one audit record now."""
        self.write_audits([record])

    def write_audits(self, records: Sequence[AuditRecord]) -> None:
        """Write audit records, each practice's in a transaction of its own."""
        for practice in sorted({record.practice for record in records}):
            of_practice = [record for record in records if record.practice == practice]
            with self.driver.writing(practice) as connection:
                connection.insert(schema.AUDIT, [record.row() for record in of_practice])
                connection.insert(schema.AUDIT_PATIENT, [row for r in of_practice for row in r.patient_rows()])

    def ensure_practice(self, practice: str, name: str) -> None:
        """Register a practice; nothing happens if it is there."""
        with self.driver.writing(practice) as connection:
            connection.execute(
                Sql(
                    "INSERT INTO practice (practice, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (practice, name, wall_now()),
                )
            )

    def practices(self) -> list[str]:
        """The practices of this installation."""
        with self.driver.reading("") as connection:
            return [str(row[0]) for row in connection.rows(Sql("SELECT practice FROM practice ORDER BY practice"))]

    def last_written_at(self, practice: str) -> datetime | None:
        """When something was last written to a practice's charts (wall clock); None if nothing was."""
        with self.driver.reading(practice) as connection:
            rows = connection.rows(Sql("SELECT max(at) FROM feed WHERE practice = ?", (practice,)))
        return None if rows[0][0] is None else self.driver.dialect.instant(rows[0][0])

    def projection_values(self, declared: Projection, rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
        """Projection rows with instants and keys as Python values on either engine."""
        dialect = self.driver.dialect
        converters: dict[str, Callable[[object], object]] = {
            ColumnType.INSTANT: dialect.instant,
            ColumnType.KEY: dialect.key,
        }
        columns = schema.projection_table(declared).columns
        converted = [(name, converters[type_]) for name, type_ in columns if type_ in converters]
        for row in rows:
            for name, convert in converted:
                if row[name] is not None:
                    row[name] = convert(row[name])
        return list(rows)

    def feed_position(self, practice: str) -> str:
        """How far the practice's change feed has come, as an event id: who listens from here misses nothing."""
        with self.driver.reading(practice) as connection:
            return event_id(consumers.head(connection, practice))

    def now(self) -> datetime:
        """Clinical time."""
        return self.clock.now()

    def close(self) -> None:
        """Write what waits in the audit queue and close the connections."""
        self.audit_queue.close()
        self.driver.close()


def open_driver(url: str) -> Driver:
    """`sqlite:///path` or `postgresql://…`."""
    if url.startswith("sqlite:///"):
        return SqliteDriver(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresqlDriver(url)
    raise ValueError("The database is sqlite:///<path> or postgresql://<user>@<host>/<name>.")


def migrate_database(url: str, registry: Registry, *, owner_url: str | None = None) -> list[str]:
    """Bring the database to this version; what was done, in words. `owner_url` is the owner's role on PostgreSQL."""
    projections = list(registry.projections.values())
    if url.startswith("sqlite:///"):
        with sqlite_runner(Path(url.removeprefix("sqlite:///"))) as runner:
            return migrate(runner, projections)
    with postgresql_runner(owner_url or url) as runner:
        role = None
        if owner_url:
            import psycopg.conninfo

            role = str(psycopg.conninfo.conninfo_to_dict(url).get("user", "")) or None
        return migrate(runner, projections, application_role=role)
