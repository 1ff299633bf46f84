"""The watched folder: half-written files, what is refused, the same file again, a worker killed anywhere."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import BlobFiles
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.project import incoming_folder
from carewright.project.incoming_folder import IncomingFolder
from carewright.project.wiring import operator_access, registry

DIGEST_KEY = b"test key of the audit digests"
FILES = 6


def fax(number: int = 1) -> bytes:
    made = io.BytesIO()
    Image.new("L", (40 + number, 60)).save(made, "PNG")
    return made.getvalue()


def opened(folder: Path) -> Store:
    url = f"sqlite:///{folder / 'care.sqlite3'}"
    migrate_database(url, registry())
    store = Store(driver=open_driver(url), registry=registry(), digest_key=DIGEST_KEY)
    store.ensure_practice("main", "Clinic")
    return store


def watch(store: Store, folder: Path) -> IncomingFolder:
    blobs = Blobs(store, BlobFiles(folder / "blobs", key=bytes(32)))
    return IncomingFolder(store, blobs, folder / "in", settled_seconds=0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path


@pytest.fixture
def watched(place: Path) -> IncomingFolder:
    return watch(opened(place), place)


def papers(store: Store) -> list[dict[str, object]]:
    with store.reader(operator_access("main"), reason="test") as reader:
        return reader.rows("paper", where={})


def open_tasks(store: Store) -> list[dict[str, object]]:
    with store.reader(operator_access("main"), reason="test") as reader:
        return reader.rows("task", where={"is_open": 1})


def look_twice(watched: IncomingFolder) -> int:
    return watched.step() + watched.step()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_file_becomes_one_paper_with_a_task_and_is_moved(watched: IncomingFolder) -> None:
    (watched.folder / "fax 1.png").write_bytes(fax())
    assert look_twice(watched) == 1
    assert [row["stage"] for row in papers(watched.store)] == ["match"]
    assert len(open_tasks(watched.store)) == 1
    assert names(watched.folder) == ["done"]
    assert names(watched.folder / "done") == ["fax 1.png"]
    assert look_twice(watched) == 0


def test_a_file_that_still_grows_is_left_alone(watched: IncomingFolder) -> None:
    path = watched.folder / "fax.png"
    path.write_bytes(fax()[:30])
    watched.step()
    path.write_bytes(fax())
    watched.step()
    assert papers(watched.store) == []
    watched.settled_seconds = 5.0
    watched.step()
    assert papers(watched.store) == []
    watched.wall = lambda: path.stat().st_mtime + 6
    watched.step()
    assert len(papers(watched.store)) == 1


def test_what_has_no_final_name_yet_and_what_is_no_file_is_left_alone(watched: IncomingFolder, place: Path) -> None:
    for name in (".hidden.png", "fax.png.part", "fax.TMP"):
        (watched.folder / name).write_bytes(fax())
    (place / "secret.png").write_bytes(fax(9))
    (watched.folder / "link.png").symlink_to(place / "secret.png")
    assert look_twice(watched) == 0
    assert papers(watched.store) == []


def test_what_cannot_be_kept_is_put_aside_with_the_reason(watched: IncomingFolder) -> None:
    (watched.folder / "virus.pdf").write_bytes(b"MZ\x90 a program")
    (watched.folder / "fax.png").write_bytes(fax())
    with (watched.folder / "huge.pdf").open("wb") as file:
        file.truncate(25 * 1024 * 1024)
    assert look_twice(watched) == 3
    assert names(watched.folder / "refused") == ["huge.pdf", "huge.pdf.reason.txt", "virus.pdf",
                                                 "virus.pdf.reason.txt"]  # fmt: skip
    assert "no PDF" in (watched.folder / "refused" / "virus.pdf.reason.txt").read_text()
    assert "too large" in (watched.folder / "refused" / "huge.pdf.reason.txt").read_text()
    assert len(papers(watched.store)) == 1


def test_the_same_file_again_makes_no_second_paper(watched: IncomingFolder) -> None:
    for name in ("fax.png", "again.png"):
        (watched.folder / name).write_bytes(fax())
    look_twice(watched)
    (watched.folder / "fax.png").write_bytes(fax())
    look_twice(watched)
    assert len(papers(watched.store)) == 1
    assert names(watched.folder / "done") == ["again.png", "fax-2.png", "fax.png"]


def test_a_folder_below_is_a_sites(watched: IncomingFolder) -> None:
    for name in ("main-st", "no site at all"):
        (watched.folder / name).mkdir()
    (watched.folder / "main-st" / "a.png").write_bytes(fax(1))
    (watched.folder / "no site at all" / "b.png").write_bytes(fax(2))
    assert look_twice(watched) == 2
    assert sorted(str(row["site"]) for row in papers(watched.store)) == ["", "main-st"]
    assert names(watched.folder / "main-st") == ["done"]


def test_of_two_practices_each_has_its_own_folder(watched: IncomingFolder) -> None:
    watched.store.ensure_practice("other", "Other")
    (watched.folder / "main").mkdir()
    (watched.folder / "main" / "a.png").write_bytes(fax(1))
    (watched.folder / "b.png").write_bytes(fax(2))
    assert look_twice(watched) == 1
    assert len(papers(watched.store)) == 1


def test_two_workers_on_one_folder_make_each_file_one_paper(watched: IncomingFolder, place: Path) -> None:
    import threading

    other = watch(watched.store, place)
    for number in range(FILES):
        (watched.folder / f"{number}.png").write_bytes(fax(number))
    watched.step()
    other.step()
    threads = [threading.Thread(target=one.step) for one in (watched, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    look_twice(watched)
    assert len(papers(watched.store)) == FILES
    assert names(watched.folder) == ["done"]


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.project import test_incoming_folder as here
from carewright.core.blobs.blobs import Blobs
from carewright.core.store.writer import Writer
from carewright.project import incoming_folder

folder, point, after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
left = [after]

def die(*values, **named):
    os.kill(os.getpid(), signal.SIGKILL)

def deadly(owner, name, before):
    real = getattr(owner, name)
    def call(*values, **named):
        left[0] -= 1
        if left[0] == 0 and before:
            die()
        try:
            return real(*values, **named)
        finally:
            if left[0] == 0:
                die()
    setattr(owner, name, call)

deadly(*{
    "before the file is kept": (Blobs, "put", True),
    "before the paper is written": (Blobs, "put", False),
    "before the file is moved": (Writer, "_commit", False),
    "when the file is moved": (incoming_folder.os, "replace", False),
}[point])
watched = here.watch(here.opened(folder), folder)
here.look_twice(watched)
"""


@pytest.mark.parametrize(
    "point",
    ["before the file is kept", "before the paper is written", "before the file is moved", "when the file is moved"],
)
def test_a_worker_killed_anywhere_loses_nothing_and_doubles_nothing(place: Path, point: str) -> None:
    """Killed at the third file, then at the first of the next run, then run to the end."""
    for number in range(FILES):
        (place / "in" / f"{number}.png").write_bytes(fax(number))
    (place / "in" / "not-a-paper.txt").write_bytes(b"hello")
    for after in ("3", "1"):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(place), point, after],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    watched = watch(opened(place), place)
    look_twice(watched)
    assert len(papers(watched.store)) == FILES
    assert len(open_tasks(watched.store)) == FILES
    assert names(place / "in") == ["done", "refused"]
    assert names(place / "in" / "done") == [f"{number}.png" for number in range(FILES)]
    assert names(place / "in" / "refused") == ["not-a-paper.txt", "not-a-paper.txt.reason.txt"]


def test_the_folder_may_take_papers_in_and_nothing_else() -> None:
    access = incoming_folder.access("main")
    assert access.actions == {"incoming.sort"}
    assert set(access.grants) == {"DocumentReference", "Task", "Binary"}
