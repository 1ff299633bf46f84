"""Reads of calls for help: those that are open at a site, and the record of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.skills.emergency.fhir import from_fhir
from carewright.skills.emergency.model import Call


@dataclass(frozen=True, kw_only=True)
class OpenCall:
    """What a screen shows of a call: room, job and who is on the way; never a patient."""

    id: str
    room: str
    room_name: str
    job: str
    called_at: datetime
    called_by: str
    coming: tuple[str, ...]


def open_calls(reader: Reader, *, site: str) -> list[OpenCall]:
    """The calls at `site` (a Location's id) that are not over, the newest first."""
    rows = reader.rows("emergency", where={"site": site, "is_open": 1}, order=("called_at",))
    return [
        OpenCall(
            id=str(row["id"]),
            room=str(row["room"]),
            room_name=str(row["room_name"]),
            job=str(row["job"]),
            called_at=cast(datetime, row["called_at"]),
            called_by=str(row["called_by"]),
            coming=tuple(str(row["coming"]).split("\n")) if row["coming"] else (),
        )
        for row in reversed(rows)
    ]


def record(reader: Reader, call_id: str) -> Call:
    """One call with its record; NotFound."""
    call = from_fhir(reader.resource(Ref("Task", call_id)))
    if call is None:
        raise NotFound("There is no such call for help.")
    return call
