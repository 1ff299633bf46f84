"""What is pressed on a line: seen to, handed out (under a standing order, which it names), or not seen to after all.

The answer changes nothing on the page itself; it tells it to ask for what changed, as a change by anybody else does.
"""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from carewright.core.store.model import NotFound
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.previsit import actions
from carewright.skills.previsit.actions import Wanted
from carewright.skills.standing_orders import actions as standing_orders
from carewright.workspaces.huddle.lines import Chip
from carewright.workspaces.huddle.reading import Day, read, wanted
from carewright.workspaces.huddle.views import line_of

CHANGED = "huddle:changed"


@require_POST
@needs("previsit.do")
def step(request: CareRequest, appointment_id: str) -> HttpResponse:
    """Take one step with one need of a line; `act` is one of ACTS, `need` the key of the chip."""
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        return HttpResponseBadRequest()
    reader = request.reader("huddle.step")
    day, line = line_of(request, reader, appointment_id)
    chip = next((chip for chip in line.chips if chip.key == request.POST.get("need")), None)
    listed = wanted(read(reader, day, patients=frozenset({line.patient})), day)
    found = next((w for w in listed if chip and w.appointment == line.id and _key(w) == chip.key), None)
    if chip is not None and found is not None:
        act(request, found, chip)
    return _done(request, day)  # a need that is not there any more is what was wanted


def _see_to(request: CareRequest, found: Wanted, chip: Chip) -> None:
    actions.see_to(request.writer(), found, at=request.care.now)


def _hand_out(request: CareRequest, found: Wanted, chip: Chip) -> None:
    """To those who see to it; what needs an order is handed out under a standing order that holds, or not at all."""
    if chip.needs_order and not chip.order:
        raise NotFound("No standing order holds for this.")
    actions.hand_out(request.writer(), found, at=request.care.now, under=chip.order)


def _ask_for_order(request: CareRequest, found: Wanted, chip: Chip) -> None:
    writer = request.writer()
    standing_orders.queue_for_signature(
        writer,
        code=found.need.code,
        patient=f"Patient/{found.patient}",
        at=request.care.now,
        focus=f"Appointment/{found.appointment}",
        site=found.site,
    )


def _not_seen_to(request: CareRequest, found: Wanted, chip: Chip) -> None:
    actions.not_seen_to(request.writer(), found, at=request.care.now)


ACTS: dict[str, Callable[[CareRequest, Wanted, Chip], None]] = {
    "see-to": _see_to,
    "hand-out": _hand_out,
    "ask-for-order": _ask_for_order,
    "not-seen-to": _not_seen_to,
}


def _key(found: Wanted) -> str:
    return f"{found.need.kind}:{found.need.key}"


def _done(request: CareRequest, day: Day) -> HttpResponse:
    """Nothing to show: the page asks for what changed. Without scripts, the huddle."""
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('huddle')}?day={day.on.isoformat()}")
    response = HttpResponse(status=204)
    details: dict[str, Any] = {CHANGED: {}}
    response["HX-Trigger"] = json.dumps(details)
    return response
