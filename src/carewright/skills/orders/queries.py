"""Reads of orders. Lists read the projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work.model import Priority
from carewright.core.work.queries import open_items
from carewright.skills.orders.codes import LEGS
from carewright.skills.orders.fhir import from_fhir
from carewright.skills.orders.model import Kind, Order, Step

MOST_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One order of a list. `due_at`, `owner` and `pool` are those of its task; `step` is owed, None at the end."""

    id: str
    patient: str
    words: str
    kind: Kind
    step: Step | None
    priority: Priority
    provider: str
    status: str
    not_before: datetime | None
    authored_at: datetime | None
    due_at: datetime | None = None
    owner: str = ""
    pool: str = ""


def waiting(reader: Reader, *, site: str = "") -> list[Entry]:
    """The orders that are open, those due first in front; with `site`, those of that site and of none."""
    reader.access.require_action("orders.see")
    rows = reader.rows("care_order", where={"is_open": 1}, limit=MOST_LISTED)
    return _with_tasks(reader, [row for row in rows if not site or row["site"] in ("", site)])


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """All orders of a patient, the latest first."""
    reader.access.require_action("orders.see")
    rows = reader.rows("care_order", where={"patient": tuple(charts)}, order=("authored_at",), limit=MOST_LISTED)
    return [_entry(row) for row in reversed(rows)]


def order(reader: Reader, order_id: str) -> tuple[Order, Resource]:
    """One order and its record; NotFound, also for a referral."""
    reader.access.require_action("orders.see")
    stored = reader.resource(Ref("ServiceRequest", order_id))
    found = from_fhir(stored)
    if found is None:
        raise NotFound("This is no order.")
    return found, stored


def _with_tasks(reader: Reader, rows: list[dict[str, object]]) -> list[Entry]:
    tasks = {item.focus: item for item in open_items(reader, code=tuple(leg.code for leg in LEGS.values()))}
    found = []
    for row in rows:
        task = tasks.get(f"ServiceRequest/{row['id']}")
        found.append(
            _entry(row, due_at=task.due_at if task else None, owner=task.owner if task else "",
                   pool=task.pool_role if task else "")
        )  # fmt: skip
    return sorted(found, key=lambda entry: (entry.due_at is None, entry.due_at, entry.id))


def _entry(row: dict[str, object], *, due_at: datetime | None = None, owner: str = "", pool: str = "") -> Entry:
    step = str(row["step"] or "")
    return Entry(
        id=str(row["id"]), patient=str(row["patient"] or ""), words=str(row["words"] or ""),
        kind=Kind(str(row["kind"])), step=Step(step) if step else None, priority=Priority(str(row["priority"])),
        provider=str(row["provider"] or ""), status=str(row["status"]),
        not_before=cast(datetime | None, row["not_before"]), authored_at=cast(datetime | None, row["authored_at"]),
        due_at=due_at, owner=owner, pool=pool,
    )  # fmt: skip
