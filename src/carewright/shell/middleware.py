"""Every page knows who is at work, asks for the permission it declares, and waits behind the lock.

In this order: no sign-on → to the sign-in page; locked, or idle too long → 423 and the lock; a password to be
changed → there first; a permission that is missing, or a view that names none → 403.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from carewright.core.access import sessions
from carewright.core.access.model import AccessDenied
from carewright.core.access.sessions import Session
from carewright.shell import runtime
from carewright.shell.accounts.session_store import SessionStore
from carewright.shell.accounts.workplace import IDLE_SECONDS, MUST_CHANGE, still_holds
from carewright.shell.looking import care_of
from carewright.shell.permissions import Requirement, requirement_of
from carewright.shell.refusals import answer, for_script, is_refusal
from carewright.shell.work import Work

LOCKED = 423
"""HTTP 423 (RFC 4918, 11.3): every page of this product that gets it shows the lock."""
GRACE = timedelta(minutes=2)
"""The page locks by itself; the server follows when it has heard nothing for this much longer (a lid was closed)."""
OF_THE_LOCK = frozenset({"csrfmiddlewaretoken", "pin", "lock-path", "lock-method"})
BEFORE_NEW_PASSWORD = frozenset({"account_change_password", "sign-out", "unlock", "lock", "touch"})


class CareMiddleware:
    """Sets `request.care`, `access`, `store`, `signed_on`, `reader`, `writer` (see permissions.CareRequest)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        seen = cast(Any, request)
        seen.care, seen.work = None, None
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        signed_on = _still_on(request)
        if signed_on is not None:
            seen.work = work = Work(runtime.store(), signed_on)
            seen.signed_on, seen.store, seen.access = signed_on, work.store, work.access
            seen.reader, seen.writer = work.reader, work.writer
            seen.care = care_of(request, signed_on, work.store)
        try:
            return self.get_response(request)
        finally:
            if seen.work is not None:
                seen.work.close()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """The gate."""
        asked = requirement_of(view)
        work: Work | None = cast(Any, request).work
        if asked is not None and asked.public:
            return None
        if work is None:
            return _to_sign_in(request)
        if work.signed_on.locked and not (asked and asked.while_locked):
            return locked_page(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if request.session.get(MUST_CHANGE) and not for_script(request) and name not in BEFORE_NEW_PASSWORD:
            return redirect("account_change_password")
        return _without_permission(request, work, asked)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """What the store or access refused becomes a page, or a part of one, that says why."""
        if not is_refusal(error):
            return None
        work: Work | None = cast(Any, request).work
        if work is not None:
            work.close(error, error.__traceback__)
        return answer(request, error)


def locked_page(request: HttpRequest, *, wrong: bool = False) -> HttpResponse:
    """The lock as an answer: a bare status for scripts, else a page that goes on where one was.

    What a form had sent travels through it as hidden fields, so that nothing typed is lost.
    """
    if for_script(request):
        return HttpResponse(status=LOCKED)
    signed_on = cast(SessionStore, request.session).signed_on
    values = {
        "who": signed_on.display if signed_on else "",
        "path": request.POST.get("lock-path", "") if wrong else request.path,
        "method": request.POST.get("lock-method", "") if wrong else (request.method or "GET"),
        "sent": [(k, v) for k, vs in request.POST.lists() for v in vs if k not in OF_THE_LOCK],
        "wrong": wrong,
        "care": None,
    }
    return render(request, "shell/locked.html", values, status=LOCKED)


def _without_permission(request: HttpRequest, work: Work, asked: Requirement | None) -> HttpResponse | None:
    if asked is None:
        work.refused("shell.undeclared-view")
        return answer(request, AccessDenied("Nobody may open this page."))
    if asked.action and (work.access is None or not work.access.may_do(asked.action)):
        work.refused("shell.page", permission=asked.action)
        return answer(request, AccessDenied("Your sign-on does not include this."))
    return None


def _still_on(request: HttpRequest) -> Session | None:
    """The session behind the cookie, as it stands: locked if it was left alone, ended if its roles have changed."""
    session = cast(SessionStore, request.session)
    row = session.signed_on
    if row is None or row.locked:
        return row
    store = runtime.store()
    now = store.clock.wall()
    idle = timedelta(seconds=session.get(IDLE_SECONDS, 0))
    if idle and now - row.seen_at > idle + GRACE:
        sessions.lock(store, row)
        return session.reread()
    if _is_use(request) and sessions.touch(store, row) and not still_holds(store, row):
        session.flush()
        return None
    return row


def _is_use(request: HttpRequest) -> bool:
    """Whether a person did this: a page was opened, a form was sent, or the page says that somebody is at work on it.

    What scripts fetch by themselves is no use: a board that brings itself up to date would never be locked.
    """
    return not for_script(request) or request.path == reverse("touch")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if for_script(request):
        return HttpResponse(status=401)
    address = reverse("sign-in")
    return redirect(f"{address}?next={quote(request.path)}" if request.path != reverse("home") else address)
