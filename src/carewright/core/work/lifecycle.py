"""What may become of a task: pure steps from one state of it to the next. `Step` says why not, in words.

requested ─ take → accepted ─ start → in-progress ─ done → completed
    any open ─ hold → on-hold (waiting on …, until …) ─ resume → as it was taken or not
    any open ─ hand over → requested, with another owner or pool
    any open ─ end → completed, or cancelled with how and why
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from carewright.core.sentences import Sentence, sentence
from carewright.core.work.model import OPEN, End, Place, Pool, WorkTask

TAKEN = sentence("Someone else has it already. Ask them to hand it over, or ask the lead.")


class NotNow(ValueError):
    """The task cannot take this step; `words` say why and what helps."""

    def __init__(self, words: Sentence) -> None:
        super().__init__(str(words))
        self.words = self.reason = words  # a page answers with what stands in `reason`


def take(task: WorkTask, *, by: str) -> WorkTask:
    """I've got it. NotNow if it has ended, or somebody else has it."""
    _open(task)
    if task.owner and task.owner != by:
        raise NotNow(TAKEN)
    return replace(task, owner=by, status="accepted" if task.status != "in-progress" else task.status,
                   waiting_on="", remind_at=None)  # fmt: skip


def start(task: WorkTask, *, by: str) -> WorkTask:
    """Begin with it."""
    return replace(take(task, by=by), status="in-progress")


def put_back(task: WorkTask) -> WorkTask:
    """Let go of it: it is its pool's again. NotNow where it has no pool to go back to."""
    _open(task)
    if task.pool is None:
        raise NotNow(sentence("This was given to one person. Hand it over to somebody instead."))
    return replace(task, owner="", status="requested", waiting_on="", remind_at=None)


def hand_over(task: WorkTask, *, to: str = "", pool: Pool | None = None) -> WorkTask:
    """Give it to a person (`Practitioner/…`), a pool, or a person of a pool. It waits for them to take it."""
    _open(task)
    if not to and pool is None:
        raise NotNow(sentence("Say who gets it: a person, or everybody in a role."))
    return replace(task, owner=to, pool=pool or task.pool, status="requested", waiting_on="", remind_at=None)


def hold(task: WorkTask, *, waiting_on: str, until: datetime) -> WorkTask:
    """Wait for something or somebody, and come back to it at `until` at the latest."""
    _open(task)
    if not waiting_on.strip():
        raise NotNow(sentence("Say what it waits on."))
    return replace(task, status="on-hold", waiting_on=waiting_on.strip(), remind_at=until)


def resume(task: WorkTask) -> WorkTask:
    """It waits no longer."""
    _open(task)
    return replace(task, status="accepted" if task.owner else "requested", waiting_on="", remind_at=None)


def defer(task: WorkTask, *, until: datetime, due_at: datetime | None) -> WorkTask:
    """Not before `until`: it leaves the lists until then."""
    _open(task)
    late = due_at or task.due_at
    return replace(task, not_before=until, due_at=max(late, until) if late else None)


def done(task: WorkTask, *, at: datetime, by: str = "", produced: Sequence[str] = ()) -> WorkTask:
    """It is done; `produced` are the records that it asked for."""
    _open(task)
    return replace(
        task, status="completed", end=End.DONE, end_words="", owner=task.owner or by, waiting_on="", remind_at=None,
        produced=(*task.produced, *(ref for ref in produced if ref not in task.produced)), ended_at=_at(task, at),
    )  # fmt: skip


def end(task: WorkTask, *, how: End, why: str, at: datetime, duplicate_of: str = "") -> WorkTask:
    """It ends without being done. NotNow without a reason in words."""
    _open(task)
    if how is End.DONE:
        raise ValueError("A task that is done ends by `done`.")
    if not why.strip():
        raise NotNow(sentence("Say why in a few words; whoever asked for it will read them."))
    return replace(
        task, status="cancelled", end=how, end_words=why.strip(), waiting_on="", remind_at=None,
        duplicate_of=duplicate_of, ended_at=_at(task, at),
    )  # fmt: skip


def reopen(task: WorkTask) -> WorkTask:
    """What was ended has to be done after all."""
    if task.is_open:
        return task
    return replace(
        task, status="accepted" if task.owner else "requested", end=None, end_words="", duplicate_of="", ended_at=None
    )


def split(task: WorkTask, parts: Sequence[str], *, at: datetime) -> list[WorkTask]:
    """The parts of a task, each with the words given; they keep its patient, deadline and whose it is."""
    _open(task)
    words = [part.strip() for part in parts if part.strip()]
    if len(words) < 2:
        raise NotNow(sentence("A task is split into two parts at least."))
    return [
        replace(
            task, id="", words=part, part_of=f"Task/{task.id}", authored_at=at, asks_for="",
            produced=(), escalations=(), place=None, version=0,
        )
        for part in words
    ]  # fmt: skip


def pin(task: WorkTask, *, by: str) -> WorkTask:
    """Keep it on top of one's own list; a second time lets it go."""
    _open(task)
    others = tuple(person for person in task.pinned_by if person != by)
    return replace(task, pinned_by=others if by in task.pinned_by else (*others, by))


def put_in_place(task: WorkTask, place: Place | None) -> WorkTask:
    """The lead puts it before others, with a reason they see; None lets it fall back."""
    _open(task)
    return replace(task, place=place)


def _open(task: WorkTask) -> None:
    if task.status not in OPEN:
        raise NotNow(sentence("This task has ended. Look at the list again."))


def _at(task: WorkTask, at: datetime) -> datetime:
    """What is charted late happened before its task was made; it cannot have ended before that."""
    return max(at, task.authored_at) if task.authored_at else at
