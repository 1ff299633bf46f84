"""Rooming: the page, its steps, the hand-over. A view loads, calls one action, renders."""

from contextlib import suppress

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import NotFound, StoreError
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.messages import actions as message_actions
from carewright.skills.protocols import actions as protocols
from carewright.skills.visit import actions as visit_actions
from carewright.skills.visit import forms as visit_forms
from carewright.skills.visit import rules as visit_rules
from carewright.skills.visit.model import VisitStatus
from carewright.workspaces.rooming import actions, page, panels
from carewright.workspaces.rooming.checklist import Line, line_of

WAITING_ON_US = frozenset({VisitStatus.WAITING, VisitStatus.ROOMING})


@require_GET
@needs("rooming.open")
def rooming(request: CareRequest, encounter_id: str) -> HttpResponse:
    """The first line that is still open."""
    found = page.load(request, encounter_id)
    line = next((line for line in found.lines if not page.is_done(found, line)), found.lines[-1])
    return page.show(request, found, line, panels.values(request, found, line))


@require_GET
@needs("rooming.open")
def step(request: CareRequest, encounter_id: str, key: str) -> HttpResponse:
    """One line of the checklist, in whatever order."""
    found = page.load(request, encounter_id)
    line = _line(found, key)
    return page.show(request, found, line, panels.values(request, found, line))


@require_POST
@needs("rooming.open")
def take(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Room, ready, provider in anyway, back. What holds "ready" is named, with where it is done."""
    found = page.load(request, encounter_id)
    form = page.step_form(request, found, request.POST)
    if not form.is_valid():
        return _not_here(request, form) or redirect("rooming", encounter_id)
    held = form.cleaned_data["action"] in visit_rules.NEEDS_READINESS and visit_rules.holds(found.readiness)
    if held:
        line = _line(found, page.HELD_BY[held[0].code])
        values = {**panels.values(request, found, line), "held": True}
        return page.show(request, found, line, values, status=422)
    after = visit_forms.take(request, form, encounter_id=encounter_id)
    if form.cleaned_data["action"] == "start_rooming":
        with suppress(StoreError):  # the patient is in the room all the same
            site = request.access.site or ""
            protocols.apply_to_visit(request.writer(), encounter_id=encounter_id, at=request.care.now_local, site=site)
    return HttpResponseRedirect(_after_step(encounter_id, after))


@require_POST
@needs("rooming.open")
def identity(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Name and birth date were said, and they match."""
    found = page.load(request, encounter_id)
    form = ContextForm(request.POST, here=page.context(request, found), now=request.store.clock.wall())
    if not form.is_valid():
        return _not_here(request, form) or redirect("rooming-step", encounter_id, "identity")
    visit_actions.check_identity(request.writer(), encounter_id=encounter_id, at=request.care.now_local)
    return _go_on(request, encounter_id, "identity")


@require_POST
@needs("rooming.open")
def tick(request: CareRequest, encounter_id: str, key: str) -> HttpResponse:
    """A plain line is done, or is not done after all (`undo`)."""
    found = page.load(request, encounter_id)
    line = _line(found, key)
    form = ContextForm(request.POST, here=page.context(request, found), now=request.store.clock.wall())
    if not form.is_valid() or line.task is None or line.panel != "tick":
        return _not_here(request, form) or redirect("rooming-step", encounter_id, key)
    done = "undo" not in request.POST
    actions.tick(
        request.writer(), encounter_id=encounter_id, patient=found.found.visit.patient, code=line.task,
        at=request.care.now_local, done=done,
    )  # fmt: skip
    return _go_on(request, encounter_id, key) if done else redirect("rooming-step", encounter_id, key)


@require_POST
@needs("rooming.open")
def seen_to(request: CareRequest, encounter_id: str, message_id: str) -> HttpResponse:
    """A message has been seen to."""
    message_actions.seen_to(request.writer(), message_id=message_id)
    return redirect("rooming", encounter_id)


def _line(found: page.Rooming, key: str) -> Line:
    line = line_of(found.found.visit.type.code, key)
    if line is None:
        raise NotFound(gettext("This kind of visit has no such step."))
    return line


def _go_on(request: CareRequest, encounter_id: str, key: str) -> HttpResponse:
    """To the next line that is open; where none is, stay."""
    found = page.load(request, encounter_id)
    onward = page.following(found, _line(found, key))
    return HttpResponseRedirect(onward[1] if onward else page.url(encounter_id, key))


def _not_here(request: CareRequest, form: ContextForm) -> HttpResponse | None:
    return whose.of_another(request, form, name="rooming", right_url=panels.right_url(form, "identity"))


def _after_step(encounter_id: str, after: VisitStatus) -> str:
    """On with the rooming; the provider's page where the provider is in; else back to the board."""
    if after in WAITING_ON_US:
        return reverse("rooming", args=[encounter_id])
    if after is VisitStatus.WITH_PROVIDER:
        return reverse("visit", args=[encounter_id])
    return reverse("board")
