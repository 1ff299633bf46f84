"""One process, four applications: the API, the live feed, the health answer, and the pages through threads.

Pages are Django's WSGI handler in a bounded pool: its own ASGI handler is several times slower, and a busy page
must not starve the event loop (uvloop and a short switch interval see to that).
ASGI: https://asgi.readthedocs.io/en/latest/specs/main.html
"""

import gc
import json
import logging
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import anyio.to_thread
from a2wsgi import WSGIMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from carewright.core.store.store import Store
from carewright.project import wiring
from carewright.project.environment import Environment
from carewright.project.health import Health
from carewright.project.server import end_with_parent
from carewright.project.whole import Whole

SWITCH_INTERVAL_SECONDS = 0.0005
PAGE_THREADS = 8
COMPRESS_FROM_BYTES = 1_024
HEALTH_PATIENCE_SECONDS = 5.0

_API = re.compile(r"(?:/p/[^/]+)?/(?:fhir|cds-services)(?:/.*)?", re.DOTALL)
_LIVE = re.compile(r"/live(?:/.*)?", re.DOTALL)


class Dispatcher:
    """Sends each request to the application that its path belongs to. The API compresses by itself, event streams are
    never compressed."""

    def __init__(self, store: Store, *, api: ASGIApp, live: ASGIApp, pages: ASGIApp, health: Health) -> None:
        self.store, self.health = store, health
        self.started: tuple[ASGIApp, ...] = (api, live)
        self.live = live
        self.api = api
        self.pages: ASGIApp = GZipMiddleware(pages, minimum_size=COMPRESS_FROM_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        else:
            await self._application(scope["path"])(scope, receive, send)

    def _application(self, path: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        if path == "/healthz":
            return self._health
        if _API.fullmatch(path):
            return self.api
        if _LIVE.fullmatch(path):
            return self.live
        return self.pages

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: dict[str, Any] = {"status": "failing", "problems": ["The database does not answer in time."]}
        with anyio.move_on_after(HEALTH_PATIENCE_SECONDS):
            answer = await anyio.to_thread.run_sync(self.health.answer, abandon_on_cancel=True)
        body = json.dumps(answer, indent=1).encode() + b"\n"
        status = 200 if answer["status"] == "ok" else 503
        headers = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Start and stop the applications that have something to start, then close the store."""
        await receive()
        async with AsyncExitStack() as stack:
            try:
                for app in self.started:
                    router = getattr(app, "router", None)
                    if router is not None:
                        await stack.enter_async_context(router.lifespan_context(app))
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await anyio.to_thread.run_sync(self.store.close)
        await send({"type": "lifespan.shutdown.complete"})


def _in_threads(pages: Callable[..., Any]) -> ASGIApp:
    """A WSGI application as an ASGI one, in its own pool of threads."""
    bridged: ASGIApp = cast(Any, WSGIMiddleware(cast(Any, pages), workers=PAGE_THREADS))
    return Whole(bridged)


def create() -> Dispatcher:
    """The application of this installation, from the environment; what `carewright serve` runs in each process."""
    from carewright.fhirapi.app import create_app as create_api
    from carewright.live.app import create_app as create_live
    from carewright.project.wsgi import application as pages

    # Django has configured logging by now. One line per request is the proxy's business; what was read is audited.
    for chatty in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    end_with_parent()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    environment = Environment.read()
    store = wiring.store()
    dispatcher = Dispatcher(
        store,
        api=create_api(
            store, files=wiring.bulk_files(environment), rate=environment.api_rate, hosts=environment.allowed_hosts
        ),
        live=create_live(store),
        pages=_in_threads(pages),
        health=Health(store, anchored=environment.audit_anchor is not None),
    )
    gc.freeze()  # what stands now stands for good: not to be looked through again and again
    return dispatcher
