"""What is pressed at the front desk: check in, move, cancel, no-show, and taking each of them back."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from carewright.core.store.model import Conflict, KeyTaken, Ref, StoreError
from carewright.core.terminology.coding import Coding
from carewright.shell.components import Level, Notice
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.protocols import actions as protocols
from carewright.skills.registration import actions as registration_actions
from carewright.skills.registration import queries as registration
from carewright.skills.scheduling import actions as scheduling
from carewright.skills.scheduling import codes
from carewright.skills.scheduling import queries as schedule
from carewright.skills.scheduling.model import NoSeat, NotPossible
from carewright.skills.visit import actions as visits
from carewright.skills.visit.model import NotAllowed
from carewright.workspaces.desk.day import place_of
from carewright.workspaces.desk.views import appointment_context

CHANGED = "desk:changed"
CANCELLED_BY = {coding.code: coding for coding in (codes.BY_PATIENT, codes.BY_PROVIDER, codes.OTHER_REASON)}


@require_POST
@needs("visit.step")
def check_in(request: CareRequest) -> HttpResponse:
    """Check in everybody who came: one appointment, or a family's. Who is here already stays as they are."""
    count = 0
    for appointment_id in dict.fromkeys(request.POST.getlist("appointment")):
        try:
            arrive(request, appointment_id)
            count += 1
        except KeyTaken:
            continue
    if not count:
        return done(request, gettext("Checked in already."), level="info")
    words = ngettext("Checked in.", "%(count)d patients checked in.", count) % {"count": count}
    return done(request, words)


def arrive(request: CareRequest, appointment_id: str) -> Ref:
    """The patient of an appointment is here; KeyTaken if somebody else has checked them in."""
    reader = request.reader("desk.check-in")
    booking = schedule.booked(reader, appointment_id).booking
    patient, _ = registration.whole(reader, booking.patient.removeprefix("Patient/"))
    place = place_of(request)
    if not patient.mrn and request.access.may_do("registration.write"):
        registration_actions.assign_mrn(request.writer(), patient_id=patient.id)
    ref = visits.check_in(
        request.writer(),
        patient=f"Patient/{patient.id}",
        visit_type=booking.type,
        at=request.care.now,
        site=place.organization if place else "",
        provider=booking.provider or None,
        appointment=f"Appointment/{appointment_id}",
        reason=booking.reason,
    )
    with suppress(StoreError):  # the patient is here all the same; rooming makes up for it
        site = place.site.id if place else ""
        protocols.apply_to_visit(request.writer(), encounter_id=ref.id, at=request.care.now_local, site=site)
    return ref


@require_POST
@needs("scheduling.book")
def move(request: CareRequest, appointment_id: str) -> HttpResponse:
    """Another time or provider."""
    starts_at = instant(request.POST.get("starts_at"))
    if starts_at is None:
        return _again(request, appointment_id, gettext("Choose a time."))

    def act() -> None:
        scheduling.move(
            request.writer(),
            appointment_id=appointment_id,
            version=version(request),
            starts_at=starts_at,
            schedule=request.POST.get("schedule") or None,
            overbook_reason=request.POST.get("overbook_reason", ""),
        )

    return _try(request, appointment_id, act, gettext("Moved."))


@require_POST
@needs("scheduling.book")
def cancel(request: CareRequest, appointment_id: str) -> HttpResponse:
    """Cancelled, by whom and why."""
    by: Coding = CANCELLED_BY.get(request.POST.get("by", ""), codes.OTHER_REASON)

    def act() -> None:
        scheduling.cancel(
            request.writer(),
            appointment_id=appointment_id,
            version=version(request),
            by=by,
            words=request.POST.get("words", "").strip(),
        )

    return _try(request, appointment_id, act, gettext("Cancelled."))


@require_POST
@needs("scheduling.book")
def step(request: CareRequest, appointment_id: str) -> HttpResponse:
    """No-show, and what takes a step back."""
    writer, at = request.writer(), request.care.now
    named: dict[str, Any] = {"appointment_id": appointment_id, "version": version(request)}
    steps: dict[str, tuple[Callable[[], None], str]] = {
        "no-show": (lambda: scheduling.mark_no_show(writer, **named, at=at), gettext("Marked as a no-show.")),
        "undo-no-show": (lambda: scheduling.undo_no_show(writer, **named), gettext("Booked again.")),
        "undo-cancel": (lambda: scheduling.undo_cancel(writer, **named), gettext("Booked again.")),
        "undo-book": (lambda: scheduling.undo_book(writer, **named), gettext("Taken off the schedule.")),
        "undo-check-in": (lambda: _not_here(request), gettext("Not here: booked again.")),
    }
    chosen = steps.get(request.POST.get("step", ""))
    if chosen is None:
        return _again(request, appointment_id, gettext("Choose what to do."))
    return _try(request, appointment_id, *chosen)


def _not_here(request: CareRequest) -> None:
    """Checked in by mistake; a walk-in was never there."""
    visits.take_step(
        request.writer(),
        encounter_id=request.POST.get("visit", ""),
        action="undo_check_in",
        at=request.care.now,
        version=version(request, "visit_version"),
    )


def version(request: CareRequest, name: str = "version") -> int:
    """The version that the screen showed; 0, which is never current, where there is none."""
    text = request.POST.get(name, "")
    return int(text) if text.isdigit() and len(text) < 10 else 0


def instant(text: str | None) -> datetime | None:
    """An instant with its offset, as the times are offered; None for anything else."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def done(request: CareRequest, words: str, *, level: str = "ok") -> HttpResponse:
    """Say so and let the list be asked for again. Without scripts, the list."""
    if "HX-Request" not in request.headers:
        return redirect("desk")
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({
        CHANGED: {"close": True}, "board:changed": {"close": True}, "care:toast": {"text": words, "level": level},
    })  # fmt: skip
    return response


def into_dialog(response: HttpResponse) -> HttpResponse:
    """The answer belongs into the dialog, whatever the button said."""
    response["HX-Retarget"], response["HX-Reswap"] = "#desk-dialog-body", "innerHTML"
    return response


def _try(request: CareRequest, appointment_id: str, act: Callable[[], None], words: str) -> HttpResponse:
    try:
        act()
    except Conflict:
        return _again(request, appointment_id, gettext("Someone else changed this. This is how it stands now."))
    except KeyTaken:
        return _again(request, appointment_id, gettext("Somebody else has this time by now."))
    except (NoSeat, NotPossible, NotAllowed) as refused:
        return _again(request, appointment_id, say(refused.reason))
    return done(request, words)


def _again(request: CareRequest, appointment_id: str, words: str) -> HttpResponse:
    """The dialog as it stands now, with what is the matter and with what was typed."""
    context = {
        **appointment_context(request, appointment_id),
        "notice": Notice(text=words, level=Level.WARN),
        "typed": request.POST,
    }
    return into_dialog(render(request, "desk/appointment.html", context, status=409))
