"""What is pressed at a task that a protocol brought to the visit (brought.py)."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from carewright.core.sentences import sentence
from carewright.core.store.model import NotFound
from carewright.core.work import actions as work
from carewright.core.work.lifecycle import NotNow
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.standing_orders import actions as standing_orders
from carewright.workspaces.rooming import brought, page
from carewright.workspaces.rooming.brought import Brought
from carewright.workspaces.rooming.page import Rooming


@require_POST
@needs("rooming.open")
def step(request: CareRequest, encounter_id: str, task_id: str) -> HttpResponse:
    """Done, not done after all, or a provider is asked for an order; `do` says which."""
    rooming = page.load(request, encounter_id)
    form = ContextForm(request.POST, here=page.context(request, rooming), now=request.store.clock.wall())
    key = request.POST.get("key", "")
    back = reverse(
        "rooming-step", args=[encounter_id, key if key in {line.key for line in rooming.lines} else "identity"]
    )
    if not form.is_valid():
        return whose.of_another(request, form, name="rooming", right_url=back) or redirect(back)
    one = next((found for found in brought.listed(request, rooming) if found.task.id == task_id), None)
    if one is None and brought.has_ended(request, rooming, task_id):
        raise NotNow(sentence("The visit ended without it. Open the visit again if it is to be done after all."))
    if one is None:
        raise NotFound("No protocol brought this to the visit.")
    version = request.POST.get("version", "")
    _take(request, rooming, one, seen=int(version) if version.isascii() and version.isdigit() else one.version)
    return redirect(back)


def _take(request: CareRequest, rooming: Rooming, one: Brought, *, seen: int) -> None:
    writer, at = request.writer(), request.care.now
    match request.POST.get("do", ""):
        case "again" if one.is_done:
            work.reopen(writer, task_id=one.task.id, version=seen)
        case "ask-order" if one.order and not one.is_done:
            standing_orders.queue_for_signature(
                writer, code=one.task.code, patient=one.task.patient, at=at, encounter=one.task.encounter,
                focus=f"Task/{one.task.id}", site=one.task.site, provider=rooming.found.visit.provider or "",
            )  # fmt: skip
        case "done" if not one.is_done:
            under = one.order.ref if one.order else ""
            work.done(writer, task_id=one.task.id, at=at, under=under, version=seen)
