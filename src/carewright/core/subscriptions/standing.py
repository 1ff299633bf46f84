"""How the practice's subscriptions stand: for the page of whoever looks after programs. Nothing secret is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carewright.core.fhir.model import Resource
from carewright.core.store import subscription_rows
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.store.subscription_rows import TYPE, State
from carewright.core.subscriptions.actions import off_since
from carewright.core.subscriptions.topics import BASE

if TYPE_CHECKING:
    from carewright.core.store.store import Store

MOST = 100


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One subscription. `host` is where it is sent to, without the path, which may hold a secret; `error` is the
    server's reason; `by` is who has subscribed, as far as the worker knows it; `waiting` events are not taken yet."""

    id: str
    topic: str
    reason: str
    status: str
    error: str
    host: str
    off_since: datetime | None
    by: str
    waiting: int
    last_at: datetime | None


def every(store: "Store", reader: Reader) -> list[Standing]:
    """Those that failed for good first."""
    found = reader.resources(parse(TYPE, [("_count", str(MOST))]))
    with store.driver.reading(reader.access.practice) as connection:
        states = {state.id: state for state in subscription_rows.states(connection, reader.access.practice)}
    listed = [_standing(resource, states) for resource in found]
    return sorted(listed, key=lambda one: (one.off_since is None, one.topic, one.id))


def one(store: "Store", reader: Reader, subscription: str) -> Standing:
    """NotFound, Gone."""
    resource = reader.resource(Ref(TYPE, subscription))
    with store.driver.reading(reader.access.practice) as connection:
        state = subscription_rows.state(connection, reader.access.practice, subscription)
    return _standing(resource, {subscription: state} if state else {})


def _standing(resource: Resource, states: Mapping[str, State]) -> Standing:
    state = states.get(resource["id"])
    since = off_since(resource)
    return Standing(
        id=str(resource["id"]), topic=str(resource.get("criteria", "")).removeprefix(f"{BASE}/"),
        reason=str(resource.get("reason", "")),
        status=str(resource.get("status", "")), error=str(resource.get("error", "")),
        host=_host(str(resource.get("channel", {}).get("endpoint", ""))),
        off_since=datetime.fromisoformat(since) if since else None,
        by=str(state.facts.get("display", "")) if state else "",
        waiting=state.matched - state.delivered if state else 0, last_at=state.last_at if state else None,
    )  # fmt: skip


def _host(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).hostname or ""
    except ValueError:
        return ""
