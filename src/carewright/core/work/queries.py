"""Reads of tasks. Lists read the projection; one task is read whole."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import cast

from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.work import fhir
from carewright.core.work.model import ANYONE, Kind, Priority, WorkTask
from carewright.core.work.priority import Item, Viewer, for_viewer

POOL_MOST = 50
"""Of the routine tasks of a pool, so many of each kind are read, those due first: nobody reaches further in a day."""
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_QUIETLY = (Kind.CLINICAL, Kind.CLERICAL, Kind.QUIET)


def open_items(reader: Reader, *, limit: int | None = None, **where: object) -> list[Item]:
    """The open tasks whose columns are as `where` says."""
    return [item(row) for row in reader.rows("task", where={"is_open": 1, **where}, limit=limit)]


def items_for(
    reader: Reader, viewer: Viewer, *, now: datetime, here: Collection[str] = (), most: int = POOL_MOST
) -> tuple[list[Item], bool]:
    """The open tasks that may be next for this person, and whether their pools hold more behind them.

    All of their own; of their pools' what is loud (not routine, critical, sent on, pinned, put in place) and what is
    about a patient in `here` (ids of those in the house); of the rest, by kind, the `most` that are due first. So the
    first of them all is the first of these: a routine task comes forward by its date alone, within its kind.
    """
    pool: dict[str, object] = {"owner": "", "pool_role": (*sorted(role.value for role in viewer.roles), ANYONE)}
    listed = open_items(reader, owner=viewer.reference) + open_items(reader, limit=None, **pool, loud=1)
    if here:
        listed += open_items(reader, limit=None, **pool, patient=tuple(sorted(here)))
    more = False
    for where, order in _quiet(pool, now=now):
        rows = reader.rows("task", where={"is_open": 1, "loud": 0, **where}, order=order, limit=most + 1)
        more = more or len(rows) > most
        listed += [item(row) for row in rows[:most]]
    found = {one.id: one for one in listed if for_viewer(one, viewer, now=now)}
    return list(found.values()), more


def _quiet(pool: Mapping[str, object], *, now: datetime) -> Iterator[tuple[dict[str, object], tuple[str, ...]]]:
    """Where the routine tasks of a pool stand: those with a date, by role and kind as the index has them, and those
    without one whose time has come."""
    for role, kind in product(cast(tuple[str, ...], pool["pool_role"]), _QUIETLY):
        yield {**pool, "pool_role": role, "kind": kind.value, "due_at": Between(LONG_AGO)}, ("due_at", "id")
    for begun in (None, Between(None, now)):
        yield {**pool, "due_at": None, "not_before": begun}, ("authored_at", "id")


def stat_items(reader: Reader, viewer: Viewer, *, now: datetime) -> list[Item]:
    """The STAT tasks that call this person: nobody's or their own, and not begun yet."""
    owner = ("", viewer.reference)
    found = [
        i
        for i in open_items(reader, owner=owner, loud=1, priority=Priority.STAT.value)
        if i.status not in ("in-progress", "on-hold")
    ]
    return sorted((i for i in found if for_viewer(i, viewer, now=now)), key=lambda i: (str(i.authored_at), i.id))


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
