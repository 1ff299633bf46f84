"""A new request: from a phone call, a paper, or the chart."""

from contextlib import suppress
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.shell import people, whose
from carewright.shell.care import Choice
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.calls import actions as calls
from carewright.skills.calls import queries as phone
from carewright.skills.calls.model import State
from carewright.skills.calls.rules import NotNow
from carewright.skills.refills import actions, queries
from carewright.skills.refills.model import Asker, Asking, NotPossible, Refill, Via
from carewright.workspaces.banner import about
from carewright.workspaces.refills.forms import OTHER, NewForm

SOURCES = {"call": "Communication", "paper": "DocumentReference"}


@require_http_methods(["GET", "POST"])
@needs("refills.do")
def new(request: CareRequest, patient_id: str) -> HttpResponse:
    """A new request for a patient; `?call=` or `?paper=` says what it came by."""
    reader = request.reader("refills.new")
    patient = about(request, reader, patient_id)
    patient_id = patient.patient.id
    source = _source(request, reader, patient_id)
    known = queries.medicines(reader, patient_id)
    form = _form(request, known, patient_id=patient_id, source=source)
    values = {"banner": patient.banner, "form": form, "patient_id": patient_id, "asks": request.GET.urlencode(),
              "already": queries.open_of(reader, [patient_id])}  # fmt: skip
    if request.method == "GET" or not form.is_valid():
        return _again(request, form, values)
    typed = _typed(request, form, {one.reference: one for one in known}, patient_id=patient_id, source=source)
    try:
        ref, again = actions.ask(request.writer(), refill=typed, form_key=form.idempotency_key)
    except KeyTaken as taken:
        return redirect("refill", taken.holder.id) if taken.holder else redirect("refills")
    except (NotPossible, Conflict) as lost:
        words = say(lost.reason) if isinstance(lost, NotPossible) else gettext("Send it again, please.")
        return render(request, "refills/new.html", values | {"wrong": words}, status=409)
    _end_call(request, source, at=request.care.now)
    return redirect(reverse("refill", args=[ref.id]) + ("?again=1" if again else ""))


def _form(request: CareRequest, known: list[queries.Medicine], *, patient_id: str, source: str) -> NewForm:
    here, now = whose.context_of(request, patient=patient_id), request.store.clock.wall()
    choices = [Choice(value=one.reference, label=" · ".join(filter(None, (one.words, one.dose)))) for one in known]
    via = Via.PHONE if source.startswith("Communication/") else Via.FAX if source else Via.DESK
    data = request.POST if request.method == "POST" else None
    return NewForm(data, here=here, now=now, medicines=choices, initial={"via": via.value})


def _again(request: CareRequest, form: NewForm, values: dict[str, object]) -> HttpResponse:
    if request.method == "GET":
        return render(request, "refills/new.html", values)
    if answer := whose.of_another(request, form, name="refills", right_url=reverse("refills")):
        return answer
    if form.problem is not None:
        form.renew()
    return render(request, "refills/new.html", values, status=422)


def _source(request: CareRequest, reader: Reader, patient_id: str) -> str:
    """The call or the paper, if it is this patient's; NotFound where it is not."""
    for name, kind in SOURCES.items():
        if key := request.GET.get(name, ""):
            subject = reader.resource(Ref(kind, key)).get("subject", {}).get("reference", "")
            if not reader.are_one(str(subject).removeprefix("Patient/"), patient_id):
                raise NotFound("This is about another patient.")
            return f"{kind}/{key}"
    return ""


def _typed(
    request: CareRequest, form: NewForm, known: dict[str, queries.Medicine], *, patient_id: str, source: str
) -> Refill:
    typed = form.cleaned_data
    chosen = known.get(typed["medicine"]) if typed["medicine"] != OTHER else None
    asking = Asking(
        at=request.care.now, by=request.access.actor.reference, via=Via(typed["via"]), asker=Asker(typed["asker"]),
        words=typed["words"].strip(),
    )  # fmt: skip
    prescribers = {one.value for one in people.providers(request.reader("refills.new"), site=request.access.site)}
    return Refill(
        patient=f"Patient/{patient_id}", medicine=chosen.words if chosen else typed["other"].strip(), asked=(asking,),
        coding=chosen.coding if chosen else None, dose=chosen.dose if chosen else "",
        on_file=chosen.reference if chosen else "", pharmacy=typed["pharmacy"].strip(), days_left=typed["days_left"],
        prescriber=chosen.prescriber if chosen and chosen.prescriber in prescribers else "",
        site=request.access.site or "", source=source,
    )  # fmt: skip


def _end_call(request: CareRequest, source: str, *, at: datetime) -> None:
    """Nobody has to call back about the call any more: the request is what is owed now."""
    kind, _, call_id = source.partition("/")
    if kind != "Communication" or not request.access.may_do("calls.take"):
        return
    found, _ = phone.call(request.reader("refills.call"), call_id)
    if found.state is State.OWED and found.reason == "refill":
        with suppress(NotNow, Conflict):  # somebody has answered it meanwhile
            calls.not_needed(request.writer(), call_id=call_id, words=gettext("A refill request was entered."), at=at)
