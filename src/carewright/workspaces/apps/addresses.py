"""The addresses of this server as an app names them, and the way back to the app."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from carewright.core.smart.clients import origin_of
from carewright.core.smart.server import Server
from carewright.core.smart.validator import Here
from carewright.core.store.store import Store
from carewright.shell.security import with_forms_to

FOUND = 302


def bases(request: HttpRequest, store: Store, practice: str) -> tuple[str, ...]:
    """The FHIR addresses of a practice: its own, and the short one where it is the only practice."""
    own = request.build_absolute_uri(f"/p/{practice}/fhir")
    return (request.build_absolute_uri("/fhir"), own) if store.practices() == [practice] else (own,)


def server(request: HttpRequest, store: Store, practice: str) -> Server:
    known = bases(request, store, practice)
    return Server(Here(store=store, practice=practice, bases=known, token_url=f"{known[0]}/auth/token"))


def asked_at(request: HttpRequest, practice: str, query: str) -> str:
    """The request of an app as a whole address: oauthlib reads it from there."""
    return request.build_absolute_uri(f"{reverse('app-authorize', args=[practice])}?{query}")


def sent_to(url: str) -> HttpResponse:
    """Away to an app, at an address that it is registered with; its scheme may be its own (`com.example.app:/…`)."""
    return HttpResponse(status=FOUND, headers={"Location": url, "Referrer-Policy": "no-referrer"})


def with_query(url: str, **more: str) -> str:
    """The address with some more parameters."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(more))))))


def may_lead_to(response: HttpResponse, *urls: str) -> HttpResponse:
    """A page whose form is answered by sending the browser on to one of these addresses."""
    response["Content-Security-Policy"] = with_forms_to(*map(origin_of, urls))
    return response
