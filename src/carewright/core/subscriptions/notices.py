"""What a receiver is sent, and what $status and $events answer: Bundles that begin with the subscription's status.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html#notifications-in-fhir-r4
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carewright.core.fhir.codec import decode
from carewright.core.fhir.model import Resource
from carewright.core.store.model import Change, Ref, Stored

STATUS_PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"
HANDSHAKE, HEARTBEAT, EVENT, QUERY_EVENT, QUERY_STATUS = (
    "handshake", "heartbeat", "event-notification", "query-event", "query-status"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event: its number (from 1, in the order of what happened, never given twice) and what it is about."""

    number: int
    ref: Ref
    version: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class About:
    """The subscription that a notice is about; `total` are its events so far."""

    id: str
    topic: str
    status: str
    total: int
    content: str
    error: str = ""


def status_of(about: About, kind: str, events: Sequence[Event] = ()) -> Resource:
    """The status as Parameters."""
    listed: list[Resource] = [
        {"name": "subscription", "valueReference": {"reference": f"Subscription/{about.id}"}},
        {"name": "topic", "valueCanonical": about.topic},
        {"name": "status", "valueCode": about.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(about.total)},
    ]
    listed += [{"name": "notification-event", "part": _parts(event, about.content)} for event in events]
    if about.error:
        listed.append({"name": "error", "valueCodeableConcept": {"text": about.error}})
    identity = str(uuid.uuid4())
    return {"resourceType": "Parameters", "id": identity, "meta": {"profile": [STATUS_PROFILE]}, "parameter": listed}


def _parts(event: Event, content: str) -> list[Resource]:
    parts: list[Resource] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": event.at.isoformat(timespec="milliseconds")},
    ]
    if content != "empty":
        parts.append({"name": "focus", "valueReference": {"reference": str(event.ref)}})
    return parts


def notice(about: About, kind: str, shown: Sequence[tuple[Event, Stored]] = (), *, base: str = "") -> Resource:
    """A Bundle of type history: the status, then what the events are about, as much as was asked for."""
    status = status_of(about, kind, [event for event, _ in shown])
    entries: list[Resource] = [{
        "fullUrl": f"urn:uuid:{status['id']}",
        "resource": status,
        "request": {"method": "GET", "url": f"Subscription/{about.id}/$status"},
        "response": {"status": "200"},
    }]  # fmt: skip
    if about.content != "empty":
        entries += [_entry(event, stored, about.content, base) for event, stored in shown]
    return {"resourceType": "Bundle", "id": str(uuid.uuid4()), "type": "history", "entry": entries}


def _entry(event: Event, stored: Stored, content: str, base: str) -> Resource:
    created = stored.change is Change.CREATE
    request = {"method": "POST", "url": event.ref.type} if created else {"method": "PUT", "url": str(event.ref)}
    found: Resource = {"fullUrl": f"{base}/{event.ref}" if base else str(event.ref)}
    if content == "full-resource":
        found["resource"] = decode(stored.body or b"{}")
    response = {"status": "201" if created else "200", "etag": stored.etag}
    return {**found, "request": request, "response": response}


def searchset(statuses: Sequence[Resource]) -> Resource:
    """What $status answers."""
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one, "search": {"mode": "match"}} for one in statuses]
    found: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return {**found, "entry": entries} if entries else found
