"""Whose a paper is: the search, and the second look at name and birth date, without which nothing goes into a chart."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from carewright.core.store.model import Conflict, KeyTaken
from carewright.shell import whose
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.incoming import actions, queries
from carewright.skills.incoming.model import ENDS, NotPossible, Paper, Stage
from carewright.skills.registration import queries as registration
from carewright.workspaces.incoming import reading
from carewright.workspaces.incoming.forms import NamingForm, ReasonForm
from carewright.workspaces.incoming.views import naming_form, show_paper, versions_of

FOUND_SHOWN = 8
SOMEBODY_WAS_FASTER = gettext_noop(
    "Someone else changed this paper just now. Nothing of yours was saved. Look whose it is."
)


@require_POST
@needs("incoming.sort")
def find(request: CareRequest, paper_id: str) -> HttpResponse:
    """The patients that were meant, perhaps; what is typed goes by POST, so that no address holds it."""
    reader = request.reader("incoming.find")
    paper, _ = queries.paper(reader, paper_id)
    typed = request.POST.get("q", "").strip()
    found = registration.find(reader, typed, count=FOUND_SHOWN) if typed else []
    values = {"typed": typed, "hits": [reading.hit(request, one, here=paper.patient) for one in found]}
    if "HX-Request" in request.headers:
        return render(request, "incoming/found.html", {**values, "paper": paper})
    return show_paper(request, paper_id, found=values)


@require_http_methods(["GET", "POST"])
@needs("incoming.sort")
def match(request: CareRequest, paper_id: str, patient_id: str) -> HttpResponse:
    """The second look, and then into the chart; of a paper in another chart, with the reason for the move."""
    reader = request.reader("incoming.match")
    paper, _ = queries.paper(reader, paper_id)
    patient, _ = registration.whole(reader, patient_id)
    patient_id = patient.id
    if paper.stage in ENDS - {Stage.FILED} or reader.are_one(paper.patient.removeprefix("Patient/"), patient_id):
        return redirect("incoming-paper", paper_id)
    data = request.POST if request.method == "POST" else None
    if paper.patient and data is not None and "why" not in data:  # the second look was at a paper of nobody's
        return show_paper(request, paper_id, wrong=gettext(SOMEBODY_WAS_FASTER), status=409)
    if paper.patient:
        return _move(request, paper, patient_id, _reason_form(request, paper, patient_id, data))
    form = naming_form(request, paper, patient=patient_id, data=data, must=False)
    if request.method == "GET":
        return _second_look(request, paper, patient_id, form)
    if not form.is_valid() or form.opened is None:
        return _not_here(request, form, paper_id) or _second_look(request, paper, patient_id, form, status=422)
    try:
        actions.match(
            request.writer(), paper_id=paper_id, patient_id=patient_id, naming=form.naming,
            version=form.opened.versions[f"DocumentReference/{paper_id}"], form_key=form.idempotency_key,
        )  # fmt: skip
    except (Conflict, KeyTaken, NotPossible) as lost:
        return _lost(request, paper_id, lost)
    return redirect("incoming") if form.naming else redirect("incoming-paper", paper_id)


def _move(request: CareRequest, paper: Paper, patient_id: str, form: ReasonForm) -> HttpResponse:
    if request.method == "GET":
        return _second_look(request, paper, patient_id, form)
    if not form.is_valid() or form.opened is None:
        return _not_here(request, form, paper.id) or _second_look(request, paper, patient_id, form, status=422)
    try:
        moved = actions.move(
            request.writer(), paper_id=paper.id, patient_id=patient_id, why=form.cleaned_data["why"],
            version=form.opened.versions[f"DocumentReference/{paper.id}"], form_key=form.idempotency_key,
        )  # fmt: skip
    except (Conflict, KeyTaken, NotPossible) as lost:
        return _lost(request, paper.id, lost)
    return redirect("incoming-paper", moved.id)


def _second_look(
    request: CareRequest, paper: Paper, patient_id: str, form: NamingForm | ReasonForm, *, status: int = 200
) -> HttpResponse:
    reader = request.reader("incoming.match")
    patient, _ = registration.whole(reader, patient_id)
    before = registration.whole(reader, paper.patient.removeprefix("Patient/"))[0] if paper.patient else None
    if form.problem is not None:
        form.renew(versions=versions_of(paper))
    values = {
        **reading.shown(request, paper),
        "hit": reading.hit(request, patient),
        "before": reading.hit(request, before) if before else None,
        "form": form,
    }
    return render(request, "incoming/second_look.html", values, status=status)


def _reason_form(request: CareRequest, paper: Paper, patient_id: str, data: object) -> ReasonForm:
    here = whose.context_of(request, patient=patient_id, versions=versions_of(paper))
    return ReasonForm(data, here=here, now=request.store.clock.wall())


def _lost(request: CareRequest, paper_id: str, lost: Conflict | KeyTaken | NotPossible) -> HttpResponse:
    """Somebody was faster: the paper as it stands now, and what happened in words."""
    if isinstance(lost, KeyTaken):
        return redirect("incoming-paper", paper_id)
    words = say(lost.reason) if isinstance(lost, NotPossible) else gettext(SOMEBODY_WAS_FASTER)
    return show_paper(request, paper_id, wrong=words, status=409)


def _not_here(request: CareRequest, form: NamingForm | ReasonForm, paper_id: str) -> HttpResponse | None:
    return whose.of_another(request, form, name="incoming", right_url=reverse("incoming-paper", args=[paper_id]))
