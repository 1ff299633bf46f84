"""Our CDS services: who may ask, with what, and that a card says what the asker may see and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.cds.settings import CLIENTS
from carewright.core.outward import Outward
from carewright.core.settings import values
from carewright.core.smart import jwks
from carewright.fhirapi.app import create_app
from tests.cds.other_side import OtherSide
from tests.clinic import Clinic
from tests.fhirapi.practice import issue

REPORT: dict[str, Any] = {
    "resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": {"text": "Urine"},
    "subject": {"reference": "Patient/ada"}, "issued": "2026-11-23T10:00:00-05:00",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}],
}  # fmt: skip


@dataclass
class Asking:
    clinic: Clinic
    client: TestClient
    other: OtherSide

    def address(self, hook: str) -> str:
        return f"http://testserver/p/{self.clinic.practice}/cds-services/carewright-{hook}"

    def token(self, *roles: Role, **more: Any) -> str:
        fields: dict[str, Any] = {
            "practice": self.clinic.practice, "actor": "Device/ehr", "display": "EHR", "user_name": "e",
            "roles": roles or (Role.PROVIDER,), "kind": SessionKind.TOKEN, "scopes": "user/*.rs",
            "expires_at": self.clinic.now + timedelta(minutes=5),
        }  # fmt: skip
        return open_session(self.clinic.store, **{**fields, **more})

    def ask(
        self, *, token: str | None, hook: str = "patient-view", jwt: str | None = None, **more: Any
    ) -> httpx.Response:
        body = {
            "hook": hook, "hookInstance": "d1577c69", "context": {"userId": "Practitioner/x", "patientId": "ada"},
            **({"fhirAuthorization": {"access_token": token, "token_type": "Bearer"}} if token else {}), **more,
        }  # fmt: skip
        signed = jwt or self.other.signed(self.address(hook), now=self.clinic.now.timestamp())
        answer: httpx.Response = self.client.post(
            self.address(hook), json=body, headers={"Authorization": f"Bearer {signed}"}
        )
        return answer

    def summaries(self, **more: Any) -> list[str]:
        answer = self.ask(**more)
        assert answer.status_code == 200, answer.text
        return [card["summary"] for card in answer.json()["cards"]]


@pytest.fixture
def asking(clinic: Clinic, other: OtherSide, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.setattr(clinic.store, "outward", Outward(frozenset({other.url})))
    monkeypatch.setattr(jwks, "FETCHER", jwks.Fetcher())
    clinic.have({"resourceType": "Patient", "id": "ada", "gender": "female", "birthDate": "1970-05-06",
                 "name": [{"family": "Berg"}]}, {"resourceType": "Patient", "id": "ben"})  # fmt: skip
    access = clinic.access("mona")
    values.change(clinic.store, CLIENTS, access, scope=values.practice_scope(), value=(other.registered,))
    with TestClient(create_app(clinic.store)) as client:
        yield Asking(clinic, client, other)


def test_what_is_offered_is_told_to_everybody(asking: Asking) -> None:
    for base in ("/cds-services", f"/p/{asking.clinic.practice}/cds-services"):
        offered = asking.client.get(base).json()["services"]
        assert [one["hook"] for one in offered] == ["patient-view", "order-sign"]
        assert all(one["id"] == f"carewright-{one['hook']}" and one["prefetch"] for one in offered)


def test_cards_say_what_is_known_with_source_and_link(asking: Asking) -> None:
    asking.clinic.have(REPORT, {
        "resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/ada"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                       "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9"}]},
    })  # fmt: skip
    for hook in ("patient-view", "order-sign"):
        cards = asking.ask(token=asking.token(), hook=hook).json()["cards"]
        summaries = [card["summary"] for card in cards]
        assert "Due by the practice's rules: A1c is due" in summaries
        assert "Allergies have not been asked yet." in summaries
        assert "Result not reviewed yet: Urine" in summaries
        assert all(card["source"]["label"] and card["links"][0]["url"].endswith("/chart/ada") for card in cards)
        assert all(card["source"]["url"].startswith("https://") for card in cards if "rules" in card["summary"])
        assert all(len(card["summary"]) <= 140 and "suggestions" not in card for card in cards)


def test_a_card_is_made_of_what_the_token_may_see(asking: Asking) -> None:
    very = {"security": [{"system": CONFIDENTIALITY, "code": "V"}]}
    asking.clinic.have({**REPORT, "meta": very})
    assert "Result not reviewed yet: Urine" not in asking.summaries(token=asking.token())
    assert asking.summaries(token=asking.token(scopes="user/Patient.rs")) == []
    assert asking.summaries(token=asking.token(Role.BILLER)) == ["Allergies have not been asked yet."]
    assert asking.summaries(token=None) == []
    confined = asking.token(scopes="patient/*.rs", patient="ben")
    assert asking.ask(token=confined).status_code == 412
    assert asking.ask(token=asking.token(), context={"userId": "x", "patientId": "nobody"}).status_code == 412


def test_a_token_of_another_practice_or_an_ended_one_opens_nothing(asking: Asking) -> None:
    asking.clinic.store.ensure_practice("elsewhere", "Elsewhere")
    for token in (asking.token(practice="elsewhere"), "made-up", asking.token(expires_at=asking.clinic.now)):
        answer = asking.ask(token=token)
        assert (answer.status_code, issue(answer)["code"]) == (401, "login")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"iss": "https://stranger.example"}, "registered"),
        ({"aud": "https://another.example/cds-services/x"}, "aud"),
        ({"exp": 1}, "ended"),
        ({"exp": 4_000_000_000}, "five minutes"),
        ({"jti": ""}, "jti"),
        ({"iat": "now"}, "iat"),
    ],
)
def test_a_jwt_is_a_registered_program_s_for_this_address_now(
    asking: Asking, change: dict[str, Any], says: str
) -> None:
    signed = asking.other.signed(asking.address("patient-view"), now=asking.clinic.now.timestamp(), **change)
    answer = asking.ask(token=None, jwt=signed)
    assert answer.status_code == 401
    assert says in issue(answer)["diagnostics"]


def test_a_jwt_is_used_once_and_signed_by_the_registered_key(asking: Asking) -> None:
    signed = asking.other.signed(asking.address("patient-view"), now=asking.clinic.now.timestamp())
    assert asking.ask(token=None, jwt=signed).status_code == 200
    assert "used before" in issue(asking.ask(token=None, jwt=signed))["diagnostics"]
    kid = asking.other.key.kid
    asking.other.key = ECKey.generate_key("P-384", {"kid": str(kid)})
    forged = asking.other.signed(asking.address("patient-view"), now=asking.clinic.now.timestamp())
    assert asking.ask(token=None, jwt=forged).status_code == 401
    for nonsense in ("x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        assert asking.ask(token=None, jwt=nonsense).status_code == 401
    values.change(asking.clinic.store, CLIENTS, asking.clinic.access("mona"), scope=values.practice_scope(), value=())
    assert asking.ask(token=None).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"hook": "order-sign"}, {"hookInstance": None}, {"context": {}}, {"context": "x"},
        {"context": {"patientId": "a/b"}}, {"prefetch": {"patient": {"resourceType": "Patient", "id": "ben"}}},
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_400(asking: Asking, change: dict[str, Any]) -> None:
    address = asking.address("patient-view")
    signed = asking.other.signed(address, now=asking.clinic.now.timestamp())
    body = {"hook": "patient-view", "hookInstance": "i", "context": {"patientId": "ada"}, **change}
    answer = asking.client.post(address, json=body, headers={"Authorization": f"Bearer {signed}"})
    assert answer.status_code == 400, answer.text


def test_there_is_no_other_service(asking: Asking) -> None:
    answer = asking.client.post(f"/p/{asking.clinic.practice}/cds-services/advice", json={})
    assert answer.status_code == 404
