"""Where drafts.js sends what is being typed, and where a draft is thrown away."""

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from carewright.core.store.drafts import DraftTooLong
from carewright.shell import drafts
from carewright.shell.accounts.views import local_path
from carewright.shell.forms import CONTEXT_FIELD, PatientContext
from carewright.shell.permissions import CareRequest, signed_in
from carewright.shell.refusals import typed_in


@require_POST
@signed_in
def save(request: CareRequest, form: str) -> HttpResponse:
    """Keep what is typed. The patient is whom the form was opened for, by its signed context; never the address's."""
    patient = _patient(request)
    if patient is None:
        return JsonResponse({"message": gettext("Not yet saved. Reload this page before you go on.")}, status=409)
    try:
        opening, number = drafts.sending_of(request)
        values = typed_in(request)
        at = drafts.keep(request, form=form, values=values, patient=patient, opening=opening, number=number)
    except DraftTooLong as error:
        return JsonResponse({"message": str(error)}, status=413)
    return JsonResponse({"saved_at": at.isoformat()})


@require_POST
@signed_in
def discard(request: CareRequest, form: str) -> HttpResponse:
    """Throw it away and go back to the form."""
    drafts.done(request, form=form, patient=request.POST.get("patient", ""))
    return HttpResponseRedirect(local_path(request.POST.get("back", "")) or "/")


def _patient(request: CareRequest) -> str | None:
    """Whom the form was opened for; "" for a form about nobody, None where the context is not this person's."""
    token = request.POST.get(CONTEXT_FIELD)
    if not token:
        return ""
    try:
        opened = PatientContext.from_signed(token)
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    mine = (opened.practice, opened.user) == (request.access.practice, request.access.actor.reference)
    return opened.patient if mine else None
