"""Audit rows as values: who did what to which records, when and why. Keys and keyed digests, never bodies.

The digest of a row is BLAKE2b over its fields in a fixed JSON form; the sealer links digests to a chain
(`sealer.py`), and `verify.py` recomputes both.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter
from uuid import UUID

import msgspec
from msgspec import Struct

from carewright.core.access.model import Access
from carewright.core.ids import timed_id

_DETAIL, _FIELDS = msgspec.json.Encoder(order="sorted"), msgspec.json.Encoder()


class Action(StrEnum):
    """FHIR AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class Outcome(StrEnum):
    """FHIR AuditEvent.outcome."""

    SUCCESS = "0"
    REFUSED = "4"
    FAILED = "8"


class AuditRecord(Struct, frozen=True, kw_only=True):
    """One row of the audit, before it is written. `detail` is JSON text; `patients` are resource keys."""

    practice: str
    id: str
    at: datetime
    action: Action
    outcome: Outcome
    actor: str
    on_behalf_of: str | None
    roles: str
    purpose: str
    origin: str
    session: str
    reason: str
    detail: str
    patients: tuple[UUID, ...] = ()

    @property
    def digest(self) -> bytes:
        return row_digest(self.fields())

    def fields(self) -> tuple[str | None, ...]:
        return (
            self.practice, self.id, self.at.isoformat(timespec="microseconds"), self.action, self.outcome, self.actor,
            self.on_behalf_of, self.roles, self.purpose, self.origin, self.session, self.reason, self.detail,
        )  # fmt: skip

    def row(self) -> tuple[object, ...]:
        """In the column order of `schema.AUDIT`."""
        return (
            self.practice, self.id, self.at, self.action.value, self.outcome.value, self.actor, self.on_behalf_of,
            self.roles, self.purpose, self.origin, self.session, self.reason, self.detail, self.digest,
        )  # fmt: skip

    def patient_rows(self) -> list[tuple[object, ...]]:
        """In the column order of `schema.AUDIT_PATIENT`."""
        return [(self.practice, patient, self.id, self.at) for patient in self.patients]


def record(
    access: Access,
    *,
    at: datetime,
    action: Action,
    reason: str,
    origin: str,
    detail: Mapping[str, object],
    patients: Iterable[UUID] = (),
    outcome: Outcome = Outcome.SUCCESS,
) -> AuditRecord:
    """An audit record of what `access`'s actor did. `detail` must hold no patient data beyond opaque ids.

    The patients' keys stand in the detail as well, so that the row's digest covers them.
    """
    keys = tuple(sorted(set(patients), key=attrgetter("int")))
    content = {**detail, "patients": [key.hex for key in keys]} if keys else detail
    return AuditRecord(
        practice=access.practice,
        id=timed_id(),
        at=at,
        action=action,
        outcome=outcome,
        actor=access.actor.reference,
        on_behalf_of=access.on_behalf_of,
        roles=access.named_roles,
        purpose=access.purpose.value,
        origin=origin,
        session=access.session,
        reason=reason,
        detail=_DETAIL.encode(content).decode(),
        patients=keys,
    )


def row_digest(fields: Sequence[str | None]) -> bytes:
    """The digest of the fields as Python's `json` writes them: what is plain is written so by others, and sooner."""
    text = _FIELDS.encode(fields)
    if not text.isascii() or b"\x7f" in text:
        text = json.dumps(list(fields), separators=(",", ":")).encode()
    return blake2b(text, digest_size=32).digest()


def body_digest(body: bytes, *, key: bytes) -> str:
    """A keyed digest: proves that a body is the one audited, tells nothing about it without the key."""
    return blake2b(body, digest_size=16, key=key).hexdigest()
