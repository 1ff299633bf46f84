"""Asking the MA of a visit, the pop-up on their screen, and the two answers to it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.work.lifecycle import NotNow
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.refusals import for_script
from carewright.shell.rooms import room_of_visit
from carewright.shell.saying import term_words
from carewright.shell.seen import mark_of
from carewright.shell.viewer import viewer_of
from carewright.skills.asks import actions, queries
from carewright.skills.asks.codes import JOB
from carewright.skills.visit import queries as visits
from carewright.workspaces.asking import reading

SHOWN = 3
"""Pop-ups above a page; the others stand on the list of whoever may take them."""
CHANGED = "asks:changed"


@require_GET
@needs("asks.see")
def asks(request: CareRequest, encounter_id: str) -> HttpResponse:
    """What was asked for at a visit, and the jobs to ask for; a part of other pages, or a page of its own."""
    return _show(request, encounter_id)


@require_POST
@needs(actions.ASK)
def ask(request: CareRequest, encounter_id: str) -> HttpResponse:
    """Ask the MA of the visit for a job."""
    job = JOB.get(request.POST.get("job", ""))
    if job is None:
        return _show(request, encounter_id, status=422)
    reader = request.reader("asks.ask")
    found = visits.open_visit(reader, encounter_id)
    asked = reading.asked(request, reader, found, job)
    actions.ask(request.writer(), asked=asked, at=request.care.now, labels=found.labels)
    return _show(request, encounter_id) if for_script(request) else redirect("asks", encounter_id)


@require_GET
@needs(actions.ANSWER)
def mine(request: CareRequest) -> HttpResponse:
    """What calls this person: rooms and jobs, nothing else. 204 where the page has them (`seen`)."""
    reader = request.reader("asks.mine")
    found = queries.calling(reader, viewer_of(request, reader), now=request.care.now)
    seen = mark_of(item.id for item in found)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    calls = [
        (item.id, room_of_visit(request, reader, item.encounter), term_words(JOB[item.code].display))
        for item in found[:SHOWN]
    ]
    return render(request, "asking/strip.html", {"calls": calls, "more": len(found) - len(calls), "seen": seen})


@require_POST
@needs(actions.ANSWER)
def on_it(request: CareRequest, task_id: str) -> HttpResponse:
    """This person does it; where somebody was faster, it only leaves the screen."""
    try:
        actions.on_it(request.writer(), task_id=task_id, at=request.care.now)
    except NotNow:
        if not for_script(request):
            raise
    return _answered(request)


@require_POST
@needs(actions.ANSWER)
def cannot(request: CareRequest, task_id: str) -> HttpResponse:
    """This person cannot; it goes to the others."""
    try:
        actions.cannot(request.writer(), task_id=task_id, at=request.care.now)
    except NotNow:
        if not for_script(request):
            raise
    return _answered(request)


def _answered(request: CareRequest) -> HttpResponse:
    if for_script(request):
        return HttpResponse(status=204, headers={"HX-Trigger": CHANGED})
    return redirect("worklist")


def _show(request: CareRequest, encounter_id: str, *, status: int = 200) -> HttpResponse:
    part = "asking/panel.html" if for_script(request) else "asking/page.html"
    return render(request, part, reading.panel(request, encounter_id), status=status)
