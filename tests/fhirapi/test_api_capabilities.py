"""The CapabilityStatement says what is so: every interaction and parameter it names works, and no other type does."""

from datetime import UTC, datetime
from typing import Any

from carewright.core.access.model import Interaction, Role
from carewright.core.fhir.validation import validate
from carewright.core.registry import Registry
from carewright.core.store.transaction import RETRACTABLE
from carewright.fhirapi.capabilities import capabilities
from tests.fhirapi.practice import REGISTRY, Practice

STATEMENT = capabilities(REGISTRY, base="http://testserver/fhir", since=datetime(2026, 11, 23, tzinfo=UTC))
RESOURCES: dict[str, dict[str, Any]] = {r["type"]: r for r in STATEMENT["rest"][0]["resource"]}


def test_the_statement_is_valid_fhir() -> None:
    assert [str(i) for i in validate(STATEMENT) if i.severity in ("error", "fatal")] == []


def test_it_lists_exactly_the_types_that_somebody_may_use() -> None:
    assert set(RESOURCES) == set(REGISTRY.grants_for(Role))
    assert capabilities(Registry(), base="x", since=datetime(2026, 11, 23, tzinfo=UTC))["rest"][0]["resource"] == []


def test_interactions_are_those_that_some_role_holds() -> None:
    for name, allowed in REGISTRY.grants_for(Role).items():
        codes = {i["code"] for i in RESOURCES[name]["interaction"]}
        assert ("read" in codes) == (Interaction.READ in allowed)
        assert ("search-type" in codes) == (Interaction.SEARCH in allowed)
        assert ("update" in codes) == (Interaction.UPDATE in allowed)
        assert ("delete" in codes) == (Interaction.DELETE in allowed and name not in RETRACTABLE)


def test_every_parameter_of_a_type_can_be_searched_by(api: Practice) -> None:
    value = {
        "date": "2026-11-23",
        "reference": "Patient/1",
        "token": "x",
        "string": "x",
        "uri": "urn:x",
        "number": "2026",
        "quantity": "2026",
        "composite": "a$2026",
    }
    for name in ("Patient", "Observation", "Encounter"):
        for parameter in RESOURCES[name]["searchParam"]:
            path = f"/{name}?{parameter['name']}={value[parameter['type']]}"
            assert api.ask("GET", path).status_code == 200, path
            if parameter["type"] != "composite":
                assert api.ask("GET", f"/{name}?{parameter['name']}:missing=true").status_code == 200, path
    assert {"_id", "_lastUpdated", "family", "identifier"} <= {p["name"] for p in RESOURCES["Patient"]["searchParam"]}
    listed = {p["name"] for p in RESOURCES["Observation"]["searchParam"]}
    assert {"value-quantity", "component-code-value-quantity"} <= listed


def test_every_parameter_of_the_audit_can_be_searched_by(api: Practice) -> None:
    value = {"_id": "x", "action": "R", "agent": "Practitioner/1", "date": "2026", "outcome": "0", "patient": "1"}
    for parameter in RESOURCES["AuditEvent"]["searchParam"]:
        path = f"/AuditEvent?{parameter['name']}={value[parameter['name']]}"
        assert api.ask("GET", path, role=Role.AUDITOR).status_code == 200, path
    assert [i["code"] for i in RESOURCES["AuditEvent"]["interaction"]] == ["read", "search-type"]


def test_includes_that_are_listed_work(api: Practice) -> None:
    for include in RESOURCES["Observation"]["searchInclude"]:
        assert api.ask("GET", f"/Observation?_include={include}").status_code == 200, include
    assert "Observation:subject" in RESOURCES["Patient"]["searchRevInclude"]
    for include in RESOURCES["Patient"]["searchRevInclude"]:
        assert api.ask("GET", f"/Patient?_revinclude={include}", role=Role.MA).status_code == 200, include
