"""Reindex: rebuild projections and the search index from the bodies, in batches, while others write; then compare.

Each batch takes the locks of its resources, as every update does, so that what it rebuilds is the current version.
A resource that is created meanwhile has right rows already. `SEARCH` stands for the seven index tables together.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from carewright.core.clock import wall_now
from carewright.core.fhir import codec
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Projection
from carewright.core.store.keys import key_of_ref, lock_number
from carewright.core.store.model import Change, Ref
from carewright.core.store.rows import RowSet, Version, add_index, add_projections, patient_and_security
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql, all_of, marks

if TYPE_CHECKING:
    from carewright.core.store.store import Store

SEARCH = "search"
BATCH = 200
Told = Callable[[int], None]


class UnknownIndex(ValueError):
    """There is no projection of this name; the text lists what there is."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What was done for one name: how many resources were read, and which of them have wrong rows afterwards."""

    name: str
    resources: int
    different: tuple[Ref, ...]


@dataclass(frozen=True)
class _Index:
    """What is rebuilt together: tables, the types they are filled from (None: all), and how."""

    tables: tuple[Table, ...]
    types: frozenset[str] | None
    fill: Callable[[RowSet, Version], None]


def names(store: "Store") -> list[str]:
    """Everything that can be rebuilt."""
    return [SEARCH, *sorted(store.registry.projections)]


def reindex(store: "Store", practice: str, name: str, *, told: Told = lambda done: None) -> Rebuilt:
    """Rebuild one projection, or the search index, and compare it with what it should be. UnknownIndex."""
    index = _index(store, name)
    refs = list(_refs(store, practice, index.types))
    with store.driver.writing(practice) as connection:
        _drop_orphans(connection, practice, index)
    for start in range(0, len(refs), BATCH):
        batch = refs[start : start + BATCH]
        with store.driver.writing(practice) as connection:
            connection.lock([lock_number(practice, "resource", str(ref)) for ref in batch])
            for table in index.tables:
                connection.delete_keys(table.name, practice, [key_of_ref(ref) for ref in batch])
            for table, rows in _expected(connection, practice, index, batch).by_table.items():
                connection.insert(table, rows)
        told(len(batch))
    return Rebuilt(name=name, resources=len(refs), different=tuple(differences(store, practice, name)))


def differences(store: "Store", practice: str, name: str, *, at_most: int | None = None) -> Iterator[Ref]:
    """The resources whose rows are not what their body gives; nothing for a sound index.

    `at_most` looks at no more than so many resources.
    """
    index = _index(store, name)
    refs = list(_refs(store, practice, index.types))[:at_most]
    for start in range(0, len(refs), BATCH):
        batch = refs[start : start + BATCH]
        # Under the resources' locks: between two statements another transaction could change both body and rows.
        with store.driver.writing(practice) as connection:
            connection.lock([lock_number(practice, "resource", str(ref)) for ref in batch])
            expected = _counted(connection, _expected(connection, practice, index, batch))
            found = _counted(connection, _standing(connection, practice, index, batch))
        keys = {key_of_ref(ref): ref for ref in batch}
        yield from sorted({keys[cast(UUID, row[2])] for row in (expected - found) + (found - expected)})


def count(store: "Store", practice: str, name: str) -> int:
    """How many resources a rebuild of `name` reads."""
    types = _index(store, name).types
    parts = [Sql("practice = ? AND deleted = 0", (practice,))]
    if types is not None:
        parts.append(Sql("type IN ") + marks(sorted(types)))
    with store.driver.reading(practice) as connection:
        return cast(int, connection.rows(Sql("SELECT count(*) FROM current_resource WHERE ") + all_of(parts))[0][0])


def _index(store: "Store", name: str) -> _Index:
    if name == SEARCH:
        return _Index(schema.INDEX_TABLES, None, add_index)
    declared = store.registry.projections.get(name)
    if declared is None:
        raise UnknownIndex(f"There is no projection '{name}'. There are: {', '.join(names(store))}.")
    return _Index((schema.projection_table(declared),), declared.types, _filler(declared))


def _filler(declared: Projection) -> Callable[[RowSet, Version], None]:
    return lambda rows, version: add_projections(rows, version, [declared])


def _refs(store: "Store", practice: str, types: frozenset[str] | None) -> Iterator[Ref]:
    parts = [Sql("practice = ? AND deleted = 0", (practice,))]
    if types is not None:
        parts.append(Sql("type IN ") + marks(sorted(types)))
    with store.driver.reading(practice) as connection:
        rows = connection.rows(
            Sql("SELECT type, id FROM current_resource WHERE ") + all_of(parts) + Sql(" ORDER BY key")
        )
    return (Ref(str(row[0]), str(row[1])) for row in rows)


def _drop_orphans(connection: Connection, practice: str, index: _Index) -> None:
    """Remove rows of what is deleted, or is no longer of a type that the index is filled from."""
    parts = [Sql("c.practice = i.practice AND c.key = i.key AND c.deleted = 0")]
    if index.types is not None:
        parts.append(Sql("c.type IN ") + marks(sorted(index.types)))
    for table in index.tables:
        connection.execute(
            Sql(f"DELETE FROM {table.name} AS i WHERE i.practice = ? AND NOT EXISTS ", (practice,))
            + Sql("(SELECT 1 FROM current_resource c WHERE ")
            + all_of(parts)
            + Sql(")")
        )


def _expected(connection: Connection, practice: str, index: _Index, refs: Sequence[Ref]) -> RowSet:
    """The rows that the current bodies give."""
    rows = connection.rows(
        Sql("SELECT v.type, v.id, v.version, v.body FROM current_resource c JOIN version v ON v.practice = c.practice "
            "AND v.key = c.key AND v.version = c.version WHERE c.deleted = 0 AND c.practice = ? AND c.key IN ",
            (practice,))
        + marks([key_of_ref(ref) for ref in refs])
    )  # fmt: skip
    made = RowSet()
    for type_, id_, number, body in rows:
        resource = codec.decode(connection.dialect.bytes_(body))
        patient, security = patient_and_security(resource)
        version = Version(
            practice=practice, ref=Ref(str(type_), str(id_)), version=cast(int, number), change=Change.UPDATE,
            at=wall_now(), audit_id="", actor="", on_behalf_of=None, origin="", reason="", resource=resource,
            body=None, patient_id=patient, security=security,
        )  # fmt: skip
        index.fill(made, version)
    return made


def _standing(connection: Connection, practice: str, index: _Index, refs: Sequence[Ref]) -> RowSet:
    """The rows that are there."""
    keys = marks([key_of_ref(ref) for ref in refs])
    found = RowSet()
    for table in index.tables:
        select = f"SELECT {', '.join(table.names)} FROM {table.name} WHERE practice = ? AND key IN "
        found.add(table, connection.rows(Sql(select, (practice,)) + keys))
    return found


def _counted(connection: Connection, rows: RowSet) -> Counter[Row]:
    """Rows with their table in front, values alike on both engines and in both sets."""
    return Counter(
        (table.name, *(_alike(connection, kind, value) for (_, kind), value in zip(table.columns, row, strict=True)))
        for table, listed in rows.by_table.items()
        for row in listed
    )


def _alike(connection: Connection, kind: str, value: object) -> object:
    if kind == "uuid" and value is not None and not isinstance(value, UUID):
        return connection.dialect.key(value)
    if kind == "timestamptz" and value is not None:
        return value if isinstance(value, datetime) else connection.dialect.instant(value)
    if kind == "bigint" and value is not None:
        return int(cast(int, value))
    return value
