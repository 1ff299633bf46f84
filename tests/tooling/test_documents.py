"""The checks on what is committed: links, and words that belong to somebody's machine."""

import subprocess
from pathlib import Path

import pytest

from scripts import documents


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def commit(repository: Path, name: str, text: str) -> None:
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text(text)
    subprocess.run(["git", "add", name], cwd=repository, check=True)


def test_links_that_hold(repository: Path) -> None:
    commit(repository, "docs/words.md", "# The words\n\n## One word, `one` concept\n")
    commit(
        repository,
        "README.md",
        "# Top\n[words](docs/words.md), [one](docs/words.md#one-word-one-concept), [top](#top), [folder](docs/)\n"
        "[web](https://example.org/x#y)\n\n```\n[no link](nowhere.md)\n```\nand `[none](either.md)`\n",
    )
    assert documents.problems(repository) == []


def test_links_that_do_not_hold(repository: Path) -> None:
    commit(repository, "docs/words.md", "# Words\n")
    commit(
        repository,
        "README.md",
        "[a](docs/gone.md)\n\n[b](docs/words.md#gone) ![c](picture.png)\n\n| t |\n|---|\n| [d](../outside.md) |\n",
    )
    assert documents.problems(repository) == [
        "README.md:1: no such file: docs/gone.md",
        "README.md:3: no such heading: docs/words.md#gone",
        "README.md:3: no such file: picture.png",
        "README.md:7: no such file: ../outside.md",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("data in /" + "root/data", "a path of one machine"),
        ("see /" + "home/ada/notes.txt", "a path of one machine"),
        ("see /" + "opt/wheels/x", "a path of one machine"),
        ("pip install --index" + "-url x", "a package index"),
        ("from https://pypi" + ".org/simple", "a package index"),
        ("http://mirror." + "internal/x", "a host of a private network"),
        ("https://ada:" + "secret@example.org", "a password in an address"),
        ("# TO" + "DO: later", "an unfinished end"),
    ],
)
def test_what_belongs_to_a_machine_is_found(repository: Path, text: str, what: str) -> None:
    commit(repository, "notes.py", f"first line\n{text}\n")
    assert documents.problems(repository) == [f"notes.py:2: {what}"]


def test_a_path_of_the_repository_itself_is_found(repository: Path) -> None:
    commit(repository, "notes.txt", f"{repository}/src")
    assert documents.problems(repository) == ["notes.txt:1: a path of this machine"]


@pytest.mark.parametrize("text", ["/p/{practice}/fhir/home/", "https://example.org/root/x", "file:///srv", "~/.venv/"])
def test_what_is_no_machine_path(repository: Path, text: str) -> None:
    commit(repository, "notes.py", text)
    assert documents.problems(repository) == []


def test_pictures_are_not_read(repository: Path) -> None:
    (repository / "picture.png").write_bytes(b"\x89PNG\0/" + b"root/x")
    subprocess.run(["git", "add", "picture.png"], cwd=repository, check=True)
    assert documents.problems(repository) == []
