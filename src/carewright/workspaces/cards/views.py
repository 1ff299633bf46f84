"""What other services say of a patient, loaded after the page that it stands beside: the page waits for nobody."""

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from carewright.core.cds.model import ORDER_SIGN, PATIENT_VIEW
from carewright.core.cds.settings import ON_ORDER_SIGN, ON_PATIENT_VIEW
from carewright.core.settings import values
from carewright.core.settings.model import Setting
from carewright.core.store.model import NotFound, Ref
from carewright.shell.permissions import CareRequest, needs
from carewright.workspaces.cards import asking
from carewright.workspaces.cards.asking import Question

SALT = "carewright.cards"
SERVICES: dict[str, Setting[tuple[str, ...]]] = {PATIENT_VIEW: ON_PATIENT_VIEW, ORDER_SIGN: ON_ORDER_SIGN}


@require_GET
@needs("cards.see")
def of_patient(request: CareRequest, patient_id: str) -> HttpResponse:
    """The cards for a chart that was opened."""
    request.reader("cards.patient").read(Ref("Patient", patient_id))
    return _shown(request, Question(hook=PATIENT_VIEW, patient=patient_id, base=_base(request)))


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
    return _shown(request, Question(hook=ORDER_SIGN, patient=patient.id, base=_base(request), context=context))


@require_POST
@needs("cards.see")
def put_away(request: CareRequest, patient_id: str) -> HttpResponse:
    """Put a card away, and tell its service so."""
    request.reader("cards.patient").read(Ref("Patient", patient_id))
    try:
        service, card = signing.loads(request.POST.get("card", ""), salt=SALT, max_age=86_400)
    except (signing.BadSignature, ValueError):
        return HttpResponse(_("This card is of another day. Open the chart again."), status=422)
    asking.tell(request.store, request.access.practice, service=service, base=_base(request), card=card)
    return HttpResponse("")


def _shown(request: CareRequest, question: Question) -> HttpResponse:
    services = values.get(request.store, SERVICES[question.hook], request.access)
    said = asking.ask(request.store, request.signed_on, services, question)
    cards = [
        (card, signing.dumps([service, card.uuid], salt=SALT) if card.uuid else "") for service, card in said.cards
    ]
    shown = {"cards": cards, "silent": said.silent, "patient_id": question.patient}
    return render(request, "cards/cards.html", shown)


def _base(request: CareRequest) -> str:
    return request.build_absolute_uri(f"/p/{request.access.practice}/fhir")
