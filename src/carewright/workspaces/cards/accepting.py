"""Looking at what a card suggests, word for word, and doing it: never by the first press."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from carewright.core.access.model import Interaction
from carewright.core.cds import suggestions
from carewright.core.cds.model import Suggestion
from carewright.core.cds.suggestions import Standing
from carewright.core.fhir.codec import decode, encode
from carewright.core.sentences import Sentence
from carewright.core.store.model import Gone, KeyTaken, NotFound, Ref
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.workspaces.banner import about
from carewright.workspaces.cards import actions, asking

SALT = "carewright.cards.suggestion"
LASTS_SECONDS = 3_600
MAX_HANDLE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A suggestion that was shown to this person at this chart."""

    service: str
    card: str
    suggestion: Suggestion


class AcceptForm(ContextForm):
    """Do what was shown."""

    suggestion = forms.CharField(widget=forms.HiddenInput, max_length=MAX_HANDLE)


def handle(request: CareRequest, patient_id: str, *, service: str, card: str, suggestion: Suggestion) -> str:
    """The suggestion, sealed for this person and chart; "" for one that is too long."""
    values = [*_here(request, patient_id), service, card, encode(suggestion.to_json()).decode()]
    signed = signing.dumps(values, salt=SALT, compress=True)
    return signed if len(signed) <= MAX_HANDLE else ""


def obstacle(request: CareRequest, patient_id: str, suggestion: Suggestion) -> Sentence | None:
    """Why it cannot be done here by this person."""
    standing = _standing(request, suggestion)
    return suggestions.obstacle(suggestion, access=request.access, patient=patient_id, standing=standing)


@require_POST
@needs("cards.see")
def look(request: CareRequest, patient_id: str) -> HttpResponse:
    """What would be written, before it is."""
    request.reader("cards.suggestion").read(Ref("Patient", patient_id))
    offered = _offered(request, patient_id, request.POST.get("suggestion", ""))
    if offered is None:
        return _of_another_day()
    return _page(request, patient_id, offered, _form(request, patient_id, offered.suggestion))


@require_POST
@needs("cards.see")
def accept(request: CareRequest, patient_id: str) -> HttpResponse:
    """Do it, and tell the service so."""
    request.reader("cards.suggestion").read(Ref("Patient", patient_id))
    offered = _offered(request, patient_id, request.POST.get("suggestion", ""))
    if offered is None:
        return _of_another_day()
    form = _form(request, patient_id, offered.suggestion, data=request.POST)
    if not form.is_valid() or form.opened is None:
        elsewhere = whose.of_another(request, form, name="card", right_url=reverse("chart", args=[patient_id]))
        if elsewhere is not None:
            return elsewhere
        form.renew()
        return _page(request, patient_id, offered, form, status=422)
    try:
        actions.accept(
            request.store, request.access, patient=patient_id, suggestion=offered.suggestion,
            standing=_standing(request, offered.suggestion), versions=form.opened.versions,
            form_key=form.idempotency_key, source=offered.service,
        )  # fmt: skip
    except KeyTaken:  # sent twice; the first sending is there
        return redirect("chart", patient_id)
    asking.tell(
        request.store, request.access.practice, service=offered.service, base=asking.base_of(request),
        feedback=asking.accepted(offered.card, offered.suggestion.uuid),
    )  # fmt: skip
    return redirect("chart", patient_id)


def _here(request: CareRequest, patient_id: str) -> list[str]:
    return [request.access.practice, request.access.actor.reference, patient_id]


def _offered(request: CareRequest, patient_id: str, sealed: str) -> Offered | None:
    try:
        *here, service, card, text = signing.loads(sealed, salt=SALT, max_age=LASTS_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    suggestion = Suggestion.from_json(decode(text.encode())) if here == _here(request, patient_id) else None
    return Offered(service=service, card=card, suggestion=suggestion) if suggestion else None


def _of_another_day() -> HttpResponse:
    return HttpResponse(_("This card is of another day. Open the chart again."), status=422)


def _standing(request: CareRequest, suggestion: Suggestion) -> Standing:
    """What stands of the records that would be changed, as far as this person may see it."""
    reader = request.reader("cards.suggestion")
    found = {}
    for ref in filter(None, map(suggestions.target, suggestion.actions)):
        if request.access.may(Interaction.READ, ref.type):
            with suppress(NotFound, Gone):
                found[ref] = reader.resource(ref)
    return found


def _form(request: CareRequest, patient_id: str, suggestion: Suggestion, *, data: Any = None) -> AcceptForm:
    standing = _standing(request, suggestion)
    versions = {str(ref): int(resource["meta"]["versionId"]) for ref, resource in standing.items()}
    here = whose.context_of(request, patient=patient_id, versions=versions)
    initial = {"suggestion": request.POST.get("suggestion", "")}
    return AcceptForm(data, here=here, now=request.store.clock.wall(), initial=initial)


def _page(
    request: CareRequest, patient_id: str, offered: Offered, form: AcceptForm, *, status: int = 200
) -> HttpResponse:
    standing = _standing(request, offered.suggestion)
    values = {
        "banner": about(request, request.reader("cards.suggestion"), patient_id).banner,
        "patient_id": patient_id,
        "suggestion": offered.suggestion,
        "service": asking.host_of(offered.service),
        "why": obstacle(request, patient_id, offered.suggestion),
        "shown": [suggestions.shown(action, standing) for action in offered.suggestion.actions],
        "form": form,
    }
    return render(request, "cards/suggestion.html", values, status=status)
