"""The pages of a call for help: the call, the pop-up of every screen, the answers, the record."""

from dataclasses import replace
from hashlib import blake2b
from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from carewright.core.access.identity import access_of
from carewright.core.access.model import READ, Access
from carewright.shell.permissions import CareRequest, needs, on_locked_screens
from carewright.shell.refusals import for_script
from carewright.skills.emergency import actions, queries
from carewright.skills.emergency.codes import AED, CODE_TEAM, HELP, OXYGEN, SECURITY
from carewright.skills.emergency.queries import OpenCall


def job_words() -> dict[str, str]:
    """Who is needed, by code, in the reader's language."""
    return {
        HELP.code: gettext("Needs help now"),
        CODE_TEAM.code: gettext("Code team"),
        AED.code: gettext("Bring the AED"),
        OXYGEN.code: gettext("Bring oxygen"),
        SECURITY.code: gettext("Security"),
    }


@require_POST
@needs("emergency.call")
def call(request: CareRequest) -> HttpResponse:
    """Call for help. The page that called stays as it is; without scripts, the record opens."""
    room = next((room for room in request.care.rooms if room.value == request.POST.get("room")), None)
    job = request.POST.get("job", "")
    if room is None or job not in job_words() or request.access.site is None:
        return HttpResponse(gettext("Choose the room and who is needed."), status=422)
    ref = actions.call_for_help(
        request.writer(), site=request.access.site, room=room.value, room_name=room.label, job=job,
        at=request.store.now(),
    )  # fmt: skip
    if not for_script(request):
        return redirect("emergency-record", call_id=ref.id)
    return HttpResponse(status=204, headers={"HX-Trigger": "live:emergency"})


@require_GET
@on_locked_screens
def open_calls(request: CareRequest) -> HttpResponse:
    """What every screen of the site shows: rooms and jobs. 204 where the page has it already (`seen`)."""
    return _pop_up(request)


@require_POST
@needs("emergency.call")
def coming(request: CareRequest, call_id: str) -> HttpResponse:
    """I'm coming."""
    actions.answer(request.writer(), call_id=call_id, at=request.store.now())
    return _after(request, call_id)


@require_POST
@needs("emergency.call")
def over(request: CareRequest, call_id: str) -> HttpResponse:
    """It is over."""
    actions.end(request.writer(), call_id=call_id, at=request.store.now())
    return _after(request, call_id)


@require_POST
@needs("emergency.call")
def note(request: CareRequest, call_id: str) -> HttpResponse:
    """A line of the record."""
    if words := request.POST.get("words", "").strip():
        actions.note(request.writer(), call_id=call_id, words=words, at=request.store.now())
    return redirect("emergency-record", call_id=call_id)


@require_GET
@needs("emergency.see")
def record(request: CareRequest, call_id: str) -> HttpResponse:
    """The timed record of one call."""
    found = queries.record(request.reader("emergency.record"), call_id)
    return render(request, "emergency/record.html", {"call": found, "job": job_words()[found.job]})


def _after(request: CareRequest, call_id: str) -> HttpResponse:
    return _pop_up(request) if for_script(request) else redirect("emergency-record", call_id=call_id)


def _pop_up(request: CareRequest) -> HttpResponse:
    found = _open_at(request)
    seen = _digest(found)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    words = job_words()
    calls = [(entry, words.get(entry.job, "")) for entry in found]
    mine = request.signed_on.display
    return render(
        request,
        "emergency/pop_up.html",
        {"calls": calls, "seen": seen, "mine": mine, "locked": request.signed_on.locked},
    )


def _open_at(request: CareRequest) -> list[OpenCall]:
    """The open calls of the site. Rooms and jobs are for every role, and for a locked screen too."""
    site = request.signed_on.site
    if site is None:
        return []
    whose = cast(Access | None, request.access) or access_of(
        replace(request.signed_on, locked_at=None), request.store.registry
    )
    only = replace(whose, grants={"Task": READ})
    with request.store.reader(only, reason="emergency.open") as reader:
        return queries.open_calls(reader, site=site)


def _digest(calls: list[OpenCall]) -> str:
    said = "|".join(f"{call.id} {len(call.coming)}" for call in calls)
    return blake2b(said.encode(), digest_size=8).hexdigest()
