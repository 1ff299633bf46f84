"""The writes of scheduling. Each is one transaction; the seat is won by the effect on Appointment (skill.py)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from carewright.core.sentences import sentence
from carewright.core.store.model import KeyTaken, Ref
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.skills.scheduling import queries, rules
from carewright.skills.scheduling.fhir import to_fhir
from carewright.skills.scheduling.model import (
    UNIT,
    VISIT_TYPES,
    Booking,
    NoSeat,
    NotPossible,
    Template,
    later,
    whole_units,
)

ATTEMPTS = 8
"""How often a seat that somebody else has just taken is looked for again before the person is told."""


def book(
    writer: Writer,
    *,
    schedule: str,
    patient: str,
    visit_type: Coding,
    starts_at: datetime,
    at: datetime,
    minutes: int | None = None,
    reason: str = "",
    overbook_reason: str = "",
    comment: str = "",
    form_key: str = "",
) -> Ref:
    """Book `patient` with the provider of `schedule` (`Schedule/…`); `at` is now.

    NoSeat, with what would help, if no seat is left; a reason to overbook takes a further one. KeyTaken, with the
    booking, if the form was sent before.
    """
    writer.access.require_action("scheduling.book")
    length = _minutes(visit_type, minutes)

    def place(week: Template, held: frozenset[str]) -> Booking:
        seat = rules.free_seat(week, starts_at, minutes=length, taken=held, overbook_reason=overbook_reason)
        booking = Booking(
            patient=patient, provider=week.provider, site=week.site, schedule=week.schedule, starts_at=starts_at,
            minutes=length, type=visit_type, seat=seat, reason=reason, comment=comment, created_at=at,
        )  # fmt: skip
        return _overbooked(week, booking, overbook_reason)

    return _create(
        writer, "scheduling.book", schedule, starts_at=starts_at, minutes=length, place=place, form_key=form_key
    )


def walk_in(
    writer: Writer,
    *,
    schedule: str,
    patient: str,
    visit_type: Coding,
    at: datetime,
    minutes: int | None = None,
    reason: str = "",
    form_key: str = "",
) -> Ref:
    """Book somebody who stands at the desk: now, overbooked if it must be. Checking in follows. KeyTaken, with the
    booking, if the form was sent before."""
    writer.access.require_action("scheduling.book")
    length = _minutes(visit_type, minutes)

    def place(week: Template, held: frozenset[str]) -> Booking:
        return rules.walk_in(
            week, patient=patient, now=at, minutes=length, visit_type=visit_type, taken=held, reason=reason
        )

    return _create(writer, "scheduling.walk-in", schedule, starts_at=at, minutes=length, place=place, form_key=form_key)


def move(
    writer: Writer,
    *,
    appointment_id: str,
    version: int,
    starts_at: datetime,
    schedule: str | None = None,
    overbook_reason: str = "",
) -> None:
    """Another time, and with `schedule` another provider. NoSeat, NotPossible, Conflict for a stale `version`."""
    writer.access.require_action("scheduling.book")
    for _ in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason="scheduling.move") as reader:
            found = queries.booked(reader, appointment_id)
            week = queries.template(reader, schedule or found.booking.schedule)
            moved = _moved(found.booking, week, queries.taken(reader, week.provider, **_span(starts_at, found.booking)),
                           starts_at=starts_at, overbook_reason=overbook_reason)  # fmt: skip
        if _won(lambda: _update(writer, "scheduling.move", found, moved, version=version)):  # noqa: B023 - run at once
            return
    raise NoSeat(sentence("Others are booking this time. Choose another one."))


def cancel(writer: Writer, *, appointment_id: str, version: int, by: Coding, words: str = "") -> None:
    """Cancelled by the patient, the provider or for another reason; the seat is free for somebody else."""
    _change(writer, "cancel", appointment_id, version, lambda booking: rules.cancel(booking, by=by, words=words))


def mark_no_show(writer: Writer, *, appointment_id: str, version: int, at: datetime) -> None:
    """The patient did not come. NotPossible before the appointed time."""
    _change(writer, "mark-no-show", appointment_id, version, lambda booking: rules.no_show(booking, now=at))


def note(writer: Writer, *, appointment_id: str, version: int, comment: str) -> None:
    """What the desk was told about the appointment ("running late, stuck behind a train")."""
    _change(writer, "note", appointment_id, version, lambda booking: replace(booking, comment=comment.strip()))


def undo_cancel(writer: Writer, *, appointment_id: str, version: int) -> None:
    """Cancelled by mistake: booked again, if nobody else has the time by now (NoSeat)."""
    _again(writer, "undo-cancel", appointment_id, version, "cancelled")


def undo_no_show(writer: Writer, *, appointment_id: str, version: int) -> None:
    """No-show by mistake: booked again, if nobody else has the time by now (NoSeat)."""
    _again(writer, "undo-no-show", appointment_id, version, "noshow")


def undo_book(writer: Writer, *, appointment_id: str, version: int) -> None:
    """Booked by mistake: the record stays, marked so, and the seat is free."""
    _change(writer, "undo-book", appointment_id, version, rules.strike)


def _create(
    writer: Writer, why: str, schedule: str, *, starts_at: datetime, minutes: int,
    place: Callable[[Template, frozenset[str]], Booking], form_key: str,
) -> Ref:  # fmt: skip
    """Look for a seat and take it; look again if somebody else took it in between."""
    for _ in range(ATTEMPTS):
        with writer.store.reader(writer.access, reason=why) as reader:
            check_form(reader, form_key)  # or its own first sending would hold the seat against it
            week = queries.template(reader, schedule)
            until = later(starts_at, minutes)
            booking = place(week, queries.taken(reader, week.provider, since=starts_at - UNIT, until=until))
        try:
            with writer.transaction(reason=why) as tx:
                ref = tx.create(to_fhir(booking))
                claim_form(tx, form_key, holder=ref)
            return ref
        except KeyTaken as taken:
            if taken.kind != rules.KEY_KIND:
                raise
    raise NoSeat(sentence("Others are booking this time. Choose another one."))


def _again(writer: Writer, action: str, appointment_id: str, version: int, status: str) -> None:
    def again() -> None:
        _change(writer, action, appointment_id, version, lambda booking: rules.undo(booking, status=status))

    if not _won(again):
        raise NoSeat(sentence("Somebody else has this time by now. Book another time, or overbook with a reason."))


def _change(
    writer: Writer, action: str, appointment_id: str, version: int, change: Callable[[Booking], Booking]
) -> None:
    writer.access.require_action("scheduling.book")
    with writer.store.reader(writer.access, reason=f"scheduling.{action}") as reader:
        found = queries.booked(reader, appointment_id)
    if found.version == version:
        _update(writer, f"scheduling.{action}", found, change(found.booking), version=version)
    else:
        # Whoever looked at an older version is told of the change, not of what it no longer allows.
        _update(writer, f"scheduling.{action}", found, found.booking, version=version)


def _update(writer: Writer, why: str, found: queries.Booked, after: Booking, *, version: int) -> None:
    with writer.transaction(reason=why) as tx:
        tx.update(to_fhir(after, onto=found.appointment), version=version)


def _won(write: Callable[[], None]) -> bool:
    """Whether `write` won its seat; other refusals are raised as they are."""
    try:
        write()
    except KeyTaken as taken:
        if taken.kind != rules.KEY_KIND:
            raise
        return False
    return True


def _moved(
    booking: Booking, week: Template, held: frozenset[str], *, starts_at: datetime, overbook_reason: str
) -> Booking:
    """The booking at its new time; its own present seat is no obstacle to it."""
    others = held - set(rules.booking_keys(booking))
    seat = rules.free_seat(week, starts_at, minutes=booking.minutes, taken=others, overbook_reason=overbook_reason)
    moved = rules.move(booking, starts_at=starts_at, seat=seat)
    moved = replace(moved, provider=week.provider, site=week.site, schedule=week.schedule)
    return _overbooked(week, moved, overbook_reason)


def _overbooked(week: Template, booking: Booking, why: str) -> Booking:
    """The reason stands only where it was needed."""
    return replace(booking, overbook_reason=why.strip() if rules.is_overbooked(week, booking) else "")


def _span(starts_at: datetime, booking: Booking) -> dict[str, datetime]:
    return {"since": starts_at - UNIT, "until": later(starts_at, booking.minutes)}


def _minutes(visit_type: Coding, minutes: int | None) -> int:
    """What was asked for, or what the visit type takes. NotPossible unless it is a whole number of steps."""
    usual = {known.coding: known.minutes for known in VISIT_TYPES}
    length = minutes if minutes is not None else usual.get(visit_type, 20)
    try:
        whole_units(length)
    except ValueError as error:
        whole = sentence("Times are whole steps of %(minutes)s minutes.", minutes=UNIT // timedelta(minutes=1))
        raise NotPossible(whole) from error
    return length
