"""The one transaction: versions, current rows, index, projections, claims, balances, feed and audit, or none of it.

Order of work, inside the database transaction:
1. take every lock that the plan and its guards name, sorted, before anything is read;
2. settle conditional creates;
3. read what stands now, check the versions that updates name;
4. run effects until they return nothing new (their own records are locked as they appear), then guards;
5. take and give up key claims, move balances;
6. write all rows.

Locks make step 3 true until the end (architecture: "concurrency is the store's business"); the unique keys of
`version` and `key_claim` stand behind them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from carewright.core.access.labels import labels_on, with_labels_of
from carewright.core.access.model import AccessDenied, Interaction
from carewright.core.fhir import codec
from carewright.core.fhir.references import rewrite, walk
from carewright.core.registry import Registry
from carewright.core.store import aliases, balances, claims, plans
from carewright.core.store.assembling import Assembly
from carewright.core.store.drivers.base import Connection
from carewright.core.store.hooks import (
    WORKFLOW_EXEMPT,
    Claim,
    Effect,
    Extra,
    Guard,
    GuardKind,
    Merge,
    Move,
    Put,
    Release,
    Unmerge,
    Write,
    WriteContext,
)
from carewright.core.store.keys import key_of_ref, lock_number
from carewright.core.store.model import (
    Change,
    Conflict,
    Gone,
    KeyTaken,
    NotFound,
    Origin,
    Ref,
    Referenced,
    Resource,
    Stored,
)
from carewright.core.store.reads import search as search_plan
from carewright.core.store.rows import (
    Version,
)
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql, all_of, marks
from carewright.core.store.standing import WhatStands
from carewright.core.store.transaction import Done, Mode, Planned, Transaction, Written, check

MAX_ROUNDS = 8


@dataclass(kw_only=True)
class Commit:
    """One attempt to carry out a transaction on one connection."""

    connection: Connection
    transaction: Transaction
    registry: Registry
    now: datetime
    clinical_now: datetime
    digest_key: bytes
    planned: dict[Ref, Planned] = field(default_factory=dict)
    extras: list[Extra] = field(default_factory=list)
    existed: list[Written] = field(default_factory=list)
    locked: set[int] = field(default_factory=set)

    @property
    def practice(self) -> str:
        return self.transaction.access.practice

    @cached_property
    def standing(self) -> WhatStands:
        return WhatStands(self.connection, self.transaction.access)

    def run(self) -> list[Written]:
        """Carry out the plan; what was written, in the order of the plan, then what effects added."""
        self.planned = {write.ref: replace(write) for write in self.transaction.writes}
        self.extras = list(self.transaction.extras)
        self._lock(self._first_locks())
        self._settle_conditional_creates()
        self.standing.read(self._refs_to_read())
        for planned in list(self.planned.values()):
            self._check_version(planned)
        asked = [planned for planned in self.planned.values() if planned.by_effect is None]
        self._require_within_limits(asked, before=True)
        self._drop_what_needs_no_version()
        if self.planned or self.extras:
            self._run_effects()
            self._run_guards()
            self._check_deletions()
            self._settle_claims()
            balances.settle(self.connection, self.practice, self.extras)
            aliases.settle(self.connection, self.practice, self.extras, at=self.now)
        written = self._write()
        self._require_within_limits([p for p in asked if p.ref in self.planned], before=False)
        return written

    # -- 1. locks ---------------------------------------------------------------------------------------------------

    def _lock(self, names: Iterable[tuple[str, str]]) -> None:
        """Take locks. What was read before its lock came may have changed since: it is read again when needed."""
        numbers = {lock_number(self.practice, kind, key) for kind, key in names} - self.locked
        if numbers:
            self.connection.lock(numbers)
            self.locked |= numbers
            self.standing.forget(r for r in self.standing if lock_number(self.practice, *_resource_lock(r)) in numbers)

    def _first_locks(self) -> list[tuple[str, str]]:
        names = []
        for planned in self.planned.values():
            if not planned.is_fresh:
                names.append(_resource_lock(planned.ref))
            if planned.if_none_exist is not None:
                names.append(("conditional", f"{planned.ref.type}?{planned.if_none_exist.canonical}"))
            names += self._hook_locks(self._as_write(planned, before=None))
        return names + _extra_locks(self.extras)

    def _hook_locks(self, write: Write) -> list[tuple[str, str]]:
        """What the guards of a write name, and every record from which its effects will conclude something."""
        names = [lock for guard in self.registry.guards_for(write.ref.type) for lock in guard.locks(write)]
        read = [ref for effect in self.registry.effects_for(write.ref.type) for ref in effect.reads(write)]
        return names + [_resource_lock(ref) for ref in read]

    # -- 2. conditional creates -------------------------------------------------------------------------------------

    def _settle_conditional_creates(self) -> None:
        """A conditional create that finds one match writes nothing; references to it lead to the match."""
        moved: dict[str, str] = {}
        access = self.transaction.access
        scope = Scope(self.practice, access.predicate(Interaction.SEARCH))
        for planned in list(self.planned.values()):
            if planned.if_none_exist is None:
                continue
            query = replace(planned.if_none_exist, count=2)
            page = plans.run(self.connection, search_plan(query, scope, self.connection.dialect))
            if len(page.matches) > 1:
                raise SeveralMatch(planned.ref.type)
            if page.matches:
                found = page.matches[0]
                if planned.must_be_new:
                    raise Conflict(planned.ref, expected=None, current=found)
                moved[str(planned.ref)] = str(found.ref)
                del self.planned[planned.ref]
                self.existed.append(Written(planned=planned.ref, done=Done.EXISTED, stored=found))
        if moved:
            for planned in self.planned.values():
                if planned.after is not None:
                    planned.after = rewrite(planned.after, moved)

    # -- 3. what stands now -----------------------------------------------------------------------------------------

    def _refs_to_read(self) -> list[Ref]:
        refs = [p.ref for p in self.planned.values() if not p.is_fresh]
        for planned in self.planned.values():
            write = self._as_write(planned, before=None)
            refs += [ref for hook in self._hooks_of(planned.ref.type) for ref in hook.reads(write)]
        return refs

    def _check_version(self, planned: Planned) -> None:
        if planned.is_fresh:
            return
        standing = self.standing.get(planned.ref)
        if standing is not None and not standing.visible:
            raise NotFound(f"{planned.ref} is not here.")
        exists = standing is not None and not standing.deleted
        if planned.mode in (Mode.UPDATE, Mode.DELETE) and not exists:
            raise NotFound(f"{planned.ref} is not here.") if standing is None else Gone(f"{planned.ref} was deleted.")
        if not exists and planned.mode is not Mode.DELETE:
            self.transaction.access.require(Interaction.CREATE, planned.ref.type)
        current = standing.stored if standing else None
        if planned.mode is Mode.CREATE and exists:
            raise Conflict(planned.ref, expected=0, current=current)
        if planned.expected is not None and (current is None or current.version != planned.expected):
            raise Conflict(planned.ref, expected=planned.expected, current=current)

    def _drop_what_needs_no_version(self) -> None:
        """Import: the same content makes no new version, and a version that is newer here is kept.

        Labels decide who sees a record. So a label that comes in is something new, and one that stands here stays: an
        import shows a record to fewer people, never to more. Those of a record that was deleted come back with it.
        """
        for planned in list(self.planned.values()):
            standing = self.standing.get(planned.ref)
            if planned.mode is not Mode.IMPORT or standing is None or planned.after is None:
                continue
            here = self.standing.before_deletion(planned.ref) if standing.deleted else standing.resource
            planned.after = with_labels_of(planned.after, here)
            if standing.deleted:
                continue
            ours = standing.origin is not Origin.IMPORT
            same_labels = labels_on(planned.after).keys() == labels_on(here).keys()
            same = same_labels and codec.same_value(_content(here), _content(planned.after))
            if same and (ours or _marks(here) == _marks(planned.after)):
                done = Done.UNCHANGED
            elif ours:
                done = Done.KEPT_NEWER
            else:
                continue
            del self.planned[planned.ref]
            self.existed.append(Written(planned=planned.ref, done=done, stored=standing.stored))

    # -- 4. effects and guards --------------------------------------------------------------------------------------

    def _as_write(self, planned: Planned, *, before: Resource | None) -> Write:
        change = Change.CREATE if planned.mode is Mode.CREATE else Change.UPDATE
        return Write(
            change=Change.DELETE if planned.mode is Mode.DELETE else change,
            ref=planned.ref,
            before=before,
            after=planned.after,
        )

    def _write_of(self, planned: Planned) -> Write:
        standing = self.standing.get(planned.ref)
        exists = standing is not None and not standing.deleted
        before = standing.resource if standing and exists else None
        write = self._as_write(planned, before=before)
        return replace(write, change=Change.CREATE) if before is None and write.change is Change.UPDATE else write

    def _hooks_of(self, resource_type: str) -> list[Effect | Guard]:
        return [*self.registry.effects_for(resource_type), *self.registry.guards_for(resource_type)]

    def _context(self, write: Write, refs: Iterable[Ref]) -> WriteContext:
        wanted = list(refs)
        self.standing.read(wanted)
        loaded: dict[Ref, Resource] = {}
        for ref in wanted:
            planned, standing = self.planned.get(ref), self.standing.get(ref)
            if planned is not None and planned.after is not None:
                loaded[ref] = planned.after
            elif planned is None and standing is not None and not standing.deleted:
                loaded[ref] = standing.resource
        return WriteContext(
            access=self.transaction.access,
            origin=self.transaction.origin,
            reason=self.transaction.reason,
            now=self.clinical_now,
            loaded=loaded,
        )

    def _run_effects(self) -> None:
        exempt = self.transaction.origin in WORKFLOW_EXEMPT
        pending = list(self.planned)
        for _ in range(MAX_ROUNDS):
            added: list[Ref] = []
            for ref in pending:
                write = self._write_of(self.planned[ref])
                for effect in self.registry.effects_for(ref.type):
                    if exempt and not effect.integrity:
                        continue
                    reads = list(effect.reads(write))
                    self._lock(map(_resource_lock, reads))
                    for extra in effect.apply(write, self._context(write, reads)):
                        added += self._add(extra, effect.name)
            pending = added
            if not pending:
                return
        raise RuntimeError(f"Effects still add writes after {MAX_ROUNDS} rounds: {[str(r) for r in pending]}.")

    def _add(self, extra: Extra, effect: str) -> list[Ref]:
        """Take an effect's extra into the plan; the reference of a write that effects have not seen yet."""
        if not isinstance(extra, Put):
            self.extras.append(extra)
            self._lock(_extra_locks([extra]))
            return []
        resource = extra.resource
        check(resource, access=self.transaction.access, by_effect=True)
        ref = Ref(str(resource["resourceType"]), str(resource["id"]))
        already = self.planned.get(ref)
        if already is not None:
            already.after = resource
            return []
        mode = Mode.CREATE if extra.create else Mode.PUT
        planned = Planned(mode=mode, ref=ref, after=resource, expected=extra.version, by_effect=effect)
        own = [_resource_lock(ref)] if mode is Mode.PUT else []
        self._lock([*own, *self._hook_locks(self._as_write(planned, before=None))])
        if mode is Mode.PUT:
            self.standing.read([ref])
        self.planned[ref] = planned
        if extra.version is not None:
            self._check_version(self.planned[ref])
        return [ref]

    def _run_guards(self) -> None:
        exempt = self.transaction.origin in WORKFLOW_EXEMPT
        for planned in list(self.planned.values()):
            write = self._write_of(planned)
            for guard in self.registry.guards_for(planned.ref.type):
                if exempt and guard.kind is GuardKind.WORKFLOW:
                    continue
                guard.check(write, self._context(write, guard.reads(write)))

    def _check_deletions(self) -> None:
        for planned in self.planned.values():
            if planned.mode is not Mode.DELETE:
                continue
            by = self._referring_to(planned.ref)
            if by:
                raise Referenced(planned.ref, [ref for ref, visible in by if visible])

    def _referring_to(self, ref: Ref) -> list[tuple[Ref, bool]]:
        """Some of the records that refer to this one and stay, and whether this actor may see each."""
        leaving = {by for by, planned in self.planned.items() if planned.after is None or _lets_go(planned.after, ref)}
        scope = Scope(self.practice, self.transaction.access.predicate(Interaction.READ))
        rows = self.connection.rows(
            Sql("SELECT DISTINCT c.type, c.id, CASE WHEN ")
            + all_of(scope.visible("c"))
            + Sql(
                " THEN 1 ELSE 0 END FROM index_reference i JOIN current_resource c ON c.practice = i.practice "
                "AND c.key = i.key WHERE i.practice = ? AND i.target_key = ? LIMIT ?",
                (self.practice, key_of_ref(ref), 20 + len(leaving)),
            )
        )
        by = [(Ref(str(row[0]), str(row[1])), bool(row[2]) and scope.sees(str(row[0]))) for row in rows]
        return [(ref, visible) for ref, visible in by if ref not in leaving]

    # -- 5. claims --------------------------------------------------------------------------------------------------

    def _settle_claims(self) -> None:
        """Take and give up keys. That a key is taken must be said; who has it, only to those who may see it."""
        try:
            claims.settle(self.connection, self.practice, self.extras, at=self.now)
        except KeyTaken as taken:
            raise KeyTaken(taken.kind, taken.key, self._seen(taken.holder)) from None

    def _seen(self, ref: Ref | None) -> Ref | None:
        """The reference, where this actor may see what stands there."""
        if ref is None or not self.transaction.access.may(Interaction.READ, ref.type):
            return None
        self.standing.read([ref])
        standing = self.standing.get(ref)
        return ref if standing is not None and standing.visible else None

    def _require_within_limits(self, asked: Iterable[Planned], *, before: bool) -> None:
        """AccessDenied where a record is outside of the search that this access is held to: as it stood when it is
        changed, and as it stands when it was written, which ends the transaction."""
        access = self.transaction.access
        wanted: dict[Interaction, list[Ref]] = {}
        for planned in asked if access.limits else ():
            standing = self.standing.get(planned.ref)
            exists = standing is not None and not standing.deleted
            interaction = Interaction.UPDATE if exists else Interaction.CREATE
            if planned.mode is Mode.DELETE:
                interaction = Interaction.DELETE
            if interaction in access.limits.get(planned.ref.type, {}) and (exists if before else planned.after):
                wanted.setdefault(interaction, []).append(planned.ref)
        for interaction, refs in wanted.items():
            seen = all_of(Scope(self.practice, access.predicate(interaction)).visible("c"))
            keys = marks([key_of_ref(ref) for ref in refs])
            select = Sql("SELECT c.key FROM current_resource c WHERE c.practice = ? AND c.key IN ", (self.practice,))
            if len(self.connection.rows(select + keys + Sql(" AND ") + seen)) < len(refs):
                raise AccessDenied(f"This token's scopes leave out such {refs[0].type} records.")

    # -- 6. rows ----------------------------------------------------------------------------------------------------

    def _write(self) -> list[Written]:
        if not (self.planned or self.extras):
            return self.existed
        versions = self._assembly().write(self.connection, self.planned.values())
        return [*self.existed, *(self._written(version) for version in versions)]

    def _assembly(self) -> Assembly:
        return Assembly(
            transaction=self.transaction, registry=self.registry, standing=self.standing, now=self.now,
            digest_key=self.digest_key,
        )  # fmt: skip

    def _written(self, version: Version) -> Written:
        stored = Stored(
            ref=version.ref, version=version.version, at=version.at, change=version.change, body=version.body
        )
        done = {Change.CREATE: Done.CREATED, Change.UPDATE: Done.UPDATED, Change.DELETE: Done.DELETED}[version.change]
        return Written(planned=version.ref, done=done, stored=stored, by_effect=self.planned[version.ref].by_effect)


class SeveralMatch(Conflict):
    """A conditional create found more than one resource."""

    def __init__(self, resource_type: str) -> None:
        super().__init__(Ref(resource_type, "?"), expected=None, current=None)
        self.args = (f"Several {resource_type} records match the condition; make it narrower.",)


def _content(resource: Resource) -> Resource:
    return {k: v for k, v in resource.items() if k != "meta"}


def _marks(resource: Resource) -> tuple[frozenset[object], frozenset[object]]:
    """The tags and profiles that its author gave it, in whatever order."""
    meta = resource.get("meta", {})
    tags = frozenset((tag.get("system", ""), tag.get("code", "")) for tag in meta.get("tag", ()))
    return tags, frozenset(meta.get("profile", ()))


def _lets_go(resource: Resource, ref: Ref) -> bool:
    """Whether a record, as it is about to be written, names this one nowhere."""
    return not any(str(ref) in str(reference.get("reference", "")) for _, reference in walk(resource))


def _resource_lock(ref: Ref) -> tuple[str, str]:
    return "resource", str(ref)


def _extra_locks(extras: Iterable[Extra]) -> list[tuple[str, str]]:
    names = []
    for extra in extras:
        if isinstance(extra, Claim | Release):
            names.append(("claim", f"{extra.kind} {extra.key}"))
        elif isinstance(extra, Move):
            names.append(("balance", f"{extra.kind} {extra.key}"))
        elif isinstance(extra, Merge | Unmerge):
            names.append(("aliases", ""))  # merges are rare: one at a time
    return names
