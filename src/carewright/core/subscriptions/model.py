"""A Subscription as values: what its resource asks for, read and checked. Plain Python.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.subscriptions.filters import Filter, FilterError, read_filter
from carewright.core.subscriptions.topics import TOPICS, Topic
from carewright.core.terminology.coding import OWN_BASE

IG = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
PROFILE = f"{IG}/backport-subscription"
SUBSCRIBED_AT = f"{OWN_BASE}/StructureDefinition/subscribed-at"
"""The address of the API by which it was written, set by the server: what is sent names records by it."""
OFF_SINCE = f"{OWN_BASE}/StructureDefinition/subscription-off-since"
"""Since when nothing is sent because it cannot be, set by the server; it stays until the receiver answers again."""
FILTER, CONTENT = f"{IG}/backport-filter-criteria", f"{IG}/backport-payload-content"
HEARTBEAT, TIMEOUT, MOST = (f"{IG}/backport-{name}" for name in ("heartbeat-period", "timeout", "max-count"))
CONTENTS = ("empty", "id-only", "full-resource")
MEDIA_TYPES = ("application/fhir+json", "application/json")
MOST_EVENTS, LONGEST_SECONDS, SHORTEST_HEARTBEAT_SECONDS = 20, 10, 10
MAX_FILTERS, MAX_HEADERS, MAX_HEADER = 10, 10, 4_000
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}", re.ASCII)
OUR_HEADERS = frozenset({
    "host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect",
    "proxy-authorization", "proxy-connection", "keep-alive",
})  # fmt: skip
"""Headers that are ours to set, or that would change where a request ends."""


class BadSubscription(ValueError):
    """What the resource asks for is not offered; the text is for whoever wrote it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a subscriber wants. `headers` are (name, value), the values sealed once they are stored."""

    topic: Topic
    filters: tuple[Filter, ...]
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    content: str
    status: str
    heartbeat_seconds: int | None = None
    timeout_seconds: int = LONGEST_SECONDS
    most_events: int = MOST_EVENTS
    end: datetime | None = None
    base: str = ""


def wanted_of(resource: Resource) -> Wanted:
    """What a Subscription asks for; BadSubscription."""
    topic = TOPICS.get(str(resource.get("criteria", "")))
    if topic is None:
        raise BadSubscription(f"criteria is one of the topics: {', '.join(TOPICS)}.")
    channel = resource.get("channel") or {}
    if channel.get("type") != "rest-hook" or not isinstance(channel.get("endpoint"), str):
        raise BadSubscription("The channel is a rest-hook with an endpoint.")
    if channel.get("payload", MEDIA_TYPES[0]) not in MEDIA_TYPES:
        raise BadSubscription("The payload is application/fhir+json.")
    content = _extensions(channel.get("_payload")).get(CONTENT, "id-only")
    if content not in CONTENTS:
        raise BadSubscription("The payload's content is empty, id-only or full-resource.")
    of_channel = _extensions(channel)
    heartbeat = _whole(of_channel, HEARTBEAT)
    return Wanted(
        topic=topic,
        filters=_filters(resource, topic),
        endpoint=channel["endpoint"],
        headers=_headers(channel),
        content=str(content),
        status=str(resource.get("status", "")),
        heartbeat_seconds=max(heartbeat, SHORTEST_HEARTBEAT_SECONDS) if heartbeat else None,
        timeout_seconds=min(_whole(of_channel, TIMEOUT) or LONGEST_SECONDS, LONGEST_SECONDS),
        most_events=min(_whole(of_channel, MOST) or MOST_EVENTS, MOST_EVENTS),
        end=_end(resource),
        base=str(_extensions(resource).get(SUBSCRIBED_AT, "")),
    )


def _extensions(holder: Any) -> dict[str, Any]:
    """The values of the simple extensions of an element, by their address."""
    listed = holder.get("extension", ()) if isinstance(holder, dict) else ()
    values = ((one.get("url"), [v for k, v in one.items() if k.startswith("value")]) for one in listed)
    return {str(url): held[0] for url, held in values if held}


def _whole(values: Mapping[str, Any], url: str) -> int | None:
    value = values.get(url)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise BadSubscription(f"{url.rpartition('/')[2]} is a whole number.")
    return value


def _filters(resource: Resource, topic: Topic) -> tuple[Filter, ...]:
    held = resource.get("_criteria")
    listed = held.get("extension", ()) if isinstance(held, dict) else ()
    texts = [str(one.get("valueString", "")) for one in listed if one.get("url") == FILTER]
    if len(texts) > MAX_FILTERS:
        raise BadSubscription(f"A subscription has at most {MAX_FILTERS} filters.")
    found: list[Filter] = []
    for text in texts:
        resource_type, _, query = text.partition("?")
        if resource_type not in topic.types:
            raise BadSubscription(f"A filter is like {min(topic.types)}?patient=Patient/123.")
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=20):
            if name not in topic.filters[resource_type]:
                known = ", ".join(sorted(topic.filters[resource_type]))
                raise BadSubscription(f"{resource_type} is filtered by {known}.")
            try:
                found.append(read_filter(resource_type, name, value))
            except FilterError as error:
                raise BadSubscription(f"The filter by {name}: {error}") from error
    return tuple(found)


def _headers(channel: Resource) -> tuple[tuple[str, str], ...]:
    listed = channel.get("header", ())
    if len(listed) > MAX_HEADERS:
        raise BadSubscription(f"A channel has at most {MAX_HEADERS} headers.")
    found = []
    for text in listed:
        name, colon, value = str(text).partition(":")
        value = value.strip()
        good = colon and HEADER_NAME.fullmatch(name) and name.lower() not in OUR_HEADERS
        if not good or not value.isascii() or not value.isprintable() or len(value) > MAX_HEADER:
            raise BadSubscription("A header is like Authorization: Bearer …, and not one that the server sets itself.")
        found.append((name, value))
    return tuple(found)


def _end(resource: Resource) -> datetime | None:
    text = resource.get("end")
    try:
        return interval(text)[0] if isinstance(text, str) else None
    except ValueError as error:
        raise BadSubscription("end is an instant.") from error
