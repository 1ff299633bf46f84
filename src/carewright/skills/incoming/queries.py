"""Reads of papers. Lists read the projection; the file follows its paper: who may read the one may see the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work.queries import open_items
from carewright.skills.incoming import rules
from carewright.skills.incoming.codes import ACT, MATCH, NAME, SIGN
from carewright.skills.incoming.fhir import from_fhir
from carewright.skills.incoming.model import CameAs, Content, Paper, Route, Stage

LEGS = (MATCH, NAME, SIGN, ACT)
MOST_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One paper of a list. `due_at` and `owner` are those of its task; `version` that of its record."""

    id: str
    stage: Stage
    came_as: CameAs
    came_at: datetime
    patient: str
    kind_words: str
    title: str
    route: Route | None
    to: str
    why: str
    version: int
    due_at: datetime | None = None
    owner: str = ""


def waiting(reader: Reader, *, site: str = "") -> list[Entry]:
    """The papers that are not at their end, the oldest first; with `site`, those of that site and of none."""
    reader.access.require_action("incoming.see")
    rows = reader.rows("paper", where={"is_open": 1}, order=("came_at",), limit=MOST_LISTED)
    codes = tuple(leg.code for leg in LEGS)
    tasks = {item.focus: item for item in open_items(reader, code=codes)}
    found = [_entry(row) for row in rows if not site or row["site"] in ("", site)]
    return [
        replace(entry, due_at=task.due_at, owner=task.owner)
        if (task := tasks.get(f"DocumentReference/{entry.id}"))
        else entry
        for entry in found
    ]


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """The papers in a patient's charts (ids), the latest first; with those that were there by mistake."""
    reader.access.require_action("incoming.see")
    rows = reader.rows("paper", where={"patient": tuple(charts)}, order=("came_at",), limit=MOST_LISTED)
    return [_entry(row) for row in reversed(rows)]


def paper(reader: Reader, paper_id: str) -> tuple[Paper, Resource]:
    """One paper and its record; NotFound, also for a document that is none."""
    reader.access.require_action("incoming.see")
    stored = reader.resource(Ref("DocumentReference", paper_id))
    found = from_fhir(stored)
    if found is None:
        raise NotFound("This document did not come in as a paper.")
    return found, stored


def content(reader: Reader, blobs: Blobs, paper_id: str) -> Content:
    """The file of a paper. NotFound where it has none, or is not to be seen."""
    found, _ = paper(reader, paper_id)
    if not found.digest:
        raise NotFound("There is no file here.")
    access = for_one_file(reader.access, Interaction.READ)
    blob, data = blobs.get(access, found.digest, reason="incoming.file")
    if blob.content_type not in rules.SHOWN:  # a record from elsewhere may name any file
        raise NotFound("There is no file here.")
    return Content(data=data, content_type=blob.content_type)


def _entry(row: dict[str, object]) -> Entry:
    route = str(row["route"] or "")
    return Entry(
        id=str(row["id"]), stage=Stage(str(row["stage"])), came_as=CameAs(str(row["came_as"])),
        came_at=cast(datetime, row["came_at"]), patient=str(row["patient"] or ""),
        kind_words=str(row["kind_words"] or ""), title=str(row["title"] or ""),
        route=Route(route) if route else None, to=str(row["sent_to"] or ""), why=str(row["why"] or ""),
        version=cast(int, row["version"]),
    )  # fmt: skip
