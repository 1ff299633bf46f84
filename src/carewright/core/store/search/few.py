"""Searches that look at few rows whatever they are for, so that the database may keep one plan for all values.

To plan a search for its own values takes PostgreSQL longer than to find sixty appointments. It has to be planned so
where the best plan depends on the values (compile.py): a million resources are `final`. Most searches begin from few
rows all the same: a day, a name, a chart. So those are asked for first, up to a bound; where they are within it, they
are looked up one by one, which is one plan. Where there are more, nothing is looked up, and the search is carried out
as any other.

What refers to one record is asked for in the order of the keys where nothing else is asked: its index has it in that
order, so that a page is read and no more, of a chart or of everything that one person has measured. And a chart's
records in the order of a date are put in that order by the chart's own dates.

That the tests stay with their rows is what their limits are for: PostgreSQL makes no join of a sub-select whose limit
it does not know.
"""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from carewright.core.fhir.search_parameters import IN_THE_ROW
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.search import compile as compiler
from carewright.core.store.search import people
from carewright.core.store.search.criteria import BESIDE, NARROW, Conditions, rank
from carewright.core.store.search.cursor import behind, decode_cursor
from carewright.core.store.search.date import split_prefix
from carewright.core.store.search.parse import WHOLE, parameter
from carewright.core.store.search.people import confined_to
from carewright.core.store.search.query import Criterion, SearchQuery
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql

MOST = 500
"""Index rows from which a search is begun in this way. To have looked at so many in vain costs half a millisecond."""
MOST_NARROW = 5_000
"""The same where it would be begun from them in any case: a chart, what refers to a record, an identifier."""
KEY = 6
"""The place of a resource's key in a row."""
RANGES = frozenset({"string", "uri"})
"""Kinds of which a value is met by few resources, beside those that lead to a record or stand in one chart."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """The criterion that a search begins from, the others, and the bound on its index rows.

    `in_order`: the page is cut among those rows.
    """

    leading: Criterion
    others: tuple[Criterion, ...]
    most: int
    in_order: bool = False


def beginning(query: SearchQuery, scope: Scope, dialect: Dialect) -> Beginning | None:
    """How a search is begun in this way; None where it is not worth a try."""
    if query.total or not dialect.plans_by_values:
        return None
    criteria = [part for criterion in query.criteria for part in _parts(criterion)]
    if scope.predicate.limits or not criteria or any(c.junction or c.chain or c.reverse for c in criteria):
        return None
    one_chart = confined_to(query) is not None
    leading = min(criteria, key=lambda c: rank(query.type, c, one_chart=one_chart))
    narrow = rank(query.type, leading, one_chart=one_chart) <= NARROW
    if not _leads(query.type, leading, narrow=narrow):
        return None
    criteria.remove(leading)
    if not criteria and not query.sort and parameter(query.type, leading.param).kind == "reference":
        return Beginning(leading=leading, others=(), most=query.count + 1, in_order=True)
    return Beginning(leading=leading, others=tuple(criteria), most=MOST_NARROW if narrow else MOST)


def matches(query: SearchQuery, begun: Beginning, scope: Scope) -> Sql:
    """As `compile.matches` for people who were never merged. The last two columns say how many index rows it began from
    and how many aliases name somebody whom it names. There is always a row: one without a resource where nothing
    matches or the bound is passed."""
    named = people.named(query)
    families = people.alone(named)
    charts = compiler.charts_of(query, families)
    conditions = Conditions(scope=scope, families=families, charts=charts, apart=True)
    columns = compiler.sort_columns(query, scope)
    cut = _cut(query, begun, scope, charts)
    keys = "cut" if cut else "few"
    within = Sql(f"c.key IN (SELECT key FROM {keys}) AND (SELECT count(*) FROM few) <= ? AND ", (begun.most,))
    statement = Sql("WITH few AS MATERIALIZED (") + conditions.begun(query.type, begun.leading, once=begun.in_order)
    if begun.in_order:
        after = decode_cursor(query.after, columns) if query.after else []
        statement += Sql(" AND i.key > ?", tuple(after)) if after else Sql("")
        statement += Sql(" ORDER BY i.key LIMIT ?", (begun.most,))
    else:
        statement += Sql(" LIMIT ?", (begun.most + 1,))
    if cut is not None:
        statement += Sql("), cut AS MATERIALIZED (") + cut
    statement += Sql("), c AS MATERIALIZED (") + compiler.selected(columns)
    statement += Sql(" FROM current_resource c WHERE ") + within
    statement += conditions.of_row(query.type, "c", begun.others) + Sql(" AND ") + compiler.stands(query, scope)
    statement += Sql("), ") + compiler.page(query, columns)
    statement += Sql(f" SELECT {compiler.COLUMNS}{compiler.names(columns)}, f.begun, f.merged FROM (SELECT ")
    statement += Sql("(SELECT count(*) FROM few) AS begun, ") + people.merged(named, scope.practice)
    shown = f"(page c {compiler.JOIN_BODY})"
    return statement + Sql(f" AS merged) f LEFT JOIN {shown} ON 1 = 1{compiler.order(columns)}")


def _cut(query: SearchQuery, begun: Beginning, scope: Scope, charts: tuple[UUID, ...] | None) -> Sql | None:
    """The keys of the page where a chart's records are put in order by one parameter and nothing else is asked: cut
    among its index rows, so that of two hundred records only those that are shown are looked up."""
    if charts is None or begun.others or len(query.sort) != 1:
        return None
    listed = compiler.charts_in_order(query.type, query.sort[0], scope, charts=charts, keys="few")
    if listed is None:
        return None
    columns = compiler.sort_columns(query, scope)
    behind_ = Sql(" WHERE ") + behind(decode_cursor(query.after, columns), columns) if query.after else Sql("")
    shown = Sql(f"{compiler.order(columns)} LIMIT ?", (query.count + 1,))
    return Sql("SELECT c.key FROM (") + listed + Sql(") c") + behind_ + shown


def found(rows: list[Row], begun: Beginning) -> list[Row] | None:
    """The rows of the page as `compile.matches` has them; None where the search has to be carried out as any other."""
    number, merged = rows[0][-2:]
    if cast(int, number) > begun.most or merged:
        return None
    return [row[:-2] for row in rows if row[KEY] is not None]


def _parts(criterion: Criterion) -> tuple[Criterion, ...]:
    """What all must hold stands beside the other criteria: the words of a name."""
    if criterion.junction is not None and criterion.junction.every:
        return criterion.junction.parts
    return (criterion,)


def _leads(resource_type: str, criterion: Criterion, *, narrow: bool) -> bool:
    """Whether few resources are likely to meet the criterion, and an index says which."""
    found = parameter(resource_type, criterion.param)
    if found.code in IN_THE_ROW or found.kind == "composite" or criterion.modifier in BESIDE:
        return False
    if found.kind == "date" and not narrow:
        return not criterion.modifier and all(split_prefix(value)[0] == "eq" for value in criterion.values)
    return narrow or (found.kind in RANGES and criterion.modifier in ("", "exact", WHOLE))
