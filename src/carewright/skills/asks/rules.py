"""An ask as it stands, and how long it may wait. Plain Python: no store, no web, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import OPEN, Pool, derived_id

ANSWER_WITHIN = timedelta(minutes=5)
"""A provider who stands in a room waits no longer for "On it"; then it is late, and goes on. Ours, no source."""
DO_WITHIN = timedelta(minutes=20)
"""From "On it" to done; ours, no source."""


class State(StrEnum):
    """What whoever asked wants to know."""

    ASKED = "asked"
    ON_IT = "on-it"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A job that a provider asks for at a visit. References are `Type/id`; `to` is the visit's MA, "" for none."""

    job: Coding
    patient: str
    encounter: str
    to: str = ""
    pod: str = ""
    site: str = ""

    @property
    def pool(self) -> Pool:
        """Who takes it where the visit's MA does not: the MAs of the provider's pod, or all."""
        return Pool(role=Role.MA, pod=self.pod)


def state_of(status: str) -> State:
    """The state of an ask by the status of its Task."""
    if status in ("accepted", "in-progress"):
        return State.ON_IT
    if status in OPEN:
        return State.ASKED
    return State.DONE if status == "completed" else State.ENDED


def due_at(*, asked_at: datetime) -> datetime:
    """Until when somebody is to say "On it"."""
    return asked_at + ANSWER_WITHIN


def task_of(encounter: str, code: str) -> Ref:
    """Where the Task of a job of a visit (`Encounter/…`) stands, whether it is there yet or not."""
    return Ref("Task", derived_id(encounter.removeprefix("Encounter/"), code))
