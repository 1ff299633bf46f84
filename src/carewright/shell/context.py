"""The context processor of every page: who looks (`care`) and where the shell's own forms go (`links`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

LINKS = (
    "home", "search", "emergency", "emergency-open", "lock", "unlock", "touch", "sign-in", "sign-out", "choose-site",
    "change-pin", "account_change_password", "mfa_index",
)  # fmt: skip
"""URL names the shell uses. A part whose address is not wired is left out of the page."""
_BY_KEY = {name.replace("-", "_"): name for name in LINKS}


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"care": getattr(request, "care", None), "links": Links()}


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
