"""Reads of results. Lists read the projection."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work.queries import open_items
from carewright.skills.results.codes import LEGS
from carewright.skills.results.fhir import from_fhir
from carewright.skills.results.hooks import observations_of
from carewright.skills.results.model import Outcome, Result, Step

MOST_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result of a list. `due_at`, `owner` and `pool` are those of its task; `step` is owed, None at the end."""

    ref: str
    patient: str
    words: str
    step: Step | None
    critical: bool
    outcome: Outcome | None
    provider: str
    issued_at: datetime | None
    due_at: datetime | None = None
    owner: str = ""
    pool: str = ""


def waiting(reader: Reader, *, site: str = "") -> list[Entry]:
    """The results that are open, those due first in front; with `site`, those of that site and of none."""
    reader.access.require_action("results.see")
    rows = reader.rows("result", where={"is_open": 1}, limit=MOST_LISTED)
    tasks = {item.focus: item for item in open_items(reader, code=tuple(leg.code for leg in LEGS.values()))}
    found = [_entry(row) for row in rows if not site or row["site"] in ("", site)]
    whose = [
        replace(entry, due_at=task.due_at, owner=task.owner, pool=task.pool_role)
        if (task := tasks.get(entry.ref))
        else entry
        for entry in found
    ]
    return sorted(whose, key=lambda entry: (not entry.critical, entry.due_at is None, entry.due_at, entry.ref))


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """All results of a patient that stand in no report, the latest first."""
    reader.access.require_action("results.see")
    rows = reader.rows("result", where={"patient": tuple(charts)}, order=("issued_at",), limit=MOST_LISTED)
    return [_entry(row) for row in reversed(rows)]


def result(reader: Reader, ref: Ref) -> tuple[Result, Resource, list[Resource]]:
    """One result, its record and the observations in it; NotFound, also for what is no result."""
    reader.access.require_action("results.see")
    stored = reader.resource(ref)
    found = from_fhir(stored)
    if found is None:
        raise NotFound("This is no result.")
    inside = [reader.resource_or_none(one) for one in observations_of(stored)]
    return found, stored, [one for one in inside if one is not None]


def _entry(row: dict[str, object]) -> Entry:
    step, outcome = str(row["step"] or ""), str(row["outcome"] or "")
    return Entry(
        ref=str(row["ref"]), patient=str(row["patient"] or ""), words=str(row["words"] or ""),
        step=Step(step) if step else None, critical=bool(row["critical"]),
        outcome=Outcome(outcome) if outcome else None, provider=str(row["provider"] or ""),
        issued_at=cast(datetime | None, row["issued_at"]),
    )  # fmt: skip
