"""From a query to SQL. Every sub-select carries the actor's predicate (scope.py); nothing here talks to a database.

Shape: the matching keys are found by sub-selects on the index tables, joined by AND; the page is cut by a keyset on
the sort values and the key, so that it stays stable while others write.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from carewright.core.access.model import AccessDenied
from carewright.core.fhir.dates import MAX_INSTANT, MIN_INSTANT
from carewright.core.fhir.search_parameters import IN_THE_ROW, SearchParameter
from carewright.core.store.keys import key_of
from carewright.core.store.search import date, reference, string, token, uri
from carewright.core.store.search.parse import NOT_IN_TEXT, may_refer_to, parameter, unescape
from carewright.core.store.search.query import Chain, Criterion, Include, Reverse, SearchError, SearchQuery, Sort
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql, all_of, any_of, joined, marks

TABLES = {
    "token": token.TABLE, "reference": reference.TABLE, "date": date.TABLE, "string": string.TABLE, "uri": uri.TABLE,
}  # fmt: skip
CONDITIONS: dict[str, Callable[[str, str, str], Sql]] = {
    "token": token.condition, "date": date.condition, "string": string.condition, "uri": uri.condition,
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_INCLUDED = 10_000
"""A page is answered from memory; one that includes more is refused."""
NOTHING = Sql("1=0")
ANYTHING = Sql("1=1")
COLUMNS = "c.type, c.id, c.version, v.at, v.change, v.body, c.key, c.patient_key"
JOIN_BODY = "JOIN version v ON v.practice = c.practice AND v.key = c.key AND v.version = c.version"


@dataclass(frozen=True)
class SortColumn:
    """A sort value as SQL, what stands for a missing one, and its direction."""

    expression: Sql
    descending: bool
    is_instant: bool


def matches(query: SearchQuery, scope: Scope) -> Sql:
    """The page of resources that match, one row more than asked for (so that it is known whether there is more)."""
    columns = [_sort_column(query.type, sort, scope) for sort in query.sort]
    selected = Sql("SELECT c.practice, c.key, c.type, c.id, c.version, c.patient_key")
    for number, column in enumerate(columns):
        selected += Sql(", ") + column.expression + Sql(f" AS s{number}")
    inner = selected + Sql(" FROM current_resource c WHERE ") + conditions(query, scope)
    order = [f"c.s{n} {'DESC' if column.descending else 'ASC'}" for n, column in enumerate(columns)] + ["c.key ASC"]
    names = "".join(f", c.s{n}" for n in range(len(columns)))
    page = Sql(f"SELECT {COLUMNS}{names} FROM (") + inner + Sql(f") c {JOIN_BODY}")
    if query.after:
        page += Sql(" WHERE ") + _behind(decode_cursor(query.after, columns), columns)
    return page + Sql(f" ORDER BY {', '.join(order)} LIMIT ?", (query.count + 1,))


def count(query: SearchQuery, scope: Scope) -> Sql:
    """How many resources match."""
    return Sql("SELECT count(*) FROM current_resource c WHERE ") + conditions(query, scope)


def conditions(query: SearchQuery, scope: Scope) -> Sql:
    """All conditions on `current_resource c`; AccessDenied where the type may not be searched."""
    if not scope.sees(query.type):
        raise AccessDenied(f"Your sign-on does not allow to search {query.type} records.")
    parts = [scope.where("c", "match"), Sql("c.type = ? AND c.deleted = 0", (query.type,))]
    parts += [_criterion(query.type, "c.key", criterion, scope) for criterion in query.criteria]
    return all_of(parts)


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


def _criterion(resource_type: str, key: str, criterion: Criterion, scope: Scope) -> Sql:
    """One criterion as a condition on the SQL expression `key`."""
    if criterion.reverse is not None:
        return Sql(f"{key} IN (") + _reverse_keys(criterion.reverse, scope) + Sql(")")
    found = parameter(resource_type, criterion.param)
    if criterion.chain is not None:
        return Sql(f"{key} IN (") + _chain_keys(resource_type, found, criterion.chain, scope) + Sql(")")
    if criterion.modifier == "missing" and found.code in IN_THE_ROW:
        return NOTHING if criterion.values == ("true",) else ANYTHING
    if criterion.modifier == "missing":
        negation = "NOT IN" if criterion.values == ("true",) else "IN"
        return Sql(f"{key} {negation} (") + _index_keys(resource_type, found, "missing", scope) + Sql(")")
    negation = "NOT IN" if criterion.modifier == "not" else "IN"
    return Sql(f"{key} {negation} (") + _value_keys(resource_type, found, criterion, scope) + Sql(")")


def _index_keys(resource_type: str, found: SearchParameter, place: str, scope: Scope) -> Sql:
    """The keys of the resources that have any value of this parameter."""
    if found.code in IN_THE_ROW:
        return _current_keys(resource_type, place, scope)
    select = Sql(f"SELECT i.key FROM {TABLES[found.kind]} i WHERE ") + scope.where("i", place)
    return select + Sql(" AND i.type = ? AND i.param = ?", (resource_type, found.code))


def _current_keys(resource_type: str, place: str, scope: Scope) -> Sql:
    select = Sql("SELECT i.key FROM current_resource i WHERE ") + scope.where("i", place)
    return select + Sql(" AND i.type = ? AND i.deleted = 0", (resource_type,))


def _value_keys(resource_type: str, found: SearchParameter, criterion: Criterion, scope: Scope) -> Sql:
    """The keys of the resources in which any of the criterion's values stands."""
    select = _index_keys(resource_type, found, "criterion", scope)
    either = [_value(resource_type, found, value, criterion.modifier, scope) for value in criterion.values]
    return select + Sql(" AND ") + any_of(either)


def _value(resource_type: str, found: SearchParameter, value: str, modifier: str, scope: Scope) -> Sql:
    """One value as a condition on the index row `i`."""
    if found.code == "_id":
        return Sql("i.key = ?", (key_of(resource_type, unescape(value)),))
    if found.code == "_lastUpdated":
        return date.row_time_condition("i.at", value)
    if found.kind == "reference":
        return reference.condition("i", value, modifier, targets=may_refer_to(found), scope=scope)
    return CONDITIONS[found.kind]("i", value, modifier)


def _chain_keys(resource_type: str, found: SearchParameter, chain: Chain, scope: Scope) -> Sql:
    """The keys of the resources whose reference leads to one that meets the chained criterion."""
    targets = [
        _current_keys(t, "chain", scope) + Sql(" AND ") + _criterion(t, "i.key", chain.criterion, scope)
        for t in chain.types
        if scope.sees(t)
    ]
    select = _index_keys(resource_type, found, "chain", scope)
    if not targets:
        return select + Sql(" AND ") + NOTHING
    return select + Sql(" AND i.target_key IN (") + joined(" UNION ALL ", targets) + Sql(")")


def _reverse_keys(reverse: Reverse, scope: Scope) -> Sql:
    """The keys of the resources that are referred to by one that meets the criterion."""
    select = Sql("SELECT i.target_key FROM index_reference i WHERE ") + scope.where("i", "reverse")
    select += Sql(" AND i.type = ? AND i.param = ? AND ", (reverse.type, reverse.reference))
    if not scope.sees(reverse.type):
        return select + NOTHING
    return select + _criterion(reverse.type, "i.key", reverse.criterion, scope)


def _sort_column(resource_type: str, sort: Sort, scope: Scope) -> SortColumn:
    """The value by which a resource is put in order; one without a value comes last."""
    found = parameter(resource_type, sort.param)
    if found.code == "_id":
        return SortColumn(Sql("c.id"), sort.descending, is_instant=False)
    if found.code == "_lastUpdated":
        return SortColumn(Sql("c.at"), sort.descending, is_instant=True)
    column = {"date": "high" if sort.descending else "low", "string": "folded", "token": "code", "uri": "value"}[
        found.kind
    ]
    is_instant = found.kind == "date"
    last: object = MIN_INSTANT if sort.descending else MAX_INSTANT
    if not is_instant:
        last = "" if sort.descending else string.LAST
    extreme = "max" if sort.descending else "min"
    best = Sql(f"SELECT {extreme}(i.{column}) FROM {TABLES[found.kind]} i WHERE ") + all_of([
        scope.where("i", "sort"), Sql("i.key = c.key AND i.param = ?", (found.code,)),
    ])  # fmt: skip
    return SortColumn(Sql("COALESCE((") + best + Sql("), ?)", (last,)), sort.descending, is_instant)


def _behind(position: list[object], columns: Sequence[SortColumn]) -> Sql:
    """The rows behind a position: the first sort value beyond it, or equal and the next beyond it, and so on."""
    names = [f"c.s{n}" for n in range(len(columns))] + ["c.key"]
    descending = [column.descending for column in columns] + [False]
    either = []
    for n, name in enumerate(names):
        equal = [Sql(f"{names[m]} = ?", (position[m],)) for m in range(n)]
        either.append(all_of([*equal, Sql(f"{name} {'<' if descending[n] else '>'} ?", (position[n],))]))
    return any_of([Sql("(") + part + Sql(")") for part in either])


def encode_cursor(key: UUID, sort_values: Sequence[object]) -> str:
    """The position of a row as an opaque text."""
    values = [{"at": v.isoformat()} if isinstance(v, datetime) else v for v in sort_values]
    return base64.urlsafe_b64encode(json.dumps([*values, key.hex], separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str, columns: Sequence[SortColumn]) -> list[object]:
    """The position that `encode_cursor` wrote; SearchError for anything else."""
    try:
        listed = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        *values, key = listed
        if len(values) != len(columns):
            raise ValueError(text)
        return [*map(_cursor_value, values, columns), UUID(hex=key)]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise SearchError("The link to the next page is damaged or belongs to another search. Start again.") from error


def _cursor_value(value: object, column: SortColumn) -> object:
    """A sort value as the database takes it; SQLite's instants travel as microseconds. ValueError for what is none."""
    if not column.is_instant:
        if not isinstance(value, str) or NOT_IN_TEXT.search(value):
            raise ValueError("no text")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return EPOCH + timedelta(microseconds=value)
    at = datetime.fromisoformat(value["at"]) if isinstance(value, dict) else None
    if at is None or at.tzinfo is None:
        raise ValueError("no instant")
    return at
