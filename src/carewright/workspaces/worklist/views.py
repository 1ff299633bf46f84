"""Next for you: the page, the list alone when something changed, and the steps that need no words."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from carewright.core.work import actions
from carewright.core.work.model import WorkTask
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.refusals import for_script
from carewright.workspaces.worklist import reading

STEPS: dict[str, Callable[..., WorkTask]] = {
    "take": actions.take,
    "start": actions.start,
    "put-back": actions.put_back,
    "resume": actions.resume,
}
"""Steps that take the version of the task that was seen."""


@require_GET
@needs("work.do")
def worklist(request: CareRequest) -> HttpResponse:
    """What is next for whoever is signed in, and why."""
    return render(request, "worklist/worklist.html", _values(request))


@require_GET
@needs("work.do")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when a task has changed."""
    return render(request, "worklist/list.html", _values(request))


@require_POST
@needs("work.do")
def step(request: CareRequest, task_id: str) -> HttpResponse:
    """I've got it, start, done, put back, go on, pin. The page that asked stays; without scripts, the task opens."""
    name = request.POST.get("step", "")
    if name not in (*STEPS, "done", "pin"):
        return HttpResponse(gettext("Choose what to do with the task."), status=422)
    take(request, name, task_id)
    if for_script(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "worklist:changed"})
    return redirect("worklist") if name == "done" else redirect("worklist-task", task_id)


def take(request: CareRequest, name: str, task_id: str) -> None:
    """One step of a task; NotFound, Conflict, AccessDenied, lifecycle.NotNow."""
    writer = request.writer()
    version = request.POST.get("version", "")
    seen = int(version) if version.isdigit() else None
    if name == "done":
        actions.done(writer, task_id=task_id, at=request.care.now, version=seen)
    elif name == "pin":
        actions.pin(writer, task_id=task_id)
    else:
        STEPS[name](writer, task_id=task_id, version=seen)


def _values(request: CareRequest) -> dict[str, Any]:
    everything = request.GET.get("all") == "1"
    return {"worklist": reading.worklist(request, everything=everything), "everything": everything}
