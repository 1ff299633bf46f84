"""Under strace: before a write is acknowledged, a sync that covers it has completed.

SQLite: the writing process itself syncs its log (`fdatasync`). PostgreSQL: the backend or the WAL writer syncs before
the backend answers. Writes are one after the other, so each acknowledgement has a sync of its own behind the last.
https://www.sqlite.org/pragma.html#pragma_synchronous https://www.postgresql.org/docs/current/wal-async-commit.html
"""

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.needs import REPOSITORY
from tests.postgresql_server import Database

WRITES = 12
CALLS = "trace=fsync,fdatasync,sync_file_range,open,openat,write,pwrite64,pwritev"
STRACE = ("-f", "-ttt", "-T", "-y", "-s", "80", "-e", CALLS)
LINE = re.compile(r"(?:\[pid\s+)?(?P<pid>\d+)?\]?\s*(?P<at>\d+\.\d+) (?P<rest>.*)")
TOOK = re.compile(r"<(\d+\.\d+)>$")


@dataclass(frozen=True)
class Event:
    """When a system call ended (seconds), and its text."""

    ended: float
    text: str


def events(trace: str) -> list[Event]:
    """The calls of a trace by their end; an unfinished call counts where it is resumed."""
    found = []
    for line in trace.splitlines():
        match = LINE.match(line)
        if match and (took := TOOK.search(match["rest"])):
            began = float(match["at"])
            resumed = "resumed>" in match["rest"]
            found.append(Event(began if resumed else began + float(took[1]), match["rest"]))
    return sorted(found, key=lambda event: event.ended)


def acknowledgements(traced: list[Event]) -> list[float]:
    """When each line of acknowledgement began to be written: the end of the call, which is later than its start."""
    return [e.ended for e in traced if re.search(r'write\(1<.*"(create|update) ', e.text)]


def syncs(traced: list[Event], *, of: str) -> list[float]:
    pattern = re.compile(rf"f(data)?sync\(\d+<[^>]*{of}[^>]*>|<\.\.\. f(data)?sync resumed>")
    return [e.ended for e in traced if pattern.search(e.text)]


def assert_a_sync_before_each(acknowledged: list[float], synced: list[float]) -> None:
    assert len(acknowledged) >= WRITES
    for earlier, now in zip([0.0, *acknowledged], acknowledged, strict=False):
        assert any(earlier < at <= now for at in synced), f"no sync completed before the acknowledgement at {now}"


def write_under(words: list[str], url: str, trace: Path) -> list[Event]:
    """Write one after the other under strace; what it saw."""
    command = [*words, "-o", str(trace), sys.executable, "-m", "tests.proofs.writing", url, "strace", "0", str(WRITES)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.endswith("done\n")
    return events(trace.read_text())


def test_sqlite_syncs_before_it_acknowledges(sqlite_url: str, strace_path: Path, tmp_path: Path) -> None:
    traced = write_under([str(strace_path), *STRACE], sqlite_url, tmp_path / "trace")
    assert_a_sync_before_each(acknowledgements(traced), syncs(traced, of="-wal"))


def test_without_full_synchronous_the_proof_fails(sqlite_url: str, strace_path: Path, tmp_path: Path) -> None:
    """The proof can fail: with `synchronous=NORMAL` SQLite acknowledges before it syncs, and it is seen."""
    script = (
        "import sqlite3, tests.proofs.writing as w, carewright.core.store.drivers.sqlite as d\n"
        "real = d.open_database\n"
        "def lax(path, *, read_only):\n"
        "    connection = real(path, read_only=read_only)\n"
        "    connection.execute('PRAGMA synchronous = NORMAL')\n"
        "    return connection\n"
        "d.open_database = lax\n"
        "w.main()\n"
    )
    trace = tmp_path / "trace"
    command = [str(strace_path), *STRACE, "-o", str(trace), sys.executable, "-c", script, sqlite_url, "lax", "0",
               str(WRITES)]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    traced = events(trace.read_text())
    with pytest.raises(AssertionError, match="no sync"):
        assert_a_sync_before_each(acknowledgements(traced), syncs(traced, of="-wal"))


def postmaster(database: Database) -> int:
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    return int(str(row[0]).split("\n")[0])


def test_postgresql_syncs_before_it_acknowledges(
    migrated_postgresql: Database, strace_path: Path, tmp_path: Path
) -> None:
    """The server is traced from its postmaster on, so that every backend that it starts is, too."""
    trace, own = tmp_path / "server", tmp_path / "client"
    pid = postmaster(migrated_postgresql)
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True).stdout.split()
    attach = [word for each in (str(pid), *children) for word in ("-p", each)]
    tracer = subprocess.Popen([str(strace_path), *STRACE, "-o", str(trace), *attach], stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(1.5)
        if tracer.poll() is not None:
            pytest.fail(f"strace could not attach to the server: {tracer.communicate()[1][-500:]}")
        written = write_under([str(strace_path), *STRACE], migrated_postgresql.app_url, own)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)
    assert_a_sync_before_each(acknowledgements(written), syncs(events(trace.read_text()), of="pg_wal"))
