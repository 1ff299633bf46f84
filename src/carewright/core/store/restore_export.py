"""Restore an export: the current versions, each with the number, the time and the bytes that it had.

Integrity guards, key claims and validation work as in every write; the author is whoever restores, because an export
does not say who wrote. What an earlier, interrupted restore brought back is left as it is, so that it can go on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from carewright.core.access.model import Access
from carewright.core.clock import wall_now
from carewright.core.fhir import codec
from carewright.core.store.assembling import Assembly
from carewright.core.store.commit import Commit
from carewright.core.store.keys import key_of_ref
from carewright.core.store.model import Change, Origin, Ref, Resource
from carewright.core.store.restore import NotEmpty, RestoreFailed, batches
from carewright.core.store.rows import Version
from carewright.core.store.sql import Sql, marks
from carewright.core.store.transaction import Planned, Transaction

if TYPE_CHECKING:
    from carewright.core.store.store import Store

BATCH = 500
REASON = "restore"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One exported version: its number, its time, its bytes, and what they say."""

    version: int
    at: datetime
    body: bytes
    resource: Resource

    @property
    def ref(self) -> Ref:
        return Ref(str(self.resource["resourceType"]), str(self.resource["id"]))


@dataclass(frozen=True, kw_only=True)
class KeepingAssembly(Assembly):
    """Versions that stay what they were."""

    kept: Mapping[Ref, Kept]

    def version(self, planned: Planned) -> Version:
        made, kept = super().version(planned), self.kept.get(planned.ref)
        if kept is None:
            return made
        change = Change.CREATE if kept.version == 1 else Change.UPDATE
        return replace(made, version=kept.version, at=kept.at, body=kept.body, resource=kept.resource, change=change)


@dataclass(kw_only=True)
class KeepingCommit(Commit):
    """The transaction of every write, with versions that stay what they were."""

    kept: Mapping[Ref, Kept] = field(default_factory=dict)

    def _assembly(self) -> Assembly:
        return KeepingAssembly(
            transaction=self.transaction, registry=self.registry, standing=self.standing, now=self.now,
            digest_key=self.digest_key, kept=self.kept,
        )  # fmt: skip


def kept(line: bytes) -> Kept:
    """A line of an export; RestoreFailed if it does not say its version and time, or is not as we write."""
    body = line.strip()
    resource = codec.decode(body)
    meta = resource.get("meta", {})
    try:
        version, at = int(meta["versionId"]), datetime.fromisoformat(meta["lastUpdated"])
    except (KeyError, TypeError, ValueError) as error:
        raise RestoreFailed(
            "A record has no version or time of ours. Use import for records from elsewhere."
        ) from error
    if "id" not in resource or "resourceType" not in resource or codec.encode(resource) != body:
        raise RestoreFailed("A record is not in the form that an export has. Use import for records from elsewhere.")
    return Kept(version=version, at=at, body=body, resource=resource)


def restore_lines(store: "Store", access: Access, lines: Iterable[bytes]) -> tuple[int, int]:
    """Bring exported versions back; how many were written and how many were there from an earlier attempt.

    NotEmpty where the practice holds anything that no restore wrote; RestoreFailed, Invalid, Refused, KeyTaken end it.
    """
    _require_restorable(store, access.practice)
    written = there = 0
    for batch in batches((kept(line) for line in lines if line.strip()), BATCH):
        missing = _missing(store, access.practice, batch)
        there += len(batch) - len(missing)
        written += len(missing)
        if missing:
            _write(store, access, missing)
    return written, there


def _write(store: "Store", access: Access, batch: list[Kept]) -> None:
    transaction = Transaction(access=access, origin=Origin.RESTORE, reason=REASON)
    for item in batch:
        transaction.create(item.resource, resource_id=item.ref.id)
    with store.driver.writing(access.practice) as connection:
        KeepingCommit(
            connection=connection, transaction=transaction, registry=store.registry, now=wall_now(),
            clinical_now=store.clock.now(), digest_key=store.digest_key, kept={item.ref: item for item in batch},
        ).run()  # fmt: skip


def _missing(store: "Store", practice: str, batch: list[Kept]) -> list[Kept]:
    """Those that are not here; RestoreFailed if one is here with another content."""
    dialect = store.driver.dialect
    with store.driver.reading(practice) as connection:
        rows = connection.rows(
            Sql(
                "SELECT v.type, v.id, v.body FROM current_resource c JOIN version v ON v.practice = c.practice "
                "AND v.key = c.key AND v.version = c.version WHERE c.practice = ? AND c.key IN ",
                (practice,),
            )
            + marks([key_of_ref(item.ref) for item in batch])
        )
    here = {Ref(str(row[0]), str(row[1])): dialect.bytes_(row[2] or b"") for row in rows}
    for item in batch:
        if item.ref in here and here[item.ref] != item.body:
            raise RestoreFailed(f"{item.ref} is here already with another content.")
    return [item for item in batch if item.ref not in here]


def _require_restorable(store: "Store", practice: str) -> None:
    with store.driver.reading(practice) as connection:
        rows = connection.rows(
            Sql("SELECT 1 FROM version WHERE practice = ? AND origin <> ? LIMIT 1", (practice, Origin.RESTORE.value))
        )
    if rows:
        raise NotEmpty(practice)
