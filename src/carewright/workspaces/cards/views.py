"""What other services say of a patient, loaded after the page that it stands beside: the page waits for nobody."""

from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from carewright.core.cds.model import ORDER_SIGN, PATIENT_VIEW, Card, Suggestion, Why
from carewright.core.cds.settings import ON_ORDER_SIGN, ON_PATIENT_VIEW
from carewright.core.sentences import Sentence, sentence
from carewright.core.settings import values
from carewright.core.settings.model import Setting
from carewright.core.store.model import NotFound, Ref
from carewright.shell.permissions import CareRequest, needs
from carewright.workspaces.cards import accepting, asking
from carewright.workspaces.cards.asking import Question

SALT = "carewright.cards"
UNSAID = sentence("It does not say exactly what is to be done.")
SERVICES: dict[str, Setting[tuple[str, ...]]] = {PATIENT_VIEW: ON_PATIENT_VIEW, ORDER_SIGN: ON_ORDER_SIGN}


@require_GET
@needs("cards.see")
def of_patient(request: CareRequest, patient_id: str) -> HttpResponse:
    """The cards for a chart that was opened."""
    request.reader("cards.patient").read(Ref("Patient", patient_id))
    return _shown(request, Question(hook=PATIENT_VIEW, patient=patient_id, base=asking.base_of(request)))


@require_GET
@needs("cards.see")
def of_order(request: CareRequest, request_id: str) -> HttpResponse:
    """The cards for an order that was placed."""
    order = request.reader("cards.order").resource(Ref("ServiceRequest", request_id))
    patient = Ref.local(str(order.get("subject", {}).get("reference", "")))
    if patient is None or patient.type != "Patient":
        raise NotFound("This order is about no patient.")
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {**order, "status": "draft"}}]}
    context = {"draftOrders": drafts}
    return _shown(request, Question(hook=ORDER_SIGN, patient=patient.id, base=asking.base_of(request), context=context))


@require_POST
@needs("cards.see")
def put_away(request: CareRequest, patient_id: str) -> HttpResponse:
    """Put a card away, and tell its service so, with the reason that was chosen."""
    request.reader("cards.patient").read(Ref("Patient", patient_id))
    try:
        service, card, whys = signing.loads(request.POST.get("card", ""), salt=SALT, max_age=86_400)
    except (signing.BadSignature, ValueError):
        return HttpResponse(_("This card is of another day. Open the chart again."), status=422)
    chosen = next((Why(code=c, system=s, words="") for c, s in whys if c == request.POST.get("why")), None)
    asking.tell(
        request.store, request.access.practice, service=service, base=asking.base_of(request),
        feedback=asking.overridden(card, chosen),
    )  # fmt: skip
    return HttpResponse("")


def _shown(request: CareRequest, question: Question) -> HttpResponse:
    services = values.get(request.store, SERVICES[question.hook], request.access)
    said = asking.ask(request.store, request.signed_on, services, question)
    cards = [_card(request, question.patient, service, card) for service, card in said.cards]
    shown = {"cards": cards, "silent": said.silent, "patient_id": question.patient}
    return render(request, "cards/cards.html", shown)


def _card(request: CareRequest, patient_id: str, service: str, card: Card) -> dict[str, Any]:
    """A card with what can be done with it; one without an id cannot be answered, so nothing is done from it."""
    whys = [(why.code, why.system) for why in card.whys]
    away = signing.dumps([service, card.uuid, whys], salt=SALT) if card.uuid else ""
    suggested = [_suggestion(request, patient_id, service, card, one) for one in card.suggestions]
    return {"card": card, "away": away, "suggested": suggested}


def _suggestion(
    request: CareRequest, patient_id: str, service: str, card: Card, suggestion: Suggestion
) -> tuple[str, str, Sentence | None]:
    """Its words, what opens it, and why it cannot be done here."""
    why = accepting.obstacle(request, patient_id, suggestion)
    sealed = accepting.handle(request, patient_id, service=service, card=card.uuid, suggestion=suggestion)
    if why is None and not (sealed and card.uuid):
        why = sentence("It is too long to be read here.") if card.uuid else UNSAID
    return suggestion.label, "" if why else sealed, why
