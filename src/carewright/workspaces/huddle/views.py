"""The pages of the huddle. They are made of projections whenever somebody looks; the changed lines are asked for."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.http import require_GET

from carewright.core.store import consumers
from carewright.core.store.model import NotFound
from carewright.core.store.reader import Reader
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.sites import sites_of
from carewright.skills.staffing import queries as staffing
from carewright.workspaces.huddle import lines as making
from carewright.workspaces.huddle.drawing import draw
from carewright.workspaces.huddle.lines import Group, Line
from carewright.workspaces.huddle.orders import under_for
from carewright.workspaces.huddle.reading import Day, read

TYPES = frozenset({
    "Appointment", "CarePlan", "Condition", "Consent", "Coverage", "DiagnosticReport", "Flag", "Observation", "Patient",
    "QuestionnaireResponse", "ServiceRequest", "Task",
})  # fmt: skip
MOST_CHANGES = 500
"""Feed entries in one answer; a page that missed more draws every line anew."""
POSITION_DIGITS = 18
"""A position fits the database's integers (64 bits)."""
YEARS = (1900, 2199)


@require_GET
@needs("huddle.see")
def huddle(request: CareRequest) -> HttpResponse:
    """The huddle of a day: `?day=`, or today."""
    day = day_of(request)
    if day is None:
        return render(request, "huddle/no_site.html")
    position = _head(request)
    reader = request.reader("huddle.see")
    groups = making.groups(made(request, reader, day), pods=pods_of(reader, day))
    return render(request, "huddle/huddle.html", {**_context(request, day, groups), "position": position})


@require_GET
@needs("huddle.see")
def changes(request: CareRequest) -> HttpResponse:
    """The lines that changed behind `?since=`, for the page to put in their places."""
    day, since = day_of(request), _position_of(request.GET.get("since", ""))
    if day is None or since is None:
        return HttpResponseBadRequest()
    latest = _head(request)  # before anything is read: what comes meanwhile is told again, never left out
    reader = request.reader("huddle.changes")
    entries = reader.feed(after=since, limit=MOST_CHANGES, types=TYPES)
    if not entries:
        return HttpResponse(status=204)
    whole = len(entries) >= MOST_CHANGES
    patients = frozenset(entry.patient for entry in entries if entry.patient)
    listed = made(request, reader, day, patients=None if whole else patients)
    context = {
        "rendered": [draw(line, request.care.clock) for line in listed],
        "position": latest if whole else ".".join(map(str, entries[-1].position)),
        "whole": whole,
        "patients": " ".join(sorted(patients)),
    }
    return render(request, "huddle/changes.html", context)


@require_GET
@needs("huddle.see")
def line(request: CareRequest, appointment_id: str) -> HttpResponse:
    """One line in the dialog: everything that is needed, and who sees to it."""
    found = line_of(request, request.reader("huddle.line"), appointment_id)
    return render(request, "huddle/line.html", {"line": found[1], "day": found[0], "may_do": may_do(request)})


def may_do(request: CareRequest) -> bool:
    return request.access.may_do("previsit.do")


def line_of(request: CareRequest, reader: Reader, appointment_id: str) -> tuple[Day, Line]:
    """The line of an appointment, with its day; NotFound for one that is on no huddle of this person's site."""
    rows = reader.rows("appointment", where={"id": appointment_id})
    sites = sites_of(request.store, request.access.practice)
    site = sites.get(str(rows[0]["place"]).removeprefix("Location/")) if rows else None
    if site is None:
        raise NotFound(f"Appointment/{appointment_id} is not here.")
    starts_at: Any = rows[0]["starts_at"]
    day = Day(site=site, on=starts_at.astimezone(site.zone).date())
    listed = made(request, reader, day, patients=frozenset({str(rows[0]["patient"])}))
    found = next((one for one in listed if one.id == appointment_id), None)
    if found is None:
        raise NotFound(f"Appointment/{appointment_id} is not here.")
    return day, found


def day_of(request: CareRequest) -> Day | None:
    """The site of this person, and `?day=` or today; None without a site."""
    site = sites_of(request.store, request.access.practice).get(request.access.site or "")
    if site is None:
        return None
    today = request.care.now_local.date()
    return Day(site=site, on=_date_of(request.GET.get("day") or request.POST.get("day"), today))


def made(request: CareRequest, reader: Reader, day: Day, *, patients: frozenset[str] | None = None) -> tuple[Line, ...]:
    """The lines of a day, as this person may see them."""
    found = read(reader, day, patients=patients)
    under = under_for(reader, found, at=request.care.now.astimezone(day.site.zone))
    return making.lines(found, day, clock=request.care.clock, under=under)


def pods_of(reader: Reader, day: Day) -> Mapping[str, str]:
    """The pods of the day's providers, for those who may see who is here."""
    return staffing.pods(reader, day.site.id, day.on) if reader.access.may_do("staffing.see") else making.NO_PODS


def _context(request: CareRequest, day: Day, groups: tuple[Group, ...]) -> dict[str, Any]:
    today = request.care.now_local.date()
    clock = request.care.clock
    return {
        "day": day,
        "parts": [(group, [draw(one, clock) for one in group.lines]) for group in groups],
        "ready": sum(group.ready for group in groups),
        "total": sum(len(group.lines) for group in groups),
        "provider": request.GET.get("provider", ""),
        "pods": sorted({(f"{making.POD}{group.pod}", group.pod) for group in groups if group.pod}),
        "is_today": day.on == today,
        "tomorrow": today + timedelta(days=1),
        "previous": day.on - timedelta(days=1),
        "following": day.on + timedelta(days=1),
    }


def _date_of(text: str | None, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return found if YEARS[0] <= found.year <= YEARS[1] else otherwise


def _head(request: CareRequest) -> str:
    """How far the change feed has come, to ask later what came behind it. Read it before what is shown."""
    with request.store.driver.reading(request.access.practice) as connection:
        return ".".join(map(str, consumers.head(connection, request.access.practice)))


def _position_of(text: str) -> tuple[int, int] | None:
    first, _, second = text.partition(".")
    digits = first + second
    if not (digits.isascii() and first.isdecimal() and second.isdecimal()):
        return None
    return (int(first), int(second)) if max(len(first), len(second)) <= POSITION_DIGITS else None
