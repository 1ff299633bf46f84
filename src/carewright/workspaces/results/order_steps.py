"""What is pressed at an order: a new one, the next step, what could not be had, where the result is, its end."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from carewright.core.store.model import KeyTaken, Ref
from carewright.core.work.model import End, Priority
from carewright.shell import people, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.orders import actions, queries
from carewright.skills.orders.catalog import BY_KEY
from carewright.skills.orders.model import Kind, Obstacle, Order, Step
from carewright.skills.results import actions as results
from carewright.workspaces.banner import about
from carewright.workspaces.results import reading
from carewright.workspaces.results.acting import Sent, settle
from carewright.workspaces.results.forms import (
    AgainForm,
    AskForm,
    CouldNotForm,
    EndForm,
    OrderForm,
    PaperForm,
    StepForm,
)
from carewright.workspaces.results.views import order_options, show_order

Make = Callable[[Order, dict[str, Any]], ContextForm]
Act = Callable[[ContextForm, dict[str, Any]], None]
END_OF_DAY = time(17)
"""A day that is promised ends with the working day."""


@require_http_methods(["GET", "POST"])
@needs("orders.do")
def new(request: CareRequest, patient_id: str) -> HttpResponse:
    """A new order for a patient."""
    patient = about(request, request.reader("results.new"), patient_id)
    patient_id = patient.patient.id
    here, now = whose.context_of(request, patient=patient_id), request.store.clock.wall()
    providers = people.providers(request.reader("results.new"), site=request.access.site)
    initial = {"provider": request.access.actor.reference, "kind": Kind.LABORATORY.value}
    data = request.POST if request.method == "POST" else None
    form = OrderForm(data, here=here, now=now, providers=providers, initial=initial)
    values = {"banner": patient.banner, "form": form, "patient_id": patient_id}
    if request.method == "GET":
        return render(request, "results/new.html", values)
    if not form.is_valid():
        if answer := whose.of_another(request, form, name="orders", right_url=reverse("order-new", args=[patient_id])):
            return answer
        if form.problem is not None:
            form.renew()
        return render(request, "results/new.html", values, status=422)
    return _place(request, form, patient_id)


def _place(request: CareRequest, form: OrderForm, patient_id: str) -> HttpResponse:
    try:
        ref = actions.place(request.writer(), order=_typed(request, form, patient_id), at=request.care.now,
                            form_key=form.idempotency_key)  # fmt: skip
    except KeyTaken as taken:
        return redirect("order", taken.holder.id) if taken.holder else redirect("results")
    return redirect("order", ref.id)


def _typed(request: CareRequest, form: OrderForm, patient_id: str) -> Order:
    typed, test = form.cleaned_data, BY_KEY.get(form.cleaned_data["test"])
    return Order(
        patient=f"Patient/{patient_id}", provider=typed["provider"], reason=typed["reason"].strip(),
        words=test.words if test else typed["words"].strip(), coding=test.coding if test else None,
        kind=test.kind if test else Kind(typed["kind"] or Kind.OTHER), site=request.access.site or "",
        priority=Priority.URGENT if typed["urgent"] else Priority.ROUTINE, elsewhere=typed["elsewhere"],
    )  # fmt: skip


@require_POST
@needs("orders.do")
def step(request: CareRequest, request_id: str) -> HttpResponse:
    """The next step was taken."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        taken = Step(form.cleaned_data["step"])
        actions.step(request.writer(), **about_it, step=taken, at=request.care.now, words=form.cleaned_data["words"])

    return _change(request, request_id, "step", _plain(request, StepForm, "step"), act)


@require_POST
@needs("orders.do")
def could_not(request: CareRequest, request_id: str) -> HttpResponse:
    """It could not be had today."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        obstacle, words = Obstacle(form.cleaned_data["obstacle"]), form.cleaned_data["words"]
        actions.could_not(request.writer(), **about_it, obstacle=obstacle, words=words, at=request.care.now)

    return _change(request, request_id, "could_not", _plain(request, CouldNotForm, "could-not"), act)


@require_POST
@needs("orders.do")
def ask(request: CareRequest, request_id: str) -> HttpResponse:
    """Somebody asked where the result is."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        on, words = form.cleaned_data["on"], form.cleaned_data["words"]
        promised = datetime.combine(on, END_OF_DAY, tzinfo=request.care.clock.zone) if on else None
        actions.chase(request.writer(), **about_it, words=words, at=request.care.now, expected_by=promised)

    return _change(request, request_id, "ask", _plain(request, AskForm, "ask"), act)


@require_POST
@needs("orders.do")
def again(request: CareRequest, request_id: str) -> HttpResponse:
    """The specimen is no good."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        actions.collect_again(request.writer(), **about_it, words=form.cleaned_data["words"], at=request.care.now)

    return _change(request, request_id, "again", _plain(request, AgainForm, "again"), act)


@require_POST
@needs("results.tell")
def paper(request: CareRequest, request_id: str) -> HttpResponse:
    """The result came on paper."""

    def make(found: Order, opened: dict[str, Any]) -> ContextForm:
        return PaperForm(request.POST, **opened, prefix="paper", papers=reading.papers(request, found))

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        document = Ref("DocumentReference", form.cleaned_data["document"])
        results.receive(request.writer(), order_id=about_it["order_id"], document=document, at=request.care.now,
                        form_key=about_it["form_key"])  # fmt: skip

    return _change(request, request_id, "paper", make, act)


@require_POST
@needs("orders.do")
def end(request: CareRequest, request_id: str) -> HttpResponse:
    """The order will not be done."""

    def act(form: ContextForm, about_it: dict[str, Any]) -> None:
        how, why = End(form.cleaned_data["how"]), form.cleaned_data["why"]
        actions.end(request.writer(), **about_it, how=how, why=why, at=request.care.now)

    return _change(request, request_id, "end", _plain(request, EndForm, "end"), act)


def _plain(request: CareRequest, kind: type[ContextForm], prefix: str) -> Make:
    return lambda found, opened: kind(request.POST, **opened, prefix=prefix)


def _change(request: CareRequest, order_id: str, name: str, make: Make, act: Act) -> HttpResponse:
    """Check the form, act over the version that was shown, show the order as it stands then."""
    found, _ = queries.order(request.reader("results.step"), order_id)
    sent = Sent(
        form=make(found, order_options(request, found)), name=name, ref=f"ServiceRequest/{found.id}",
        version=found.version, url=reverse("order", args=[order_id]),
        show=lambda **more: show_order(request, order_id, **more),
    )  # fmt: skip
    return settle(request, sent, lambda form, more: act(form, {"order_id": order_id, **more}))
