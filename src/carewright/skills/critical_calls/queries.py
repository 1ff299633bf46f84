"""Reads of critical calls."""

from datetime import datetime
from typing import cast

from carewright.core.store.reader import Reader
from carewright.skills.critical_calls.codes import CRITICAL_CALL
from carewright.skills.critical_calls.model import CriticalCall


def of_visit(reader: Reader, encounter_id: str) -> list[CriticalCall]:
    """The calls about a visit, the earliest first."""
    return _calls(reader, encounter=encounter_id)


def open_of(reader: Reader, *, by: str) -> list[CriticalCall]:
    """The calls that somebody (`Practitioner/…`) has begun and that are not over."""
    return _calls(reader, requester=by, is_open=1)


def _calls(reader: Reader, **where: object) -> list[CriticalCall]:
    rows = reader.rows("task", where={"code": CRITICAL_CALL.code, **where}, order=("authored_at", "id"))
    return [
        CriticalCall(
            id=str(row["id"]), encounter=f"Encounter/{row['encounter']}", patient=f"Patient/{row['patient']}",
            by=str(row["requester"]), since=cast(datetime, row["authored_at"]), ringing=str(row["owner"]),
            answered=row["status"] in ("accepted", "in-progress"), level=cast(int, row["level"]),
            is_open=bool(row["is_open"]), version=cast(int, row["version"]),
        )
        for row in rows
    ]  # fmt: skip
