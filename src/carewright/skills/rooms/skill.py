"""What rooms declare: permissions, that a room is dirty when a patient leaves it, the rows of rooms and of waits."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import CLINICAL, STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.core.store.hooks import Effect, Extra, Projection, Put, Write, WriteContext, instants, texts, wholes
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


MANIFEST = Manifest(
    name="rooms",
    doc="Rooms from one patient to the next, and the waits that a clinic defines, each with its own clock.",
    permissions=(
        may_see("rooms.see", STAFF, on=("Location",), doc="See the rooms."),
        may_write(
            "rooms.turn-over",
            ROOM_KEEPERS,
            on=("Location",),
            doc="Say that a room is cleaned, stocked, ready or closed.",
        ),
        may_write(
            "rooms.wait",
            CLINICAL,
            on=("Task",),
            doc="Start and end waits: dilating, numbing, blood pressure again, after a shot.",
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
                *texts("id", "name", "place", "site", "state"),
                *instants("since"),
                *texts("changed_by"),
                *wholes("is_isolation", "version"),
            ),
            rows=room_rows,
            indexes=(("place",), ("id",)),
            doc="One row per room. `place` is the site's Location, `site` its Organization.",
        ),
        Projection(
            name="wait",
            types=frozenset({"Task"}),
            columns=(
                *texts("id", "encounter", "patient", "code", "words"),
                *instants("started_at", "due_at"),
                *wholes("is_open", "version"),
            ),
            rows=wait_rows,
            indexes=(("encounter", "is_open"),),
            doc="One row per wait of a visit.",
        ),
    ),
    task_codes=tasks_for(CLINICAL, *(kind.coding for kind in rules.WAITS)),
)
