"""Workers that deliver are killed again and again while tasks change: nothing is lost, each change has one number.

In the suite a few kills on each engine; `./run prove subscriptions` kills fifty times.
"""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.outward import Outward
from carewright.core.store.model import Origin
from carewright.core.store.store import Store, open_driver
from carewright.fhirapi.app import create_app
from carewright.project.wiring import operator_access, registry
from tests.needs import REPOSITORY
from tests.proofs.test_timers import address
from tests.subscriptions.receiving import Receiver, receiving, subscription

__all__ = ["address"]

PATIENCE_S = 240
LEASE_SECONDS = "2"
KILLS = pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def subscribed(store: Store, practice: str, receiver: Receiver) -> None:
    secret = open_session(
        store, practice=practice, actor="Device/receiver", display="R", user_name="r", roles=[Role.PROVIDER],
        kind=SessionKind.TOKEN, scopes="user/*.cruds", expires_at=store.clock.wall() + timedelta(days=1),
    )  # fmt: skip
    with TestClient(create_app(store)) as client:
        body = subscription(receiver.url)
        answer = client.post("/fhir/Subscription", json=body, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 201, answer.text


def worker(address: str, receiver: Receiver) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.proofs.subscribed", address, receiver.origin, LEASE_SECONDS]
    return subprocess.Popen(words, cwd=REPOSITORY)


def until(what: str, met: object, *, seconds: float = PATIENCE_S) -> None:
    over = time.monotonic() + seconds
    while not met():  # type: ignore[operator] # a function without arguments
        assert time.monotonic() < over, what
        time.sleep(0.05)


@KILLS
def test_nothing_is_lost_and_each_change_keeps_its_number(address: str, receiver: Receiver, kills: int) -> None:
    practice, rng = f"s{uuid.uuid4().hex[:8]}", random.Random(kills)
    store = Store(driver=open_driver(address), registry=registry(), digest_key=b"proof",
                  outward=Outward(frozenset({receiver.origin})))  # fmt: skip
    store.ensure_practice(practice, "Subscribed")
    subscribed(store, practice, receiver)
    process = worker(address, receiver)
    until("no handshake", lambda: "handshake" in receiver.kinds())
    writer = store.writer(operator_access(practice), origin=Origin.IMPORT)
    written: list[str] = []
    try:
        for _ in range(kills):
            before = len(receiver.got)
            for number in range(20):
                if number == 10:  # the worker that is killed has begun to send, and is at it again
                    until("nothing is sent", lambda: len(receiver.got) > before)  # noqa: B023 - called at once
                with writer.transaction(reason="test.task") as tx:
                    task = {"resourceType": "Task", "status": "requested", "intent": "order", "code": {"text": "Call"}}
                    written.append(str(tx.create(task)))
            time.sleep(rng.uniform(0, 0.1))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process = worker(address, receiver)
        until("events are missing", lambda: len({focus for _, focus in receiver.events()}) == len(written))
    finally:
        process.kill()
        process.wait()
    numbers = dict(receiver.events())
    assert len(numbers) == len(set(receiver.events())), "a number stands for one change"
    assert [numbers[n] for n in sorted(numbers)] == written, "in the order in which they were written"
    firsts = list(dict.fromkeys(number for number, _ in receiver.events()))
    assert firsts == sorted(firsts), "none comes before one that happened earlier"
    again = len(receiver.events()) - len(numbers)
    sys.stdout.write(f"{kills} kills, {len(written)} changes, {again} sent again\n")
    store.close()
