"""The library of protocols, one of them with its versions, and what a manager does with one besides editing it."""

from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.shell.permissions import CareRequest, needs
from carewright.skills.protocols import actions, queries
from carewright.skills.protocols.rules import written
from carewright.workspaces.protocol_pages import reading


@require_GET
@needs("protocols.see")
def protocols(request: CareRequest) -> HttpResponse:
    """Every protocol, by kind of visit."""
    cards = queries.cards(request.reader("protocols.list"))
    values = {"groups": reading.groups(cards), "may_edit": request.access.may_do(actions.EDIT)}
    return render(request, "protocol_pages/protocols.html", values)


@require_POST
@needs("protocols.edit")
def bring_in(request: CareRequest) -> HttpResponse:
    """Bring in the protocols that come with the product."""
    actions.seed(request.writer(), at=request.care.now_local)
    return redirect("protocols")


@require_GET
@needs("protocols.see")
def protocol(request: CareRequest, protocol_name: str) -> HttpResponse:
    """One protocol: its tasks in words, its sources, its versions."""
    return render(request, "protocol_pages/protocol.html", page_of(request, protocol_name))


@require_GET
@needs("protocols.see")
def compare(request: CareRequest, protocol_name: str, number: int) -> HttpResponse:
    """What an earlier version says otherwise than the present one."""
    reader = request.reader("protocols.compare")
    now, then = queries.current(reader, protocol_name), queries.version(reader, protocol_name, number)
    values = {
        "now": now,
        "then": then,
        "who": reading.with_names(reader, [then])[0][1],
        "changes": reading.changes(written.editable(then), written.editable(now)),
        "may_edit": request.access.may_do(actions.EDIT),
    }
    return render(request, "protocol_pages/compare.html", values)


@require_POST
@needs("protocols.edit")
def back(request: CareRequest, protocol_name: str) -> HttpResponse:
    """Go back to an earlier version."""
    to, version = _number(request, "to"), _number(request, "version")
    if to is None or version is None:
        return HttpResponseBadRequest()
    actions.roll_back(request.writer(), name=protocol_name, to=to, version=version, at=request.care.now_local)
    return redirect("protocol", protocol_name)


@require_POST
@needs("protocols.edit")
def use(request: CareRequest, protocol_name: str) -> HttpResponse:
    """Use it no longer, or again."""
    version, active = _number(request, "version"), request.POST.get("active") == "yes"
    if version is None:
        return HttpResponseBadRequest()
    actions.use(request.writer(), name=protocol_name, active=active, version=version, at=request.care.now_local)
    return redirect("protocol", protocol_name)


def page_of(request: CareRequest, name: str) -> dict[str, Any]:
    """The values of a protocol's page; NotFound."""
    reader = request.reader("protocols.page")
    version = queries.current(reader, name)
    return {
        "version": version,
        "protocol": version.protocol,
        "tasks": reading.task_lines(version.protocol.tasks),
        "visits": reading.visit_words(version.protocol.visit_types),
        "versions": reading.with_names(reader, queries.versions(reader, name)),
        "may_edit": request.access.may_do(actions.EDIT),
    }


def _number(request: CareRequest, name: str) -> int | None:
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
