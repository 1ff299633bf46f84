"""A phone call as a Communication, and back. https://hl7.org/fhir/R4/communication.html

taking → preparation · owed → in-progress · ended → completed; a wrong number or one that hung up → stopped
number, place, the emergency answer, what was said, who called, who answered → extensions · trail → note
"""

from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.skills.calls import codes, reasons
from carewright.skills.calls.model import (
    ENDING_WORDS,
    EVENT_WORDS,
    Answer,
    Caller,
    Ending,
    Event,
    Line,
    Outcome,
    PhoneCall,
    State,
)

_STOPPED = frozenset({Ending.WRONG_NUMBER, Ending.HUNG_UP})
_STATES = {"preparation": State.TAKING, "in-progress": State.OWED, "completed": State.ENDED, "stopped": State.ENDED}


def to_fhir(call: PhoneCall, *, onto: Resource | None = None) -> Resource:
    """The Communication; `onto` is the stored one, whose other content is kept."""
    kept = {name: value for name, value in (onto or {}).items() if name not in _MANAGED}
    known: dict[str, Any] = {
        "resourceType": "Communication",
        "id": call.id or None,
        "extension": [*_others(onto), *_extensions(call)],
        "status": _status(call),
        "statusReason": _ending(call.ending) if call.ending else None,
        "category": [codes.PHONE_CALL.concept()],
        "priority": _priority(call),
        "medium": [codes.PHONE.concept()],
        "subject": {"reference": call.patient} if call.patient else None,
        "received": _instant(call.at),
        "recipient": [{"reference": call.for_whom}] if call.for_whom else None,
        "sender": _sender(call),
        "reasonCode": [_reason(call.reason)] if call.reason else None,
        "payload": [{"contentString": call.words}] if call.words else None,
        "note": [_note(line) for line in call.lines],
    }
    return {**kept, **{name: value for name, value in known.items() if value not in (None, [])}}


def from_fhir(resource: Resource) -> PhoneCall | None:
    """The call of a Communication; None for another kind, or one of which we do not know when it came."""
    ours = any(codes.PHONE_CALL.matches(concept) for concept in resource.get("category", ()))
    state = _STATES.get(resource.get("status", ""))
    if not ours or state is None or "received" not in resource:
        return None
    said = _said(resource)
    sender = resource.get("sender", {})
    caller = _known(Caller, said.get(codes.CALLER, ""), Caller.UNKNOWN)
    ending = _ending_of(resource)
    return PhoneCall(
        id=resource.get("id", ""),
        site=site_of(resource),
        at=interval(resource["received"])[0],
        by=said.get(codes.TAKEN_BY, ""),
        number=said.get(codes.NUMBER, ""),
        place=said.get(codes.PLACE, ""),
        emergency=_known(Answer, said.get(codes.EMERGENCY, ""), Answer.NOT_ASKED),
        red_flag=said.get(codes.SAID, ""),
        caller=caller,
        caller_name=sender.get("display", ""),
        caller_ref=sender.get("reference", "") if caller is Caller.LISTED else "",
        patient=resource.get("subject", {}).get("reference", ""),
        reason=next((c.get("code", "") for r in resource.get("reasonCode", ()) for c in r.get("coding", ())), ""),
        words=next((p["contentString"] for p in resource.get("payload", ()) if p.get("contentString")), ""),
        for_whom=next((r.get("reference", "") for r in resource.get("recipient", ())), ""),
        state=state,
        ending=(ending or Ending.NOT_NEEDED) if state is State.ENDED else None,
        lines=tuple(line for note in resource.get("note", ()) if (line := _line(note)) is not None),
    )


_MANAGED = frozenset({
    "extension", "status", "statusReason", "priority", "subject", "recipient", "sender", "reasonCode", "payload",
    "note",
})  # fmt: skip


def _status(call: PhoneCall) -> str:
    match call.state:
        case State.TAKING:
            return "preparation"
        case State.OWED:
            return "in-progress"
    return "stopped" if call.ending in _STOPPED else "completed"


def _priority(call: PhoneCall) -> str:
    if call.emergency is Answer.YES:
        return "stat"
    reason = reasons.BY_CODE.get(call.reason)
    return reason.priority.value if reason else "routine"


def _extensions(call: PhoneCall) -> list[Resource]:
    texts = {codes.NUMBER: call.number, codes.PLACE: call.place}
    values = {codes.EMERGENCY: call.emergency.value, codes.SAID: call.red_flag, codes.CALLER: call.caller.value}
    found: list[Resource] = [site_extension(call.site)] if call.site else []
    found += [{"url": url, "valueString": text} for url, text in texts.items() if text]
    found += [{"url": url, "valueCode": code} for url, code in values.items() if code]
    return [*found, {"url": codes.TAKEN_BY, "valueReference": {"reference": call.by}}]


def _others(onto: Resource | None) -> list[Resource]:
    return [e for e in (onto or {}).get("extension", ()) if e.get("url") not in codes.OURS | {SITE}]


def _said(resource: Resource) -> dict[str, str]:
    """Our extensions by address, as text."""
    found = {}
    for entry in resource.get("extension", ()):
        value = entry.get("valueString") or entry.get("valueCode") or entry.get("valueReference", {}).get("reference")
        if entry.get("url") in codes.OURS and value:
            found[entry["url"]] = str(value)
    return found


def _sender(call: PhoneCall) -> Resource | None:
    reference = {Caller.PATIENT: call.patient, Caller.LISTED: call.caller_ref}.get(call.caller, "")
    found = {"reference": reference, "display": call.caller_name}
    return {name: value for name, value in found.items() if value} or None


def _reason(code: str) -> Resource:
    reason = reasons.BY_CODE[code]
    return Coding(codes.REASON_SYSTEM, reason.code, reason.words).concept()


def _ending(ending: Ending) -> Resource:
    return Coding(codes.END_SYSTEM, ending.value, ENDING_WORDS[ending]).concept()


def _ending_of(resource: Resource) -> Ending | None:
    listed = resource.get("statusReason", {}).get("coding", ())
    found = next((c.get("code", "") for c in listed if c.get("system") == codes.END_SYSTEM), "")
    return Ending(found) if found in set(Ending) else None


def _known(kind: Any, value: str, otherwise: Any) -> Any:
    return kind(value) if value in set(kind) else otherwise


def _note(line: Line) -> Resource:
    extensions = [{"url": codes.EVENT, "valueCode": line.event.value}]
    if line.outcome is not None:
        extensions.append({"url": codes.OUTCOME, "valueCode": line.outcome.value})
    author = {"reference": line.by, **({"display": line.who} if line.who else {})}
    text = line.words or EVENT_WORDS[line.event]
    return {"extension": extensions, "authorReference": author, "time": _instant(line.at), "text": text}


def _line(note: Resource) -> Line | None:
    """A line of the trail; None for a note of somebody else's."""
    said = {e.get("url"): str(e.get("valueCode", "")) for e in note.get("extension", ())}
    event, outcome = said.get(codes.EVENT, ""), said.get(codes.OUTCOME, "")
    if event not in set(Event) or "time" not in note or (event == Event.ATTEMPT and outcome not in set(Outcome)):
        return None
    words = str(note.get("text", ""))
    author = note.get("authorReference", {})
    return Line(
        event=Event(event),
        at=interval(note["time"])[0],
        by=author.get("reference", ""),
        who=author.get("display", ""),
        words="" if words == EVENT_WORDS[Event(event)] else words,
        outcome=Outcome(outcome) if event == Event.ATTEMPT else None,
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
