"""Bookings as Appointments, openings as Slots, a provider's week as a Schedule, and back.

https://hl7.org/fhir/R4/appointment.html, https://hl7.org/fhir/R4/slot.html, https://hl7.org/fhir/R4/schedule.html
The week is kept on the Schedule in extensions: R4 has no element for it. Slots are computed, not stored; a slot is
busy when its seats are claimed.
"""

from datetime import date, datetime, time
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.skills.scheduling import codes
from carewright.skills.scheduling.model import Booking, Opening, Session, Template


def to_fhir(booking: Booking, *, onto: Resource | None = None) -> Resource:
    """The Appointment. What this mapping does not know is kept from `onto`, the stored one."""
    kept = onto or {}
    ours = {codes.SEAT_EXTENSION, codes.OVERBOOK_EXTENSION}
    extensions = [_seat(booking)]
    if booking.overbook_reason:
        extensions.append({"url": codes.OVERBOOK_EXTENSION, "valueString": booking.overbook_reason})
    known: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": booking.id or None,
        "extension": [*extensions, *(e for e in kept.get("extension", ()) if e["url"] not in ours)],
        "status": booking.status,
        "cancelationReason": booking.cancelled_by.concept(booking.cancelled_words) if booking.cancelled_by else None,
        "serviceType": [booking.type.concept(booking.type.display)],
        "appointmentType": (codes.WALK_IN if booking.walk_in else codes.ROUTINE).concept(),
        "reasonCode": [{"text": booking.reason}] if booking.reason else None,
        "start": booking.starts_at.isoformat(),
        "end": booking.ends_at.isoformat(),
        "minutesDuration": booking.minutes,
        "created": booking.created_at.isoformat() if booking.created_at else None,
        "comment": booking.comment or None,
        "participant": [
            {"actor": {"reference": reference}, "status": "accepted"}
            for reference in (booking.patient, booking.provider, booking.site)
        ],
    }
    return {k: v for k, v in {**kept, **known}.items() if v is not None}


def from_fhir(appointment: Resource) -> Booking:
    """The booking of an Appointment with a start. ValueError for one without (a request or a waiting list)."""
    if "start" not in appointment:
        raise ValueError("An appointment without a time is no booking.")
    extensions = {e["url"]: e for e in appointment.get("extension", ())}
    seat = {p["url"]: p for p in extensions.get(codes.SEAT_EXTENSION, {}).get("extension", ())}
    starts_at, ends_at = _instant(appointment["start"]), _instant(appointment["end"])
    actors = [p.get("actor", {}).get("reference", "") for p in appointment["participant"]]
    concept: Resource = next(iter(appointment.get("serviceType", ())), {})
    created = appointment.get("created")
    cancelled = appointment.get("cancelationReason", {})
    return Booking(
        id=appointment.get("id", ""),
        patient=_actor(actors, "Patient/"),
        provider=_actor(actors, "Practitioner"),
        site=_actor(actors, "Location/"),
        schedule=seat.get("schedule", {}).get("valueReference", {}).get("reference", ""),
        seat=seat.get("seat", {}).get("valueUnsignedInt", 0),
        starts_at=starts_at,
        minutes=appointment.get("minutesDuration") or int((ends_at - starts_at).total_seconds()) // 60,
        type=_coding(concept) or Coding("", "unknown", concept.get("text", "")),
        status=appointment["status"],
        reason=next((r["text"] for r in appointment.get("reasonCode", ()) if r.get("text")), ""),
        overbook_reason=extensions.get(codes.OVERBOOK_EXTENSION, {}).get("valueString", ""),
        walk_in=codes.WALK_IN.matches(appointment.get("appointmentType")),
        cancelled_by=_coding(cancelled),
        cancelled_words=cancelled.get("text", ""),
        comment=appointment.get("comment", ""),
        created_at=_instant(created) if created else None,
    )


def slot_to_fhir(opening: Opening, *, taken_seats: int) -> Resource:
    """The Slot of an opening: free while a seat is left; `overbooked` when more are taken than it has."""
    slot: Resource = {
        "resourceType": "Slot",
        "schedule": {"reference": opening.schedule},
        "status": "free" if taken_seats < opening.seats else "busy",
        "start": opening.starts_at.isoformat(),
        "end": opening.ends_at.isoformat(),
        "overbooked": taken_seats > opening.seats,
    }
    if opening.types:
        slot["serviceType"] = [coding.concept() for coding in opening.types]
    return slot


def template_to_fhir(template: Template) -> Resource:
    """The Schedule that keeps a provider's week at one site."""
    return {
        "resourceType": "Schedule",
        "id": template.schedule.removeprefix("Schedule/"),
        "extension": [
            {"url": codes.ZONE_EXTENSION, "valueCode": template.zone},
            *(_session_to_fhir(session) for session in template.sessions),
            *({"url": codes.CLOSED_EXTENSION, "valueDate": day.isoformat()} for day in sorted(template.closed)),
        ],
        "active": True,
        "actor": [{"reference": template.provider}, {"reference": template.site}],
    }


def template_from_fhir(schedule: Resource) -> Template:
    """The week of a Schedule; ValueError for one that keeps none (from elsewhere)."""
    extensions = schedule.get("extension", ())
    zone = next((e["valueCode"] for e in extensions if e["url"] == codes.ZONE_EXTENSION), None)
    if zone is None:
        raise ValueError("This Schedule keeps no week.")
    actors = [actor["reference"] for actor in schedule["actor"]]
    return Template(
        schedule=f"Schedule/{schedule['id']}",
        provider=_actor(actors, "Practitioner"),
        site=_actor(actors, "Location/"),
        zone=zone,
        sessions=tuple(_session_from(e) for e in extensions if e["url"] == codes.TEMPLATE_EXTENSION),
        closed=frozenset(
            date.fromisoformat(e["valueDate"]) for e in extensions if e["url"] == codes.CLOSED_EXTENSION
        ),
    )  # fmt: skip


def _session_to_fhir(session: Session) -> Resource:
    parts: list[Resource] = [
        {"url": "weekday", "valueUnsignedInt": session.weekday},
        {"url": "starts", "valueTime": session.starts.isoformat()},
        {"url": "ends", "valueTime": session.ends.isoformat()},
        {"url": "slotMinutes", "valuePositiveInt": session.slot_minutes},
        {"url": "seats", "valuePositiveInt": session.seats},
        *({"url": "type", "valueCoding": coding.to_fhir()} for coding in session.types),
    ]
    for name, day in (("first", session.first), ("last", session.last)):
        if day is not None:
            parts.append({"url": name, "valueDate": day.isoformat()})
    return {"url": codes.TEMPLATE_EXTENSION, "extension": parts}


def _session_from(extension: Resource) -> Session:
    parts = {part["url"]: part for part in extension["extension"] if part["url"] != "type"}
    first, last = (parts.get(name, {}).get("valueDate") for name in ("first", "last"))
    types = [part["valueCoding"] for part in extension["extension"] if part["url"] == "type"]
    return Session(
        weekday=parts["weekday"]["valueUnsignedInt"],
        starts=time.fromisoformat(parts["starts"]["valueTime"]),
        ends=time.fromisoformat(parts["ends"]["valueTime"]),
        slot_minutes=parts["slotMinutes"]["valuePositiveInt"],
        seats=parts["seats"]["valuePositiveInt"],
        types=tuple(Coding(c.get("system", ""), c["code"], c.get("display", "")) for c in types),
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
    )


def _seat(booking: Booking) -> Resource:
    parts: list[Resource] = [
        {"url": "schedule", "valueReference": {"reference": booking.schedule}},
        {"url": "seat", "valueUnsignedInt": booking.seat},
    ]
    return {"url": codes.SEAT_EXTENSION, "extension": parts}


def _actor(references: list[str], prefix: str) -> str:
    return next((reference for reference in references if reference.startswith(prefix)), "")


def _coding(concept: Resource) -> Coding | None:
    found: Resource = next(iter(concept.get("coding", ())), {})
    if not found.get("code"):
        return None
    return Coding(found.get("system", ""), found["code"], found.get("display", "") or concept.get("text", ""))


def _instant(text: str) -> datetime:
    return interval(text)[0]
