"""A critical call's Task as values, and the Communication of its read-back."""

from datetime import datetime

from carewright.core.fhir.model import Resource
from carewright.core.work.model import WorkTask
from carewright.skills.critical_calls.codes import CRITICAL_CALL, TOLD
from carewright.skills.critical_calls.model import CriticalCall


def from_task(task: WorkTask) -> CriticalCall | None:
    """The call of a task; None for another kind."""
    if task.code != CRITICAL_CALL or task.authored_at is None:
        return None
    return CriticalCall(
        id=task.id,
        encounter=task.encounter,
        patient=task.patient,
        by=task.requester,
        since=task.authored_at,
        ringing=task.owner,
        answered=task.status in ("accepted", "in-progress"),
        level=len(task.escalations),
        is_open=task.is_open,
        version=task.version,
    )


def told_to_fhir(call: CriticalCall, *, whom: str, by: str, how: str, at: datetime) -> Resource:
    """That somebody was told, and how it was made sure that they heard it."""
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [TOLD.concept()],
        "subject": {"reference": call.patient},
        "encounter": {"reference": call.encounter},
        "sent": at.isoformat(timespec="seconds"),
        "recipient": [{"reference": whom}],
        "sender": {"reference": by},
        "payload": [{"contentString": how}],
    }
