"""Booking: for a patient who has been found, with whom, for what, when. A walk-in is booked now and checked in."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from carewright.core.store.model import KeyTaken, Ref
from carewright.core.store.reader import Reader
from carewright.core.terminology.coding import Coding
from carewright.shell.components import Level, Notice
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.shell.whose import context_of, of_another
from carewright.skills.registration import queries as registration
from carewright.skills.scheduling import actions, rules
from carewright.skills.scheduling import queries as scheduling
from carewright.skills.scheduling.model import VISIT_TYPES, NoSeat, NotPossible, Opening
from carewright.workspaces.desk import steps
from carewright.workspaces.desk.day import Place, date_of, place_of
from carewright.workspaces.desk.views import week_choices

TYPES = {kind.coding.code: kind for kind in VISIT_TYPES}


class BookingForm(ContextForm):
    """With whom, for what, when. `overbook_reason` is asked only where no seat is left."""

    schedule = forms.ChoiceField(label=gettext_lazy("With"))
    visit_type = forms.ChoiceField(
        label=gettext_lazy("For"), choices=[(code, gettext_lazy(kind.coding.display)) for code, kind in TYPES.items()]
    )
    reason = forms.CharField(label=gettext_lazy("In the patient’s words"), required=False, max_length=300)
    starts_at = forms.CharField(label=gettext_lazy("Time"), required=False)
    overbook_reason = forms.CharField(label=gettext_lazy("Why overbook"), required=False, max_length=200)

    def __init__(self, *args: Any, weeks: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["schedule"]
        if isinstance(field, forms.ChoiceField):
            field.choices = weeks


@dataclass(frozen=True, kw_only=True)
class Times:
    """The free times of a provider on a date, and what was asked for."""

    on: date
    schedule: str
    openings: tuple[Opening, ...]
    full: tuple[Opening, ...] = ()

    @property
    def is_open(self) -> bool:
        return bool(self.openings or self.full)

    @property
    def full_values(self) -> tuple[str, ...]:
        return tuple(opening.starts_at.isoformat() for opening in self.full)


@require_http_methods(["GET", "POST"])
@needs("scheduling.book")
def book(request: CareRequest, patient_id: str) -> HttpResponse:
    """Book this patient, or with `walk_in` take them now."""
    place = place_of(request)
    if place is None:
        return HttpResponseNotFound()
    reader = request.reader("desk.book")
    patient, _ = registration.whole(reader, patient_id)
    form = BookingForm(
        request.POST or None,
        weeks=week_choices(reader, place),
        here=context_of(request, patient=patient.id),
        now=request.store.clock.wall(),
        initial={"schedule": request.GET.get("schedule", ""), "visit_type": "sick"},
    )
    context = {
        "form": form,
        "patient": patient,
        "place": place,
        "walk_in": "walk_in" in request.POST or "walk_in" in request.GET,
        "born": request.care.clock.date(patient.birth_date) if patient.birth_date else "",
        "times": _times(request, reader, place, form["schedule"].value(), form["visit_type"].value()),
        "chosen": request.POST.get("starts_at") or request.GET.get("starts_at", ""),
    }
    if request.method == "POST":
        return _save(request, form, patient.id, context)
    return render(request, "desk/book.html", context)


@require_GET
@needs("desk.see")
def times(request: CareRequest) -> HttpResponse:
    """The free times for a provider, a kind of visit and a date, as radio buttons."""
    place = place_of(request)
    if place is None:
        return HttpResponseNotFound()
    found = _times(
        request, request.reader("desk.times"), place, request.GET.get("schedule"), request.GET.get("visit_type")
    )
    return render(request, "desk/times.html", {"times": found, "place": place})


def _save(request: CareRequest, form: BookingForm, patient_id: str, context: dict[str, Any]) -> HttpResponse:
    if not form.is_valid():
        other = of_another(request, form, name="book", right_url=request.path)
        return other or steps.into_dialog(render(request, "desk/book.html", context, status=422))
    starts_at = steps.instant(form.cleaned_data["starts_at"])
    if starts_at is None and not context["walk_in"]:
        return _not_saved(request, context, gettext("Choose a time."))
    kind = TYPES[form.cleaned_data["visit_type"]]
    named: dict[str, Any] = {
        "schedule": form.cleaned_data["schedule"],
        "patient": f"Patient/{patient_id}",
        "visit_type": _coding(kind.coding),
        "at": request.care.now,
        "reason": form.cleaned_data["reason"].strip(),
        "form_key": form.idempotency_key,
    }
    try:
        if context["walk_in"]:
            return _walked_in(request, named)
        if starts_at is not None:
            overbook = form.cleaned_data["overbook_reason"]
            with suppress(KeyTaken):  # the same form again: it is booked
                actions.book(request.writer(), **named, starts_at=starts_at, overbook_reason=overbook)
    except (NoSeat, NotPossible) as refused:
        return _not_saved(request, context, say(refused.reason))
    return steps.done(request, gettext("Booked."))


def _walked_in(request: CareRequest, named: Mapping[str, Any]) -> HttpResponse:
    """Booked and checked in. Of a form that is sent again the rest is done: its first sending may have been cut off."""
    try:
        booked: Ref | None = actions.walk_in(request.writer(), **named)
    except KeyTaken as sent_before:
        booked = sent_before.holder
    if booked is not None:
        with suppress(KeyTaken):
            steps.arrive(request, booked.id)
    return steps.done(request, gettext("Walk-in: booked and checked in."))


def _not_saved(request: CareRequest, context: dict[str, Any], words: str) -> HttpResponse:
    """The form again, with what was typed and what is the matter."""
    notice = Notice(text=words, level=Level.WARN)
    return steps.into_dialog(render(request, "desk/book.html", {**context, "notice": notice}, status=409))


def _coding(coding: Coding) -> Coding:
    return Coding(coding.system, coding.code, coding.display)


def _times(request: CareRequest, reader: Reader, place: Place, schedule: str | None, visit_type: str | None) -> Times:
    on = date_of(request.GET.get("day") or request.POST.get("day"), place.on)
    weeks = week_choices(reader, place)
    named = schedule if schedule in dict(weeks) else (weeks[0][0] if weeks else "")
    if not named:
        return Times(on=on, schedule="", openings=())
    week = scheduling.template(reader, named)
    kind = TYPES.get(visit_type or "")
    free = scheduling.free_times(
        reader, week, on, minutes=kind.minutes if kind else 20, visit_type=kind.coding if kind else None,
        not_before=request.care.now,
    )  # fmt: skip
    starts = {opening.starts_at for opening in free}
    full = tuple(o for o in rules.openings(week, on) if o.starts_at not in starts and o.starts_at >= request.care.now)
    return Times(on=on, schedule=named, openings=free, full=full)
