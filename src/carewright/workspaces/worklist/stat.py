"""STAT calls on every page, by room and job; taking one parks the page that somebody is on."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_GET, require_POST

from carewright.core.store.model import Conflict
from carewright.core.store.reader import Reader
from carewright.core.store.store import Store
from carewright.core.work import actions, queries
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import OTHER
from carewright.core.work.priority import Item
from carewright.shell import parking
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import term_words
from carewright.shell.seen import mark_of
from carewright.shell.viewer import viewer_of
from carewright.workspaces.worklist import reading

SHOWN = 2
"""Calls above a page; the others are counted, and stand first on the list of whoever may take them."""


@require_GET
@needs("work.do")
def calls(request: CareRequest) -> HttpResponse:
    """The STAT tasks that call this person: rooms and jobs, nothing else. 204 where the page has them (`seen`)."""
    reader = request.reader("worklist.stat")
    found = queries.stat_items(reader, viewer_of(request, reader), now=request.care.now)
    seen = mark_of(item.id for item in found)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    shown = [(item, _room(request, reader, item), job_words(request.store, item.code)) for item in found[:SHOWN]]
    return render(request, "worklist/stat.html", {"calls": shown, "more": len(found) - len(shown), "seen": seen})


@require_POST
@needs("work.do")
def answer(request: CareRequest, task_id: str) -> HttpResponse:
    """Take it: the page that was open is parked, and the task's page opens.

    Somebody who was slower is brought back to their own page and field, with what they had typed.
    """
    place = parking.place_of(request)
    try:
        actions.start(request.writer(), task_id=task_id)
    except (Conflict, NotNow):
        if place is None:
            raise
        return redirect(place.address)
    if place is not None:
        parking.park(request, replace(place, words=_place_words(request, place.path)))
    return redirect("worklist-task", task_id)


def job_words(store: Store, code: str) -> str:
    """What kind of task it is, never the words that somebody typed for it."""
    known = (task for manifest in store.registry.manifests for task in manifest.task_codes)
    return term_words(next((task.display for task in known if task.code == code), OTHER.display))


def _place_words(request: CareRequest, path: str) -> str:
    """What a page is called on the way back: the room of its visit, or its workspace; "" where it has neither."""
    try:
        found = resolve(path)
    except Resolver404:
        return ""
    visit = next((str(found.kwargs[name]) for name in ("encounter_id", "visit_id") if name in found.kwargs), "")
    if visit:
        rows = request.reader("worklist.park").rows("visit", where={"id": visit})
        here = next((reading.Here(encounter=visit, room=str(row["room"] or "")) for row in rows), None)
        return reading.room_name(request, here)
    return next((entry.label for entry in request.care.nav if path.startswith(entry.url)), "")


def _room(request: CareRequest, reader: Reader, item: Item) -> str:
    rows = reader.rows("visit", where={"patient": item.patient, "is_open": 1}) if item.patient else []
    here = next((reading.Here(encounter=str(row["id"]), room=str(row["room"] or "")) for row in rows), None)
    return reading.room_name(request, here)
