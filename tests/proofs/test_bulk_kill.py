"""`kill -9` in the middle of exports and imports: they go on where they were, and end as if nothing had happened.

In the suite a few kills on each engine, of a worker's process; `./run prove bulk` kills dozens of them, and server and
worker of an installation together.
"""

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from carewright.core.access.model import Role
from carewright.core.bulk.manifest import RECORDS_PER_FILE
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, migrate_database, open_driver
from tests.bulk.warehouse import REGISTRY, Warehouse, ndjson, observation, patient, warehouse
from tests.needs import REPOSITORY
from tests.postgresql_server import Database
from tests.project.processes import command, environment, free_port, running, wait_for_health
from tests.proofs.bulk_working import LEASE_SECONDS

LINES = 900
PATIENCE_S = 300
KILLS = pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.slow)])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("fresh_postgresql")
        migrate_database(database.app_url, REGISTRY, owner_url=database.owner_url)
        return database.app_url
    url = f"sqlite:///{tmp_path / 'care.sqlite3'}"
    migrate_database(url, REGISTRY)
    return url


@pytest.fixture
def api(address: str, tmp_path: Path) -> Iterator[Warehouse]:
    store = Store(driver=open_driver(address), registry=REGISTRY, digest_key=b"test key of the audit digests")
    with warehouse(store, tmp_path / "bulk") as found:
        yield found
    store.close()


def worker(api: Warehouse, address: str, kind: Kind) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "tests.proofs.bulk_working", address, api.name, str(api.folder), kind.value]
    process = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


def place(api: Warehouse) -> tuple[str, int]:
    with api.store.driver.reading(api.name) as connection:
        rows = connection.rows(Sql("SELECT state, done FROM bulk_job WHERE practice = ?", (api.name,)))
    return str(rows[-1][0]), int(str(rows[-1][1]))


def to_the_end(api: Warehouse, address: str, kind: Kind, kills: int) -> None:
    """Workers one after the other, of which so many are killed when they have come a little further."""
    deadline, killed = time.monotonic() + PATIENCE_S, 0
    for _ in range(kills):
        before, process = place(api), worker(api, address, kind)
        while place(api) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.05))
        killed += process.poll() is None
        process.kill()
        process.communicate()
        time.sleep(LEASE_SECONDS)
    assert killed >= 2, "there must have been something to interrupt"
    while place(api)[0] in ("waiting", "running"):
        assert time.monotonic() < deadline
        assert worker(api, address, kind).wait() == 0
        time.sleep(LEASE_SECONDS / 2)


@KILLS
def test_an_export_shows_its_one_moment_though_its_workers_are_killed(api: Warehouse, address: str, kills: int) -> None:
    many = LINES * max(1, kills // 4)
    api.fill(*(patient(n) for n in range(10)), *(observation(n, of=n % 10) for n in range(many)))
    api.choose(RECORDS_PER_FILE, 20)
    done = api.export("/$export")
    whole = done.lines()
    api.program("DELETE", done.manifest["output"][0]["url"].rpartition("/")[0])
    status = api.kick_off("/$export")
    api.step()
    api.runners[Kind.EXPORT].close()
    api.fill(*(observation(n, of=1, status="amended") for n in range(0, many, 7)), observation(many + 1, of=1))
    to_the_end(api, address, Kind.EXPORT, kills)
    found = api.exported(status).lines()
    assert {name: Counter(lines) for name, lines in found.items()} == {
        name: Counter(lines) for name, lines in whole.items()
    }


@KILLS
def test_an_import_writes_every_line_once_though_its_workers_are_killed(
    api: Warehouse, address: str, kills: int
) -> None:
    lines = LINES * max(1, kills // 2)
    body = b"{broken\n" + ndjson([patient(n) for n in range(lines)]) + b"{broken\n"
    status = api.send(body).headers["Content-Location"]
    to_the_end(api, address, Kind.IMPORT, kills)
    manifest = api.program("GET", status, role=Role.MANAGER).json()
    counts = manifest["extension"]["counts"]
    assert counts["created"] + counts.get("unchanged", 0) == lines
    assert counts["refused"] == manifest["error"][0]["count"] == 2
    with api.store.driver.reading(api.name) as connection:
        versions = connection.rows(Sql("SELECT count(*) FROM version WHERE practice = ?", (api.name,)))
        refused = connection.rows(Sql("SELECT line FROM bulk_refusal WHERE practice = ? ORDER BY line", (api.name,)))
    assert versions == [(lines,)]
    assert [row[0] for row in refused] == [1, lines + 2]


# -- an installation: server and worker killed together ---------------------------------------------------------------


class Installation:
    """A server and a worker that are killed and started again, asked over HTTP."""

    def __init__(self, folder: Path) -> None:
        self.env = environment(folder)
        command("migrate", env=self.env)
        command("import", "--practice", "main", str(_one_patient(folder.parent)), env=self.env)
        self.tokens = {role: self._token(role) for role in ("manager", "provider")}
        self.port, self._stack = free_port(), ExitStack()
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        server = self._stack.enter_context(running("serve", "--port", str(self.port), env=self.env))
        wait_for_health(self.port, server)
        self._processes = [server, self._stack.enter_context(running("worker", env=self.env))]

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._stack.close()
        time.sleep(1)

    def ask(self, url: str, role: str, *, method: str = "GET", body: bytes | None = None) -> Any:
        url = url if url.startswith("http") else f"http://127.0.0.1:{self.port}/fhir{url}"
        headers = {"Authorization": f"Bearer {self.tokens[role]}", "Prefer": "respond-async",
                   "Content-Type": "application/fhir+ndjson"}  # fmt: skip
        asked = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own server
        return urllib.request.urlopen(asked, timeout=30)  # noqa: S310 - our own server

    def _token(self, role: str) -> str:
        made = (
            "from datetime import timedelta; from carewright.core.access.model import Role; "
            "from carewright.core.access.sessions import SessionKind, open_session; "
            "from carewright.project.wiring import store; s = store(); "
            "print(open_session(s, practice='main', actor='Device/proof', display='', user_name='', "
            f"roles=[Role({role!r})], kind=SessionKind.TOKEN, scopes='system/*.cruds', "
            "expires_at=s.clock.wall() + timedelta(hours=1)))"
        )
        words = [sys.executable, "-c", made]
        return subprocess.run(words, env=self.env, capture_output=True, text=True, check=True).stdout.strip()


def _one_patient(folder: Path) -> Path:
    path = folder / "one.ndjson"
    path.write_bytes(ndjson([patient(0)]))
    return path


def until_done(installation: Installation, status: str, role: str, *, kills: int) -> dict[str, Any]:
    """The manifest; between two looks at the status, so many times, server and worker are killed."""
    said = ""
    deadline = time.monotonic() + PATIENCE_S * 2
    while time.monotonic() < deadline:
        answer = installation.ask(status, role)
        if answer.status == 200:
            manifest: dict[str, Any] = json.load(answer)
            return manifest
        if kills and answer.headers["X-Progress"] != said and "%" in answer.headers["X-Progress"]:
            said = answer.headers["X-Progress"]
            installation.kill()
            installation.start()
            kills -= 1
        time.sleep(0.3)
    raise AssertionError("It did not come to its end.")


@pytest.mark.slow
def test_server_and_worker_are_killed_and_started_again(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    people = [patient(n) for n in range(20_000)]
    installation.start()
    try:
        kicked = installation.ask("/$import", "manager", method="POST", body=ndjson(people))
        manifest = until_done(installation, kicked.headers["Content-Location"], "manager", kills=3)
        counts = manifest["extension"]["counts"]
        assert sum(counts.values()) == 20_000
        assert "refused" not in counts
        kicked = installation.ask("/$export?_type=Patient", "provider")
        manifest = until_done(installation, kicked.headers["Content-Location"], "provider", kills=1)
        ids: Counter[str] = Counter()
        for file in manifest["output"]:
            ids.update(json.loads(line)["id"] for line in installation.ask(file["url"], "provider"))
        assert ids == Counter(f"p{n}" for n in range(20_000))
    finally:
        installation.kill()
