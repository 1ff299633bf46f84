"""`run`, the front door: paths are the caller's, the data folder stays beside the product, from whatever folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "run"

Call = Callable[..., list[str]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Start `run` in a folder; where the command line was started, its data folder, and its arguments."""
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    command = environment / "bin" / "carewright"
    command.write_text(
        f"#!{sys.executable}\nimport os, sys\nprint(os.getcwd(), os.environ['CARE_DATA_DIR'], *sys.argv[1:], sep='\\n')"
    )
    command.chmod(0o755)
    (environment / ".installed-product").touch()

    def called(*arguments: str, start: Path = RUN, **more: str) -> list[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
        folder = tmp_path / "elsewhere"
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            [start, *arguments], cwd=folder, env={**kept, "CARE_VENV": str(environment), **more},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()

    return called


def test_paths_are_meant_from_where_the_caller_stands(call: Call, tmp_path: Path) -> None:
    where, data, *arguments = call("import", "a b.json", "--data-dir", "d")
    assert where == str(tmp_path / "elsewhere")
    assert data == str(RUN.parent / "data")
    assert arguments == ["import", "a b.json", "--data-dir", "d"]


def test_without_words_it_is_the_demonstration(call: Call) -> None:
    assert call()[2:] == ["demo"]


def test_a_data_folder_of_the_environment_is_kept(call: Call) -> None:
    assert call("doctor", CARE_DATA_DIR="mine")[1] == "mine"


def test_it_may_be_called_by_a_link(call: Call, tmp_path: Path) -> None:
    link = tmp_path / "clinic"
    link.symlink_to(RUN)
    assert call("doctor", start=link)[1] == str(RUN.parent / "data")
