"""The demonstration's first minutes, made once for a worker: today's patients, their bookings, the morning."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import KEY_BYTES, BlobFiles
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.project import demonstration, wiring
from carewright.project.demonstration import State
from carewright.project.simulator import DayPlan

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Demonstration:
    store: Store
    state: State
    plan: DayPlan


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A store on SQLite with the demonstration as it opens at 10:40. Tests only read it."""
    folder: Path = tmp_path_factory.mktemp("demonstration")
    url = f"sqlite:///{folder / 'care.sqlite3'}"
    migrate_database(url, wiring.registry())
    store = Store(driver=open_driver(url), registry=wiring.registry(), digest_key=b"test key of the audit digests")
    blobs = Blobs(store, BlobFiles(folder / "blobs", key=b"k" * KEY_BYTES))
    state = demonstration.prepare(
        store, wiring.operator_access, seed=1, day=DAY, told=lambda label, done: None, blobs=blobs
    )
    yield Demonstration(store, state, demonstration.plan_of(seed=1, day=DAY))
    store.close()
