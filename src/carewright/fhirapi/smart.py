"""SMART App Launch and Backend Services: what a client is told before it has a token, and where it gets one.

https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html (.well-known/smart-configuration),
https://openid.net/specs/openid-connect-discovery-1_0.html, RFC 6749 (token), RFC 7662 (introspection), RFC 7009
(revocation). The protocol is core/smart's; the page on which a person says yes is one of the pages.

What is told names the address that was asked, so only the names that this server answers to are taken for it: a signed
statement for another server must not be good here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from carewright.core.smart import keys
from carewright.core.smart.model import Answer
from carewright.core.smart.server import Server
from carewright.core.smart.validator import Here
from carewright.core.store.model import NotFound
from carewright.core.store.store import Store
from carewright.fhirapi.calls import FORM, base_of, media_type, read_body
from carewright.fhirapi.outcomes import ApiError

AUTHORIZE, TOKEN, INTROSPECT, REVOKE = "/auth/authorize", "/auth/token", "/auth/introspect", "/auth/revoke"
CONFIGURATION = "/.well-known/smart-configuration"
OPENID = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"
MAX_FORM_BYTES = 64 * 1024
ASKERS = 4
"""Requests for tokens at the same time. They may wait for keys of another server, and must not hold up who writes."""

CAPABILITIES = (
    "launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "sso-openid-connect", "context-ehr-patient",
    "context-standalone-patient", "context-banner", "permission-offline", "permission-online", "permission-patient",
    "permission-user", "permission-v2",
)  # fmt: skip
SCOPES = (
    "openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access", "patient/*.cruds",
    "user/*.cruds", "system/*.cruds",
)  # fmt: skip
SIGNED_WITH = ("RS384", "ES384")
AUTHENTICATION = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")

Endpoint = Callable[[Request], Awaitable[Response]]


def _known_by(base: str) -> dict[str, Any]:
    """What both documents say: who we are to a client, and where it begins."""
    return {
        "issuer": base,
        "jwks_uri": base + KEYS,
        "authorization_endpoint": base + AUTHORIZE,
        "token_endpoint": base + TOKEN,
        "response_types_supported": ["code"],
    }


async def configuration(request: Request) -> Response:
    await practice_of(request)
    base = base_of(request)
    return JSONResponse(
        {
            **_known_by(base),
            "introspection_endpoint": base + INTROSPECT,
            "revocation_endpoint": base + REVOKE,
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "scopes_supported": list(SCOPES),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": list(AUTHENTICATION),
            "token_endpoint_auth_signing_alg_values_supported": list(SIGNED_WITH),
            "capabilities": list(CAPABILITIES),
        }
    )


async def openid_configuration(request: Request) -> Response:
    await practice_of(request)
    base = base_of(request)
    return JSONResponse(
        {
            **_known_by(base),
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [keys.ALGORITHM],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser"],
            "scopes_supported": ["openid", "fhirUser"],
        }
    )


async def authorize(request: Request) -> Response:
    """To the page on which the person says yes, with all that was asked."""
    page = f"{request.scope.get('root_path', '')}/p/{quote(await practice_of(request))}/authorize"
    return Response(status_code=302, headers={"Location": f"{page}?{request.url.query}"})


async def public_keys(request: Request) -> Response:
    practice, store = await practice_of(request), _store(request)
    return JSONResponse(await anyio.to_thread.run_sync(keys.public_keys, store, practice))


def _asked(answer: Callable[[Server, str, str, Mapping[str, str]], Answer]) -> Endpoint:
    """An endpoint to which a client posts a form."""

    async def endpoint(request: Request) -> Response:
        base, practice, store = base_of(request), await practice_of(request), _store(request)
        if media_type(request) != FORM:
            return _oauth_error(f"Send the request as {FORM}.")
        body = await read_body(request)
        if len(body) > MAX_FORM_BYTES:
            return _oauth_error("The request is too long.")
        here = Here(store=store, practice=practice, bases=(base,), token_url=base + TOKEN)
        headers = {"Authorization": given} if (given := request.headers.get("authorization")) else {}
        headers["Content-Type"] = FORM

        def work() -> Answer:
            return answer(Server(here), str(request.url), body.decode("latin-1"), headers)

        try:
            found, text, status = await anyio.to_thread.run_sync(work, limiter=request.app.state.askers)
        except ValueError:  # a body that is no form: oauthlib says so by raising
            return _oauth_error("The form cannot be read.")
        found.pop("Cache-Control", None)  # which stands on every answer of the API
        return Response(text, status, {"Content-Type": "application/json", "Pragma": "no-cache", **found})

    return endpoint


def _oauth_error(text: str) -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": text}, 400)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def practice_of(request: Request) -> str:
    """The practice that the address is about; ApiError 404, 421."""
    if not is_ours(request.url.hostname or "", request.app.state.hosts):
        raise ApiError(421, "not-found", "This server does not answer to that name.")
    known = await anyio.to_thread.run_sync(_store(request).practices)
    named = request.path_params.get("practice")
    if named in known:
        return str(named)
    if named is None and len(known) == 1:
        return known[0]
    raise NotFound("Name the practice in the address: /p/{practice}/fhir.")


def is_ours(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host name is among those of CARE_ALLOWED_HOSTS; `.example.org` stands for all names below it."""
    name = host.lower().rstrip(".").strip("[]")
    for pattern in (one.lower().strip("[]") for one in hosts):
        if pattern in ("*", name) or (pattern.startswith(".") and (name.endswith(pattern) or name == pattern[1:])):
            return True
    return not hosts


def routes(prefix: str, wrapped: Callable[[Endpoint], ASGIApp]) -> list[Route]:
    """The addresses below a FHIR base; `wrapped` turns what is refused into an answer."""
    told = {AUTHORIZE: authorize, CONFIGURATION: configuration, OPENID: openid_configuration, KEYS: public_keys}
    asked: dict[str, Any] = {TOKEN: Server.token, INTROSPECT: Server.introspect, REVOKE: Server.revoke}
    return [
        *(Route(prefix + path, wrapped(endpoint), methods=["GET"]) for path, endpoint in told.items()),
        *(Route(prefix + path, wrapped(_asked(answer)), methods=["POST"]) for path, answer in asked.items()),
    ]
