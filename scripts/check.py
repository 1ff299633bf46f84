"""Everything that CI checks, stage by stage: `./run check`.

A stage that fails does not hide the ones behind it; the summary names all that failed. The tests are run exactly
as the README says (`./run test`), with a PostgreSQL of their own, and nothing may be skipped. The last line is
the tests' own closing line.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts import documents
from tests import needs
from tests.postgresql_server import PostgresqlUnavailable, postgresql_server

REPOSITORY = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CLOSING_LINE = re.compile(r"\b\d+ (?:passed|failed|errors?|skipped|deselected)\b|no tests ran")


@dataclass(frozen=True)
class Stage:
    """One thing that is checked: a title, and what does it (True: all is well)."""

    title: str
    passes: Callable[[], bool]


class TestRun:
    """The test stage; `closing_line` is what pytest said last."""

    closing_line = "no tests ran"

    def __call__(self) -> bool:
        with database_url() as url, _running_tests(url) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                if CLOSING_LINE.search(line):
                    self.closing_line = line.strip().strip("= ")
        return process.returncode == 0


@contextmanager
def _running_tests(url: str | None) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "CARE_REQUIRE_ALL": "1"} | ({"CARE_TEST_DATABASE_URL": url} if url else {})
    with subprocess.Popen(
        ["./run", "test"], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        except BaseException:  # we are told to stop: so are the tests, or leaving would wait for their end
            process.terminate()
            raise


@contextmanager
def database_url() -> Iterator[str | None]:
    """The server the tests use: the one that is named, else one of our own, else none (and its tests then fail)."""
    if named := os.environ.get("CARE_TEST_DATABASE_URL"):
        yield named
        return
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql_server())
        except PostgresqlUnavailable as error:
            print(f"PostgreSQL: {error}")
            url = None
        yield url


def command(*words: str) -> Callable[[], bool]:
    """A stage that is a tool of the environment: it passes if the tool says so."""
    return lambda: subprocess.run([BIN / words[0], *words[1:]], cwd=REPOSITORY, check=False).returncode == 0


def nothing_missing() -> bool:
    lines = needs.missing()
    for line in lines:
        print(f"Missing: {line}")
    return not lines


def documents_hold() -> bool:
    found = documents.problems(REPOSITORY)
    for problem in found:
        print(problem)
    return not found


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped on the way out
    tests = TestRun()
    stages = (
        Stage("What the tests need", nothing_missing),
        Stage("Format", command("ruff", "format", "--check", ".")),
        Stage("Lint", command("ruff", "check", ".")),
        Stage("Types", command("mypy")),
        Stage("Import contracts", command("lint-imports", "--no-cache", "--no-logo")),
        Stage("Documents", documents_hold),
        Stage("Tests", tests),
    )
    passed = run_all(stages)
    print(tests.closing_line, flush=True)
    return 0 if passed else 1


def run_all(stages: Sequence[Stage]) -> bool:
    """Run every stage, whatever became of those before it; say at the end which failed."""
    failed = [stage.title for stage in stages if not _run(stage)]
    print(f"\nFailed: {', '.join(failed)}." if failed else f"\nAll {len(stages)} stages passed.")
    return not failed


def _run(stage: Stage) -> bool:
    print(f"\n── {stage.title}", flush=True)
    started = time.monotonic()
    passed = stage.passes()
    print(f"── {stage.title}: {'ok' if passed else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
