"""What rooms declare: permissions, that a room is dirty when a patient leaves it, the rows of rooms and of waits."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import CLINICAL, READ, STAFF, WRITE, Role
from carewright.core.registry import Manifest, Permission, TaskCode
from carewright.core.store.hooks import Column, ColumnType, Effect, Extra, Projection, Put, Write, WriteContext
from carewright.core.store.model import Ref, Resource
from carewright.skills.rooms import rules
from carewright.skills.rooms.fhir import from_fhir, to_fhir, wait_from_fhir
from carewright.skills.rooms.model import RoomState

ROOM_KEEPERS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}


def leave_dirty(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A stay that ends leaves its room to be cleaned, whoever ended it."""
    found = []
    for ref in left_rooms(write):
        location = context.loaded.get(ref)
        room = from_fhir(location) if location else None
        if location is None or room is None or room.state in (RoomState.DIRTY, RoomState.CLOSED):
            continue
        action = "vacate" if room.state is RoomState.OCCUPIED else "make_dirty"
        after = rules.change(room, action, at=context.now, by=context.access.actor.reference)
        version = int(location["meta"]["versionId"])
        found.append(Put(resource=to_fhir(after, onto=location), version=version))
    return found


def left_rooms(write: Write) -> list[Ref]:
    """The rooms of an Encounter whose stay this write ends, in order."""
    ended = _rooms(write.after, active=False) - _rooms(write.before, active=False)
    # Before the store has read what stands, every ended stay may be the one: their rooms are read, and locked, too.
    return [Ref("Location", room_id) for room_id, _ in sorted(ended)]


def _rooms(encounter: Resource | None, *, active: bool) -> set[tuple[str, str]]:
    """The room and the start of each stay that is going on, or over."""
    found = set()
    for stay in (encounter or {}).get("location", ()):
        reference = stay.get("location", {}).get("reference", "")
        if reference.startswith("Location/") and (stay.get("status") == "active") == active:
            found.add((reference.removeprefix("Location/"), stay.get("period", {}).get("start", "")))
    return found


def room_rows(location: Resource) -> Iterable[Mapping[str, object]]:
    """The row of a room; other places have none."""
    room = from_fhir(location)
    if room is None:
        return
    yield {
        "id": room.id,
        "name": room.name,
        "place": room.site,
        "site": room.organization or "",
        "state": room.state.value,
        "since": room.since,
        "changed_by": room.by or "",
        "is_isolation": int(room.isolation),
        "version": int(location["meta"]["versionId"]),
    }


def wait_rows(task: Resource) -> Iterable[Mapping[str, object]]:
    """The row of a wait; other tasks have none."""
    try:
        wait = wait_from_fhir(task)
    except (KeyError, ValueError):
        return
    if wait is None:
        return
    yield {
        "id": task["id"],
        "encounter": wait.encounter.removeprefix("Encounter/"),
        "patient": wait.patient.removeprefix("Patient/"),
        "code": wait.kind.coding.code,
        "words": wait.kind.coding.display,
        "started_at": wait.started_at,
        "due_at": wait.due_at,
        "is_open": int(wait.ended_at is None and not wait.cancelled),
        "version": int(task["meta"]["versionId"]),
    }


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name) for name in names)


def _instant(name: str) -> Column:
    return Column(name=name, type=ColumnType.INSTANT)


def _whole(name: str) -> Column:
    return Column(name=name, type=ColumnType.INTEGER)


MANIFEST = Manifest(
    name="rooms",
    doc="Rooms from one patient to the next, and the waits that a clinic defines, each with its own clock.",
    permissions=(
        Permission(action="rooms.see", roles=STAFF, doc="See the rooms.", grants={"Location": READ}),
        Permission(
            action="rooms.turn-over",
            roles=ROOM_KEEPERS,
            doc="Say that a room is cleaned, stocked, ready or closed.",
            grants={"Location": WRITE},
        ),
        Permission(
            action="rooms.wait",
            roles=CLINICAL,
            doc="Start and end waits: dilating, numbing, blood pressure again, after a shot.",
            grants={"Task": WRITE},
        ),
    ),
    effects=(
        Effect(
            name="room-is-dirty",
            types=frozenset({"Encounter"}),
            apply=leave_dirty,
            reads=left_rooms,
            doc="When a patient leaves a room, it is to be cleaned.",
        ),
    ),
    projections=(
        Projection(
            name="room",
            types=frozenset({"Location"}),
            columns=(
                *_texts("id", "name", "place", "site", "state"),
                _instant("since"),
                *_texts("changed_by"),
                _whole("is_isolation"),
                _whole("version"),
            ),
            rows=room_rows,
            indexes=(("place",), ("id",)),
            doc="One row per room. `place` is the site's Location, `site` its Organization.",
        ),
        Projection(
            name="wait",
            types=frozenset({"Task"}),
            columns=(
                *_texts("id", "encounter", "patient", "code", "words"),
                _instant("started_at"),
                _instant("due_at"),
                _whole("is_open"),
                _whole("version"),
            ),
            rows=wait_rows,
            indexes=(("encounter", "is_open"),),
            doc="One row per wait of a visit.",
        ),
    ),
    task_codes=tuple(
        TaskCode(code=kind.coding.code, display=kind.coding.display, roles=CLINICAL) for kind in rules.WAITS
    ),
)
