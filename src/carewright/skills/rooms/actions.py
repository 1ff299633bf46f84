"""The writes of rooms and waits. Each is one transaction; that a room is in use is said by the visit in it."""

from dataclasses import replace
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import Ref
from carewright.core.store.writer import Writer
from carewright.skills.rooms import queries, rules
from carewright.skills.rooms.fhir import to_fhir, wait_to_fhir
from carewright.skills.rooms.model import RoomRefused, RoomState, Wait, WaitKind


def set_state(writer: Writer, *, room_id: str, action: str, at: datetime, version: int) -> RoomState:
    """Take a step of the turnover (`clean`, `stock`, `make_ready`, `make_dirty`, `close`, `open`).

    RoomRefused, with the reason in words, if the table has no such step; Conflict for a stale `version`.
    """
    writer.access.require_action("rooms.turn-over")
    with writer.store.reader(writer.access, reason=f"rooms.{action}") as reader:
        found = queries.room(reader, room_id)
    after = rules.change(found.room, action, at=at, by=writer.access.actor.reference)
    with writer.transaction(reason=f"rooms.{action}") as tx:
        tx.update(to_fhir(after, onto=found.location), version=version)
    return after.state


def use_masked(writer: Writer, *, room_id: str, at: datetime) -> None:
    """Somebody masked is in this room: it wants the longer cleaning afterwards."""
    writer.access.require_action("rooms.turn-over")
    with writer.store.reader(writer.access, reason="rooms.use-masked") as reader:
        found = queries.room(reader, room_id)
    marked = replace(found.room, state=RoomState.OCCUPIED, since=at, by=writer.access.actor.reference, isolation=True)
    with writer.transaction(reason="rooms.use-masked") as tx:
        tx.update(to_fhir(marked, onto=found.location), version=found.version)


def start_wait(
    writer: Writer, *, encounter_id: str, patient: str, code: str, at: datetime, minutes: int | None = None
) -> Ref:
    """Start a wait of the clinic's (`dilating` …) for a visit; `minutes` where it differs from the usual."""
    writer.access.require_action("rooms.wait")
    kind = kind_of(code, minutes=minutes)
    wait = Wait(
        kind=kind, patient=patient, encounter=f"Encounter/{encounter_id}", started_at=at,
        started_by=writer.access.actor.reference,
    )  # fmt: skip
    with writer.transaction(reason="rooms.start-wait") as tx:
        return tx.create(wait_to_fhir(wait))


def end_wait(writer: Writer, *, wait_id: str, at: datetime, version: int) -> None:
    """The wait is over, on time or early. RoomRefused if it has ended; Conflict for a stale `version`."""
    _finish(writer, "end-wait", wait_id, at=at, version=version)


def cancel_wait(writer: Writer, *, wait_id: str, at: datetime, version: int) -> None:
    """The wait was started by mistake."""
    _finish(writer, "cancel-wait", wait_id, at=at, version=version, cancelled=True)


def kind_of(code: str, *, minutes: int | None = None) -> WaitKind:
    """The kind of wait with this code; RoomRefused for one that this practice does not have."""
    kind = next((kind for kind in rules.WAITS if kind.coding.code == code), None)
    if kind is None:
        raise RoomRefused(sentence("This practice has no such wait."))
    return kind if minutes is None else replace(kind, minutes=minutes, source="as entered")


def _finish(writer: Writer, why: str, wait_id: str, *, at: datetime, version: int, cancelled: bool = False) -> None:
    writer.access.require_action("rooms.wait")
    with writer.store.reader(writer.access, reason=f"rooms.{why}") as reader:
        found = queries.wait(reader, wait_id)
    try:
        after = replace(rules.end(found.wait, at=at), cancelled=cancelled)
    except ValueError as error:
        raise RoomRefused(sentence("A wait ends once, after it began.")) from error
    task = {**found.task, **wait_to_fhir(after)}
    with writer.transaction(reason=f"rooms.{why}") as tx:
        tx.update(task, version=version)
