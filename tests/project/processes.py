"""The real command as processes, for the tests that need more than one of them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
COMMAND = [sys.executable, "-m", "carewright.project.cli"]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    return {**kept, "CARE_DATA_DIR": str(data_dir), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
        return json.load(answer)


@contextmanager
def running(*arguments: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*COMMAND, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def wait_for_health(port: int, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        try:
            found: dict[str, Any] = get(f"http://127.0.0.1:{port}/healthz")
        except OSError:
            time.sleep(0.2)
        else:
            return found
    raise AssertionError("The server did not answer.")


def command(*arguments: str, env: dict[str, str], code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; it must end with `code` (None: any)."""
    done = subprocess.run([*COMMAND, *arguments], env=env, capture_output=True, text=True, check=False)
    assert code in (None, done.returncode), f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def commands(*lines: list[str], env: dict[str, str], then: str = "") -> str:
    """Run commands, then a piece of Python, in one process, which starts once; what they print. Each must succeed."""
    script = f"from carewright.project.cli import main\nfor line in {lines!r}:\n    assert main(line) == 0, line\n"
    done = subprocess.run([sys.executable, "-c", script + then], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
