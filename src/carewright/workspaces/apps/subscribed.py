"""The manager's page of one subscription: why another program is not told any more, and what can be done about it.

One that was removed meanwhile leads back to the list, where it does not stand any more.
"""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.smart.clients import MANAGE
from carewright.core.store.model import Gone, NotFound
from carewright.core.subscriptions import actions, standing
from carewright.shell.permissions import CareRequest, needs


@require_GET
@needs(MANAGE)
def page(request: CareRequest, subscription_id: str) -> HttpResponse:
    """Who is told what, where, how far, and why not."""
    try:
        told = standing.one(request.store, request.reader("apps.subscription"), subscription_id)
    except (NotFound, Gone):
        return redirect("apps-registered")
    return render(request, "apps/subscription.html", {"told": told})


@require_POST
@needs(MANAGE)
def try_again(request: CareRequest, subscription_id: str) -> HttpResponse:
    """Its receiver is asked anew."""
    with suppress(NotFound, Gone):
        actions.try_again(request.writer(), subscription_id)
    return redirect("apps-subscription", subscription_id)


@require_POST
@needs(MANAGE)
def remove(request: CareRequest, subscription_id: str) -> HttpResponse:
    """Nothing more is sent."""
    actions.remove(request.writer(), subscription_id)
    return redirect("apps-registered")
