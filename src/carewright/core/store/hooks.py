"""The four hooks on a write, declared in skill manifests and printed by `carewright explain TYPE`.

guard       may refuse, inside the transaction; integrity and safety only; names the keys it locks
effect      a pure function that returns extra writes for the same transaction
reaction    runs after commit from the change feed; outward or slow work only; idempotent
projection  a flat typed table filled by a pure function, in the same transaction, never written otherwise
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from carewright.core.access.model import Access
from carewright.core.store.model import Change, Origin, Ref, Resource

WORKFLOW_EXEMPT = frozenset({Origin.IMPORT, Origin.RESTORE})
"""Origins for which workflow guards and effects do not run."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """One planned write. `before` is the current body (None for a create), `after` the new one (None for a delete)."""

    change: Change
    ref: Ref
    before: Resource | None
    after: Resource | None


@dataclass(frozen=True, kw_only=True)
class WriteContext:
    """What a hook may know besides the write itself. `loaded` holds what the hook declared that it reads."""

    access: Access
    origin: Origin
    reason: str
    now: datetime
    loaded: Mapping[Ref, Resource] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Take a unique key for a resource, in the transaction: one winner per (kind, key)."""

    kind: str
    key: str
    holder: Ref


@dataclass(frozen=True, kw_only=True)
class Release:
    """Give up a key. Releasing a key that `holder` does not hold does nothing."""

    kind: str
    key: str
    holder: Ref


@dataclass(frozen=True, kw_only=True)
class Move:
    """Change a balance by `delta`; BalanceShort if it would end below `minimum` (None: no bound)."""

    kind: str
    key: str
    delta: Decimal
    minimum: Decimal | None = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Put:
    """Create (no version) or update a resource. For an update, `version` is the one that was read."""

    resource: Resource
    version: int | None = None
    create: bool = False


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Make `old` another name of the patient `survivor`: queries for either find what was written for both."""

    old: Ref
    survivor: Ref


@dataclass(frozen=True, kw_only=True)
class Unmerge:
    """Let `old` stand for itself again."""

    old: Ref


Extra = Claim | Release | Move | Put | Merge | Unmerge


class GuardKind(StrEnum):
    INTEGRITY = "integrity"  # always runs
    WORKFLOW = "workflow"  # not for import and restore


@dataclass(frozen=True, kw_only=True)
class Guard:
    """May refuse a write by raising `Refused`. `locks` names (kind, key) pairs taken before anything is read."""

    name: str
    types: frozenset[str]
    check: Callable[[Write, WriteContext], None]
    kind: GuardKind = GuardKind.WORKFLOW
    reads: Callable[[Write], Iterable[Ref]] = lambda write: ()
    locks: Callable[[Write], Iterable[tuple[str, str]]] = lambda write: ()
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Returns extra writes that belong to the same transaction. Pure; what it needs to see it names in `reads`."""

    name: str
    types: frozenset[str]
    apply: Callable[[Write, WriteContext], Sequence[Extra]]
    reads: Callable[[Write], Iterable[Ref]] = lambda write: ()
    integrity: bool = False
    """True where the extra writes keep an invariant (key claims); such effects run for import and restore too."""
    doc: str = ""


class ColumnType(StrEnum):
    TEXT = "text"
    INTEGER = "bigint"
    FLOAT = "float8"
    INSTANT = "timestamptz"
    KEY = "uuid"  # a resource key, see keys.py


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    type: ColumnType = ColumnType.TEXT


def texts(*names: str) -> tuple[Column, ...]:
    """Columns of text, in this order."""
    return tuple(Column(name=name) for name in names)


def wholes(*names: str) -> tuple[Column, ...]:
    """Columns of whole numbers; 0 and 1 stand for no and yes."""
    return tuple(Column(name=name, type=ColumnType.INTEGER) for name in names)


def instants(*names: str) -> tuple[Column, ...]:
    """Columns of instants with their zone."""
    return tuple(Column(name=name, type=ColumnType.INSTANT) for name in names)


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A flat table beside the chart: `rows` turns one resource into the rows that stand for it.

    The table gets `practice`, `key` (the resource), `patient_key` and `security` in front of `columns`;
    `rows` returns mappings from column name to value. `indexes` are tuples of column names (practice is put first).
    """

    name: str
    types: frozenset[str]
    columns: tuple[Column, ...]
    rows: Callable[[Resource], Iterable[Mapping[str, object]]]
    indexes: tuple[tuple[str, ...], ...] = ()
    version: int = 1
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One change, as the feed tells it. `position` orders entries and is what a consumer remembers."""

    position: tuple[int, int]
    ref: Ref
    version: int
    change: Change
    patient: str | None
    origin: Origin
    at: datetime


class ReactionHandler(Protocol):
    def __call__(self, entry: FeedEntry, *, practice: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """Runs in the worker for each feed entry of its types; at least once, so it must be idempotent."""

    name: str
    types: frozenset[str]
    handle: ReactionHandler
    doc: str = ""
