"""Check-out: what is left to do, the next visit, done. What stays open holds nobody."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import KeyTaken
from carewright.shell import drafts, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.checkout import actions, rules
from carewright.skills.checkout.model import NextVisit
from carewright.skills.scheduling.model import VISIT_TYPES
from carewright.skills.visit import forms as visit_forms
from carewright.skills.visit import rules as visit_rules
from carewright.skills.visit.forms import StepForm
from carewright.workspaces.checkout import reading
from carewright.workspaces.checkout.forms import NextVisitForm, NoteForm
from carewright.workspaces.checkout.reading import CheckoutPage

NEXT_VISIT = "next-visit"
NOTE = "excuse-note"


@require_GET
@needs("checkout.see")
def checkout(request: CareRequest, encounter_id: str) -> HttpResponse:
    """What is left, the next visit, the papers, done."""
    return show(request, reading.load(request, encounter_id))


@require_POST
@needs("checkout.do")
def next_visit(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Write down when the next visit should be; the desk books it."""
    page = reading.load(request, encounter_id)
    form = NextVisitForm(request.POST, here=reading.context(request, page), now=request.store.clock.wall())
    if not form.is_valid():
        return not_here(request, form, NEXT_VISIT) or show(request, page, next_form=form, status=422)
    cleaned = form.cleaned_data
    wanted = NextVisit(
        patient=page.found.visit.patient,
        provider=page.found.visit.provider or request.access.actor.reference,
        on=request.care.now_local.date(),
        amount=cleaned["amount"],
        span=cleaned["span"],
        type=next(known.coding for known in VISIT_TYPES if known.coding.code == cleaned["kind"]),
        reason=cleaned["reason"].strip(),
    )
    with suppress(KeyTaken):  # sent twice; the first sending is there
        actions.ask_for_next_visit(request.writer(), request=wanted, form_key=form.idempotency_key)
    drafts.done(request, form=NEXT_VISIT, patient=page.patient_id)
    return redirect("checkout", encounter_id)


@require_POST
@needs("visit.step")
def done(request: CareRequest, encounter_id: str) -> HttpResponse:
    """The visit is done, or opened again."""
    page = reading.load(request, encounter_id)
    form = _step_form(request, page, request.POST)
    if not form.is_valid():
        return not_here(request, form, "checkout-done") or redirect("checkout", encounter_id)
    visit_forms.take(request, form, encounter_id=encounter_id)
    return redirect("checkout", encounter_id)


def show(
    request: CareRequest, page: CheckoutPage, *, next_form: NextVisitForm | None = None,
    note_form: NoteForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page; a form that was not saved is shown with what was typed."""
    for bound in (next_form, note_form):
        if bound is not None and bound.problem is not None:
            bound.renew()
    here, now = reading.context(request, page), request.store.clock.wall()
    offer = drafts.offer(request, form=NEXT_VISIT, patient=page.patient_id)
    today = request.care.now_local.date()
    state = reading.state_of(request, page)
    steps = visit_rules.actions_from(page.found.visit.status, roles=request.access.roles)
    values: dict[str, Any] = {
        "page": page,
        "encounter_id": page.id,
        "banner": page.patient.banner,
        "status_words": visit_rules.STATES[page.found.visit.status].words,
        "left": rules.left_to_do(state),
        "asked": state.next_visit_asked,
        "booked": reading.booked_next(request, page),
        "summary_given": state.summary_given,
        "next_form": next_form or NextVisitForm(here=here, now=now, initial=drafts.resumed(request, offer)),
        "note_form": note_form
        or NoteForm(here=here, now=now, initial={"first": today, "last": today}, auto_id="note-%s"),
        "offer": offer if next_form is None else None,
        "step": _step_form(request, page),
        "open_steps": {step.action for step in steps},
        "may_do": request.access.may_do("checkout.do"),
        "may_step": request.access.may_do("visit.step"),
    }
    return render(request, "checkout_page/checkout.html", values, status=status)


def not_here(request: CareRequest, form: ContextForm, name: str) -> HttpResponse | None:
    """The answer to a form of another patient, None for every other."""
    encounter_id = whose.encounter_in(form.problem.opened_for if form.problem else None)
    right = reverse("checkout", args=[encounter_id]) if encounter_id else reverse("home")
    return whose.of_another(request, form, name=name, right_url=right)


def _step_form(request: CareRequest, page: CheckoutPage, data: Any = None) -> StepForm:
    return StepForm(
        data, status=page.found.visit.status, here=reading.context(request, page), now=request.store.clock.wall(),
        auto_id=False,
    )  # fmt: skip
