"""The context processor of every page: who looks (`care`) and where the shell's own forms go (`links`)."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from carewright.shell import parking
from carewright.shell.permissions import CareRequest

LINKS = (
    "home", "search", "emergency", "emergency-open", "lock", "unlock", "touch", "sign-in", "sign-out", "choose-site",
    "change-pin", "account_change_password", "mfa_index", "parked-back", "worklist-add", "worklist-stat",
    "critical-mine", "asks-mine",
)  # fmt: skip
"""URL names the shell uses. A part whose address is not wired is left out of the page."""
_BY_KEY = {name.replace("-", "_"): name for name in LINKS}


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "care": getattr(request, "care", None),
        "links": Links(),
        "parked": SimpleLazyObject(lambda: _parked(request)),
    }


def _parked(request: HttpRequest) -> parking.Place | None:
    """Where this person goes back to; looked up when a whole page asks for it, nowhere on a locked screen."""
    asked = cast(CareRequest, request)
    return parking.parked(asked) if getattr(request, "access", None) is not None else None


class Links(Mapping[str, str]):
    """Name (with `_` for `-`, as templates need it) to address; empty where there is no such page. An address is looked
    up when a template asks for it: a part of a page, such as the board's changed rows, needs none."""

    def __getitem__(self, key: str) -> str:
        try:
            return reverse(_BY_KEY[key])
        except NoReverseMatch:
            return ""

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_KEY)

    def __len__(self) -> int:
        return len(_BY_KEY)
