"""The pages of the front desk: the day by time, and one appointment with all that can be done about it."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from carewright.core.store.model import NotFound
from carewright.core.store.reader import Reader
from carewright.shell.components import Chip
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.registration import queries as registration
from carewright.skills.scheduling import people
from carewright.skills.scheduling import queries as scheduling
from carewright.skills.scheduling.model import VISIT_TYPES
from carewright.workspaces.desk.day import GROUPS, Line, Place, lines, place_of

FREE_SHOWN = 3


@require_GET
@needs("desk.see")
def desk(request: CareRequest) -> HttpResponse:
    """The day at this person's site."""
    place = place_of(request)
    if place is None:
        return render(request, "desk/no_site.html")
    return render(request, "desk/desk.html", _context(request, place))


@require_GET
@needs("desk.see")
def day(request: CareRequest) -> HttpResponse:
    """The list alone, when something of it has changed."""
    place = place_of(request)
    if place is None:
        return HttpResponseNotFound()
    return render(request, "desk/day.html", _context(request, place))


@require_GET
@needs("desk.see")
def appointment(request: CareRequest, appointment_id: str) -> HttpResponse:
    """One appointment in the dialog."""
    return render(request, "desk/appointment.html", appointment_context(request, appointment_id))


def appointment_context(request: CareRequest, appointment_id: str) -> dict[str, Any]:
    """What the dialog of an appointment shows; NotFound."""
    reader = request.reader("desk.appointment")
    place = place_of(request)
    found = scheduling.booked(reader, appointment_id)
    if place is None:
        raise NotFound(f"Appointment/{appointment_id} is not here.")
    on = found.booking.starts_at.astimezone(place.zone).date()
    place = Place(site=place.site, on=on, is_today=on == request.care.now_local.date())
    listed = lines(request, reader, place)
    line = next((line for line in listed if line.id == appointment_id), None)
    if line is None:
        raise NotFound(f"Appointment/{appointment_id} is not here.")
    return {
        "line": line,
        "place": place,
        "family": _family(reader, listed, line),
        "may_book": request.access.may_do("scheduling.book"),
        "may_check_in": request.access.may_do("visit.step") and place.is_today,
        "weeks": week_choices(reader, place),
        "schedule": found.booking.schedule,
        "chart": _address("chart", line.patient),
        "photo": _address("photo", line.patient) if request.access.may_do("photo.see") else "",
        "has_begun": found.booking.starts_at <= request.care.now,
    }


def week_choices(reader: Reader, place: Place) -> list[tuple[str, str]]:
    """Who can be booked at this site: `Schedule/…` and the provider's name."""
    names = people.names(reader)
    found = [(week.schedule, names.get(week.provider, "")) for week in scheduling.templates(reader, place=place.place)]
    return sorted(found, key=lambda choice: choice[1])


def _family(reader: Reader, listed: list[Line], line: Line) -> list[Line]:
    """Those of the same family who are booked on this day and not here yet: one arrival for all."""
    members = {m.removeprefix("Patient/") for m in registration.family(reader, line.patient)}
    return [o for o in listed if o.patient in members and o.id != line.id and o.standing == "booked"]


def _context(request: CareRequest, place: Place) -> dict[str, Any]:
    reader = request.reader("desk.see")
    listed = lines(request, reader, place)
    show = request.GET.get("show", "")
    provider = request.GET.get("provider", "")
    shown = [line for line in listed if _is_shown(line, show) and provider in ("", line.provider)]
    return {
        "place": place,
        "groups": [
            (gettext(words), part)
            for key, words in GROUPS.items()
            if (part := [line for line in shown if line.group == key])
        ],
        "query": request.GET.urlencode(),
        "chips": _chips(place, listed, show, provider),
        "providers": sorted({(line.provider, line.provider_name) for line in listed if line.provider_name}),
        "provider": provider,
        "show": show,
        "previous": place.on - timedelta(days=1),
        "following": place.on + timedelta(days=1),
        "may_book": request.access.may_do("scheduling.book"),
        "may_check_in": request.access.may_do("visit.step") and place.is_today,
        "may_register": request.access.may_do("registration.write"),
        "free": _free(request, reader, place),
        "to_check_out": [line for line in listed if line.standing == "checking-out"],
    }


def _is_shown(line: Line, show: str) -> bool:
    match show:
        case "expected":
            return line.standing == "booked"
        case "here":
            return bool(line.visit) and not line.is_gone
        case "gone":
            return line.is_gone
    return True


def _chips(place: Place, listed: list[Line], show: str, provider: str) -> list[Chip]:
    labels = {"": gettext("All"), "expected": gettext("Not here yet"), "here": gettext("Here"), "gone": gettext("Gone")}
    base = f"{reverse('desk')}?day={place.on.isoformat()}" + (f"&provider={provider}" if provider else "")
    return [
        Chip(
            label=label,
            url=f"{base}&show={key}" if key else base,
            count=sum(_is_shown(line, key) and provider in ("", line.provider) for line in listed),
            current=key == show,
        )
        for key, label in labels.items()
    ]


def _free(request: CareRequest, reader: Reader, place: Place) -> list[dict[str, Any]]:
    """The next free times of each provider on this day."""
    names = people.names(reader)
    shortest = min(kind.minutes for kind in VISIT_TYPES if kind.minutes >= 20)
    found = []
    for week in scheduling.templates(reader, place=place.place):
        times = scheduling.free_times(reader, week, place.on, minutes=shortest, not_before=request.care.now)
        found.append({
            "name": names.get(week.provider, ""),
            "schedule": week.schedule,
            "times": [opening.starts_at for opening in times[:FREE_SHOWN]],
            "more": max(0, len(times) - FREE_SHOWN),
        })  # fmt: skip
    return sorted(found, key=lambda entry: str(entry["name"]))


def _address(name: str, *arguments: str) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
