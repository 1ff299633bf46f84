"""Who writes decides whether a profile is claimed: our own pages do, what others send says what it says."""

import pytest

from carewright.core.store.model import Origin
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.store.people import everything, patient

IDENTIFIED = {**patient(), "gender": "male", "identifier": [{"system": "urn:mrn", "value": "1"}]}


@pytest.mark.parametrize(
    ("origin", "claims"), [(Origin.SCREEN, True), (Origin.SYSTEM, True), (Origin.API, False), (Origin.IMPORT, False)]
)
def test_what_we_write_ourselves_claims_what_it_meets(
    store: Store, practice: str, origin: Origin, claims: bool
) -> None:
    with Writer(store, everything(practice), origin=origin).transaction(reason="test.claim") as tx:
        tx.create(IDENTIFIED)
    assert (b"us-core-patient" in (tx.results[0].stored.body or b"")) is claims
