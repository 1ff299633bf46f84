"""The worker's side of $export: chooses what stands at one moment, then writes it out, a file at a time.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html

1. *Choose.* In one moment's view of the database: the keys and versions of all that is asked for and may be seen, into
   one list. `transactionTime` is the instant up to which that view is complete. Cut off, it is done again from the
   start, at a later moment: nobody has been told of the first.
2. *Write.* A turn writes one file, syncs it, and notes it together with the place behind it in one transaction behind
   the lease's fence. Cut off, that one file is written again. Versions never change, so all files show the one moment.
3. *End.* The list is removed, the counts are audited, and the time begins to run after which all is thrown away.

Exports of a practice take turns, so that a short one does not wait for a long one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from carewright.core.access.model import Access, AccessDenied, Interaction
from carewright.core.audit.records import AuditRecord
from carewright.core.bulk import jobs, keys
from carewright.core.bulk.asked import Asked, Level
from carewright.core.bulk.files import BulkFiles, FrameWriter
from carewright.core.bulk.frozen import thawed
from carewright.core.bulk.manifest import KEEP_HOURS, RECORDS_PER_FILE
from carewright.core.clock import wall_now
from carewright.core.settings import values
from carewright.core.store import bulk_jobs, plans
from carewright.core.store.bulk_jobs import File, Job, Part, State
from carewright.core.store.bulk_selection import Chosen, Entry, bodies, is_there, select
from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import key_of
from carewright.core.store.leases import Lease, require
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.search import people
from carewright.core.store.search.query import SearchError
from carewright.core.store.search.scope import Scope
from carewright.core.store.store import Store
from carewright.core.store.whole_chart import SUPPORTING
from carewright.project.exporting import write_lines

FIRST_BATCH, BATCH, BATCH_BYTES = 20, 500, 16 * 1024 * 1024
"""Bodies that are fetched at once: few to see how large they are, then as many as make that many bytes."""
FILE_BYTES = 256 * 1024 * 1024
"""A file of large records (documents) ends here, however few they are."""
NAMED_IN_ONE_ROW = 500
"""Patients whom one audit row names: a row's detail is read as a whole."""
CANNOT = (AccessDenied, NotFound, SearchError)
"""What no second attempt would change."""

StillOurs = Callable[[], Lease]
"""Renews the lease where it is half used up; LeaseLost where somebody else has it."""


@dataclass(frozen=True)
class Exporter:
    """Does the turns of exports. A turn ends where the work may be interrupted and taken up by another process."""

    store: Store
    files: BulkFiles

    def turn(self, job: Job, still_ours: StillOurs) -> Job:
        """One step of a job; how it stands behind it. NoSuchJob, LeaseLost; CANNOT."""
        if job.state is State.WAITING:
            return self._choose(job, still_ours)
        section = next((s for s in job.place["sections"] if s["at"] < s["count"]), None)
        return self._end(job, still_ours) if section is None else self._write(job, section, still_ours)

    # -- 1. choose --------------------------------------------------------------------------------------------------

    def _choose(self, job: Job, still_ours: StillOurs) -> Job:
        access, asked = thawed(job.practice, job.access), Asked.from_json(job.asked)
        sections: list[dict[str, Any]] = []
        named: set[bytes] = set()
        begin = 0
        with (
            self.store.driver.moment(job.practice) as (connection, transaction_at),
            self.files.writing(job.practice, job.id, keys.NAME) as writer,
        ):
            scope = _scope(access)
            for part, chosen in wanted(self.store, connection, access, asked):
                count = 0
                for entry in self._selected(connection, chosen, scope):
                    keys.write(writer, entry)
                    count += 1
                    if entry.patient_key is not None:
                        named.add(entry.patient_key.bytes)
                    if count % BATCH == 0:
                        still_ours()
                sections.append(_section(part, chosen.type, begin, count))
                begin += count
        self._audit_patients(access, job, named)
        place = {"sections": [s for s in sections if s["count"]], "size": begin * keys.ENTRY_BYTES}
        chosen_now = replace(
            job, state=State.RUNNING, place=place, total=begin, transaction_at=transaction_at, turn_at=wall_now()
        )
        self._note(chosen_now, still_ours())
        return chosen_now

    def _selected(self, connection: Connection, chosen: Chosen, scope: Scope) -> Iterator[Entry]:
        named = {key for query in chosen.filters for key in people.named(query)}
        families = plans.run(connection, people.families(named, scope.practice, connection.dialect))
        return select(connection, chosen, scope, families)

    def _audit_patients(self, access: Access, job: Job, named: set[bytes]) -> None:
        """Whose records are in the export, so that each patient's trail shows it."""
        listed = sorted(named)
        for start in range(0, len(listed), NAMED_IN_ONE_ROW):
            patients = [UUID(bytes=key) for key in listed[start : start + NAMED_IN_ONE_ROW]]
            audit = jobs.audit_of(access, "bulk.chosen", {"job": job.id}, patients=patients)
            self.store.write_audit(audit)

    # -- 2. write ---------------------------------------------------------------------------------------------------

    def _write(self, job: Job, section: dict[str, Any], still_ours: StillOurs) -> Job:
        """One file, from where the section stands."""
        access = thawed(job.practice, job.access)
        number = section["files"] + 1
        name = f"{section['type']}{'-deleted' if section['part'] == Part.DELETED else ''}-{number}.ndjson"
        kept_as = f"{name}.{still_ours().fence}"  # a process that has lost its lease unawares writes elsewhere
        most = min(values.get(self.store, RECORDS_PER_FILE, access), section["count"] - section["at"])
        entries = self._entries(job, section, most)
        with (
            self.store.driver.reading(job.practice) as connection,
            self.files.writing(job.practice, job.id, kept_as) as writer,
        ):
            taken = _Taken(writer)
            lines = self._lines(connection, section, _scope(access), taken.of(entries, still_ours))
            records = write_lines(writer, lines)
        file = File(
            name=name, part=Part(section["part"]), type=section["type"], records=records, size=writer.size,
            kept_as=kept_as,
        )  # fmt: skip
        behind = replace(
            job, done=job.done + taken.count, turn_at=wall_now(),
            place={**job.place, "sections": _moved(job.place["sections"], section, taken.count, bool(records))},
        )  # fmt: skip
        self._note(behind, still_ours(), file=file if records else None)
        return behind

    def _entries(self, job: Job, section: dict[str, Any], most: int) -> Iterator[Entry]:
        with self.files.reading(job.practice, job.id, keys.NAME, size=job.place["size"]) as reader:
            yield from keys.read(reader, start=section["begin"] + section["at"], count=most)

    def _lines(
        self, connection: Connection, section: dict[str, Any], scope: Scope, batches: Iterable[list[Entry]]
    ) -> Iterator[bytes]:
        """The lines of a file: bodies as they are stored, or Bundles of deletions."""
        for batch in batches:
            found = bodies(connection, section["type"], batch, scope)
            if section["part"] == Part.DELETED:
                urls = [f"{section['type']}/{one.id}" for one in found if one.body is None]
                if urls:
                    yield deletions(urls)
            else:
                yield from (one.body for one in found if one.body is not None)

    # -- 3. end -----------------------------------------------------------------------------------------------------

    def _end(self, job: Job, still_ours: StillOurs) -> Job:
        access = thawed(job.practice, job.access)
        now = wall_now()
        hours = timedelta(hours=values.get(self.store, KEEP_HOURS, access))
        ended = replace(job, state=State.DONE, ended_at=now, expires_at=now + hours, turn_at=now)
        with self.store.driver.reading(job.practice) as connection:
            files = bulk_jobs.files(connection, job.practice, job.id)
        counts: dict[str, int] = {}
        for file in files:
            name = file.type if file.part is Part.OUTPUT else f"{file.type} deleted"
            counts[name] = counts.get(name, 0) + file.records
        self._note(ended, still_ours(), audit=jobs.audit_of(access, "bulk.exported", {"job": job.id, "counts": counts}))
        self.files.remove(job.practice, job.id, keys.NAME)
        return ended

    def _note(self, job: Job, lease: Lease, *, file: File | None = None, audit: AuditRecord | None = None) -> None:
        with self.store.driver.writing(job.practice) as connection:
            require(connection, lease)
            bulk_jobs.advance(connection, job, audit=audit)
            if file is not None:
                bulk_jobs.add_file(connection, job.practice, job.id, file)


@dataclass
class _Taken:
    """Takes the list in batches and counts what was taken; between batches the lease is looked after.

    A file ends behind a whole batch, so that nothing is taken and not written.
    """

    writer: FrameWriter
    count: int = 0

    def of(self, entries: Iterator[Entry], still_ours: StillOurs) -> Iterator[list[Entry]]:
        size = FIRST_BATCH
        while self.writer.size < FILE_BYTES and (batch := list(islice(entries, size))):
            still_ours()
            self.count += len(batch)
            yield batch
            size = max(1, min(BATCH, BATCH_BYTES * self.count // max(self.writer.size, 1)))


def wanted(store: Store, connection: Connection, access: Access, asked: Asked) -> Iterator[tuple[Part, Chosen]]:
    """What is taken, type by type; with `_since`, the deletions as well. CANNOT."""
    of_patients = asked.level is not Level.SYSTEM
    patients = _patients(store, connection, access, asked) if of_patients else None
    queries = asked.queries()
    for name in sorted(asked.types or _scope(access).predicate.types - {"AuditEvent"}):
        if not is_there(connection, access.practice, name):
            continue
        chosen = Chosen(
            type=name, filters=queries.get(name, ()), since=asked.since_at, of_patients=of_patients, patients=patients
        )
        yield Part.OUTPUT, chosen
        if asked.since_at is not None and not (of_patients and name in SUPPORTING):
            yield Part.DELETED, replace(chosen, deleted=True)


def _patients(store: Store, connection: Connection, access: Access, asked: Asked) -> tuple[UUID, ...] | None:
    """The keys of every chart of the people who are asked for; None for all of them."""
    if "Patient" not in access.grants:
        raise AccessDenied("Your sign-on does not allow to export Patient records.")
    ids = set(asked.patients)
    if asked.level is Level.GROUP:
        with store.reader(access, reason="bulk.export") as reader:
            members = members_of(reader.resource(Ref("Group", asked.group)), today=store.now().date().isoformat())
        ids = ids & members if ids else members
    elif not ids:
        return None
    found = plans.run(connection, people.charts(sorted(ids), access.practice, known={})) if ids else ()
    return tuple(sorted(key_of("Patient", one) for one in found))


def members_of(group: Resource, *, today: str) -> set[str]:
    """The ids of the patients who are in a group today: neither inactive nor past the end of their period."""
    found = set()
    for member in group.get("member", ()):
        ref = Ref.local(str(member.get("entity", {}).get("reference", "")))
        end = str(member.get("period", {}).get("end", ""))
        if ref and ref.type == "Patient" and not member.get("inactive") and not (end and end[:10] < today[: len(end)]):
            found.add(ref.id)
    return found


def deletions(urls: Sequence[str]) -> bytes:
    """A line of a file of deletions: a transaction that would do the same elsewhere."""
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": entries}, separators=(",", ":")
    ).encode()


def _scope(access: Access) -> Scope:
    return Scope(access.practice, access.predicate(Interaction.SEARCH))


def _section(part: Part, resource_type: str, begin: int, count: int) -> dict[str, Any]:
    """The entries of one file's kind in the list: from `begin`, `count` of them, `at` of which are written."""
    return {"part": part.value, "type": resource_type, "begin": begin, "count": count, "at": 0, "files": 0}


def _moved(sections: list[dict[str, Any]], moved: dict[str, Any], by: int, has_file: bool) -> list[dict[str, Any]]:
    behind = {**moved, "at": moved["at"] + by, "files": moved["files"] + int(has_file)}
    return [behind if section is moved else section for section in sections]
