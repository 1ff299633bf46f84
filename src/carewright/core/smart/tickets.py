"""Tickets: secrets that open something once and for a short time. The database keeps their digests alone."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from carewright.core.access.sessions import hash_of
from carewright.core.smart.model import Ticket, TicketKind
from carewright.core.store import client_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

SECRET_BYTES = 32


def make(
    store: "Store",
    kind: TicketKind,
    *,
    practice: str,
    client_id: str,
    lasts: timedelta,
    data: Mapping[str, Any] | None = None,
    authorization: str = "",
    secret: str = "",
) -> str:
    """A new ticket; its secret (`secret`, or 256 random bits), which is not kept."""
    given = secret or secrets.token_urlsafe(SECRET_BYTES)
    now = store.clock.wall()
    ticket = Ticket(
        practice=practice, kind=kind, client_id=client_id, app_authorization=authorization, data=data or {},
        expires_at=now + lasts, used_at=None,
    )  # fmt: skip
    with store.driver.writing(practice) as connection:
        client_rows.add_ticket(connection, ticket, secret_hash=hash_of(given), at=now)
    return given


def find(store: "Store", kind: TicketKind, secret: str, *, practice: str) -> Ticket | None:
    """The ticket, used or not, ended or not; None if there never was one, or it was cleared away."""
    with store.driver.reading(practice) as connection:
        return client_rows.ticket(connection, practice, secret_hash=hash_of(secret), kind=kind)


def standing(store: "Store", kind: TicketKind, secret: str, *, practice: str) -> Ticket | None:
    """The ticket, if it can still be used."""
    found = find(store, kind, secret, practice=practice)
    return found if found and found.used_at is None and store.clock.wall() < found.expires_at else None


def use(store: "Store", secret: str, *, practice: str) -> bool:
    """Use it up; False if somebody has already, also at this very moment."""
    with store.driver.writing(practice) as connection:
        return client_rows.use_ticket(connection, practice, secret_hash=hash_of(secret), at=store.clock.wall())
