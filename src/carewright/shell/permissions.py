"""Who may open a page. A view without one of these is opened by nobody: the middleware refuses it.

    @needs("visit.step")      the named permission of a manifest
    @signed_in                anybody who works here, whatever their role
    @public                   also before sign-in

`while_locked` is for what may be asked on a locked screen: it must show nothing of a patient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from carewright.core.access.model import Access
from carewright.core.access.sessions import Session
from carewright.core.store.reader import Reader
from carewright.core.store.store import Store
from carewright.shell.care import Care
from carewright.shell.work import Work

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What a view asks of whoever opens it. `action` empty: nothing but a sign-on."""

    action: str = ""
    public: bool = False
    while_locked: bool = False


class CareRequest(HttpRequest):
    """A request as the middleware hands it to a view behind `needs` or `signed_in`. For types only.

    `reader(reason)` gives the one reader of this request; closing it, and so its one audit row, is the middleware's.
    `writer()` gives a writer for an action of an `actions` module, and closes the reader before, so that what is read
    afterwards is what was written.
    """

    care: Care
    access: Access
    store: Store
    signed_on: Session
    reader: Callable[[str], Reader]
    writer: Callable[[], Any]
    work: Work


def needs(action: str, *, while_locked: bool = False) -> Callable[[View], View]:
    """Only for those who hold the permission `action`."""
    return _marked(Requirement(action=action, while_locked=while_locked))


def signed_in(view: View) -> View:
    """For everybody who is signed in."""
    return _marked(Requirement())(view)


def on_locked_screens(view: View) -> View:
    """For everybody who is signed in, also while the screen is locked."""
    return _marked(Requirement(while_locked=True))(view)


def public(view: View) -> View:
    """For everybody."""
    return _marked(Requirement(public=True))(view)


def requirement_of(view: Callable[..., Any]) -> Requirement | None:
    """What the view asks, None where it has not said."""
    return cast(Requirement | None, getattr(view, "care_requirement", None))


def _marked(requirement: Requirement) -> Callable[[View], View]:
    def mark(view: View) -> View:
        cast(Any, view).care_requirement = requirement
        return view

    return mark
