"""The rows of blobs: what is kept under which digest. The files themselves are core/blobs' business."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.audit.records import AuditRecord
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.sql import Row, Sql


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A kept file: SHA-256 of its content in hexadecimal, its size in bytes, its media type."""

    digest: str
    size: int
    content_type: str
    created_at: datetime


def find(connection: Connection, practice: str, digest: str) -> Blob | None:
    rows = connection.rows(Sql(_BLOBS + " AND digest = ?", (practice, digest)))
    return _blob(connection, rows[0]) if rows else None


def every(connection: Connection, practice: str) -> Iterator[Blob]:
    """All of a practice, by digest."""
    for row in connection.rows(Sql(_BLOBS + " ORDER BY digest", (practice,))):
        yield _blob(connection, row)


def add(connection: Connection, blob: Blob, *, audit: AuditRecord) -> None:
    """Write the row (once) and the audit row that goes with it."""
    connection.execute(
        Sql(
            "INSERT INTO blob (practice, digest, size, content_type, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (audit.practice, blob.digest, blob.size, blob.content_type, blob.created_at),
        )
    )
    connection.insert(schema.AUDIT, [audit.row()])


_BLOBS = "SELECT digest, size, content_type, created_at FROM blob WHERE practice = ?"


def _blob(connection: Connection, row: Row) -> Blob:
    return Blob(
        digest=str(row[0]), size=cast(int, row[1]), content_type=str(row[2]),
        created_at=connection.dialect.instant(row[3]),
    )  # fmt: skip
