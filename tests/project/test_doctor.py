"""`carewright doctor` names what is wrong, and what helps, on both engines."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from carewright.core.clock import wall_now
from carewright.core.store.model import Origin
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, migrate_database
from carewright.core.store.writer import Writer
from carewright.project import examine_database, examine_folder, serving, wiring
from carewright.project.environment import Environment
from carewright.project.findings import Finding, Level
from carewright.project.schema_state import pages_behind
from carewright.project.wiring import operator_access
from tests.postgresql_server import Database
from tests.project.processes import command, environment

Examined = Callable[[], list[Finding]]


def said(findings: list[Finding], level: Level) -> str:
    return "\n".join(finding.words for finding in findings if finding.level is level)


@pytest.fixture
def folder(tmp_path: Path, migrated_folder: Path) -> Path:
    shutil.copytree(migrated_folder, tmp_path / "data")
    (tmp_path / "data").chmod(0o700)
    return tmp_path / "data"


@pytest.fixture
def found(folder: Path) -> Environment:
    return Environment.read({"CARE_DATA_DIR": str(folder)})


def folder_findings(found: Environment) -> list[Finding]:
    return [*examine_folder.folder(found), *examine_folder.settings(found)]


def test_a_folder_that_is_well_has_nothing_to_complain_of(found: Environment) -> None:
    assert {finding.level for finding in folder_findings(found)} == {Level.GOOD}


def test_what_others_may_read_is_named(found: Environment) -> None:
    found.data_dir.chmod(0o755)
    assert f"chmod -R go-rwx {found.data_dir}" in said(folder_findings(found), Level.WARNING)
    found.data_dir.chmod(0o700)
    (found.data_dir / "data-key").chmod(0o644)
    assert "data-key" in said(folder_findings(found), Level.WARNING)


def test_a_file_of_another_user_is_named(found: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_folder, "_owner", lambda path: "root" if path.name == "django.sqlite3" else "care")
    assert "chown -R care" in said(folder_findings(found), Level.WARNING)


def test_a_file_that_may_not_be_written_is_named(found: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "care.sqlite3")
    assert "mounted for reading only" in said(folder_findings(found), Level.BROKEN)
    monkeypatch.setattr(examine_folder, "_me", lambda: "visitor")
    assert "visitor may not write" in said(folder_findings(found), Level.BROKEN)


def test_a_full_disk_is_said_before_it_hurts(found: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(found.data_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    assert "Make room" in said(folder_findings(found), Level.BROKEN)


def test_settings_that_open_the_product_are_named(found: Environment) -> None:
    open_ = replace(found, allowed_hosts=("clinic.example",), debug=True, data_key="short")
    words = said(folder_findings(open_), Level.WARNING)
    assert "CARE_HTTPS=1" in words
    assert "CARE_DEBUG" in words
    assert "openssl rand" in words
    shifted = replace(found, clock_offset=timedelta(hours=1))
    assert "CARE_CLOCK_OFFSET" in said(folder_findings(shifted), Level.BROKEN)
    assert said(folder_findings(replace(shifted, demo=True)), Level.BROKEN) == ""
    assert "CARE_CLOCK_RATE" in said(folder_findings(replace(found, clock_rate=60.0)), Level.BROKEN)


def test_who_serves_the_folder_is_said(found: Environment) -> None:
    assert "no server runs" in said(folder_findings(found), Level.GOOD)
    with serving.hold(found.data_dir, doing="a server", address="http://x/"):
        assert "http://x/" in said(folder_findings(found), Level.GOOD)


def test_pages_that_are_behind_are_named(found: Environment) -> None:
    store = wiring.open_store(found)
    assert pages_behind(found, store) == []
    with closing(sqlite3.connect(found.data_dir / "django.sqlite3", isolation_level=None)) as pages:
        pages.execute("DELETE FROM django_migrations WHERE app = 'axes' AND name LIKE '0001%'")
    assert "axes.0001_initial" in said(examine_database.database(found, store), Level.BROKEN)
    (found.data_dir / "django.sqlite3").unlink()
    assert "nobody can sign in" in said(examine_database.database(found, store), Level.BROKEN)
    store.close()


def test_a_database_of_a_newer_product_is_named(found: Environment) -> None:
    store = wiring.open_store(found)
    with store.driver.writing("") as connection:
        connection.execute(Sql("INSERT INTO migration (number, name, checksum) VALUES (9999, 'later', '')"))
    assert "newer version" in said(examine_database.database(found, store), Level.BROKEN)
    store.close()


def test_a_practice_without_people_backup_or_its_key_is_named(found: Environment) -> None:
    store = wiring.open_store(found)
    store.ensure_practice("main", "Main")
    access = operator_access("main")
    with Writer(store, access).transaction(reason="test.fill") as tx:
        tx.create({"resourceType": "Patient"}, resource_id="ada")
    wiring.open_blobs(store, found).put(
        access, b"a photo", content_type="image/png", reason="test.photo", origin=Origin.SCREEN
    )
    findings = list(examine_database.practice(found, store, "main"))
    assert "carewright user add" in said(findings, Level.WARNING)
    assert "no backup" in said(findings, Level.WARNING)
    assert said(findings, Level.BROKEN) == ""
    other_key = replace(found, data_key="another key, which is long enough")
    assert "CARE_DATA_KEY" in said(list(examine_database.practice(other_key, store, "main")), Level.BROKEN)
    store.close()


def test_a_backup_leaves_a_trace_that_is_looked_for(folder: Path, tmp_path: Path) -> None:
    env = environment(folder)
    command("migrate", "--practice", "main", env=env)
    command("backup", "--out", str(tmp_path / "b.zip"), env=env)
    assert f"the last backup is of {wall_now():%Y-%m-%d}" in command("doctor", env=env).stdout


def test_it_makes_nothing(tmp_path: Path) -> None:
    done = command("doctor", "--data-dir", str(tmp_path / "nowhere"), env=environment(tmp_path), code=1)
    assert "There is no data folder" in done.stdout
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def on_postgresql(fresh_postgresql: Database, folder: Path) -> tuple[Environment, Store]:
    variables = {"CARE_DATA_DIR": str(folder), "CARE_DATABASE_URL": fresh_postgresql.app_url}
    found = Environment.read(variables)
    migrate_database(fresh_postgresql.app_url, wiring.registry(), owner_url=fresh_postgresql.owner_url)
    store = wiring.open_store(found)
    store.ensure_practice("main", "Main")
    return found, store


def test_who_holds_the_feed_back_is_named(
    on_postgresql: tuple[Environment, Store], fresh_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, store = on_postgresql
    with psycopg.connect(fresh_postgresql.owner_url, application_name="night-report") as other:
        other.execute("SELECT pg_current_xact_id()")
        with Writer(store, operator_access("main")).transaction(reason="test.write") as tx:
            tx.create({"resourceType": "Patient"}, resource_id="ada")
        assert list(examine_database.feed(store, "main")) == []
        monkeypatch.setattr(examine_database, "TAIL_LIMIT", timedelta(0))
        (finding,) = examine_database.feed(store, "main")
        assert f"process {other.info.backend_pid} " in finding.words
        assert fresh_postgresql.owner in finding.words
        assert f"pg_terminate_backend({other.info.backend_pid})" in finding.words
    assert list(examine_database.feed(store, "main")) == []
    store.close()


def test_a_role_that_passes_by_row_security_is_named(
    on_postgresql: tuple[Environment, Store], fresh_postgresql: Database
) -> None:
    found, store = on_postgresql
    well = [finding for finding in examine_database.database(found, store) if "role" in finding.words]
    assert well == []
    store.close()
    for url, level in ((fresh_postgresql.admin_url, Level.BROKEN), (fresh_postgresql.owner_url, Level.WARNING)):
        other = replace(found, database_url=url)
        store = wiring.open_store(other)
        named = [finding for finding in examine_database._postgresql(other, store) if "role" in finding.words]
        assert [finding.level for finding in named] == [level]
        store.close()


def test_pages_that_were_never_made_are_named_on_postgresql(on_postgresql: tuple[Environment, Store]) -> None:
    found, store = on_postgresql
    assert "carewright migrate" in said(examine_database.database(found, store), Level.BROKEN)
    store.close()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    made = Environment.read({"CARE_DATA_DIR": str(tmp_path / "new")})
    assert stat.S_IMODE(made.data_dir.stat().st_mode) == 0o700
