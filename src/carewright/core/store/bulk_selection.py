"""What an export takes: first the keys and versions that stand at one moment, then, at leisure, their bodies.

Versions never change, so that what was chosen at one moment can be written out for hours, by several processes one
after the other, and still shows that moment. Every statement carries the actor's predicate (scope.py): what has been
hidden since it was chosen is left out.
https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from carewright.core.store.drivers.base import Connection, Dialect
from carewright.core.store.search import compile as compiler
from carewright.core.store.search.people import Families
from carewright.core.store.search.query import SearchQuery
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql, all_of, any_of, marks
from carewright.core.store.whole_chart import SUPPORTING


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What is taken of one type. `filters`: any of these searches; all where it is empty. `since`: written later than
    that. `of_patients`: what belongs to patients, and what it refers to; `patients` are the keys of their charts, None
    for all. `deleted`: the deletions instead of what stands."""

    type: str
    filters: tuple[SearchQuery, ...] = ()
    since: datetime | None = None
    of_patients: bool = False
    patients: tuple[UUID, ...] | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Entry:
    """A version that was chosen, and the patient it is about."""

    key: UUID
    version: int
    patient_key: UUID | None = None


@dataclass(frozen=True)
class Body:
    """What a chosen version says; None for a deletion."""

    id: str
    body: bytes | None


def select(connection: Connection, chosen: Chosen, scope: Scope, families: Families) -> Iterator[Entry]:
    """The versions that stand now, without holding them all. They come in the order of their writing, in which they lie
    on the disk: by their keys, which are digests, each body would be looked for at another place."""
    dialect = connection.dialect
    for row in connection.stream(selection(chosen, scope, families)):
        patient = None if row[2] is None else dialect.key(row[2])
        yield Entry(dialect.key(row[0]), cast(int, row[1]), patient)


def selection(chosen: Chosen, scope: Scope, families: Families) -> Sql:
    """The statement behind `select`; AccessDenied where the type may not be searched."""
    # `+`: the index by type and deletion would be taken first and a million rows be sorted; that by time is in order.
    parts = [
        scope.where("c", "export"), Sql("c.type = ? AND +c.deleted = ?", (chosen.type, int(chosen.deleted))),
        Sql("c.type IN ") + marks(sorted(scope.predicate.types)),
    ]  # fmt: skip
    if chosen.since is not None:
        parts.append(Sql("c.at > ?", (chosen.since,)))
    if chosen.filters and not chosen.deleted:
        parts.append(any_of([compiler.conditions(query, scope, families) for query in chosen.filters]))
    if chosen.of_patients:
        parts.append(_of_patients(chosen, scope))
    return (
        Sql("SELECT c.key, c.version, c.patient_key FROM current_resource c WHERE ")
        + all_of(parts) + Sql(" ORDER BY c.at, c.key")
    )  # fmt: skip


def _of_patients(chosen: Chosen, scope: Scope) -> Sql:
    """What belongs to the patients; of a type that supports charts, also what their records refer to."""
    own = _whose("c", chosen.patients)
    if chosen.type not in SUPPORTING or chosen.deleted:
        return own
    referred = Sql("SELECT i.target_key FROM index_reference i WHERE ") + all_of([
        scope.where("i", "export"), Sql("i.target_type = ?", (chosen.type,)),
        Sql("i.type IN ") + marks(sorted(scope.predicate.types)), _whose("i", chosen.patients),
    ])  # fmt: skip
    return any_of([own, Sql("c.patient_key IS NULL AND c.key IN (") + referred + Sql(")")])


def _whose(row: str, patients: tuple[UUID, ...] | None) -> Sql:
    if patients is None:
        return Sql(f"{row}.patient_key IS NOT NULL")
    return Sql(f"{row}.patient_key IN ") + marks(patients)


def bodies(connection: Connection, resource_type: str, entries: Sequence[Entry], scope: Scope) -> Iterator[Body]:
    """What the chosen versions say, in their order, byte for byte; what is no longer visible is left out."""
    dialect = connection.dialect
    rows = connection.rows(
        Sql(f"SELECT c.key, c.version, c.id, v.body FROM current_resource c {compiler.JOIN_BODY} WHERE ")
        + all_of([
            scope.where("c", "export"), Sql("c.type = ?", (resource_type,)),
            Sql("c.type IN ") + marks(sorted(scope.predicate.types)),
            Sql("c.key IN ") + marks([entry.key for entry in entries]),
        ])
    )  # fmt: skip
    found = {dialect.key(row[0]): row for row in rows}
    for entry in entries:
        row = found.get(entry.key)
        if row is None:
            continue
        if row[1] == entry.version:
            yield _body(row[2], row[3], dialect)
        else:  # superseded since it was chosen; nothing where its own labels or a limit hide it
            for earlier in connection.rows(_earlier(entry, scope)):
                yield _body(row[2], earlier[0], dialect)


def _body(resource_id: object, body: object, dialect: Dialect) -> Body:
    return Body(str(resource_id), None if body is None else dialect.bytes_(body))


def _earlier(entry: Entry, scope: Scope) -> Sql:
    """A superseded version. What it said is in no index: of a type that is held to a search there is none."""
    parts = [scope.where("v", "export"), Sql("v.key = ? AND v.version = ?", (entry.key, entry.version))]
    if scope.predicate.limits:
        parts.append(Sql("v.type NOT IN ") + marks(sorted(scope.predicate.limits)))
    return Sql("SELECT v.body FROM version v WHERE ") + all_of(parts)


def is_there(connection: Connection, practice: str, resource_type: str) -> bool:
    """Whether anything of a type was ever written: most types of a practice were not."""
    return bool(
        connection.rows(
            Sql("SELECT 1 FROM current_resource WHERE practice = ? AND type = ? LIMIT 1", (practice, resource_type))
        )
    )
