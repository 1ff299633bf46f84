"""A practice as records: what an export and a backup take out of the database. Drafts, sessions and leases stay behind.

Versions come in the order of the feed, audit rows in theirs, so that a restore can give both the same order again.
Bodies are carried as text: what was stored is UTF-8, so text and bytes are the same thing.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Any, cast

from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.model import Stored
from carewright.core.store.reads import stored
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql, all_of

BATCH = 500
Record = dict[str, Any]


def types_here(connection: Connection, practice: str) -> list[str]:
    """The resource types that have a current version."""
    rows = connection.rows(
        Sql("SELECT DISTINCT type FROM current_resource WHERE practice = ? AND deleted = 0 ORDER BY type", (practice,))
    )
    return [str(row[0]) for row in rows]


def current(connection: Connection, practice: str, resource_type: str) -> Iterator[Stored]:
    """The current versions of a type, in the order of their keys (the same on both engines)."""
    behind: object = None
    while True:
        more = [] if behind is None else [Sql("c.key > ?", (behind,))]
        rows = connection.rows(
            Sql(
                "SELECT v.type, v.id, v.version, v.at, v.change, v.body, c.key FROM current_resource c JOIN version v "
                "ON v.practice = c.practice AND v.key = c.key AND v.version = c.version WHERE "
            )
            + all_of([Sql("c.practice = ? AND c.type = ? AND c.deleted = 0", (practice, resource_type)), *more])
            + Sql(" ORDER BY c.key LIMIT ?", (BATCH,))
        )
        for row in rows:
            yield stored(row, connection.dialect)
        if len(rows) < BATCH:
            return
        behind = rows[-1][6]


def versions(connection: Connection, practice: str) -> Iterator[Record]:
    """Every version with its place in the feed."""
    names = ("type", "id", "version", "change", "at", "audit_id", "actor", "on_behalf_of", "origin", "reason", "body")
    columns = ", ".join(f"v.{name}" for name in names)
    select = (
        f"SELECT {{xid}}, f.seq, {columns}, f.patient_id, v.security FROM feed f JOIN version v "
        "ON v.practice = f.practice AND v.key = f.key AND v.version = f.version WHERE "
    )
    dialect = connection.dialect
    for row in _in_order(connection, practice, select, alias="f"):
        record: Record = dict(zip((*names, "patient_id", "security"), row[2:], strict=True))
        record["at"] = dialect.instant(record["at"]).isoformat(timespec="microseconds")
        record["body"] = None if record["body"] is None else dialect.bytes_(record["body"]).decode()
        yield record


def audit_rows(connection: Connection, practice: str) -> Iterator[Record]:
    """Every audit row with the keys of the patients it is about."""
    names = schema.AUDIT.names[1:]
    select = f"SELECT {{xid}}, a.seq, {', '.join(f'a.{name}' for name in names)} FROM audit a WHERE "
    dialect = connection.dialect
    batch: list[Record] = []
    for row in _in_order(connection, practice, select, alias="a"):
        record: Record = dict(zip(names, row[2:], strict=True))
        record["at"] = dialect.instant(record["at"]).isoformat(timespec="microseconds")
        record["digest"] = base64.b64encode(dialect.bytes_(record["digest"])).decode()
        batch.append(record)
        if len(batch) == BATCH:
            yield from _with_patients(connection, practice, batch)
            batch = []
    yield from _with_patients(connection, practice, batch)


def _with_patients(connection: Connection, practice: str, batch: list[Record]) -> list[Record]:
    if not batch:
        return []
    found: dict[str, list[str]] = {}
    marks = ", ".join("?" * len(batch))
    rows = connection.rows(
        Sql(
            f"SELECT audit_id, patient_key FROM audit_patient WHERE practice = ? AND audit_id IN ({marks})",
            (practice, *(record["id"] for record in batch)),
        )
    )
    for row in rows:
        found.setdefault(str(row[0]), []).append(str(connection.dialect.key(row[1])))
    return [{**record, "patients": sorted(found.get(record["id"], ()))} for record in batch]


def feed_positions(connection: Connection, practice: str) -> Iterator[Record]:
    """How many entries each consumer has behind it: the numbers themselves mean nothing in another database."""
    dialect = connection.dialect
    rows = connection.rows(
        Sql("SELECT consumer, xid, seq FROM feed_position WHERE practice = ? ORDER BY consumer", (practice,))
    )
    total = _count(connection, Sql("f.practice = ?", (practice,)))
    for consumer, xid, seq in rows:
        place = (cast(int, xid), cast(int, seq))
        ahead = _count(connection, all_of([Sql("f.practice = ?", (practice,)), dialect.after("f", *place)]))
        yield {"consumer": consumer, "entries": total - ahead}


def _count(connection: Connection, where: Sql) -> int:
    return cast(int, connection.rows(Sql("SELECT count(*) FROM feed f WHERE ") + where)[0][0])


def table_rows(table: Table) -> Callable[[Connection, str], Iterator[Record]]:
    """A dumper of one of the small tables, in the order of its columns."""

    def dump(connection: Connection, practice: str) -> Iterator[Record]:
        names = table.names[1:]
        order = ", ".join(names)
        rows = connection.rows(
            Sql(f"SELECT {order} FROM {table.name} WHERE practice = ? ORDER BY {order}", (practice,))
        )
        for row in rows:
            yield {
                name: _plain(connection, kind, value)
                for (name, kind), value in zip(table.columns[1:], row, strict=True)
            }

    return dump


def _plain(connection: Connection, kind: str, value: object) -> object:
    """A column's value as JSON has it."""
    if value is None:
        return None
    if kind == "timestamptz":
        return connection.dialect.instant(value).isoformat(timespec="microseconds")
    if kind == "uuid":
        return str(connection.dialect.key(value))
    if kind == schema.BYTES:
        return base64.b64encode(connection.dialect.bytes_(value)).decode()
    return value


def _in_order(connection: Connection, practice: str, select: str, *, alias: str) -> Iterator[Row]:
    """Rows of the feed or of the audit by place, a batch at a time; the first two columns are the place."""
    dialect = connection.dialect
    text = select.format(xid=dialect.xid(alias))
    place = (0, 0)
    while True:
        where = all_of([Sql(f"{alias}.practice = ?", (practice,)), dialect.after(alias, *place)])
        order = Sql(f" ORDER BY {alias}.xid, {alias}.seq LIMIT ?", (BATCH,))
        rows = connection.rows(Sql(text) + where + order)
        yield from rows
        if len(rows) < BATCH:
            return
        place = (cast(int, rows[-1][0]), cast(int, rows[-1][1]))


PARTS: dict[str, Callable[[Connection, str], Iterator[Record]]] = {
    "version": versions,
    "audit": audit_rows,
    "audit_seal": table_rows(schema.AUDIT_SEAL),
    "alias": table_rows(schema.ALIAS),
    "key_claim": table_rows(schema.KEY_CLAIM),
    "balance": table_rows(schema.BALANCE),
    "setting": table_rows(schema.SETTING),
    "blob": table_rows(schema.BLOB),
    "client": table_rows(schema.CLIENT),
    "feed_position": feed_positions,
}
"""The parts of a backup, in the order in which a restore needs them."""


def is_empty(connection: Connection, practice: str) -> bool:
    """Whether nothing was ever written for the practice that a restore would mix with."""
    return not any(
        connection.rows(Sql(f"SELECT 1 FROM {table} WHERE practice = ? LIMIT 1", (practice,)))
        for table in ("version", "key_claim", "balance", "alias", "blob", "setting", "client", "audit")
    )
