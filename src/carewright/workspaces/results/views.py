"""The pages of orders and results: what is owed, a patient's, one order, one result."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from carewright.core.cds.settings import ON_ORDER_SIGN
from carewright.core.settings import values as values_of
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.orders import queries as orders
from carewright.skills.orders.model import Order
from carewright.skills.orders.model import Step as OrderStep
from carewright.skills.registration.queries import charts_of
from carewright.skills.results import queries
from carewright.skills.results.model import Result, Step
from carewright.workspaces.banner import about
from carewright.workspaces.results import reading
from carewright.workspaces.results.forms import (
    AgainForm,
    AskForm,
    CouldNotForm,
    EndForm,
    PaperForm,
    ReviewForm,
    StepForm,
    ToldForm,
    TriedForm,
)

Forms = dict[str, ContextForm]


@require_GET
@needs("results.see")
def results(request: CareRequest) -> HttpResponse:
    """What is open by what is owed next."""
    return render(request, "results/results.html", {"groups": reading.waiting(request)})


@require_GET
@needs("results.see")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when something of it has changed."""
    return render(request, "results/list.html", {"groups": reading.waiting(request)})


@require_GET
@needs("results.see")
def of_patient(request: CareRequest, patient_id: str) -> HttpResponse:
    """All orders and results of a patient."""
    patient = about(request, request.reader("results.patient"), patient_id)
    if patient.patient.id != patient_id:
        return redirect("results-patient", patient.patient.id)
    ordered, came = reading.of_patient(request, charts_of(patient.resource))
    values = {"banner": patient.banner, "patient_id": patient_id, "orders": ordered, "results": came}
    return render(request, "results/patient.html", values)


@require_GET
@needs("orders.see")
def order(request: CareRequest, request_id: str) -> HttpResponse:
    """One order: what is owed, and what was done so far."""
    return show_order(request, request_id)


@require_GET
@needs("results.see")
def result(request: CareRequest, result_id: str) -> HttpResponse:
    """One result: its values, what is owed, and what was done so far."""
    return show_result(request, result_id)


def show_order(
    request: CareRequest, order_id: str, *, forms: Forms | None = None, status: int = 200, wrong: str = ""
) -> HttpResponse:
    """One order; `forms` are those that were sent and are shown again."""
    reader = request.reader("results.order")
    found, _ = orders.order(reader, order_id)
    values = {
        **reading.order_shown(request, found),
        "banner": about(request, reader, found.patient.removeprefix("Patient/")).banner,
        "forms": _order_forms(request, found) | (forms or {}),
        "may_take": found.next_step is not OrderStep.CONFIRMED or request.access.may_do("orders.confirm"),
        "wrong": wrong,
        "asks_others": found.next_step is not None
        and request.access.may_do("cards.see")
        and bool(values_of.get(request.store, ON_ORDER_SIGN, request.access)),
    }
    return render(request, "results/order.html", values, status=status)


def show_result(
    request: CareRequest, result_id: str, *, forms: Forms | None = None, status: int = 200, wrong: str = ""
) -> HttpResponse:
    """One result; `forms` are those that were sent and are shown again."""
    reader = request.reader("results.one")
    found, stored, inside = queries.result(reader, ref_of(reader, result_id))
    values = {
        **reading.result_shown(request, found, inside or [stored]),
        "banner": about(request, reader, found.patient.removeprefix("Patient/")).banner,
        "forms": _result_forms(request, found) | (forms or {}),
        "result_id": result_id,
        "warnings": reading.whom(request, found)[2] if reading.may_tell(request, found) else [],
        "wrong": wrong,
    }
    return render(request, "results/result.html", values, status=status)


def ref_of(reader: Reader, result_id: str) -> Ref:
    """A report or, where there is none under this id, an observation."""
    report = Ref("DiagnosticReport", result_id)
    return report if reader.resource_or_none(report) else Ref("Observation", result_id)


def options(request: CareRequest, *, patient: str, ref: str, version: int) -> dict[str, Any]:
    """What every form about a record is opened with."""
    here = whose.context_of(request, patient=patient.removeprefix("Patient/"), versions={ref: version})
    return {"here": here, "now": request.store.clock.wall()}


def order_options(request: CareRequest, found: Order) -> dict[str, Any]:
    """What every form about an order is opened with."""
    return options(request, patient=found.patient, ref=f"ServiceRequest/{found.id}", version=found.version)


def result_options(request: CareRequest, found: Result) -> dict[str, Any]:
    """What every form about a result is opened with."""
    return options(request, patient=found.patient, ref=found.ref, version=found.version)


def _order_forms(request: CareRequest, found: Order) -> Forms:
    """The forms of an order that is open; none of one that has ended."""
    step = found.next_step
    if step is None:
        return {}
    opened = order_options(request, found)
    forms: Forms = {"end": EndForm(**opened, prefix="end")}
    if step is not OrderStep.RESULTED:
        forms["step"] = StepForm(**opened, prefix="step", initial={"step": step.value})
    if step in (OrderStep.COLLECTED, OrderStep.DONE):
        forms["could_not"] = CouldNotForm(**opened, prefix="could-not")
    if step is OrderStep.RESULTED:
        forms["ask"] = AskForm(**opened, prefix="ask")
        forms["paper"] = PaperForm(**opened, prefix="paper", papers=reading.papers(request, found))
    if found.specimen:
        forms["again"] = AgainForm(**opened, prefix="again")
    return forms


def _result_forms(request: CareRequest, found: Result) -> Forms:
    """The forms that this person may fill in at a result as it stands."""
    opened = result_options(request, found)
    forms: Forms = {}
    if found.next_step in (Step.REVIEW, Step.CRITICAL) and request.access.may_do("results.review"):
        forms["review"] = ReviewForm(**opened, prefix="review")
    if reading.may_tell(request, found):
        people, voicemail, _ = reading.whom(request, found)
        forms["told"] = ToldForm(**opened, prefix="told", people=people, voicemail=voicemail)
        forms["tried"] = TriedForm(**opened, prefix="tried")
    return forms
