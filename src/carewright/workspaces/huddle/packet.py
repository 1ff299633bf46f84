"""The huddle as a PDF: the packet for the counter, and for the day on which the computer is away."""

from datetime import datetime, time

from django.http import HttpResponse, HttpResponseBadRequest
from django.views.decorators.http import require_GET

from carewright.shell.permissions import CareRequest, needs
from carewright.shell.printing.pdf import Foot, attached
from carewright.workspaces.huddle import lines as making
from carewright.workspaces.huddle.sheets import packet
from carewright.workspaces.huddle.views import day_of, made, pods_of


@require_GET
@needs("huddle.see")
def print_packet(request: CareRequest) -> HttpResponse:
    """The PDF of `?day=`, of one provider or pod with `?provider=`; saved by the browser, kept by no cache."""
    day = day_of(request)
    if day is None:
        return HttpResponseBadRequest()
    reader = request.reader("huddle.print")
    groups = making.groups(made(request, reader, day), pods=pods_of(reader, day))
    provider, care = request.GET.get("provider", ""), request.care
    foot = Foot(printed_at=f"{care.clock.date(care.now)}, {care.clock.time(care.now)}", printed_by=care.actor_name)
    document = packet(
        [group for group in groups if group.is_of(provider)],
        clock=care.clock,
        day=datetime.combine(day.on, time(12), tzinfo=day.site.zone),
        site=day.site.name,
        foot=foot,
        made_at=care.now,
    )
    return attached(document, name=f"huddle-{day.on.isoformat()}.pdf")
