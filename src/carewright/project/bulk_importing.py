"""The worker's side of $import: writes what was sent, in small transactions, and notes behind each how far it is.

What `carewright import` does with files (importing.py) is done with the body of a request. The journal is the job's
row: place, counts and refusals are noted in one transaction behind the lease's fence. Cut off, it goes on with the line
behind; the last few that were written and not noted are found unchanged.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import IO, cast

from carewright.core.access.model import Access
from carewright.core.audit.records import AuditRecord
from carewright.core.bulk import jobs
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.frozen import thawed
from carewright.core.bulk.manifest import KEEP_HOURS
from carewright.core.clock import wall_now
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.settings import values
from carewright.core.store import bulk_jobs
from carewright.core.store.bulk_jobs import Job, State
from carewright.core.store.leases import Lease, require
from carewright.core.store.store import Store
from carewright.fhirapi.bulk_import import SENT
from carewright.project.import_files import Item, reference_of
from carewright.project.import_report import Journal, Outcome, Refusal
from carewright.project.import_sources import BOM, Source
from carewright.project.importing import import_sources

StillOurs = Callable[[], Lease]
READ_AHEAD_BYTES = 256 * 1024


@dataclass(frozen=True)
class Importer:
    """Does imports, each from where it stands to its end."""

    store: Store
    files: BulkFiles

    def turn(self, job: Job, still_ours: StillOurs) -> Job:
        """The rest of an import; how it stands behind it. NoSuchJob, LeaseLost; Unavailable, TooBusy."""
        access = thawed(job.practice, job.access)
        journal = _JobJournal(self.store, replace(job, state=State.RUNNING), still_ours)
        sent = Sent(
            path=Path(SENT), size=job.asked["size"], changed_ns=0, of_lines=True, files=self.files,
            practice=job.practice, job=job.id,
        )  # fmt: skip
        import_sources(self.store, access, [sent], journal=journal, outcome=journal.outcome, told=journal.told)
        return self._end(journal.job, access, journal)

    def _end(self, job: Job, access: Access, journal: "_JobJournal") -> Job:
        now = wall_now()
        hours = timedelta(hours=values.get(self.store, KEEP_HOURS, access))
        ended = replace(
            job, state=State.DONE, done=job.total, transaction_at=now, ended_at=now, expires_at=now + hours, turn_at=now
        )
        detail = {"job": job.id, "counts": dict(journal.outcome.done)}
        journal.write(ended, audit=jobs.audit_of(access, "bulk.imported", detail))
        self.files.remove(job.practice, job.id, SENT)
        return ended


@dataclass(frozen=True, kw_only=True)
class Sent(Source):
    """What was sent, as a source of an import."""

    files: BulkFiles
    practice: str
    job: str

    @property
    def key(self) -> str:
        return self.job

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        with self.files.reading(self.practice, self.job, SENT, size=self.size) as raw:
            content = io.BufferedReader(raw, READ_AHEAD_BYTES)
            if content.read(len(BOM)) != BOM:
                content.seek(0)
            yield cast(IO[bytes], content), cast(IO[bytes], content)


class _Uncounted(set[str]):
    """Names of a million different resources fill memory, and the manifest does not tell how many there were."""

    def add(self, name: str) -> None:
        """Forget it."""


class _JobOutcome(Outcome):
    """Counts go on from where they were; refusals wait here until they are noted."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(done=counts, distinct=_Uncounted())
        self.waiting: list[tuple[int, str]] = []

    def refuse(self, source: Source, item: Item, issues: Iterable[Issue]) -> None:
        name = reference_of(item.resource) if item.resource else ""
        said = [
            replace(issue, diagnostics=f"Line {item.number}{f' ({name})' if name else ''}: {issue.diagnostics}")
            for issue in issues
        ]
        self.done["refused"] += 1
        self.waiting.append((item.number, json.dumps(outcome(said), ensure_ascii=False, separators=(",", ":"))))


class _JobJournal(Journal):
    """The job's row as the journal of its import."""

    def __init__(self, store: Store, job: Job, still_ours: StillOurs) -> None:
        self.store, self.job, self._still_ours = store, job, still_ours
        self.outcome = _JobOutcome(Counter(job.place.get("counts", {})))

    def done(self, source: Source) -> int:
        return int(self.job.place.get("line", 0))

    def earlier(self, sources: Iterable[Source]) -> list[Refusal]:
        return []

    def note(self, source: Source, number: int, refused: Sequence[Refusal]) -> None:
        place = {"line": number, "counts": dict(self.outcome.done)}
        self.write(replace(self.job, place=place, turn_at=wall_now()))

    def told(self, name: str, size: int) -> None:
        """So many more bytes are done; noted with the next batch."""
        self.job = replace(self.job, done=min(self.job.done + size, self.job.total))

    def forget(self) -> None:
        """The row goes when it expires."""

    def write(self, job: Job, *, audit: AuditRecord | None = None) -> None:
        """Note how the job stands, and what was refused since the last time. NoSuchJob, LeaseLost."""
        job = replace(job, place={**job.place, "counts": dict(self.outcome.done)})
        lease = self._still_ours()
        with self.store.driver.writing(job.practice) as connection:
            require(connection, lease)
            bulk_jobs.advance(connection, job, audit=audit)
            bulk_jobs.add_refusals(connection, job.practice, job.id, self.outcome.waiting)
        self.outcome.waiting.clear()
        self.job = job
