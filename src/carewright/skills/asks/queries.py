"""Reads of asks: what a visit was asked for, and what calls somebody now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.reader import Reader
from carewright.core.work.priority import Item, Viewer, for_viewer
from carewright.core.work.queries import open_items
from carewright.skills.asks.codes import JOB
from carewright.skills.asks.rules import State, state_of


@dataclass(frozen=True, kw_only=True)
class Line:
    """An ask of a visit: the code of its job, where it stands, whose it is, who asked and who could not, and when."""

    id: str
    job: str
    state: State
    owner: str
    requester: str
    declined: tuple[str, ...]
    asked_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


def of_visit(reader: Reader, encounter_id: str) -> list[Line]:
    """What was asked for at a visit, the latest first."""
    rows = reader.rows("ask", where={"encounter": encounter_id}, order=("-asked_at", "id"))
    return [_line(row) for row in rows]


def calling(reader: Reader, viewer: Viewer, *, now: datetime) -> list[Item]:
    """The asks that call this person: theirs or their pool's, not answered, and not declined by them."""
    items = open_items(reader, owner=("", viewer.reference), loud=1, code=tuple(JOB), status="requested")
    mine = [item for item in items if for_viewer(item, viewer, now=now)]
    rows = reader.rows("ask", where={"id": tuple(item.id for item in mine)}) if mine else []
    over = {str(row["id"]) for row in rows if viewer.reference in str(row["declined"] or "").split()}
    return sorted((item for item in mine if item.id not in over), key=lambda item: (str(item.authored_at), item.id))


def _line(row: Mapping[str, object]) -> Line:
    return Line(
        id=str(row["id"]), job=str(row["job"]), state=state_of(str(row["status"])), owner=str(row["owner"] or ""),
        requester=str(row["requester"] or ""), declined=tuple(str(row["declined"] or "").split()),
        asked_at=cast(datetime, row["asked_at"]), answered_at=cast(datetime | None, row["answered_at"]),
        ended_at=cast(datetime | None, row["ended_at"]),
    )  # fmt: skip
