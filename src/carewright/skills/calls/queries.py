"""Reads of phone calls: one call, today's, and those that are owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.skills.calls.fhir import from_fhir
from carewright.skills.calls.model import Answer, Ending, PhoneCall, State

MOST = 200
"""Calls on one page."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A call as a line of the list."""

    id: str
    at: datetime
    by: str
    number: str
    place: str
    patient: str
    caller_name: str
    reason: str
    state: State
    ending: Ending | None
    emergency: Answer
    rings: bool
    attempts: int
    for_whom: str


def call(reader: Reader, call_id: str) -> tuple[PhoneCall, int]:
    """One call and the version that was read; NotFound."""
    stored = reader.resource(Ref("Communication", call_id))
    found = from_fhir(stored)
    if found is None:
        raise NotFound("There is no such phone call.")
    return found, int(stored["meta"]["versionId"])


def of_call(found: PhoneCall) -> Listed:
    """A call that was read whole, as a line of the list."""
    return Listed(
        id=found.id, at=found.at, by=found.by, number=found.number, place=found.place,
        patient=found.patient.removeprefix("Patient/"), caller_name=found.caller_name, reason=found.reason,
        state=found.state, ending=found.ending, emergency=found.emergency, rings=found.rings,
        attempts=len(found.attempts), for_whom=found.for_whom,
    )  # fmt: skip


def not_ended(reader: Reader, *, site: str) -> list[Listed]:
    """The calls of a site (a Location's id) that somebody has on the line or owes an answer; the oldest first."""
    rows = reader.rows("phone_call", where={"site": site, "is_open": 1}, order=("received_at",), limit=MOST)
    return [listed(row) for row in rows]


def ended_since(reader: Reader, *, site: str, since: datetime) -> list[Listed]:
    """The calls received since then that have ended, the newest first."""
    rows = reader.rows(
        "phone_call",
        where={"site": site, "is_open": 0, "received_at": Between(low=since)},
        order=("-received_at",),
        limit=MOST,
    )
    return [listed(row) for row in rows]


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Listed]:
    """The calls that are about a patient (the ids of all their charts), the newest first."""
    reader.access.require_action("calls.see")
    rows = reader.rows("phone_call", where={"patient": tuple(charts)}, order=("-received_at",), limit=MOST)
    return [listed(row) for row in rows]


def listed(row: Mapping[str, object]) -> Listed:
    """A row of the projection."""
    ending = str(row["ending"] or "")
    return Listed(
        id=str(row["id"]), at=cast(datetime, row["received_at"]), by=str(row["taken_by"]), number=str(row["number"]),
        place=str(row["place"]), patient=str(row["patient"]), caller_name=str(row["caller_name"]),
        reason=str(row["reason"]), state=State(str(row["state"])), ending=Ending(ending) if ending else None,
        emergency=Answer(str(row["emergency"] or "")), rings=bool(row["rings"]), attempts=cast(int, row["attempts"]),
        for_whom=str(row["for_whom"]),
    )  # fmt: skip
