"""Who works on which export or import, and what becomes of one that cannot be done. Run by every worker.

One worker per practice and kind holds the lease and gives the jobs their turns. A worker that is killed leaves the
lease to run out; one that was asleep is refused by the fence. What has expired is thrown away here too.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from carewright.core.access.model import AccessDenied
from carewright.core.audit.records import AuditRecord
from carewright.core.bulk import jobs
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.frozen import thawed
from carewright.core.bulk.manifest import KEEP_HOURS
from carewright.core.clock import wall_now
from carewright.core.settings import values
from carewright.core.store import bulk_jobs
from carewright.core.store.bulk_jobs import Job, Kind, NoSuchJob, State
from carewright.core.store.drivers.base import Busy
from carewright.core.store.leases import Holding, Lease, LeaseLost, require
from carewright.core.store.model import NotFound, Origin, TooBusy, Unavailable
from carewright.core.store.search.query import SearchError
from carewright.core.store.store import Store
from carewright.project.bulk_exporting import Exporter
from carewright.project.bulk_importing import Importer

LEASE_SECONDS = 30.0
ATTEMPTS = 3
SWEEP_EVERY = timedelta(minutes=1)
LEFT_BEHIND = timedelta(days=1)
"""A folder of this age without a job is an upload that was broken off."""
LATER = (Unavailable, TooBusy, Busy)
"""Nothing is wrong with the job: the database is away or has others to serve."""
HOPELESS = (AccessDenied, NotFound, SearchError)
"""What no second attempt would change; its text is for the client."""
FAILED = "Something went wrong here, several times. Ask for it anew; if it fails again, tell whoever runs this server."

Turn = Callable[[Job, Callable[[], Lease]], Job]
log = logging.getLogger(__name__)


class Stopping(Exception):
    """The worker is told to stop: what is begun is done again by the next one."""


@dataclass
class BulkRunner:
    """Gives the jobs of one kind their turns."""

    store: Store
    files: BulkFiles
    kind: Kind
    holder: str
    stopping: Callable[[], bool] = lambda: False
    lease_seconds: float = LEASE_SECONDS
    _holdings: dict[str, Holding] = field(default_factory=dict)
    _swept_at: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        workers: dict[Kind, Turn] = {
            Kind.EXPORT: Exporter(self.store, self.files).turn, Kind.IMPORT: Importer(self.store, self.files).turn
        }  # fmt: skip
        self._turn = workers[self.kind]

    def drain(self, practice: str) -> int:
        """Give turns until there is nothing to do; how many were given."""
        turns = 0
        while not self.stopping() and self.step(practice):
            turns += 1
        return turns

    def step(self, practice: str) -> bool:
        """One turn of the job that waits longest; whether there was one. LATER: come back for it."""
        self._sweep(practice)
        with self.store.driver.reading(practice) as connection:
            waiting = bulk_jobs.open_jobs(connection, practice, self.kind)
        holding = self._holding(practice)
        if not waiting:
            holding.close()
            return False
        if holding.hold(seconds=self.lease_seconds) is None:
            return False
        try:
            self._give_turn(waiting[0], lambda: self._still_ours(holding))
        except LeaseLost:
            holding.lost()
            return False
        except Stopping:
            return False
        return True

    def close(self) -> None:
        """Let the next worker in at once."""
        for holding in self._holdings.values():
            holding.close()

    def _give_turn(self, job: Job, still_ours: Callable[[], Lease]) -> None:
        try:
            self._turn(job, still_ours)
        except NoSuchJob:  # cancelled meanwhile: a file may have been written behind its removal
            self.files.remove(job.practice, job.id)
        except (LeaseLost, Stopping, *LATER):
            raise
        except HOPELESS as error:
            self._fail(job, still_ours(), str(error))
        except Exception as error:  # noqa: BLE001 - one job that cannot be done must not hold up the others
            log.warning("The %s %s: %s; it is tried again.", self.kind, job.id, type(error).__name__)
            self._failed_once(job, still_ours())

    def _failed_once(self, job: Job, lease: Lease) -> None:
        with self.store.driver.reading(job.practice) as connection:
            now_stands = bulk_jobs.find(connection, job.practice, job.id)
        attempts = int(job.place.get("attempts", 0)) + 1
        if now_stands is None or attempts >= ATTEMPTS:
            self._fail(now_stands or job, lease, FAILED)
        else:
            place = {**now_stands.place, "attempts": attempts}
            self._note(replace(now_stands, place=place, turn_at=wall_now()), lease)

    def _fail(self, job: Job, lease: Lease, why: str) -> None:
        access, now = thawed(job.practice, job.access), wall_now()
        hours = timedelta(hours=values.get(self.store, KEEP_HOURS, access))
        place = {**job.place, "error": why}
        audit = jobs.audit_of(access, "bulk.failed", {"job": job.id, "kind": job.kind})
        failed = replace(job, state=State.FAILED, place=place, ended_at=now, expires_at=now + hours, turn_at=now)
        self._note(failed, lease, audit=audit)

    def _note(self, job: Job, lease: Lease, *, audit: AuditRecord | None = None) -> None:
        try:
            with self.store.driver.writing(job.practice) as connection:
                require(connection, lease)
                bulk_jobs.advance(connection, job, audit=audit)
        except NoSuchJob:
            self.files.remove(job.practice, job.id)

    def _still_ours(self, holding: Holding) -> Lease:
        if self.stopping():
            raise Stopping
        lease = holding.hold(seconds=self.lease_seconds)
        if lease is None:
            raise LeaseLost(f"Another worker has the {self.kind}s now.")
        return lease

    def _holding(self, practice: str) -> Holding:
        if practice not in self._holdings:
            self._holdings[practice] = Holding(self.store, practice, f"bulk.{self.kind}", holder=self.holder)
        return self._holdings[practice]

    def _sweep(self, practice: str) -> None:
        """Throw away what has expired, and files that belong to nothing."""
        now = wall_now()
        if (
            self.kind is Kind.IMPORT
            or now - self._swept_at.get(practice, datetime.min.replace(tzinfo=now.tzinfo)) < SWEEP_EVERY
        ):
            return
        self._swept_at[practice] = now
        with self.store.driver.reading(practice) as connection:
            past = bulk_jobs.expired(connection, practice, now=now)
            known = {job.id for job in bulk_jobs.every(connection, practice)}
        for job in past:
            access = thawed(practice, job.access)
            detail = {"job": job.id, "kind": job.kind}
            audit = jobs.audit_of(access, "bulk.expired", detail, origin=Origin.SYSTEM)
            jobs.remove(self.store, self.files, job, audit=audit)
        for job_id, changed in self.files.jobs(practice).items():
            if job_id not in known and now.timestamp() - changed > LEFT_BEHIND.total_seconds():
                self.files.remove(practice, job_id)
