"""The last observations of each kind: `Observation/$lastn`.

https://hl7.org/fhir/R4/observation-operation-lastn.html. Observations are of one kind if a code of theirs is the same,
directly or by way of a third one that has both; without any code, if their words are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from carewright.core.store.drivers.base import Dialect
from carewright.core.store.plans import Plan
from carewright.core.store.reads import Page, patient_of, stored
from carewright.core.store.search import compile as compiler
from carewright.core.store.search import people
from carewright.core.store.search.query import SearchError, SearchQuery, Sort
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql, all_of, marks

MAX_ROWS = 50_000
"""Codes that are looked at: many times those of the largest chart."""
NEWEST = Sort(param="date", descending=True)
Name = tuple[str, str, str]
"""What an observation is called: system, code and, without a code, the words."""


def last_of_code(query: SearchQuery, scope: Scope, dialect: Dialect, *, most: int) -> Plan[Page]:
    """The newest `most` of each kind among the matches of `query`, kind by kind in the order in which the newest of
    each came, newest first. SearchError where there are too many."""
    families = yield from people.families(people.named(query), scope.practice, dialect)
    rows: list[Row] = yield _names(query, scope, families)
    if len(rows) > MAX_ROWS:
        raise SearchError(f"$lastn looks at {MAX_ROWS} codes at most. Ask for one category, or since a date.")
    names: dict[UUID, list[Name]] = defaultdict(list)
    for key, system, code, words in rows:
        names[dialect.key(key)].append((str(system or ""), str(code or ""), "" if code else str(words or "")))
    chosen = list(newest(kinds(names), most))
    found: list[Row] = (yield _bodies(chosen, scope)) if chosen else []
    by_key = {dialect.key(row[6]): row for row in found}
    listed = [by_key[key] for key in chosen if key in by_key]
    return Page(
        matches=tuple(stored(row, dialect) for row in listed),
        patients=frozenset(whose for row in listed if (whose := patient_of(row, dialect)) is not None),
    )


def kinds(names: Mapping[UUID, Sequence[Name]]) -> dict[UUID, int]:
    """The kind of each by number, the same for the same; words count for those alone that have no code. Pure."""
    leads_to: list[int] = []  # a kind to itself, or to the lower one that it turned out to be
    of_name: dict[Name, int] = {}
    found: dict[UUID, int] = {}

    def lowest(kind: int) -> int:
        while leads_to[kind] != kind:
            kind = leads_to[kind]
        return kind

    for key, called in names.items():
        counting = [name for name in called if name[1]] or list(called)
        known = {lowest(of_name[name]) for name in counting if name in of_name}
        kind = min(known, default=len(leads_to))
        if not known:
            leads_to.append(kind)
        for other in known:
            leads_to[other] = kind
        of_name |= dict.fromkeys(counting, kind)
        found[key] = kind
    return {key: lowest(kind) for key, kind in found.items()}


def newest(kind_of: Mapping[UUID, int], most: int) -> Iterator[UUID]:
    """The first `most` of each kind, kind by kind; `kind_of` is in the order of time, newest first. Pure."""
    taken: Counter[int] = Counter()
    chosen: dict[int, list[UUID]] = defaultdict(list)
    for key, kind in kind_of.items():
        taken[kind] += 1
        if taken[kind] <= most:
            chosen[kind].append(key)
    for keys in chosen.values():
        yield from keys


def _names(query: SearchQuery, scope: Scope, families: people.Families) -> Sql:
    """What each match is called, newest first: (key, system, code, words)."""
    when = compiler.sort_column(query.type, NEWEST, scope).expression
    chosen = Sql("SELECT c.key, ") + when + Sql(" AS at FROM current_resource c WHERE ")
    called = all_of([scope.where("i", "criterion"), Sql("i.key = c.key AND i.param = ?", ("code",))])
    return (
        Sql("WITH c AS (") + chosen + compiler.conditions(query, scope, families)
        + Sql(") SELECT c.key, i.system, i.code, i.display FROM c LEFT JOIN index_token i ON ") + called
        + Sql(" ORDER BY c.at DESC, c.key LIMIT ?", (MAX_ROWS + 1,))
    )  # fmt: skip


def _bodies(keys: Sequence[UUID], scope: Scope) -> Sql:
    return Sql(f"SELECT {compiler.COLUMNS} FROM current_resource c {compiler.JOIN_BODY} WHERE ") + all_of([
        scope.where("c", "match"), Sql("c.key IN ") + marks(keys),
    ])  # fmt: skip
