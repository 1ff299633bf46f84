"""The first page after sign-in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from carewright.shell.accounts.workplace import CHOOSE_SITE
from carewright.shell.permissions import CareRequest, signed_in


@signed_in
def home(request: CareRequest) -> HttpResponse:
    """The person's first workspace; where there is none, a page that says what to do."""
    if request.session.get(CHOOSE_SITE):
        return redirect("choose-site")
    if request.care.nav:
        return redirect(_own_page(request) or request.care.nav[0].url)
    return render(request, "shell/home.html", {"has_role": bool(request.signed_on.roles)})


def _own_page(request: CareRequest) -> str:
    """The workspace that somebody with these roles starts in; empty where none says so."""
    entries = [entry for manifest in request.store.registry.manifests for entry in manifest.nav]
    own = (e for e in entries if e.home_of & request.access.roles and request.access.may_do(e.permission))
    return next((reverse(entry.url_name) for entry in own), "")
