"""The audit's rows and the seals that link them, as the sealer and `verify` read and write them.

A row's place is (xid, seq), as in the feed: only rows that no open transaction can precede are sealed, so that the
sealed rows are always a prefix of the order.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from carewright.core.audit.records import row_digest
from carewright.core.store import schema
from carewright.core.store.drivers.base import Connection, Dialect
from carewright.core.store.sql import Row, Sql, all_of, marks

BATCH = 1_000
Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """An audit row as it stands: its place, its fields as they were digested, the digest that was kept with it."""

    place: Place
    id: str
    at: datetime
    fields: tuple[str | None, ...]
    digest: bytes
    patients: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether the fields still give the digest, and the patients beside the row are those that it names."""
        return row_digest(self.fields) == self.digest and self.patients == self._named()

    def _named(self) -> frozenset[str]:
        detail = json.loads(self.fields[-1] or "{}")
        return frozenset(detail.get("patients", ())) if isinstance(detail, dict) else frozenset()


@dataclass(frozen=True, kw_only=True)
class Seal:
    """One link. `chain` is the digest over the link before and this row's digest."""

    position: int
    audit_id: str
    place: Place
    digest: bytes
    chain: bytes
    sealed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Tail:
    """What is not sealed yet: how many rows, and since when the oldest waits (None: nothing waits)."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class Trail:
    """The audit of one practice on one connection."""

    connection: Connection
    practice: str

    def last_seal(self) -> Seal | None:
        found = self.connection.rows(Sql(_SEALS + " ORDER BY position DESC LIMIT 1", (self.practice,)))
        return _seal(found[0], self.connection.dialect) if found else None

    def first_seal_after(self, instant: datetime) -> Seal | None:
        """The first link that was made after `instant`."""
        found = self.connection.rows(
            Sql(_SEALS + " AND sealed_at > ? ORDER BY position LIMIT 1", (self.practice, instant))
        )
        return _seal(found[0], self.connection.dialect) if found else None

    def seals(self) -> Iterator[Seal]:
        """All links in order."""
        behind = -1
        while True:
            text = Sql(_SEALS + " AND position > ? ORDER BY position LIMIT ?", (self.practice, behind, BATCH))
            found = [_seal(row, self.connection.dialect) for row in self.connection.rows(text)]
            yield from found
            if len(found) < BATCH:
                return
            behind = found[-1].position

    def rows_between(self, *, after: Place, until: Place | None) -> Iterator[AuditRow]:
        """Audit rows behind `after`, up to and with `until`, in order."""
        while True:
            found = self.unsealed(after=after, limit=BATCH, sealable=False)
            for row in found:
                if until is not None and row.place > until:
                    return
                yield row
            if len(found) < BATCH:
                return
            after = found[-1].place

    def unsealed(self, *, after: Place, limit: int = BATCH, sealable: bool = True) -> list[AuditRow]:
        """Audit rows behind `after`, oldest first; with `sealable`, only those that no open transaction can precede."""
        dialect = self.connection.dialect
        parts = [Sql("a.practice = ?", (self.practice,)), dialect.after("a", *after)]
        if sealable:
            parts.append(dialect.feed_horizon("a"))
        statement = Sql(_ROWS.format(xid=dialect.xid("a"))) + all_of(parts)
        found = self.connection.rows(statement + Sql(" ORDER BY a.xid, a.seq LIMIT ?", (limit,)))
        return self._with_patients([_audit_row(row, dialect) for row in found])

    def row_by_id(self, audit_id: str) -> AuditRow | None:
        dialect = self.connection.dialect
        parts = [Sql("a.practice = ?", (self.practice,)), Sql("a.id = ?", (audit_id,))]
        found = self.connection.rows(Sql(_ROWS.format(xid=dialect.xid("a"))) + all_of(parts))
        return next(iter(self._with_patients([_audit_row(row, dialect) for row in found])), None)

    def _with_patients(self, rows: list[AuditRow]) -> list[AuditRow]:
        """The rows with the patients that stand beside them, by which a patient's access report is made."""
        if not rows:
            return rows
        keys: dict[str, set[str]] = {}
        for audit_id, key in self.connection.rows(
            Sql("SELECT audit_id, patient_key FROM audit_patient WHERE practice = ? AND audit_id IN ", (self.practice,))
            + marks([row.id for row in rows])
        ):
            keys.setdefault(str(audit_id), set()).add(self.connection.dialect.key(key).hex)
        return [replace(row, patients=frozenset(keys.get(row.id, ()))) for row in rows]

    def tail(self) -> Tail:
        """The rows that wait for the sealer."""
        last = self.last_seal()
        after = last.place if last else (0, 0)
        dialect = self.connection.dialect
        parts = [Sql("a.practice = ?", (self.practice,)), dialect.after("a", *after)]
        row = self.connection.rows(Sql("SELECT count(*), min(a.at) FROM audit a WHERE ") + all_of(parts))[0]
        return Tail(count=cast(int, row[0]), oldest_at=None if row[1] is None else dialect.instant(row[1]))

    def append(self, made: Sequence[Seal]) -> None:
        self.connection.insert(
            schema.AUDIT_SEAL,
            [(self.practice, s.position, s.audit_id, *s.place, s.digest, s.chain, s.sealed_at) for s in made],
        )


_SEALS = "SELECT position, audit_id, xid, seq, digest, chain, sealed_at FROM audit_seal WHERE practice = ?"
_ROWS = (
    "SELECT {xid}, a.seq, a.id, a.at, a.action, a.outcome, a.actor, a.on_behalf_of, a.roles, a.purpose, a.origin, "
    "a.session, a.reason, a.detail, a.practice, a.digest FROM audit a WHERE "
)


def _seal(row: Row, dialect: Dialect) -> Seal:
    return Seal(
        position=cast(int, row[0]), audit_id=str(row[1]), place=(cast(int, row[2]), cast(int, row[3])),
        digest=dialect.bytes_(row[4]), chain=dialect.bytes_(row[5]), sealed_at=dialect.instant(row[6]),
    )  # fmt: skip


def _audit_row(row: Row, dialect: Dialect) -> AuditRow:
    at = dialect.instant(row[3])
    texts = [None if value is None else str(value) for value in row[4:14]]
    return AuditRow(
        place=(cast(int, row[0]), cast(int, row[1])),
        id=str(row[2]),
        at=at,
        fields=(str(row[14]), str(row[2]), at.isoformat(timespec="microseconds"), *texts),
        digest=dialect.bytes_(row[15]),
    )
