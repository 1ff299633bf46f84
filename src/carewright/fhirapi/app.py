"""The API as an application: which address leads to which interaction, and what every answer has in common.

Mounted at `/fhir` and at `/p/{practice}/fhir`; a token belongs to one practice, so that the short address is clear.
"""

import contextlib
import logging
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carewright.core.bulk.files import BulkFiles
from carewright.core.ids import timed_id
from carewright.core.store.store import Store
from carewright.fhirapi import (
    bulk_export,
    bulk_import,
    bulk_status,
    capabilities,
    cds,
    compartment,
    conditional,
    create,
    delete,
    history,
    operations,
    patch,
    read,
    search,
    smart,
    transaction,
    update,
    vread,
)
from carewright.fhirapi.answers import fhir_response, pretty
from carewright.fhirapi.asked import ApiRequest, by_name
from carewright.fhirapi.bounds import Rate, refusal_of
from carewright.fhirapi.calls import WRITERS, Call, open_call
from carewright.fhirapi.outcomes import EXPECTED, ApiError, Problem, crash, problem
from carewright.fhirapi.paths import ByShape

log = logging.getLogger("carewright.fhirapi")

Interaction = Callable[[Request, Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

GZIP_FROM, GZIP_LEVEL = 1000, 4
"""Bytes from which an answer is compressed for those who ask for it; a level that costs little."""
PREFIXES = ("/fhir", "/p/{practice}/fhir")
BULK_FILE = "/bulk/{job}/{file}"
"""The address whose answer is not JSON but lines of it."""
INTERACTIONS: tuple[tuple[str, str, Interaction], ...] = (
    ("POST", "", transaction.endpoint),
    ("POST", "/", transaction.endpoint),
    ("GET", "/$export", bulk_export.system_endpoint),
    ("POST", "/$export", bulk_export.system_endpoint),
    ("GET", "/Patient/$export", bulk_export.patient_endpoint),
    ("POST", "/Patient/$export", bulk_export.patient_endpoint),
    ("GET", "/Group/{id}/$export", bulk_export.group_endpoint),
    ("POST", "/Group/{id}/$export", bulk_export.group_endpoint),
    ("POST", "/$import", bulk_import.endpoint),
    ("GET", "/bulk/{job}", bulk_status.status_endpoint),
    ("DELETE", "/bulk/{job}", bulk_status.cancel_endpoint),
    ("GET", BULK_FILE, bulk_status.file_endpoint),
    ("GET", "/_history", history.system_endpoint),
    ("POST", "/{type}/_search", search.endpoint),
    ("GET", "/{type}", search.endpoint),
    ("POST", "/{type}", create.endpoint),
    ("PUT", "/{type}", conditional.update_endpoint),
    ("PATCH", "/{type}", conditional.patch_endpoint),
    ("DELETE", "/{type}", conditional.delete_endpoint),
    ("GET", "/{type}/_history", history.type_endpoint),
    ("GET", "/{type}/${operation}", operations.type_endpoint),
    ("POST", "/{type}/${operation}", operations.type_endpoint),
    ("GET", "/{type}/{id}/${operation}", operations.instance_endpoint),
    ("POST", "/{type}/{id}/${operation}", operations.instance_endpoint),
    ("GET", "/{type}/{id}", read.endpoint),
    ("PUT", "/{type}/{id}", update.endpoint),
    ("PATCH", "/{type}/{id}", patch.endpoint),
    ("DELETE", "/{type}/{id}", delete.endpoint),
    ("GET", "/{type}/{id}/_history", history.endpoint),
    ("GET", "/{type}/{id}/_history/{version}", vread.endpoint),
    ("GET", "/{type}/{id}/{member}", compartment.endpoint),
    ("POST", "/{type}/{id}/{member}/_search", compartment.endpoint),
)
"""Method, path behind the base, and what carries it out."""

REQUEST_ID = b"x-request-id"
FROM_BROWSERS = (
    "Authorization", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Exist", "If-None-Match", "Prefer",
    "X-Request-Id",
)  # fmt: skip
TO_BROWSERS = ("Content-Location", "ETag", "Expires", "Last-Modified", "Location", "Retry-After", "WWW-Authenticate",
               "X-Progress", "X-Request-Id")  # fmt: skip
_GIVEN_ID = re.compile(r"[A-Za-z0-9\-]{8,64}", re.ASCII)


def create_app(
    store: Store, *, files: BulkFiles | None = None, rate: float = 0.0, hosts: tuple[str, ...] = ()
) -> Starlette:
    """The API on `store`; without `files` it neither exports nor imports. `rate`: requests a second that one token may
    make of this process; 0 for no bound. `hosts`: the names that it answers to in SMART's addresses; any, where there
    are none."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await store.driver.close_async()

    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(Envelope), Middleware(ForBrowsers), Middleware(Compression)],
        exception_handlers={HTTPException: _unrouted},
        lifespan=lifespan,
    )
    app.router = ByShape(app.router)
    app.state.store, app.state.files, app.state.hosts = store, files, hosts
    app.state.writers = anyio.CapacityLimiter(WRITERS)
    app.state.askers = anyio.CapacityLimiter(smart.ASKERS)
    app.state.rate = Rate(rate)
    app.state.statement = capabilities.Statement(store.registry, since=store.clock.wall())
    return app


def _routes() -> list[Route]:
    """One route for each path, so that a wrong method is answered with the right ones."""
    by_path: dict[str, dict[str, Interaction]] = {}
    for method, path, interaction in INTERACTIONS:
        by_path.setdefault(path, {})[method] = interaction
    routes = cds.routes(Answered)
    for prefix in PREFIXES:
        routes += smart.routes(prefix, Answered)
        routes.append(Route(f"{prefix}/metadata", Answered(capabilities.endpoint), methods=["GET"]))
        routes.append(Route(f"{prefix}/metadata", Answered(_only_get), methods=["POST", "PUT", "PATCH", "DELETE"]))
        for path, methods in by_path.items():
            endpoint = Answered(_by_method(methods, negotiated=path == BULK_FILE))
            routes.append(Route(prefix + path, endpoint, methods=list(methods)))
    return routes


async def _only_get(request: Request) -> Response:
    """No resource type of this name could be written either."""
    raise HTTPException(405, headers={"Allow": "GET"})


def _by_method(methods: dict[str, Interaction], *, negotiated: bool) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await methods[method](request, await open_call(request, negotiated=negotiated))

    return endpoint


class Answered:
    """An endpoint as an application, with the errors that are for the client as OperationOutcomes.

    As an application of its own it is spared what Starlette puts around a function, for the second time.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = ApiRequest(scope, receive, send)
        try:
            response = await self._endpoint(request)
        except EXPECTED as error:
            response = _response(problem(error))
        if request.query_params.get("_pretty") == "true":
            response = pretty(response)
        await response(scope, receive, send)


async def _unrouted(request: Request, error: Exception) -> Response:
    """An address or method that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    text = (
        f"{request.method} is not offered here. It takes {headers.get('Allow', 'another method')}."
        if status == 405
        else "There is nothing at this address. /metadata lists what is offered."
    )
    return _response(problem(ApiError(status, "not-supported", text, headers=headers)))


def _response(found: Problem) -> Response:
    return fhir_response(found.status, found.body, headers=found.headers)


class ForBrowsers:
    """An app in a browser comes from another origin (SMART App Launch, "CORS support"). Any may ask: what it may do it
    says with a token that it sends itself; no cookie counts here. Nobody else's request passes through."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain = app
        self.asked_across = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(FROM_BROWSERS), expose_headers=list(TO_BROWSERS), max_age=600,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of_browser = scope["type"] == "http" and b"origin" in by_name(scope)
        await (self.asked_across if of_browser else self.plain)(scope, receive, send)


class Compression:
    """Compresses for those who ask for it; nobody else's answer passes through."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain = app
        self.compressed = GZipMiddleware(app, minimum_size=GZIP_FROM, compresslevel=GZIP_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and b"gzip" in by_name(scope).get(b"accept-encoding", b"")
        await (self.compressed if asked else self.plain)(scope, receive, send)


class Envelope:
    """Around every request: its id, the headers of every answer, and the answer when something broke.

    The log gets the id, the kind of error and the lines of code; never the message, which may quote what was sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *_every_answer(request_id)]
            await send(message)

        try:
            if refusal := refusal_of(scope):
                await _response(problem(refusal))(scope, receive, send_with_headers)
                return
            await self.app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last line: the client is told an id and no more
            code = "".join(traceback.format_tb(error.__traceback__))
            log.error("request %s failed: %s\n%s", request_id, type(error).__name__, code)
            if begun:
                raise RuntimeError(f"The answer to request {request_id} broke off.") from None
            await _response(crash(request_id))(scope, receive, send_with_headers)


def _request_id(scope: dict[str, Any] | Scope) -> str:
    """The client's id if it is a harmless one, else one of ours."""
    given = by_name(scope).get(REQUEST_ID, b"").decode("latin-1")
    return given if _GIVEN_ID.fullmatch(given) else timed_id()


def _every_answer(request_id: str) -> list[tuple[bytes, bytes]]:
    return [
        (REQUEST_ID, request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
