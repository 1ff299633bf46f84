"""`serve --workers 2` on PostgreSQL: both work, one may die, and the end of the first is the end of all."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgresql_server import Database
from tests.project.processes import COMMAND, command, environment, free_port, wait_for_health

PATIENCE_SECONDS = 60.0
SOON_SECONDS = 15.0
"""The server gives open requests 3 s; the rest is for a busy test machine."""


@dataclass
class Served:
    process: "subprocess.Popen[bytes]"
    port: int

    def workers(self) -> set[int]:
        """The processes that serve, as the system lists them (Python's own resource tracker is none of them)."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        return {int(line) for line in found.stdout.split()}

    def ask(self, _: int = 0) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=30) as answer:
            return int(answer.status)


@pytest.fixture
def served(fresh_postgresql: Database, tmp_path: Path) -> Iterator[Served]:
    env = environment(
        tmp_path, CARE_DATABASE_URL=fresh_postgresql.app_url, CARE_DATABASE_OWNER_URL=fresh_postgresql.owner_url
    )
    command("migrate", "--practice", "main", env=env)
    port = free_port()
    line = [*COMMAND, "serve", "--workers", "2", "--port", str(port)]
    with subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        found = Served(process, port)
        try:
            wait_for_health(port, process)
            until(lambda: len(found.workers()) == 2, PATIENCE_SECONDS)
            yield found
        finally:
            everything = found.workers()
            process.terminate()
            process.communicate(timeout=60)
            for left in everything:
                if alive(left):
                    os.kill(left, signal.SIGKILL)


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_one_of_two_workers_may_die_and_all_end_together(served: Served) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(served.ask, range(12))) == {200}
    before = served.workers()
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    assert [served.ask() for _ in range(5)] == [200] * 5
    until(lambda: len(served.workers()) == 2 and victim not in served.workers(), PATIENCE_SECONDS)
    assert served.ask() == 200
    after = served.workers()
    served.process.terminate()
    said = served.process.communicate(timeout=SOON_SECONDS)[1]
    assert served.process.returncode == 0, said
    assert b"Traceback" not in said
    assert [worker for worker in after if alive(worker)] == []


def test_workers_do_not_outlive_the_one_that_started_them(served: Served) -> None:
    workers = served.workers()
    served.process.kill()
    served.process.wait()
    until(lambda: not any(map(alive, workers)), SOON_SECONDS)
