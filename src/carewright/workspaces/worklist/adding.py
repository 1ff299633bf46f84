"""A new task, with one key from every page: what, who, by when."""

from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from carewright.core.store.model import KeyTaken, NotFound
from carewright.core.work import actions
from carewright.core.work.model import OTHER, Priority, WorkTask
from carewright.shell import drafts, whose
from carewright.shell.banner import PatientBanner
from carewright.shell.by_when import later
from carewright.shell.components import toast
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.refusals import for_script
from carewright.shell.saying import term_words
from carewright.shell.whom import whom, whom_choices
from carewright.skills.asks.codes import JOB, JOBS
from carewright.skills.scheduling import people
from carewright.workspaces.banner import about
from carewright.workspaces.worklist.forms import WORKING, AddForm

DRAFT = "task-add"


@require_http_methods(["GET", "POST"])
@needs("work.do")
def add(request: CareRequest) -> HttpResponse:
    """The form of a new task, about the patient whose page it was opened on or about nobody."""
    data = request.POST if request.method == "POST" else None
    patient_id = whose.standing(request, str((data if data is not None else request.GET).get("patient", "")))
    banner = _banner(request, patient_id)
    patient_id = patient_id if banner else ""
    form = _form(request, patient_id, data)
    if data is None or not form.is_valid():
        if data is not None:
            elsewhere = whose.of_another(request, form, name=DRAFT, right_url=request.path)
            if elsewhere is not None:
                return elsewhere
        return _show(request, form, patient_id, banner, status=200 if data is None else 422)
    with suppress(KeyTaken):  # sent twice; the first sending is there
        actions.add(request.writer(), task=_task(request, form, patient_id), form_key=form.idempotency_key)
    drafts.done(request, form=DRAFT, patient=patient_id)
    if for_script(request):
        return toast(HttpResponse(status=204), gettext("The task was added."))
    return redirect("worklist")


def _task(request: CareRequest, form: AddForm, patient_id: str) -> WorkTask:
    person, pool = whom(form.cleaned_data["to"])
    return WorkTask(
        code=JOB.get(form.cleaned_data["job"], OTHER),
        words=form.cleaned_data["words"].strip(),
        priority=Priority(form.cleaned_data["priority"]),
        patient=f"Patient/{patient_id}" if patient_id else "",
        site=request.access.site or "",
        owner=person,
        pool=pool,
        due_at=later(form.cleaned_data["due"], request.care.now_local).replace(microsecond=0),
    )


def _form(request: CareRequest, patient_id: str, data: Any) -> AddForm:
    offer = drafts.offer(request, form=DRAFT, patient=patient_id) if data is None else None
    names = people.names(request.reader("worklist.add"))
    return AddForm(
        data,
        here=whose.context_of(request, patient=patient_id),
        now=request.store.clock.wall(),
        at=request.care.now_local,
        choices={"to": whom_choices(names, me=request.access.actor.reference, roles=WORKING), "job": _jobs()},
        auto_id="new-task-%s",
        initial={name: values[0] for name, values in offer.values.items()} if offer else {},
    )


def _jobs() -> list[tuple[str, str]]:
    """The jobs that a pop-up can name."""
    return [("", term_words(OTHER.display)), *((job.code, term_words(job.display)) for job in JOBS)]


def _banner(request: CareRequest, patient_id: str) -> PatientBanner | None:
    """Whom the task is about; None for nobody, or somebody who may not be seen."""
    try:
        return about(request, request.reader("worklist.add"), patient_id).banner if patient_id else None
    except NotFound:
        return None


def _show(
    request: CareRequest, form: AddForm, patient_id: str, banner: PatientBanner | None, *, status: int
) -> HttpResponse:
    if form.problem is not None:
        form.renew()
    part = "worklist/add_form.html" if for_script(request) else "worklist/add.html"
    values = {"form": form, "patient": patient_id, "banner": banner, "in_dialog": for_script(request)}
    return render(request, part, values, status=status)
