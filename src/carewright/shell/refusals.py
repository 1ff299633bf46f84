"""Refusals as answers: what the store or access would not do, in a sentence, with what was typed.

403 not allowed, 404 not there, 409 somebody else was first, 422 it cannot be so. For htmx the answer is a notice that
joins the page's messages and leaves the page, and what is typed in it, as it is. Nothing here names a patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from carewright.core.access.model import AccessDenied
from carewright.core.sentences import Sentence
from carewright.core.store.model import (
    BalanceShort,
    Conflict,
    Gone,
    Invalid,
    KeyTaken,
    NotFound,
    Referenced,
    Refused,
    StoreError,
    Unavailable,
)
from carewright.core.store.search.query import SearchError
from carewright.shell.components import Level, Notice
from carewright.shell.forms import CONTEXT_FIELD, KEY_FIELD, NUMBER_FIELD
from carewright.shell.saying import say

NOT_TYPED = frozenset({CONTEXT_FIELD, KEY_FIELD, NUMBER_FIELD, "csrfmiddlewaretoken"})
SECRET = ("password", "pin", "lock-")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A refusal in words: what happened and what helps."""

    status: HTTPStatus
    title: str
    text: str


def refusal_of(error: Exception) -> Refusal:
    """The words for what was raised."""
    match error:
        case AccessDenied():
            return Refusal(
                status=HTTPStatus.FORBIDDEN,
                title=gettext("You may not do this"),
                text=gettext("Your sign-on does not include it. Ask a manager if your work needs it."),
            )
        case NotFound() | Gone():
            return Refusal(
                status=HTTPStatus.NOT_FOUND,
                title=gettext("There is nothing here"),
                text=gettext("It may have been moved, or it is in another practice. Look for it with the search box."),
            )
        case Conflict():
            return Refusal(
                status=HTTPStatus.CONFLICT,
                title=gettext("Someone else changed this"),
                text=gettext(
                    "It was changed while you worked on it. Nothing of yours was saved yet; look and try again."
                ),
            )
        case KeyTaken():
            return Refusal(
                status=HTTPStatus.CONFLICT,
                title=gettext("Someone else was first"),
                text=gettext("It is taken by now. Nothing was saved; choose another."),
            )
        case BalanceShort():
            return _not_now(gettext("There is not enough of it left. Nothing was saved."))
        case Referenced():
            return _not_now(gettext("Other records refer to it. Nothing was changed."))
        case Invalid():
            return Refusal(
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
                title=gettext("This cannot be saved as it is"),
                text=gettext("Something in it does not fit. Nothing was saved; look through what you typed."),
            )
        case SearchError():
            return Refusal(
                status=HTTPStatus.BAD_REQUEST,
                title=gettext("This address is not complete"),
                text=gettext("It was cut or changed on its way. Go back and choose the link again."),
            )
        case Unavailable():
            return Refusal(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                title=gettext("The database does not answer"),
                text=gettext(
                    "Try again in a minute. If you were saving something, look whether it is there before you send it "
                    "again. If it lasts, tell the person who looks after this system."
                ),
            )
        case Refused():
            return Refusal(status=HTTPStatus.UNPROCESSABLE_ENTITY, title=gettext("Stop"), text=say(error.reason))
    reason = getattr(error, "reason", None) or str(error)
    return _not_now(say(reason))


def _not_now(text: str) -> Refusal:
    return Refusal(status=HTTPStatus.CONFLICT, title=gettext("This cannot be done now"), text=text)


def is_refusal(error: Exception) -> bool:
    """Whether this is a refusal for the person, not a fault of ours: the store's, access's, or a skill's own, which
    carries a sentence as `reason`.
    """
    ours = type(error).__module__.startswith("carewright.")
    return isinstance(error, StoreError | AccessDenied | SearchError) or (
        ours and isinstance(getattr(error, "reason", None), Sentence | str)
    )


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The refusal as a page, or for htmx as a notice."""
    refusal = refusal_of(error)
    if for_script(request):
        notice = Notice(text=f"{refusal.title}. {refusal.text}", level=Level.CRITICAL)
        response = render(request, "shell/refused_part.html", {"notice": notice}, status=refusal.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
        return response
    values = {"refusal": refusal, "typed": typed_in(request), "again": request.path}
    return render(request, "shell/refused.html", values, status=refusal.status)


def for_script(request: HttpRequest) -> bool:
    """Whether a script of the page asks (htmx, our own fetch), not a person who opens a page."""
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"


def typed_in(request: HttpRequest) -> Mapping[str, list[str]]:
    """What somebody typed into the form that was sent, by field; never a secret."""
    if request.method != "POST":
        return {}
    return {
        name: [str(value) for value in values if str(value).strip()]
        for name, values in request.POST.lists()
        if name not in NOT_TYPED and not any(word in name for word in SECRET) and any(str(v).strip() for v in values)
    }
