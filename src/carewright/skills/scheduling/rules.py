"""From a provider's week to the open times of a day, and from a booking to the keys it claims.

A seat is won by claiming one key for each five minutes of it: `Practitioner/7/2026-11-23T15:40Z/0` (UTC, then the
seat). The key names the provider, not the schedule: nobody is at two sites at once, and an appointment that a program
writes without a word of seats still takes its provider's first one. The store keeps a key unique, so two bookings of
one seat cannot both succeed, whatever their lengths. Overbooking claims a further seat and needs a reason. Everything
is computed and compared in UTC: Python compares two times of one zone by the clock on the wall, which is wrong on the
day on which the clocks go back.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from carewright.core.sentences import Sentence, joined, sentence
from carewright.core.terminology.coding import Coding
from carewright.skills.scheduling.model import (
    UNIT,
    Arrival,
    Booking,
    Lateness,
    LateRule,
    NoSeat,
    NotPossible,
    Opening,
    Session,
    Template,
)

KEY_KIND = "slot seat"
HOLDING = frozenset({"booked", "arrived", "checked-in", "fulfilled"})
"""Appointment statuses that hold their seat; cancelled, no-show and charted by mistake give it back."""
PRESENT = frozenset({"arrived", "checked-in", "fulfilled"})
"""Appointment statuses of somebody who has come."""
MAX_SEATS = 20
"""No time takes more patients than this, overbooked or not: beyond it somebody has mistyped."""


def openings(template: Template, on: date) -> tuple[Opening, ...]:
    """The times that a template opens on a date of its site, in order, without a look at what is booked."""
    if on in template.closed:
        return ()
    found = [opening for session in template.sessions if session.is_on(on) for opening in _of(session, template, on)]
    return tuple(sorted(found, key=lambda opening: _utc(opening.starts_at)))


def _of(session: Session, template: Template, on: date) -> Iterable[Opening]:
    start, end = (
        datetime.combine(on, at, tzinfo=template.tz).replace(fold=fold).astimezone(UTC)
        for at, fold in ((session.starts, 0), (session.ends, 1))
    )
    step = timedelta(minutes=session.slot_minutes)
    while start + step <= end:
        yield Opening(
            schedule=template.schedule, starts_at=start.astimezone(template.tz), minutes=session.slot_minutes,
            seats=session.seats, types=session.types,
        )  # fmt: skip
        start += step


def keys(provider: str, starts_at: datetime, *, minutes: int, seat: int) -> tuple[str, ...]:
    """The keys of one seat of a provider for a stretch of time, one for each unit that it touches."""
    start = _floor(_utc(starts_at))
    end = _utc(starts_at) + timedelta(minutes=minutes)
    count = -((start - end) // UNIT)
    return tuple(f"{provider}/{start + i * UNIT:%Y-%m-%dT%H:%MZ}/{seat}" for i in range(count))


def booking_keys(booking: Booking) -> tuple[str, ...]:
    """The keys that a booking holds now; none once it is cancelled, a no-show or struck."""
    if booking.status not in HOLDING or not booking.provider:
        return ()
    return keys(booking.provider, booking.starts_at, minutes=booking.minutes, seat=booking.seat)


def key_changes(before: Booking | None, after: Booking) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a write gives up and what it takes: (release, claim), each in order.

    Whoever comes although the seat was given back (a no-show who comes late) is here, whatever has become of the seat:
    nothing is claimed, so nothing can refuse it. What is booked again must win its seat, so a booking claims all of it.
    """
    held, wanted = set(booking_keys(before)) if before else set(), set(booking_keys(after))
    if before is not None and before.status not in HOLDING and after.status in PRESENT:
        return (), ()
    again = before is not None and before.status != "booked" and after.status == "booked"
    return tuple(sorted(held - wanted)), tuple(sorted(wanted if again else wanted - held))


def free_seat(
    template: Template, starts_at: datetime, *, minutes: int, taken: Collection[str], overbook_reason: str = ""
) -> int:
    """The lowest free seat for this time. Past the seats of the session only with a reason.

    `taken` are the keys claimed now; the claim itself decides later who wins. NoSeat if there is none.
    """
    seats = _seats(template, starts_at, minutes)
    for seat in range(MAX_SEATS if overbook_reason.strip() else seats):
        if not set(keys(template.provider, starts_at, minutes=minutes, seat=seat)) & set(taken):
            return seat
    if not seats:
        raise NoSeat(sentence("The provider does not see patients at this time. To book anyway, give a reason."))
    raise NoSeat(sentence("This time is full. Choose another one, or overbook with a reason."))


def is_overbooked(template: Template, booking: Booking) -> bool:
    """Whether a booking sits past the seats that the template opens at its time."""
    return booking.seat >= _seats(template, booking.starts_at, booking.minutes)


def _seats(template: Template, starts_at: datetime, minutes: int) -> int:
    """Seats open through the whole stretch; none if any part of it is closed."""
    day = openings(template, starts_at.astimezone(template.tz).date())
    units = [_utc(starts_at) + i * UNIT for i in range(minutes * 60 // int(UNIT.total_seconds()))]
    open_at = [max((o.seats for o in day if _utc(o.starts_at) <= unit < _utc(o.ends_at)), default=0) for unit in units]
    return min(open_at, default=0)


def free_times(
    template: Template,
    on: date,
    *,
    minutes: int,
    taken: Collection[str],
    visit_type: Coding | None = None,
    not_before: datetime | None = None,
) -> tuple[Opening, ...]:
    """The openings at which a visit of `minutes` can start: a seat is free through all of it, and the type is taken."""
    found = []
    for opening in openings(template, on):
        if not_before is not None and _utc(opening.starts_at) < _utc(not_before):
            continue
        if visit_type is not None and opening.types and visit_type not in opening.types:
            continue
        try:
            free_seat(template, opening.starts_at, minutes=minutes, taken=taken)
        except NoSeat:
            continue
        found.append(opening)
    return tuple(found)


def move(booking: Booking, *, starts_at: datetime, seat: int, overbook_reason: str = "") -> Booking:
    """The booking at another time of the same schedule. NotPossible unless it is still only booked."""
    _only_booked(booking, sentence("Only a booked appointment can be moved."))
    return replace(booking, starts_at=starts_at, seat=seat, overbook_reason=overbook_reason)


def cancel(booking: Booking, *, by: Coding, words: str = "") -> Booking:
    """Cancelled by patient, provider or other; the seat is given back. NotPossible unless it is still only booked."""
    _only_booked(booking, sentence("Only a booked appointment can be cancelled."))
    return replace(booking, status="cancelled", cancelled_by=by, cancelled_words=words)


def no_show(booking: Booking, *, now: datetime) -> Booking:
    """The patient did not come. NotPossible before the appointed time, or unless it is still only booked."""
    _only_booked(booking, sentence("Only a booked appointment can be marked a no-show."))
    if _utc(now) < _utc(booking.starts_at):
        raise NotPossible(sentence("Nobody is a no-show before the appointed time."))
    return replace(booking, status="noshow")


def walk_in(
    template: Template, *, patient: str, now: datetime, minutes: int, visit_type: Coding,
    taken: Collection[str], reason: str = "",
) -> Booking:  # fmt: skip
    """A booking for somebody who stands at the desk: this moment, the lowest free seat, overbooked if need be.

    It is booked like any other; that the patient has come is said by checking in.
    """
    starts_at = _floor(_utc(now)).astimezone(template.tz)
    seat = free_seat(template, starts_at, minutes=minutes, taken=taken, overbook_reason="Walk-in")
    booking = Booking(
        patient=patient, provider=template.provider, site=template.site, schedule=template.schedule,
        starts_at=starts_at, minutes=minutes, type=visit_type, seat=seat, reason=reason, walk_in=True,
        created_at=now,
    )  # fmt: skip
    return replace(booking, overbook_reason="Walk-in") if is_overbooked(template, booking) else booking


def undo(booking: Booking, *, status: str) -> Booking:
    """A cancelled or missed appointment booked again, its seat still to be won. NotPossible if it is not `status`."""
    if booking.status != status:
        raise NotPossible(joined(_standing(booking), sentence("Look at the day again.")))
    return replace(booking, status="booked", cancelled_by=None, cancelled_words="")


def strike(booking: Booking) -> Booking:
    """Booked by mistake: the seat is given back and the record says so. NotPossible unless it is still only booked."""
    _only_booked(booking, sentence("Only a booked appointment can be taken off the schedule."))
    return replace(booking, status="entered-in-error")


def status_of_visit(encounter_status: str, booking_status: str, *, walk_in: bool) -> str | None:
    """Appointment.status that a visit's Encounter.status asks for (docs/visit-states.md); None to leave it.

    A check-in by mistake leaves an appointment that is booked again, a walk-in by mistake one that never was.
    """
    wanted = {
        "arrived": "arrived", "triaged": "fulfilled", "in-progress": "fulfilled", "onleave": "fulfilled",
        "finished": "fulfilled", "cancelled": "fulfilled",
        "entered-in-error": "entered-in-error" if walk_in else "booked",
    }.get(encounter_status)  # fmt: skip
    return None if wanted == booking_status else wanted


def same_time(booking: Booking, others: Iterable[Booking]) -> tuple[Booking, ...]:
    """Other bookings of the same patient that overlap: told, never refused (two providers in a row is common)."""
    return tuple(
        other
        for other in others
        if other.patient == booking.patient and other.status in HOLDING and (not booking.id or other.id != booking.id)
        and _utc(other.starts_at) < _utc(booking.ends_at) and _utc(booking.starts_at) < _utc(other.ends_at)
    )  # fmt: skip


def arrival(starts_at: datetime, *, arrived_at: datetime, rule: LateRule) -> Arrival:
    """How late somebody is, by the site's rule. Nobody is turned away by it: past the limit the provider is asked."""
    minutes = max(0, (_utc(arrived_at) - _utc(starts_at)) // timedelta(minutes=1))
    if minutes <= rule.grace_minutes:
        return Arrival(lateness=Lateness.ON_TIME, minutes=minutes)
    if minutes <= rule.ask_after_minutes:
        return Arrival(lateness=Lateness.LATE, minutes=minutes)
    return Arrival(lateness=Lateness.TOO_LATE, minutes=minutes)


def _only_booked(booking: Booking, otherwise: Sentence) -> None:
    if booking.status != "booked":
        raise NotPossible(joined(otherwise, _standing(booking)))


def _standing(booking: Booking) -> Sentence:
    """Where an appointment stands, as somebody at the desk says it."""
    if booking.status in PRESENT:
        return sentence("The patient is here already.")
    match booking.status:
        case "cancelled":
            return sentence("It is cancelled.")
        case "noshow":
            return sentence("It is marked a no-show.")
        case "entered-in-error":
            return sentence("It was taken off the schedule.")
        case "booked":
            return sentence("It is booked again.")
        case _:
            return sentence("It is not booked.")


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _floor(at: datetime) -> datetime:
    return at - (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % UNIT
