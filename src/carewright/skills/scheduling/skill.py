"""What scheduling declares: permissions, the keys of the seats, how appointments follow visits, the day's rows."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import READ, STAFF, WRITE, Role
from carewright.core.registry import Manifest, Permission
from carewright.core.store.hooks import (
    WORKFLOW_EXEMPT,
    Claim,
    Column,
    ColumnType,
    Effect,
    Extra,
    Projection,
    Put,
    Release,
    Write,
    WriteContext,
)
from carewright.core.store.model import Ref, Resource
from carewright.skills.scheduling import codes, rules
from carewright.skills.scheduling.fhir import from_fhir
from carewright.skills.scheduling.model import Booking

BOOKERS = frozenset({Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.MANAGER})


def claim_seat(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Take the keys of the seat that an appointment holds now, and give up those that it holds no more."""
    before, after = _booking(write.before), _booking(write.after)
    if after is None:
        released: tuple[str, ...] = rules.booking_keys(before) if before else ()
        return [Release(kind=rules.KEY_KIND, key=key, holder=write.ref) for key in released]
    if context.origin in WORKFLOW_EXEMPT and not _names_a_seat(write.after or {}):
        return ()  # what was booked elsewhere is taken as it is; it knows nothing of our seats
    release, claim = rules.key_changes(before, after)
    return [
        *(Release(kind=rules.KEY_KIND, key=key, holder=write.ref) for key in release),
        *(Claim(kind=rules.KEY_KIND, key=key, holder=write.ref) for key in claim),
    ]


def follow_visit(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Bring the appointment to where its visit stands (docs/visit-states.md)."""
    if write.after is None or _status(write.before) == _status(write.after):
        return ()
    found = []
    for ref in _appointments(write):
        appointment = context.loaded.get(ref)
        booking = _booking(appointment)
        if appointment is None or booking is None:
            continue
        status = rules.status_of_visit(_status(write.after), booking.status, walk_in=booking.walk_in)
        if status is not None:
            after = {**appointment, "status": status}
            after.pop("cancelationReason", None)
            found.append(Put(resource=after, version=int(appointment["meta"]["versionId"])))
    return found


def appointment_rows(appointment: Resource) -> Iterable[Mapping[str, object]]:
    """The row of an appointment; one without a time (a request, a waiting list) has none."""
    booking = _booking(appointment)
    if booking is None:
        return
    yield {
        "id": appointment["id"],
        "patient": booking.patient.removeprefix("Patient/"),
        "provider": booking.provider,
        "place": booking.site,
        "schedule": booking.schedule,
        "seat": booking.seat,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "minutes": booking.minutes,
        "type_system": booking.type.system,
        "type_code": booking.type.code,
        "type_words": booking.type.display,
        "reason": booking.reason,
        "comment": booking.comment,
        "status": booking.status,
        "overbook_reason": booking.overbook_reason,
        "is_walk_in": int(booking.walk_in),
        "cancelled_words": booking.cancelled_words,
        "version": int(appointment["meta"]["versionId"]),
    }


def _booking(appointment: Resource | None) -> Booking | None:
    """The booking that an Appointment stands for, None where it cannot be read as one."""
    try:
        return from_fhir(appointment) if appointment else None
    except (KeyError, ValueError, TypeError):
        return None


def _names_a_seat(appointment: Resource) -> bool:
    return any(extension.get("url") == codes.SEAT_EXTENSION for extension in appointment.get("extension", ()))


def _status(encounter: Resource | None) -> str:
    return str(encounter.get("status", "")) if encounter else ""


def _appointments(write: Write) -> list[Ref]:
    """The appointments that an Encounter came from."""
    named = [entry.get("reference", "") for entry in (write.after or {}).get("appointment", ())]
    return [Ref(*reference.split("/", 1)) for reference in named if reference.startswith("Appointment/")]


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name) for name in names)


def _wholes(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=ColumnType.INTEGER) for name in names)


MANIFEST = Manifest(
    name="scheduling",
    doc="Who comes when: providers' weeks, appointments, and a seat that is won once.",
    permissions=(
        Permission(
            action="scheduling.see",
            roles=STAFF,
            doc="See the schedule.",
            grants={
                "Appointment": READ,
                "Schedule": READ,
                "Slot": READ,
                "Patient": READ,
                "Location": READ,
                "Practitioner": READ,
            },
        ),
        Permission(
            action="scheduling.book",
            roles=BOOKERS,
            doc="Book, move and cancel appointments, take walk-ins, overbook with a reason.",
            grants={"Appointment": WRITE},
        ),
    ),
    effects=(
        Effect(
            name="slot-seat",
            types=frozenset({"Appointment"}),
            apply=claim_seat,
            integrity=True,
            doc="A seat of a provider's time belongs to one appointment; cancelled, missed or moved gives it back.",
        ),
        Effect(
            name="appointment-follows-visit",
            types=frozenset({"Encounter"}),
            apply=follow_visit,
            reads=_appointments,
            doc="Arrived, roomed, done, left or checked in by mistake: the appointment says so too.",
        ),
    ),
    projections=(
        Projection(
            name="appointment",
            types=frozenset({"Appointment"}),
            columns=(
                *_texts("id", "patient", "provider", "place", "schedule"),
                *_wholes("seat"),
                Column(name="starts_at", type=ColumnType.INSTANT),
                Column(name="ends_at", type=ColumnType.INSTANT),
                *_wholes("minutes"),
                *_texts("type_system", "type_code", "type_words", "reason", "comment", "status", "overbook_reason"),
                *_wholes("is_walk_in"),
                *_texts("cancelled_words"),
                *_wholes("version"),
            ),
            rows=appointment_rows,
            indexes=(("place", "starts_at"), ("provider", "starts_at"), ("patient", "starts_at"), ("id",)),
            doc="One row per appointment with a time. `place` is the site's Location.",
        ),
    ),
)
