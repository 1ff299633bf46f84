"""One resource version as rows: the version, the current row, the index, the projections, the feed. No I/O."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from carewright.core.access.labels import mask_of
from carewright.core.fhir.references import patient_of
from carewright.core.fhir.search_parameters import IndexValues, extract
from carewright.core.store import schema
from carewright.core.store.hooks import Projection
from carewright.core.store.keys import key_of, key_of_url
from carewright.core.store.model import Change, Ref, Resource
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row


@dataclass
class RowSet:
    """Rows by table, in the order in which they are to be written."""

    by_table: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self.by_table[table].extend(rows)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version about to be written. `resource` and `body` are None for a deletion."""

    practice: str
    ref: Ref
    version: int
    change: Change
    at: datetime
    audit_id: str
    actor: str
    on_behalf_of: str | None
    origin: str
    reason: str
    resource: Resource | None
    body: bytes | None
    patient_id: str | None = None
    security: int = 0

    @property
    def key(self) -> UUID:
        return key_of(self.ref.type, self.ref.id)

    @property
    def patient_key(self) -> UUID | None:
        return key_of("Patient", self.patient_id) if self.patient_id else None


def patient_and_security(resource: Resource) -> tuple[str | None, int]:
    return patient_of(resource), mask_of(resource)


def add_version(rows: RowSet, version: Version) -> None:
    """The version row and the feed row. The current row differs for create and update: see `current_row`."""
    rows.add(schema.VERSION, [(
        version.practice, version.key, version.version, version.ref.type, version.ref.id, version.patient_key,
        version.security, version.change.value, version.at, version.audit_id, version.actor, version.on_behalf_of,
        version.origin, version.reason, version.body,
    )])  # fmt: skip
    rows.add(schema.FEED, [(
        version.practice, version.key, version.ref.type, version.ref.id, version.version, version.change.value,
        version.patient_key, version.patient_id, version.security, version.origin, version.at,
    )])  # fmt: skip


def current_row(version: Version) -> Row:
    """In the column order of `schema.CURRENT`."""
    return (
        version.practice, version.key, version.ref.type, version.ref.id, version.version, version.patient_key,
        version.security, version.at, int(version.change is Change.DELETE),
    )  # fmt: skip


def add_index(rows: RowSet, version: Version) -> None:
    """The search index rows of a resource."""
    if version.resource is None:
        return
    values = extract(version.resource)
    for table, listed in index_rows(values).items():
        lead = (version.practice, version.key, version.ref.type)
        tail = (version.patient_key, version.security)
        rows.add(table, [(*lead, row[0], *tail, *row[1:]) for row in listed])


def index_rows(values: IndexValues) -> dict[Table, list[Row]]:
    """Index values by table, each row led by its parameter."""
    return {
        schema.TOKEN: list(values.tokens),
        schema.REFERENCE: [
            (param, key_of_url(url) if url else key_of(target_type, target_id), target_type, target_id)
            for param, target_type, target_id, url in values.references
        ],
        schema.DATE: list(values.dates),
        schema.STRING: list(values.strings),
        schema.URI: list(values.uris),
        schema.NUMBER: list(values.numbers),
        schema.QUANTITY: list(values.quantities),
        schema.COMPOSITE: list(values.composites),
    }


def add_projections(rows: RowSet, version: Version, projections: Sequence[Projection]) -> None:
    """The rows that the declared projections make of a resource."""
    if version.resource is None:
        return
    for projection in projections:
        table = schema.projection_table(projection)
        names = table.names[len(schema.BASE_PROJECTION_COLUMNS) :]
        lead = (version.practice, version.key, version.patient_key, version.security)
        made = [dict(row) for row in projection.rows(version.resource)]
        for row in made:
            unknown = set(row) - set(names)
            if unknown:
                raise ValueError(f"Projection {projection.name} made columns it does not declare: {sorted(unknown)}.")
        rows.add(table, [(*lead, *(row.get(name) for name in names)) for row in made])
