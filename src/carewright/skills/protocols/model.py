"""A protocol as values: for which visits and whom, from which sources, and the tasks that it brings."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence, counted, sentence
from carewright.core.work.model import Kind
from carewright.core.work.whom import EVERYBODY, Whom
from carewright.skills.protocols.codes import OWN_TASKS

_DUE = re.compile(r"(\d{1,6}) (minute|hour|day|week)s? (before|after) (start|now)", re.ASCII)
AT = {"at start": "start", "now": "now"}
LONGEST = timedelta(days=400)
"""How far from the visit a task may be due: a recall after a year fits, a slip of the pen does not."""


class Anchor(StrEnum):
    """What a time counts from: when the visit starts, or when the protocol is applied."""

    START = "start"
    NOW = "now"


class MadeBy(StrEnum):
    """Whose text a protocol is: as the product brings it, or as somebody here has changed it."""

    PRODUCT = "product"
    PRACTICE = "practice"


@dataclass(frozen=True)
class Moment:
    """So many minutes after (below zero: before) the start of the visit, or after now."""

    minutes: int
    anchor: Anchor = Anchor.START

    def __post_init__(self) -> None:
        if abs(timedelta(minutes=self.minutes)) > LONGEST:
            raise ValueError(f"A time is at most {LONGEST.days} days from the visit.")
        if self.minutes < 0 and self.anchor is Anchor.NOW:
            raise ValueError("Nothing can be due before now.")

    @classmethod
    def read(cls, text: str) -> "Moment":
        """`at start`, `now`, `10 minutes before start`, `2 days after now`; ValueError for anything else."""
        if text in AT:
            return cls(0, Anchor(AT[text]))
        found = _DUE.fullmatch(text)
        if not found:
            raise ValueError("A time is written 10 minutes after start.")
        minutes = int(found[1]) * MINUTES[found[2]]
        return cls(minutes if found[3] == "after" else -minutes, Anchor(found[4]))

    def __str__(self) -> str:
        if self.minutes == 0:
            return "at start" if self.anchor is Anchor.START else "now"
        unit, count = self.counted
        side = "after" if self.minutes > 0 else "before"
        return f"{count} {unit}{'s' if count != 1 else ''} {side} {self.anchor.value}"

    @property
    def counted(self) -> tuple[str, int]:
        """The largest unit that goes into it without a rest, and how many."""
        return next((u, abs(self.minutes) // m) for u, m in reversed(MINUTES.items()) if self.minutes % m == 0)

    def at(self, *, start: datetime, now: datetime) -> datetime:
        """The instant, for a visit that starts then and a protocol that is applied now."""
        return (start if self.anchor is Anchor.START else now) + timedelta(minutes=self.minutes)

    @property
    def words(self) -> Sentence:
        """For a page: `10 minutes after the start`."""
        if self.minutes == 0:
            return sentence("at the start") if self.anchor is Anchor.START else sentence("at once")
        length = _length(*self.counted)
        if self.anchor is Anchor.NOW:
            return sentence("within %(length)s", length=length)
        if self.minutes < 0:
            return sentence("%(length)s before the start", length=length)
        return sentence("%(length)s after the start", length=length)


MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}


def _length(unit: str, count: int) -> Sentence:
    match unit:
        case "minute":
            return counted("%(count)s minute", "%(count)s minutes", count)
        case "hour":
            return counted("%(count)s hour", "%(count)s hours", count)
        case "day":
            return counted("%(count)s day", "%(count)s days", count)
        case _:
            return counted("%(count)s week", "%(count)s weeks", count)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a protocol comes from: its name, its address, and what it says, in our own words."""

    name: str
    url: str
    fact: str


@dataclass(frozen=True, kw_only=True)
class ProtocolTask:
    """One task that a protocol brings. `role` None is anybody on the staff.

    `standing_order` is the code that a standing order must allow, where one stands in for the provider's own order.
    """

    code: str
    words: str
    role: Role | None
    due: Moment
    not_before: Moment | None = None
    kind: Kind = Kind.CLINICAL
    competency: str = ""
    supplies: tuple[str, ...] = ()
    standing_order: str = ""
    only_if: Whom = EVERYBODY

    @property
    def key(self) -> str:
        """What tells it from the others of its protocol, and is part of its Task's id."""
        if self.code not in OWN_TASKS:
            return self.code
        return f"{self.code}-{blake2b(self.words.encode(), digest_size=3).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One protocol. `name` is its own for ever; `text` is the file it was read from, comments and all."""

    name: str
    title: str
    about: str
    sources: tuple[Source, ...]
    tasks: tuple[ProtocolTask, ...]
    visit_types: tuple[str, ...] = ()
    by_hand: bool = False
    only_if: Whom = EVERYBODY


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a stored protocol. `number` is the store's, `made_at` when; `note` why it was made."""

    protocol: Protocol
    number: int
    text: str
    made_by: MadeBy
    active: bool = True
    label: str = ""
    note: str = ""
    by: str = ""
    made_at: datetime | None = None
