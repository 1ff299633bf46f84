"""The pages of referrals: what is owed, one referral with its loop, the search for a patient to refer."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.words import age_on, sex_words
from carewright.skills.referrals import queries
from carewright.skills.referrals.model import Referral, Step
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import Patient
from carewright.workspaces.banner import about
from carewright.workspaces.referrals import reading
from carewright.workspaces.referrals.forms import BarrierForm, EndForm, HelpForm, StepForm

FOUND_SHOWN = 8


@require_GET
@needs("referrals.see")
def referrals(request: CareRequest) -> HttpResponse:
    """The open referrals by what is owed next."""
    return render(request, "referrals/referrals.html", {"groups": reading.waiting(request)})


@require_GET
@needs("referrals.see")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when something of it has changed."""
    return render(request, "referrals/list.html", {"groups": reading.waiting(request)})


@require_POST
@needs("referrals.do")
def find(request: CareRequest) -> HttpResponse:
    """The patients that were meant, perhaps, for a new referral; what is typed stands in no address."""
    typed = request.POST.get("q", "").strip()
    found = registration.find(request.reader("referrals.find"), typed, count=FOUND_SHOWN) if typed else []
    values = {"typed": typed, "hits": [_hit(request, patient) for patient in found]}
    if "HX-Request" in request.headers:
        return render(request, "referrals/found.html", values)
    return render(request, "referrals/referrals.html", values | {"groups": reading.waiting(request)})


@require_GET
@needs("referrals.see")
def referral(request: CareRequest, referral_id: str) -> HttpResponse:
    """One referral: the loop, what is owed, barriers."""
    return show_referral(request, referral_id)


def show_referral(
    request: CareRequest, referral_id: str, *, forms: dict[str, ContextForm] | None = None, status: int = 200,
    wrong: str = "",
) -> HttpResponse:  # fmt: skip
    """One referral; `forms` are those that were sent and are shown again."""
    reader = request.reader("referrals.one")
    found, _ = queries.referral(reader, referral_id)
    patient = about(request, reader, found.patient.removeprefix("Patient/"))
    values = {
        **reading.shown(request, found),
        "banner": patient.banner,
        "forms": _forms(request, found) | (forms or {}),
        "may_take": found.next_step is not Step.REVIEWED or request.access.may_do("referrals.review"),
        "wrong": wrong,
    }
    return render(request, "referrals/referral.html", values, status=status)


def form_options(request: CareRequest, found: Referral) -> dict[str, Any]:
    """What every form about a referral is opened with."""
    versions = {f"ServiceRequest/{found.id}": found.version}
    here = whose.context_of(request, patient=found.patient.removeprefix("Patient/"), versions=versions)
    return {"here": here, "now": request.store.clock.wall()}


def _forms(request: CareRequest, found: Referral) -> dict[str, ContextForm]:
    """The forms of a referral that is open; none of one that has ended."""
    if found.next_step is None:
        return {}
    options = form_options(request, found)
    notes = reading.notes(request, found)
    forms: dict[str, ContextForm] = {
        "step": StepForm(**options, notes=notes, initial={"step": found.next_step.value}),
        "barrier": BarrierForm(**options, prefix="barrier"),
        "end": EndForm(**options, prefix="end"),
    }
    if any(not barrier.done for barrier in found.barriers):
        forms["help"] = HelpForm(**options, prefix="help", auto_id=False)
    return forms


def _hit(request: CareRequest, patient: Patient) -> dict[str, str]:
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    age = age_on(born=born, on=request.care.now_local.date())
    return {
        "id": patient.id,
        "name": patient.name.words,
        "born": request.care.clock.partial_date(born) if born else "",
        "age_sex": f"{age}, {sex_words(patient.gender)}",
        "mrn": patient.mrn,
    }
