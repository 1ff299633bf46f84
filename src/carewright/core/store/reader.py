"""Reading the chart. A Reader cannot be made without an `Access`; each keeps the trail of what it showed, and leaves
one audit row for it when it is closed (a request, a page, a command).

`Reader` blocks (pages, workers); `AsyncReader` does the same for the API. Both run the plans of reads.py.
"""

from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from uuid import UUID

import anyio.to_thread

from carewright.core.access.model import Access, AccessDenied, Interaction
from carewright.core.audit.records import Action, AuditRecord, Outcome, record
from carewright.core.clock import wall_now
from carewright.core.fhir.codec import decode
from carewright.core.store import balances, claims, last_of_code, plans, reads, whole_chart
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.hooks import FeedEntry, Projection
from carewright.core.store.model import Gone, NotFound, Origin, Ref, Resource, Stored
from carewright.core.store.reads import Found, Page
from carewright.core.store.search import few, people
from carewright.core.store.search.query import SearchQuery
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql
from carewright.core.store.whole_chart import Wanted

if TYPE_CHECKING:
    from carewright.core.store.store import Store

T = TypeVar("T")


@dataclass
class Trail:
    """What one reader has shown: counts by type, the versions read by id, and the patients they are about."""

    counts: dict[str, int] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)
    patients: set[UUID] = field(default_factory=set)

    def saw(self, found: Found) -> Stored:
        ref = found.stored.ref
        self.counts[ref.type] = self.counts.get(ref.type, 0) + 1
        self.read.add(f"{ref}/{found.stored.version}")
        if found.patient_key is not None:
            self.patients.add(found.patient_key)
        return found.stored

    def saw_search(self, query: SearchQuery, page: Page) -> Page:
        """Parameters' names are kept, their values are not: a value may be a name or a birth date."""
        return self.saw_page(f"{query.type}?{'&'.join(sorted({c.param for c in query.criteria}))}", page)

    def saw_page(self, asked: str, page: Page) -> Page:
        """A page of what was asked for."""
        self.searched.add(asked)
        for name, number in Counter([stored.ref.type for stored in (*page.matches, *page.included)]).items():
            self.counts[name] = self.counts.get(name, 0) + number
        self.patients |= page.patients
        return page

    def saw_rows(self, name: str, rows: Sequence[Mapping[str, object]], keys: set[UUID]) -> None:
        """A projection without a row showed nothing, and pages ask some of them every few seconds."""
        if not rows:
            return
        self.searched.add(f"projection {name}")
        self.counts[name] = self.counts.get(name, 0) + len(rows)
        self.patients |= keys

    def audit(self, access: Access, *, reason: str, origin: Origin) -> AuditRecord | None:
        """One audit record of everything shown; None if nothing was."""
        if not (self.counts or self.searched):
            return None
        detail: dict[str, object] = {"counts": self.counts}
        if self.read:
            detail["read"] = sorted(self.read)[:200]
        if self.searched:
            detail["searched"] = sorted(self.searched)
        return record(
            access,
            at=wall_now(),
            action=Action.EXECUTE if self.searched else Action.READ,
            reason=reason,
            origin=origin,
            detail=detail,
            patients=self.patients,
        )


class _Reading:
    """What both kinds of reader share."""

    def __init__(self, store: "Store", access: Access, *, reason: str, origin: Origin = Origin.SCREEN) -> None:
        self.store, self.access, self.reason, self.origin = store, access, reason, origin
        self.trail = Trail()
        self._charts: people.Charts = {}

    @property
    def _read_scope(self) -> Scope:
        return Scope(self.access.practice, self.access.predicate(Interaction.READ))

    @property
    def _search_scope(self) -> Scope:
        return Scope(self.access.practice, self.access.predicate(Interaction.SEARCH))

    @property
    def _dialect(self) -> Dialect:
        return self.store.driver.dialect

    def _leave_trail(self) -> None:
        audit = self.trail.audit(self.access, reason=self.reason, origin=self.origin)
        self.trail = Trail()
        if audit is not None:
            self.store.audit_queue.put(audit)

    def _refusal(self, error: AccessDenied) -> AuditRecord:
        """A refused read leaves a row of its own, at once."""
        return record(
            self.access,
            at=wall_now(),
            action=Action.READ,
            outcome=Outcome.REFUSED,
            reason=self.reason,
            origin=self.origin,
            detail={"refused": type(error).__name__},
        )


class Reader(_Reading):
    """Reads for pages, workers and commands. Use as a context manager: all reads see the same connection."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._connection = self._stack.enter_context(self.store.driver.reading(self.access.practice))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, tb)
        self._leave_trail()
        if isinstance(error, AccessDenied):
            self.store.write_audit(self._refusal(error))

    def _run(self, plan: Generator[Sql, list[Row], T]) -> T:
        return plans.run(self._connection, plan)

    def read(self, ref: Ref) -> Stored:
        """The current version; NotFound, Gone."""
        return self.trail.saw(self._run(reads.read(ref, self._read_scope, self._dialect)))

    def resource(self, ref: Ref) -> Resource:
        """The current version, decoded; `meta.versionId` says which."""
        return decode(self.read(ref).body or b"{}")

    def resource_or_none(self, ref: Ref) -> Resource | None:
        try:
            return self.resource(ref)
        except NotFound:
            return None

    def authors(self, refs: Sequence[Ref]) -> dict[Ref, str]:
        """Who wrote the current version of each record, as a reference; what is not visible is left out."""
        found = self._run(reads.authors(refs, self._read_scope)) if refs else {}
        self.trail.counts["Provenance"] = self.trail.counts.get("Provenance", 0) + len(found)
        return found

    def vread(self, ref: Ref, version: int) -> Stored:
        return self.trail.saw(self._run(reads.vread(ref, version, self._read_scope, self._dialect)))

    def history(self, ref: Ref, *, count: int = 100, before: int | None = None) -> list[Stored]:
        """The versions, newest first."""
        plan = reads.history(ref, self._read_scope, self._dialect, count=count, before=before)
        return [self.trail.saw(found) for found in self._run(plan)]

    def search(self, query: SearchQuery) -> Page:
        """One page of matches."""
        return self.trail.saw_search(query, self._run(reads.search(query, self._search_scope, self._dialect)))

    def resources(self, query: SearchQuery) -> list[Resource]:
        """The matches of one page, decoded."""
        return [decode(stored.body or b"{}") for stored in self.search(query).matches]

    def rows(
        self,
        projection: str,
        *,
        where: Mapping[str, object],
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, object]]:
        """Rows of a projection, as its columns declare them; instants are aware datetimes, keys UUIDs.

        A `patient` column is a patient's id: asked for one chart of a person, it finds the rows of all their charts
        (aliases.py), and every row names the chart that stands for them.
        """
        declared = self.store.registry.projections[projection]
        plan = reads.projection(
            declared, self._search_scope, where=where, charts=self._charts, order=order, limit=limit
        )
        return self._shown(declared, self._run(plan))

    def latest(
        self, projection: str, *, where: Mapping[str, object], by: Sequence[str], column: Sequence[str]
    ) -> list[dict[str, object]]:
        """Of the rows that agree in `by`, the one that is last in `column`: the newest reading of each sign, without
        the years of readings behind it."""
        declared = self.store.registry.projections[projection]
        newest = tuple(by), tuple(column)
        plan = reads.projection(declared, self._search_scope, where=where, charts=self._charts, latest=newest)
        return self._shown(declared, self._run(plan))

    def _shown(self, declared: Projection, found: list[dict[str, object]]) -> list[dict[str, object]]:
        rows = self.store.projection_values(declared, found)
        self.trail.saw_rows(declared.name, rows, {k for row in rows if isinstance(k := row["patient_key"], UUID)})
        return rows

    def standing(self, ids: Collection[str]) -> dict[str, str]:
        """Each patient's id to the id of the chart that stands for them: itself, or the one it was merged into."""
        return self._run(people.standing(ids, self.access.practice))

    def are_one(self, one: str, other: str) -> bool:
        """Whether two patients' ids are one person's: the same chart, or charts that were merged. No id is nobody's."""
        if not one or not other:
            return False
        found = self.standing((one, other))
        return found[one] == found[other]

    def sharing(self, projection: str, *, column: str, value: str, limit: int) -> list[tuple[str, str]]:
        """Each two different `value`s that have the same in `column`, the lower one first."""
        declared = self.store.registry.projections[projection]
        rows = self._run(reads.sharing(declared, self._search_scope, column=column, value=value, limit=limit))
        keys = {self._dialect.key(key) for row in rows for key in row[:2] if key is not None}
        self.trail.saw_rows(projection, [{value: row[2]} for row in rows], keys)
        return [(str(row[2]), str(row[3])) for row in rows]

    def on_hand(self, kind: str, key: str) -> Decimal:
        """A balance as it stands now; zero where nothing ever moved."""
        return balances.on_hand(self._connection, self.access.practice, kind, key)

    def holder(self, kind: str, key: str) -> Ref | None:
        """Who holds a unique key now; None where nobody does, or somebody whom this actor may not see."""
        found = claims.holders(self._connection, self.access.practice, [(kind, key)]).get((kind, key))
        try:
            return self._run(reads.read(found, self._read_scope, self._dialect)).stored.ref if found else None
        except Gone:
            return found
        except NotFound:
            return None

    def is_held(self, kind: str, key: str) -> bool:
        """Whether a unique key is taken, by whomever: that much an attempt to take it would tell as well."""
        return bool(claims.holders(self._connection, self.access.practice, [(kind, key)]))

    def feed(
        self, *, after: tuple[int, int] = (0, 0), limit: int = 500, types: frozenset[str] | None = None
    ) -> list[FeedEntry]:
        """What changed behind `after`."""
        return self._run(reads.feed(self._read_scope, self._dialect, after=after, limit=limit, types=types))


class AsyncReader(_Reading):
    """Reads for the API: the same plans on an asynchronous connection per call."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        audit = self.trail.audit(self.access, reason=self.reason, origin=self.origin)
        self.trail = Trail()
        if audit is not None:
            await self.store.audit_queue.put_async(audit)
        if isinstance(error, AccessDenied):
            await anyio.to_thread.run_sync(self.store.write_audit, self._refusal(error))

    async def _run(self, plan: Generator[Sql, list[Row], T], *, one_plan: bool = False) -> T:
        async with self.store.driver.reading_async(self.access.practice, one_plan=one_plan) as connection:
            return await plans.run_async(connection, plan)

    async def read(self, ref: Ref) -> Stored:
        return self.trail.saw(await self._run(reads.read(ref, self._read_scope, self._dialect)))

    async def vread(self, ref: Ref, version: int) -> Stored:
        return self.trail.saw(await self._run(reads.vread(ref, version, self._read_scope, self._dialect)))

    async def history(self, ref: Ref, *, count: int = 100, before: int | None = None) -> list[Stored]:
        plan = reads.history(ref, self._read_scope, self._dialect, count=count, before=before)
        return [self.trail.saw(found) for found in await self._run(plan)]

    async def histories(
        self,
        types: Collection[str],
        *,
        count: int = 100,
        before: tuple[datetime, Ref, int] | None = None,
        since: datetime | None = None,
    ) -> list[Stored]:
        """The versions of all resources of some types, newest first."""
        plan = reads.histories(types, self._read_scope, self._dialect, count=count, before=before, since=since)
        return [self.trail.saw(found) for found in await self._run(plan)]

    async def everything(self, wanted: Wanted) -> Page:
        """A page of everything of one patient."""
        page = await self._run(whole_chart.everything(wanted, self._search_scope, self._dialect))
        return self.trail.saw_page("Patient/$everything", page)

    async def last_of_code(self, query: SearchQuery, *, most: int) -> Page:
        """The last observations of each kind among the matches of a search."""
        plan = last_of_code.last_of_code(query, self._search_scope, self._dialect, most=most)
        return self.trail.saw_search(query, await self._run(plan))

    async def search(self, query: SearchQuery) -> Page:
        scope, dialect = self._search_scope, self._dialect
        begun = few.beginning(query, scope, dialect)
        page = await self._run(reads.search(query, scope, dialect, begun=begun), one_plan=begun is not None)
        return self.trail.saw_search(query, page)
