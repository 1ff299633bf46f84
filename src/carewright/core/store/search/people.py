"""One person under several keys: a patient's record and those that were merged with it (aliases.py).

A search asks for these families once, before it runs, so that its statements hold plain lists of keys: a sub-select
on the aliases in every condition made short searches several times as slow.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from uuid import UUID

from carewright.core.fhir.references import PATIENT_PATHS
from carewright.core.fhir.search_parameters import SearchParameter
from carewright.core.fhir.structures import elements
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.keys import key_of
from carewright.core.store.plans import Plan
from carewright.core.store.search.parse import parameter
from carewright.core.store.search.query import Criterion, SearchQuery
from carewright.core.store.search.reference import target_keys
from carewright.core.store.sql import Row, Sql, marks

NAMES_NOBODY = frozenset({"missing", "identifier"})
"""Modifiers of a reference with which its values are no references."""
Families = Mapping[UUID, tuple[UUID, ...]]
"""A patient's key to every key of the same person, its own first. A key that is not in it stands alone."""
Charts = MutableMapping[str, tuple[str, ...]]
"""A patient's id to the ids of all charts of that person."""


def families(keys: Collection[UUID], practice: str, dialect: Dialect) -> Plan[Families]:
    """The families of patients' keys."""
    if not keys:
        return {}
    listed = sorted(keys)
    rows: list[Row] = yield _members("m.old_key, m.surviving_key", listed, practice)
    survivor = {dialect.key(row[0]): dialect.key(row[1]) for row in rows}
    members: dict[UUID, set[UUID]] = defaultdict(set)
    for old, surviving in survivor.items():
        members[surviving] |= {old, surviving}
    return {key: (key, *sorted(members[survivor.get(key, key)] - {key})) for key in listed}


def alone(keys: Collection[UUID]) -> Families:
    """The families of patients who were never merged."""
    return {key: (key,) for key in keys}


def merged(keys: Collection[UUID], practice: str) -> Sql:
    """How many aliases name one of the keys: if none does, each stands alone."""
    if not keys:
        return Sql("0")
    listed = marks(sorted(keys))
    either = Sql("(m.old_key IN ") + listed + Sql(" OR m.surviving_key IN ") + listed + Sql(")")
    return Sql("(SELECT count(*) FROM alias m WHERE m.practice = ? AND ", (practice,)) + either + Sql(")")


def charts(ids: Collection[str], practice: str, *, known: Charts) -> Plan[tuple[str, ...]]:
    """Those patients' ids, and the ids of all other charts of the same people.

    What is in `known` is not asked for again, and what is found is put there: a page of a day asks of the same people
    for every projection.
    """
    new = [one for one in dict.fromkeys(ids) if one not in known]
    survivor = dict((yield from _standing(new, practice)))
    members: dict[str, set[str]] = defaultdict(set)
    for old, surviving in survivor.items():
        members[surviving] |= {old, surviving}
    for one in new:
        known[one] = tuple(sorted(members.get(survivor.get(one, one), {one})))
    return tuple(dict.fromkeys([*ids, *(chart for one in ids for chart in known[one])]))


def standing(ids: Collection[str], practice: str) -> Plan[dict[str, str]]:
    """Each id to the id of the chart that stands for that person now: itself, or the one it was merged into."""
    survivor = dict((yield from _standing(ids, practice)))
    return {one: survivor.get(one, one) for one in ids}


def _standing(ids: Collection[str], practice: str) -> Plan[list[tuple[str, str]]]:
    """The ids of charts that were merged, with that of the chart each was merged into, of these patients' families."""
    keys = sorted(key_of("Patient", one) for one in set(ids))
    rows: list[Row] = (yield _members("m.old_id, m.surviving_id", keys, practice)) if keys else []
    return [(str(row[0]), str(row[1])) for row in rows]


def _members(columns: str, keys: Sequence[UUID], practice: str) -> Sql:
    """`columns` of the aliases `m` of every family that one of the keys belongs to."""
    by_old = Sql("SELECT a.surviving_key FROM alias a WHERE a.practice = ? AND a.old_key IN ", (practice,))
    by_survivor = Sql(
        " UNION ALL SELECT b.surviving_key FROM alias b WHERE b.practice = ? AND b.surviving_key IN ", (practice,)
    )
    members_of = Sql(f"SELECT {columns} FROM alias m WHERE m.practice = ?", (practice,))
    return members_of + Sql(" AND m.surviving_key IN (") + by_old + marks(keys) + by_survivor + marks(keys) + Sql(")")


def named(query: SearchQuery) -> frozenset[UUID]:
    """The keys of the patients that a search's references name."""
    return frozenset(key for criterion in query.criteria for key in _named(query.type, criterion))


def _named(resource_type: str, criterion: Criterion) -> Iterator[UUID]:
    if criterion.junction is not None:
        for part in criterion.junction.parts:
            yield from _named(resource_type, part)
    elif criterion.reverse is not None:
        yield from _named(criterion.reverse.type, criterion.reverse.criterion)
    elif criterion.chain is not None:
        for target in criterion.chain.types:
            yield from _named(target, criterion.chain.criterion)
    else:
        found = parameter(resource_type, criterion.param)
        if found.kind == "reference" and criterion.modifier not in NAMES_NOBODY:
            yield from (key for target, key in _targets(found, criterion) if target == "Patient")


def _targets(found: SearchParameter, criterion: Criterion) -> list[tuple[str, UUID]]:
    return [pair for value in criterion.values for pair in target_keys(value, criterion.modifier, found=found)]


def confined_to(query: SearchQuery) -> frozenset[UUID] | None:
    """The patients to whose charts every match belongs, because the search names the subject; None if it does not.

    A resource's chart is its subject's (`patient_of`), so that a search by the one subject may look at that chart's
    index rows alone.
    """
    for criterion in query.criteria:
        if criterion.junction or criterion.chain or criterion.reverse or criterion.modifier in NAMES_NOBODY:
            continue
        found = parameter(query.type, criterion.param)
        if found.kind != "reference" or not _is_the_subject(query.type, found):
            continue
        targets = _targets(found, criterion)
        if all(target == "Patient" for target, _ in targets):
            return frozenset(key for _, key in targets)
    return None


def _is_the_subject(resource_type: str, found: SearchParameter) -> bool:
    """Whether the parameter looks at the one element that says first whose chart a resource belongs to."""
    first = PATIENT_PATHS.get(resource_type, "").partition(" ")[0]
    if [str(path) for path in found.paths] != [first] or "." in first:
        return False
    return elements(resource_type)[first].high == 1
