"""Reads of tasks. Lists read the projection; one task is read whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work import fhir
from carewright.core.work.model import Kind, Priority, WorkTask
from carewright.core.work.priority import Item


def open_items(reader: Reader, *, limit: int | None = None, **where: object) -> list[Item]:
    """The open tasks whose columns are as `where` says."""
    return [item(row) for row in reader.rows("task", where={"is_open": 1, **where}, limit=limit)]


def task(reader: Reader, task_id: str) -> tuple[WorkTask, Resource]:
    """One task and its record; NotFound."""
    stored = reader.resource(Ref("Task", task_id))
    return fhir.from_fhir(stored), stored


def item(row: Mapping[str, object]) -> Item:
    """A row of the projection as a list knows it."""
    return Item(
        id=_text(row, "id"), code=_text(row, "code"), words=_text(row, "words"), status=_text(row, "status"),
        priority=Priority(_text(row, "priority")), kind=Kind(_text(row, "kind")), owner=_text(row, "owner"),
        pool_role=_text(row, "pool_role"), pod=_text(row, "pod"), language=_text(row, "language"),
        competency=_text(row, "competency"), patient=_text(row, "patient"), encounter=_text(row, "encounter"),
        focus=_text(row, "focus"), site=_text(row, "site"), requester=_text(row, "requester"),
        waiting_on=_text(row, "waiting_on"), waits=_whole(row, "waits"), level=_whole(row, "level"),
        sent_role=_text(row, "sent_role"), sent_at=_at(row, "sent_at"),
        pinned_by=frozenset(_text(row, "pinned_by").split()),
        place=None if row["place"] is None else _whole(row, "place"), place_why=_text(row, "place_why"),
        authored_at=_at(row, "authored_at"), due_at=_at(row, "due_at"), not_before=_at(row, "not_before"),
        remind_at=_at(row, "remind_at"), version=_whole(row, "version"),
    )  # fmt: skip


def _text(row: Mapping[str, object], name: str) -> str:
    return str(row[name] or "")


def _whole(row: Mapping[str, object], name: str) -> int:
    return cast(int, row[name] or 0)


def _at(row: Mapping[str, object], name: str) -> datetime | None:
    return cast(datetime | None, row[name])
