"""What some tests need from the machine, and what is said when it is not there.

A test that lacks chromium, PostgreSQL, strace or the test data is skipped with one line that says what is missing,
and the end of the run says so again. With CARE_REQUIRE_ALL=1, as `./run check` sets it, a skip is a failure.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests import postgresql_server

REPOSITORY = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing a test may need: `missing` says in one line what is not there, or None."""

    marker: str
    fixtures: frozenset[str]
    missing: Callable[[], str | None]


def test_data_folder() -> Path:
    """Where the test data is: CARE_TEST_DATA, or the folder `shared/data` beside the repository."""
    return Path(os.environ.get("CARE_TEST_DATA") or REPOSITORY.parent / "shared" / "data")


def chromium() -> Path | None:
    """The system's chromium, or None."""
    return next((Path(found) for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def _missing_test_data() -> str | None:
    folder = test_data_folder()
    return None if (folder / "README.md").is_file() else f"no test data in {folder} (set CARE_TEST_DATA)"


def _missing_chromium() -> str | None:
    return _missing_driver() if chromium() else "no chromium (apt-get install chromium)"


@cache
def _missing_driver() -> str | None:
    """Playwright speaks with the browser through a program of its own, which has needs of its own."""
    asked = [sys.executable, "-m", "playwright", "--version"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    said = done.stderr.strip().rpartition("\n")[2]
    return f"no driver of chromium: {said} (libatomic? apt-get install libatomic1)" if done.returncode else None


def _missing_postgresql() -> str | None:
    if os.environ.get("CARE_TEST_DATABASE_URL") or postgresql_server.binaries():
        return None
    return "no PostgreSQL (apt-get install postgresql, or set CARE_TEST_DATABASE_URL)"


def _missing_strace() -> str | None:
    return None if shutil.which("strace") else "no strace (apt-get install strace)"


def _missing_npm() -> str | None:
    return None if shutil.which("node") and shutil.which("npm") else "no npm (apt-get install npm)"


NEEDS = (
    Need(
        marker="postgresql",
        fixtures=frozenset({"postgresql_server_url", "postgresql_url", "fresh_postgresql"}),
        missing=_missing_postgresql,
    ),
    Need(
        marker="browser",
        fixtures=frozenset({"chromium_path", "browser", "context", "page", "new_context"}),
        missing=_missing_chromium,
    ),
    Need(
        marker="npm",
        fixtures=frozenset({"fhirclient_js", "npm_judges", "official_examples"}),
        missing=_missing_npm,
    ),
    Need(marker="strace", fixtures=frozenset({"strace_path"}), missing=_missing_strace),
    Need(marker="test_data", fixtures=frozenset({"test_data"}), missing=_missing_test_data),
)
_BY_MARKER = {need.marker: need for need in NEEDS}


def missing() -> list[str]:
    """Everything that is not there, one line each."""
    return [line for need in NEEDS if (line := need.missing())]


def skip_without(marker: str) -> None:
    """Skip the running test if what `marker` stands for is not there."""
    if line := _BY_MARKER[marker].missing():
        pytest.skip(line)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of test data."""
    skip_without("test_data")
    return test_data_folder()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser's executable."""
    skip_without("browser")
    found = chromium()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def strace_path() -> Path:
    """The system call tracer, for the durability proofs."""
    skip_without("strace")
    return Path(shutil.which("strace") or "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures they use, and leave the long proofs to `./run prove`."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for need in NEEDS:
            if used & need.fixtures:
                item.add_marker(need.marker)
    if "slow" not in str(config.getoption("markexpr")):
        slow = [item for item in items if item.get_closest_marker("slow")]
        if slow:
            config.hook.pytest_deselected(items=slow)
            items[:] = [item for item in items if not item.get_closest_marker("slow")]
    # The slowest come first, in one worker's share, and are taken over one by one by those who have done their own:
    # a browser for every worker would be more than two cores bear.
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip before any fixture is set up, so that the reason is what is missing and not what broke for want of it."""
    for need in NEEDS:
        if item.get_closest_marker(need.marker):
            skip_without(need.marker)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # with xdist, the reports of all workers arrive at the one controller
        config.pluginmanager.register(Tally(required=bool(os.environ.get("CARE_REQUIRE_ALL"))), "care-tally")


@dataclass(kw_only=True, eq=False)
class Tally:
    """Counts what was skipped and why; where everything is required, a skip or an empty run fails."""

    required: bool
    passed: int = 0
    skips: Counter[str] = field(default_factory=Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.passed and report.when == "call"
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skips[_reason(report)] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skips[f"a whole file: {_reason(report)}"] += 1

    def complaints(self) -> list[str]:
        """Why this run may not count as passed; nothing unless everything is required."""
        if not self.required:
            return []
        found = ["a test was skipped, and nothing may be skipped here"] if self.skips else []
        found += [] if self.passed else ["no test was executed"]
        return found + [line for line in missing() if line not in self.skips]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.complaints() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skips:
            terminalreporter.section("not tested here")
            for reason, count in sorted(self.skips.items()):
                terminalreporter.line(f"{count} skipped: {reason}")
        for complaint in self.complaints():
            terminalreporter.line(f"This run does not count as passed: {complaint}.", red=True)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason as it was given to `pytest.skip`; a skip's longrepr is (path, line, text)."""
    text = report.longrepr[-1] if isinstance(report.longrepr, tuple | list) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")
