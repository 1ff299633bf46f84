"""Restore a backup: history, audit, key claims, balances, settings and files, as they were.

It all comes back in one transaction, so that a practice is never half restored; on PostgreSQL that holds up the feed
of the other practices for as long, and belongs in a quiet hour. The index and the projections are built anew.
Restoring an export is in `restore_export.py`.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from carewright.core.access.model import Access
from carewright.core.audit.records import Action, record
from carewright.core.clock import wall_now
from carewright.core.fhir import codec
from carewright.core.registry import Registry
from carewright.core.store import archive, consumers, dump, schema
from carewright.core.store.archive import Contents
from carewright.core.store.backup import SIGN_INS, Told, nobody
from carewright.core.store.drivers.base import Connection
from carewright.core.store.model import Change, Origin, Ref, StoreError
from carewright.core.store.rows import RowSet, Version, add_index, add_projections, add_version, current_row
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql, marks

if TYPE_CHECKING:
    from carewright.core.store.store import Store

T = TypeVar("T")
Record = dict[str, Any]
BATCH = 500
SMALL_TABLES = (schema.ALIAS, schema.KEY_CLAIM, schema.BALANCE, schema.SETTING, schema.BLOB, schema.CLIENT)


class NotEmpty(StoreError):
    """The practice holds something already; a restore would mix the two."""

    def __init__(self, practice: str) -> None:
        super().__init__(
            f"The practice '{practice}' is not empty. Restore into a new data folder or database, or a new practice."
        )


class RestoreFailed(StoreError):
    """What was written is not what the backup says; nothing was kept."""


def restore_backup(
    store: "Store",
    access: Access,
    path: Path,
    *,
    write_blob: Callable[[str, bytes], str],
    write_sign_ins: Callable[[Iterable[Record]], int] = lambda records: sum(1 for _ in records),
    told: Told = nobody,
) -> Contents:
    """Bring a backup back into the practice of `access`, whose key must be the backup's.

    `write_sign_ins` keeps those who may sign in, all or none, and says how many. Sessions and drafts that the practice
    may have left behind end.
    BadArchive, NotEmpty, RestoreFailed; after any of them nothing was written (blob files apart, which do no harm).
    """
    contents = archive.verify(path)
    practice = contents.practice
    if access.practice != practice:
        raise RestoreFailed(f"The backup is of the practice '{practice}'; its audit can only be whole under that name.")
    with store.driver.reading(practice) as connection:
        _require_empty(connection, practice)
    for digest, content in archive.blobs(path):
        if write_blob(practice, content) != digest:
            raise RestoreFailed(f"The file {digest} in the backup does not hold what its name says.")
    newest = _newest(path)
    with store.driver.writing(practice) as connection:
        _begin(connection, contents)
        _Restore(connection, store.registry, path, practice, newest, told).run()
        _check_counts(connection, contents)
        detail = {"backup_of": contents.created_at, "chain": contents.chain}
        audit = record(
            access, at=wall_now(), action=Action.CREATE, reason="restore", origin=Origin.RESTORE.value, detail=detail
        )
        connection.insert(schema.AUDIT, [audit.row()])
        # Last: they stand in a database of their own. A restore that ends between the two commits is simply done again.
        if write_sign_ins(archive.records(path, SIGN_INS)) != contents.count(SIGN_INS):
            raise RestoreFailed("Not everybody who may sign in was restored.")
    return contents


def _require_empty(connection: Connection, practice: str) -> None:
    if not dump.is_empty(connection, practice):
        raise NotEmpty(practice)


def _begin(connection: Connection, contents: Contents) -> None:
    """Make the practice; nobody is at work in it, whatever an earlier database left behind."""
    practice = contents.practice
    _require_empty(connection, practice)
    values = (practice, contents.practice_name, wall_now())
    connection.execute(
        Sql("INSERT INTO practice (practice, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)
    )
    for table in ("session", "draft", "ticket", "app_authorization", "signing_key"):
        connection.execute(Sql(f"DELETE FROM {table} WHERE practice = ?", (practice,)))


def _newest(path: Path) -> dict[Ref, int]:
    """The number of the current version of each resource."""
    newest: dict[Ref, int] = {}
    for item in archive.records(path, "version"):
        ref = Ref(item["type"], item["id"])
        newest[ref] = max(newest.get(ref, 0), item["version"])
    return newest


class _Restore:
    """The parts of one backup, in the order of `dump.PARTS`."""

    def __init__(
        self,
        connection: Connection,
        registry: Registry,
        path: Path,
        practice: str,
        newest: dict[Ref, int],
        told: Told,
    ) -> None:
        self.connection, self.registry, self.path = connection, registry, path
        self.practice, self.newest, self.told = practice, newest, told

    def run(self) -> None:
        self._versions()
        self._audit()
        self._seals()
        for table in SMALL_TABLES:
            for batch in self._batches(table.name):
                self.connection.insert(table, [row_of(table, self.practice, item) for item in batch])
        self._positions()

    def _versions(self) -> None:
        for batch in self._batches("version"):
            rows, current = RowSet(), []
            for item in batch:
                version = version_of(item, practice=self.practice)
                add_version(rows, version)
                if self.newest[version.ref] == version.version:
                    current.append(current_row(version))
                    add_index(rows, version)
                    add_projections(rows, version, self.registry.projections_for(version.ref.type))
            for table, listed in rows.by_table.items():
                self.connection.insert(table, listed)
            self.connection.insert(schema.CURRENT, current)

    def _audit(self) -> None:
        for batch in self._batches("audit"):
            self.connection.insert(schema.AUDIT, [row_of(schema.AUDIT, self.practice, item) for item in batch])
            patients = [
                (self.practice, UUID(key), item["id"], datetime.fromisoformat(item["at"]))
                for item in batch
                for key in item["patients"]
            ]
            self.connection.insert(schema.AUDIT_PATIENT, patients)

    def _seals(self) -> None:
        """The links keep what they say; the place of the row they speak of is its place here."""
        xid = self.connection.dialect.xid("a")
        for batch in self._batches("audit_seal"):
            rows = self.connection.rows(
                Sql(f"SELECT a.id, {xid}, a.seq FROM audit a WHERE a.practice = ? AND a.id IN ", (self.practice,))
                + marks([item["audit_id"] for item in batch])
            )
            places = {str(row[0]): (row[1], row[2]) for row in rows}
            for item in batch:
                item["xid"], item["seq"] = places.get(item["audit_id"], (0, 0))
            listed = [row_of(schema.AUDIT_SEAL, self.practice, item) for item in batch]
            self.connection.insert(schema.AUDIT_SEAL, listed)

    def _positions(self) -> None:
        xid = self.connection.dialect.xid("f")
        for item in archive.records(self.path, "feed_position"):
            place: tuple[object, object] = consumers.START
            if item["entries"]:
                rows = self.connection.rows(
                    Sql(
                        f"SELECT {xid}, f.seq FROM feed f WHERE f.practice = ? ORDER BY f.xid, f.seq LIMIT 1 OFFSET ?",
                        (self.practice, item["entries"] - 1),
                    )
                )
                place = (rows[0][0], rows[0][1])
            consumers.advance(
                self.connection, self.practice, item["consumer"], (cast(int, place[0]), cast(int, place[1]))
            )

    def _batches(self, name: str) -> Iterator[list[Record]]:
        for batch in batches(archive.records(self.path, name), BATCH):
            yield batch
            self.told(name, len(batch))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def version_of(item: Record, *, practice: str) -> Version:
    """A dumped version as the row builders take it; the body stays the exact text."""
    body = None if item["body"] is None else str(item["body"]).encode()
    return Version(
        practice=practice, ref=Ref(item["type"], item["id"]), version=item["version"], change=Change(item["change"]),
        at=datetime.fromisoformat(item["at"]), audit_id=item["audit_id"], actor=item["actor"],
        on_behalf_of=item["on_behalf_of"], origin=item["origin"], reason=item["reason"],
        resource=None if body is None else codec.decode(body), body=body, patient_id=item["patient_id"],
        security=item["security"],
    )  # fmt: skip


def row_of(table: Table, practice: str, item: Record) -> Row:
    """A dumped record as a row in the table's columns."""
    return (practice, *(_value(kind, item[name]) for name, kind in table.columns[1:]))


def _value(kind: str, value: object) -> object:
    if value is None:
        return None
    if kind == "timestamptz":
        return datetime.fromisoformat(str(value))
    if kind == "uuid":
        return UUID(str(value))
    if kind == schema.BYTES:
        return base64.b64decode(str(value))
    return value


def _check_counts(connection: Connection, contents: Contents) -> None:
    for table in ("version", "audit", "audit_seal", *(table.name for table in SMALL_TABLES)):
        row = connection.rows(Sql(f"SELECT count(*) FROM {table} WHERE practice = ?", (contents.practice,)))[0]
        if row[0] != contents.count(table):
            raise RestoreFailed(f"{row[0]} rows of '{table}' were restored, the backup has {contents.count(table)}.")
