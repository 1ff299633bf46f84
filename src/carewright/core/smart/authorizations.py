"""What a person has allowed an app: begun with their consent, at work through its tokens, ended with all of them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from carewright.core.access import sessions
from carewright.core.access.identity import Session
from carewright.core.access.model import Access, Actor
from carewright.core.audit.records import Action, record
from carewright.core.smart import keys, requested
from carewright.core.smart.model import ACCESS_FOR, OFFLINE_FOR, ONLINE_FOR, Authorization, Client
from carewright.core.store import client_rows
from carewright.core.store.keys import key_of
from carewright.core.store.model import Origin

if TYPE_CHECKING:
    from carewright.core.store.store import Store

PRACTITIONER = "Practitioner/"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Who has said yes, for whose chart (an id, None for no one's) at which visit, at which FHIR address."""

    signed_on: Session
    patient: str | None
    encounter: str | None
    base: str


def begin(store: "Store", allowed: Allowed, *, client: Client, scopes: Iterable[str]) -> Authorization:
    """Keep a consent, with its audit row."""
    who, now, listed = allowed.signed_on, store.clock.wall(), list(scopes)
    lasts = OFFLINE_FOR if requested.OFFLINE in listed else ONLINE_FOR if requested.ONLINE in listed else ACCESS_FOR
    given = Authorization(
        practice=who.practice, id=str(uuid.uuid4()), client_id=client.client_id, actor=who.actor, display=who.display,
        user_name=who.user_name, roles=who.roles, site=who.site, patient=allowed.patient, scopes=" ".join(listed),
        base=allowed.base, session=who.secret_hash, created_at=now, expires_at=now + lasts,
    )  # fmt: skip
    access = Access(
        actor=Actor(practice=who.practice, reference=who.actor), roles=who.roles, site=who.site, session=who.id
    )
    audit = record(
        access, at=now, action=Action.EXECUTE, reason="authorization.begin", origin=Origin.SCREEN,
        detail={"client": client.client_id, "authorization": given.id, "scopes": given.scopes},
        patients=[key_of("Patient", allowed.patient)] if allowed.patient else [],
    )  # fmt: skip
    with store.driver.writing(who.practice) as connection:
        client_rows.add_authorization(connection, given, audit=audit)
    return given


def find(store: "Store", practice: str, authorization_id: str) -> Authorization | None:
    """The authorization, ended or not."""
    with store.driver.reading(practice) as connection:
        found = client_rows.authorizations(connection, practice, column="id", value=authorization_id, standing=False)
    return found[0] if found else None


def end(store: "Store", given: Authorization, *, reason: str) -> None:
    """End it with all its tokens; `reason` stands in the audit."""
    sessions.end_authorization(store, given, reason=reason)


def is_over(store: "Store", given: Authorization) -> bool:
    """Whether it has ended, or was for as long as its person is signed in, and that sign-on has ended."""
    now = store.clock.wall()
    if not given.valid(now):
        return True
    words = given.scopes.split()
    if requested.OFFLINE in words or requested.ONLINE not in words:
        return False
    return not any(
        session.secret_hash == given.session and session.valid(now)
        for session in sessions.sessions_of(store, practice=given.practice, actor=given.actor)
    )


def id_token(store: "Store", given: Authorization, *, claims: dict[str, Any]) -> str:
    """Who the person is, signed. The issuer is the FHIR address that the app uses."""
    issued = store.clock.wall()
    said = {
        **claims, "iss": given.base, "sub": given.actor.removeprefix(PRACTITIONER), "iat": int(issued.timestamp()),
        "exp": int((issued + timedelta(minutes=5)).timestamp()),
    }  # fmt: skip
    if requested.FHIR_USER in given.scopes.split():
        said["fhirUser"] = f"{given.base}/{given.actor}"
    return keys.sign(store, given.practice, said)
