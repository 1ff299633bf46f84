"""Reads of messages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work.model import ANYONE
from carewright.skills.messages import threads_fhir
from carewright.skills.messages.fhir import from_fhir
from carewright.skills.messages.model import Message
from carewright.skills.messages.threads import Thread, Words


@dataclass(frozen=True, kw_only=True)
class Line:
    """A thread in a list: what it is about, whose it is, by when, and whether this person has seen it as it stands."""

    id: str
    topic: str
    patient: str
    owner: str
    pool_role: str
    sender: str
    due_at: datetime
    is_open: bool
    outcome: str
    is_seen: bool


def of_visit(reader: Reader, encounter_id: str) -> list[Message]:
    """The messages about a visit, the earliest first."""
    query = parse("Communication", [("encounter", f"Encounter/{encounter_id}"), ("_sort", "sent")])
    return [message for found in reader.resources(query) if (message := from_fhir(found)) is not None]


def thread(reader: Reader, thread_id: str) -> tuple[Thread, list[Words]]:
    """A thread and its answers, the earliest first; NotFound."""
    found = threads_fhir.from_fhir(reader.resource(Ref("Communication", thread_id)))
    if found is None:
        raise NotFound("This is no thread of messages.")
    rows = reader.rows("message_reply", where={"thread": thread_id}, order=("sent_at", "id"))
    stored = (reader.resource(Ref("Communication", str(row["id"]))) for row in rows)
    return found, [words for one in stored if (words := threads_fhir.reply_from_fhir(one)) is not None]


def inbox(reader: Reader, *, person: str, roles: Collection[str], closed: bool = False) -> list[Line]:
    """The threads that concern somebody: theirs, their roles' while nobody has them, and those they have begun.

    Those that are due first come first; with `closed` those that are closed, the latest first.
    """
    is_open = {"is_open": int(not closed)}
    asked: tuple[dict[str, object], ...] = (
        {"owner": person}, {"sender": person}, {"owner": "", "pool_role": (*sorted(roles), ANYONE)},
    )  # fmt: skip
    rows = [row for where in asked for row in reader.rows("message_thread", where={**is_open, **where})]
    lines = {str(row["id"]): _line(row, person) for row in rows}
    return sorted(lines.values(), key=lambda line: (line.due_at, line.id), reverse=closed)


def unread(reader: Reader, *, person: str, roles: Collection[str]) -> int:
    """How many threads somebody has not seen as they stand: new ones, new answers, and what was closed for them."""
    both = (inbox(reader, person=person, roles=roles, closed=closed) for closed in (False, True))
    return sum(not line.is_seen for lines in both for line in lines)


def _line(row: Mapping[str, object], person: str) -> Line:
    return Line(
        id=str(row["id"]),
        topic=str(row["topic"]),
        patient=str(row["patient"] or ""),
        owner=str(row["owner"] or ""),
        pool_role=str(row["pool_role"] or ""),
        sender=str(row["sender"]),
        due_at=cast(datetime, row["due_at"]),
        is_open=bool(row["is_open"]),
        outcome=str(row["outcome"] or ""),
        is_seen=person in str(row["seen_by"] or "").split(),
    )
