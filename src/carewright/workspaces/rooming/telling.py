"""What the patient tells: why they came, and their allergies."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from carewright.core.store.model import Conflict, KeyTaken, NotFound, Refused
from carewright.shell import drafts, whose
from carewright.shell.components import Level, Notice
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.allergies import actions as allergy_actions
from carewright.skills.allergies import queries as allergies
from carewright.skills.allergies.model import NOT_NAMED, Allergy, Reaction, Status
from carewright.skills.allergies.rules import standing
from carewright.skills.reason import actions as reason_actions
from carewright.skills.reason.codes import TOLD_BY
from carewright.skills.reason.model import Reason
from carewright.skills.reason.rules import tell_now
from carewright.workspaces.rooming import page, panels
from carewright.workspaces.rooming.checklist import ALLERGIES, REASON
from carewright.workspaces.rooming.forms import AllergyForm, AskedForm, ReasonForm
from carewright.workspaces.rooming.page import Rooming


@require_POST
@needs("rooming.open")
def reason(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Write down why the patient came; what somebody else wrote meanwhile is shown beside it."""
    rooming = page.load(request, encounter_id)
    form = ReasonForm(request.POST, here=page.context(request, rooming), now=request.store.clock.wall())
    if not form.is_valid():
        return _not_here(request, form, "reason", REASON.key) or _reason_again(request, rooming, form, status=422)
    told = Reason(
        words=form.cleaned_data["words"],
        told_by=next((who for who in TOLD_BY if who.code == form.cleaned_data["told_by"]), None),
        asked_at=request.care.now_local.replace(microsecond=0),
    )
    seen = form.cleaned_data["seen"]
    try:
        reason_actions.write_down(
            request.writer(), encounter_id=encounter_id, reasons=(told,), seen=(Reason(words=seen),) if seen else ()
        )
    except Conflict:
        rooming = page.load(request, encounter_id)
        return _reason_again(request, rooming, _with_seen(form, rooming), status=409)
    drafts.done(request, form="reason", patient=rooming.patient_id)
    return _onward(request, encounter_id, stay=tell_now(told.words) is not None)


@require_POST
@needs("rooming.open")
def check_reason(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Whether the words hold a warning sign: a prompt to tell somebody, for htmx to swap; saves nothing."""
    prompt = tell_now(request.POST.get("words", ""))
    notice = Notice(text=say(prompt), level=Level.CRITICAL) if prompt else None
    return render(request, "rooming/prompt.html", {"notice": notice})


@require_POST
@needs("allergies.record")
def add_allergy(request: CareRequest, encounter_id: str) -> HttpResponse:
    """An allergy as it was told."""
    rooming = page.load(request, encounter_id)
    form = AllergyForm(request.POST, here=page.context(request, rooming), now=request.store.clock.wall())
    if not form.is_valid():
        other = _not_here(request, form, "allergy", ALLERGIES.key)
        return other or _allergies_again(request, rooming, form=form)
    words = form.cleaned_data["reaction"].strip() or (form.cleaned_data["severity"] and NOT_NAMED)
    reaction = Reaction(words=words, severity=form.cleaned_data["severity"] or None) if words else None
    told = Allergy(
        patient=rooming.found.visit.patient,
        substance=form.cleaned_data["substance"].strip(),
        reactions=(reaction,) if reaction else (),
    )
    try:
        allergy_actions.add(request.writer(), allergy=told, at=request.care.now_local, form_key=form.idempotency_key)
    except KeyTaken:
        pass  # the same form was sent twice; its first sending was saved
    except Refused as refused:
        form.add_error("substance", say(refused.reason))
        return _allergies_again(request, rooming, form=form)
    drafts.done(request, form="allergy", patient=rooming.patient_id)
    return redirect("rooming-step", encounter_id, ALLERGIES.key)


@require_POST
@needs("allergies.record")
def asked(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Allergies were asked; or could not be, and why."""
    rooming = page.load(request, encounter_id)
    form = AskedForm(
        request.POST, here=page.context(request, rooming), now=request.store.clock.wall(), auto_id="asked-%s"
    )
    if not form.is_valid():
        other = _not_here(request, form, "asked", ALLERGIES.key)
        return other or _allergies_again(request, rooming, asked=form)
    could_not = form.cleaned_data["could_not"].strip() if "couldnt" in request.POST else ""
    began = rooming.found.visit.stages[0].since
    listed = standing(e.allergy for e in allergies.listed(request.reader("rooming.page"), rooming.patient_id))
    before = tuple(a for a in listed if a.recorded_at is None or a.recorded_at < began)
    with suppress(KeyTaken):  # the same form was sent twice; its first sending was saved
        allergy_actions.asked(
            request.writer(), patient_id=rooming.patient_id, encounter_id=encounter_id,
            at=request.care.now_local.replace(microsecond=0), before=before, could_not=could_not,
            form_key=form.idempotency_key,
        )  # fmt: skip
    return (
        redirect("rooming-step", encounter_id, ALLERGIES.key)
        if could_not
        else _onward(request, encounter_id, key=ALLERGIES.key)
    )


@require_POST
@needs("allergies.record")
def allergy_by_mistake(request: CareRequest, encounter_id: str, allergy_id: str) -> HttpResponse:
    """An allergy was charted by mistake; `version` is the one that the page showed."""
    rooming = page.load(request, encounter_id)
    form = ContextForm(request.POST, here=page.context(request, rooming), now=request.store.clock.wall())
    if not form.is_valid():
        return _not_here(request, form, "asked", ALLERGIES.key) or redirect("rooming-step", encounter_id, ALLERGIES.key)
    listed = allergies.listed(request.reader("rooming.page"), rooming.patient_id)
    entry = next((entry.allergy for entry in listed if entry.allergy.id == allergy_id), None)
    if entry is None:
        raise NotFound("This patient has no such allergy.")
    version = request.POST.get("version", "")
    changed = replace(entry, status=Status.BY_MISTAKE)
    allergy_actions.change(request.writer(), allergy=changed, version=int(version) if version.isdigit() else 0)
    return redirect("rooming-step", encounter_id, ALLERGIES.key)


def _reason_again(request: CareRequest, rooming: Rooming, form: ReasonForm, *, status: int) -> HttpResponse:
    if form.problem is not None:
        form.renew(versions=rooming.versions)
    values: dict[str, Any] = {**panels.reason_values(request, rooming, form=form), "conflict": status == 409}
    return page.show(request, rooming, REASON, values, status=status)


def _with_seen(form: ReasonForm, rooming: Rooming) -> ReasonForm:
    """The form with what was typed, which has now seen what somebody else wrote: sending it again replaces that."""
    form.data = {**{name: form.data[name] for name in form.data}, "seen": rooming.found.visit.reason}
    return form


def _allergies_again(
    request: CareRequest, rooming: Rooming, *, form: AllergyForm | None = None, asked: AskedForm | None = None
) -> HttpResponse:
    for bound in (form, asked):
        if bound is not None and bound.problem is not None:
            bound.renew(versions=rooming.versions)
    values = panels.allergy_values(request, rooming, form=form, asked=asked)
    return page.show(request, rooming, ALLERGIES, values, status=422)


def _not_here(request: CareRequest, form: ContextForm, name: str, key: str) -> HttpResponse | None:
    return whose.of_another(request, form, name=name, right_url=panels.right_url(form, key))


def _onward(request: CareRequest, encounter_id: str, *, key: str = REASON.key, stay: bool = False) -> HttpResponse:
    rooming = page.load(request, encounter_id)
    line = next(line for line in rooming.lines if line.key == key)
    onward = page.following(rooming, line)
    return HttpResponseRedirect(page.url(encounter_id, key) if stay or onward is None else onward[1])
