"""What is printed at check-out: the visit summary, and the note for school or work."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import KeyTaken
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.printing.sheets import render_sheet
from carewright.shell.saying import language_for
from carewright.skills.checkout import actions, queries, rules
from carewright.skills.checkout.model import ExcuseNote
from carewright.workspaces.checkout import reading
from carewright.workspaces.checkout.forms import NoteForm
from carewright.workspaces.checkout.views import NOTE, not_here, show


@require_GET
@needs("checkout.see")
def summary(request: CareRequest, encounter_id: str) -> HttpResponse:
    """The visit summary on paper, in the patient's language where we have it, else in English."""
    page = reading.load(request, encounter_id)
    spoken = page.patient.patient.language
    language = language_for(spoken.code if spoken else "")
    with translation.override(language):
        sections = rules.summary(reading.facts(request, page))
    values: dict[str, Any] = {"sections": sections, "name": page.patient.banner.name, "patient_language": language}
    return _sheet(request, "checkout_page/summary.html", values)


@require_POST
@needs("checkout.do")
def summary_given(request: CareRequest, encounter_id: str) -> HttpResponse:
    """The patient has the summary."""
    page = reading.load(request, encounter_id)
    form = ContextForm(request.POST, here=reading.context(request, page), now=request.store.clock.wall())
    if not form.is_valid():
        return not_here(request, form, "summary") or redirect("checkout", encounter_id)
    actions.give_summary(
        request.writer(), patient=page.found.visit.patient, encounter_id=encounter_id, at=request.care.now_local
    )
    return redirect("checkout", encounter_id)


@require_POST
@needs("checkout.do")
def note(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Write the note and show it as it is printed."""
    page = reading.load(request, encounter_id)
    form = NoteForm(
        request.POST, here=reading.context(request, page), now=request.store.clock.wall(), auto_id="note-%s"
    )
    if not form.is_valid():
        return not_here(request, form, NOTE) or show(request, page, note_form=form, status=422)
    try:
        written = actions.write_note(request.writer(), note=_note(request, page, form), form_key=form.idempotency_key)
    except KeyTaken as taken:
        return redirect("checkout-note-print", encounter_id, taken.holder.id if taken.holder else "")
    return redirect("checkout-note-print", encounter_id, written.id)


@require_GET
@needs("checkout.see")
def note_print(request: CareRequest, encounter_id: str, document_id: str) -> HttpResponse:
    """A note as it was given."""
    page = reading.load(request, encounter_id)
    lines = queries.note_lines(request.reader("checkout.note"), document_id, patient_id=page.patient_id)
    return _sheet(request, "checkout_page/note.html", {"lines": lines[:-1], "signed": lines[-1]})


def _note(request: CareRequest, page: reading.CheckoutPage, form: NoteForm) -> ExcuseNote:
    visit, name = page.found.visit, page.patient.patient.name
    return ExcuseNote(
        patient=visit.patient,
        patient_name=" ".join([*name.given, name.family, name.suffix]).strip(),
        kind=form.cleaned_data["kind"],
        seen_on=request.care.clock.local(visit.stages[0].since).date(),
        excused_from=form.cleaned_data["first"],
        excused_through=form.cleaned_data["last"],
        provider=visit.provider or request.access.actor.reference,
        provider_name=page.provider or request.care.actor_name,
        written_at=request.care.now_local.replace(microsecond=0),
        encounter=f"Encounter/{page.id}",
        limits=form.cleaned_data["limits"].strip(),
    )


def _sheet(request: CareRequest, template: str, values: dict[str, Any]) -> HttpResponse:
    return render_sheet(
        request, template, values=values, printed_at=request.care.now, printed_by=request.care.actor_name
    )
