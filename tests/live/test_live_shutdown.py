"""A real server process with an open stream stops at once when it is told to."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from carewright.core.store.store import migrate_database
from carewright.live.shutdown import before_stopping
from tests.live.listening import REGISTRY, Feed
from tests.store.conftest import open_store

SERVER = """
import socket, sys, uvicorn
from carewright.live.app import create_app
from dataclasses import replace
from tests.live.listening import REGISTRY
from tests.store.conftest import open_store

listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
app = create_app(replace(open_store(sys.argv[1]), registry=REGISTRY))
config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=20)
uvicorn.Server(config).run(sockets=[listening])
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server process on SQLite, its address and the database's."""
    url = f"sqlite:///{tmp_path / 'care.sqlite3'}"
    migrate_database(url, REGISTRY)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    yield server, f"http://127.0.0.1:{server.stdout.readline().strip()}", url
    server.kill()
    server.communicate()


def test_a_signal_ends_open_streams_and_the_server_at_once(process: tuple[subprocess.Popen[str], str, str]) -> None:
    server, address, url = process
    store = open_store(url)
    store.ensure_practice("p", "Test practice")
    feed = Feed(store=store, practice="p", url=address)
    with feed.listen(feed.secret()) as stream:
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert stream.next(5) is None
        _, said = server.communicate(timeout=10)
        assert time.monotonic() - begun < 4
    assert "Traceback" not in said
    store.close()


def test_the_handlers_of_before_are_called_and_put_back() -> None:
    heard: list[str] = []

    async def run() -> None:
        with before_stopping(lambda: heard.append("ours")):
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0.01)

    def earlier(number: int, frame: object) -> None:
        heard.append("theirs")

    kept = signal.signal(signal.SIGTERM, earlier)
    try:
        asyncio.run(run())
        assert sorted(heard) == ["ours", "theirs"]
        assert signal.getsignal(signal.SIGTERM) is earlier
    finally:
        signal.signal(signal.SIGTERM, kept)
