"""An app asks, a person answers: whose chart it is about, what it may have, yes or no.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
What the app asked for is kept as a ticket, so that somebody can sign in first, and so that neither `state` nor anything
else of it stands in the address of a page.
"""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, FatalClientError, OAuth2Error

from carewright.core.smart import tickets
from carewright.core.smart.model import REQUEST_FOR, TicketKind
from carewright.core.store.model import NotFound
from carewright.shell import runtime
from carewright.shell.permissions import CareRequest, public, signed_in
from carewright.skills.registration import queries as registration
from carewright.workspaces.apps import addresses, asking, wanting
from carewright.workspaces.apps.asking import Asked, Over
from carewright.workspaces.banner import about, who

FOUND_SHOWN = 12


@require_GET
@public
def asked(request: HttpRequest, practice: str) -> HttpResponse:
    """What an app asks for is looked at and kept; its person goes on to the page that shows it."""
    store = runtime.store()
    if practice not in store.practices():
        raise NotFound("There is no such practice.")
    query = request.META.get("QUERY_STRING", "")
    try:
        _, found = addresses.server(request, store, practice).check_request(
            addresses.asked_at(request, practice, query)
        )
    except FatalClientError as fatal:
        return _told(request, asking.fatal_words(fatal), status=400)
    except OAuth2Error as error:
        return addresses.sent_to(error.in_uri(error.redirect_uri))
    except ValueError:  # oauthlib's word for a query that is none
        return _told(request, gettext("What the app sent cannot be read."), status=400)
    secret = tickets.make(
        store, TicketKind.REQUEST, practice=practice, client_id=found["client_id"], lasts=REQUEST_FOR,
        data={"query": query},
    )  # fmt: skip
    return redirect("app-consent", practice, secret)


@require_http_methods(["GET", "POST"])
@signed_in
def consent(request: CareRequest, practice: str, ticket: str) -> HttpResponse:
    """Whose chart, then what the app wants; `do` is `allow` or `deny`."""
    try:
        found = asking.asked(request, practice, ticket)
        do = request.POST.get("do", "")
        if do == "deny":
            asking.answer(request, found)
            error = AccessDeniedError(state=found.state)
            return addresses.sent_to(error.in_uri(found.redirect_uri))
        patient = found.patient or request.POST.get("patient", "")
        if found.needs_patient and not patient:
            return _pick(request, found)
        if do == "allow":
            return _allow(request, found, patient)
        return _show(request, found, patient)
    except Over as over:
        return _told(request, over.words, status=over.status)


def _allow(request: CareRequest, found: Asked, patient: str) -> HttpResponse:
    chosen = wanting.kept(found.scopes, request.POST.getlist("scope"))
    if not wanting.opens_something(chosen):
        return _show(request, found, patient, wrong=gettext("Leave at least one thing that the app may see."))
    if patient:
        patient = registration.patient(request.reader("apps.allow"), patient)[0].id
    asking.answer(request, found)
    return addresses.sent_to(asking.code_for(request, found, chosen, patient=patient or None))


def _show(request: CareRequest, found: Asked, patient: str, *, wrong: str = "") -> HttpResponse:
    banner = about(request, request.reader("apps.consent"), patient).banner if patient else None
    values: dict[str, Any] = {
        "asked": found, "banner": banner, "patient_id": patient, "wrong": wrong,
        "lines": wanting.lines(found.scopes, kept=request.POST.getlist("scope") if wrong else None),
    }  # fmt: skip
    page = render(request, "apps/consent.html", values, status=422 if wrong else 200)
    return addresses.may_lead_to(page, found.redirect_uri)


def _pick(request: CareRequest, found: Asked) -> HttpResponse:
    """Find the patient, as everywhere: what is typed is sent in the body, never in an address."""
    typed = request.POST.get("q", "").strip()
    reader = request.reader("apps.find")
    hits = registration.find(reader, typed, count=FOUND_SHOWN) if typed else []
    values = {"asked": found, "typed": typed, "hits": [who(request, patient) for patient in hits]}
    return addresses.may_lead_to(render(request, "apps/pick.html", values), found.redirect_uri)


def _told(request: HttpRequest, words: str, *, status: int) -> HttpResponse:
    """A page that says why it does not go on; the app is not sent anything."""
    return render(cast(Any, request), "apps/told.html", {"words": words}, status=status)
