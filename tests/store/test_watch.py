"""A watch wakes when any connection has committed, and ends its wait in any case."""

import asyncio
import time

from carewright.core.store.store import Store, open_driver
from carewright.core.store.writer import Writer
from tests import loops
from tests.postgresql_server import Database
from tests.store.people import everything, patient


async def seconds_until_woken(url: str, store: Store, practice: str, *, write: bool) -> float:
    """How long a watch of another process's driver waits (at most 3 s), with or without a write after 0.2 s."""
    watch = open_driver(url).watch()
    for _ in range(3):
        await watch.wait(0.2)  # the first wait may return at once, and earlier tests may still be announcing
    begun = time.monotonic()
    waiting = asyncio.create_task(watch.wait(3))
    await asyncio.sleep(0.2)
    if write:
        await asyncio.to_thread(_write, store, practice)
    await waiting
    await watch.close()
    return time.monotonic() - begun


def _write(store: Store, practice: str) -> None:
    with Writer(store, everything(practice)).transaction(reason="test.watch") as tx:
        tx.create(patient())


def test_a_commit_wakes_the_watch_of_another_connection(store: Store, practice: str, sqlite_url: str, request) -> None:
    url = sqlite_url
    if store.driver.dialect.name == "postgresql":
        database: Database = request.getfixturevalue("migrated_postgresql")
        url = database.app_url
    store.audit_queue.flush()
    assert 0.2 <= loops.run(seconds_until_woken(url, store, practice, write=True)) < 2.9
    time.sleep(0.1)
    assert loops.run(seconds_until_woken(url, store, practice, write=False)) >= 2.9
