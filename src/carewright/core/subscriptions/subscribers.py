"""Whose subscription it is, and what they may see now: nothing is sent that their token could not read at this moment.

The subscriber is whose token last wrote the Subscription by the API; the audit of that version names it. A token that
has ended, was revoked or is locked, or whose person has lost a role, ends the subscription. The tokens of a registered
program last minutes: what counts for them is that the program is enabled, and that what its person has allowed stands.
"""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from carewright.core.access.identity import Session, SessionKind, access_of
from carewright.core.access.model import Access, AccessDenied, Purpose, Role
from carewright.core.access.sessions import AUTHORIZATION, CLIENT, sessions_of
from carewright.core.access.tenure import still_holds
from carewright.core.smart import authorizations, clients
from carewright.core.store import subscription_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

MOMENT = timedelta(minutes=1)


class NotAllowed(Exception):
    """The subscriber has lost what they subscribed with; the text says how."""


def found(store: "Store", practice: str, subscription: str) -> tuple[int, Session]:
    """The version by which it was last written through the API, and the token that wrote it. NotAllowed."""
    with store.driver.reading(practice) as connection:
        named = subscription_rows.subscriber(connection, practice, subscription)
    if named is None:
        raise NotAllowed("Nobody has written this subscription through the API: it was imported.")
    version, actor, short = named
    for session in sessions_of(store, practice=practice, actor=actor):
        if session.id == short:
            return version, session
    raise NotAllowed("The token that subscribed is not there any more.")


def facts_of(session: Session) -> dict[str, Any]:
    """What is kept of the subscriber beside the token's digest, because the token of a program is thrown away."""
    return {
        "actor": session.actor, "display": session.display, "user_name": session.user_name,
        "roles": sorted(session.roles), "site": session.site, "purpose": session.purpose, "scopes": session.scopes,
        "patient": session.patient, CLIENT: session.data.get(CLIENT), AUTHORIZATION: session.data.get(AUTHORIZATION),
    }  # fmt: skip


def access_now(store: "Store", practice: str, state: subscription_rows.State) -> Access:
    """What the subscriber may see at this moment. NotAllowed."""
    session = _of_program(store, practice, state) if state.facts.get(CLIENT) else _of_token(store, practice, state)
    if not still_holds(store, session):
        raise NotAllowed("The subscriber does not hold the roles of the token any more.")
    try:
        return access_of(session, store.registry)
    except AccessDenied as error:
        raise NotAllowed("The token that subscribed is locked.") from error


def _of_token(store: "Store", practice: str, state: subscription_rows.State) -> Session:
    listed = sessions_of(store, practice=practice, actor=str(state.facts["actor"]))
    session = next((one for one in listed if one.secret_hash == state.session), None)
    if session is None or not session.valid(store.clock.wall()):
        raise NotAllowed("The token that subscribed has ended or was revoked.")
    return session


def _of_program(store: "Store", practice: str, state: subscription_rows.State) -> Session:
    """The token of a registered program as it would be given to it now, with no more than it has subscribed with."""
    client = clients.find(store, practice, str(state.facts[CLIENT]))
    if client is None:
        raise NotAllowed("The program that subscribed is not registered any more, or was disabled.")
    session = _as_it_was(store, practice, state)
    named = state.facts.get(AUTHORIZATION)
    if named is None:
        return replace(session, roles=session.roles & client.roles)
    given = authorizations.find(store, practice, str(named))
    if given is None or authorizations.is_over(store, given):
        raise NotAllowed("What a person has allowed the program has ended.")
    return session


def _as_it_was(store: "Store", practice: str, state: subscription_rows.State) -> Session:
    facts, now = state.facts, store.clock.wall()
    return Session(
        secret_hash=state.session, practice=practice, kind=SessionKind.TOKEN, actor=facts["actor"],
        display=facts["display"], user_name=facts["user_name"], roles=frozenset(map(Role, facts["roles"])),
        site=facts["site"], purpose=Purpose(facts["purpose"]), scopes=facts["scopes"], patient=facts["patient"],
        data={}, created_at=now, seen_at=now, expires_at=now + MOMENT, locked_at=None, revoked_at=None,
    )  # fmt: skip
