"""Clients, what people have allowed them, and tickets, as values.

A *client* is a registered program. An *authorization* is what one person has allowed a client, for whose chart and
until when; all tokens that follow from it end with it. A *ticket* is a secret that opens something once: a launch, a
code, a refresh.
Source: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from carewright.core.access.model import Role

ACCESS_FOR = timedelta(hours=1)
"""How long an app's access token is valid; it asks for the next one with its refresh token."""
BACKEND_FOR = timedelta(minutes=5)
OFFLINE_FOR = timedelta(days=90)
ONLINE_FOR = timedelta(hours=12)
CODE_FOR = timedelta(minutes=1)
LAUNCH_FOR = timedelta(minutes=5)
REQUEST_FOR = timedelta(minutes=30)
"""From an app's request to the person's answer; somebody may have to sign in first."""

Answer = tuple[dict[str, str], str, int]
"""What a client is told: headers, body and status."""


class ClientKind(StrEnum):
    PUBLIC = "public"  # an app that can keep no secret: in a browser, on a phone
    SECRET = "secret"  # noqa: S105 - a kind: an app on a server, with a secret
    BACKEND = "backend"  # a program without a person, with keys of its own


@dataclass(frozen=True, kw_only=True)
class Client:
    """`scopes` is the most that it may ask for. `roles` are whose view a backend program has."""

    practice: str
    client_id: str
    kind: ClientKind
    name: str
    scopes: str
    launch_url: str = ""
    redirect_uris: tuple[str, ...] = ()
    secret_hash: bytes | None = None
    jwks: str = ""
    jwks_url: str = ""
    roles: frozenset[Role] = frozenset()
    created_by: str = ""
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def actor(self) -> str:
        """Who a backend program is in the audit and as an author."""
        return f"Device/{self.client_id}"


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """`session` is the digest of the sign-on at which it was given; `base` the FHIR address that the app uses."""

    practice: str
    id: str
    client_id: str
    actor: str
    display: str
    user_name: str
    roles: frozenset[Role]
    site: str | None
    patient: str | None
    scopes: str
    base: str
    session: bytes
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at


class TicketKind(StrEnum):
    REQUEST = "request"  # what an app asks for, until its person has answered
    LAUNCH = "launch"
    CODE = "code"
    REFRESH = "refresh"
    ASSERTION = "assertion"  # a signed statement of a client, seen


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """`data` holds what it stands for; `used_at` is set once."""

    practice: str
    kind: TicketKind
    client_id: str
    app_authorization: str
    data: Mapping[str, Any]
    expires_at: datetime
    used_at: datetime | None
