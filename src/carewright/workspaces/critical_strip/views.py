"""The strip that follows whoever called from page to page, and the read-back that ends the call."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import NotFound
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.rooms import room_of_visit
from carewright.skills.critical_calls import actions, queries
from carewright.skills.critical_calls.actions import CALL
from carewright.skills.vitals import actions as vitals


@require_GET
@needs(CALL)
def mine(request: CareRequest) -> HttpResponse:
    """The calls that this person has begun: room, whom it rings, since when, whether they answered. No patient."""
    return _strip(request)


@require_POST
@needs(CALL)
def read_back(request: CareRequest, ringing_id: str) -> HttpResponse:
    """Whoever answered said the number back: the call ends, and what holds "ready" is settled."""
    reader = request.reader("critical.read-back")
    rows = reader.rows("task", where={"id": ringing_id})
    if not rows:
        raise NotFound("There is no such call.")
    whom, encounter_id = str(rows[0]["owner"]), str(rows[0]["encounter"])
    name = names_of(reader, [whom]).get(whom, whom)
    at = request.care.now_local.replace(microsecond=0)
    with request.writer().transaction(reason="critical.read-back") as tx:  # or the strip says it before the room does
        actions.plan_read_back(tx, reader, call_id=ringing_id, at=at)
        vitals.plan_tell(tx, reader, encounter_id=encounter_id, whom=whom, name=name, at=at)
    return _strip(request) if "HX-Request" in request.headers else redirect("home")


def _strip(request: CareRequest) -> HttpResponse:
    reader = request.reader("critical.mine")
    found = queries.open_of(reader, by=request.access.actor.reference)
    if not found:
        return HttpResponse("")
    names = names_of(reader, (call.ringing for call in found))
    calls = [(call, names.get(call.ringing, ""), room_of_visit(request, reader, call.encounter)) for call in found]
    return render(request, "critical_strip/strip.html", {"calls": calls})
