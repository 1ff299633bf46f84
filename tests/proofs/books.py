"""The books of a practice, looked at from outside: what it was told against what it holds, and what is still open.

Everything here reads FHIR as any client would (statuses, Task.focus, Task.owner), and none of the product's own rules:
what they get wrong has to show.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carewright.core.fhir.codec import decode
from carewright.core.fhir.file_names import name_of
from carewright.core.fhir.model import Resource
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project.player.at_papers import content
from carewright.project.player.ledger import Entry

TYPES = ("Task", "Communication", "ServiceRequest", "DocumentReference", "DiagnosticReport", "Encounter", "Appointment",
         "MedicationRequest")  # fmt: skip
_KEY = re.compile(r"\(([^()]+)\)")
WRITTEN = frozenset({"final", "amended", "corrected", "appended"})
OPEN_TASK = frozenset({"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"})
STILL_TO_DO: Mapping[str, tuple[str, frozenset[str]]] = {
    "Communication": ("status", frozenset({"preparation", "in-progress", "on-hold"})),
    "ServiceRequest": ("status", frozenset({"draft", "active", "on-hold"})),
    "DocumentReference": ("docStatus", frozenset({"preliminary"})),
    "DiagnosticReport": ("status", frozenset({"registered", "partial", "preliminary"})),
    "MedicationRequest": ("status", frozenset({"draft"})),
}
"""Where FHIR R4 says that a record has not come to its end."""


@dataclass
class Books:
    """The current records of a practice, by type."""

    of: dict[str, list[Resource]] = field(default_factory=dict)
    _counted: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store, practice: str) -> "Books":
        """All of them, straight from the tables: no filter stands between."""
        found: dict[str, list[Resource]] = {}
        asked = (
            "SELECT v.body FROM current_resource c JOIN version v ON v.practice = c.practice AND v.key = c.key"
            " AND v.version = c.version WHERE c.practice = ? AND c.type = ?"
        )
        with store.driver.reading(practice) as connection:
            for kind in TYPES:
                rows = connection.rows(Sql(asked, (practice, kind)))
                bodies = [connection.dialect.bytes_(row[0]) for row in rows]
                found[kind] = [decode(body) for body in bodies if body]
        return cls(found)

    def all(self, kind: str) -> list[Resource]:
        return self.of.get(kind, [])

    # -- nothing falls through ----------------------------------------------------------------------------------------

    def nobodys(self) -> list[str]:
        """Open tasks that are neither a person's nor a group's."""
        return [
            f"Task/{task['id']}" for task in self.all("Task") if task["status"] in OPEN_TASK and not _has_somebody(task)
        ]

    def unattended(self) -> list[str]:
        """Records that have not come to their end and of which no open task with somebody and a date speaks."""
        spoken_of = {
            str(task.get("focus", {}).get("reference", ""))
            for task in self.all("Task")
            if task["status"] in OPEN_TASK and _has_somebody(task) and _due(task)
        }
        return [
            f"{kind}/{record['id']}"
            for kind, (name, still) in STILL_TO_DO.items()
            for record in self.all(kind)
            if (record.get(name) in still or _is_unread(record))
            and f"{kind}/{record['id']}" not in spoken_of
            and not _of_a_visit(record)
        ]

    def late_in_silence(self, before: datetime) -> list[str]:
        """Open tasks whose date was before this instant and of which nobody further was told."""
        return [
            f"Task/{task['id']}"
            for task in self.all("Task")
            if task["status"] in OPEN_TASK - {"on-hold"}
            and _due(task)
            and not _was_sent_on(task)
            and not _quiet(task)
            and datetime.fromisoformat(_due(task)) < before
        ]

    # -- told once, held once -----------------------------------------------------------------------------------------

    def holding(self, kind: str, key: str) -> int:
        """How many records there are of one thing that the practice was told."""
        return self._known(kind)[key]

    def _known(self, kind: str) -> Counter[str]:
        """How many records there are of each key: each record is read once, however much the practice was told."""
        if kind not in self._counted:
            where, keys = WHERE[kind]
            self._counted[kind] = Counter(key for record in self.all(where) for key in set(keys(record)))
        return self._counted[kind]

    def lost(self, entries: Iterable[Entry]) -> list[str]:
        """What was acknowledged and is not there."""
        return [f"{e.kind} {e.key}" for e in entries if e.is_promised and not self.holding(e.kind, _known_by(e))]

    def twice(self, entries: Iterable[Entry]) -> list[str]:
        """What is there more than once, acknowledged or not."""
        return [f"{e.kind} {e.key}" for e in entries if self.holding(e.kind, _known_by(e)) > 1]

    def open_by_type(self) -> Counter[str]:
        """How many records are still to do, by type; tasks too."""
        found = Counter({"Task": sum(task["status"] in OPEN_TASK for task in self.all("Task"))})
        for kind, (name, still) in STILL_TO_DO.items():
            found[kind] = sum(record.get(name) in still for record in self.all(kind))
        return found

    def open_tasks_by_code(self) -> Counter[str]:
        """How many open tasks there are of each code, with how they stand."""
        return Counter(f"{_code(task)} {task['status']}" for task in self.all("Task") if task["status"] in OPEN_TASK)


def _code(task: Resource) -> str:
    return next((str(one.get("code")) for one in task.get("code", {}).get("coding", ())), "")


def _words(record: Resource) -> str:
    said: list[Any] = [record.get("description"), record.get("comment"), record.get("code", {}).get("text")]
    said += [reason.get("text") for reason in record.get("reasonCode", ())]
    said += [part.get("contentString") for part in record.get("payload", ())]
    said += [note.get("text") for note in record.get("note", ())]
    return " ".join(str(words) for words in said if words)


def _said(record: Resource) -> Iterable[str]:
    """The keys that stand in the words of a record, each in brackets."""
    return _KEY.findall(_words(record))


def _id(record: Resource) -> Iterable[str]:
    return [str(record["id"])]


def _appointments(record: Resource) -> Iterable[str]:
    return [str(one.get("reference", "")).removeprefix("Appointment/") for one in record.get("appointment", ())]


def _asked(record: Resource) -> Iterable[str]:
    """The task that was asked for by hand: parts of it and what was made from it are others."""
    return [] if "partOf" in record or "focus" in record else _said(record)


def _anywhere(record: Resource) -> Iterable[str]:
    return _KEY.findall(json.dumps(record, default=str))


def _jobs_of_visit(record: Resource) -> Iterable[str]:
    """The task of a job that was asked for at a visit, as `visit:job`."""
    visits = {
        ref.removeprefix("Encounter/")
        for name in ("encounter", "focus")
        if (ref := str(record.get(name, {}).get("reference", ""))).startswith("Encounter/")
    }
    codes = {str(one.get("code")) for one in record.get("code", {}).get("coding", ())}
    return [f"{visit}:{code}" for visit in visits for code in codes]


def _files(record: Resource) -> Iterable[str]:
    return [str(one.get("attachment", {}).get("url")) for one in record.get("content", ())]


WHERE: Mapping[str, tuple[str, Callable[[Resource], Iterable[str]]]] = {
    "call": ("Communication", _id),
    "message": ("Communication", _said),
    "visit": ("Encounter", _appointments),
    "order": ("Appointment", _said),
    "referral": ("ServiceRequest", _said),
    "task": ("Task", _asked),
    "test": ("ServiceRequest", _said),
    "result": ("DiagnosticReport", _id),
    "refill": ("MedicationRequest", _anywhere),
    "ask": ("Task", _jobs_of_visit),
    "walk-in": ("Appointment", _said),
    "paper": ("DocumentReference", _files),
}
"""Where each kind of thing that the practice is told is held, and the keys by which a record there is known."""


def _known_by(entry: Entry) -> str:
    """What the record is known by: its id for calls, the name of the file for papers, else the words."""
    return name_of(hashlib.sha256(content(entry.key)[1]).hexdigest()) if entry.kind == "paper" else entry.key


def _has_somebody(task: Resource) -> bool:
    return bool(task.get("owner", {}).get("reference") or task.get("performerType"))


def _due(task: Resource) -> str:
    return str(task.get("restriction", {}).get("period", {}).get("end", ""))


def _was_sent_on(task: Resource) -> bool:
    return any("escalat" in str(one.get("url", "")) for one in task.get("extension", ()))


def _quiet(task: Resource) -> bool:
    return any(one.get("valueCode") == "quiet" for one in task.get("extension", ()))


def _is_unread(record: Resource) -> bool:
    """A report that its laboratory has written and of which nobody has said that they have reviewed it."""
    if record["resourceType"] != "DiagnosticReport" or record["status"] not in WRITTEN:
        return False
    return '"reviewed"' not in json.dumps(record.get("extension", ()))


def _of_a_visit(record: Resource) -> bool:
    """What is said within a visit is seen to on the visit's page, which stays open as long as it is not."""
    return record["resourceType"] == "Communication" and "encounter" in record


def named(found: Iterable[str], *, at_most: int = 5) -> str:
    """The first few, for a message."""
    listed = list(found)
    return f"{len(listed)}: {', '.join(listed[:at_most])}"
