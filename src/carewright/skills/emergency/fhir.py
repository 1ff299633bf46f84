"""A call for help as a Task without a patient, its record as notes. https://hl7.org/fhir/R4/task.html"""

from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.work.fhir import pool_to_fhir
from carewright.core.work.model import Pool
from carewright.skills.emergency.codes import EMERGENCY, EVENT_EXTENSION, JOBS, SITE_EXTENSION
from carewright.skills.emergency.model import Call, Event, Line

WORDS = {Event.CALLED: "Called for help", Event.COMING: "I'm coming", Event.OVER: "Over"}
"""What a note says for a program that does not know our extension."""


def to_fhir(call: Call, *, onto: Resource | None = None) -> Resource:
    """The Task; `onto` is the stored one, whose other content is kept."""
    job = next(job for job in JOBS if job.code == call.job)
    over = call.over_at
    period = {"start": _instant(call.called.at), **({"end": _instant(over)} if over else {})}
    known: Resource = {
        "resourceType": "Task",
        "extension": [{"url": SITE_EXTENSION, "valueReference": {"reference": f"Location/{call.site}"}}],
        "status": "completed" if over else "in-progress" if call.coming else "requested",
        "intent": "order",
        "priority": "stat",
        "code": {"coding": [job.to_fhir(), EMERGENCY.to_fhir()], "text": job.display},
        "authoredOn": _instant(call.called.at),
        "lastModified": _instant(call.lines[-1].at),
        "requester": {"reference": call.called.by, "display": call.called.who},
        "location": {"reference": f"Location/{call.room}", "display": call.room_name},
        "performerType": [pool_to_fhir(Pool(role=None))],
        "executionPeriod": period,
        "note": [_note(line) for line in call.lines],
    }
    return {**(onto or {}), **({"id": call.id} if call.id else {}), **known}


def from_fhir(task: Resource) -> Call | None:
    """The call of a Task; None for a Task that is no call for help of ours."""
    codes = {coding.get("code") for coding in task.get("code", {}).get("coding", ())}
    sites = [e["valueReference"]["reference"] for e in task.get("extension", ()) if e.get("url") == SITE_EXTENSION]
    if EMERGENCY.code not in codes or not sites or "location" not in task:
        return None
    lines = tuple(line for note in task.get("note", ()) if (line := _line(note)) is not None)
    job = next((job.code for job in JOBS if job.code in codes), "")
    if not job or not lines:
        return None
    return Call(
        id=task.get("id", ""),
        site=sites[0].removeprefix("Location/"),
        room=task["location"]["reference"].removeprefix("Location/"),
        room_name=task["location"].get("display", ""),
        job=job,
        lines=lines,
    )


def _note(line: Line) -> dict[str, Any]:
    return {
        "extension": [{"url": EVENT_EXTENSION, "valueCode": line.event.value}],
        "authorReference": {"reference": line.by, "display": line.who},
        "time": _instant(line.at),
        "text": line.words or WORDS[line.event],
    }


def _line(note: dict[str, Any]) -> Line | None:
    events = [e.get("valueCode") for e in note.get("extension", ()) if e.get("url") == EVENT_EXTENSION]
    if not events or events[0] not in set(Event) or "time" not in note:
        return None
    event = Event(events[0])
    author = note.get("authorReference", {})
    return Line(
        event=event,
        at=interval(note["time"])[0],
        by=author.get("reference", ""),
        who=author.get("display", ""),
        words=note["text"] if event is Event.NOTED else "",
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
