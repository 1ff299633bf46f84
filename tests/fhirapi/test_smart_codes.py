"""Authorization codes and refresh tokens: what is given, and everything that is refused with its OAuth error."""

import base64
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error

from carewright.core.access import sessions
from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.clock import Clock
from carewright.core.smart import clients
from carewright.core.smart.model import ClientKind
from carewright.core.store.sql import Sql
from carewright.core.store.writer import Writer
from tests.fhirapi.practice import Practice
from tests.fhirapi.smart_app import REDIRECT, App, app, base_of, manager
from tests.store.people import everything, patient


@pytest.fixture
def somebody(api: Practice) -> Practice:
    """The practice with Maria, an MA."""
    with Writer(api.store, everything(api.name)).transaction(reason="test.role") as tx:
        tx.put({"resourceType": "Practitioner", "id": "maria", "name": [{"family": "Silva"}]})
        tx.put({
            "resourceType": "PractitionerRole", "id": "maria-ma", "practitioner": {"reference": "Practitioner/maria"},
            "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "ma"}]}],
        })  # fmt: skip
    return api


def at(api: Practice, **later: float) -> Any:
    wall = api.store.clock.wall() + timedelta(**later)
    return mock.patch.object(api.store, "clock", Clock(wall=lambda: wall))


def refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert "access_token" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", [ClientKind.PUBLIC, ClientKind.SECRET])
def test_a_code_gives_a_token_for_one_patient_s_chart(somebody: Practice, kind: ClientKind) -> None:
    mine, other = (str(somebody.create(patient(name))["id"]) for name in ("Okafor", "Lind"))
    of = app(somebody, kind=kind)
    answer = of.redeem(of.code(patient=mine))
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["token_type"] == "Bearer"
    assert said["expires_in"] == 3600
    assert said["scope"] == "launch/patient patient/*.rs"
    assert said["patient"] == mine
    assert said["need_patient_banner"] is True
    assert "refresh_token" not in said
    assert "id_token" not in said
    assert answer.headers["cache-control"] == "no-store"
    assert of.read(said["access_token"], f"/Patient/{mine}") == 200
    assert of.read(said["access_token"], f"/Patient/{other}") == 404
    headers = {"Authorization": f"Bearer {said['access_token']}"}
    assert somebody.client.post("/fhir/Patient", headers=headers, json=patient()).status_code == 403


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"scope": "system/*.rs launch/patient"}, "invalid_scope"),
        ({"scope": "launch/patient"}, "invalid_scope"),
        ({"scope": "patient/Observation.read"}, "invalid_scope"),
        ({"scope": "patient/Observation.rs?colour=red"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "launch patient/*.rs"}, "invalid_request"),
        ({"scope": "openid fhirUser patient/*.rs", "prompt": "none"}, "login_required"),
    ],
)  # fmt: skip
def test_a_request_that_is_not_smart_goes_back_with_its_error(
    somebody: Practice, changes: dict[str, str | None], error: str
) -> None:
    of = app(somebody)
    with pytest.raises(OAuth2Error) as found:
        of.server.check_request(of.request(**changes))
    assert not isinstance(found.value, FatalClientError)
    assert found.value.error == error
    assert found.value.redirect_uri == REDIRECT
    assert found.value.state == (None if "state" in changes else "s-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": None}, {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": f"{REDIRECT}?x=1"}, {"redirect_uri": "https://app.example.evil.example/back"},
        {"redirect_uri": "https://app.example/back/../evil"}, {"redirect_uri": "http://app.example/back"},
    ],
)  # fmt: skip
def test_whoever_cannot_be_told_is_not_sent_anywhere(somebody: Practice, changes: dict[str, str | None]) -> None:
    of = app(somebody)
    with pytest.raises(FatalClientError):
        of.server.check_request(of.request(**changes))


def test_only_what_the_client_is_registered_for_is_given(somebody: Practice) -> None:
    of = app(somebody, scopes="launch/patient patient/Observation.rs?category=vital-signs patient/Patient.r")
    scopes, _ = of.server.check_request(of.request(scope="launch/patient offline_access patient/*.cruds"))
    assert scopes == ["launch/patient", "patient/Observation.rs?category=vital-signs", "patient/Patient.r"]
    narrower = "patient/Observation.rs?code=8867-4 patient/Condition.rs"
    scopes, _ = of.server.check_request(of.request(scope=narrower))
    assert scopes == ["patient/Observation.rs?code=8867-4&category=vital-signs"]


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"code_verifier": "x" * 60}, "invalid_grant", 400),
        ({"redirect_uri": f"{REDIRECT}/2"}, "invalid_grant", 400),
        ({"client_id": "nobody"}, "invalid_client", 401),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": "client_credentials"}, "invalid_client", 401),
        ({"code": "guess"}, "invalid_grant", 400),
    ],
)
def test_a_code_is_good_for_its_own_request_alone(
    somebody: Practice, changes: dict[str, str], error: str, status: int
) -> None:
    of = app(somebody)
    refused(of.redeem(of.code(), **changes), error, status)


def test_a_code_without_a_verifier_or_of_another_client_is_refused(somebody: Practice) -> None:
    of, other = app(somebody), app(somebody)
    code = of.code()
    other.verifier = of.verifier
    refused(other.redeem(code), "invalid_grant")
    assert of.redeem(code).status_code == 200, "another client's try has not used it up"
    refused(of.post(grant_type="authorization_code", code=of.code(), redirect_uri=REDIRECT), "invalid_request")


def test_a_code_ends_after_a_minute(somebody: Practice) -> None:
    of = app(somebody)
    code = of.code()
    with at(somebody, seconds=61):
        refused(of.redeem(code), "invalid_grant")


def test_a_code_that_comes_twice_ends_what_it_gave(somebody: Practice) -> None:
    of = app(somebody)
    code = of.code(scope="launch/patient patient/*.rs offline_access")
    first = of.redeem(code).json()
    assert of.read(first["access_token"]) == 200
    refused(of.redeem(code), "invalid_grant")
    assert of.read(first["access_token"]) == 401
    refused(of.refresh(first["refresh_token"]), "invalid_grant")


def test_a_refresh_token_turns_and_one_that_comes_twice_ends_the_family(somebody: Practice) -> None:
    of = app(somebody)
    first = of.redeem(of.code(scope="launch/patient patient/*.rs user/Patient.rs offline_access")).json()
    second = of.refresh(first["refresh_token"]).json()
    assert second["patient"] == first["patient"]
    assert second["refresh_token"] != first["refresh_token"]
    narrow = of.refresh(second["refresh_token"], scope="patient/*.rs").json()
    assert narrow["scope"] == "patient/*.rs"
    refused(of.refresh(narrow["refresh_token"], scope="patient/*.cruds"), "invalid_scope")
    third = of.redeem(of.code(scope="launch/patient patient/*.rs offline_access")).json()
    fourth = of.refresh(third["refresh_token"]).json()
    refused(of.refresh(third["refresh_token"]), "invalid_grant")
    refused(of.refresh(fourth["refresh_token"]), "invalid_grant")
    assert [of.read(one["access_token"]) for one in (third, fourth)] == [401, 401]
    assert of.read(narrow["access_token"]) == 200, "another family goes on"


def test_a_public_app_s_refresh_token_says_whose_it_is(somebody: Practice) -> None:
    public, secret = app(somebody), app(somebody, kind=ClientKind.SECRET)
    scope = "launch/patient patient/*.rs offline_access"
    for of, status in ((public, 200), (secret, 401)):
        token = of.redeem(of.code(scope=scope)).json()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        assert somebody.client.post(f"{of.base}/auth/token", data=form).status_code == status
    refused(
        somebody.client.post(f"{public.base}/auth/token", data={**form, "refresh_token": "x"}), "invalid_client", 401
    )


def test_a_refresh_ends_with_the_ninety_days_the_role_and_the_sign_on(somebody: Practice) -> None:
    of = app(somebody, scopes="launch/patient patient/*.rs offline_access online_access")
    offline = of.redeem(of.code(scope="launch/patient patient/*.rs offline_access")).json()["refresh_token"]
    online = of.redeem(of.code(scope="launch/patient patient/*.rs online_access")).json()["refresh_token"]
    with at(somebody, days=91):
        refused(of.refresh(offline), "invalid_grant")
    online = of.refresh(online).json()["refresh_token"]
    sessions.revoke(somebody.store, of.signed_on)
    refused(of.refresh(online), "invalid_grant")
    other = app(somebody)
    kept = other.redeem(other.code(scope="launch/patient patient/*.rs offline_access")).json()["refresh_token"]
    with Writer(somebody.store, everything(somebody.name)).transaction(reason="test.role") as tx:
        tx.put({
            "resourceType": "PractitionerRole", "id": "maria-ma", "practitioner": {"reference": "Practitioner/maria"},
            "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "front-desk"}]}],
        })  # fmt: skip
    refused(other.refresh(kept), "invalid_grant")


def test_whoever_is_locked_out_takes_every_token_along(somebody: Practice) -> None:
    of = app(somebody)
    given = of.redeem(of.code(scope="launch/patient patient/*.rs offline_access")).json()
    waiting = of.code()
    sessions.revoke_all(somebody.store, practice=somebody.name, actor="Practitioner/maria")
    assert of.read(given["access_token"]) == 401
    refused(of.refresh(given["refresh_token"]), "invalid_grant")
    refused(of.redeem(waiting), "invalid_grant")


def test_a_client_that_is_disabled_takes_every_token_along(somebody: Practice) -> None:
    of = app(somebody)
    given = of.redeem(of.code(scope="launch/patient patient/*.rs offline_access")).json()
    assert clients.disable(somebody.store, manager(somebody.name), of.client.client_id)
    assert not clients.disable(somebody.store, manager(somebody.name), of.client.client_id)
    assert of.read(given["access_token"]) == 401
    refused(of.refresh(given["refresh_token"]), "invalid_client", 401)
    with pytest.raises(FatalClientError):
        of.server.check_request(of.request())


def test_a_secret_is_needed_and_has_to_be_the_right_one(somebody: Practice) -> None:
    of = app(somebody, kind=ClientKind.SECRET)
    for wrong in ("", "x", of.secret + "x"):
        bad = App(api=somebody, client=of.client, secret=wrong, signed_on=of.signed_on, verifier=of.verifier)
        refused(bad.redeem(of.code()), "invalid_client", 401)
    basic = base64.b64encode(f"{of.client.client_id}:{of.secret}".encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": of.code(),
        "redirect_uri": REDIRECT,
        "code_verifier": of.verifier,
    }
    answer = somebody.client.post(f"{of.base}/auth/token", data=form, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200, answer.text


def test_who_the_person_is_is_signed_and_can_be_read(somebody: Practice) -> None:
    of = app(somebody)
    said = of.redeem(of.code(scope="openid fhirUser patient/Observation.rs", nonce="n-1")).json()
    told = somebody.client.get(f"{of.base}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(somebody.client.get(told["jwks_uri"]).json())
    assert all("d" not in key.as_dict(private=False) for key in keys.keys)
    token = jwt.decode(said["id_token"], keys, algorithms=told["id_token_signing_alg_values_supported"])
    assert token.claims["iss"] == told["issuer"] == of.base
    assert (token.claims["aud"], token.claims["sub"], token.claims["nonce"]) == (of.client.client_id, "maria", "n-1")
    assert token.claims["fhirUser"] == f"{of.base}/Practitioner/maria"
    assert 0 < token.claims["exp"] - token.claims["iat"] <= 300
    assert of.read(said["access_token"], "/Practitioner/maria") == 200
    assert of.read(said["access_token"], "/Practitioner?name=x") == 403
    assert of.read(said["access_token"], "/Patient/x") == 403


def test_introspection_and_revocation(somebody: Practice) -> None:
    of, server, stranger = app(somebody), app(somebody, kind=ClientKind.SECRET), app(somebody)
    given = of.redeem(of.code(scope="openid fhirUser launch/patient patient/*.rs offline_access")).json()
    told = server.post("/auth/introspect", token=given["access_token"]).json()
    assert told["active"] is True
    assert (told["client_id"], told["patient"], told["sub"]) == (of.client.client_id, "p1", "maria")
    assert told["scope"] == given["scope"]
    assert told["fhirUser"] == f"{of.base}/Practitioner/maria"
    assert server.post("/auth/introspect", token=given["refresh_token"]).json()["active"] is True
    assert server.post("/auth/introspect", token="guess").json() == {"active": False}
    assert stranger.post("/auth/introspect", token=given["access_token"]).json() == {"active": False}
    nobody = somebody.client.post(f"{base_of(somebody)}/auth/introspect", data={"token": given["access_token"]})
    refused(nobody, "invalid_client", 401)
    assert stranger.post("/auth/revoke", token=given["access_token"]).status_code == 200
    assert of.read(given["access_token"]) == 200, "somebody else's token stays"
    assert of.post("/auth/revoke", token=given["refresh_token"]).status_code == 200
    assert of.read(given["access_token"]) == 401
    assert server.post("/auth/introspect", token=given["access_token"]).json() == {"active": False}
    refused(of.refresh(given["refresh_token"]), "invalid_grant")


def test_a_sign_on_is_no_token_and_is_not_told_about(somebody: Practice) -> None:
    server = app(somebody, kind=ClientKind.SECRET)
    opened = sessions.open_session(
        somebody.store, practice=somebody.name, actor="Practitioner/maria", display="M", user_name="m",
        roles={Role.MA}, expires_at=somebody.store.clock.wall() + timedelta(hours=1),
    )  # fmt: skip
    assert server.post("/auth/introspect", token=opened).json() == {"active": False}
    server.post("/auth/revoke", token=opened)
    assert sessions.authenticate(somebody.store, opened) is not None


def test_another_practice_s_address_knows_neither_client_nor_token(somebody: Practice) -> None:
    of = app(somebody, kind=ClientKind.SECRET)
    given = of.redeem(of.code()).json()
    other = f"{somebody.name}-2"
    somebody.store.ensure_practice(other, "Other")
    form = {"token": given["access_token"], "client_id": of.client.client_id, "client_secret": of.secret}
    refused(somebody.client.post(f"/p/{other}/fhir/auth/introspect", data=form), "invalid_client", 401)
    assert somebody.client.get("/p/nowhere/fhir/.well-known/smart-configuration").status_code == 404


def test_what_is_allowed_given_and_ended_is_audited_without_a_secret(somebody: Practice) -> None:
    of = app(somebody)
    code = of.code(scope="launch/patient patient/*.rs offline_access")
    given = of.redeem(code).json()
    of.redeem(code)
    with somebody.store.driver.reading(somebody.name) as connection:
        rows = connection.rows(Sql("SELECT reason, detail FROM audit WHERE practice = ?", (somebody.name,)))
        patients = connection.rows(Sql("SELECT count(*) FROM audit_patient WHERE practice = ?", (somebody.name,)))
    reasons = [str(row[0]) for row in rows]
    expected = {"client.register", "authorization.begin", "session.open", "authorization.used-twice", "session.revoke"}
    assert expected <= set(reasons)
    said = str(rows)
    assert of.client.client_id in said
    assert not any(secret in said for secret in (code, given["access_token"], given["refresh_token"]))
    assert patients[0][0] == 1, "whose chart was opened to it"


def test_what_has_ended_is_cleared_away(somebody: Practice) -> None:
    of = app(somebody)
    of.redeem(of.code(scope="launch/patient patient/*.rs offline_access"))

    def left(table: str) -> int:
        with somebody.store.driver.reading(somebody.name) as connection:
            rows = connection.rows(Sql(f"SELECT count(*) FROM {table} WHERE practice = ?", (somebody.name,)))  # noqa: S608
        return int(str(rows[0][0]))

    for days, tickets, authorizations in ((0, 2, 1), (2, 1, 1), (200, 0, 0)):
        with at(somebody, days=days):
            sessions.purge(somebody.store)
        assert (left("ticket"), left("app_authorization")) == (tickets, authorizations), days
