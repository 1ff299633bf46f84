"""The first page after sign-in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from carewright.shell.accounts.workplace import CHOOSE_SITE
from carewright.shell.permissions import CareRequest, signed_in


@signed_in
def home(request: CareRequest) -> HttpResponse:
    """The person's first workspace; where there is none, a page that says what to do."""
    if request.session.get(CHOOSE_SITE):
        return redirect("choose-site")
    if request.care.nav:
        return redirect(request.care.nav[0].url)
    return render(request, "shell/home.html", {"has_role": bool(request.signed_on.roles)})
