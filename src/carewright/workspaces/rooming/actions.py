"""The writes of the checklist itself: a line that is ticked, or opened again."""

from datetime import datetime

from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.core.work.tasks import new_task, of_visit, with_status


def tick(writer: Writer, *, encounter_id: str, patient: str, code: Coding, at: datetime, done: bool = True) -> None:
    """The plain task `code` of a visit is done, or is not done after all. `patient` is `Patient/…`."""
    writer.access.require_action("visit.step")
    with writer.store.reader(writer.access, reason="rooming.tick") as reader:
        task = reader.resource_or_none(of_visit(encounter_id, code))
    version = int(task["meta"]["versionId"]) if task else None
    status = "completed" if done else "requested"
    if task is not None and task["status"] == status:
        return
    task = task or new_task(encounter_id, code, patient=patient, at=at)
    with writer.transaction(reason="rooming.tick") as tx:
        tx.put(with_status(task, status, at=at, by=writer.access.actor.reference), version=version)
