"""Reads of messages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from carewright.core.access.model import Interaction
from carewright.core.blobs.blobs import Blobs, for_one_file
from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work.model import ANYONE
from carewright.skills.messages import threads_fhir
from carewright.skills.messages.fhir import from_fhir
from carewright.skills.messages.model import Message
from carewright.skills.messages.threads import File, Thread, Words

MOST_LISTED = 100
"""Threads of each kind in a list; who has more of them than that works from "Next for you"."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A thread in a list: what it is about, whose it is, by when, and whether this person has seen it as it stands."""

    id: str
    topic: str
    patient: str
    owner: str
    pool_role: str
    sender: str
    sent_at: datetime
    due_at: datetime
    is_open: bool
    outcome: str
    is_unread: bool


def of_visit(reader: Reader, encounter_id: str) -> list[Message]:
    """The messages about a visit, the earliest first."""
    query = parse("Communication", [("encounter", f"Encounter/{encounter_id}"), ("_sort", "sent")])
    return [message for found in reader.resources(query) if (message := from_fhir(found)) is not None]


def thread(reader: Reader, thread_id: str) -> tuple[Thread, list[tuple[str, Words]]]:
    """A thread and its answers with their ids, the earliest first; NotFound."""
    found = threads_fhir.from_fhir(reader.resource(Ref("Communication", thread_id)))
    if found is None:
        raise NotFound("This is no thread of messages.")
    rows = reader.rows("message_reply", where={"thread": thread_id}, order=("sent_at", "id"))
    stored = [(str(row["id"]), reader.resource_or_none(Ref("Communication", str(row["id"])))) for row in rows]
    read = ((key, threads_fhir.reply_from_fhir(one)) for key, one in stored if one is not None)
    return found, [(key, words) for key, words in read if words is not None]


def visit_of(reader: Reader, message_id: str) -> str:
    """The id of the visit that a message is about; "" for a thread. NotFound."""
    found = from_fhir(reader.resource(Ref("Communication", message_id)))
    return found.encounter.removeprefix("Encounter/") if found else ""


def file(reader: Reader, blobs: Blobs, message_id: str, number: int) -> tuple[File, bytes]:
    """A file of a message by its place, and its bytes. NotFound where there is none, or it is not to be seen."""
    stored = reader.resource(Ref("Communication", message_id))
    head = threads_fhir.from_fhir(stored)
    words = head.first if head else threads_fhir.reply_from_fhir(stored)
    if words is None or not 0 <= number < len(words.files):
        raise NotFound("There is no file here.")
    found = words.files[number]
    blob, data = blobs.get(for_one_file(reader.access, Interaction.READ), found.digest, reason="messages.file")
    return replace(found, content_type=blob.content_type), data


def inbox(
    reader: Reader, *, person: str, roles: Collection[str], closed: bool = False, limit: int = MOST_LISTED
) -> list[Line]:
    """The threads that concern somebody: theirs, their roles' while nobody has them, and those they have begun.

    Those that are due first come first; with `closed` those that are closed, the latest first. At most `limit` of
    each of the three.
    """
    is_open = {"is_open": int(not closed)}
    asked: tuple[dict[str, object], ...] = (
        {"owner": person}, {"sender": person}, {"owner": "", "pool_role": (*sorted(roles), ANYONE)},
    )  # fmt: skip
    order = ("-due_at", "id") if closed else ("due_at", "id")
    found = (reader.rows("message_thread", where={**is_open, **where}, order=order, limit=limit) for where in asked)
    lines = {str(row["id"]): _line(row, person) for rows in found for row in rows}
    return sorted(lines.values(), key=lambda line: (line.due_at, line.id), reverse=closed)


def unread(reader: Reader, *, person: str, roles: Collection[str]) -> int:
    """How many threads somebody has not seen as they stand (threads.is_unread), without reading what they have seen."""
    news: tuple[dict[str, object], ...] = (
        {"owner": person, "owner_saw": 0}, {"sender": person, "sender_saw": 0},
        {"owner": "", "pool_role": (*sorted(roles), ANYONE), "is_open": 1},
    )  # fmt: skip
    rows = (row for where in news for row in reader.rows("message_thread", where=where))
    return len({row["id"] for row in rows if person not in str(row["seen_by"] or "").split()})


def _line(row: Mapping[str, object], person: str) -> Line:
    owner, sender, is_open = str(row["owner"] or ""), str(row["sender"]), bool(row["is_open"])
    seen = person in str(row["seen_by"] or "").split()
    return Line(
        id=str(row["id"]),
        topic=str(row["topic"]),
        patient=str(row["patient"] or ""),
        owner=owner,
        pool_role=str(row["pool_role"] or ""),
        sender=sender,
        sent_at=cast(datetime, row["sent_at"]),
        due_at=cast(datetime, row["due_at"]),
        is_open=is_open,
        outcome=str(row["outcome"] or ""),
        is_unread=not seen and (is_open or person in (owner, sender)),
    )
