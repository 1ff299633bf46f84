"""What a client is told before it has a token, and that browsers of any origin are answered."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from carewright.fhirapi.app import create_app
from carewright.fhirapi.smart import is_ours
from tests.fhirapi.practice import Practice
from tests.fhirapi.smart_app import base_of


def told(api: Practice, path: str) -> Any:
    answer = api.client.get(f"{base_of(api)}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_smart_configuration_says_what_is_there(api: Practice) -> None:
    base, said = base_of(api), told(api, ".well-known/smart-configuration")
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint"] == f"{base}/auth/token"
    assert said["issuer"] == base == told(api, ".well-known/openid-configuration")["issuer"]
    assert set(said["token_endpoint_auth_signing_alg_values_supported"]) == {"RS384", "ES384"}
    assert {"launch-ehr", "launch-standalone", "permission-v2", "sso-openid-connect"} <= set(said["capabilities"])
    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert api.client.post(said[name], data={}).status_code in (400, 401), name
        assert api.client.get(said[name]).status_code == 401, name


def test_the_capability_statement_names_the_same_addresses(api: Practice) -> None:
    said = told(api, ".well-known/smart-configuration")
    security = told(api, "metadata")["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    uris = {one["url"]: one["valueUri"] for one in security["extension"][0]["extension"]}
    assert uris == {
        "authorize": said["authorization_endpoint"], "token": said["token_endpoint"],
        "introspect": said["introspection_endpoint"], "revoke": said["revocation_endpoint"],
    }  # fmt: skip


def test_the_authorization_endpoint_leads_to_the_page_of_the_practice(api: Practice) -> None:
    asked = "response_type=code&scope=patient%2F*.rs"
    answer = api.client.get(f"{base_of(api)}/auth/authorize?{asked}", follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/p/{api.name}/authorize?{asked}"


def test_of_several_practices_the_short_address_names_none(api: Practice) -> None:
    api.store.ensure_practice("another-one", "Another")
    answer = api.client.get("/fhir/.well-known/smart-configuration")
    assert answer.status_code == 404
    assert "/p/{practice}/fhir" in answer.text


def test_an_app_in_a_browser_of_any_origin_is_answered(api: Practice) -> None:
    asked = {
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, if-match, prefer",
    }  # fmt: skip
    answer = api.client.options(f"{base_of(api)}/auth/token", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers, "no cookie counts"
    refused = api.client.get("/fhir/Patient", headers={"Origin": "https://app.example"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*", "an app is told why"


@pytest.mark.parametrize(
    ("host", "hosts", "ours"),
    [
        ("care.example", ("care.example",), True), ("CARE.example.", ("care.example",), True),
        ("evil.example", ("care.example",), False), ("a.care.example", (".care.example",), True),
        ("notcare.example", (".care.example",), False), ("::1", ("[::1]",), True), ("x", ("*",), True), ("x", (), True),
        ("", ("care.example",), False),
    ],
)  # fmt: skip
def test_the_server_answers_to_its_own_names(host: str, hosts: tuple[str, ...], ours: bool) -> None:
    assert is_ours(host, hosts) is ours


def test_a_statement_for_another_server_is_not_good_here_by_a_made_up_host(api: Practice) -> None:
    with TestClient(create_app(api.store, hosts=("care.example",))) as client:
        address = f"/p/{api.name}/fhir/auth/token"
        asked = {"grant_type": "client_credentials"}
        assert client.post(address, data=asked, headers={"Host": "other.example"}).status_code == 421
        assert client.post(address, data=asked, headers={"Host": "care.example"}).status_code == 401
