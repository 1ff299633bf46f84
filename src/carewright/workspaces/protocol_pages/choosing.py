"""The protocols of one visit: those it has, and those that somebody may choose for it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.protocols import actions, queries
from carewright.skills.visit import queries as visits
from carewright.workspaces.banner import about


@require_http_methods(["GET", "POST"])
@needs("protocols.apply")
def choose(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Look what the visit has, and choose another one; what it has already changes nothing."""
    reader = request.reader("protocols.choose")
    found = visits.open_visit(reader, encounter_id)
    patient = about(request, reader, found.visit.patient.removeprefix("Patient/"), visit=found.visit)
    here = whose.context_of(request, patient=patient.patient.id, versions={str(found.ref): found.version})
    form = ContextForm(request.POST or None, here=here, now=request.store.clock.wall(), auto_id=False)
    choices = queries.choices(reader, encounter_id, at=request.care.now_local)
    name = request.POST.get("protocol", "")
    if request.method == "POST" and form.is_valid() and name in {card.name for card in choices.may_have}:
        site = request.access.site or ""
        actions.apply(request.writer(), name=name, subject=found.ref, at=request.care.now_local, site=site)
        return redirect("protocol-choose", encounter_id)
    other = whose.of_another(request, form, name="protocol-choose", right_url=request.path) if form.is_bound else None
    values: dict[str, Any] = {
        "banner": patient.banner,
        "choices": choices,
        "form": ContextForm(here=here, now=request.store.clock.wall(), auto_id=False),
        "encounter_id": encounter_id,
        "problem": form.problem if form.is_bound else None,
    }
    return other or render(request, "protocol_pages/choose.html", values, status=422 if form.is_bound else 200)
