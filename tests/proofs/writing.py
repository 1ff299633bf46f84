"""A process that writes until it is stopped: `python -m tests.proofs.writing URL PRACTICE THREADS WRITES`.

Each acknowledged write is one line on the standard output, `create ID VERSION` or `update ID VERSION`, written by a
single system call after the store has said that the write is done.
"""

import os
import sys
import threading

from carewright.core.store.writer import Writer
from tests.store.conftest import open_store
from tests.store.people import everything


def visit(resource_id: str, note: str) -> dict[str, object]:
    return {
        "resourceType": "Encounter",
        "id": resource_id,
        "status": "arrived",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "identifier": [{"system": "urn:test", "value": note}],
    }


def acknowledge(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    url, practice, threads, writes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    store = open_store(url)
    writer = Writer(store, everything(practice))

    def write(thread: int) -> None:
        for number in range(writes):
            resource_id = f"{practice}-{thread}-{number}"
            with writer.transaction(reason="test.write") as tx:
                tx.create(visit(resource_id, "1"), resource_id=resource_id)
            acknowledge(f"create {resource_id} 1")
            if number % 2:
                with writer.transaction(reason="test.write") as tx:
                    tx.update(visit(resource_id, "2"), version=1)
                acknowledge(f"update {resource_id} 2")

    store.ensure_practice(practice, practice)
    if not threads:  # one after the other, in this thread, so that nothing else writes in between
        write(0)
    listed = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for thread in listed:
        thread.start()
    for thread in listed:
        thread.join()
    acknowledge("done")
    store.close()


if __name__ == "__main__":
    main()
