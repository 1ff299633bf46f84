"""Backend Services: a program signs who it is. What the signature, its words and its keys have to be like."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from carewright.core.access import sessions
from carewright.core.access.model import AccessDenied, Role
from carewright.core.outward import Outward
from carewright.core.smart import assertions, clients, jwks
from carewright.core.smart.model import ClientKind
from carewright.core.smart.statements import StatementRefused
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, open_driver
from tests.fhirapi.practice import REGISTRY, Practice
from tests.fhirapi.smart_app import app, backend, base_of, key_for, manager
from tests.store.people import everything, patient

SOMEBODY = "user:secret"


def refused(answer: httpx.Response, error: str = "invalid_client", status: int = 401) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_a_signed_statement_gives_a_token_of_five_minutes(api: Practice, algorithm: str) -> None:
    api.create(patient())
    program = backend(api, algorithm=algorithm)
    answer = program.ask(program.assertion())
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("Bearer", 300, "system/*.rs")
    assert "refresh_token" not in said
    headers = {"Authorization": f"Bearer {said['access_token']}"}
    assert api.client.get("/fhir/Patient", headers=headers).status_code == 200
    assert api.client.post("/fhir/Patient", headers=headers, json=patient()).status_code == 403
    session = sessions.authenticate(api.store, said["access_token"])
    assert session is not None
    assert session.actor == f"Device/{program.client.client_id}"
    assert session.expires_at - session.created_at <= timedelta(minutes=5, seconds=1)


def test_a_program_gets_what_it_is_registered_for_and_what_its_role_sees(api: Practice) -> None:
    program = backend(api, scopes="system/Patient.rs system/Observation.rs?category=laboratory", role=Role.FRONT_DESK)
    answer = program.ask(program.assertion(), scope="system/*.cruds").json()
    assert answer["scope"] == "system/Patient.rs system/Observation.rs?category=laboratory"
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert api.client.get("/fhir/Patient", headers=headers).status_code == 200
    assert api.client.get("/fhir/Observation", headers=headers).status_code == 403, "the front desk sees none"
    refused(program.ask(program.assertion(), scope="system/Encounter.rs"), "invalid_scope", 400)
    refused(program.ask(program.assertion(), scope="patient/*.rs"), "invalid_scope", 400)


def test_what_the_statement_says_has_to_be_exact(api: Practice) -> None:
    program = backend(api)
    now = int(api.store.clock.wall().timestamp())
    base = base_of(api)
    for claims in (
        {"aud": base}, {"aud": f"{base}/auth/token/"}, {"aud": "https://elsewhere.example/token"}, {"aud": None},
        {"aud": [f"{base}/auth/token", "https://elsewhere.example"]},
        {"iss": "nobody"}, {"sub": "somebody"}, {"sub": None}, {"jti": None}, {"jti": ""}, {"jti": "x" * 256},
        {"exp": None}, {"exp": now - 10}, {"exp": now + 310}, {"exp": "soon"}, {"exp": True}, {"exp": 10**15},
        {"nbf": now + 60}, {"iat": now + 60},
    ):  # fmt: skip
        refused(program.ask(program.assertion(**claims)))
    assert program.ask(program.assertion(exp=now + 300)).status_code == 200


def test_the_signature_has_to_be_the_client_s_with_rs384_or_es384(api: Practice) -> None:
    program, other = backend(api, algorithm="RS384"), key_for("RS384")
    refused(program.ask(program.assertion(key=other)))
    refused(program.ask(program.assertion(header={"kid": "unknown"})))
    refused(program.ask(program.with_(algorithm="RS256").assertion()))
    public = json.dumps(program.key.as_dict(private=False)).encode()
    refused(program.ask(program.with_(algorithm="HS256").assertion(key=OctKey.import_key(public))))
    unsigned = program.assertion().split(".")
    refused(program.ask(f"eyJhbGciOiJub25lIn0.{unsigned[1]}."))
    changed = program.assertion(iss=program.client.client_id).split(".")
    refused(program.ask(f"{changed[0]}.{changed[1][:-4]}AAAA.{changed[2]}"))
    for junk in ("x", "a.b.c", "." * 9000, "é"):
        refused(program.ask(junk))


def test_a_statement_is_good_once_whichever_process_hears_it(api: Practice) -> None:
    program = backend(api)
    assertion = program.assertion(jti="once")
    assert program.ask(assertion).status_code == 200
    refused(program.ask(assertion))
    refused(program.ask(program.assertion(jti="once", exp=int(api.store.clock.wall().timestamp()) + 100)))
    other = backend(api)
    assert other.ask(other.assertion(jti="once")).status_code == 200, "another's name for its own statement"


def test_of_many_at_the_same_moment_one_is_first(api: Practice) -> None:
    program = backend(api)
    assertion = program.assertion()
    audience = f"{base_of(api)}/auth/token"
    url = _url_of(api.store)
    stores = [Store(driver=open_driver(url), registry=REGISTRY) for _ in range(4)]

    def hear(store: Store) -> bool:
        try:
            assertions.client_of(store, assertion, audience=audience, find=lambda _: program.client)
        except StatementRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(hear, stores * 4))
    for store in stores:
        store.close()
    assert sum(heard) == 1


def _url_of(store: Store) -> str:
    """The address of the database behind a store: another connection of its own stands for another process."""
    driver: Any = store.driver
    return f"sqlite:///{driver.path}" if driver.dialect.name == "sqlite" else str(driver.url)


def test_a_disabled_program_has_no_token_any_more(api: Practice) -> None:
    program = backend(api)
    token = program.ask(program.assertion()).json()["access_token"]
    clients.disable(api.store, manager(api.name), program.client.client_id)
    headers = {"Authorization": f"Bearer {token}"}
    assert api.client.get("/fhir/Patient", headers=headers).status_code == 401
    refused(program.ask(program.assertion()))


def test_a_program_asks_for_nobody_and_an_app_not_for_itself(api: Practice) -> None:
    program, person = backend(api), app(api, kind=ClientKind.SECRET)
    form = {"client_assertion_type": assertions.TYPE, "code": "x", "redirect_uri": "x", "code_verifier": "x" * 50}
    for kind in ("authorization_code", "refresh_token"):
        answer = program.ask(program.assertion(), grant_type=kind, refresh_token="x", **form)
        refused(answer, "unauthorized_client", 400)
    refused(person.post(grant_type="client_credentials", scope="system/*.rs"), "unauthorized_client", 400)
    refused(program.ask(program.assertion(), client_assertion_type="jwt"), "invalid_request", 400)
    refused(program.ask(program.assertion(), client_id="another"), "invalid_client", 401)


# -- keys by address --------------------------------------------------------------------------------------------------


class Keys(BaseHTTPRequestHandler):
    """Answers with what the test says, and counts."""

    answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}  # noqa: RUF012 - of the test's own class
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        status, body, headers = self.answers.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is said."""


@pytest.fixture
def served(api: Practice, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address of this machine where keys can be put, and which may be asked."""
    monkeypatch.setattr(jwks, "FETCHER", jwks.Fetcher())
    Keys.answers, Keys.asked = {}, 0
    server = HTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(api.store, "outward", Outward(frozenset({origin})))
    yield origin
    server.shutdown()
    server.server_close()


def _set(*keys: Any) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def test_keys_are_fetched_kept_and_looked_for_anew(api: Practice, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = backend(api, jwks_url=f"{served}/keys")
    Keys.answers["/keys"] = (200, _set(program.key), {})
    for _ in range(3):
        assert program.ask(program.assertion()).status_code == 200
    assert Keys.asked == 1
    turned = key_for("ES384")
    Keys.answers["/keys"] = (200, _set(turned), {})
    refused(program.with_(key=turned).ask(program.with_(key=turned).assertion()))
    assert Keys.asked == 1, "a key that is not known is not looked for at every try"
    monkeypatch.setattr(jwks, "ANEW_SECONDS", 0.0)
    assert program.with_(key=turned).ask(program.with_(key=turned).assertion()).status_code == 200
    assert Keys.asked == 2


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (302, b"", {"Location": "/elsewhere"}), (404, b"", {}), (500, b"", {}), (200, b"<html>", {}),
        (200, b'{"keys": []}', {}), (200, b" " * (jwks.MAX_BYTES + 1), {}), (200, b"\xff", {}),
        (200, b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "x"}]}', {}),
    ],
)  # fmt: skip
def test_an_address_that_does_not_answer_with_keys_lets_nobody_in(
    api: Practice, served: str, status: int, body: bytes, headers: dict[str, str]
) -> None:
    program = backend(api, jwks_url=f"{served}/keys")
    Keys.answers |= {"/keys": (status, body, headers), "/elsewhere": (200, _set(program.key), {})}
    refused(program.ask(program.assertion()))
    assert Keys.asked == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example/jwks", "ftp://keys.example/jwks", "https://", f"https://{SOMEBODY}@keys.example/", "file:///etc/passwd",
        "https://127.0.0.1/jwks", "https://[::1]/jwks", "https://10.0.0.1/jwks", "https://169.254.169.254/latest",
        "https://192.168.1.1/", "https://[fd00::1]/", "https://keys.example:port/", "https://[::ffff:127.0.0.1]/",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_registered(api: Practice, url: str) -> None:
    with pytest.raises(clients.BadClient) as found:
        backend(api, jwks_url=url)
    assert found.value.field == "jwks_url"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 - asked for, not listened at
     "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1",
     "64:ff9b:1::a00:1", "2002:a00:1::"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the name promised at registration: what it resolves to now is looked at, and that address is asked."""
    connected: list[Any] = []
    found = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **_: connected.append(a))
    with pytest.raises(jwks.KeysError, match="public Internet"):
        jwks.fetched("https://keys.example/jwks", Outward())
    assert connected == []


# -- registering ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"), ({"scopes": "user/*.rs"}, "scopes"), ({"scopes": "system/*.rs openid"}, "scopes"),
        ({"scopes": ""}, "scopes"), ({"scopes": "system/*.read"}, "scopes"), ({"roles": frozenset()}, "roles"),
        ({"jwks": ""}, "jwks"), ({"jwks": "{}"}, "jwks"), ({"jwks_url": "https://keys.example/"}, "jwks"),
    ],
)  # fmt: skip
def test_a_program_that_cannot_be_is_not_registered(api: Practice, changes: dict[str, Any], field: str) -> None:
    key = key_for("ES384")
    fields: dict[str, Any] = {
        "name": "Warehouse", "kind": ClientKind.BACKEND, "scopes": "system/*.rs", "jwks": _set(key).decode(),
        "roles": frozenset({Role.MA}), **changes,
    }  # fmt: skip
    with pytest.raises(clients.BadClient) as found:
        clients.register(api.store, manager(api.name), clients.Wanted(**fields))
    assert found.value.field == field
    assert clients.listed(api.store, api.name) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"redirect_uris": ()}, "redirect_uris"), ({"scopes": "system/*.rs"}, "scopes"),
        ({"redirect_uris": ("http://app.example/",)}, "redirect_uris"),
        ({"redirect_uris": ("https://app.example/#x",)}, "redirect_uris"),
        ({"redirect_uris": ("https://*.example/",)}, "redirect_uris"),
        ({"redirect_uris": ("javascript:alert(1)",)}, "redirect_uris"),
        ({"redirect_uris": ("myapp:/back",)}, "redirect_uris"), ({"launch_url": "http://app.example/"}, "launch_url"),
        ({"redirect_uris": ("https://ok.example/", "data:text/html,x")}, "redirect_uris"),
    ],
)  # fmt: skip
def test_an_app_that_cannot_be_is_not_registered(api: Practice, changes: dict[str, Any], field: str) -> None:
    fields: dict[str, Any] = {
        "name": "Growth", "kind": ClientKind.PUBLIC, "scopes": "patient/*.rs", "redirect_uris": ("com.app.x:/b",),
        **changes,
    }  # fmt: skip
    with pytest.raises(clients.BadClient) as found:
        clients.register(api.store, manager(api.name), clients.Wanted(**fields))
    assert found.value.field == field


def test_private_and_weak_keys_are_refused_in_words(api: Practice) -> None:
    for text, says in (
        (json.dumps({"keys": [key_for("RS384").as_dict(private=True)]}), "private key"),
        (json.dumps({"keys": [{**key_for("ES384").as_dict(private=False), "kid": ""}]}), "kid"),
        (_set(RSAKey.generate_key(1024, {"kid": "x"})).decode(), "2048"),
    ):  # fmt: skip
        with pytest.raises(jwks.KeysError, match=says):
            jwks.key_set(text)


def test_only_a_manager_registers_and_every_change_is_audited(api: Practice) -> None:
    wanted = clients.Wanted(name="G", kind=ClientKind.SECRET, scopes="user/*.rs", redirect_uris=("https://a.example/",))
    with pytest.raises(AccessDenied):
        clients.register(api.store, everything(api.name), wanted)
    client, secret = clients.register(api.store, manager(api.name), wanted)
    assert len(secret) >= 43
    assert secret not in str(clients.listed(api.store, api.name))
    with pytest.raises(AccessDenied):
        clients.disable(api.store, everything(api.name), client.client_id)
    clients.disable(api.store, manager(api.name), client.client_id)
    with api.store.driver.reading(api.name) as connection:
        asked = ("SELECT reason FROM audit WHERE practice = ? AND detail LIKE ?", (api.name, f"%{client.client_id}%"))
        rows = connection.rows(Sql(*asked))
    assert {str(row[0]) for row in rows} == {"client.register", "client.disable"}


def test_an_address_that_fails_is_not_asked_at_every_try(api: Practice, served: str) -> None:
    program = backend(api, jwks_url=f"{served}/keys")
    for _ in range(3):
        refused(program.ask(program.assertion()))
    assert Keys.asked == 1


def test_an_answer_that_comes_a_byte_at_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended = threading.Event()

    def drip() -> None:
        taken, _ = listener.accept()
        with taken, contextlib.suppress(OSError):
            while not ended.wait(0.1):
                taken.sendall(b"H")

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(jwks.KeysError):
        jwks.fetched(f"{origin}/keys", Outward(frozenset({origin})))
    ended.set()
    listener.close()
    assert time.monotonic() - began < 20
