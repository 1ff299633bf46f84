"""The demonstration can be started on any day of the calendar: what a day's plan draws differs from day to day, and
what is written of it has to hold on all of them."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import KEY_BYTES, BlobFiles
from carewright.core.store.model import StoreError
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.project import demonstration, wiring

FIRST = date(2026, 12, 1)


@pytest.mark.parametrize(
    "days",
    [
        pytest.param([date(2028, 2, 29)], id="leap day"),
        pytest.param([FIRST + timedelta(days=n) for n in range(365)], id="every day", marks=pytest.mark.slow),
    ],
)
def test_it_opens_on(tmp_path: Path, days: list[date]) -> None:
    refused: dict[str, str] = {}
    for day in days:
        folder = tmp_path / day.isoformat()
        folder.mkdir()
        try:
            kept = _opened(folder, day)
            assert min(kept.values()), f"{day}: {kept}"
        except (StoreError, ValueError) as error:
            refused[day.isoformat()] = f"{type(error).__name__}: {error}"
        shutil.rmtree(folder)
    assert refused == {}


def _opened(folder: Path, day: date) -> dict[str, int]:
    """How many records of the first hours there are, by projection."""
    url = f"sqlite:///{folder / 'care.sqlite3'}"
    migrate_database(url, wiring.registry())
    store = Store(driver=open_driver(url), registry=wiring.registry(), digest_key=b"test key of the audit digests")
    try:
        blobs = Blobs(store, BlobFiles(folder / "blobs", key=b"k" * KEY_BYTES))
        state = demonstration.prepare(
            store, wiring.operator_access, seed=1, day=day, told=lambda label, done: None, blobs=blobs
        )
        with store.reader(wiring.operator_access(state.practice), reason="test") as reader:
            return {kind: len(reader.rows(kind, where={})) for kind in ("visit", "appointment", "task", "patient")}
    finally:
        store.close()
