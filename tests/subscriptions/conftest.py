"""A practice on each engine with receivers."""

from collections.abc import Iterator

import pytest

from tests.clinic import Clinic
from tests.subscriptions.receiving import Receiver, Subscribing, receiving, subscribing


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def subs(clinic: Clinic, receiver: Receiver, other: Receiver) -> Iterator[Subscribing]:
    for name in ("p1", "p2"):
        clinic.have({"resourceType": "Patient", "id": name, "name": [{"family": "Zwarth"}]})
    with subscribing(clinic, receiver, other) as found:
        yield found
