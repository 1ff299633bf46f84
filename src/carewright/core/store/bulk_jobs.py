"""The rows of exports and imports that clients have asked for: jobs, their finished files, lines that were refused.

They belong to the installation, not to the chart: a backup leaves them behind, and they are removed when they expire.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from carewright.core.audit.records import AuditRecord
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import lock_number
from carewright.core.store.sql import Row, Sql, all_of, marks

BATCH = 500
"""Refusals that are read at once."""


class Kind(StrEnum):
    EXPORT = "export"
    IMPORT = "import"


class State(StrEnum):
    """How a job stands. A job that is cancelled is gone."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = (State.WAITING, State.RUNNING)


class Part(StrEnum):
    """The lists of a manifest that a file may stand in."""

    OUTPUT = "output"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One export or import. `asked` is what the client wants, `access` what it could see when it asked, `place` where
    the work goes on. `done` of `total` counts records for an export, bytes for an import."""

    practice: str
    id: str
    kind: Kind
    actor: str
    state: State = State.WAITING
    asked: Mapping[str, Any] = field(default_factory=dict)
    access: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    transaction_at: datetime | None = None
    created_at: datetime
    turn_at: datetime
    ended_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, kw_only=True)
class File:
    """A finished file: `name` in its address, `type` of its records, `size` in bytes of what it says."""

    name: str
    part: Part
    type: str
    records: int
    size: int
    kept_as: str


class NoSuchJob(Exception):
    """The job is gone: cancelled or expired."""


_COLUMNS = (
    "practice", "id", "kind", "actor", "state", "asked", "access", "place", "done", "total", "transaction_at",
    "created_at", "turn_at", "ended_at", "expires_at",
)  # fmt: skip
_JOBS = f"SELECT {', '.join(_COLUMNS)} FROM bulk_job WHERE "
_FILES = "SELECT name, part, type, records, size, kept_as FROM bulk_file WHERE practice = ? AND job = ?"


def add(connection: Connection, job: Job, *, audit: AuditRecord) -> None:
    """Write a new job and the audit row of who asked for it."""
    values = (
        job.practice, job.id, job.kind.value, job.actor, job.state.value, _text(job.asked), _text(job.access),
        _text(job.place), job.done, job.total, job.transaction_at, job.created_at, job.turn_at, job.ended_at,
        job.expires_at,
    )  # fmt: skip
    given = ", ".join("?" * len(_COLUMNS))
    connection.execute(Sql(f"INSERT INTO bulk_job ({', '.join(_COLUMNS)}) VALUES ({given})", values))
    connection.insert(schema.AUDIT, [audit.row()])


def find(connection: Connection, practice: str, job_id: str) -> Job | None:
    found = _jobs(connection, [Sql("practice = ? AND id = ?", (practice, job_id))])
    return found[0] if found else None


def every(connection: Connection, practice: str) -> list[Job]:
    """All jobs of a practice, the newest first."""
    return _jobs(connection, [Sql("practice = ?", (practice,))], order="created_at DESC, id")


def open_jobs(connection: Connection, practice: str, kind: Kind, *, lock: bool = False) -> list[Job]:
    """The jobs that are not at an end, whoever waits longest for a turn first. `lock`: nobody adds one meanwhile."""
    if lock:
        connection.lock([lock_number(practice, "bulk", kind)])
    parts = [Sql("practice = ? AND kind = ?", (practice, kind.value)), Sql("state IN ") + marks([*map(str, OPEN)])]
    return _jobs(connection, parts, order="turn_at, id")


def expired(connection: Connection, practice: str, *, now: datetime) -> list[Job]:
    return _jobs(connection, [Sql("practice = ? AND expires_at <= ?", (practice, now))])


def advance(connection: Connection, job: Job, *, audit: AuditRecord | None = None) -> None:
    """Write how the job stands now; NoSuchJob where it was cancelled meanwhile. Call it behind the lease's fence."""
    values = (
        job.state.value, _text(job.place), job.done, job.total, job.transaction_at, job.turn_at, job.ended_at,
        job.expires_at, job.practice, job.id,
    )  # fmt: skip
    changed = connection.execute(
        Sql(
            "UPDATE bulk_job SET state = ?, place = ?, done = ?, total = ?, transaction_at = ?, turn_at = ?, "
            "ended_at = ?, expires_at = ? WHERE practice = ? AND id = ?",
            values,
        )
    )
    if changed == 0:
        raise NoSuchJob(job.id)
    if audit is not None:
        connection.insert(schema.AUDIT, [audit.row()])


def remove(connection: Connection, practice: str, job_id: str, *, audit: AuditRecord) -> None:
    """Delete a job with its rows, and say so in the audit. Its files are removed by whoever asks."""
    for table in ("bulk_file", "bulk_refusal"):
        connection.execute(Sql(f"DELETE FROM {table} WHERE practice = ? AND job = ?", (practice, job_id)))
    connection.execute(Sql("DELETE FROM bulk_job WHERE practice = ? AND id = ?", (practice, job_id)))
    connection.insert(schema.AUDIT, [audit.row()])


def add_file(connection: Connection, practice: str, job_id: str, file: File) -> None:
    values = (practice, job_id, file.name, file.part.value, file.type, file.records, file.size, file.kept_as)
    connection.execute(
        Sql(
            "INSERT INTO bulk_file (practice, job, name, part, type, records, size, kept_as) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    )


def files(connection: Connection, practice: str, job_id: str) -> list[File]:
    """The finished files of a job, by type and number."""
    found = [_file(row) for row in connection.rows(Sql(_FILES, (practice, job_id)))]
    return sorted(found, key=lambda file: (file.part, file.type, len(file.name), file.name))


def file(connection: Connection, practice: str, job_id: str, name: str) -> File | None:
    rows = connection.rows(Sql(_FILES + " AND name = ?", (practice, job_id, name)))
    return _file(rows[0]) if rows else None


def add_refusals(connection: Connection, practice: str, job_id: str, lines: Sequence[tuple[int, str]]) -> None:
    for line, outcome in lines:
        connection.execute(
            Sql(
                "INSERT INTO bulk_refusal (practice, job, line, outcome) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (practice, job_id, line, outcome),
            )
        )


def refusals(connection: Connection, practice: str, job_id: str, *, behind: int = -1) -> list[tuple[int, str]]:
    """The next refused lines behind a line, at most BATCH, each with its outcome."""
    rows = connection.rows(
        Sql(
            "SELECT line, outcome FROM bulk_refusal WHERE practice = ? AND job = ? AND line > ? ORDER BY line LIMIT ?",
            (practice, job_id, behind, BATCH),
        )
    )
    return [(cast(int, row[0]), str(row[1])) for row in rows]


def _jobs(connection: Connection, parts: Sequence[Sql], *, order: str = "id") -> list[Job]:
    return [_job(connection, row) for row in connection.rows(Sql(_JOBS) + all_of(parts) + Sql(f" ORDER BY {order}"))]


def _job(connection: Connection, row: Row) -> Job:
    value = dict(zip(_COLUMNS, row, strict=True))

    def instant(name: str) -> datetime | None:
        return None if value[name] is None else connection.dialect.instant(value[name])

    return Job(
        practice=str(value["practice"]), id=str(value["id"]), kind=Kind(str(value["kind"])),
        actor=str(value["actor"]), state=State(str(value["state"])), asked=json.loads(str(value["asked"])),
        access=json.loads(str(value["access"])), place=json.loads(str(value["place"])),
        done=cast(int, value["done"]), total=cast(int, value["total"]), transaction_at=instant("transaction_at"),
        created_at=connection.dialect.instant(value["created_at"]),
        turn_at=connection.dialect.instant(value["turn_at"]),
        ended_at=instant("ended_at"), expires_at=instant("expires_at"),
    )  # fmt: skip


def _file(row: Row) -> File:
    return File(
        name=str(row[0]), part=Part(str(row[1])), type=str(row[2]), records=cast(int, row[3]),
        size=cast(int, row[4]), kept_as=str(row[5]),
    )  # fmt: skip


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
