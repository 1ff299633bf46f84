"""The provider's page of a visit. A view loads, calls one action, renders."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carewright.core.access.model import Role
from carewright.core.store.model import KeyTaken
from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.messages import actions as message_actions
from carewright.skills.messages.model import Message
from carewright.skills.visit import forms as visit_forms
from carewright.skills.visit import rules
from carewright.skills.visit.forms import StepForm
from carewright.skills.visit.model import VisitStatus
from carewright.workspaces.visit_page import reading
from carewright.workspaces.visit_page.forms import MessageForm
from carewright.workspaces.visit_page.reading import VisitPage

FIRST = ("provider_in", "provider_back_in", "send_to_check_out", "orders_done", "provider_in_anyway", "finish")
"""The step that is offered as the next one is the first of these that is open."""
DRAFT = "visit-message"
ASSISTANTS = frozenset({Role.MA, Role.LEAD_MA})


@require_GET
@needs("visit-page.see")
def visit(request: CareRequest, encounter_id: str) -> HttpResponse:
    """What was recorded, the messages, the steps."""
    return _show(request, reading.load(request, encounter_id))


@require_GET
@needs("visit-page.see")
def recorded(request: CareRequest, encounter_id: str) -> HttpResponse:
    """What was recorded, alone: asked for again when something changes."""
    page = reading.load(request, encounter_id)
    return render(request, "visit_page/recorded.html", reading.recorded(request, page))


@require_POST
@needs("visit-page.see")
def take(request: CareRequest, encounter_id: str) -> HttpResponse:
    """A step of the visit."""
    page = reading.load(request, encounter_id)
    form = _step_form(request, page, request.POST)
    if not form.is_valid():
        return _not_here(request, form, "visit-step") or redirect("visit", encounter_id)
    after = visit_forms.take(request, form, encounter_id=encounter_id)
    return redirect("checkout", encounter_id) if after is VisitStatus.CHECKING_OUT else redirect("visit", encounter_id)


@require_POST
@needs("visit-page.see")
def send(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Leave a message about this visit. Its text does nothing."""
    page = reading.load(request, encounter_id)
    form = MessageForm(request.POST, here=reading.context(request, page), now=request.store.clock.wall())
    if not form.is_valid():
        if form.problem is not None and (other := _not_here(request, form, DRAFT)) is not None:
            return other
        return _show(request, page, form=form, status=422)
    message = Message(
        patient=page.found.visit.patient,
        encounter=f"Encounter/{encounter_id}",
        words=form.cleaned_data["words"].strip(),
        by=request.access.actor.reference,
        at=request.care.now_local.replace(microsecond=0),
        **_whom(request, page),
    )
    with suppress(KeyTaken):  # sent twice; the first sending is there
        message_actions.send(request.writer(), message=message, form_key=form.idempotency_key)
    drafts.done(request, form=DRAFT, patient=page.patient_id)
    return redirect("visit", encounter_id)


@require_POST
@needs("visit-page.see")
def seen_to(request: CareRequest, encounter_id: str, message_id: str) -> HttpResponse:
    """A message has been seen to."""
    message_actions.seen_to(request.writer(), message_id=message_id)
    return redirect("visit", encounter_id)


def _whom(request: CareRequest, page: VisitPage) -> dict[str, Any]:
    """For the MA of the visit, or any; what an MA writes is for the provider."""
    visit = page.found.visit
    if request.access.roles & ASSISTANTS:
        return {"to": visit.provider or "", "role": Role.PROVIDER}
    return {"to": visit.assistant or "", "role": Role.MA}


def _show(request: CareRequest, page: VisitPage, *, form: MessageForm | None = None, status: int = 200) -> HttpResponse:
    if form is not None and form.problem is not None:
        form.renew()
    offer = drafts.offer(request, form=DRAFT, patient=page.patient_id)
    steps = rules.actions_from(page.found.visit.status, roles=request.access.roles)
    open_steps = {step.action for step in steps}
    here, now = reading.context(request, page), request.store.clock.wall()
    values: dict[str, Any] = {
        **reading.recorded(request, page),
        "banner": page.patient.banner,
        "form": form or MessageForm(here=here, now=now, initial=drafts.resumed(request, offer)),
        "offer": offer if form is None else None,
        "messages": reading.message_list(request.reader("visit-page.page"), page.id),
        "step": _step_form(request, page),
        "first": next((action for action in FIRST if action in open_steps), ""),
        "open_steps": open_steps,
        "may_write": request.access.may_do("messages.write"),
        "may_see_asks": request.access.may_do("asks.see"),
    }
    return render(request, "visit_page/visit.html", values, status=status)


def _step_form(request: CareRequest, page: VisitPage, data: Any = None) -> StepForm:
    return StepForm(
        data,
        status=page.found.visit.status,
        here=reading.context(request, page),
        now=request.store.clock.wall(),
        auto_id=False,
    )


def _not_here(request: CareRequest, form: ContextForm, name: str) -> HttpResponse | None:
    encounter_id = whose.encounter_in(form.problem.opened_for if form.problem else None)
    right = reverse("visit", args=[encounter_id]) if encounter_id else reverse("home")
    return whose.of_another(request, form, name=name, right_url=right)
