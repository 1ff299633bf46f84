"""What can be read, as plans (see plans.py): one resource, a version, a history, a search, a projection, the feed.

Every statement carries the predicate of its `Scope`.
"""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from carewright.core.access.model import ADMINISTRATIVE, AccessDenied
from carewright.core.store import virtual
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.hooks import FeedEntry, Projection
from carewright.core.store.keys import key_of_ref
from carewright.core.store.model import Change, Gone, NotFound, Origin, Ref, Stored
from carewright.core.store.plans import Plan
from carewright.core.store.schema import projection_table
from carewright.core.store.search import compile as compiler
from carewright.core.store.search import few, people
from carewright.core.store.search.cursor import encode_cursor
from carewright.core.store.search.query import SearchError, SearchQuery
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql, all_of, joined, marks

PATIENT = "patient"
"""The column of a projection that holds a patient's id: the one name for it in every manifest."""
RENDERED = frozenset({"AuditEvent", "Provenance"})
"""Types that are rendered from other rows, beside those that came from elsewhere and are stored."""
STANDING = " LEFT JOIN alias m ON m.practice = p.practice AND m.old_key = p.patient_key"
_NUMBER = attrgetter("int")
"""What keys are put in order by: a UUID compared by itself asks first whether it is one."""
CHANGES = {change.value: change for change in Change}
"""Found a hundred times for a page; asking the enumeration takes longer."""
VERSION_COLUMNS = "v.type, v.id, v.version, v.at, v.change, v.body, v.key, v.patient_key"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a search. `next` is the position behind it, None where it was the last; `total` only if asked."""

    matches: tuple[Stored, ...]
    included: tuple[Stored, ...] = ()
    next: str | None = None
    total: int | None = None
    patients: frozenset[UUID] = frozenset()


class Found(Struct, frozen=True, kw_only=True):
    """A read: the stored version and the key of the patient it is about (for the audit)."""

    stored: Stored
    patient_key: UUID | None


def stored(row: Row, dialect: Dialect) -> Stored:
    """A `Stored` from the first six of the selected columns, which are of the table's types."""
    columns: tuple[Any, ...] = row
    return Stored(
        ref=Ref(columns[0], columns[1]),
        version=columns[2],
        at=dialect.instant(columns[3]),
        change=CHANGES[columns[4]],
        body=None if columns[5] is None else dialect.bytes_(columns[5]),
    )


def patient_of(row: Row, dialect: Dialect) -> UUID | None:
    """The key of the patient that a selected row is about."""
    return None if row[7] is None else dialect.key(row[7])


def read(ref: Ref, scope: Scope, dialect: Dialect) -> Plan[Found]:
    """The current version; NotFound if it is not there or not visible, Gone if it was deleted."""
    if not scope.sees(ref.type):
        raise NotFound(f"{ref} is not here.")
    if ref.type == "AuditEvent":  # ours before one that was imported under its id: what was done here is not hidden
        with contextlib.suppress(NotFound):
            return Found(stored=(yield from virtual.audit_event(ref, scope, dialect)), patient_key=None)
    rows = yield Sql(f"SELECT {compiler.COLUMNS} FROM current_resource c {compiler.JOIN_BODY} WHERE ") + all_of([
        scope.where("c", "read"), Sql("c.key = ? AND c.type = ?", (key_of_ref(ref), ref.type)),
    ])  # fmt: skip
    if not rows and ref.type == "Provenance":
        return Found(stored=(yield from virtual.provenance(ref, scope, dialect)), patient_key=None)
    if not rows:
        raise NotFound(f"{ref} is not here.")
    found = Found(stored=stored(rows[0], dialect), patient_key=patient_of(rows[0], dialect))
    if found.stored.change is Change.DELETE:
        raise Gone(f"{ref} was deleted.")
    return found


def authors(refs: Sequence[Ref], scope: Scope) -> Plan[dict[Ref, str]]:
    """Who wrote the current version of each, as a reference; what is not visible is left out."""
    rows = yield Sql(f"SELECT c.type, c.id, v.actor FROM current_resource c {compiler.JOIN_BODY} WHERE ") + all_of([
        scope.where("c", "read"), Sql("c.type IN ") + marks(sorted(scope.predicate.types)),
        Sql("c.key IN ") + marks([key_of_ref(ref) for ref in refs]),
    ])  # fmt: skip
    return {Ref(str(row[0]), str(row[1])): str(row[2]) for row in rows}


def vread(ref: Ref, version: int, scope: Scope, dialect: Dialect) -> Plan[Found]:
    """One version. What the actor may see of it is judged by that version's own labels and the current one's."""
    rows = yield _versions(ref, scope, Sql("v.version = ?", (version,)), limit=1)
    if not rows:
        raise NotFound(f"{ref} has no version {version}.")
    found = Found(stored=stored(rows[0], dialect), patient_key=patient_of(rows[0], dialect))
    if found.stored.change is Change.DELETE:
        raise Gone(f"{ref} was deleted by version {version}.")
    return found


def history(ref: Ref, scope: Scope, dialect: Dialect, *, count: int, before: int | None = None) -> Plan[list[Found]]:
    """The versions, newest first; those before version `before` where it is given."""
    behind = Sql("v.version < ?", (before,)) if before is not None else Sql("1=1")
    rows = yield _versions(ref, scope, behind, limit=count)
    if not rows and before is None:
        raise NotFound(f"{ref} is not here.")
    return [Found(stored=stored(row, dialect), patient_key=patient_of(row, dialect)) for row in rows]


def histories(
    types: Collection[str],
    scope: Scope,
    dialect: Dialect,
    *,
    count: int,
    before: tuple[datetime, Ref, int] | None = None,
    since: datetime | None = None,
) -> Plan[list[Found]]:
    """The versions of all resources of some types, newest first, behind the (time, resource, version) `before`.

    Each type is asked for its newest, which its index has ready; of those the newest are taken.
    """
    if unseen := sorted(set(types) - scope.predicate.types):
        raise AccessDenied(f"Your sign-on does not allow to read {unseen[0]} records.")
    parts = [scope.where_now("v", "history")]
    if before is not None:
        at, ref, version = before
        parts.append(Sql("(v.at, v.key, v.version) < (?, ?, ?)", (at, key_of_ref(ref), version)))
    if since is not None:
        parts.append(Sql("v.at >= ?", (since,)))
    newest = Sql(" ORDER BY v.at DESC, v.key DESC, v.version DESC LIMIT ?", (count,))
    of_each = [
        Sql("SELECT * FROM (SELECT v.at, v.key, v.version FROM version v WHERE ")
        + all_of([*parts, Sql("v.type = ?", (name,))]) + newest + Sql(") t")
        for name in sorted(types)
    ]  # fmt: skip
    if not of_each:
        return []
    picked = Sql("WITH picked AS (SELECT * FROM (") + joined(" UNION ALL ", of_each) + Sql(") v") + newest
    rows = yield (
        picked + Sql(f") SELECT {VERSION_COLUMNS} FROM picked p JOIN version v ")
        + Sql("ON v.key = p.key AND v.version = p.version WHERE ") + scope.where("v", "history") + newest
    )  # fmt: skip
    return [Found(stored=stored(row, dialect), patient_key=patient_of(row, dialect)) for row in rows]


def _versions(ref: Ref, scope: Scope, condition: Sql, *, limit: int) -> Sql:
    if not scope.sees(ref.type):
        raise NotFound(f"{ref} is not here.")
    return (
        Sql(f"SELECT {VERSION_COLUMNS} FROM version v WHERE ")
        + all_of([scope.where_now("v", "history"), Sql("v.key = ?", (key_of_ref(ref),)), condition])
        + Sql(" ORDER BY v.version DESC LIMIT ?", (limit,))
    )


VIRTUAL = "v."
"""Begins the positions of a search that has come to the rendered part of Provenance or AuditEvent."""


def search(query: SearchQuery, scope: Scope, dialect: Dialect, *, begun: few.Beginning | None = None) -> Plan[Page]:
    """One page of matches with what they include. Rendered Provenance and AuditEvent come behind what was received and
    stored. `begun` is how the search begins, where that is known already."""
    if query.type not in RENDERED:
        return (yield from _stored_page(query, scope, dialect, begun=begun))
    total = (yield from _count_of_both(query, scope, dialect)) if query.total else None
    if query.summary_count or query.count == 0:
        return Page(matches=(), total=total)
    page = yield from _page_of_both(replace(query, total=False), scope, dialect)
    return replace(page, total=total)


def _count_of_both(query: SearchQuery, scope: Scope, dialect: Dialect) -> Plan[int]:
    families = yield from people.families(people.named(query), scope.practice, dialect)
    received = cast(int, (yield compiler.count(query, scope, families))[0][0])
    rendered = virtual.audit_events_counted if query.type == "AuditEvent" else virtual.provenances_counted
    return received + (yield from rendered(query, scope))


def _page_of_both(query: SearchQuery, scope: Scope, dialect: Dialect) -> Plan[Page]:
    if query.after and query.after.startswith(VIRTUAL):
        return (yield from _virtual_page(query, scope, dialect))
    page = yield from _stored_page(query, scope, dialect)
    if page.next is not None:
        return page
    room = query.count - len(page.matches)
    if room == 0:
        return replace(page, next=VIRTUAL)
    more = yield from _virtual_page(replace(query, count=room, after=None), scope, dialect)
    return replace(page, matches=(*page.matches, *more.matches), next=more.next)


def _virtual_page(query: SearchQuery, scope: Scope, dialect: Dialect) -> Plan[Page]:
    render = virtual.audit_events if query.type == "AuditEvent" else virtual.provenances
    after = (query.after or "").removeprefix(VIRTUAL) or None
    listed, more = yield from render(replace(query, after=after), scope, dialect)
    return Page(matches=tuple(listed), next=VIRTUAL + listed[-1].ref.id if more else None)


def _stored_page(
    query: SearchQuery, scope: Scope, dialect: Dialect, *, begun: few.Beginning | None = None
) -> Plan[Page]:
    total = None
    rows: list[Row] | None = None
    begun = begun or few.beginning(query, scope, dialect)
    if begun is not None:
        rows = few.found((yield few.matches(query, begun, scope)), begun)
    if rows is None:
        families = yield from people.families(people.named(query), scope.practice, dialect)
        if query.total:
            total = cast(int, (yield compiler.count(query, scope, families))[0][0])
        if query.summary_count or query.count == 0:
            return Page(matches=(), total=total)
        rows = yield compiler.matches(query, scope, families)
    more, rows = len(rows) > query.count, rows[: query.count]
    keys = [dialect.key(row[6]) for row in rows]
    extra = yield from _included(query, keys, scope, dialect)
    rendered: list[Stored] = []
    if any(i.reverse and (i.source, i.param) == ("Provenance", "target") for i in query.includes):
        rendered = yield from virtual.provenance_of(keys, scope, dialect)
    patients = {row[7] for row in rows} | {row[7] for row in extra.values()}  # as they are: a hundred say the same
    return Page(
        matches=tuple(stored(row, dialect) for row in rows),
        included=(*(stored(row, dialect) for row in extra.values()), *rendered),
        next=encode_cursor(keys[-1], rows[-1][8:]) if more else None,
        total=total,
        patients=frozenset(dialect.key(key) for key in patients if key is not None),
    )


def _included(query: SearchQuery, keys: list[UUID], scope: Scope, dialect: Dialect) -> Plan[dict[UUID, Row]]:
    """What a page includes besides the matches: rows by key, in the order of the keys. What was found last is followed
    in the next turn."""
    extra: dict[UUID, Row] = {}
    matched = set(keys)
    following, includes, of_people = keys, query.includes, query.type == "Patient"
    for turn in range(compiler.MAX_ITERATIONS + 1):
        if not following or not includes:
            break
        if turn == compiler.MAX_ITERATIONS:
            raise SearchError(f"The includes lead on over more than {turn} references. Ask for fewer of them.")
        found: dict[UUID, Row] = {}
        for include in includes:
            listed = following
            if include.reverse and of_people:  # what was written for merged records belongs to them too
                families = yield from people.families(following, scope.practice, dialect)
                listed = sorted({*following, *(key for family in families.values() for key in family)})
            for row in (yield compiler.included(include, listed, scope)):
                found[dialect.key(row[6])] = row
            if len(extra) + len(found) > compiler.MAX_INCLUDED:
                text = f"A page includes at most {compiler.MAX_INCLUDED} records. Ask for fewer with _count."
                raise SearchError(text)
        new = {key: row for key, row in found.items() if key not in extra and key not in matched}
        extra |= new
        of_people = any(row[0] == "Patient" for row in new.values())
        following, includes = list(new), tuple(include for include in includes if include.iterate)
    return {key: extra[key] for key in sorted(extra, key=_NUMBER)}


def projection(
    declared: Projection,
    scope: Scope,
    *,
    where: Mapping[str, object],
    charts: people.Charts,
    order: Sequence[str] = (),
    limit: int | None = None,
    latest: tuple[Sequence[str], Sequence[str]] | None = None,
) -> Plan[list[dict[str, object]]]:
    """Rows of a projection. `where` maps a column to a value, a tuple of values (any of them) or a `Between`.

    A column `patient` holds a patient's id: who asks for one gets the rows of all charts of that person, and every row
    names the chart that stands for them now; `charts` keeps whose are whose. `latest` is (columns that agree, columns
    by which the last of those is found): one row of each is returned.
    """
    if not _shows_whole(declared, scope):
        return []
    table = projection_table(declared)
    names = table.names
    if PATIENT in where and PATIENT in names:
        where = {**where, PATIENT: (yield from _charts(where[PATIENT], scope.practice, charts))}
    parts = [scope.where("p", "projection"), *(_column(name, value, names) for name, value in where.items())]
    if scope.predicate.patient is not None and not declared.types <= ADMINISTRATIVE:
        parts.append(Sql("p.patient_key IS NOT NULL"))
    columns = ", ".join(f"{_value(name, names)} AS {name}" for name in names)
    source = f"{table.name} p{STANDING if PATIENT in names else ''}"
    if latest is None:
        text = Sql(f"SELECT {columns} FROM {source} WHERE ") + all_of(parts)
    else:
        same = ", ".join(_value(name, names) for name in latest[0])
        newest = ", ".join(f"{_value(name, names)} DESC" for name in latest[1])
        text = (
            Sql(f"SELECT {', '.join(names)} FROM (SELECT {columns}, row_number() OVER (PARTITION BY {same} "
                f"ORDER BY {newest}, p.key) AS place_ FROM {source} WHERE ")
            + all_of(parts) + Sql(") p WHERE place_ = 1")
        )  # fmt: skip
    if order:
        text += Sql(" ORDER BY " + ", ".join(_order(name, names) for name in order))
    if limit is not None:
        text += Sql(" LIMIT ?", (limit,))
    rows = yield text
    return [dict(zip(names, row, strict=True)) for row in rows]


def sharing(declared: Projection, scope: Scope, *, column: str, value: str, limit: int) -> Plan[list[Row]]:
    """Pairs of rows with different `value`s in which `column` says the same: patients' keys and `value`s, each pair
    once, the lower value first, at most `limit`. For finding records that may be two of one.

    One pass and one sort, whatever the database believes of the table: a join with itself took seconds where its
    statistics were older than a practice's first import.
    """
    if not _shows_whole(declared, scope):
        return []
    table = projection_table(declared)
    if {column, value} - set(table.names):
        raise ValueError(f"The projection has no columns {column} and {value}.")
    among = Sql(
        f"SELECT p.patient_key, p.{value} AS named, p.{column} AS shared, "
        f"min(p.{value}) OVER (PARTITION BY p.{column}) AS first_, "
        f"max(p.{value}) OVER (PARTITION BY p.{column}) AS last_ FROM {table.name} p WHERE p.{column} IS NOT NULL AND "
    ) + scope.where("p", "projection")
    rows = (
        yield Sql("SELECT patient_key, named, shared FROM (") + among + Sql(") s WHERE first_ < last_ ORDER BY named")
    )
    return list(islice(_pairs(rows), limit))


def _shows_whole(declared: Projection, scope: Scope) -> bool:
    """Whether every record that the projection is made of may be seen, but for labels and patients: its rows do not
    say what a limit asks for."""
    return declared.types <= scope.predicate.types and declared.types.isdisjoint(scope.predicate.limits)


def _pairs(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows of (key, value, shared) in the order of their values, as pairs of different values that share something."""
    keys: dict[object, object] = {}
    by_shared: dict[object, list[object]] = defaultdict(list)
    shares: dict[object, list[object]] = defaultdict(list)
    for key, value, shared in rows:
        keys[value] = key
        by_shared[shared].append(value)
        shares[value].append(shared)
    for one, listed in shares.items():
        others = {other for shared in listed for other in by_shared[shared] if str(other) > str(one)}
        yield from ((keys[one], keys[other], one, other) for other in sorted(others, key=str))


@dataclass(frozen=True)
class Between:
    """A half-open range [low, high) for a projection column; None is no bound."""

    low: object = None
    high: object = None


def _column(name: str, value: object, names: Sequence[str]) -> Sql:
    if name not in names:
        raise ValueError(f"The projection has no column {name}.")
    if isinstance(value, Between):
        bounds = [Sql(f"p.{name} >= ?", (value.low,))] if value.low is not None else []
        return all_of([*bounds, *([Sql(f"p.{name} < ?", (value.high,))] if value.high is not None else [])])
    if isinstance(value, tuple):
        return Sql(f"p.{name} IN ") + marks(value)
    if value is None:
        return Sql(f"p.{name} IS NULL")
    return Sql(f"p.{name} = ?", (value,))


def _charts(asked: object, practice: str, known: people.Charts) -> Plan[object]:
    """As `asked` for in a column of patients' ids, with the other charts of the same people."""
    ids = asked if isinstance(asked, tuple) else (asked,)
    patients = [one for one in ids if isinstance(one, str) and one]
    if len(patients) < len(ids):  # rows without a patient, or a range: nothing to widen
        return asked
    return (yield from people.charts(patients, practice, known=known))


def _value(name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise ValueError(f"The projection has no column {name}.")
    return f"coalesce(m.surviving_id, p.{PATIENT})" if name == PATIENT else f"p.{name}"


def _order(name: str, names: Sequence[str]) -> str:
    """By what is selected, so that a chart that was merged stands where its person does."""
    bare = name.removeprefix("-")
    if bare not in names:
        raise ValueError(f"The projection has no column {bare}.")
    return f"{bare} DESC" if name.startswith("-") else bare


def feed(
    scope: Scope, dialect: Dialect, *, after: tuple[int, int], limit: int, types: frozenset[str] | None = None
) -> Plan[list[FeedEntry]]:
    """What changed behind the position `after`, oldest first; only rows that no open transaction can precede."""
    parts = [scope.where_now("f", "feed"), dialect.feed_horizon("f"), dialect.after("f", *after)]
    visible = scope.predicate.types if types is None else scope.predicate.types & types
    parts.append(Sql("f.type IN ") + marks(sorted(visible)))
    rows = yield (
        Sql(f"SELECT {dialect.xid('f')}, f.seq, f.type, f.id, f.version, f.change, f.patient_id, f.origin, f.at "
            "FROM feed f WHERE ")
        + all_of(parts)
        + Sql(" ORDER BY f.xid, f.seq LIMIT ?", (limit,))
    )  # fmt: skip
    return [_feed_entry(row, dialect.instant(row[8])) for row in rows]


def _feed_entry(row: Row, at: datetime) -> FeedEntry:
    return FeedEntry(
        position=(cast(int, row[0]), cast(int, row[1])),
        ref=Ref(str(row[2]), str(row[3])),
        version=cast(int, row[4]),
        change=Change(str(row[5])),
        patient=None if row[6] is None else str(row[6]),
        origin=Origin(str(row[7])),
        at=at,
    )
