"""The pages of the flow board. They read projections only; the parts that change are asked for again by the page."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from carewright.core.clock import Clock
from carewright.core.fhir.dates import interval
from carewright.core.settings import values
from carewright.core.store import consumers
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.shell.components import Chip, Level
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.rooms import queries as room_queries
from carewright.skills.rooms.model import RoomState
from carewright.skills.rooms.rules import WAITS, steps_from
from carewright.skills.scheduling import people
from carewright.skills.visit import queries as visit_queries
from carewright.skills.visit.model import Visit
from carewright.skills.visit.rules import actions_from
from carewright.workspaces.board import reading, rows, words
from carewright.workspaces.board.drawing import address, draw, look_of
from carewright.workspaces.board.reading import Here
from carewright.workspaces.board.thresholds import WAIT_MINUTES

TYPES = frozenset({"Appointment", "Encounter", "Flag", "Location", "Patient", "Task"})
POSITION_DIGITS = 18
"""A position fits the database's integers (64 bits)."""
MOST_CHANGES = 500
"""Feed entries in one answer; a page that missed more gets every row as it stands now, and asks on from now."""
NOT_ROOMS = ("occupy", "vacate", "unoccupy")
"""Steps of a room that follow from its visit and are not pressed."""
DAYS_OF_CHANGES = 50
NEXT_SHOWN = 6
"""Of what waits for a person; the number beside the heading counts all of it."""
MOST_ANNOUNCED = 3


@require_GET
@needs("board.see")
def board(request: CareRequest) -> HttpResponse:
    """The whole board of this site and day."""
    where = reading.here(request.store, request.access, request.care)
    if where is None:
        return render(request, "board/no_site.html")
    position = head(request)
    made = _board(request, request.reader("board.see"), where)
    context = {
        "groups": _groups(request, made),
        "board": made,
        "position": ".".join(map(str, position)),
        "show": request.GET.get("show", ""),
        "chips": _chips(made, request.GET.get("show", "")),
        "providers": sorted({(r.provider, r.provider_name) for r in made.rows if r.provider_name}, key=lambda p: p[1]),
        "mine": request.access.actor.reference,
        **_rail_context(request, made),
    }
    return render(request, "board/board.html", context)


@require_GET
@needs("board.see")
def changes(request: CareRequest) -> HttpResponse:
    """The rows that changed behind `?since=`, for the page to put in their places."""
    where = reading.here(request.store, request.access, request.care)
    since = position_of(request.GET.get("since", ""))
    if where is None or since is None:
        return HttpResponseBadRequest()
    latest = head(request)  # before anything is read: what comes meanwhile is told again, never left out
    reader = request.reader("board.changes")
    entries = reader.feed(after=since, limit=MOST_CHANGES, types=TYPES)
    if not entries:
        return HttpResponse(status=204)
    whole = len(entries) >= MOST_CHANGES or any(
        entry.patient is None and entry.ref.type == "Patient" for entry in entries
    )
    patients = frozenset(entry.patient for entry in entries if entry.patient)
    made = _board(request, reader, where, patients=None if whole else patients)
    visits = {entry.ref.id for entry in entries if entry.ref.type == "Encounter"}
    look = look_of(request.access, request.care)
    context = {
        "rendered": [draw(row, look) for row in made.rows],
        "position": ".".join(map(str, max(latest, entries[-1].position) if whole else entries[-1].position)),
        "whole": whole,
        "rooms": any(entry.ref.type == "Location" for entry in entries),
        "patients": " ".join(sorted(patients)),
        "announcements": _announcements(reader, made, visits, me=request.access.actor.reference),
    }
    return render(request, "board/changes.html", context)


@require_GET
@needs("board.see")
def rail(request: CareRequest) -> HttpResponse:
    """What stands beside the board: what is next, and the rooms."""
    where = reading.here(request.store, request.access, request.care)
    if where is None:
        return HttpResponseNotFound()
    made = _board(request, request.reader("board.rail"), where)
    return render(request, "board/rail.html", _rail_context(request, made))


@require_GET
@needs("board.see")
def visit(request: CareRequest, visit_id: str) -> HttpResponse:
    """One visit in the dialog: every step that this person may take, waits, who changed what."""
    return render(request, "board/visit.html", visit_context(request, visit_id))


@require_GET
@needs("board.see")
def visit_changes(request: CareRequest, visit_id: str) -> HttpResponse:
    """Who changed what of a visit; asked for when the dialog stands, because it reads versions and not rows."""
    reader = request.reader("board.visit-changes")
    found = visit_queries.open_visit(reader, visit_id)
    return render(
        request, "board/visit_changes.html", {"history": history(reader, found.visit, clock=request.store.clock)}
    )


@require_GET
@needs("visit.step")
def choose_room(request: CareRequest, visit_id: str) -> HttpResponse:
    """The rooms that the patient can go into, the clean ones first."""
    context = visit_context(request, visit_id)
    return render(request, "board/choose_room.html", {**context, "choices": _choices(context["made"])})


@require_GET
@needs("board.see")
def room(request: CareRequest, room_id: str) -> HttpResponse:
    """One room in the dialog: where it is in its turnover, and the next step."""
    return render(request, "board/room.html", room_context(request, room_id))


def visit_context(request: CareRequest, visit_id: str) -> dict[str, Any]:
    """What the dialog of a visit shows; NotFound."""
    where = reading.here(request.store, request.access, request.care)
    reader = request.reader("board.visit")
    found = visit_queries.open_visit(reader, visit_id)
    patient = found.visit.patient.removeprefix("Patient/")
    made = _board(request, reader, where) if where else None
    row = next((r for r in made.rows if r.visit == visit_id), None) if made else None
    steps = [
        {"action": step.action, "words": gettext(words.STEPS.get(step.action, step.words)), "back": step.back}
        for step in actions_from(found.visit.status, roles=request.access.roles)
        if step.action not in ("start_rooming", "check_in", "cancel", "mark_no_show")
        and (step.action != "undo_check_in" or found.visit.appointment)
        and (step.action != "remove_walk_in" or not found.visit.appointment)
    ]
    return {
        "made": made,
        "row": row,
        "visit": found.visit,
        "version": found.version,
        "patient_id": patient,
        "name": row.name if row else "",
        "steps": [step for step in steps if not step["back"]],
        "back_steps": [step for step in steps if step["back"]],
        "may_room": any(
            s.action == "start_rooming" for s in actions_from(found.visit.status, roles=request.access.roles)
        ),
        "may_step": request.access.may_do("visit.step"),
        "may_ask": request.access.may_do("asks.ask"),
        "may_wait": request.access.may_do("rooms.wait") and found.visit.room is not None,
        "kinds": WAITS,
        "waits": room_queries.waits(reader, (visit_id,)),
        "chart": address("chart", patient),
        "rooming": address("rooming", visit_id),
        "mine": request.access.actor.reference,
    }


def room_context(request: CareRequest, room_id: str) -> dict[str, Any]:
    """What the dialog of a room shows; NotFound."""
    where = reading.here(request.store, request.access, request.care)
    reader = request.reader("board.room")
    found = room_queries.room(reader, room_id)
    made = _board(request, reader, where) if where else None
    tile = next((t for t in made.tiles if t.id == room_id), None) if made else None
    steps = [
        {"action": step.action, "words": gettext(words.ROOM_STEPS[step.action])}
        for step in steps_from(RoomState.DIRTY if tile and found.room.state is RoomState.OCCUPIED else found.room.state)
        if step.action not in NOT_ROOMS
    ]
    return {
        "room": found.room,
        "tile": tile,
        "version": found.version,
        "steps": [] if tile and tile.visit else steps,
        "by": people.names(reader).get(found.room.by or "", ""),
        "may_turn_over": request.access.may_do("rooms.turn-over"),
    }


def history(reader: Reader, visit: Visit, *, clock: Clock) -> list[dict[str, Any]]:
    """Who changed what, the latest first: the versions of the visit, with their authors.

    A step is shown at the clinical time of its stage; other changes when `clock` showed them recorded.
    """
    names = people.names(reader)
    target = parse("Provenance", [("target", f"Encounter/{visit.id}"), ("_count", str(DAYS_OF_CHANGES))])
    stages = iter(visit.stages)
    latest = visit.stages[0].since
    found = []
    for provenance in sorted(reader.resources(target), key=lambda p: str(p["recorded"])):
        reason = provenance.get("activity", {}).get("text", "")
        recorded = clock.at(interval(provenance["recorded"])[0])
        stage = next(stages, None) if reason in words.STAGE_CHANGES else None
        latest = stage.since if stage else max(recorded, latest)
        found.append({
            "at": latest,
            "words": change_words(reason),
            "who": names.get(provenance["agent"][0]["who"]["reference"], ""),
        })  # fmt: skip
    return found[::-1]


def change_words(reason: str) -> str:
    """What a version did, from the reason that stands in it."""
    return gettext(words.CHANGES[reason]) if reason in words.CHANGES else gettext("Changed")


def head(request: CareRequest) -> tuple[int, int]:
    """How far the change feed has come, to ask later what came behind it. Read it before what is shown."""
    with request.store.driver.reading(request.access.practice) as connection:
        return consumers.head(connection, request.access.practice)


def position_of(text: str) -> tuple[int, int] | None:
    """A feed position as the page keeps it; None for what is none."""
    first, _, second = text.partition(".")
    if (
        not (text.isascii() and first.isdecimal() and second.isdecimal())
        or max(len(first), len(second)) > POSITION_DIGITS
    ):
        return None
    return int(first), int(second)


def _board(request: CareRequest, reader: Reader, where: Here, *, patients: frozenset[str] | None = None) -> rows.Board:
    thresholds = values.get(request.store, WAIT_MINUTES, request.access)
    read = reading.read(reader, where, patients=patients)
    return rows.board(read, care=request.care, thresholds=thresholds, roles=request.access.roles)


def _groups(request: CareRequest, made: rows.Board) -> list[dict[str, Any]]:
    """The groups with their rows drawn; as many Room buttons are filled as there are clean rooms."""
    look = look_of(request.access, request.care)
    clean = made.free_rooms
    found = []
    for group in made.groups:
        drawn = []
        for row in group.rows:
            first = clean > 0 and "start_rooming" in row.actions
            clean -= first
            drawn.append(draw(row, replace(look, is_primary=True) if first else look))
        found.append({"key": group.key, "words": group.words, "rendered": drawn})
    return found


def _rail_context(request: CareRequest, made: rows.Board) -> dict[str, Any]:
    listed = rows.next_for(made, actor=request.access.actor.reference, roles=request.access.roles)
    shown = {"next_rows": listed[:NEXT_SHOWN], "next_count": len(listed)}
    return {**shown, "tiles": made.tiles, "free_rooms": made.free_rooms}


def _chips(made: rows.Board, show: str) -> list[tuple[str, Chip]]:
    """The filters with their counts. The page keeps the counts itself while it is open."""
    counted = {
        "": sum(1 for row in made.rows if row.visit),
        "ma": _count(made.rows, ("ma",)),
        "waiting": _count(made.rows, ("mask", "waiting")),
        "provider": _count(made.rows, ("provider",)),
        "late": sum(row.level.value != "plain" for row in made.rows),
    }
    labels = {
        "": gettext("All"), "ma": gettext("Needs an MA"), "waiting": gettext("Waiting"),
        "provider": gettext("Provider"), "late": gettext("Over time"),
    }  # fmt: skip
    base = reverse("board")
    return [
        (
            key,
            Chip(
                label=labels[key],
                url=f"{base}?show={key}" if key else base,
                count=count,
                icon="alarm-clock" if key == "late" else "",
                current=key == show,
            ),
        )
        for key, count in counted.items()
    ]


def _count(listed: Iterable[rows.BoardRow], groups: tuple[str, ...]) -> int:
    return sum(row.group in groups for row in listed)


def _announcements(reader: Reader, made: rows.Board, visits: set[str], *, me: str) -> list[str]:
    """What others changed, in a sentence each: whose row, where it stands now, by whom."""
    changed = [row for row in made.rows if row.visit in visits]
    authors = reader.authors([Ref("Encounter", row.visit) for row in changed])
    found: list[str] = []
    for row in changed:
        who = authors.get(Ref("Encounter", row.visit), "")
        if who == me or len(found) >= MOST_ANNOUNCED:
            continue
        status = gettext(row.look.words)
        name = people.names(reader).get(who, "")
        found.append(f"{row.name}: {status} ({name})" if name else f"{row.name}: {status}")
    return found


def _choices(made: rows.Board | None) -> dict[str, list[rows.RoomTile]]:
    """Clean rooms, and those that are empty but not clean, which a patient in need may still go into."""
    tiles = [tile for tile in (made.tiles if made else ()) if not tile.visit]
    unclean = [tile for tile in tiles if not tile.is_free and tile.level is Level.WARN]
    return {
        "clean": sorted((t for t in tiles if t.is_free), key=lambda t: -t.minutes),
        "unclean": unclean,
    }
