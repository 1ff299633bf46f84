"""The store on both engines, as the store's own tests have it, and the live feed behind a real server."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from carewright.core.store.store import Store
from carewright.live.app import create_app
from tests.live.listening import Feed
from tests.store.conftest import migrated_postgresql, postgresql_store, practice, sqlite_store, sqlite_url, store

__all__ = ["migrated_postgresql", "postgresql_store", "practice", "sqlite_store", "sqlite_url", "store"]


@pytest.fixture
def feed(live_store: Store, practice: str) -> Iterator[Feed]:
    """A server of its own: a stream stays open, which the in-process test clients cannot show."""
    app = create_app(live_store)
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Feed(store=live_store, practice=practice, url=f"http://127.0.0.1:{port}", app=app, server=server)
    server.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive(), "an open stream held the server's shutdown"


@pytest.fixture
def live_store(store: Store) -> Store:
    """The store with permissions, so that sessions may see something."""
    from dataclasses import replace

    from tests.live.listening import REGISTRY

    return replace(store, registry=REGISTRY)
