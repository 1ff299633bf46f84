"""The one file for the checkups of every age, and the protocol of each age that it makes.

Its own words beside those of any protocol file: `ages` (each with id, title, from, below), and on each task `at`, the
ages at which it is due: `12-months`, or `newborn to 24-months`.
"""

from dataclasses import dataclass, replace

from carewright.core.sentences import quoted, sentence
from carewright.core.work.whom import Age, Whom
from carewright.skills.protocols.model import Protocol, ProtocolTask
from carewright.skills.protocols.rules import schema
from carewright.skills.protocols.rules.located import BadText, Fault, read
from carewright.skills.protocols.rules.parts import Part

AGE = ("id", "title", "from", "below")
MOST_AGES = 40
_WRITTEN = sentence("An age is written “12 days”, “6 weeks”, “15 months” or “18 years”.")


@dataclass(frozen=True, kw_only=True)
class CheckupAge:
    """One checkup: from which age to below which."""

    id: str
    title: str
    whom: Whom


def protocols_of(text: str) -> tuple[Protocol, ...]:
    """One protocol for each age of the file, youngest first; BadText with every fault."""
    faults: list[Fault] = []
    top = Part(read(text), faults, (*schema.TOP, "ages"))
    ages = _ages(top)
    tasks, due_at = [], []
    for part in schema.task_parts(top, (*schema.TASK, "at")):
        at = _at(part, ages)
        read_task = schema.task_of(part)
        if read_task is not None:
            tasks.append(read_task)
            due_at.append(at)
    every = schema.the_rest(top, tasks)
    if faults:
        raise BadText(faults)
    due = list(zip((task for _, task in tasks), due_at, strict=True))
    return tuple(_of(age, every, due) for age in ages)


def _of(age: CheckupAge, every: Protocol, due: list[tuple[ProtocolTask, frozenset[str]]]) -> Protocol:
    tasks = tuple(task for task, at in due if age.id in at)
    return replace(
        every, name=f"{every.name}-{age.id}", title=f"{every.title}, {age.title}", only_if=age.whom, tasks=tasks
    )


def _ages(top: Part) -> list[CheckupAge]:
    found = []
    for part in top.parts("ages", AGE, most=MOST_AGES):
        name, title = schema.name_in(part, "id"), part.text("title", longest=40)
        since = part.read("from", Age.read, _WRITTEN, required=True)
        below = part.read("below", Age.read, _WRITTEN, required=True)
        if since and below:
            found.append(CheckupAge(id=name, title=title, whom=Whom(age_from=since, age_below=below)))
    return found


def _at(part: Part, ages: list[CheckupAge]) -> frozenset[str]:
    """The ages that a task names; a range counts in both its ends."""
    order = [age.id for age in ages]
    found: set[str] = set()
    for given in part.texts("at"):
        first, _, last = given.partition(" to ")
        if first not in order or (last and last not in order):
            part.fault(sentence("There is no age “%(given)s” above.", given=quoted(given)), part.line_of("at"))
            continue
        found |= set(order[order.index(first) : order.index(last or first) + 1])
    if not found:
        part.fault(sentence("Say at which ages this is due: “at”."), part.line_of("at"))
    return frozenset(found)
