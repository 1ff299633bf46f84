"""Asking for an export or import, asking how it stands, ending it. The work itself is done in the worker (project)."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from carewright.core.access.model import Access
from carewright.core.audit.records import Action, AuditRecord, record
from carewright.core.bulk.files import BulkFiles
from carewright.core.bulk.frozen import frozen
from carewright.core.bulk.manifest import OPEN_JOBS, OPEN_JOBS_EACH, SEE
from carewright.core.clock import wall_now
from carewright.core.settings import values
from carewright.core.store import bulk_jobs
from carewright.core.store.bulk_jobs import File, Job, Kind
from carewright.core.store.model import Origin

if TYPE_CHECKING:
    from carewright.core.store.store import Store

JOB_ID_BYTES = 16


class TooMany(Exception):
    """As many exports or imports as may run at once are running; the text says whose."""


@dataclass(frozen=True)
class Found:
    """A job with its finished files and how many lines were refused."""

    job: Job
    files: tuple[File, ...] = ()
    refused: int = 0


def new_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(JOB_ID_BYTES)


def ask(
    store: "Store",
    access: Access,
    kind: Kind,
    *,
    asked: Mapping[str, Any],
    detail: Mapping[str, object],
    job_id: str = "",
    total: int = 0,
) -> Job:
    """Put a job into the line; TooMany. The same moment holds the audit row, with `detail` and no patient data."""
    now = wall_now()
    bounds = _bounds(store, access)
    job = Job(
        practice=access.practice, id=job_id or new_id(), kind=kind, actor=access.actor.reference, asked=asked,
        access=frozen(access), created_at=now, turn_at=now, total=total,
    )  # fmt: skip
    audit = audit_of(access, f"bulk.{kind}", {"job": job.id, **detail})
    with store.driver.writing(access.practice) as connection:
        waiting = bulk_jobs.open_jobs(connection, access.practice, kind, lock=True)
        _check_room(waiting, access, kind, bounds)
        bulk_jobs.add(connection, job, audit=audit)
    return job


def check_room(store: "Store", access: Access, kind: Kind) -> None:
    """TooMany where `ask` would be refused now: before a body of gigabytes is taken in."""
    bounds = _bounds(store, access)
    with store.driver.reading(access.practice) as connection:
        _check_room(bulk_jobs.open_jobs(connection, access.practice, kind), access, kind, bounds)


def _bounds(store: "Store", access: Access) -> tuple[int, int]:
    return values.get(store, OPEN_JOBS_EACH, access), values.get(store, OPEN_JOBS, access)


def _check_room(waiting: Sequence[Job], access: Access, kind: Kind, bounds: tuple[int, int]) -> None:
    each, together = bounds
    if len(waiting) >= together:
        raise TooMany(f"{len(waiting)} {kind}s of this practice are under way. Ask again when one has ended.")
    if sum(other.actor == access.actor.reference for other in waiting) >= each:
        raise TooMany(f"You have {each} {kind}s under way already. Ask again when one has ended, or cancel one.")


def find(store: "Store", access: Access, job_id: str) -> Found | None:
    """The job of this very actor; None for everybody else's, and for one that is over and removed."""
    with store.driver.reading(access.practice) as connection:
        job = bulk_jobs.find(connection, access.practice, job_id)
        if job is None or job.actor != access.actor.reference or is_past(job, wall_now()):
            return None
        files = bulk_jobs.files(connection, access.practice, job_id)
    return Found(job, tuple(files), int(job.place.get("counts", {}).get("refused", 0)))


def every(store: "Store", access: Access) -> list[Job]:
    """All jobs of the practice, the newest first. AccessDenied."""
    access.require_action(SEE)
    with store.driver.reading(access.practice) as connection:
        found = bulk_jobs.every(connection, access.practice)
    return [job for job in found if not is_past(job, wall_now())]


def is_past(job: Job, now: datetime) -> bool:
    """Whether the job has expired, removed already or not."""
    return job.expires_at is not None and job.expires_at <= now


def cancel(store: "Store", files: BulkFiles, access: Access, job: Job, *, origin: Origin = Origin.API) -> None:
    """End a job and remove its files; what an import has written stays. Whoever works on it stops at its next step."""
    audit = audit_of(access, "bulk.cancel", {"job": job.id, "kind": job.kind, "whose": job.actor}, origin=origin)
    remove(store, files, job, audit=audit)


def remove(store: "Store", files: BulkFiles, job: Job, *, audit: AuditRecord) -> None:
    """Delete the rows, and then the files: one without the other is only waste, which `sweep` finds."""
    with store.driver.writing(job.practice) as connection:
        bulk_jobs.remove(connection, job.practice, job.id, audit=audit)
    files.remove(job.practice, job.id)


def audit_of(
    access: Access,
    reason: str,
    detail: Mapping[str, object],
    *,
    patients: Iterable[UUID] = (),
    origin: Origin = Origin.API,
) -> AuditRecord:
    """An audit row of what was done with a job."""
    return record(
        access, at=wall_now(), action=Action.EXECUTE, reason=reason, origin=origin, detail=detail, patients=patients
    )
