"""The next visit as a proposed Appointment, and the excuse note as a DocumentReference.

https://hl7.org/fhir/R4/appointment.html (invariant app-3: a proposed one needs no start),
http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference (6.1.0)
"""

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal

from carewright.core.fhir.model import Resource
from carewright.core.sentences import Sentence, quoted
from carewright.core.terminology.coding import UCUM
from carewright.skills.checkout import codes
from carewright.skills.checkout.model import ExcuseNote, NextVisit, Span
from carewright.skills.checkout.rules import excuse_words, next_visit_words, window


def next_visit_to_fhir(request: NextVisit) -> Resource:
    """The request: an Appointment `proposed`, with the days to look for. Booking it makes a booked one of it."""
    days = window(request)
    found: Resource = {
        "resourceType": "Appointment",
        "status": "proposed",
        "serviceType": [request.type.concept(request.type.display)],
        "extension": [{"url": codes.ASKED_AFTER_EXTENSION, "valueDuration": _duration(request)}],
        "description": str(next_visit_words(request.type.display, amount=request.amount, span=request.span)),
        "requestedPeriod": [{"start": days.earliest.isoformat(), "end": days.latest.isoformat()}],
        "participant": [
            {"actor": {"reference": request.patient}, "status": "needs-action"},
            {"actor": {"reference": request.provider}, "status": "needs-action"},
        ],
    }
    return found | ({"reasonCode": [{"text": request.reason}]} if request.reason else {})


def asked_words(appointment: Resource) -> Sentence:
    """What was asked for, to be said in the reader's language; from elsewhere as it is described there."""
    for extension in appointment.get("extension", ()):
        duration = extension.get("valueDuration", {})
        span = _SPANS.get(duration.get("code", ""))
        if extension["url"] == codes.ASKED_AFTER_EXTENSION and span is not None:
            concept: Resource = next(iter(appointment.get("serviceType", ())), {})
            return next_visit_words(str(concept.get("text", "")), amount=int(duration["value"]), span=span)
    return quoted(str(appointment.get("description", "")))


_SPANS: Mapping[str, Span] = {"d": "days", "wk": "weeks", "mo": "months", "a": "years"}
"""UCUM's units of time."""


def _duration(request: NextVisit) -> Resource:
    code = next(code for code, span in _SPANS.items() if span == request.span)
    return {"value": Decimal(request.amount), "unit": request.span, "system": UCUM, "code": code}


def note_to_fhir(note: ExcuseNote) -> Resource:
    """The note as it was given: its text inside the DocumentReference, so that what was signed can be shown again."""
    kind = codes.SCHOOL_NOTE if note.kind == "school" else codes.WORK_NOTE
    text = "\n".join(excuse_words(note))
    found: Resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": kind.concept(),
        "category": [{"text": "Paper out"}],
        "subject": {"reference": note.patient},
        "date": note.written_at.isoformat(),
        "author": [{"reference": note.provider}],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": b64encode(text.encode()).decode(),
                    "title": kind.display,
                }
            }
        ],
    }
    return found | ({"context": {"encounter": [{"reference": note.encounter}]}} if note.encounter else {})
