"""From a query to SQL. Every sub-select carries the actor's predicate (scope.py); nothing here talks to a database.

The conditions are those of criteria.py; the page is cut by a keyset on the sort values and the key, so that it stays
stable while others write.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from carewright.core.access.model import AccessDenied
from carewright.core.fhir.dates import MAX_INSTANT, MIN_INSTANT
from carewright.core.fhir.index_values import MAX_NUMBER, MIN_NUMBER
from carewright.core.fhir.search_parameters import IN_THE_ROW, SearchParameter
from carewright.core.store.search import string
from carewright.core.store.search.criteria import BY_PATIENT, NARROW, TABLES, Conditions, begins_narrow, rank
from carewright.core.store.search.cursor import Kind, SortColumn, behind, decode_cursor
from carewright.core.store.search.parse import parameter
from carewright.core.store.search.people import Families, confined_to
from carewright.core.store.search.query import Include, SearchQuery, Sort
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import PlannedAnew, Sql, all_of, marks

ENDS: Mapping[Kind, tuple[object, object]] = {
    "text": ("", string.LAST), "instant": (MIN_INSTANT, MAX_INSTANT), "number": (MIN_NUMBER, MAX_NUMBER),
}  # fmt: skip
"""Before and behind every value of a kind: where a resource without one stands."""
SORTED_AS: Mapping[str, Kind] = {"date": "instant", "number": "number", "quantity": "number"}
MAX_ITERATIONS = 10
"""Turns of `_include:iterate`."""
MAX_INCLUDED = 10_000
"""A page is answered from memory; one that includes more is refused."""
COLUMNS = "c.type, c.id, c.version, v.at, v.change, v.body, c.key, c.patient_key"
JOIN_BODY = "JOIN version v ON v.practice = c.practice AND v.key = c.key AND v.version = c.version"


def matches(query: SearchQuery, scope: Scope, families: Families) -> Sql:
    """The page of resources that match, one row more than asked for (so that it is known whether there is more).

    The page is cut before its bodies are fetched: of a chart's 200 observations only the fifty that are shown are read.
    """
    columns = sort_columns(query, scope)
    narrow = begins_narrow(query.type, query.criteria, one_chart=confined_to(query) is not None)
    found = Sql("WITH c AS MATERIALIZED (" if narrow else "WITH c AS NOT MATERIALIZED (") + selected(columns)
    found += Sql(" FROM current_resource c WHERE ") + conditions(query, scope, families) + Sql("), ")
    shown = Sql(f" SELECT {COLUMNS}{names(columns)} FROM page c {JOIN_BODY}{order(columns)}")
    return _planned(query, found + page(query, columns) + shown)


def selected(columns: Sequence[SortColumn]) -> Sql:
    """What is selected of `current_resource c` for a page in the order of the columns."""
    listed = Sql("SELECT c.practice, c.key, c.type, c.id, c.version, c.patient_key")
    for number, column in enumerate(columns):
        listed += Sql(", ") + column.expression + Sql(f" AS s{number}")
    return listed


def page(query: SearchQuery, columns: Sequence[SortColumn]) -> Sql:
    """The rows of `c` that the page shows, and one more, as `page`."""
    cut = Sql("page AS MATERIALIZED (SELECT * FROM c")
    if query.after:
        cut += Sql(" WHERE ") + behind(decode_cursor(query.after, columns), columns)
    return cut + Sql(f"{order(columns)} LIMIT ?)", (query.count + 1,))


def names(columns: Sequence[SortColumn]) -> str:
    return "".join(f", c.s{n}" for n in range(len(columns)))


def order(columns: Sequence[SortColumn]) -> str:
    by = [f"c.s{n} {'DESC' if column.descending else 'ASC'}" for n, column in enumerate(columns)]
    return f" ORDER BY {', '.join([*by, 'c.key ASC'])}"


def count(query: SearchQuery, scope: Scope, families: Families) -> Sql:
    """How many resources match."""
    found = Sql("SELECT count(*) FROM current_resource c WHERE ") + conditions(query, scope, families)
    return _planned(query, found)


def _planned(query: SearchQuery, statement: Sql) -> Sql:
    """The statement of a search, planned for its own values where it matters what they are: of several criteria any
    may be the one that few resources meet. One that names a record or a person is looked up in one way only."""
    ranks = [rank(query.type, c, one_chart=confined_to(query) is not None) for c in query.criteria]
    if len(ranks) > 1 or any(one > NARROW for one in ranks):
        return PlannedAnew(statement.text, statement.params)
    return statement


def conditions(query: SearchQuery, scope: Scope, families: Families) -> Sql:
    """All conditions on `current_resource c`; AccessDenied where the type may not be searched."""
    criteria = Conditions(scope=scope, families=families, charts=charts_of(query, families))
    return criteria.all(query.type, query.criteria) + Sql(" AND ") + stands(query, scope)


def stands(query: SearchQuery, scope: Scope) -> Sql:
    """That `current_resource c` is of the type, is not deleted and may be seen; AccessDenied as for `conditions`."""
    if not scope.sees(query.type):
        raise AccessDenied(f"Your sign-on does not allow to search {query.type} records.")
    return all_of([Sql("c.type = ? AND c.deleted = 0", (query.type,)), scope.where("c", "match")])


def charts_of(query: SearchQuery, families: Families) -> tuple[UUID, ...] | None:
    """The keys of the patients to whose charts every match belongs; None if there may be others."""
    named = confined_to(query)
    return None if named is None else tuple(key for patient in sorted(named) for key in families[patient])


def included(include: Include, keys: Sequence[UUID], scope: Scope) -> Sql:
    """The resources that the `keys` refer to by the include's parameter, or, reversed, that refer to them."""
    types = sorted(scope.predicate.types)
    if include.reverse:
        select = Sql("SELECT i.key FROM index_reference i WHERE ") + all_of([
            scope.where("i", "revinclude"),
            Sql("i.type = ? AND i.param = ?", (include.source, include.param)),
            Sql("i.target_key IN ") + marks(keys),
        ])  # fmt: skip
    else:
        select = Sql("SELECT i.target_key FROM index_reference i WHERE ") + all_of([
            scope.where("i", "include"),
            Sql("i.type = ? AND i.param = ?", (include.source, include.param)),
            Sql("i.key IN ") + marks(keys),
            *([Sql("i.target_type = ?", (include.target,))] if include.target else []),
        ])  # fmt: skip
    place = "revinclude" if include.reverse else "include"
    return Sql(f"SELECT {COLUMNS} FROM current_resource c {JOIN_BODY} WHERE ") + all_of([
        scope.where("c", place), Sql("c.deleted = 0"), Sql("c.type IN ") + marks(types),
        Sql("c.key IN (") + select + Sql(")"),
    ]) + Sql(" LIMIT ?", (MAX_INCLUDED + 1,))  # fmt: skip


def sort_columns(query: SearchQuery, scope: Scope) -> list[SortColumn]:
    return [sort_column(query.type, sort, scope) for sort in query.sort]


def sort_column(resource_type: str, sort: Sort, scope: Scope) -> SortColumn:
    """The value by which a resource is put in order; one without a value comes last."""
    found = parameter(resource_type, sort.param)
    if found.code == "_id":
        return SortColumn(Sql("c.id"), sort.descending)
    if found.code == "_lastUpdated":
        return SortColumn(Sql("c.at"), sort.descending, "instant")
    kind = SORTED_AS.get(found.kind, "text")
    extreme, column = _best(found, sort)
    best = Sql(f"SELECT {extreme}(i.{column}) FROM {TABLES[found.kind]} i WHERE ") + all_of([
        scope.where("i", "sort"), Sql("i.key = c.key AND i.param = ?", (found.code,)),
    ])  # fmt: skip
    return SortColumn(Sql("COALESCE((") + best + Sql("), ?)", (_missing(kind, sort),)), sort.descending, kind)


def charts_in_order(resource_type: str, sort: Sort, scope: Scope, *, charts: Sequence[UUID], keys: str) -> Sql | None:
    """The rows (key, s0) of the `keys`, a table of resources of these charts, with the value by which each is put in
    order: that of `sort_column`, read chart by chart instead of record by record. None where no index has it so."""
    found = parameter(resource_type, sort.param)
    if found.kind not in BY_PATIENT or found.code in IN_THE_ROW or found.kind == "composite":
        return None
    kind = SORTED_AS.get(found.kind, "text")
    extreme, column = _best(found, sort)
    placed = Sql(f"SELECT i.key, i.{column}, 0 FROM {TABLES[found.kind]} i WHERE ") + all_of([
        scope.where("i", "sort"), Sql("i.patient_key IN ") + marks(charts),
        Sql("i.type = ? AND i.param = ?", (resource_type, found.code)),
    ])  # fmt: skip
    # Put together and grouped: of a join, planned for all values, the database would look at each row for each.
    both = Sql(f"SELECT key, NULL AS best, 1 AS asked FROM {keys} UNION ALL ") + placed
    listed = Sql(f"SELECT k.key, COALESCE({extreme}(k.best), ?) AS s0 FROM (", (_missing(kind, sort),))
    return listed + both + Sql(") k GROUP BY k.key HAVING max(k.asked) = 1")


def _best(found: SearchParameter, sort: Sort) -> tuple[str, str]:
    """The function and the column that say which of several values of a resource comes first in the order."""
    edge = "high" if sort.descending else "low"
    column = {"string": "folded", "token": "code", "uri": "value"}.get(found.kind, edge)
    return ("max" if sort.descending else "min"), column


def _missing(kind: Kind, sort: Sort) -> object:
    first, last = ENDS[kind]
    return first if sort.descending else last
