"""Criteria as conditions on the rows of a type. Every sub-select carries the actor's predicate (scope.py).

A criterion can be written in two ways. As a *set* it is a sub-select of the keys that meet it, from which a search
begins; as a *test* it looks at the index rows of one resource at a time. The criterion that few resources meet is
the set, the others test what it found: with a set for each of them, a search for one patient's vital signs would
first gather the vital signs of the whole practice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from carewright.core.fhir.composites import Pairs, Together
from carewright.core.fhir.search_parameters import IN_THE_ROW, SearchParameter, kept_under
from carewright.core.store.keys import key_of
from carewright.core.store.search import composite, date, number, quantity, reference, string, token, uri
from carewright.core.store.search.parse import parameter, unescape
from carewright.core.store.search.people import Families
from carewright.core.store.search.query import Chain, Criterion, Junction, Reverse
from carewright.core.store.sql import Sql, all_of, any_of, joined, marks

if TYPE_CHECKING:
    from carewright.core.store.search.scope import Scope

TABLES = {
    "token": token.TABLE, "reference": reference.TABLE, "date": date.TABLE, "string": string.TABLE, "uri": uri.TABLE,
    "number": number.TABLE, "quantity": quantity.TABLE, "composite": composite.TABLE,
}  # fmt: skip
CONDITIONS: dict[str, Callable[[str, str, str], Sql]] = {
    "token": token.condition, "date": date.condition, "string": string.condition, "uri": uri.condition,
    "number": number.condition, "quantity": quantity.condition,
}  # fmt: skip
BY_PATIENT = frozenset({"token", "date", "composite"})
"""The kinds whose index tables can be read chart by chart."""
NOTHING = Sql("1=0")
ANYTHING = Sql("1=1")

FEW_VALUES = frozenset({
    "status", "clinical-status", "verification-status", "category", "class", "intent", "priority", "type", "active",
    "gender", "deceased", "_security", "_tag", "_profile",
})  # fmt: skip
"""Parameters with few different values, so that many resources have each of them."""
RANKS = {
    "reference": 3, "string": 4, "uri": 4, "composite": 5, "number": 6, "quantity": 6, "token": 6, "date": 7,
}  # fmt: skip
TESTED = frozenset({"not", "missing", "text", "not-in"})
"""Modifiers with which a search does not begin: what they ask of a resource leaves most of them, or has no index."""
BESIDE = frozenset({"of-type", "identifier"})
"""Modifiers that ask for an identifier beside the value."""
NARROW, TOO_MANY, ONLY_TESTS = 3, 8, 9
"""Ranks: up to the first, few resources are left; from the second on, a search does not begin there."""


def rank(resource_type: str, criterion: Criterion, *, one_chart: bool) -> int:
    """How few resources a criterion is likely to leave, fewest first: the order in which a search looks at them.

    `one_chart`: the search names its subject.
    """
    if criterion.junction is not None:
        ranks = (rank(resource_type, part, one_chart=one_chart) for part in criterion.junction.parts)
        return min(ranks) if criterion.junction.every else max(ranks)
    if criterion.modifier in TESTED:
        return ONLY_TESTS
    if criterion.reverse or criterion.chain:
        return 5
    found = parameter(resource_type, criterion.param)
    if found.code == "_id":
        return 0
    if found.code == "_lastUpdated":
        return 7
    if one_chart and found.kind in BY_PATIENT:
        return 2
    if found.code in FEW_VALUES:
        return TOO_MANY
    if found.code == "identifier":
        return 1
    return RANKS[found.kind]


def begins_narrow(resource_type: str, criteria: tuple[Criterion, ...], *, one_chart: bool) -> bool:
    """Whether few resources are left by what the search begins from, so that they are better gathered and then put in
    order than met on a walk through everything in that order, which PostgreSQL takes for short if a page is."""
    return any(rank(resource_type, c, one_chart=one_chart) <= NARROW for c in criteria)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conditions of one search for one actor.

    `families` are the keys of the patients it names (people.py); `charts` the keys of the patients to whose charts
    every match belongs, None if there may be others. `apart`: the tests are asked of one row at a time and never made
    joins of (few.py).
    """

    scope: "Scope"
    families: Families
    charts: tuple[UUID, ...] | None = None
    apart: bool = False

    def all(self, resource_type: str, criteria: tuple[Criterion, ...], *, row: str = "c") -> Sql:
        """The criteria as one condition on the row of `current_resource`."""
        ranks = {c: rank(resource_type, c, one_chart=self.charts is not None) for c in criteria}
        ordered = sorted(criteria, key=ranks.__getitem__)
        leading = ordered[:1] if ordered and ranks[ordered[0]] < TOO_MANY else []
        parts = [self._as_set(resource_type, row, criterion) for criterion in leading]
        return all_of(parts + [self._as_test(resource_type, row, c) for c in ordered[len(leading) :]])

    def of_row(self, resource_type: str, row: str, criteria: tuple[Criterion, ...]) -> Sql:
        """The criteria as one condition on any row that names a resource by its key: of a table, of an index, of the
        past."""
        return all_of([self._as_test(resource_type, row, criterion) for criterion in criteria])

    def begun(self, resource_type: str, criterion: Criterion, *, once: bool = False) -> Sql:
        """The keys of what meets a plain criterion: a row for each index row `i` that does, or each key `once`."""
        found = parameter(resource_type, criterion.param)
        return self._of_type(resource_type, found, "criterion", self._values(found, criterion), once=once)

    # -- a set: begun from the index --------------------------------------------------------------------------------

    def _as_set(self, resource_type: str, row: str, criterion: Criterion) -> Sql:
        """The condition that the key of `row` is among those that meet the criterion."""
        if criterion.junction is not None:
            return self._joined_sets(resource_type, row, criterion.junction)
        if criterion.reverse is not None:
            return Sql(f"{row}.key IN (") + self._referred_to(resource_type, criterion.reverse) + Sql(")")
        found = parameter(resource_type, criterion.param)
        if criterion.chain is None and (found.code in IN_THE_ROW or criterion.modifier in TESTED):
            return self._as_test(resource_type, row, criterion)
        found = _index_of(found, criterion)
        if found.kind == "composite" and found.branches:
            listed = joined(" UNION ALL ", self._pairs(resource_type, found, criterion))
            return Sql(f"{row}.key IN (") + listed + Sql(")")
        if criterion.chain is not None:
            inner = self._leading_on(criterion.chain)
            place = "chain"
        else:
            inner = self._values(found, criterion)
            place = "criterion"
        return Sql(f"{row}.key IN (") + self._of_type(resource_type, found, place, inner) + Sql(")")

    def _joined_sets(self, resource_type: str, row: str, junction: Junction) -> Sql:
        """Several criteria at once. Any of them: the keys that meet each, put together, because a database does not
        look at an index for an alternative between sub-selects."""
        if junction.every:
            return self.all(resource_type, junction.parts, row=row)
        each = [self._standing(resource_type, self.all(resource_type, (part,), row="i")) for part in junction.parts]
        return Sql(f"{row}.key IN (") + joined(" UNION ALL ", each) + Sql(")")

    def _of_type(
        self, resource_type: str, found: SearchParameter, place: str, inner: Sql, *, once: bool = False
    ) -> Sql:
        """The keys of the resources of a type with a value of the parameter that meets `inner`, in the named charts if
        any are.

        What leads on to further sub-selects stands first, here and below: SQLite reads a hundred symbols that are not
        closed, and whatever stands before an open parenthesis is some of them. A chain of three for somebody confined
        to one patient was too deep.
        """
        select = Sql(f"SELECT {'DISTINCT ' if once else ''}i.key FROM {TABLES[found.kind]} i WHERE ") + inner
        select += (
            Sql(" AND ")
            + self.scope.where("i", place)
            + Sql(" AND i.type = ? AND i.param = ?", (resource_type, found.code))
        )
        if self.charts is not None and found.kind in BY_PATIENT:
            select += Sql(" AND i.patient_key IN ") + marks(self.charts)
        return select

    def _pairs(self, resource_type: str, found: SearchParameter, criterion: Criterion) -> Iterator[Sql]:
        """The keys that meet a composite, a select for each value and each place that it looks at."""
        for value in criterion.values:
            parts = composite.parts_of(found.code, value)
            for branch in found.branches:
                if isinstance(branch, Pairs):
                    kept = replace(found, code=kept_under(resource_type, branch))
                    pair = composite.pair_condition("i", parts, kind=branch.kinds[1])
                    yield self._of_type(resource_type, kept, "criterion", pair)
                else:
                    first, second = self._together(branch, parts)
                    leading = parameter(resource_type, first.param)
                    both = self._values(leading, first) + Sql(" AND ") + self._as_test(resource_type, "i", second)
                    yield self._of_type(resource_type, leading, "criterion", both)

    def _meets_pair(self, resource_type: str, row: str, found: SearchParameter, criterion: Criterion) -> Sql:
        """A composite as a condition on the resource of `row`."""
        either, alias = [], _inner(row)
        for value in criterion.values:
            parts = composite.parts_of(found.code, value)
            for branch in found.branches:
                if isinstance(branch, Pairs):
                    pair = composite.pair_condition(alias, parts, kind=branch.kinds[1])
                    kept = replace(found, code=kept_under(resource_type, branch))
                    either.append(self._rows_of(row, kept, "criterion", pair))
                else:
                    both = [self._as_test(resource_type, row, part) for part in self._together(branch, parts)]
                    either.append(Sql("(") + all_of(both) + Sql(")"))
        return any_of(either)

    def _together(self, branch: Together, parts: tuple[str, str]) -> tuple[Criterion, Criterion]:
        first, second = zip(branch.codes, parts, strict=True)
        return Criterion(param=first[0], values=(first[1],)), Criterion(param=second[0], values=(second[1],))

    def _leading_on(self, chain: Chain) -> Sql:
        """On a reference row `i`: it leads to a record that meets the criterion, or was merged into one that does."""
        targets = [self._standing(t, self._inside(t, chain.criterion)) for t in self._seen(chain)]
        if not targets:
            return NOTHING
        met = joined(" UNION ALL ", targets)
        if "Patient" not in chain.types:
            return Sql("i.target_key IN (") + met + Sql(")")
        merged = Sql(
            "SELECT a.old_key FROM met JOIN alias a ON a.practice = ? AND a.surviving_key = met.key",
            (self.scope.practice,),
        )
        return (
            Sql("i.target_key IN (WITH met (key) AS (")
            + met
            + Sql(") SELECT key FROM met UNION ALL ")
            + merged
            + Sql(")")
        )

    def _referred_to(self, resource_type: str, reverse: Reverse) -> Sql:
        """The keys of the records of a type to which one leads that meets the criterion, and of what they were merged
        into."""
        sees = self.scope.sees(reverse.type)
        select = Sql("SELECT i.target_key FROM index_reference i WHERE ")
        select += self._inside(reverse.type, reverse.criterion) if sees else NOTHING
        select += Sql(" AND i.type = ? AND i.param = ? AND ", (reverse.type, reverse.reference))
        select += self.scope.where("i", "reverse")
        if not sees:
            return select
        if resource_type != "Patient":
            return select
        merged = Sql(
            "SELECT a.surviving_key FROM met JOIN alias a ON a.practice = ? AND a.old_key = met.key",
            (self.scope.practice,),
        )
        return Sql("WITH met (key) AS (") + select + Sql(") SELECT key FROM met UNION ALL ") + merged

    def _inside(self, resource_type: str, criterion: Criterion) -> Sql:
        """The criterion of a chain or of `_has`, on its row `i`. Whose charts those are is not known."""
        return Conditions(scope=self.scope, families=self.families)._as_set(resource_type, "i", criterion)

    def _seen(self, chain: Chain) -> list[str]:
        return [t for t in chain.types if self.scope.sees(t)]

    def _standing(self, resource_type: str, inner: Sql) -> Sql:
        """The keys of what stands of a type and meets `inner`, for the far end of a chain."""
        select = Sql("SELECT i.key FROM current_resource i WHERE ") + inner
        return select + Sql(" AND i.type = ? AND i.deleted = 0 AND ", (resource_type,)) + self.scope.where("i", "chain")

    # -- a test: on one resource ------------------------------------------------------------------------------------

    def _as_test(self, resource_type: str, row: str, criterion: Criterion) -> Sql:
        """The condition on the resource of `row`, by its own index rows.

        A key says its type; naming the type as well would make SQLite take the index by value for each resource.
        """
        if criterion.junction is not None:
            tests = [self._as_test(resource_type, row, part) for part in criterion.junction.parts]
            return Sql("(") + all_of(tests) + Sql(")") if criterion.junction.every else any_of(tests)
        if criterion.reverse is not None:
            return self._is_referred_to(resource_type, row, criterion.reverse)
        found = _index_of(parameter(resource_type, criterion.param), criterion)
        if criterion.chain is not None:
            return self._leads_on(row, found, criterion.chain)
        if found.code in IN_THE_ROW:
            return self._in_the_row(resource_type, row, found, criterion)
        if found.kind == "composite" and found.branches:
            return self._meets_pair(resource_type, row, found, criterion)
        if criterion.modifier == "missing":
            return Sql("NOT " if criterion.values == ("true",) else "") + self._rows_of(row, found, "missing", ANYTHING)
        has = self._rows_of(row, found, "criterion", self._values(found, criterion, alias=_inner(row)))
        return Sql("NOT " if criterion.modifier in ("not", "not-in") else "") + has

    def _rows_of(self, row: str, found: SearchParameter, place: str, inner: Sql) -> Sql:
        """That among the parameter's index rows of the resource of `row` is one that meets `inner`."""
        alias = _inner(row)
        return (
            Sql(f"EXISTS (SELECT 1 FROM {TABLES[found.kind]} {alias} WHERE ")
            + inner
            + Sql(f" AND {alias}.key = {row}.key AND {alias}.param = ? AND ", (found.code,))
            + self.scope.where(alias, place)
            + (Sql(" LIMIT ?)", (1,)) if self.apart else Sql(")"))
        )

    def _in_the_row(self, resource_type: str, row: str, found: SearchParameter, criterion: Criterion) -> Sql:
        """`_id` and `_lastUpdated`, which every resource has."""
        if criterion.modifier == "missing":
            return NOTHING if criterion.values == ("true",) else ANYTHING
        if found.code == "_id":
            listed = marks([key_of(resource_type, unescape(value)) for value in criterion.values])
            return Sql(f"{row}.key {'NOT IN' if criterion.modifier == 'not' else 'IN'} ") + listed
        if row == "c":
            return any_of([date.row_time_condition("c.at", value) for value in criterion.values])
        alias = _inner(row)
        at = any_of([date.row_time_condition(f"{alias}.at", value) for value in criterion.values])
        select = Sql(f"EXISTS (SELECT 1 FROM current_resource {alias} WHERE ") + self.scope.where(alias, "criterion")
        return select + Sql(f" AND {alias}.key = {row}.key AND {alias}.deleted = 0 AND ") + at + Sql(")")

    def _leads_on(self, row: str, found: SearchParameter, chain: Chain) -> Sql:
        """A reference of this resource leads to a record that meets the criterion, or was merged into one that does."""
        alias, target = _inner(row), _inner(_inner(row))
        either = []
        for t in self._seen(chain):
            keys = Sql(f"{target}.key = {alias}.target_key")
            if t == "Patient":
                merged = (
                    f"(SELECT a.surviving_key FROM alias a WHERE a.practice = ? AND a.old_key = {alias}.target_key)"
                )
                keys = Sql(f"{target}.key IN ({alias}.target_key, {merged})", (self.scope.practice,))
            select = Sql(f"EXISTS (SELECT 1 FROM current_resource {target} WHERE ")
            select += self._as_test(t, target, chain.criterion) + Sql(" AND ") + keys
            select += Sql(f" AND {target}.type = ? AND {target}.deleted = 0 AND ", (t,))
            either.append(select + self.scope.where(target, "chain") + Sql(")"))
        return self._rows_of(row, found, "chain", any_of(either))

    def _is_referred_to(self, resource_type: str, row: str, reverse: Reverse) -> Sql:
        """A record that meets the criterion refers to this resource, or to one that was merged into it."""
        if not self.scope.sees(reverse.type):
            return NOTHING
        alias = _inner(row)
        refers = Sql(f"SELECT 1 FROM index_reference {alias} WHERE ")
        refers += self._as_test(reverse.type, alias, reverse.criterion) + Sql(" AND ")
        refers += self.scope.where(alias, "reverse")
        refers += Sql(f" AND {alias}.type = ? AND {alias}.param = ?", (reverse.type, reverse.reference))
        here = Sql("EXISTS (") + refers + Sql(f" AND {alias}.target_key = {row}.key)")
        if resource_type != "Patient":
            return here
        merged = Sql(
            f"SELECT a.old_key FROM alias a WHERE a.practice = ? AND a.surviving_key = {row}.key",
            (self.scope.practice,),
        )
        return any_of([here, Sql("EXISTS (") + refers + Sql(f" AND {alias}.target_key IN (") + merged + Sql("))")])

    # -- values -----------------------------------------------------------------------------------------------------

    def _values(self, found: SearchParameter, criterion: Criterion, *, alias: str = "i") -> Sql:
        """Any of the criterion's values, as a condition on the index row `alias`."""
        return any_of([self._value(found, value, criterion.modifier, alias) for value in criterion.values])

    def _value(self, found: SearchParameter, value: str, modifier: str, alias: str) -> Sql:
        if modifier in BESIDE:
            return composite.beside_condition(alias, value, modifier)
        if found.kind == "reference":
            return reference.condition(alias, value, modifier, found=found, families=self.families)
        return CONDITIONS[found.kind](alias, value, modifier)


def _index_of(found: SearchParameter, criterion: Criterion) -> SearchParameter:
    """The parameter with the index that it is looked up in: what a modifier asks of the value's identifier stands in
    that of the composites."""
    if criterion.modifier not in BESIDE:
        return found
    return replace(found, kind="composite", code=f"{found.code}:{criterion.modifier}")


def _inner(row: str) -> str:
    """The name of a sub-select's row, which stands beside the rows of every select around it."""
    return "i" if row == "c" else row + "i"
