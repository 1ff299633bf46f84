"""One server for a SQLite data folder: a second one is told where the first is; commands beside it go on working."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.project import serving
from tests.project.processes import command, commands, environment, free_port, running, wait_for_health


def _hold(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with serving.hold(folder, doing="a server", address="http://127.0.0.1:1/"):
        ready.set()
        signal.pause()


def test_the_lock_says_who_holds_it_and_ends_with_its_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready))
    other.start()
    try:
        assert ready.wait(60)
        assert serving.holder(tmp_path) == serving.Holder(
            doing="a server", process=other.pid or 0, address="http://127.0.0.1:1/"
        )
        expected = rf"http://127.0.0.1:1/, process {other.pid}"
        with pytest.raises(serving.Held, match=expected), serving.hold(tmp_path, doing="a restore"):
            raise AssertionError
    finally:
        os.kill(other.pid or 0, signal.SIGKILL)
        other.join()
    assert serving.holder(tmp_path) is None
    with serving.hold(tmp_path, doing="a restore"):
        held = serving.holder(tmp_path)
        assert held is not None
        assert held.doing == "a restore"
    assert serving.holder(tmp_path) is None


def test_a_lock_file_that_says_nonsense_locks_all_the_same(tmp_path: Path) -> None:
    with serving.hold(tmp_path, doing="a server"):
        (tmp_path / serving.LOCK).write_text("{")
        with pytest.raises(serving.Held, match="another process"), serving.hold(tmp_path, doing="a server"):
            raise AssertionError


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_folder: Path) -> Iterator[tuple[Path, int]]:
    """A folder with a server on it, and the server's port."""
    folder, port = tmp_path_factory.mktemp("one-server"), free_port()
    shutil.copytree(migrated_folder, folder, dirs_exist_ok=True)
    env = environment(folder)
    command("migrate", "--practice", "main", env=env)
    with running("serve", "--port", str(port), env=env) as server:
        wait_for_health(port, server)
        yield folder, port


def test_what_is_safe_beside_a_server_works_and_what_would_collide_is_refused(
    served: tuple[Path, int], tmp_path: Path
) -> None:
    folder, port = served
    patient, backup = tmp_path / "p.json", tmp_path / "b.zip"
    patient.write_text('{"resourceType":"Patient","id":"ada"}')
    safe: list[list[str]] = [
        ["import", str(patient)],
        ["export", "--out", str(tmp_path / "out")],
        ["backup", "--out", str(backup)],
        ["reindex"],
        ["migrate", "--practice", "main"],
        ["doctor"],
        ["user", "list"],
    ]
    commands(*safe, env=environment(folder))
    for line in (["serve", "--port", str(free_port())], ["demo"], ["restore", str(backup)]):
        said = command(*line, env=environment(folder), code=2).stderr
        assert f"http://127.0.0.1:{port}/" in said
        assert "--data-dir" in said
        assert len(said.strip().splitlines()) == 1


def test_another_folder_s_server_is_not_in_the_way(
    served: tuple[Path, int], tmp_path: Path, migrated_folder: Path
) -> None:
    shutil.copytree(migrated_folder, tmp_path / "d")
    said = command("serve", "--port", str(served[1]), env=environment(tmp_path / "d"), code=2).stderr
    assert "another program uses it" in said
    assert "--port" in said
