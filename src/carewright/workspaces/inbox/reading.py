"""What the pages of messages read: the lists of whoever looks, one thread with its answers, whom one can write to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from carewright.core.access.model import Role
from carewright.core.store.model import NotFound
from carewright.core.store.reader import Reader
from carewright.core.work.model import with_what_they_lead
from carewright.shell import whose
from carewright.shell.banner import PatientBanner
from carewright.shell.forms import PatientContext
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import term_words
from carewright.shell.whom import pool_words, role_pool_words, whom_choices
from carewright.skills.messages import queries, threads
from carewright.skills.messages.queries import Line
from carewright.skills.messages.skill import WRITERS
from carewright.skills.messages.threads import OUTCOME_WORDS, File, Outcome, Thread, Words
from carewright.skills.scheduling import people
from carewright.workspaces.banner import about

ROLES = tuple(role for role in Role if role in WRITERS)
"""The roles that a message can be for: those who read messages."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A thread in a list, in words."""

    line: Line
    patient: str
    sender: str
    whose: str
    is_late: bool
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The open threads of somebody by why they are theirs, or those that are closed."""

    mine: tuple[Row, ...] = ()
    of_role: tuple[Row, ...] = ()
    asked: tuple[Row, ...] = ()
    closed: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message on the page: who wrote it, when, its words, and its files (message id, place, file)."""

    who: str
    is_mine: bool
    at: datetime
    words: str
    files: tuple[tuple[str, int, File], ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A thread as it is shown. `patient` is the id of the chart that stands, "" for nobody."""

    thread: Thread
    said: tuple[Said, ...]
    whose: str
    seen_by: str
    outcome: str
    is_unread: bool
    is_late: bool
    banner: PatientBanner | None
    patient: str

    @property
    def id(self) -> str:
        return self.thread.id


def my_roles(request: CareRequest) -> frozenset[str]:
    """The roles whose messages this person answers."""
    return frozenset(role.value for role in with_what_they_lead(request.access.roles))


def unread(request: CareRequest) -> int:
    """How many threads this person has not seen as they stand."""
    reader = request.reader("inbox.unread")
    return queries.unread(reader, person=request.access.actor.reference, roles=my_roles(request))


def lists(request: CareRequest, *, closed: bool) -> Lists:
    """The threads of whoever looks."""
    reader, me = request.reader("inbox.list"), request.access.actor.reference
    lines = queries.inbox(reader, person=me, roles=my_roles(request), closed=closed)
    rows = _rows(request, reader, lines)
    if closed:
        return Lists(closed=tuple(rows))
    return Lists(
        mine=tuple(row for row in rows if row.line.owner == me),
        of_role=tuple(row for row in rows if not row.line.owner and row.line.sender != me),
        asked=tuple(row for row in rows if row.line.sender == me != row.line.owner),
    )


def load(request: CareRequest, thread_id: str) -> Page:
    """The thread as this person sees it; NotFound, also for a message about a visit."""
    reader, me = request.reader("inbox.thread"), request.access.actor.reference
    thread, answers = queries.thread(reader, thread_id)
    names = people.names(reader)
    patient = whose.standing(request, thread.patient.removeprefix("Patient/"))
    said = [(thread.id, thread.first), *answers]
    return Page(
        thread=thread,
        said=tuple(_said(key, words, names, me) for key, words in said),
        whose=_name(thread.to, names) or pool_words(thread.pool),
        seen_by=", ".join(names[who] for who in thread.seen_by if who in names and who != me),
        outcome=outcome_words(thread.outcome),
        is_unread=threads.is_unread(thread, person=me, roles=my_roles(request)),
        is_late=thread.is_open and thread.due_at < request.care.now,
        banner=banner_of(request, reader, patient),
        patient=patient,
    )


def context_of(request: CareRequest, page: Page) -> PatientContext:
    """The signed context of the page's forms."""
    return whose.context_of(request, patient=page.patient)


def choices(request: CareRequest, *, me_too: bool) -> list[tuple[str, str]]:
    """Whom a message can be for: a role, or somebody who reads messages."""
    reader, me = request.reader("inbox.whom"), request.access.actor.reference
    names = people.names(reader)
    rows = reader.rows("staff_role", where={"active": 1, "role": tuple(role.value for role in ROLES)})
    readers = {f"Practitioner/{row['practitioner']}" for row in rows}
    known = {ref: name for ref, name in names.items() if ref in readers}
    return whom_choices(known, me=me, roles=ROLES, me_too=me_too, anybody=False)


def banner_of(request: CareRequest, reader: Reader, patient: str) -> PatientBanner | None:
    """Whom it is about; None for nobody, or somebody who may not be seen."""
    try:
        return about(request, reader, patient).banner if patient else None
    except NotFound:
        return None


def outcome_words(outcome: Outcome | None) -> str:
    """What came of a thread; "" while it is open."""
    return term_words(OUTCOME_WORDS[outcome]) if outcome else ""


def _rows(request: CareRequest, reader: Reader, lines: list[Line]) -> list[Row]:
    names = people.names(reader)
    ids = tuple(sorted({line.patient for line in lines if line.patient}))
    found = reader.rows("patient", where={"id": ids}) if ids else []
    patients = {str(row["id"]): str(row["name"]) for row in found}
    return [
        Row(
            line=line,
            patient=patients.get(line.patient, ""),
            sender=_name(line.sender, names),
            whose=_name(line.owner, names) or (role_pool_words(line.pool_role) if line.pool_role else ""),
            is_late=line.is_open and line.due_at < request.care.now,
            outcome=outcome_words(Outcome(line.outcome) if line.outcome else None),
        )
        for line in lines
    ]


def _said(key: str, words: Words, names: Mapping[str, str], me: str) -> Said:
    files = tuple((key, number, file) for number, file in enumerate(words.files))
    return Said(who=_name(words.by, names), is_mine=words.by == me, at=words.at, words=words.words, files=files)


def _name(reference: str, names: Mapping[str, str]) -> str:
    """Somebody who works here by name; whom the thread is about stands beside it, or in the banner."""
    if reference.startswith("Patient/"):
        return gettext("The patient")
    return gettext("A relative") if reference.startswith("RelatedPerson/") else names.get(reference, "")
