"""Reads of referrals. Lists read the projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work.queries import open_items
from carewright.skills.referrals.codes import LEGS
from carewright.skills.referrals.fhir import from_fhir
from carewright.skills.referrals.model import Referral, Step

MOST_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One referral of a list. `due_at` and `owner` are those of its task; `step` is what is owed, None at the end."""

    id: str
    patient: str
    to: str
    step: Step | None
    urgent: bool
    provider: str
    due_at: datetime | None = None
    owner: str = ""


def waiting(reader: Reader, *, site: str = "") -> list[Entry]:
    """The referrals whose loop is open, those due first in front; with `site`, those of that site and of none."""
    reader.access.require_action("referrals.see")
    rows = reader.rows("referral", where={"is_open": 1}, limit=MOST_LISTED)
    tasks = {item.focus: item for item in open_items(reader, code=tuple(leg.code for leg in LEGS.values()))}
    entries = []
    for row in rows:
        task = tasks.get(f"ServiceRequest/{row['id']}")
        if not site or row["site"] in ("", site):
            entries.append(_entry(row, due_at=task.due_at if task else None, owner=task.owner if task else ""))
    return sorted(entries, key=lambda entry: (entry.due_at is None, entry.due_at, entry.id))


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """All referrals of a patient."""
    reader.access.require_action("referrals.see")
    rows = reader.rows("referral", where={"patient": tuple(charts)}, order=("authored_at",), limit=MOST_LISTED)
    return [_entry(row) for row in reversed(rows)]


def referral(reader: Reader, referral_id: str) -> tuple[Referral, Resource]:
    """One referral and its record; NotFound, also for an order that is none."""
    reader.access.require_action("referrals.see")
    stored = reader.resource(Ref("ServiceRequest", referral_id))
    found = from_fhir(stored)
    if found is None:
        raise NotFound("This order is no referral.")
    return found, stored


def _entry(row: dict[str, object], *, due_at: datetime | None = None, owner: str = "") -> Entry:
    step = str(row["step"] or "")
    return Entry(
        id=str(row["id"]), patient=str(row["patient"] or ""), to=str(row["sent_to"] or ""),
        step=Step(step) if step else None, urgent=bool(row["urgent"]), provider=str(row["provider"] or ""),
        due_at=due_at, owner=owner,
    )  # fmt: skip
