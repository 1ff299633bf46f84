"""What is pressed at a paper: take in, name and route, sign or done, back to nobody's, no patient's paper."""

from collections.abc import Callable
from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from carewright.core.store.model import Conflict, KeyTaken
from carewright.shell import runtime, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.shell.uploads import takes_files, too_large
from carewright.skills.incoming import actions, queries
from carewright.skills.incoming.model import CameAs, NotPossible, NotTaken, Paper
from carewright.skills.incoming.rules import LARGEST_BYTES
from carewright.workspaces.incoming.forms import FinishForm, NamingForm, ReasonForm, UploadForm
from carewright.workspaces.incoming.views import naming_form, show_paper, show_papers, versions_of


@takes_files(up_to=LARGEST_BYTES)
@require_POST
@needs("incoming.sort")
def upload(request: CareRequest) -> HttpResponse:
    """Take a file in; one that came before leads to its paper."""
    here, now = whose.context_of(request, patient=""), request.store.clock.wall()
    form = UploadForm(request.POST, files=request.FILES, too_large=too_large(request), here=here, now=now)
    if not form.is_valid():
        return _not_here(request, form, reverse("incoming")) or show_papers(request, form=form, status=422)
    try:
        taken = actions.take_in(
            request.writer(), blobs=runtime.blobs(), sent=form.cleaned_data["paper"].read(),
            came_as=CameAs(form.cleaned_data["came_as"]), at=request.care.now, site=request.access.site or "",
        )  # fmt: skip
    except NotTaken as refused:
        form.add_error(None, say(refused.reason))
        return show_papers(request, form=form, status=422)
    return redirect("incoming-paper", taken.ref.id) if taken.ref else redirect("incoming")


@require_POST
@needs("incoming.sort")
def route(request: CareRequest, paper_id: str) -> HttpResponse:
    """Say what it is and who sees to it."""

    def make(paper: Paper) -> ContextForm:
        patient = paper.patient.removeprefix("Patient/")
        return naming_form(request, paper, patient=patient, data=request.POST, must=True)

    def act(form: ContextForm, version: int) -> None:
        naming = cast(NamingForm, form).naming
        if naming is not None:
            actions.name_and_route(
                request.writer(), paper_id=paper_id, version=version, naming=naming, form_key=form.idempotency_key
            )

    return _step(request, paper_id, "route", make, act)


@require_POST
@needs("incoming.sort")
def finish(request: CareRequest, paper_id: str) -> HttpResponse:
    """Signed, or seen to."""

    def act(form: ContextForm, version: int) -> None:
        actions.finish(
            request.writer(), paper_id=paper_id, version=version, at=request.care.now,
            note=form.cleaned_data["note"], form_key=form.idempotency_key,
        )  # fmt: skip

    return _step(request, paper_id, "finish", _maker(request, FinishForm, "finish"), act)


@require_POST
@needs("incoming.sort")
def unmatch(request: CareRequest, paper_id: str) -> HttpResponse:
    """Out of the wrong chart, and nobody's again."""

    def act(form: ContextForm, version: int) -> None:
        actions.move(
            request.writer(), paper_id=paper_id, version=version, why=form.cleaned_data["why"],
            form_key=form.idempotency_key,
        )  # fmt: skip

    return _step(request, paper_id, "unmatch", _maker(request, ReasonForm, "unmatch"), act)


@require_POST
@needs("incoming.sort")
def drop(request: CareRequest, paper_id: str) -> HttpResponse:
    """No patient's paper."""

    def act(form: ContextForm, version: int) -> None:
        actions.drop(
            request.writer(), paper_id=paper_id, version=version, why=form.cleaned_data["why"],
            form_key=form.idempotency_key,
        )  # fmt: skip

    return _step(request, paper_id, "drop", _maker(request, ReasonForm, "drop"), act)


def _maker(request: CareRequest, kind: type[ContextForm], prefix: str) -> Callable[[Paper], ContextForm]:
    """How the form of a step is made for a paper."""

    def make(paper: Paper) -> ContextForm:
        patient = paper.patient.removeprefix("Patient/")
        here = whose.context_of(request, patient=patient, versions=versions_of(paper))
        return kind(request.POST, here=here, now=request.store.clock.wall(), prefix=prefix)

    return make


def _step(
    request: CareRequest, paper_id: str, name: str, make: Callable[[Paper], ContextForm],
    act: Callable[[ContextForm, int], None],
) -> HttpResponse:  # fmt: skip
    """Check the form, take the step over the version that was shown, and go on with the list."""
    paper, _ = queries.paper(request.reader("incoming.step"), paper_id)
    form = make(paper)
    if not form.is_valid() or form.opened is None:
        if answer := _not_here(request, form, reverse("incoming-paper", args=[paper_id])):
            return answer
        if form.problem is not None:
            form.renew(versions=versions_of(paper))
        return show_paper(request, paper_id, forms={name: form}, status=422)
    try:
        act(form, form.opened.versions.get(f"DocumentReference/{paper_id}", 0))
    except KeyTaken:
        return redirect("incoming")
    except NotPossible as lost:
        return show_paper(request, paper_id, wrong=say(lost.reason), status=409)
    except Conflict:
        words = gettext("Someone else changed this paper just now. Nothing of yours was saved. Look whose it is.")
        return show_paper(request, paper_id, wrong=words, status=409)
    return redirect("incoming")


def _not_here(request: CareRequest, form: ContextForm, url: str) -> HttpResponse | None:
    return whose.of_another(request, form, name="incoming", right_url=url)
