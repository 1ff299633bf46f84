"""Today's calls and what is owed to the callers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from carewright.shell.permissions import CareRequest, needs
from carewright.skills.calls import queries
from carewright.skills.calls.model import State
from carewright.workspaces.phone import reading


@require_GET
@needs("calls.see")
def calls(request: CareRequest) -> HttpResponse:
    """The calls of this person's site."""
    return render(request, "phone/calls.html", _values(request))


@require_GET
@needs("calls.see")
def listed(request: CareRequest) -> HttpResponse:
    """The list alone, when a call has changed."""
    return render(request, "phone/list.html", _values(request))


def _values(request: CareRequest) -> dict[str, Any]:
    reader = request.reader("phone.calls")
    site = request.access.site or ""
    midnight = request.care.now_local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = reading.rows(request, reader, queries.not_ended(reader, site=site))
    ended = reading.rows(request, reader, queries.ended_since(reader, site=site, since=midnight))
    groups = (
        (gettext("Emergency: take the caller now"), [row for row in rows if row.call.rings]),
        (gettext("Owed a call"), [row for row in rows if row.call.state is State.OWED and not row.call.rings]),
        (
            gettext("On the line, or left"),
            [row for row in rows if row.call.state is State.TAKING and not row.call.rings],
        ),
        (gettext("Ended today"), ended),
    )
    return {
        "groups": [(words, found) for words, found in groups if found],
        "licensed": reading.licensed(request, reader),
        "may_take_over": request.access.may_do("calls.licensed"),
    }
