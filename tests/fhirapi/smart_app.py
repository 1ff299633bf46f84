"""An app and a backend program for the tests of SMART: what they send, and what they are told."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from carewright.core.access import sessions
from carewright.core.access.model import Access, Role
from carewright.core.access.sessions import Session
from carewright.core.smart import assertions, clients
from carewright.core.smart.authorizations import Allowed
from carewright.core.smart.model import Client, ClientKind
from carewright.core.smart.server import Server
from carewright.core.smart.validator import Here
from tests.fhirapi.practice import Practice
from tests.store.people import everything

REDIRECT = "https://app.example/back"
SCOPES = "openid fhirUser launch launch/patient offline_access patient/*.rs user/Patient.rs"


def base_of(api: Practice) -> str:
    return f"http://testserver/p/{api.name}/fhir"


def manager(practice: str) -> Access:
    return everything(practice, actions=frozenset({clients.MANAGE}))


@dataclass
class App:
    """A registered app, and somebody signed in who says yes to it."""

    api: Practice
    client: Client
    secret: str
    signed_on: Session
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def server(self) -> Server:
        here = Here(
            store=self.api.store, practice=self.api.name, bases=(self.base,), token_url=f"{self.base}/auth/token"
        )
        return Server(here)

    @property
    def base(self) -> str:
        return base_of(self.api)

    def request(self, **changes: str | None) -> str:
        """The address to which the app sends its person."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code", "client_id": self.client.client_id, "redirect_uri": REDIRECT, "state": "s-1",
            "scope": "launch/patient patient/*.rs", "aud": self.base, "code_challenge": challenge,
            "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        return f"{self.base}/auth/authorize?" + urlencode({k: v for k, v in asked.items() if v is not None})

    def code(self, *, patient: str | None = "p1", **changes: str | None) -> str:
        """What the app is sent back with when its person has said yes."""
        uri = self.request(**changes)
        scopes, _ = self.server.check_request(uri)
        allowed = Allowed(signed_on=self.signed_on, patient=patient, encounter=None, base=self.base)
        back = urlsplit(self.server.give_code(uri, scopes=scopes, allowed=allowed))
        answer = parse_qs(back.query)
        assert f"{back.scheme}://{back.netloc}{back.path}" == REDIRECT
        assert answer["state"] == ["s-1"]
        return answer["code"][0]

    def post(self, path: str = "/auth/token", **form: str) -> httpx.Response:
        auth = {"client_id": self.client.client_id} | ({"client_secret": self.secret} if self.secret else {})
        answer: httpx.Response = self.api.client.post(f"{self.base}{path}", data={**auth, **form})
        return answer

    def redeem(self, given: str, **changes: str) -> httpx.Response:
        return self.post(**{
            "grant_type": "authorization_code", "code": given, "redirect_uri": REDIRECT, "code_verifier": self.verifier,
            **changes,
        })  # fmt: skip

    def refresh(self, token: str, **changes: str) -> httpx.Response:
        return self.post(**{"grant_type": "refresh_token", "refresh_token": token, **changes})

    def read(self, token: str, path: str = "/Patient") -> int:
        return int(self.api.client.get(f"{self.base}{path}", headers={"Authorization": f"Bearer {token}"}).status_code)


def app(api: Practice, *, kind: ClientKind = ClientKind.PUBLIC, scopes: str = SCOPES, role: Role = Role.MA) -> App:
    wanted = clients.Wanted(name="Growth", kind=kind, scopes=scopes, redirect_uris=(REDIRECT, f"{REDIRECT}/2"))
    client, secret = clients.register(api.store, manager(api.name), wanted)
    opened = sessions.open_session(
        api.store, practice=api.name, actor="Practitioner/maria", display="Maria Silva", user_name="maria",
        roles={role}, expires_at=api.store.clock.wall() + timedelta(hours=8),
    )  # fmt: skip
    signed_on = sessions.authenticate(api.store, opened)
    assert signed_on is not None
    return App(api=api, client=client, secret=secret, signed_on=signed_on)


@dataclass
class Backend:
    """A registered program without a person, which signs with `key`."""

    api: Practice
    client: Client
    key: RSAKey | ECKey
    algorithm: str

    def assertion(self, *, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        now = int(self.api.store.clock.wall().timestamp())
        said = {
            "iss": self.client.client_id, "sub": self.client.client_id, "aud": f"{base_of(self.api)}/auth/token",
            "exp": now + 240, "jti": secrets.token_hex(8), **claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        head = {"alg": self.algorithm, "kid": self.key.kid, **(header or {})}
        return jwt.encode(head, said, key or self.key, algorithms=["RS384", "ES384", "RS256", "HS256", "none"])

    def ask(self, assertion: str, **form: str) -> httpx.Response:
        answer: httpx.Response = self.api.client.post(f"{base_of(self.api)}/auth/token", data={
            "grant_type": "client_credentials", "scope": "system/*.rs", "client_assertion_type": assertions.TYPE,
            "client_assertion": assertion, **form,
        })  # fmt: skip
        return answer

    def with_(self, **changes: Any) -> "Backend":
        return replace(self, **changes)


def key_for(algorithm: str) -> RSAKey | ECKey:
    if algorithm == "RS384":
        return RSAKey.generate_key(2048, {"use": "sig", "kid": secrets.token_hex(4)})
    return ECKey.generate_key("P-384", {"use": "sig", "kid": secrets.token_hex(4)})


def backend(
    api: Practice, *, algorithm: str = "ES384", scopes: str = "system/*.rs", jwks_url: str = "", role: Role = Role.MA
) -> Backend:
    key = key_for(algorithm)
    wanted = clients.Wanted(
        name="Warehouse", kind=ClientKind.BACKEND, scopes=scopes, roles=frozenset({role}), jwks_url=jwks_url,
        jwks="" if jwks_url else json.dumps({"keys": [key.as_dict(private=False)]}),
    )  # fmt: skip
    client, _ = clients.register(api.store, manager(api.name), wanted)
    return Backend(api=api, client=client, key=key, algorithm=algorithm)
