"""The pages of refills: whose turn it is, and one request with everything that belongs to it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from carewright.shell import people, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.refills import queries
from carewright.skills.refills.model import Outcome, Refill, Stage
from carewright.skills.refills.rules.evaluating import Checked
from carewright.workspaces.banner import about
from carewright.workspaces.refills import reading
from carewright.workspaces.refills.forms import (
    ChangeForm,
    ElsewhereForm,
    EndForm,
    NoForm,
    PrepareForm,
    TellForm,
    YesForm,
    typed_before,
)


@require_GET
@needs("refills.see")
def refills(request: CareRequest) -> HttpResponse:
    """The open requests by whose turn it is."""
    return render(request, "refills/refills.html", {"groups": reading.waiting(request)})


@require_GET
@needs("refills.see")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when something of it has changed."""
    return render(request, "refills/list.html", {"groups": reading.waiting(request)})


@require_GET
@needs("refills.see")
def refill(request: CareRequest, refill_id: str) -> HttpResponse:
    """One request: what the table says, what is still to be asked, the answer."""
    return show_refill(request, refill_id)


def show_refill(
    request: CareRequest, refill_id: str, *, forms: dict[str, ContextForm] | None = None, status: int = 200,
    wrong: str = "",
) -> HttpResponse:  # fmt: skip
    """One request; `forms` are those that were sent and are shown again."""
    reader = request.reader("refills.one")
    found, _ = queries.refill(reader, refill_id)
    patient = about(request, reader, found.patient.removeprefix("Patient/"))
    is_open = found.stage in (Stage.ASKED, Stage.PREPARED)
    checked = queries.checked(reader, found, today=request.care.now_local.date()) if is_open else None
    values = {
        **reading.shown(request, found, checked),
        "banner": patient.banner,
        "patient_id": patient.patient.id,
        "forms": forms_of(request, found, checked) | (forms or {}),
        "may_answer": request.access.may_do("refills.decide"),
        "came_by_itself": "next" in request.GET,
        "wrong": wrong,
    }
    return render(request, "refills/refill.html", values, status=status)


def form_options(request: CareRequest, found: Refill) -> dict[str, Any]:
    """What every form about a request is opened with."""
    versions = {f"MedicationRequest/{found.id}": found.version}
    here = whose.context_of(request, patient=found.patient.removeprefix("Patient/"), versions=versions)
    return {"here": here, "now": request.store.clock.wall()}


def forms_of(request: CareRequest, found: Refill, checked: Checked | None) -> dict[str, ContextForm]:
    """The forms of the stage that a request is at."""
    options = form_options(request, found)
    forms: dict[str, ContextForm] = {}
    if found.stage is Stage.ANSWERED:
        forms["tell"] = TellForm(**options, whom=found.to_tell, prefix="tell")
    if checked is None:
        return forms
    forms["end"] = EndForm(**options, prefix="end")
    if found.stage is Stage.ASKED:
        initial = typed_before(found, checked.supply)
        forms["prepare"] = PrepareForm(**options, providers=providers(request), initial=initial)
    elif request.access.may_do("refills.decide"):
        forms |= _answers(options, found, checked)
    return forms


def _answers(options: dict[str, Any], found: Refill, checked: Checked) -> dict[str, ContextForm]:
    """What a prescriber may say: a controlled drug has no yes, and what the table does not cover no single one."""
    answers: dict[str, ContextForm] = {"no": NoForm(**options, prefix="no")}
    laid = found.preparing.outcome if found.preparing else None
    if Outcome.CONTROLLED in (checked.outcome, laid):
        return answers | (
            {"elsewhere": ElsewhereForm(**options, prefix="elsewhere")} if laid == checked.outcome else {}
        )
    supply = found.preparing.supply if found.preparing else None
    if supply:
        answers["yes"] = YesForm(**options, prefix="yes")
    initial = {"days": supply.days, "refills": supply.refills} if supply else {}
    answers["change"] = ChangeForm(**options, prefix="change", must_look=supply is None, initial=initial)
    return answers


def providers(request: CareRequest) -> Any:
    return people.providers(request.reader("refills.providers"), site=request.access.site)
