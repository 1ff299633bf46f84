"""What comes next, and why: a pure function of a task, of who looks, and of the time.

`rank` sorts; `reasons` are shown with the task. The order is by bands, first match wins:

 0 a critical value                      7 a clinical task that is late
 1 STAT                                  8 urgent, or due within the hour
 2 pinned by whoever looks               9 a clerical task that is late
 3 put in place by the lead             10 due today
 4 late and sent on to whoever looks    11 anything later
 5 the patient is here and waits        12 it waits for something
 6 as soon as possible

Within a band: mask-now patients, one's own before the pool's, what is promised first, what was asked first, the id.
A list keeps its order while nothing happens: the time moves a task only across a band's edge, never within a band.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence, counted, quoted, sentence
from carewright.core.work.model import Kind, Priority

SOON = timedelta(hours=1)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One open task as a list knows it: columns of the projection `task`, and how its patient is."""

    id: str
    code: str = ""
    words: str = ""
    status: str = "requested"
    priority: Priority = Priority.ROUTINE
    kind: Kind = Kind.CLINICAL
    owner: str = ""
    pool_role: str = ""
    pod: str = ""
    language: str = ""
    competency: str = ""
    patient: str = ""
    encounter: str = ""
    focus: str = ""
    site: str = ""
    requester: str = ""
    waiting_on: str = ""
    waits: int = 0
    level: int = 0
    sent_role: str = ""
    sent_at: datetime | None = None
    pinned_by: frozenset[str] = frozenset()
    place: int | None = None
    place_why: str = ""
    authored_at: datetime | None = None
    due_at: datetime | None = None
    not_before: datetime | None = None
    remind_at: datetime | None = None
    version: int = 0
    patient_here: bool = False
    """The visit it belongs to is in the house now."""
    mask_now: bool = False


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks. `end_of_day` is the local midnight after now: what is due before it is due today."""

    reference: str
    roles: frozenset[Role]
    end_of_day: datetime
    pods: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    competencies: frozenset[str] = frozenset()
    site: str = ""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A task in its place. `key` compares; `band` is the first part of it."""

    item: Item
    key: tuple[object, ...]
    reasons: tuple[Sentence, ...]

    @property
    def band(self) -> int:
        return int(str(self.key[0]))

    @property
    def waits(self) -> bool:
        return self.band == WAITING


WAITING = 12


def for_viewer(item: Item, viewer: Viewer, *, now: datetime) -> bool:
    """Whether the task belongs on this person's list: their own, or one that their pool may take, and not before its
    time. What was sent on because it was late reaches a role wherever it works: a site may have nobody in it."""
    if item.not_before is not None and item.not_before > now:
        return False
    if item.owner:
        return item.owner == viewer.reference
    elsewhere = bool(item.site and viewer.site and item.site != viewer.site)
    if elsewhere and item.sent_at is None:
        return False
    if item.pool_role != "anyone" and item.pool_role not in {role.value for role in viewer.roles}:
        return False
    narrowed = ((item.pod, viewer.pods), (item.language, viewer.languages), (item.competency, viewer.competencies))
    return all(not wanted or wanted in held for wanted, held in narrowed)


def in_order(items: Iterable[Item], viewer: Viewer, *, now: datetime) -> list[Ranked]:
    """The tasks of this person's list, the next one first."""
    mine = (item for item in items if for_viewer(item, viewer, now=now))
    return sorted((rank(item, viewer, now=now) for item in mine), key=lambda ranked: ranked.key)


def rank(item: Item, viewer: Viewer, *, now: datetime) -> Ranked:
    """The place of one task, and the reasons in words."""
    bands = list(_bands(item, viewer, now=now))
    band = WAITING if _waits(item) else bands[0][0]
    place = item.place if band == 3 and item.place is not None else 0
    key = (
        band, place, not item.mask_now, item.owner != viewer.reference, item.due_at or NEVER,
        item.authored_at or NEVER, item.id,
    )  # fmt: skip
    reasons = [_waiting(item)] if band == WAITING else []
    return Ranked(item=item, key=key, reasons=(*reasons, *(words for _, words in bands if words is not None)))


def _waits(item: Item) -> bool:
    """What rings does not wait."""
    return item.status == "on-hold" and item.kind is not Kind.CRITICAL


def _bands(item: Item, viewer: Viewer, *, now: datetime) -> Iterable[tuple[int, Sentence | None]]:
    """Every band that the task falls into, the first one first; the last one always."""
    late = item.due_at is not None and item.due_at < now
    if item.kind is Kind.CRITICAL:
        yield 0, sentence("This rings until somebody answers.")
    if item.priority is Priority.STAT:
        yield 1, sentence("STAT.")
    if viewer.reference in item.pinned_by:
        yield 2, sentence("Pinned by you.")
    if item.place is not None:
        yield 3, sentence("Put here by the lead: %(why)s", why=quoted(item.place_why))
    if item.sent_role in {role.value for role in viewer.roles} or (item.level and item.owner == viewer.reference):
        yield 4, sentence("Sent on to you.")
    if item.patient_here:
        yield 5, sentence("Mask now – the patient waits.") if item.mask_now else sentence("The patient is here.")
    if item.priority is Priority.ASAP:
        yield 6, sentence("As soon as possible.")
    if late and item.kind is Kind.CLINICAL:
        yield 7, _late(item, now=now)
    soon = item.due_at is not None and not late and item.due_at - now <= SOON
    if item.priority is Priority.URGENT or soon:
        yield 8, sentence("Due within the hour.") if soon else sentence("Urgent.")
    if late and item.kind is Kind.CLERICAL:
        yield 9, _late(item, now=now)
    if not late and not soon and item.due_at is not None and item.due_at < viewer.end_of_day:
        yield 10, sentence("Due today.")
    yield 11, None


def _late(item: Item, *, now: datetime) -> Sentence:
    return late_words(now - item.due_at if item.due_at else timedelta(0))


def late_words(late: timedelta) -> Sentence:
    """Late by how much, in the coarsest unit that says it."""
    minutes = int(late.total_seconds()) // 60
    if minutes < 60:
        return counted("Late by %(count)s minute.", "Late by %(count)s minutes.", max(minutes, 0))
    if minutes < 60 * 24:
        return counted("Late by %(count)s hour.", "Late by %(count)s hours.", minutes // 60)
    return counted("Late by %(count)s day.", "Late by %(count)s days.", minutes // (60 * 24))


def _waiting(item: Item) -> Sentence:
    return sentence("Waiting on: %(what)s", what=quoted(item.waiting_on or "–"))
