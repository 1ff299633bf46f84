"""The pages of the team. A view loads, calls one action, renders."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core import signing
from django.http import HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from carewright.core.access.model import Role
from carewright.core.store.model import KeyTaken, NotFound
from carewright.core.work import actions as work
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import OTHER, Kind, Pool, Priority, WorkTask
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing import queries as staff
from carewright.skills.staffing.model import Absence, Presence, Team, Why
from carewright.skills.staffing.rules import ASSISTANTS, NotPossible
from carewright.workspaces.team import actions, reading, rules
from carewright.workspaces.team.forms import AddForm, CoverForm, PersonForm, ShortForm
from carewright.workspaces.team.reading import Day
from carewright.workspaces.team.waiting import cover_of

SALT = "carewright.team.moved"
PERSON = "Practitioner/"


@require_GET
@needs("team.see")
def team(request: CareRequest) -> HttpResponse:
    """The day: who is here, with what."""
    day = reading.day_of(request)
    if day is None:
        return render(request, "team/no_site.html")
    values = {**reading.page(request, day), "form": _add_form(request, day), **_result(request, day)}
    return render(request, "team/team.html", values)


@require_GET
@needs("team.see")
def day(request: CareRequest) -> HttpResponse:
    """The lists alone, when something of them has changed."""
    here = reading.day_of(request)
    if here is None:
        return HttpResponseNotFound()
    return render(request, "team/day.html", reading.page(request, here))


@require_http_methods(["GET", "POST"])
@needs("staffing.manage")
def person(request: CareRequest, practitioner_id: str) -> HttpResponse:
    """One person's day: with whom, in which pod, when lunch is."""
    here, found, one = _someone(request, practitioner_id)
    form = _person_form(request, here, found, one, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        lunch = _lunch(here, typed["lunch_from"], typed["lunch_until"])
        try:
            staffing.set_day(
                request.writer(), site=here.site.id, day=here.on, practitioner=one.practitioner, pod=typed["pod"],
                works_with=typed.get("works_with"), lunch=lunch,
            )  # fmt: skip
            return redirect("team")
        except NotPossible as refused:
            form.add_error(None, say(refused.reason))
    return _shown(request, form, "team/person.html", {"name": reading.name_of(request, one.practitioner), "one": one})


@require_POST
@needs("staffing.manage")
def back(request: CareRequest, practitioner_id: str) -> HttpResponse:
    """Somebody is here after all."""
    here, _, one = _someone(request, practitioner_id)
    staffing.back(request.writer(), site=here.site.id, day=here.on, practitioner=one.practitioner)
    return redirect("team")


@require_POST
@needs("staffing.manage")
def covering(request: CareRequest) -> HttpResponse:
    """Which provider covers today."""
    here = _here(request)
    staffing.set_covering(request.writer(), site=here.site.id, day=here.on, provider=request.POST.get("provider", ""))
    return redirect("team")


@require_http_methods(["GET", "POST"])
@needs("staffing.manage")
def cover(request: CareRequest, practitioner_id: str) -> HttpResponse:
    """What waits on somebody and who takes it; one confirmation moves everything."""
    here, _, one = _someone(request, practitioner_id)
    data = request.POST if request.method == "POST" else None
    form = CoverForm(data, here=_context(request), now=request.store.clock.wall(), today=here.on)
    if data is not None and form.is_valid():
        absence = Absence(
            practitioner=one.practitioner, first=here.on, last=form.cleaned_data["last"],
            why=Why(form.cleaned_data["why"]),
        )  # fmt: skip
        moved = actions.cover(
            request.writer(), site=here.site.id, day=here.on, absence=absence, chosen=form.chosen(), at=here.at
        )
        token = signing.dumps({"who": practitioner_id, "moved": moved.by_person}, salt=SALT)
        return redirect(f"{reverse('team')}?done={token}")
    found = cover_of(
        request.reader("team.cover"), site=here.site.id, day=here.on, practitioner=one.practitioner, at=here.at
    )
    values = {
        "name": reading.name_of(request, one.practitioner),
        "found": found,
        "lines": reading.cover_lines(request, found, here),
        "chosen": form.chosen() if data is not None else {},
    }
    return _shown(request, form, "team/cover.html", values)


@require_http_methods(["GET", "POST"])
@needs("team.see")
def short(request: CareRequest) -> HttpResponse:
    """Short today: what is not safety is put off, and stands in the list for later."""
    here = _here(request)
    reader = request.reader("team.short")
    items = reading.can_wait(reader, here)
    chosen = [item.id for item in items if rules.is_known_to_wait(item)]
    data = request.POST if request.method == "POST" else None
    form = ShortForm(
        data, here=_context(request), now=request.store.clock.wall(), today=here.on,
        tasks=[(item.id, item.words) for item in items],
        initial={"task": chosen, "until": reading.next_working_day(reader, here)},
    )  # fmt: skip
    if data is not None and form.is_valid():
        until, due_at = reading.opening(reader, here, form.cleaned_data["until"])
        try:
            actions.put_off(
                request.writer(), task_ids=form.cleaned_data["task"], until=until, due_at=due_at,
                why=form.cleaned_data["why"],
            )  # fmt: skip
            return redirect("team-short")
        except NotNow as refused:
            form.add_error(None, say(refused.words))
    values = {"items": items, "later": reading.later(request.reader("team.short"), here), "day": here}
    return _shown(request, form, "team/short.html", values)


@require_http_methods(["GET", "POST"])
@needs("team.see")
def add(request: CareRequest) -> HttpResponse:
    """One more thing to do."""
    here = _here(request)
    form = _add_form(request, here, request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        return _shown(request, form, "team/add.html", {})
    try:
        work.add(request.writer(), task=_task(request, here, form.cleaned_data), form_key=form.idempotency_key)
    except KeyTaken:  # sent twice; the first sending is there
        return redirect("team")
    return redirect("team")


def _task(request: CareRequest, here: Day, typed: dict[str, Any]) -> WorkTask:
    """The task that was typed: of a person, or of everybody in a role."""
    reader = request.reader("team.add")
    closes = reading.hours(reader, here).end_of_working_day(here.at)
    due = {
        "hour": here.at.replace(microsecond=0) + timedelta(hours=1),
        "today": min(closes, here.end) if closes.astimezone(here.site.zone).date() == here.on else here.end,
        "tomorrow": reading.opening(reader, here, reading.next_working_day(reader, here))[1],
    }[typed["due"]]
    to = typed["to"]
    return WorkTask(
        code=OTHER,
        words=typed["words"].strip(),
        kind=Kind.CLERICAL,
        priority=Priority.URGENT if typed["due"] == "hour" else Priority.ROUTINE,
        site=here.site.id,
        owner=to if to.startswith(PERSON) else "",
        pool=None if to.startswith(PERSON) else Pool(role=Role(to)),
        due_at=due,
    )


def _shown(request: CareRequest, form: ContextForm, template: str, values: dict[str, Any]) -> HttpResponse:
    """The page of a form: as it is first, or with what is wrong."""
    other = whose.of_another(request, form, name="team", right_url=reverse("team")) if form.is_bound else None
    if other is not None:
        return other
    if form.problem is not None:
        form.renew()
    return render(request, template, {**values, "form": form}, status=422 if form.is_bound else 200)


def _here(request: CareRequest) -> Day:
    found = reading.day_of(request)
    if found is None:
        raise NotFound("You work at no site today.")
    return found


def _someone(request: CareRequest, practitioner_id: str) -> tuple[Day, Team, Presence]:
    """Somebody of today's team; NotFound."""
    here = _here(request)
    found, _ = staff.team(request.reader("team.person"), here.site.id, here.on)
    one = found.person(PERSON + practitioner_id)
    if one is None:
        raise NotFound("Nobody of today's team.")
    return here, found, one


def _context(request: CareRequest) -> Any:
    return whose.context_of(request, patient="")


def _add_form(request: CareRequest, here: Day, data: Any = None) -> AddForm:
    reader = request.reader("team.page")
    found, _ = staff.team(reader, here.site.id, here.on)
    people = reading.people(reader, found)
    return AddForm(data, here=_context(request), now=request.store.clock.wall(), people=people)


def _person_form(request: CareRequest, here: Day, found: Team, one: Presence, data: Any) -> PersonForm:
    providers = None
    if one.role in ASSISTANTS:
        providers = reading.providers(request.reader("team.person"), found)
    initial = {
        "works_with": one.works_with, "pod": one.pod,
        "lunch_from": one.lunch_from and one.lunch_from.astimezone(here.site.zone).time(),
        "lunch_until": one.lunch_until and one.lunch_until.astimezone(here.site.zone).time(),
    }  # fmt: skip
    return PersonForm(
        data, here=_context(request), now=request.store.clock.wall(), providers=providers, initial=initial
    )


def _lunch(here: Day, starts: time | None, ends: time | None) -> tuple[datetime, datetime] | None:
    if starts is None or ends is None:
        return None
    return _on(here.on, starts, here), _on(here.on, ends, here)


def _on(day: date, at: time, here: Day) -> datetime:
    return datetime.combine(day, at, tzinfo=here.site.zone)


def _result(request: CareRequest, here: Day) -> dict[str, Any]:
    """What a sick cover has just done: who got how much, and that nothing is left."""
    try:
        told = signing.loads(request.GET.get("done", ""), salt=SALT)
    except signing.BadSignature:
        return {}
    found = cover_of(
        request.reader("team.page"), site=here.site.id, day=here.on, practitioner=PERSON + told["who"], at=here.at
    )
    return {
        "covered": reading.name_of(request, PERSON + told["who"]),
        "moved": reading.takers_words(request, told["moved"]),
        "still_waits": len(found.items) + len(found.visits),
        "visits_of_others": len(found.visits_of_others),
    }
