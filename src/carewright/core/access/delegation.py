"""May this person do this task, on this day? An answer with its reason in words.

`may` is plain: what somebody holds, the task, the moment. `decide` fetches what somebody holds. A task that no skill
declares is nobody's. Credentials lapse at midnight of the site: the last day counts in full, the next minute does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.access.staff import CREDENTIAL, STAFF_ROLE
from carewright.core.registry import Registry, TaskCode
from carewright.core.sentences import Sentence, joined, named, sentence

if TYPE_CHECKING:
    from carewright.core.store.reader import Reader


@dataclass(frozen=True, kw_only=True)
class Days:
    """From the first to the last day, both included; None is no bound."""

    starts_on: date | None = None
    ends_on: date | None = None

    def begun(self, day: date) -> bool:
        return self.starts_on is None or self.starts_on <= day

    def over(self, day: date) -> bool:
        return self.ends_on is not None and self.ends_on < day

    def include(self, day: date) -> bool:
        return self.begun(day) and not self.over(day)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A certificate, licence or competency sign-off: `code` is what a task asks for, `name` is for people."""

    code: str
    name: str
    days: Days = Days()


@dataclass(frozen=True, kw_only=True)
class HeldRole:
    role: Role
    site: str | None = None
    days: Days = Days()


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one person holds. A role with `site` None holds at every site."""

    roles: tuple[HeldRole, ...] = ()
    credentials: tuple[Credential, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether it is allowed, and why or why not, in a sentence for the person."""

    allowed: bool
    reason: Sentence


def may(held: Held, task: TaskCode, *, at: datetime, site: str | None = None) -> Decision:
    """Whether somebody who holds this may do `task` at `at`, an aware time in the zone of the site.

    `site` (a Location's id) leaves out the roles that are held elsewhere only. ValueError for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("Whether somebody may do a task depends on the site's day: give a time with a zone.")
    day = at.date()
    roles = {r.role for r in held.roles if r.days.include(day) and (site is None or r.site in (None, site))}
    if not roles & task.roles:
        return Decision(allowed=False, reason=_wrong_role(roles, task))
    if task.competency is None:
        whose = _words(roles & task.roles)
        part = sentence("%(task)s is part of your role: %(roles)s.", task=named(task.display), roles=whose)
        return Decision(allowed=True, reason=part)
    return _by_credential([c for c in held.credentials if c.code == task.competency], task, day)


def _by_credential(credentials: list[Credential], task: TaskCode, day: date) -> Decision:
    current = [c for c in credentials if c.days.include(day)]
    if current:
        return Decision(allowed=True, reason=joined(_needs(task), _current(max(current, key=_end))))
    begun = [c for c in credentials if c.days.begun(day)]
    if begun:
        lapsed = max(begun, key=_end)
        why = sentence("%(name)s lapsed at the end of %(day)s.", name=lapsed.name, day=_us(_end(lapsed)))
        help_ = sentence("Ask your lead to hand this task on.")
    elif credentials:
        starts_on = min(c.days.starts_on or date.max for c in credentials)
        why = sentence("Yours begins on %(day)s.", day=_us(starts_on))
        help_ = sentence("Ask your lead to hand this task on until then.")
    else:
        why = sentence("None is on record.")
        help_ = sentence("Ask your lead to hand this task on, or the manager to record it.")
    return Decision(allowed=False, reason=joined(_needs(task), why, help_))


def _needs(task: TaskCode) -> Sentence:
    asked = task.competency or ""
    return sentence("%(task)s needs %(competency)s.", task=named(task.display), competency=asked)


def _current(credential: Credential) -> Sentence:
    if credential.days.ends_on is None:
        return sentence("%(name)s is current.", name=credential.name)
    return sentence("%(name)s is current through %(day)s.", name=credential.name, day=_us(credential.days.ends_on))


def decide(reader: "Reader", *, registry: Registry, practitioner: str, task_code: str, at: datetime) -> Decision:
    """`may` for the Practitioner with the id `practitioner`; a task code that nobody declares is refused."""
    task = registry.task_codes.get(task_code)
    if task is None:
        nobody = sentence("Nobody is named for the task “%(code)s”. Ask the manager.", code=task_code)
        return Decision(allowed=False, reason=nobody)
    return may(held_by(reader, practitioner), task, at=at)


def held_by(reader: "Reader", practitioner: str) -> Held:
    """The roles and credentials on record for a Practitioner id."""
    mine = {"practitioner": practitioner}
    roles = reader.rows(STAFF_ROLE.name, where={**mine, "active": 1})
    credentials = reader.rows(CREDENTIAL.name, where=mine)
    return Held(
        roles=tuple(
            HeldRole(
                role=Role(str(row["role"])),
                site=None if row["site"] is None else str(row["site"]),
                days=_days(row),
            )
            for row in roles
        ),
        credentials=tuple(
            Credential(code=str(row["code"]), name=str(row["name"]), days=_days(row)) for row in credentials
        ),
    )


def _days(row: dict[str, object]) -> Days:
    start, end = row["starts_on"], row["ends_on"]
    return Days(
        starts_on=None if start is None else date.fromisoformat(str(start)),
        ends_on=None if end is None else date.fromisoformat(str(end)),
    )


def _wrong_role(roles: set[Role], task: TaskCode) -> Sentence:
    whose = sentence("%(task)s is for: %(roles)s.", task=named(task.display), roles=_words(task.roles))
    if roles:
        return joined(whose, sentence("Your role here: %(roles)s.", roles=_words(roles)))
    return joined(whose, sentence("No role of yours is current here."))


def _words(roles: Iterable[Role]) -> Sentence:
    return joined(*(named(ROLE_WORDS[role]) for role in Role if role in set(roles)), by=", ")


def _end(credential: Credential) -> date:
    return credential.days.ends_on or date.max


def _us(day: date) -> str:
    return f"{day:%m/%d/%Y}"
