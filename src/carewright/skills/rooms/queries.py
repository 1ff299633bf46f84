"""Reads of rooms and of waits."""

from dataclasses import dataclass

from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.skills.rooms.fhir import from_fhir, wait_from_fhir
from carewright.skills.rooms.model import Room, Wait

Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A room as it was read, and the version that a change must name."""

    room: Room
    location: Resource
    version: int


@dataclass(frozen=True, kw_only=True)
class FoundWait:
    """A wait as it was read, and the version that a change must name."""

    wait: Wait
    task: Resource
    version: int


def room(reader: Reader, room_id: str) -> Found:
    """One room; NotFound, also for a Location that is none."""
    location = reader.resource(Ref("Location", room_id))
    found = from_fhir(location)
    if found is None:
        raise NotFound(f"Location/{room_id} is no room.")
    return Found(room=found, location=location, version=int(location["meta"]["versionId"]))


def rooms(reader: Reader, *, place: str) -> list[Row]:
    """The rooms of a site (`place` is its `Location/…`): rows of `room`, in the order of their numbers."""
    rows = reader.rows("room", where={"place": place})
    return sorted(rows, key=lambda row: (len(str(row["name"])), str(row["name"])))


def wait(reader: Reader, task_id: str) -> FoundWait:
    """One wait; NotFound, also for a Task that is none."""
    task = reader.resource(Ref("Task", task_id))
    found = wait_from_fhir(task)
    if found is None:
        raise NotFound(f"Task/{task_id} is no wait.")
    return FoundWait(wait=found, task=task, version=int(task["meta"]["versionId"]))


def waits(reader: Reader, encounter_ids: tuple[str, ...]) -> list[Row]:
    """The waits that run now in these visits, the one that is due first in front."""
    if not encounter_ids:
        return []
    return reader.rows("wait", where={"encounter": encounter_ids, "is_open": 1}, order=("due_at",))
