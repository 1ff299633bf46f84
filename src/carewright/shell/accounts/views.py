"""Sign-in, the choice of the site, password and PIN. The sign-in itself is django-allauth's."""

from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account import views as allauth_views
from allauth.account.views import PasswordChangeView
from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from carewright.shell import runtime
from carewright.shell.accounts import services
from carewright.shell.accounts.models import User
from carewright.shell.accounts.session_store import SessionStore
from carewright.shell.accounts.workplace import MUST_CHANGE, SITE_COOKIE, work_at, workplaces
from carewright.shell.permissions import CareRequest, signed_in

SITE_COOKIE_SECONDS = 365 * 24 * 3600


class SignInView(allauth_views.LoginView):  # type: ignore[misc]  # allauth has no types
    """The sign-in page. On a locked screen somebody else may sign in here: that ends the session below the lock."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        signed_on = cast(SessionStore, request.session).signed_on
        if request.method == "GET" and signed_on is not None and not signed_on.locked:
            return redirect("home")
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {**super().get_context_data(**context), **demo()}


def demo() -> dict[str, Any]:
    """The people of the demonstration practice, named on the sign-in page there and nowhere else."""
    if not settings.CARE_DEMO:
        return {}
    users = list(User.objects.filter(is_active=True).order_by("username"))
    return {"demo_users": users, "demo_password": settings.CARE_DEMO_PASSWORD, "demo_pin": settings.CARE_DEMO_PIN}


def locked_out(request: HttpRequest, original: HttpResponse | None, credentials: object) -> HttpResponse:
    """Too many wrong tries for one name at one address. The same words for names that do not exist."""
    return render(request, "account/locked_out.html", {"minutes": minutes_locked_out()}, status=429)


def minutes_locked_out() -> int:
    return int(services.LOCKED_OUT_FOR.total_seconds()) // 60


@require_POST
@signed_in
def sign_out(request: CareRequest) -> HttpResponse:
    """End the session, on the server too."""
    logout(request)
    return redirect("sign-in")


@require_http_methods(["GET", "POST"])
@signed_in
def choose_site(request: CareRequest) -> HttpResponse:
    """Where do you work today? The device remembers it."""
    user = cast(User, request.user)
    if request.method == "POST" and work_at(request, user, request.POST.get("site", "")):
        response = redirect("home")
        response.set_cookie(
            SITE_COOKIE, request.POST["site"], max_age=SITE_COOKIE_SECONDS, httponly=True, samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )  # fmt: skip
        return response
    places = workplaces(runtime.store(), practice=user.practice, practitioner=user.practitioner)
    return render(request, "account/choose_site.html", {"places": places, "here": request.signed_on.site})


_CURRENT = {"autocomplete": "current-password", "autofocus": True}
_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class PinForm(forms.Form):
    """Password and the new PIN, twice."""

    password = forms.CharField(label=gettext_lazy("Your password"), widget=forms.PasswordInput(_CURRENT))
    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        help_text=gettext_lazy("4 to 12 digits; it unlocks your screen."),
        widget=forms.PasswordInput(_DIGITS),
    )
    again = forms.CharField(label=gettext_lazy("New PIN again"), widget=forms.PasswordInput(_DIGITS))

    def __init__(self, *args: Any, request: CareRequest, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request, self.user = request, user

    def clean_password(self) -> str:
        if not ratelimit.consume(self.request, action="reauthenticate", user=self.user):
            raise forms.ValidationError(gettext("Too many wrong tries. Wait 15 minutes and try again."))
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(gettext("That is not your password."))
        return str(self.cleaned_data["password"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "pin" in values and "again" in values and values["pin"] != values["again"]:
            self.add_error("again", gettext("The two PINs are not the same."))
        return values


@require_http_methods(["GET", "POST"])
@signed_in
def change_pin(request: CareRequest) -> HttpResponse:
    """Another PIN for the lock."""
    user = cast(User, request.user)
    form = PinForm(request.POST or None, request=request, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_pin(user, form.cleaned_data["pin"])
            return redirect("home")
        except services.BadPin:
            form.add_error("pin", gettext("Choose 4 to 12 digits, not all the same and not in a row."))
    return render(request, "account/pin.html", {"form": form}, status=422 if form.errors else 200)


class ChangePasswordView(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    """Another password. All other sessions of the person end; this one goes on under a new secret."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        user = cast(User, self.request.user)
        services.end_sessions(user)
        response = cast(HttpResponse, super().form_valid(form))
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        self.request.session[MUST_CHANGE] = False
        return response

    def get_success_url(self) -> str:
        return reverse("home")


def local_path(address: str) -> str:
    """The path of an address on this server, without its query; empty for any other address."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return parts.path if inside and "\\" not in parts.path else ""
