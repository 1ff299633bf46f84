"""What stands behind a token, for those who may ask, and the end of one.

Sources: RFC 7662 (introspection), RFC 7009 (revocation),
https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
"""

from typing import TYPE_CHECKING, Any

from carewright.core.access import sessions
from carewright.core.access.identity import Session, SessionKind
from carewright.core.smart import authorizations, requested, tickets
from carewright.core.smart.model import Authorization, Client, ClientKind, Ticket, TicketKind

if TYPE_CHECKING:
    from carewright.core.store.store import Store


def claims_of(store: "Store", practice: str, token: str, *, asked_by: Client) -> dict[str, Any] | None:
    """None for a token that does not stand, or that a public client did not get itself."""
    session, ticket, given = _found(store, practice, token)
    owner = str(session.data.get(sessions.CLIENT, "")) if session else ticket.client_id if ticket else ""
    if asked_by.kind is ClientKind.PUBLIC and owner != asked_by.client_id:
        return None
    if session is not None:
        return _of_session(session, given, owner)
    if ticket is None or given is None or authorizations.is_over(store, given):
        return None
    return {
        "client_id": owner, "scope": given.scopes, "token_type": "refresh_token", "sub": _subject(given.actor),
        "exp": int(min(ticket.expires_at, given.expires_at).timestamp()), "iss": given.base,
    }  # fmt: skip


def _of_session(session: Session, given: Authorization | None, owner: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "scope": given.scopes if given else session.scopes,
        "token_type": "Bearer",
        "exp": int(session.expires_at.timestamp()),
        "iat": int(session.created_at.timestamp()),
        "sub": _subject(session.actor),
    }
    said |= {"client_id": owner} if owner else {}
    said |= {"patient": session.patient} if session.patient else {}
    if given is not None:
        said["iss"] = given.base
        if requested.FHIR_USER in given.scopes.split():
            said["fhirUser"] = f"{given.base}/{session.actor}"
    return said


def revoke(store: "Store", practice: str, token: str, *, client: Client) -> None:
    """End a token of this client. A refresh token takes all that came with it along."""
    session, ticket, given = _found(store, practice, token)
    if session is not None and session.data.get(sessions.CLIENT) == client.client_id:
        sessions.revoke(store, session)
    if ticket is not None and given is not None and ticket.client_id == client.client_id:
        authorizations.end(store, given, reason="authorization.revoked")


def _found(store: "Store", practice: str, token: str) -> tuple[Session | None, Ticket | None, Authorization | None]:
    """The access token's session or the refresh token's ticket, and what allows it; of this practice alone."""
    session = sessions.authenticate(store, token)
    if session is not None and (session.practice != practice or session.kind is not SessionKind.TOKEN):
        session = None
    ticket = None
    if session is None:
        ticket = tickets.standing(store, TicketKind.REFRESH, token, practice=practice)
    allowed_by = (
        str(session.data.get(sessions.AUTHORIZATION, "")) if session else ticket.app_authorization if ticket else ""
    )
    return session, ticket, authorizations.find(store, practice, allowed_by) if allowed_by else None


def _subject(actor: str) -> str:
    return actor.partition("/")[2]
