"""The check as a whole: no stage hides another, and CI installs what is missing before it runs it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import check

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_failed_stage_does_not_hide_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []

    def stage(title: str, *, passes: bool) -> check.Stage:
        def run() -> bool:
            ran.append(title)
            return passes

        return check.Stage(title, run)

    assert not check.run_all([stage("One", passes=False), stage("Two", passes=True), stage("Three", passes=False)])
    assert ran == ["One", "Two", "Three"]
    said = capsys.readouterr().out
    assert "── One: FAILED (" in said
    assert "── Two: ok (" in said
    assert said.rstrip().endswith("Failed: One, Three.")


def test_all_stages_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run_all([check.Stage("One", lambda: True)])
    assert capsys.readouterr().out.rstrip().endswith("All 1 stages passed.")


@pytest.mark.parametrize(
    ("line", "closes"),
    [
        ("======= 205 passed, 1 warning in 9.51s =======", True),
        ("=== 1 failed, 3 passed in 0.10s ===", True),
        ("=== no tests ran in 0.01s ===", True),
        ("tests/tooling/test_check.py ....", False),
        ("SKIPPED [3] tests/needs.py:85: no PostgreSQL", False),
    ],
)
def test_the_closing_line_of_pytest_is_known(line: str, closes: bool) -> None:
    assert bool(check.CLOSING_LINE.search(line)) is closes


@pytest.mark.parametrize("has_shell", [True, False], ids=["with the headless shell", "a Debian without it"])
def test_ci_installs_what_is_missing_and_then_runs_the_check(tmp_path: Path, has_shell: bool) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "python3"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    refuses = "" if has_shell else '; case "$*" in *headless-shell*) exit 100 ;; esac'
    _script(programs / "apt-get", f'echo "apt-get $*, $DEBIAN_FRONTEND" >&2{refuses}')
    (tmp_path / "clone" / ".ci").mkdir(parents=True)
    shutil.copy(REPOSITORY / ".ci" / "run", tmp_path / "clone" / ".ci" / "run")
    _script(tmp_path / "clone" / "run", 'echo "run $* with CI=$CI"')
    done = subprocess.run(
        ["bash", tmp_path / "clone" / ".ci" / "run"],
        cwd=tmp_path,
        env={**{name: value for name, value in os.environ.items() if name != "CI"}, "PATH": str(programs)},
        capture_output=True,
        text=True,
        check=True,
    )
    asked = [line.replace(",", "") for line in done.stderr.splitlines() if line.startswith("apt-get")]
    update, install, again, shell = asked
    assert update == again == "apt-get update -q noninteractive"
    assert {"chromium", "strace", "git"} <= set(install.split())
    assert "chromium-headless-shell" in shell.split()
    assert ("Then with chromium." in done.stderr) is not has_shell
    assert done.stdout == "run check with CI=true\n"


def _script(file: Path, command: str) -> None:
    file.write_text(f"#!/bin/sh\n{command}\n")
    file.chmod(0o755)
