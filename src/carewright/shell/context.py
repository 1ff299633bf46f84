"""The context processor of every page: who looks (`care`) and where the shell's own forms go (`links`)."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

LINKS = (
    "home", "search", "emergency", "emergency-open", "lock", "unlock", "touch", "sign-in", "sign-out", "choose-site",
    "change-pin", "account_change_password", "mfa_index",
)  # fmt: skip
"""URL names the shell uses. A part whose address is not wired is left out of the page."""


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"care": getattr(request, "care", None), "links": links()}


def links() -> dict[str, str]:
    """Name (with `_` for `-`, as templates need it) to address; empty where there is no such page."""
    return {name.replace("-", "_"): _address(name) for name in LINKS}


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
