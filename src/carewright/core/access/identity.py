"""Who is behind a session, as a value, and what that session may do.

Plain Python: no store. `sessions.py` keeps the rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from carewright.core.access.model import Access, AccessDenied, Actor, Interaction, Limits, Purpose, Role
from carewright.core.access.scopes import Scope, limits, narrow, parse, unlimited
from carewright.core.access.sensitivity import sensitive_for
from carewright.core.registry import Registry


class SessionKind(StrEnum):
    SCREEN = "screen"  # a person at a browser
    TOKEN = "token"  # noqa: S105 - a kind, not a secret: a program with a bearer token
    GUEST = "guest"  # a browser before sign-in: holds data, may nothing


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session as its row says; `secret_hash` names it, `id` is a short form of that for the audit."""

    secret_hash: bytes
    practice: str
    kind: SessionKind
    actor: str
    display: str
    user_name: str
    roles: frozenset[Role]
    site: str | None
    purpose: Purpose
    scopes: str
    patient: str | None
    data: Mapping[str, Any]
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    locked_at: datetime | None
    revoked_at: datetime | None

    @property
    def id(self) -> str:
        return self.secret_hash.hex()[:16]

    @property
    def locked(self) -> bool:
        return self.locked_at is not None

    def valid(self, now: datetime) -> bool:
        """Neither revoked nor expired. A locked session is valid: its person only has to unlock it."""
        return self.revoked_at is None and now < self.expires_at


def access_of(session: Session, registry: Registry, *, purpose: Purpose | None = None) -> Access:
    """What a session may do: what its roles hold, for a token narrowed to its scopes.

    AccessDenied for a locked session and for a browser that nobody has signed in on. `purpose` is why the chart is
    opened this time (an emergency), if not for the session's usual work.
    """
    if session.kind is SessionKind.GUEST:
        raise AccessDenied("Nobody is signed in.")
    if session.locked:
        raise AccessDenied("This screen is locked. Unlock it to go on.")
    grants, actions, patient = registry.grants_for(session.roles), registry.actions_for(session.roles), session.patient
    limited: Limits = {}
    if session.kind is SessionKind.TOKEN:
        scopes = parse(session.scopes)
        grants = narrow(grants, scopes)
        limited = limits(grants, scopes)
        actions = _actions_within(actions, unlimited(grants, limited), registry)
        patient = _confined_to(session, scopes)
    why = purpose or session.purpose
    return Access(
        actor=Actor(practice=session.practice, reference=session.actor, display=session.display),
        roles=session.roles,
        purpose=why,
        grants=grants,
        actions=actions,
        patient=patient,
        sensitive=sensitive_for(session.roles, why),
        session=session.id,
        site=session.site,
        limits=limited,
    )


def _confined_to(session: Session, scopes: Iterable[Scope]) -> str | None:
    """The one patient of a token. A single `patient/` scope confines all others: the narrow reading is the safe one."""
    if session.patient is None and any(scope.level == "patient" for scope in scopes):
        raise AccessDenied("This token is for one patient's chart but names no patient.")
    return session.patient


def _actions_within(
    actions: frozenset[str], grants: Mapping[str, frozenset[Interaction]], registry: Registry
) -> frozenset[str]:
    """The named actions all of whose interactions a token still holds; one that needs none stays with people."""
    needs = {action: registry.permissions[action].grants for action in actions}
    return frozenset(
        action
        for action, needed in needs.items()
        if needed and all(interactions <= grants.get(t, frozenset()) for t, interactions in needed.items())
    )
