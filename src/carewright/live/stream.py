"""One event stream: what is written to it, how often, and when it ends.

Events: `change` {"topics": […], "version": "…"} · `reset` (ask for everything anew) · `end` {"reason": "locked" or
"over"}. The version is the event's id, too: a browser that comes back sends it as Last-Event-ID and hears what
changed since. Comments keep proxies from closing a quiet stream.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator

from carewright.core.access.sessions import Session, current_async
from carewright.core.store.positions import Position, event_id
from carewright.core.store.store import Store
from carewright.live.hub import Hub, Subscription

COALESCE_SECONDS = 0.25
CHECK_SECONDS = 2.0
"""How often the session is looked at: with a slow look-up a stream still ends within 5 s of a lock or revocation."""
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 2_000


async def events(store: Store, hub: Hub, session: Session, subscription: Subscription) -> AsyncIterator[bytes]:
    """The bytes of the stream until the session is locked or over, the server stops, or nobody listens any more."""
    yield f"retry: {RETRY_MS}\nid: {event_id(subscription.position)}\n\n".encode()
    check_at = time.monotonic() + CHECK_SECONDS
    heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS
    while not hub.stopping.is_set():
        await _wait(subscription, min(check_at, heartbeat_at) - time.monotonic())
        now = time.monotonic()
        if now >= check_at:
            check_at = now + CHECK_SECONDS
            if reason := await _ended(store, session):
                yield event("end", {"reason": reason}, subscription.position)
                return
        if subscription.wake.is_set() and not hub.stopping.is_set():
            yield news(subscription)
            heartbeat_at = now + HEARTBEAT_SECONDS
            await asyncio.sleep(COALESCE_SECONDS)  # what changes meanwhile goes out together
        elif now >= heartbeat_at:
            heartbeat_at = now + HEARTBEAT_SECONDS
            yield b":\n\n"


def news(subscription: Subscription) -> bytes:
    """What the stream has not been told yet."""
    reset, topics, position = subscription.take()
    if reset:
        return event("reset", {"version": event_id(position)}, position)
    return event("change", {"topics": topics, "version": event_id(position)}, position)


def event(kind: str, data: dict[str, object], position: Position) -> bytes:
    """One event as it is written: id, kind, one line of JSON."""
    return f"id: {event_id(position)}\nevent: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


async def _wait(subscription: Subscription, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await subscription.wake.wait()
    except TimeoutError:
        pass


async def _ended(store: Store, session: Session) -> str:
    """Why the stream ends now, "" if it does not."""
    now = await current_async(store, session)
    if now is None:
        return "over"
    return "locked" if now.locked else ""
