"""The live feed as an application: `GET /live/events?topics=Encounter,patient/123`, by a person's session cookie.

Also at `/live`. Without topics everything that the person may see is told. A stream is one request that stays open:
a signal to stop ends them all (shutdown.py), and `timeout_graceful_shutdown` bounds what is left.
"""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from carewright.core.access.model import AccessDenied
from carewright.core.access.sessions import (
    SESSION_COOKIE,
    Session,
    SessionKind,
    access_of,
    authenticate_async,
)
from carewright.core.store.model import Unavailable
from carewright.core.store.positions import position_of
from carewright.core.store.store import Store
from carewright.live.hub import Hub, Subscription, TopicsOf
from carewright.live.shutdown import before_stopping
from carewright.live.stream import events
from carewright.live.topics import TopicError, topics_of, wanted

MAX_STREAMS = 12
"""Per session: where Web Locks are missing each visible tab keeps one."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


def create_app(store: Store, *, topics: TopicsOf = topics_of) -> Starlette:
    """The live feed of `store`; `topics` says under which topics a change is told."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with before_stopping(app.state.hub.stop):
            yield
        await app.state.hub.close()

    app = Starlette(routes=[Route("/live", _stream), Route("/live/events", _stream)], lifespan=lifespan)
    app.state.store = store
    app.state.hub = Hub(store, topics=topics)
    app.state.open = Counter[str]()
    return app


async def _stream(request: Request) -> Response:
    store: Store = request.app.state.store
    try:
        session = await _session(request, store)
    except Unavailable:
        return _refused(503, "The database does not answer just now.")
    if session is None:
        return _refused(401, "Sign in first.")
    try:
        access = access_of(session, store.registry)
        asked = wanted(request.query_params.getlist("topics"))
        after = position_of(request.headers.get("last-event-id") or request.query_params.get("after"))
    except AccessDenied as denied:
        return _refused(403, denied.reason)
    except (TopicError, ValueError) as error:
        return _refused(400, str(error))
    streams: Counter[str] = request.app.state.open
    if streams[session.id] >= MAX_STREAMS:
        return _refused(429, f"At most {MAX_STREAMS} pages of one sign-on are kept up to date. Close some.")
    hub: Hub = request.app.state.hub
    if hub.stopping.is_set():
        return _refused(503, "The server is stopping.")
    body = _body(request.app, session, lambda: hub.subscribe(access, asked, after=after))
    return StreamingResponse(body, media_type="text/event-stream", headers=HEADERS)


async def _body(
    app: Starlette, session: Session, subscribe: Callable[[], Awaitable[Subscription]]
) -> AsyncIterator[bytes]:
    """The stream, subscribed and counted only once it is read: one that is given up before leaves nothing behind."""
    app.state.open[session.id] += 1
    subscription = None
    try:
        subscription = await subscribe()
        async for part in events(app.state.store, app.state.hub, session, subscription):
            yield part
    finally:
        if subscription is not None:
            app.state.hub.unsubscribe(subscription)
        app.state.open[session.id] -= 1
        if app.state.open[session.id] <= 0:
            del app.state.open[session.id]


async def _session(request: Request, store: Store) -> Session | None:
    secret = request.cookies.get(SESSION_COOKIE)
    session = await authenticate_async(store, secret) if secret else None
    return session if session is not None and session.kind is SessionKind.SCREEN else None


def _refused(status: int, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers=HEADERS)
