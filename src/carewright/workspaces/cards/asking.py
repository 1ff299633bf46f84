"""Asking the services that the practice has chosen: at the same time, for a second or two, and never twice in a row one
that does not answer.

Each is given a token of its own that reads this patient, a few types, for two minutes; it says who we are by a JWT that
the practice has signed. https://cds-hooks.hl7.org/2.0/#calling-a-cds-service
"""

import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from carewright.core.access.sessions import Session, SessionKind, open_session
from carewright.core.cds.model import MAX_CARDS, Card, Why
from carewright.core.fhir.codec import MalformedJson, decode, encode
from carewright.core.outward import NoAnswer, NotAsked, Request
from carewright.core.smart import keys
from carewright.core.store.store import Store
from carewright.shell.permissions import CareRequest

SECONDS = 1.5
REST_SECONDS = 60.0
"""A service that did not answer is left alone this long: nobody waits for it at every chart."""
LASTS = timedelta(minutes=2)
READS = ("Patient", "AllergyIntolerance", "Condition", "Encounter", "Immunization", "MedicationRequest",
         "MedicationStatement", "Observation", "ServiceRequest")  # fmt: skip
SCOPES = " ".join(f"patient/{name}.rs" for name in READS)
MAX_ANSWER_BYTES = 256 * 1024
ASKERS, PAGES = 8, 2
"""Threads that ask; pages that wait for them at the same time. A page more is told that nobody was asked."""

log = logging.getLogger(__name__)
_askers = ThreadPoolExecutor(max_workers=ASKERS, thread_name_prefix="cds")
_pages = threading.BoundedSemaphore(PAGES)
_resting: dict[str, float] = {}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the services have said: (service, card), and those that said nothing in time, by their host names."""

    cards: tuple[tuple[str, Card], ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One hook at one patient; `base` is the address of the practice's API."""

    hook: str
    patient: str
    base: str
    context: Mapping[str, Any] = field(default_factory=dict)


def ask(store: Store, who: Session, services: Sequence[str], question: Question) -> Said:
    """The cards of all services that answer in time."""
    if not services:
        return Said()
    if not _pages.acquire(blocking=False):
        return Said(silent=tuple(map(host_of, services)))
    try:
        asked = {}
        for service in services:
            if _resting.get(service, 0.0) <= time.monotonic():
                asked[_askers.submit(_cards, store, who, service, question)] = service
        done, _ = wait(asked, timeout=SECONDS + 0.5)
        found = {asked[future]: future.result() for future in done}
        for service in set(asked.values()) - found.keys():
            _resting[service] = time.monotonic() + REST_SECONDS
    finally:
        _pages.release()
    silent = [service for service in services if found.get(service) is None]
    cards = [(service, card) for service in services for card in found.get(service) or ()]
    return Said(cards=tuple(cards), silent=tuple(map(host_of, silent)))


def overridden(card: str, why: Why | None = None) -> dict[str, Any]:
    """The feedback for a card that was put away, with the reason where one was given."""
    reason = {"overrideReason": {"reason": {"code": why.code, "system": why.system}}} if why else {}
    return {"card": card, "outcome": "overridden", **reason}


def accepted(card: str, suggestion: str) -> dict[str, Any]:
    """The feedback for a card whose suggestion was done."""
    return {"card": card, "outcome": "accepted", "acceptedSuggestions": [{"id": suggestion}]}


def tell(store: Store, practice: str, *, service: str, base: str, feedback: Mapping[str, Any]) -> None:
    """Tell a service what became of its card. Whether it listens holds up nobody.

    https://cds-hooks.hl7.org/2.0/#feedback
    """
    at = store.clock.wall().isoformat(timespec="seconds")
    body = {"feedback": [{**feedback, "outcomeTimestamp": at}]}
    _askers.submit(_post, store, practice, f"{service.rstrip('/')}/feedback", base, body)


def _cards(store: Store, who: Session, service: str, question: Question) -> list[Card] | None:
    """The cards of one service; None where it has not answered as it should, and then it rests."""
    token = open_session(
        store, practice=who.practice, actor=who.actor, display=who.display, user_name=who.user_name, roles=who.roles,
        site=who.site, purpose=who.purpose, kind=SessionKind.TOKEN, scopes=SCOPES, patient=question.patient,
        expires_at=store.clock.wall() + LASTS,
    )  # fmt: skip
    body = {
        "hook": question.hook, "hookInstance": str(uuid.uuid4()), "fhirServer": question.base,
        "fhirAuthorization": {
            "access_token": token, "token_type": "Bearer", "expires_in": int(LASTS.total_seconds()), "scope": SCOPES,
            "subject": host_of(service), "patient": question.patient,
        },
        "context": {"userId": who.actor, "patientId": question.patient, **question.context},
    }  # fmt: skip
    answer = _post(store, who.practice, service, question.base, body)
    try:
        listed = decode(answer).get("cards") if answer is not None else None
    except MalformedJson:
        listed = None
    if not isinstance(listed, list):
        _resting[service] = time.monotonic() + REST_SECONDS
        log.warning(
            "The CDS service at %s does not answer as it should; it is asked again in a minute.", host_of(service)
        )
        return None
    return [card for one in listed[:MAX_CARDS] if (card := Card.from_json(one)) is not None]


def _post(store: Store, practice: str, url: str, base: str, body: dict[str, Any]) -> bytes | None:
    now = int(store.clock.wall().timestamp())
    claims = {"iss": base, "aud": url, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
    try:
        signed = keys.sign(store, practice, claims)
        headers = {
            "Authorization": f"Bearer {signed}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        request = Request(url=url, body=encode(body), headers=headers, seconds=SECONDS, most=MAX_ANSWER_BYTES)
        reply = store.outward.ask(request)
    except (NoAnswer, NotAsked):
        return None
    return reply.body if reply.is_good else None


def base_of(request: CareRequest) -> str:
    """The address of the API of the practice that somebody is at, as services are told it."""
    return request.build_absolute_uri(f"/p/{request.access.practice}/fhir")


def host_of(service: str) -> str:
    """Whose service it is, for a person."""
    return urlsplit(service).hostname or ""
