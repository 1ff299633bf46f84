"""What scheduling declares: permissions, the keys of the seats, how appointments follow visits, the day's rows."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write
from carewright.core.store.hooks import (
    WORKFLOW_EXEMPT,
    Claim,
    Effect,
    Extra,
    Projection,
    Put,
    Release,
    Write,
    WriteContext,
    instants,
    texts,
    wholes,
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


MANIFEST = Manifest(
    name="scheduling",
    doc="Who comes when: providers' weeks, appointments, and a seat that is won once.",
    permissions=(
        may_see(
            "scheduling.see",
            STAFF,
            on=("Appointment", "Schedule", "Slot", "Patient", "Location", "Practitioner"),
            doc="See the schedule.",
        ),
        may_write(
            "scheduling.book",
            BOOKERS,
            on=("Appointment",),
            doc="Book, move and cancel appointments, take walk-ins, overbook with a reason.",
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
                *texts("id", "patient", "provider", "place", "schedule"),
                *wholes("seat"),
                *instants("starts_at", "ends_at"),
                *wholes("minutes"),
                *texts("type_system", "type_code", "type_words", "reason", "comment", "status", "overbook_reason"),
                *wholes("is_walk_in"),
                *texts("cancelled_words"),
                *wholes("version"),
            ),
            rows=appointment_rows,
            indexes=(("place", "starts_at"), ("provider", "starts_at"), ("patient", "starts_at"), ("id",)),
            doc="One row per appointment with a time. `place` is the site's Location.",
        ),
    ),
)
