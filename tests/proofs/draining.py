"""A worker that does nothing but watch the clock: `python -m tests.proofs.draining URL PRACTICE NOW LEASE_SECONDS`.

Says that it is ready (0 done) and begins when it is given a line. Prints a line for each batch, and ends when nothing
is due any more.
"""

import os
import sys
import time
from datetime import datetime

from carewright.core.clock import Clock
from carewright.core.store import deadlines
from carewright.core.store.store import Store, open_driver
from carewright.project.timers import TimerRunner
from carewright.project.wiring import registry
from carewright.project.worker import process_name


def main(url: str, practice: str, now: str, lease_seconds: str) -> None:
    at = datetime.fromisoformat(now)
    store = Store(driver=open_driver(url), registry=registry(), clock=Clock(wall=lambda: at), digest_key=b"proof")
    runner = TimerRunner(store, process_name(), lease_seconds=float(lease_seconds))
    os.write(1, b"0\n")
    sys.stdin.readline()
    while True:
        acted = runner.step(practice)
        os.write(1, f"{acted}\n".encode())
        with store.driver.reading(practice) as connection:
            earliest = deadlines.next_at(connection, practice)
        if earliest is None or earliest > at:
            break
        if not acted:
            time.sleep(0.1)  # what is left is another worker's, or its lease has to run out
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
