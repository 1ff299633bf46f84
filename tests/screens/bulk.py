"""Exports and imports in every state, for the page that shows them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from carewright.core.bulk import jobs
from carewright.core.clock import wall_now
from carewright.core.store import bulk_jobs
from carewright.core.store.bulk_jobs import Job, Kind, State
from tests.clinic import Clinic


def have_jobs(clinic: Clinic, *, whose: str, types: Sequence[str] = ()) -> list[Job]:
    """One of each state, asked for by a program of that name."""
    now = wall_now()
    access = replace(clinic.access("mona"), actor=replace(clinic.access("mona").actor, display=whose))
    asked = {"url": "x", "types": list(types), "since": "2026-11-01T00:00:00+00:00"}
    base = Job(
        practice=clinic.practice, id=jobs.new_id(), kind=Kind.EXPORT, actor="Device/warehouse",
        access={"display": whose}, asked={**asked, "level": "system"}, created_at=now, turn_at=now,
    )  # fmt: skip
    ended = replace(base, ended_at=now, expires_at=now + timedelta(hours=3))
    made = [
        base,
        replace(base, state=State.RUNNING, done=430, total=1_000, asked={**asked, "level": "patient"}),
        replace(ended, state=State.DONE, done=12, total=12, asked={**asked, "level": "group"}),
        replace(ended, state=State.FAILED, place={"error": "x"}),
        replace(base, kind=Kind.IMPORT, state=State.RUNNING, done=3_000_000, total=9_500_000),
        replace(ended, kind=Kind.IMPORT, state=State.DONE, place={"counts": {"refused": 3}}),
    ]
    made = [replace(job, id=jobs.new_id()) for job in made]
    for job in made:
        with clinic.store.driver.writing(clinic.practice) as connection:
            bulk_jobs.add(connection, job, audit=jobs.audit_of(access, "bulk.export", {"job": job.id}))
    return made
