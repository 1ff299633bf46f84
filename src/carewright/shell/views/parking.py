"""The way back to where somebody was before a STAT."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from carewright.shell import parking
from carewright.shell.permissions import CareRequest, signed_in


@require_POST
@signed_in
def back(request: CareRequest) -> HttpResponse:
    """To the same page and field, with what was typed there."""
    place = parking.unpark(request)
    return redirect(place.address if place else "home")
