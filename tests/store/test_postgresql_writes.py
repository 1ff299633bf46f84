"""What the driver of PostgreSQL does by itself: columns as binary arrays, and one pipeline around a transaction."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from carewright.core.fhir.dates import MAX_INSTANT, MIN_INSTANT
from carewright.core.store.drivers.base import UniqueViolation
from carewright.core.store.drivers.columns import COLUMNS, array_of
from carewright.core.store.drivers.postgresql import PostgresqlDriver
from carewright.core.store.model import Unavailable
from carewright.core.store.schema import KEY_CLAIM
from carewright.core.store.sql import Sql
from tests import loops
from tests.postgresql_server import Database

pytestmark = pytest.mark.postgresql

SET_TO = Sql("SELECT current_setting('carewright.practice')")
VALUES: dict[str, list[object]] = {
    "text": ["", "Nguyễn", None, "a,b{}\"'\\", "名前"],
    "bigint": [0, -1, None, 2**63 - 1, -(2**63)],
    "float8": [0.0, None, -1.5, 1.7976931348623157e308],
    "timestamptz": [
        MIN_INSTANT, MAX_INSTANT, None, datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 42, tzinfo=timezone(timedelta(hours=-5))),
    ],
    "uuid": [uuid.UUID(int=0), None, uuid.UUID(int=2**128 - 1)],
    "bytes": [b"", None, b"\x00\xff{}"],
}  # fmt: skip


@pytest.fixture
def driver(migrated_postgresql: Database) -> Iterator[PostgresqlDriver]:
    """A driver with one connection, so that what one transaction leaves the next one finds."""
    found = PostgresqlDriver(migrated_postgresql.app_url, connections=1)
    yield found
    found.close()


@pytest.mark.parametrize("kind", VALUES)
def test_a_column_arrives_as_it_was(migrated_postgresql: Database, kind: str) -> None:
    values, type_ = VALUES[kind], "bytea" if kind == "bytes" else kind
    with psycopg.connect(migrated_postgresql.app_url) as connection:
        for part in (values, values[:1], [None]):
            text = f"SELECT array_agg(v ORDER BY n) FROM unnest($1::{type_}[]) WITH ORDINALITY AS u (v, n)"  # noqa: S608 - our own types
            row = psycopg.RawCursor(connection).execute(text.encode(), [COLUMNS[kind](part)]).fetchone()
            assert row == (part,)


@pytest.mark.parametrize("values", [("a", "b"), tuple(uuid.UUID(int=n) for n in range(3)), (1, 2)])
def test_a_list_of_any_kind_is_one_parameter(migrated_postgresql: Database, values: tuple[object, ...]) -> None:
    with psycopg.connect(migrated_postgresql.app_url) as connection:
        row = connection.execute("SELECT cardinality(%s)", (array_of(values),)).fetchone()
    assert row == (len(values),)


def test_every_transaction_is_its_own_practice_s(driver: PostgresqlDriver) -> None:
    """The connection keeps its practice; a transaction that is taken back takes its setting with it."""
    for practice in ("a", "b", "b", "a"):
        with pytest.raises(ZeroDivisionError), driver.writing(practice) as connection:
            assert connection.rows(SET_TO) == [(practice,)]
            raise ZeroDivisionError
        with driver.reading(practice) as connection:
            assert connection.rows(SET_TO) == [(practice,)]
        with driver.writing(practice) as connection:
            assert connection.rows(SET_TO) == [(practice,)]


def test_what_was_not_committed_is_not_acknowledged(driver: PostgresqlDriver) -> None:
    """An error that comes back with the COMMIT counts, and leaves a connection that works."""
    practice = f"p{uuid.uuid4().hex[:12]}"
    row = (practice, "mrn", "1", "Patient", "a", datetime(2026, 11, 23, tzinfo=UTC))
    with driver.writing(practice) as connection:
        connection.insert(KEY_CLAIM, [row])
    with pytest.raises(UniqueViolation), driver.writing(practice) as connection:
        connection.insert(KEY_CLAIM, [(practice, "mrn", "2", *row[3:])])
        connection.insert(KEY_CLAIM, [row])
    with driver.reading(practice) as connection:
        kept = connection.rows(Sql("SELECT claim_key FROM key_claim WHERE practice = ?", (practice,)))
    assert kept == [("1",)]


@pytest.mark.parametrize("ended", [False, True])
def test_who_hides_a_failure_commits_nothing(driver: PostgresqlDriver, ended: bool) -> None:
    """Whether the server has been told since that the pipeline goes on (then it answers COMMIT by ROLLBACK) or not."""
    nothing = Sql("DELETE FROM key_claim WHERE practice = ? AND kind = 'none'", ("p",))
    with pytest.raises((RuntimeError, Unavailable)), driver.writing("p") as connection:
        with suppress(psycopg.Error):
            connection.rows(Sql("SELECT 1 / 0"))
        with suppress(psycopg.Error):
            if ended:
                connection.execute(nothing)
    with driver.writing("p") as connection:
        assert connection.execute(nothing) == 0


def test_a_loop_closes_what_it_has_opened_whatever_another_left_open(driver: PostgresqlDriver) -> None:
    """A server that was cut off leaves its connections behind; the next one in the process ended with an error."""

    async def reads() -> str:
        async with driver.reading_async("here") as connection:
            found = await connection.rows(SET_TO)
        return str(found[0][0])

    other = asyncio.new_event_loop()
    try:
        assert other.run_until_complete(reads()) == "here"
        assert loops.run(reads(), reads=driver) == "here"
        assert other.run_until_complete(reads()) == "here"
    finally:
        other.run_until_complete(driver.close_async())
        other.close()
