"""May this person do this task, on this day? An answer with its reason in words.

`may` is plain: what somebody holds, the task, the moment. `decide` fetches what somebody holds. A task that no skill
declares is nobody's. Credentials lapse at midnight of the site: the last day counts in full, the next minute does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from carewright.core.access.model import Role
from carewright.core.access.staff import CREDENTIAL, STAFF_ROLE
from carewright.core.registry import Registry, TaskCode

if TYPE_CHECKING:
    from carewright.core.store.reader import Reader

ROLE_WORDS = {
    Role.FRONT_DESK: "front desk",
    Role.MA: "medical assistant",
    Role.LEAD_MA: "lead medical assistant",
    Role.NURSE: "nurse",
    Role.PROVIDER: "provider",
    Role.BILLER: "biller",
    Role.MANAGER: "office manager",
    Role.PRIVACY_OFFICER: "privacy officer",
    Role.AUDITOR: "auditor",
}


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
    reason: str


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
        return Decision(allowed=True, reason=f"{task.display} is part of the {_words(roles & task.roles)} role.")
    return _by_credential([c for c in held.credentials if c.code == task.competency], task, day)


def _by_credential(credentials: list[Credential], task: TaskCode, day: date) -> Decision:
    needed = f"{task.display} needs {task.competency}"
    current = [c for c in credentials if c.days.include(day)]
    if current:
        return Decision(allowed=True, reason=f"{needed}: {_longest(current)}.")
    begun = [c for c in credentials if c.days.begun(day)]
    if begun:
        lapsed = max(begun, key=_end)
        reason = (
            f"{needed}. {lapsed.name} lapsed at the end of {_us(_end(lapsed))}. Ask your lead to hand this task on."
        )
    elif credentials:
        starts_on = min(c.days.starts_on or date.max for c in credentials)
        reason = f"{needed}, which begins on {_us(starts_on)}. Ask your lead to hand this task on until then."
    else:
        reason = f"{needed}, and none is on record. Ask your lead to hand this task on, or the manager to record it."
    return Decision(allowed=False, reason=reason)


def decide(reader: "Reader", *, registry: Registry, practitioner: str, task_code: str, at: datetime) -> Decision:
    """`may` for the Practitioner with the id `practitioner`; a task code that nobody declares is refused."""
    tasks = {task.code: task for manifest in registry.manifests for task in manifest.task_codes}
    task = tasks.get(task_code)
    if task is None:
        return Decision(allowed=False, reason=f"Nobody is named for the task '{task_code}'. Ask the manager.")
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


def _wrong_role(roles: set[Role], task: TaskCode) -> str:
    whose = f"{task.display} is for: {_words(task.roles)}."
    return f"{whose} Your role here is {_words(roles)}." if roles else f"{whose} No role of yours is current here."


def _words(roles: Iterable[Role]) -> str:
    return ", ".join(ROLE_WORDS[role] for role in Role if role in set(roles))


def _end(credential: Credential) -> date:
    return credential.days.ends_on or date.max


def _longest(current: list[Credential]) -> str:
    best = max(current, key=_end)
    return f"{best.name} is current" + (f" through {_us(best.days.ends_on)}" if best.days.ends_on else "")


def _us(day: date) -> str:
    return f"{day:%m/%d/%Y}"
