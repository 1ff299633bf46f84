"""The examples of the integrators' guide, run as they stand against a server and its worker: a registered program signs
for its token, and exports with it."""

import json
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.needs import REPOSITORY
from tests.project.processes import command, environment, free_port, running, wait_for_health

SCRIPT = REPOSITORY / "docs" / "examples" / "backend_export.py"
TOKEN = REPOSITORY / "docs" / "examples" / "backend_token.py"


def _run(script: Path, *arguments: str, env: dict[str, str]) -> str:
    """An example to its end; what it prints."""
    words = [sys.executable, str(script), *arguments]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_example_takes_a_practice_out_and_goes_on_from_there(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    people = [{"resourceType": "Patient", "id": f"p{n}", "name": [{"family": "Rao"}]} for n in range(5)]
    (tmp_path / "people.ndjson").write_text("".join(json.dumps(one) + "\n" for one in people))
    command("migrate", env=env)
    command("import", "--practice", "main", str(tmp_path / "people.ndjson"), env=env)
    keys = tmp_path / "keys.json"
    keys.write_text(_run(TOKEN, "new", str(tmp_path / "key.json"), env=env))
    asked = ["--kind", "backend", "--role", "provider", "--scope", "system/*.rs", "--jwks-file", str(keys)]
    client = command("client", "add", "Warehouse", *asked, env=env).stdout.strip()
    port = free_port()
    with running("serve", "--port", str(port), env=env) as server, running("worker", env=env):
        wait_for_health(port, server)
        base = f"http://127.0.0.1:{port}/fhir"
        env["CARE_TOKEN"] = _run(TOKEN, base, client, str(tmp_path / "key.json"), "system/*.rs", env=env)
        words = [sys.executable, str(SCRIPT), base]
        done = subprocess.run([*words, str(tmp_path / "out")], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        since = (tmp_path / "out" / "transactionTime").read_text()
        more = [*words, str(tmp_path / "more"), "Patient", since]
        signed = [sys.executable, str(TOKEN), base, client, str(tmp_path / "key.json"), "system/*.rs"]
        env["CARE_TOKEN_COMMAND"] = shlex.join(signed)
        env["CARE_TOKEN"] = "one that has ended"
        again = subprocess.run(more, env=env, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        refused = subprocess.run([*words, str(tmp_path / "no"), "Nothing"], env=env, capture_output=True, check=False)
    lines = (tmp_path / "out" / "Patient.ndjson").read_text().splitlines()
    assert Counter(json.loads(line)["id"] for line in lines) == Counter(f"p{n}" for n in range(5))
    assert not (tmp_path / "more" / "Patient.ndjson").exists(), "nothing was written since"
    assert refused.returncode != 0
    assert b"Nothing" in refused.stderr
    assert not list((tmp_path / "data" / "bulk").rglob("*.ndjson*")), "the example removes what it has fetched"
