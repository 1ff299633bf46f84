"""The versions of a settled plan, and every row they make: the version, index, projections, feed and audit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from carewright.core.audit.records import Action, AuditRecord, body_digest, record
from carewright.core.fhir import codec
from carewright.core.registry import Registry
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection
from carewright.core.store.model import Change, Resource
from carewright.core.store.rows import (
    RowSet,
    Version,
    add_index,
    add_projections,
    add_version,
    current_row,
    patient_and_security,
)
from carewright.core.store.standing import Standing, WhatStands
from carewright.core.store.transaction import Planned, Transaction


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Makes rows of what a transaction has settled to write."""

    transaction: Transaction
    registry: Registry
    standing: WhatStands
    now: datetime
    digest_key: bytes

    def write(self, connection: Connection, planned: Collection[Planned]) -> list[Version]:
        """Write all rows of the plan; its versions, in its order."""
        versions = [self.version(one) for one in planned]
        audit = self._audit(versions)
        rows = RowSet()
        for version in versions:
            version = replace(version, audit_id=audit.id)
            add_version(rows, version)
            add_index(rows, version)
            add_projections(rows, version, self.registry.projections_for(version.ref.type))
        rows.add(schema.AUDIT, [audit.row()])
        rows.add(schema.AUDIT_PATIENT, audit.patient_rows())
        self._remove_earlier(connection, versions)
        rows.add(schema.CURRENT, [current_row(version) for version in versions])
        connection.insert_all(rows.by_table)
        return versions

    def version(self, planned: Planned) -> Version:
        """The version that a planned write makes; the transaction's audit row is not known yet."""
        standing = self.standing.get(planned.ref)
        exists = standing is not None and not standing.deleted
        number = standing.stored.version + 1 if standing else 1
        change = Change.DELETE if planned.after is None else Change.UPDATE if exists else Change.CREATE
        resource, body = None, None
        if planned.after is not None:
            body = codec.encode(with_meta(planned.after, version=number, at=self.now))
            # What is derived is derived from what is stored: enumerations and the like are gone from it.
            resource = codec.decode(body)
        patient_id, security = _chart_of(resource, standing)
        access = self.transaction.access
        return Version(
            practice=access.practice, ref=planned.ref, version=number, change=change, at=self.now, audit_id="",
            actor=access.actor.reference, on_behalf_of=access.on_behalf_of, origin=self.transaction.origin.value,
            reason=self.transaction.reason, resource=resource, body=body, patient_id=patient_id, security=security,
        )  # fmt: skip

    def _audit(self, versions: Sequence[Version]) -> AuditRecord:
        changes = {version.change for version in versions}
        action = {frozenset({Change.CREATE}): Action.CREATE, frozenset({Change.DELETE}): Action.DELETE}
        writes = [
            [str(v.ref), v.version, v.change.value, body_digest(v.body or b"", key=self.digest_key)] for v in versions
        ]
        return record(
            self.transaction.access,
            at=self.now,
            action=action.get(frozenset(changes), Action.UPDATE),
            reason=self.transaction.reason,
            origin=self.transaction.origin,
            detail={"writes": writes},
            patients=[v.patient_key for v in versions if v.patient_key is not None],
        )

    def _remove_earlier(self, connection: Connection, versions: Sequence[Version]) -> None:
        """Current, index and projection rows of earlier versions make room for the new ones."""
        changed = [version for version in versions if version.version > 1]
        keys = [version.key for version in changed]
        if keys:
            tables = {t.name for t in schema.INDEX_TABLES}
            types = {version.ref.type for version in changed}
            tables |= {schema.projection_table(p).name for t in types for p in self.registry.projections_for(t)}
            for table in ("current_resource", *sorted(tables)):
                connection.delete_keys(table, self.transaction.access.practice, keys)


def _chart_of(resource: Resource | None, standing: Standing | None) -> tuple[str | None, int]:
    """The patient and the labels of a version. A deletion stays in the chart it is deleted from, under its labels."""
    if resource is not None:
        return patient_and_security(resource)
    if standing is None:
        return None, 0
    return patient_and_security(standing.resource)[0], standing.security


def with_meta(resource: Resource, *, version: int, at: datetime) -> Resource:
    """The resource with the store's version and time in `meta`; what else `meta` holds stays."""
    meta = {
        "versionId": str(version),
        "lastUpdated": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **{k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")},
    }
    rest = {k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta, **rest}
