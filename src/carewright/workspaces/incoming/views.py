"""The pages of papers: what waits, one paper beside what is to be done with it, the papers of a patient, the file."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from carewright.shell import runtime, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.incoming import queries
from carewright.skills.incoming.model import ENDS, Paper, Stage
from carewright.skills.incoming.rules import kind_of
from carewright.skills.registration import queries as registration
from carewright.workspaces.banner import about
from carewright.workspaces.incoming import reading
from carewright.workspaces.incoming.forms import PROVIDER, FinishForm, NamingForm, ReasonForm, UploadForm

FILE_POLICY = (
    "default-src 'none'; object-src 'self'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)


@require_GET
@needs("incoming.see")
def papers(request: CareRequest) -> HttpResponse:
    """What waits, the oldest first, and the form to take another in."""
    return show_papers(request)


@require_GET
@needs("incoming.see")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when something of it has changed."""
    return render(request, "incoming/list.html", {"groups": reading.waiting(request)})


@require_GET
@needs("incoming.see")
def paper(request: CareRequest, paper_id: str) -> HttpResponse:
    """One paper, and what is to be done with it."""
    return show_paper(request, paper_id)


@require_GET
@needs("incoming.see")
def of_patient(request: CareRequest, patient_id: str) -> HttpResponse:
    """The papers in a patient's chart, with those that were there by mistake."""
    reader = request.reader("incoming.patient")
    patient = about(request, reader, patient_id)
    lines = reading.of_patient(request, reader, registration.charts_of(patient.resource))
    return render(request, "incoming/patient.html", {"banner": patient.banner, "lines": lines})


@require_GET
@needs("incoming.see")
def file(request: CareRequest, paper_id: str) -> HttpResponse:
    """The file, for the frame of its page alone. No cache keeps it: it must not outlive the sign-on.

    Its type is what its bytes said when it came. It may run nothing and load nothing; a PDF is drawn by the browser,
    which refuses to in a sandbox.
    """
    content = queries.content(request.reader("incoming.file"), runtime.blobs(), paper_id)
    answer = HttpResponse(content.data, content_type=content.content_type)
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = "inline"
    answer["Content-Security-Policy"] = FILE_POLICY
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def show_papers(request: CareRequest, *, form: UploadForm | None = None, status: int = 200) -> HttpResponse:
    """The list with the form as it was sent, or a fresh one."""
    if form is not None and form.problem is not None:
        form.renew()
    here = whose.context_of(request, patient="")
    values = {
        "groups": reading.waiting(request),
        "form": form or UploadForm(here=here, now=request.store.clock.wall()),
    }
    return render(request, "incoming/papers.html", values, status=status)


def show_paper(
    request: CareRequest, paper_id: str, *, forms: dict[str, ContextForm] | None = None, status: int = 200,
    found: dict[str, Any] | None = None, wrong: str = "",
) -> HttpResponse:  # fmt: skip
    """One paper; `forms` are those that were sent and are shown again, `found` what a search found."""
    reader = request.reader("incoming.paper")
    paper, _ = queries.paper(reader, paper_id)
    patient = about(request, reader, paper.patient.removeprefix("Patient/")) if paper.patient else None
    values = {
        **reading.shown(request, paper),
        "banner": patient.banner if patient else None,
        "patient_id": patient.patient.id if patient else "",
        "forms": _forms(request, paper) | (forms or {}),
        "may_sign": request.access.may_do("incoming.sign"),
        "has_ended": paper.stage in ENDS,
        "wrong": wrong,
        **(found or {}),
    }
    return render(request, "incoming/paper.html", values, status=status)


def naming_form(request: CareRequest, paper: Paper, *, patient: str, data: Any = None, must: bool) -> NamingForm:
    """The form for what a paper is and who sees to it, filled with what is known."""
    here = whose.context_of(request, patient=patient, versions=versions_of(paper))
    route = f"{PROVIDER}{paper.to}" if paper.to else paper.route.value if paper.route else ""
    return NamingForm(
        data, here=here, now=request.store.clock.wall(), must=must,
        providers=reading.providers(request, request.reader("incoming.providers")),
        initial={"kind": kind_of(paper), "route": route, "title": paper.title},
    )  # fmt: skip


def versions_of(paper: Paper) -> dict[str, int]:
    """What was read of a paper, for the forms about it."""
    return {f"DocumentReference/{paper.id}": paper.version}


def _forms(request: CareRequest, paper: Paper) -> dict[str, ContextForm]:
    """The forms that a paper needs where it stands."""
    patient = paper.patient.removeprefix("Patient/")
    here, now = whose.context_of(request, patient=patient, versions=versions_of(paper)), request.store.clock.wall()
    found: dict[str, ContextForm] = {}
    if paper.stage in (Stage.NAME, Stage.SIGN, Stage.ACT):
        found["route"] = naming_form(request, paper, patient=patient, must=True)
    if paper.stage in (Stage.SIGN, Stage.ACT):
        found["finish"] = FinishForm(here=here, now=now, prefix="finish")
    if paper.stage is Stage.MATCH:
        found["drop"] = ReasonForm(here=here, now=now, prefix="drop")
    elif paper.stage not in ENDS or paper.stage is Stage.FILED:
        found["unmatch"] = ReasonForm(here=here, now=now, prefix="unmatch")
    return found
