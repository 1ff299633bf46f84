"""Where somebody was when a STAT came: the page and the field, kept on the server until they are back.

What was typed there is a draft already (drafts.py); a parked place is a draft of its own, named `parked`, and holds
paths with opaque ids and names of fields. Places are a stack: a second STAT leads back to the first, and that to where
somebody was before it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from carewright.shell import drafts
from carewright.shell.accounts.views import local_path
from carewright.shell.permissions import CareRequest

FORM = "parked"
MOST = 5
"""More than this nobody has begun at once; the oldest place is forgotten, its drafts are not."""
_FIELD = re.compile(r"[A-Za-z][\w.:-]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page (its path) and the id of the control that had the focus, empty for none.

    `words` name it by room or by workspace, never by a patient; `at` is when it was left.
    """

    path: str
    field: str = ""
    words: str = ""
    at: datetime | None = None

    @property
    def address(self) -> str:
        """Where the page opens with its draft in it and the focus where it was."""
        return f"{self.path}?draft={drafts.USE}" + (f"#{self.field}" if self.field else "")


def place_of(request: CareRequest) -> Place | None:
    """The place that a form was sent with (`path`, `field`); None where it names no page of ours."""
    path, field = local_path(request.POST.get("path", "")), request.POST.get("field", "")
    return Place(path=path, field=field if _FIELD.fullmatch(field) else "") if path else None


def park(request: CareRequest, place: Place) -> None:
    """Remember the place, on top of those that were parked before."""
    listed = [*_listed(request), replace(place, at=request.care.now)]
    _keep(request, listed[-MOST:])


def parked(request: CareRequest) -> Place | None:
    """Where this person goes back to; None for nowhere."""
    return next(reversed(_listed(request)), None)


def unpark(request: CareRequest) -> Place | None:
    """Go back: the place, which is parked no longer."""
    listed = _listed(request)
    if not listed:
        return None
    _keep(request, listed[:-1])
    return listed[-1]


def _listed(request: CareRequest) -> list[Place]:
    found = drafts.offer(request, form=FORM)
    values: Mapping[str, list[str]] = found.values if found else {}
    kept = zip(*(values.get(name, ()) for name in ("path", "field", "words", "at")), strict=True)
    return [Place(path=path, field=field, words=text, at=datetime.fromisoformat(at)) for path, field, text, at in kept]


def _keep(request: CareRequest, listed: list[Place]) -> None:
    if not listed:
        drafts.done(request, form=FORM)
        return
    values = {
        "path": [place.path for place in listed],
        "field": [place.field for place in listed],
        "words": [place.words for place in listed],
        "at": [(place.at or request.care.now).isoformat() for place in listed],
    }
    drafts.keep(request, form=FORM, values=values)
