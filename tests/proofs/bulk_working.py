"""A worker's process for the proof of exports and imports: it says when a turn is over, and is killed when it likes."""

import sys
from pathlib import Path

from carewright.core.bulk.files import BulkFiles
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.store import Store, open_driver
from carewright.project.bulk_running import BulkRunner
from tests.bulk.warehouse import KEY, REGISTRY

LEASE_SECONDS = 1.0


def main(url: str, practice: str, folder: str, kind: str) -> None:
    store = Store(driver=open_driver(url), registry=REGISTRY, digest_key=b"test key of the audit digests")
    runner = BulkRunner(
        store, BulkFiles(Path(folder), key=KEY), Kind(kind), f"proof-{id(store)}", lease_seconds=LEASE_SECONDS
    )
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    while runner.step(practice):
        sys.stdout.write("turn\n")
        sys.stdout.flush()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
