"""Rooms as Locations and waits as Tasks, and back.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-location (6.1.0), https://hl7.org/fhir/R4/task.html
"""

from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import KIND, pool_to_fhir
from carewright.core.work.model import Kind
from carewright.core.work.tasks import ROOMING_POOL
from carewright.skills.rooms import codes
from carewright.skills.rooms.model import Room, RoomState, Wait, WaitKind
from carewright.skills.rooms.rules import operational_status


def to_fhir(room: Room, *, onto: Resource | None = None) -> Resource:
    """The Location; what this mapping does not know is kept from `onto`, the stored one."""
    kept = onto or {}
    others = [e for e in kept.get("extension", ()) if e["url"] != codes.ROOM_STATE_EXTENSION]
    known: dict[str, Any] = {
        "resourceType": "Location",
        "id": room.id,
        "extension": [_state(room), *others],
        "status": "suspended" if room.state is RoomState.CLOSED else "active",
        "operationalStatus": operational_status(room).to_fhir(),
        "name": room.name,
        "mode": "instance",
        "physicalType": codes.ROOM.concept(),
        "managingOrganization": {"reference": room.organization} if room.organization else None,
        "partOf": {"reference": room.site},
    }
    return {k: v for k, v in {**kept, **known}.items() if v is not None}


def from_fhir(location: Resource) -> Room | None:
    """The room of a Location; None for one that is no room (a site, an area, a place from elsewhere).

    A room of which nobody has said anything yet counts as clean since it was last written.
    """
    state = next((e for e in location.get("extension", ()) if e["url"] == codes.ROOM_STATE_EXTENSION), None)
    if state is None:
        return _unsaid(location)
    parts = {part["url"]: part for part in state["extension"]}
    return Room(
        id=location["id"],
        name=location["name"],
        site=location["partOf"]["reference"],
        state=RoomState(parts["state"]["valueCode"]),
        since=interval(parts["since"]["valueDateTime"])[0],
        by=parts.get("by", {}).get("valueReference", {}).get("reference"),
        isolation=parts.get("isolation", {}).get("valueBoolean", False),
        organization=location.get("managingOrganization", {}).get("reference"),
    )


def _unsaid(location: Resource) -> Room | None:
    written = location.get("meta", {}).get("lastUpdated")
    if not codes.ROOM.matches(location.get("physicalType")) or "partOf" not in location or not written:
        return None
    return Room(
        id=location["id"],
        name=location.get("name", ""),
        site=location["partOf"].get("reference", ""),
        state=RoomState.CLOSED if location.get("status") == "suspended" else RoomState.READY,
        since=_instant(written),
        organization=location.get("managingOrganization", {}).get("reference"),
    )


def wait_to_fhir(wait: Wait) -> Resource:
    """The Task of a wait: in progress until it ends; `restriction.period.end` is when it is due."""
    status = "cancelled" if wait.cancelled else "completed" if wait.ended_at else "in-progress"
    execution = {"start": wait.started_at.isoformat()}
    if wait.ended_at:
        execution["end"] = wait.ended_at.isoformat()
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": wait.id or None,
        "extension": [{"url": KIND, "valueCode": Kind.QUIET.value}],
        "status": status,
        "intent": "order",
        "code": wait.kind.coding.concept(),
        "focus": {"reference": wait.encounter},
        "for": {"reference": wait.patient},
        "encounter": {"reference": wait.encounter},
        "executionPeriod": execution,
        "authoredOn": wait.started_at.isoformat(),
        "requester": {"reference": wait.started_by} if wait.started_by else None,
        "performerType": [pool_to_fhir(ROOMING_POOL)],
        "restriction": {"period": {"end": wait.due_at.isoformat()}},
    }
    return {k: v for k, v in task.items() if v is not None}


def wait_from_fhir(task: Resource, *, late_after: int = 10) -> Wait | None:
    """The wait of a Task; None for another task. Its minutes are those it was started with, not today's setting."""
    coding = next((c for c in task.get("code", {}).get("coding", ()) if c.get("system") == codes.WAIT), None)
    if coding is None:
        return None
    started = _instant(task["executionPeriod"]["start"])
    due = _instant(task["restriction"]["period"]["end"])
    minutes = int((due - started).total_seconds()) // 60
    ended = task["executionPeriod"].get("end")
    return Wait(
        id=task.get("id", ""),
        kind=WaitKind(
            coding=Coding(codes.WAIT, coding["code"], coding.get("display", "")), minutes=minutes, late_after=late_after
        ),
        patient=task["for"]["reference"],
        encounter=task["encounter"]["reference"],
        started_at=started,
        ended_at=_instant(ended) if ended else None,
        started_by=task.get("requester", {}).get("reference"),
        cancelled=task["status"] == "cancelled",
    )


def _state(room: Room) -> Resource:
    parts: list[Resource] = [
        {"url": "state", "valueCode": room.state.value},
        {"url": "since", "valueDateTime": room.since.isoformat()},
    ]
    if room.by:
        parts.append({"url": "by", "valueReference": {"reference": room.by}})
    if room.isolation:
        parts.append({"url": "isolation", "valueBoolean": True})
    return {"url": codes.ROOM_STATE_EXTENSION, "extension": parts}


def _instant(text: str) -> datetime:
    return interval(text)[0]
