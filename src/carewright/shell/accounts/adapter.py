"""What django-allauth asks of us: no sign-up, our words, no hint whether a name exists."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """https://docs.allauth.org/en/latest/account/adapter.html"""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("Name and password do not go together. Check both and try again."),
        "too_many_login_attempts": gettext_lazy("Too many wrong tries. Wait 15 minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that somebody tries to sign in with, for the lockout of that name at that address."""
    name = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(name).strip().lower()[:64]
