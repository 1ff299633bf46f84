"""A database that does not answer is said so, soon and in words, whichever way it is asked."""

import socket
from collections.abc import Iterator

import pytest

from carewright.core.registry import Registry
from carewright.core.store.drivers import postgresql
from carewright.core.store.drivers.postgresql import PostgresqlDriver
from carewright.core.store.model import StoreError, Unavailable
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.fhirapi.outcomes import problem
from carewright.project import cli
from tests import loops
from tests.store.people import everything


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database that is not there."""
    monkeypatch.setattr(postgresql, "CONNECTION_PATIENCE_SECONDS", 0.2)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        yield f"postgresql://nobody:x@127.0.0.1:{taken.getsockname()[1]}/none"


def test_reads_and_writes_say_that_the_database_does_not_answer(nowhere: str) -> None:
    driver = PostgresqlDriver(nowhere)
    store = Store(driver=driver, registry=Registry(()))
    with pytest.raises(Unavailable, match="does not answer"), driver.reading("p") as connection:
        connection.rows(Sql("SELECT 1"))
    with pytest.raises(Unavailable), Writer(store, everything("p")).transaction(reason="test") as tx:
        tx.create({"resourceType": "Patient"})
    with pytest.raises(Unavailable):
        driver.session_row(b"x")
    driver.close()

    with pytest.raises(Unavailable):
        loops.run(driver.session_row_async(b"x"), reads=driver)


def test_the_api_answers_503_and_when_to_come_back() -> None:
    found = problem(Unavailable())
    assert (found.status, found.headers) == (503, {"Retry-After": "1"})
    assert issubclass(Unavailable, StoreError)
    assert "Look whether this was saved" in str(Unavailable(begun=True))


def test_a_command_says_it_in_one_line(
    nowhere: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setenv("CARE_DATABASE_URL", nowhere)
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path))
    assert cli.main(["audit", "verify"]) == cli.BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("carewright: The PostgreSQL database does not answer.")
    assert len(said.splitlines()) == 1
