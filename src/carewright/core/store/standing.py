"""What stands under the keys that a transaction is about to write or to conclude something from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from carewright.core.access.model import Access, Interaction
from carewright.core.fhir import codec
from carewright.core.store.drivers.base import Connection
from carewright.core.store.keys import key_of_ref
from carewright.core.store.model import Change, Origin, Ref, Resource, Stored
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql, all_of, marks

_COLUMNS = "c.type, c.id, c.version, v.at, v.change, v.body, c.security, c.patient_key, v.origin"
_FROM = (
    "FROM current_resource c JOIN version v ON v.practice = c.practice AND v.key = c.key AND v.version = c.version "
    "WHERE c.practice = ? AND c.key IN "
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands under a key when the transaction reads it."""

    stored: Stored
    origin: Origin
    visible: bool
    security: int
    patient_key: UUID | None

    @property
    def deleted(self) -> bool:
        return self.stored.change is Change.DELETE

    @property
    def resource(self) -> Resource:
        """The resource as it stands, decoded anew; of a deleted one nothing is left."""
        return codec.decode(self.stored.body or b"{}")


@dataclass
class WhatStands:
    """Reads each record once, while its lock is held. Whether this actor may see it is part of what is read."""

    connection: Connection
    access: Access
    _known: dict[Ref, Standing] = field(default_factory=dict)

    def read(self, refs: Iterable[Ref]) -> None:
        """Read those that are not known yet, in one statement."""
        wanted = sorted({ref for ref in refs if ref not in self._known})
        if not wanted:
            return
        practice = self.access.practice
        visible = all_of(Scope(practice, self.access.predicate(Interaction.READ)).visible("c"))
        rows = self.connection.rows(
            Sql(f"SELECT {_COLUMNS}, CASE WHEN ") + visible + Sql(f" THEN 1 ELSE 0 END {_FROM}", (practice,))
            + marks([key_of_ref(ref) for ref in wanted])
        )  # fmt: skip
        for row in rows:
            standing = self._standing(row)
            self._known[standing.stored.ref] = standing

    def get(self, ref: Ref) -> Standing | None:
        """What stands there, of what was read; None for nothing."""
        return self._known.get(ref)

    def before_deletion(self, ref: Ref) -> Resource:
        """A deleted record as it stood last; nothing, where it never stood."""
        rows = self.connection.rows(
            Sql(
                "SELECT body FROM version WHERE practice = ? AND key = ? AND body IS NOT NULL "
                "ORDER BY version DESC LIMIT 1",
                (self.access.practice, key_of_ref(ref)),
            )
        )
        return codec.decode(self.connection.dialect.bytes_(rows[0][0])) if rows else {}

    def forget(self, refs: Iterable[Ref]) -> None:
        """These may have changed since they were read."""
        for ref in refs:
            self._known.pop(ref, None)

    def __iter__(self) -> Iterator[Ref]:
        return iter(list(self._known))

    def _standing(self, row: Row) -> Standing:
        dialect = self.connection.dialect
        return Standing(
            stored=Stored(
                ref=Ref(str(row[0]), str(row[1])),
                version=cast(int, row[2]),
                at=dialect.instant(row[3]),
                change=Change(str(row[4])),
                body=None if row[5] is None else dialect.bytes_(row[5]),
            ),
            origin=Origin(str(row[8])),
            visible=bool(row[9]),
            security=cast(int, row[6]),
            patient_key=None if row[7] is None else dialect.key(row[7]),
        )
