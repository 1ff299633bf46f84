"""Reindex: rebuild projections and the search index from the bodies, in batches, while others read and write.

Each batch takes the locks of its resources, as every update does, so that what it looks at is the current version. Rows
that are right already are left alone: a sound index costs reading, and a rebuild that was broken off is quickly where
it was. A resource that is created meanwhile has right rows. `SEARCH` stands for the index tables together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import UUID

from carewright.core.clock import wall_now
from carewright.core.fhir import codec
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import Projection
from carewright.core.store.keys import lock_number
from carewright.core.store.model import Change, Ref
from carewright.core.store.rows import RowSet, Version, add_index, add_projections, patient_and_security
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql, all_of, marks

if TYPE_CHECKING:
    from carewright.core.store.store import Store

SEARCH = "search"
BATCH = 500
Told = Callable[[int], None]
Place = tuple[str, str]
"""Where a rebuild has come to: the type (empty where all types are read together) and the key in hexadecimal."""


class UnknownIndex(ValueError):
    """There is no projection of this name; the text lists what there is."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What was done for one name: how many resources were read, of how many the rows were wrong and were written anew,
    and which of them have wrong rows afterwards."""

    name: str
    resources: int
    rewritten: int
    different: tuple[Ref, ...]


@dataclass(frozen=True)
class _Batch:
    """Resources by their key, and the place behind the last of them."""

    refs: dict[UUID, Ref]
    place: Place


@dataclass(frozen=True)
class _Index:
    """What is rebuilt together: tables, the types they are filled from (None: all), and how."""

    tables: tuple[Table, ...]
    types: frozenset[str] | None
    fill: Callable[[RowSet, Version], None]


def names(store: "Store") -> list[str]:
    """Everything that can be rebuilt."""
    return [SEARCH, *sorted(store.registry.projections)]


def reindex(
    store: "Store",
    practice: str,
    name: str,
    *,
    told: Told = lambda done: None,
    behind: Place | None = None,
    reached: Callable[[Place], None] = lambda place: None,
) -> Rebuilt:
    """Rebuild one projection, or the search index, and compare what was rewritten with what it should be. UnknownIndex.

    `reached` hears how far it has come; what it heard last, given as `behind`, lets a later call go on from there.
    """
    index = _index(store, name)
    if behind is None:
        with store.driver.writing(practice) as connection:
            _drop_orphans(connection, practice, index)
    resources = rewritten = 0
    different: list[Ref] = []
    for batch in _batches(store, practice, index.types, size=BATCH, behind=behind):
        with _held(store, practice, batch) as connection:
            expected = _expected(connection, practice, index, batch.refs)
            wrong = _wrong(connection, practice, index, batch.refs, expected=expected)
            if wrong:
                left = _rewrite(connection, practice, index, wrong, expected=expected)
                different += [batch.refs[key] for key in left]
        resources += len(batch.refs)
        rewritten += len(wrong)
        told(len(batch.refs))
        reached(batch.place)
    return Rebuilt(name=name, resources=resources, rewritten=rewritten, different=tuple(sorted(different)))


def differences(store: "Store", practice: str, name: str, *, at_most: int | None = None) -> Iterator[Ref]:
    """The resources whose rows are not what their body gives; nothing for a sound index.

    `at_most` looks at no more than about so many resources.
    """
    index = _index(store, name)
    looked_at = 0
    for batch in _batches(store, practice, index.types, size=min(at_most or BATCH, BATCH)):
        # PostgreSQL: under the resources' locks, because between two statements another transaction could change both
        # body and rows. SQLite reads one moment anyway.
        reading = store.driver.dialect.name == "sqlite"
        with store.driver.reading(practice) if reading else _held(store, practice, batch) as connection:
            expected = _expected(connection, practice, index, batch.refs)
            wrong = _wrong(connection, practice, index, batch.refs, expected=expected)
        yield from sorted(batch.refs[key] for key in wrong)
        looked_at += len(batch.refs)
        if at_most is not None and looked_at >= at_most:
            return


@contextmanager
def _held(store: "Store", practice: str, batch: _Batch) -> Iterator[Connection]:
    """A write transaction with the locks of these resources."""
    with store.driver.writing(practice) as connection:
        connection.lock([lock_number(practice, "resource", str(ref)) for ref in batch.refs.values()])
        yield connection


def _wrong(
    connection: Connection, practice: str, index: _Index, refs: Iterable[UUID], *, expected: RowSet
) -> set[UUID]:
    """The keys of those whose rows are not the expected ones."""
    keys = list(refs)
    wrong: set[UUID] = set()
    for table in index.tables:
        should, found = Counter(expected.by_table.get(table, [])), Counter(_standing(connection, practice, table, keys))
        if should != found:
            wrong |= {cast(UUID, row[1]) for row in (should - found) + (found - should)}
    return wrong


def _rewrite(connection: Connection, practice: str, index: _Index, wrong: set[UUID], *, expected: RowSet) -> set[UUID]:
    """Write the rows of these resources anew; the keys of those that are wrong all the same."""
    for table in index.tables:
        connection.delete_keys(table.name, practice, list(wrong))
    rows = RowSet()
    for table, listed in expected.by_table.items():
        rows.add(table, [row for row in listed if row[1] in wrong])
    connection.insert_all(rows.by_table)
    return _wrong(connection, practice, index, wrong, expected=rows)


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


def _batches(
    store: "Store", practice: str, types: frozenset[str] | None, *, size: int, behind: Place | None = None
) -> Iterator[_Batch]:
    """The resources in the order of their types and keys, a few at a time."""
    first, key = behind or ("", "")
    for type_ in [""] if types is None else sorted(types):
        if type_ < first:
            continue
        after = UUID(key) if key and type_ == first else None
        while True:
            rows = _page(store, practice, type_, after=after, size=size)
            if rows:
                refs = {store.driver.dialect.key(row[0]): Ref(str(row[1]), str(row[2])) for row in rows}
                after = list(refs)[-1]
                yield _Batch(refs, (type_, after.hex))
            if len(rows) < size:
                break


def _page(store: "Store", practice: str, type_: str, *, after: UUID | None, size: int) -> list[Row]:
    parts = [Sql("practice = ? AND deleted = 0", (practice,))]
    parts += [Sql("type = ?", (type_,))] if type_ else []
    parts += [Sql("key > ?", (after,))] if after else []
    select = Sql("SELECT key, type, id FROM current_resource WHERE ") + all_of(parts)
    with store.driver.reading(practice) as connection:
        return connection.rows(select + Sql(" ORDER BY key LIMIT ?", (size,)))


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


def _expected(connection: Connection, practice: str, index: _Index, refs: Iterable[UUID]) -> RowSet:
    """The rows that the current bodies give."""
    rows = connection.rows(
        Sql("SELECT v.type, v.id, v.version, v.body FROM current_resource c JOIN version v ON v.practice = c.practice "
            "AND v.key = c.key AND v.version = c.version WHERE c.deleted = 0 AND c.practice = ? AND c.key IN ",
            (practice,))
        + marks(list(refs))
    )  # fmt: skip
    made, now = RowSet(), wall_now()
    for type_, id_, number, body in rows:
        resource = codec.decode(connection.dialect.bytes_(body))
        patient, security = patient_and_security(resource)
        version = Version(
            practice=practice, ref=Ref(str(type_), str(id_)), version=cast(int, number), change=Change.UPDATE,
            at=now, audit_id="", actor="", on_behalf_of=None, origin="", reason="", resource=resource,
            body=None, patient_id=patient, security=security,
        )  # fmt: skip
        index.fill(made, version)
    return made


def _standing(connection: Connection, practice: str, table: Table, keys: list[UUID]) -> list[Row]:
    """The rows that are there, with Python's values on either engine."""
    select = f"SELECT {', '.join(table.names)} FROM {table.name} WHERE practice = ? AND key IN "
    rows = connection.rows(Sql(select, (practice,)) + marks(keys))
    if connection.dialect.name != "sqlite":
        return rows
    dialect = connection.dialect
    converters = {"uuid": dialect.key, "timestamptz": dialect.instant}
    converted = [(n, converters[kind]) for n, (_, kind) in enumerate(table.columns) if kind in converters]
    return [_converted(row, converted) for row in rows]


def _converted(row: Row, columns: Sequence[tuple[int, Callable[[object], object]]]) -> Row:
    values = list(row)
    for n, convert in columns:
        if values[n] is not None:
            values[n] = convert(values[n])
    return tuple(values)
