"""A demonstration whose making is broken off begins again; what is whole, or is not the demonstration's, stays."""

import argparse
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, migrate_database
from carewright.project import demonstration, simulator, unfinished, wiring
from carewright.project.cli import demo_command
from carewright.project.cli.options import Failure
from carewright.project.environment import Environment
from carewright.project.server import CannotServe, PortTaken, free_port, require_free
from tests.postgresql_server import Database

PRACTICE = simulator.practice(1).key
OPTIONS = argparse.Namespace(seed=1, day=None, data_dir=None, host="127.0.0.1", port=None)
Told = Callable[[str, int], None]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def found(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An empty installation; its migrations are the store's alone, which is quick."""
    variables = {"CARE_DATA_DIR": str(tmp_path / "data")}
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("fresh_postgresql")
        variables |= {"CARE_DATABASE_URL": database.app_url, "CARE_DATABASE_OWNER_URL": database.owner_url}

    def migrated(found: Environment) -> list[str]:
        return migrate_database(found.store_url, wiring.registry(), owner_url=found.database_owner_url or None)

    monkeypatch.setattr(demo_command, "migrate", migrated)
    return Environment.read(variables)


def broken_off_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the making be interrupted after so many steps."""

    @contextmanager
    def progress(total: int | None, *, unit: str) -> Iterator[Told]:
        done: list[str] = []

        def told(label: str, more: int) -> None:
            done.append(label)
            if len(done) == steps:
                raise KeyboardInterrupt

        yield told

    monkeypatch.setattr(demo_command, "progress", progress)


def rows_of(found: Environment, practice: str) -> int:
    store = wiring.open_store(found)
    try:
        with store.driver.reading(practice) as connection:
            tables = ("version", "current_resource", "feed", "audit", "key_claim", "index_token", "p_appointment")
            return sum(
                int(str(connection.rows(Sql(f"SELECT count(*) FROM {table}"))[0][0]))  # noqa: S608 - the table is named here, not asked for
                for table in tables
            )
    finally:
        store.close()


@pytest.mark.parametrize("steps", [30])
def test_a_making_that_is_broken_off_begins_again(
    found: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], steps: int
) -> None:
    broken_off_after(monkeypatch, steps)
    with pytest.raises(KeyboardInterrupt):
        demo_command._ready(found, OPTIONS)
    assert "begins again" in capsys.readouterr().err
    assert demonstration.read_state(found.data_dir) is None
    before = rows_of(found, PRACTICE)

    seen: list[int] = []

    def prepare(
        store: Store, operator: object, *, seed: int, day: object, told: Told, blobs: object
    ) -> demonstration.State:
        seen.append(rows_of(found, PRACTICE))
        store.ensure_practice(PRACTICE, "Riverside")
        unfinished.begin(store, PRACTICE)
        return demonstration.State(practice=PRACTICE, seed=seed, day="2026-11-23", offset_seconds=0.0)

    monkeypatch.setattr(demonstration, "prepare", prepare)
    state = demo_command._ready(found, OPTIONS)
    assert before > 0
    assert seen == [0]
    store = wiring.open_store(found)
    assert not unfinished.is_unfinished(store, state.practice)
    store.close()
    assert demo_command._ready(found, OPTIONS).practice == state.practice
    assert seen == [0]  # it was not made once more


def test_a_practice_that_is_whole_is_never_cleared_away(found: Environment) -> None:
    """As after a restore, or with a data folder that was lost."""
    migrate_database(found.store_url, wiring.registry(), owner_url=found.database_owner_url or None)
    store = wiring.open_store(found)
    store.ensure_practice(PRACTICE, "Riverside")
    store.close()
    with pytest.raises(Failure, match="holds the practice 'riverbend'"):
        demo_command._ready(found, OPTIONS)
    store = wiring.open_store(found)
    assert store.practices() == [PRACTICE]
    store.close()


@pytest.mark.postgresql
def test_without_the_owner_it_is_said_what_helps(fresh_postgresql: Database, tmp_path: Path) -> None:
    migrate_database(fresh_postgresql.app_url, wiring.registry(), owner_url=fresh_postgresql.owner_url)
    variables = {"CARE_DATA_DIR": str(tmp_path), "CARE_DATABASE_URL": fresh_postgresql.app_url}
    found = Environment.read(variables)
    store = wiring.open_store(found)
    store.ensure_practice(PRACTICE, "Riverside")
    unfinished.begin(store, PRACTICE)
    with pytest.raises(unfinished.CannotClear, match="CARE_DATABASE_OWNER_URL"):
        unfinished.clear(found, store, PRACTICE)


def test_a_port_is_looked_for_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("CARE_DATABASE_URL", raising=False)
    monkeypatch.setenv("CARE_DEMO", "1")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match="another program"):
            require_free("127.0.0.1", port)
        assert free_port("127.0.0.1", beginning=port) > port
        options = argparse.Namespace(**{**vars(OPTIONS), "port": port, "fill": False, "playing": None})
        with pytest.raises(CannotServe):
            demo_command.run(options)
    assert not (tmp_path / "data" / "care.sqlite3").exists()
