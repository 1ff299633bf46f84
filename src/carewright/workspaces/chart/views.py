"""The chart: one page with the short form of each part, and a page for each part."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from carewright.core.cds.settings import ON_PATIENT_VIEW
from carewright.core.settings import values as values_of
from carewright.core.store.model import NotFound
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.allergies import queries as allergies
from carewright.skills.allergies.rules import in_words, standing
from carewright.skills.history import queries as history
from carewright.skills.history.model import Part
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import Patient
from carewright.skills.registration.queries import charts_of
from carewright.workspaces.banner import AboutPatient, about
from carewright.workspaces.chart import going_on, reading


@require_GET
@needs("chart.see")
def chart(request: CareRequest, patient_id: str) -> HttpResponse:
    """Everything at a glance: what is active, the latest of the rest."""
    reader = request.reader("chart.page")
    patient = about(request, reader, patient_id)
    if patient.patient.id != patient_id:
        return redirect(f"{reverse('chart', args=[patient.patient.id])}?merged={patient_id}")
    clock = request.care.clock
    parts = {part.value: history.entries(reader, patient_id, part) for part in Part}
    values = {
        **_page(request, patient_id, patient.banner),
        **{
            name: {"lines": reading.lines(found.active[: reading.SHORT], clock), "count": len(found.active),
                   "more": len(found.lines) > reading.SHORT or bool(found.over) or not found.complete}
            for name, found in parts.items()
        },
        "allergies": [(a, say(in_words(a))) for a in standing(e.allergy for e in allergies.listed(reader, patient_id))],
        "vitals": reading.vitals_table(reader, patient_id, most=40),
        "visits": reading.visit_lines(reader, charts_of(patient.resource), most=reading.SHORT),
        "going_on": going_on.lists(request, reader, charts_of(patient.resource)),
        "merged": _merged(request, patient),
        "asks_others": request.access.may_do("cards.see") and bool(
            values_of.get(request.store, ON_PATIENT_VIEW, request.access)
        ),
    }  # fmt: skip
    return render(request, "chart/chart.html", values)


@require_GET
@needs("chart.see")
def part(request: CareRequest, patient_id: str, part: str) -> HttpResponse:
    """One part in full, page by page where it is long."""
    if part not in reading.TITLES:
        raise NotFound("The chart has no such part.")
    reader = request.reader("chart.part")
    patient = about(request, reader, patient_id)
    if patient.patient.id != patient_id:
        return redirect("chart-part", patient.patient.id, part)
    values = {**_page(request, patient_id, patient.banner), "title": reading.TITLES[part]}
    if part == "vitals":
        values["vitals"] = reading.vitals_table(reader, patient_id, after=request.GET.get("after"))
    elif part == "visits":
        values["visits"] = reading.visit_lines(reader, charts_of(patient.resource), most=1_000)
    else:
        active, over, complete = reading.entries_page(reader, patient_id, Part(part))
        clock = request.care.clock
        values |= {"active": reading.lines(active, clock), "over": reading.lines(over, clock), "complete": complete}
    return render(request, "chart/part.html", {**values, "part": part})


def _merged(request: CareRequest, patient: AboutPatient) -> Patient | None:
    """The merged chart that was asked for, where it led here."""
    asked = request.GET.get("merged", "")
    if asked not in charts_of(patient.resource)[1:]:
        return None
    return registration.patient(request.reader("chart.page"), asked)[0]


def _page(request: CareRequest, patient_id: str, banner: Any) -> dict[str, Any]:
    today = request.care.now_local.date()
    family = reading.family(request.reader("chart.page"), patient_id, today=today)
    return {"banner": banner, "patient_id": patient_id, "family": family}
