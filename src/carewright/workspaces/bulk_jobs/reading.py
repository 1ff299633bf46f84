"""Jobs as lines of the page: whose, since when, how far. Nothing of a patient is in a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from carewright.core.store.bulk_jobs import Job, Kind, State

MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Line:
    """One job. `percent` is None before it is known how much there is; `done` of `total` are records, or megabytes."""

    id: str
    is_import: bool
    level: str
    types: str
    since: datetime | None
    whose: str
    asked_at: datetime
    state: str
    percent: int | None
    done: int
    total: int
    refused: int
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state in (State.WAITING, State.RUNNING)


def lines(jobs: Sequence[Job], names: Mapping[str, str]) -> list[Line]:
    """The lines, what is under way first, then the newest."""
    made = [_line(job, names) for job in jobs]
    return sorted(made, key=lambda line: not line.is_open)


def _line(job: Job, names: Mapping[str, str]) -> Line:
    is_import = job.kind is Kind.IMPORT
    unit = MEGABYTE if is_import else 1
    since = job.asked.get("since")
    return Line(
        id=job.id, is_import=is_import, level=str(job.asked.get("level", "")),
        types=", ".join(job.asked.get("types", ())), since=datetime.fromisoformat(since) if since else None,
        whose=str(job.access.get("display") or names.get(job.actor) or job.actor), asked_at=job.created_at,
        state=job.state.value, percent=job.done * 100 // job.total if job.total else None,
        done=job.done // unit, total=-(-job.total // unit), refused=int(job.place.get("counts", {}).get("refused", 0)),
        expires_at=job.expires_at,
    )  # fmt: skip
