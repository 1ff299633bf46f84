"""CDS Hooks 2.0: what is offered, and cards of what the chart really says. https://cds-hooks.hl7.org/2.0/

Who asks shows a JWT of a registered program. What the cards are made from is read with the token in
`fhirAuthorization`, one of ours, and so with what its person or program may see. Without it there is nothing that may
be told: no cards. A card says what is known and from where; it never advises.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from carewright.core.access.model import Access, AccessDenied
from carewright.core.access.sessions import SessionKind, access_of, authenticate
from carewright.core.access.tenure import still_holds
from carewright.core.cds import callers
from carewright.core.cds.model import HOOKS, MAX_CARDS, ORDER_SIGN, PATIENT_VIEW, Asked, Card
from carewright.core.smart.statements import StatementRefused
from carewright.core.store.model import NotFound, Origin, Ref
from carewright.core.store.store import Store
from carewright.fhirapi.calls import ID, read_resource_body
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.smart import practice_of

PREFIXES = ("/cds-services", "/p/{practice}/cds-services")
MAX_BODY_BYTES = 1024 * 1024
TITLES = {
    PATIENT_VIEW: "What is still open for a patient",
    ORDER_SIGN: "What is still open for the patient of an order",
}
DOC = "Checks that are due by the practice's declared rules, allergies not asked about, results not reviewed."
Endpoint = Callable[[Request], Awaitable[Response]]


async def discovery(request: Request) -> Response:
    """Open to everybody: it says what there is, and nothing of anybody."""
    return JSONResponse({"services": [_offered(hook) for hook in HOOKS]})


def _offered(hook: str) -> dict[str, Any]:
    return {
        "id": f"carewright-{hook}", "hook": hook, "title": TITLES[hook], "description": DOC,
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
        "usageRequirements": "fhirAuthorization with a token of this server; without it there are no cards.",
    }  # fmt: skip


async def service(request: Request) -> Response:
    """The cards of one service."""
    hook = str(request.path_params["id"]).removeprefix("carewright-")
    if hook not in HOOKS or not str(request.path_params["id"]).startswith("carewright-"):
        raise ApiError(404, "not-found", "There is no such service. GET /cds-services lists what there is.")
    store: Store = request.app.state.store
    practice = await practice_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _unknown("Send a JWT signed by a registered program as the bearer token.")
    address = str(request.url).partition("?")[0]
    try:
        await anyio.to_thread.run_sync(lambda: callers.require(store, practice, token.strip(), audience=address))
    except StatementRefused as error:
        raise _unknown(str(error)) from error
    asked = await read_resource_body(request, most=MAX_BODY_BYTES)
    patient = _patient(asked, hook)
    access = await anyio.to_thread.run_sync(_access, store, practice, asked)
    if access is None:
        return JSONResponse({"cards": []})
    base = str(request.base_url).rstrip("/")

    def work() -> list[Card]:
        about = Asked(patient=patient, now=store.clock.now(), base=base, context=asked["context"])
        with store.reader(access, reason=f"cds.{hook}", origin=Origin.API) as reader:
            reader.read(Ref("Patient", patient))
            return [
                card for source in store.registry.card_sources if hook in source.hooks
                for card in source.cards(reader, about)
            ]  # fmt: skip

    try:
        cards = await anyio.to_thread.run_sync(work, limiter=request.app.state.writers)
    except NotFound as error:
        raise ApiError(412, "not-found", "The patient of the context cannot be read with this token.") from error
    body = {"cards": [card.to_json() for card in cards[:MAX_CARDS]]}
    return Response(json.dumps(body), media_type="application/json")


def _unknown(text: str) -> ApiError:
    return ApiError(401, "login", text, headers={"WWW-Authenticate": 'Bearer realm="Carewright CDS"'})


def _patient(asked: dict[str, Any], hook: str) -> str:
    """The patient of the context; ApiError 400 for what is no request of this hook."""
    context = asked.get("context")
    patient = context.get("patientId") if isinstance(context, dict) else None
    if asked.get("hook") != hook or not isinstance(asked.get("hookInstance"), str):
        raise ApiError(400, "invalid", f"A request names its hook ({hook}) and its hookInstance.")
    if not isinstance(patient, str) or not ID.fullmatch(patient):
        raise ApiError(400, "invalid", "The context names its patient: patientId.")
    prefetched = asked.get("prefetch")
    found = prefetched.get("patient") if isinstance(prefetched, dict) else None
    if isinstance(found, dict) and found.get("id") != patient:
        raise ApiError(400, "invalid", "The prefetched patient is not the one of the context.")
    return patient


def _access(store: Store, practice: str, asked: dict[str, Any]) -> Access | None:
    """What the token in fhirAuthorization may see; None without one. ApiError 401 for one that is not good here."""
    given = asked.get("fhirAuthorization")
    if given is None:
        return None
    token = given.get("access_token") if isinstance(given, dict) else None
    session = authenticate(store, token) if isinstance(token, str) else None
    if session is None or session.kind is not SessionKind.TOKEN or session.practice != practice:
        raise _unknown("The token in fhirAuthorization is not one of this server, or has ended.")
    if not still_holds(store, session):
        raise AccessDenied("The person behind this token does not hold its roles any more.")
    return access_of(session, store.registry)


def routes(wrapped: Callable[[Endpoint], ASGIApp]) -> list[Route]:
    """The addresses beside the FHIR base."""
    found = []
    for prefix in PREFIXES:
        found.append(Route(prefix, wrapped(discovery), methods=["GET"]))
        found.append(Route(f"{prefix}/{{id}}", wrapped(service), methods=["POST"]))
    return found
