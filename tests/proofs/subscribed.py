"""A worker that does nothing but deliver: `python -m tests.proofs.subscribed URL ORIGIN LEASE_SECONDS`."""

import sys
import time

from carewright.core.outward import Outward
from carewright.core.store.store import Store, open_driver
from carewright.project import subscription_turns
from carewright.project.subscriptions import SubscriptionRunner
from carewright.project.wiring import registry
from carewright.project.worker import process_name


def main(url: str, origin: str, lease_seconds: str) -> None:
    subscription_turns.LEASE_SECONDS = float(lease_seconds)
    store = Store(
        driver=open_driver(url), registry=registry(), digest_key=b"proof", outward=Outward(frozenset({origin}))
    )
    runner = SubscriptionRunner(store, process_name())
    while True:
        runner.step()
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
