"""What is pressed on the board: one action each, with the version that the screen showed.

The answer changes nothing on the page itself; it tells it to ask for what changed, as a change by anybody else does.
"""

import contextlib
import json

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from carewright.core.access.model import Role
from carewright.core.store.model import Conflict, StoreError
from carewright.shell.components import Level, Notice
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.skills.protocols import actions as protocols
from carewright.skills.registration.codes import MASK_NOW
from carewright.skills.rooms import actions as room_actions
from carewright.skills.visit import actions as visit_actions
from carewright.skills.visit import queries as visit_queries
from carewright.skills.visit.model import NotAllowed
from carewright.workspaces.board.views import room_context, visit_context

CHANGED = "board:changed"
ASSISTANTS = frozenset({Role.MA, Role.LEAD_MA})


@require_POST
@needs("visit.step")
def step(request: CareRequest, visit_id: str) -> HttpResponse:
    """Take a step of the state table; rooming names the room."""
    room = request.POST.get("room", "")
    try:
        visit_actions.take_step(
            request.writer(),
            encounter_id=visit_id,
            action=request.POST.get("action", ""),
            at=request.care.now,
            version=_version(request),
            room=f"Location/{room}" if room else None,
        )
    except (Conflict, NotAllowed) as error:
        return _stands(request, visit_id, error)
    if request.POST.get("action") == "start_rooming":
        _after_rooming(request, visit_id, room)
    return _done(request)


@require_POST
@needs("visit.step")
def move(request: CareRequest, visit_id: str) -> HttpResponse:
    """The patient goes to another room."""
    try:
        visit_actions.move_to_room(
            request.writer(),
            encounter_id=visit_id,
            room=f"Location/{request.POST.get('room', '')}",
            at=request.care.now,
            version=_version(request),
        )
    except Conflict as error:
        return _stands(request, visit_id, error)
    return _done(request)


@require_POST
@needs("visit.step")
def take(request: CareRequest, visit_id: str) -> HttpResponse:
    """ "I've got it": this person is the medical assistant of the visit."""
    try:
        visit_actions.assign(
            request.writer(),
            encounter_id=visit_id,
            version=_version(request),
            assistant=request.access.actor.reference,
        )
    except Conflict as error:
        return _stands(request, visit_id, error)
    return _done(request)


@require_POST
@needs("rooms.wait")
def start_wait(request: CareRequest, visit_id: str) -> HttpResponse:
    """Start a wait of the clinic's."""
    found = visit_queries.open_visit(request.reader("board.wait"), visit_id)
    room_actions.start_wait(
        request.writer(),
        encounter_id=visit_id,
        patient=found.visit.patient,
        code=request.POST.get("code", ""),
        at=request.care.now,
    )
    return _done(request)


@require_POST
@needs("rooms.wait")
def end_wait(request: CareRequest, wait_id: str) -> HttpResponse:
    """The wait is over, or was started by mistake."""
    end = room_actions.cancel_wait if request.POST.get("by_mistake") else room_actions.end_wait
    end(request.writer(), wait_id=wait_id, at=request.care.now, version=_version(request))
    return _done(request)


@require_POST
@needs("rooms.turn-over")
def room_step(request: CareRequest, room_id: str) -> HttpResponse:
    """Cleaned, stocked, ready, closed."""
    try:
        room_actions.set_state(
            request.writer(),
            room_id=room_id,
            action=request.POST.get("action", ""),
            at=request.care.now,
            version=_version(request),
        )
    except Conflict:
        context = {**room_context(request, room_id), "notice": _someone_else()}
        return _into_dialog(render(request, "board/room.html", context, status=409))
    return _done(request)


def _version(request: CareRequest) -> int:
    """The version that the screen showed; 0, which is never current, where there is none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else 0


def _after_rooming(request: CareRequest, visit_id: str, room: str) -> None:
    """Whoever rooms has got it, if nobody has; a masked patient's room wants the longer cleaning.

    Both are conveniences: if somebody else was faster, theirs stands. And the visit gets what its protocols bring, as
    far as check-in did not know of it.
    """
    with contextlib.suppress(StoreError):  # the patient is in the room all the same
        protocols.apply_to_visit(
            request.writer(), encounter_id=visit_id, at=request.care.now_local, site=request.access.site or ""
        )
    if _masked(request, visit_id):
        with contextlib.suppress(Conflict):
            room_actions.use_masked(request.writer(), room_id=room, at=request.care.now)
    found = visit_queries.open_visit(request.reader("board.take"), visit_id)
    if found.visit.assistant is None and request.access.roles & ASSISTANTS:
        with contextlib.suppress(Conflict):
            visit_actions.assign(
                request.writer(),
                encounter_id=visit_id,
                version=found.version,
                assistant=request.access.actor.reference,
            )


def _masked(request: CareRequest, visit_id: str) -> bool:
    reader = request.reader("board.masked")
    patient = visit_queries.open_visit(reader, visit_id).visit.patient.removeprefix("Patient/")
    return any(row["code"] == MASK_NOW.code for row in reader.rows("flag", where={"patient": patient}))


def _done(request: CareRequest) -> HttpResponse:
    """Nothing to show: the page asks for what changed. Without scripts, the board."""
    if "HX-Request" not in request.headers:
        return redirect("board")
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({CHANGED: {"close": True}})
    return response


def _stands(request: CareRequest, visit_id: str, error: Conflict | NotAllowed) -> HttpResponse:
    """Somebody else was faster, or the step is held: what stands now, with the steps that are open now."""
    context = visit_context(request, visit_id)
    if isinstance(error, NotAllowed) and context["version"] == _version(request):
        context["notice"] = Notice(text=say(error.reason), level=Level.WARN)
    else:
        context["notice"] = _someone_else()
    return _into_dialog(render(request, "board/visit.html", context, status=409))


def _someone_else() -> Notice:
    return Notice(text=gettext("Someone else changed this. This is how it stands now."), level=Level.WARN)


def _into_dialog(response: HttpResponse) -> HttpResponse:
    response["HX-Retarget"], response["HX-Reswap"] = "#board-dialog-body", "innerHTML"
    response["HX-Trigger"] = json.dumps({CHANGED: {}})
    return response
