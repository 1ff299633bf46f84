"""The lock of the screen: POST lock, unlock (with `pin`), touch. See static/shell/lock.js for what the page does."""

from typing import cast

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from carewright.core.access import sessions
from carewright.shell.accounts import services
from carewright.shell.accounts.models import User
from carewright.shell.accounts.views import local_path
from carewright.shell.middleware import locked_page
from carewright.shell.permissions import CareRequest, on_locked_screens, signed_in
from carewright.shell.refusals import for_script

WRONG, OVER = 403, 410


@require_POST
@on_locked_screens
def lock(request: CareRequest) -> HttpResponse:
    """Lock this session, for all its screens."""
    if not request.signed_on.locked:
        sessions.lock(request.store, request.signed_on)
    return HttpResponse(status=204) if for_script(request) else redirect("home")


@require_POST
@on_locked_screens
def unlock(request: CareRequest) -> HttpResponse:
    """Go on where one was: 204 for the right PIN, 403 for a wrong one, 410 when only a full sign-in helps."""
    right = services.pin_is_right(cast(User, request.user), request.POST.get("pin", ""))
    if right is None:
        logout(request)
        return HttpResponse(status=OVER) if for_script(request) else redirect("sign-in")
    if not right:
        return HttpResponse(status=WRONG) if for_script(request) else locked_page(request, wrong=True)
    sessions.unlock(request.store, request.signed_on)
    if for_script(request):
        return HttpResponse(status=204)
    # 307 sends again, as POST and with all its fields, what the lock had stopped.
    back = redirect(local_path(request.POST.get("lock-path", "")) or "home")
    if request.POST.get("lock-method") == "POST":
        back.status_code = 307
    return back


@require_POST
@signed_in
def touch(request: CareRequest) -> HttpResponse:
    """Somebody is at work on this page. The middleware has noted it."""
    return HttpResponse(status=204)
