"""The real command as a process: it serves, its worker seals, and both end cleanly."""

import json
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from tests.project.processes import (
    COMMAND,
    START_SECONDS,
    environment,
    free_port,
    get,
    running,
    wait_for_health,
)


@dataclass(frozen=True)
class Served:
    """An installation that runs: a server, a worker, their folder."""

    port: int
    folder: Path

    def get(self, path: str) -> Any:
        return get(f"http://127.0.0.1:{self.port}{path}")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *arguments]
        return subprocess.run(command, env=environment(self.folder), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_folder: Path) -> Iterator[Served]:
    """`carewright serve` and `carewright worker` on a new data folder."""
    found = Served(free_port(), tmp_path_factory.mktemp("served"))
    shutil.copytree(migrated_folder, found.folder, dirs_exist_ok=True)
    assert found.run("migrate", "--practice", "main").returncode == 0
    env = environment(found.folder)
    with running("serve", "--port", str(found.port), env=env) as server, running("worker", env=env):
        wait_for_health(found.port, server)
        yield found


def test_health_says_how_the_installation_is(served: Served) -> None:
    found = served.get("/healthz")
    assert found["status"] == "ok"
    assert found["problems"] == []
    assert found["database"]["synchronous"] == "2"
    assert found["audit_anchored"] is False
    assert any("CARE_AUDIT_ANCHOR" in note for note in found["notes"])
    assert {"feed_lag_seconds", "unsealed_seconds", "unsealed_rows", "version"} <= set(found)


def test_each_path_reaches_its_application(served: Served) -> None:
    assert served.get("/fhir/metadata")["resourceType"] == "CapabilityStatement"
    assert served.get("/p/main/fhir/metadata")["resourceType"] == "CapabilityStatement"
    address = f"http://127.0.0.1:{served.port}"
    with urllib.request.urlopen(f"{address}/sign-in", timeout=10) as page:  # noqa: S310 - our own server
        assert page.headers["content-type"].startswith("text/html")
    request = urllib.request.Request(f"{address}/fhir/metadata", headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
        assert answer.headers["content-encoding"] == "gzip"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/live/events", timeout=10)  # noqa: S310 - our own server
    assert refused.value.code == 401


def test_the_worker_seals_what_another_process_writes(served: Served) -> None:
    patient = served.folder / "patient.json"
    patient.write_text('{"resourceType":"Patient","id":"ada"}')
    done = served.run("import", str(patient))
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 10
    while served.get("/healthz")["unsealed_rows"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    checked = served.run("audit", "verify")
    assert checked.returncode == 0
    assert "The audit is whole." in checked.stdout


def test_a_user_s_token_opens_the_api_as_far_as_the_role_goes(served: Served) -> None:
    staff = served.folder / "staff.ndjson"
    role = {
        "resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/dana"},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "ma"}]}],
    }  # fmt: skip
    staff.write_text('{"resourceType":"Practitioner","id":"dana","name":[{"family":"Cole"}]}\n' + json.dumps(role))
    assert served.run("import", str(staff)).returncode == 0
    added = served.run("user", "add", "dana", "--practitioner", "dana")
    assert added.returncode == 0, added.stderr
    assert "Cole" in served.run("user", "list").stdout
    token = served.run("token", "--user", "dana", "--scope", "user/Practitioner.rs")
    assert "(ma)" in token.stderr

    def status(path: str) -> int:
        headers = {"Authorization": f"Bearer {token.stdout.strip()}"}
        request = urllib.request.Request(f"http://127.0.0.1:{served.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
                found: int = answer.status
        except urllib.error.HTTPError as error:
            return error.code
        return found

    assert status("/fhir/Practitioner/dana") == 200
    assert status("/fhir/Patient") == 403
    for wrong in (["--user", "nobody"], ["--user", "dana", "--scope", "all"], ["--user", "dana", "--days", "0"]):
        refused = served.run("token", *wrong)
        assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_cleanly(tmp_path: Path, migrated_folder: Path, number: signal.Signals) -> None:
    port, env = free_port(), environment(tmp_path)
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with running("serve", "--port", str(port), env=env) as process:
        wait_for_health(port, process)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert b"Traceback" not in output
    # Nothing holds the write-ahead log any more: the last connection has folded it in.
    assert not (tmp_path / "care.sqlite3-wal").exists()


def test_a_worker_ends_with_its_parent(tmp_path: Path, migrated_folder: Path) -> None:
    env = environment(tmp_path)
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    command = [*COMMAND, "worker", "--with-parent"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        time.sleep(1)
        assert worker.poll() is None
        worker.stdin.close()
        assert worker.wait(timeout=30) == 0
        assert worker.stderr is not None
        assert worker.stderr.read() == b""


def test_the_worker_ends_on_sigterm_and_anchors_what_it_sealed(tmp_path: Path, migrated_folder: Path) -> None:
    shutil.copytree(migrated_folder, tmp_path / "data")
    anchor = tmp_path / "elsewhere" / "anchors"
    env = environment(tmp_path / "data", CARE_AUDIT_ANCHOR=str(anchor))
    patient = tmp_path / "p.json"
    patient.write_text('{"resourceType":"Patient","id":"ada"}')
    subprocess.run([*COMMAND, "import", str(patient)], env=env, check=True, capture_output=True)
    with running("worker", env=env) as process:
        deadline = time.monotonic() + START_SECONDS
        while not anchor.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        process.terminate()
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert json.loads(anchor.read_text().splitlines()[0])["position"] >= 1
