"""Whom the audit names, and to whom.

Who oversees the practice is told the id of every record that was opened or changed, labelled ones too: that is what
they look for. Somebody confined to one patient is told of those records only that they may see.
"""

import pytest

from carewright.core.access.model import READ, Access
from carewright.core.fhir.codec import decode
from carewright.core.store.search.parse import parse
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.access_matrix import clinic
from tests.access_matrix.test_writes import practice
from tests.store.people import everything

__all__ = ["practice"]

SHOWN, LABELLED = "Observation/shown", "Observation/labelled"


def named(matrix: Store, access: Access) -> set[str]:
    """The observations that the AuditEvents of this actor name."""
    with matrix.reader(access, reason="test.audit") as reader:
        events = reader.resources(parse("AuditEvent", [("_count", "200")]))
        for event in events:
            assert decode(reader.search(parse("AuditEvent", [("_id", event["id"])])).matches[0].body or b"{}") == event
    found = (entity.get("what", {}).get("reference", "") for event in events for entity in event.get("entity", ()))
    return {"/".join(ref.split("/")[:2]) for ref in found} & {SHOWN, LABELLED}


@pytest.fixture
def written(matrix: Store, practice: str) -> str:
    """One transaction about one patient: a record for everybody and a labelled one."""
    about = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"},
             "subject": {"reference": "Patient/p1"}}  # fmt: skip
    with Writer(matrix, everything(practice)).transaction(reason="test.audit") as tx:
        tx.put({**about, "id": "shown"})
        tx.put({**about, "id": "labelled", "meta": {"security": [clinic.RESTRICTED]}})
    return practice


def test_the_audit_names_to_a_patient_s_program_what_it_may_see(matrix: Store, written: str) -> None:
    grants = dict.fromkeys(("AuditEvent", "Observation"), READ)
    assert named(matrix, everything(written, grants=grants)) == {SHOWN, LABELLED}
    assert named(matrix, everything(written, grants=grants, patient="p1")) == {SHOWN, LABELLED}
    assert named(matrix, everything(written, grants=grants, patient="p1", sensitive=0)) == {SHOWN}
    assert named(matrix, everything(written, grants={"AuditEvent": READ}, patient="p1")) == set()
    assert named(matrix, everything(written, grants=grants, patient="p2", sensitive=0)) == set()


def test_who_oversees_is_told_which_labelled_record_was_opened(matrix: Store, written: str) -> None:
    assert named(matrix, everything(written, grants={"AuditEvent": READ}, sensitive=0)) == {SHOWN, LABELLED}


def test_without_the_predicate_the_audit_names_too_much(
    matrix: Store, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scope, "where", lambda scope, alias, place: Sql(f"{alias}.practice = ?", (scope.practice,)))
    grants = dict.fromkeys(("AuditEvent", "Observation"), READ)
    assert LABELLED in named(matrix, everything(written, grants=grants, patient="p1", sensitive=0))
