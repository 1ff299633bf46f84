"""Verify: recompute every digest and link of the audit, compare with the anchors, and name the first that is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from carewright.core.audit.anchors import Anchor
from carewright.core.audit.sealer import genesis, link
from carewright.core.clock import wall_now
from carewright.core.store import chain

if TYPE_CHECKING:
    from carewright.core.store.store import Store


class Wrong(StrEnum):
    """What can have happened to a row."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    SEAL_CHANGED = "seal changed"
    SEAL_MISSING = "seal missing"
    ANCHOR_DIFFERS = "differs from the anchor"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first thing that is wrong. `position` is the link's number; 0 for a row that no link speaks of."""

    wrong: Wrong
    position: int
    audit_id: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The outcome. `tail` rows are not linked yet; `tail_age` is how long the oldest of them waits."""

    practice: str
    sealed: int
    anchors: int
    finding: Finding | None
    tail: int
    tail_age: timedelta

    @property
    def whole(self) -> bool:
        return self.finding is None


def verify(store: "Store", practice: str, *, anchors: Sequence[Anchor] = ()) -> Verification:
    """Check one practice's audit, sealed rows and tail, as they stand now."""
    with store.driver.snapshot(practice) as connection:
        trail = chain.Trail(connection, practice)
        last, tail = trail.last_seal(), trail.tail()
        check = _Check(trail, anchors, last)
        finding = check.sealed() or check.anchored() or check.tail()
    age = wall_now() - tail.oldest_at if tail.oldest_at else timedelta(0)
    return Verification(
        practice=practice, sealed=last.position if last else 0, anchors=len(anchors), finding=finding,
        tail=tail.count, tail_age=max(age, timedelta(0)),
    )  # fmt: skip


class _Check:
    """One pass over links and rows side by side."""

    def __init__(self, trail: chain.Trail, anchors: Sequence[Anchor], last: chain.Seal | None) -> None:
        self.trail, self.last = trail, last
        self.anchors = {anchor.position: anchor for anchor in anchors}
        self.newest_anchor = max(self.anchors, default=0)

    def sealed(self) -> Finding | None:
        if self.last is None:
            return None
        rows = self.trail.rows_between(after=(0, 0), until=self.last.place)
        previous = genesis(self.trail.practice)
        for position, seal in enumerate(self.trail.seals(), start=1):
            if seal.position != position:
                return self._finding(Wrong.SEAL_MISSING, position, "", f"Link {position} of the chain is missing.")
            finding = self._row(seal, next(rows, None)) or self._link(seal, previous)
            if finding is not None:
                return finding
            previous = seal.chain
        return self._unsealed(rows)

    def _row(self, seal: chain.Seal, row: chain.AuditRow | None) -> Finding | None:
        """Whether the row in this place is the one that was linked here, with the content it had."""
        where = f"(link {seal.position})"
        if row is None or row.id != seal.audit_id:
            return self._displaced(seal, row)
        if row.place != seal.place:
            return self._finding(Wrong.REORDERED, seal.position, row.id, f"Row {row.id} {where} was moved.")
        if not row.whole or row.digest != seal.digest:
            return self._finding(Wrong.CHANGED, seal.position, row.id, f"Row {row.id} {where} was changed.")
        return None

    def _displaced(self, seal: chain.Seal, row: chain.AuditRow | None) -> Finding:
        own = self.trail.row_by_id(seal.audit_id)
        if own is None:
            words = f"Row {seal.audit_id} (link {seal.position}) was deleted."
            return self._finding(Wrong.DELETED, seal.position, seal.audit_id, words)
        if row is None or own.place != seal.place:
            words = f"Row {seal.audit_id} (link {seal.position}) stands in another place than when it was linked."
            return self._finding(Wrong.REORDERED, seal.position, seal.audit_id, words)
        words = f"Row {row.id} stands before link {seal.position} and was never linked: it was inserted."
        return self._finding(Wrong.INSERTED, 0, row.id, words)

    def _link(self, seal: chain.Seal, previous: bytes) -> Finding | None:
        if seal.chain != link(previous, seal.digest):
            words = f"Link {seal.position} does not follow from the one before: it was changed."
            return self._finding(Wrong.SEAL_CHANGED, seal.position, seal.audit_id, words)
        anchor = self.anchors.pop(seal.position, None)
        if anchor is not None and anchor.chain != seal.chain:
            words = (
                f"Link {seal.position} differs from the anchor of {anchor.at.isoformat()}: "
                "the chain up to it was rebuilt."
            )
            return self._finding(Wrong.ANCHOR_DIFFERS, seal.position, seal.audit_id, words)
        return None

    def _unsealed(self, rows: Iterator[chain.AuditRow]) -> Finding | None:
        extra = next(rows, None)
        if extra is None:
            return None
        words = f"Row {extra.id} stands among the linked rows and was never linked: it was inserted."
        return self._finding(Wrong.INSERTED, 0, extra.id, words)

    def anchored(self) -> Finding | None:
        """Anchors speak of every link up to the newest of them."""
        position = self.last.position if self.last else 0
        if self.newest_anchor <= position:
            return None
        words = (
            f"Links {position + 1} to {self.newest_anchor} are missing: an anchor says that there were "
            f"{self.newest_anchor}."
        )
        return self._finding(Wrong.SEAL_MISSING, position + 1, "", words)

    def tail(self) -> Finding | None:
        """Rows that wait for the sealer must at least agree with their own digest."""
        after = self.last.place if self.last else (0, 0)
        for row in self.trail.rows_between(after=after, until=None):
            if not row.whole:
                return self._finding(Wrong.CHANGED, 0, row.id, f"Row {row.id} (not linked yet) was changed.")
        return None

    def _finding(self, wrong: Wrong, position: int, audit_id: str, words: str) -> Finding:
        return Finding(wrong=wrong, position=position, audit_id=audit_id, words=words)
