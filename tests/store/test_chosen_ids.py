"""A create under an id that its author has chosen never writes over what stands there, on both engines."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from carewright.core.store.model import Conflict, Ref
from tests.clinic import Clinic


def create(clinic: Clinic, chosen: str, words: str) -> bool:
    message = {
        "resourceType": "Communication", "status": "in-progress", "payload": [{"contentString": words}],
    }  # fmt: skip
    try:
        with clinic.writer().transaction(reason="test.create") as tx:
            tx.create(message, resource_id=chosen)
    except Conflict:
        return False
    return True


def test_a_second_create_meets_the_first(clinic: Clinic) -> None:
    chosen = str(uuid.uuid4())
    assert create(clinic, chosen, "first")
    assert not create(clinic, chosen, "second")
    assert clinic.resource(Ref("Communication", chosen))["payload"] == [{"contentString": "first"}]


@pytest.mark.parametrize("turn", range(3))
def test_of_creates_at_once_one_is_written(clinic: Clinic, turn: int) -> None:
    chosen = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda n: create(clinic, chosen, f"{turn} {n}"), range(4)))
    stored = clinic.resource(Ref("Communication", chosen))
    assert (written.count(True), stored["meta"]["versionId"]) == (1, "1")
    assert stored["payload"] == [{"contentString": f"{turn} {written.index(True)}"}]
