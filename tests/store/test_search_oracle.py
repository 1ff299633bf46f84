"""Both engines find what a brute-force search over the resources finds (search_oracle.py), whoever asks.

In the suite a dozen random populations, and one thick one that is asked everything once (test_search_table.py);
`./run prove search-oracle` runs many more.
"""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from carewright.core.access.labels import EVERYTHING, mask
from carewright.core.access.model import Access, Interaction
from carewright.core.fhir.codec import decode
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.store.people import everything
from tests.store.search_oracle import Ask, Eyes, Resource, World, parameter
from tests.store.search_populations import IDS, LABEL_SYSTEMS, Population, Search, eyes, populations, searches

MANY = 1000


@pytest.fixture(params=["sqlite", pytest.param("both engines", marks=pytest.mark.postgresql)])
def stores(request: pytest.FixtureRequest) -> list[Store]:
    names = ["sqlite_store"] if request.param == "sqlite" else ["sqlite_store", "postgresql_store"]
    return [request.getfixturevalue(name) for name in names]


@pytest.fixture(params=[12, pytest.param(400, marks=pytest.mark.slow)])
def examples(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def populate(store: Store, practice: str, population: Population) -> None:
    """Write a population, at the times its stamps say."""
    store.ensure_practice(practice, "Oracle")
    writer = Writer(store, everything(practice))
    for listed in (population.first, population.later):
        for stamp in sorted({stamp for stamp, _ in listed}):
            at = datetime.fromisoformat(stamp)
            with (
                mock.patch("carewright.core.store.writer.wall_now", lambda at=at: at),
                writer.transaction(reason="test.populate") as tx,
            ):
                for of, resource in listed:
                    if of == stamp:
                        tx.put(resource)
    if population.deleted:
        with writer.transaction(reason="test.delete") as tx:
            for resource_id in population.deleted:
                tx.delete(Ref("Questionnaire", resource_id))
    for old, survivor in population.merged:
        with writer.transaction(reason="test.merge") as tx:
            tx.merge(Ref("Patient", old), survivor=Ref("Patient", survivor))


def standing(population: Population) -> list[Resource]:
    """What stands after all of it was written, as the specification has it: the last version of each."""
    found: dict[tuple[str, str], Resource] = {}
    for listed in (population.first, population.later):
        for stamp, resource in sorted(listed, key=lambda pair: pair[0]):
            meta = {**resource.get("meta", {}), "lastUpdated": stamp}
            found[resource["resourceType"], resource["id"]] = {**resource, "meta": meta}
    for resource_id in population.deleted:
        del found["Questionnaire", resource_id]
    return list(found.values())


def access_of(seen: Eyes, practice: str) -> Access:
    labels = EVERYTHING if seen.labels is None else mask((LABEL_SYSTEMS[label], label) for label in seen.labels)
    grants = dict.fromkeys(seen.types, frozenset({Interaction.READ, Interaction.SEARCH}))
    return everything(practice, grants=grants, patient=seen.patient, sensitive=labels)


# -- a search as a client writes it -----------------------------------------------------------------------------------


def escaped(text: str) -> str:
    for character in "\\,|$":
        text = text.replace(character, f"\\{character}")
    return text


def written(ask: Ask, resource_type: str) -> tuple[str, str]:
    """The criterion as (name, value)."""
    if ask.either or ask.both:
        return "_filter", filtered(ask, resource_type)
    if ask.inner is not None and ask.source:
        name, value = written(ask.inner, ask.source)
        return f"_has:{ask.source}:{ask.param}:{name}", value
    if ask.inner is not None:
        name, value = written(ask.inner, ask.targets[0])
        return f"{ask.param}:{ask.modifier}.{name}", value
    found = parameter(resource_type, ask.param)
    kind = found[0] if found else "token" if ask.param == "_id" else "date"
    values = [_value(kind, value) for value in ask.values]
    return ask.param + (f":{ask.modifier}" if ask.modifier else ""), ",".join(values)


def filtered(ask: Ask, resource_type: str) -> str:
    """A criterion as it stands in a filter."""
    if ask.either or ask.both:
        word = " or " if ask.either else " and "
        return f"({word.join(filtered(part, resource_type) for part in (*ask.either, *ask.both))})"
    path, end, last = [], ask, resource_type
    while end.inner is not None:
        path.append(f"{end.param}:{end.modifier}")
        end, last = end.inner, end.targets[0]
    known = parameter(last, end.param)
    kind = known[0] if known else "token" if end.param == "_id" else "date"
    value = str(end.values[0]) if kind == "string" else _value(kind, end.values[0])
    return f"{'.'.join([*path, end.param])} eq {json.dumps(value, ensure_ascii=len(value) % 2 == 0)}"


def _value(kind: str, value: object) -> str:
    if kind == "composite" and isinstance(value, tuple):
        return "$".join(_value("quantity" if isinstance(part, str) else "token", part) for part in value)
    if isinstance(value, tuple):
        system, code = value
        return escaped(code) if system is None else f"{escaped(system)}|{escaped(code)}"
    return str(value) if kind in ("date", "quantity") else escaped(str(value))


def pairs(search: Search) -> list[tuple[str, str]]:
    listed = [written(ask, search.type) for ask in search.asks]
    if search.sort:
        listed.append(("_sort", ",".join(f"-{code}" if descending else code for code, descending in search.sort)))
    for source, param, target, reverse, iterate in search.includes:
        value = f"{source}:{param}" + (f":{target}" if target else "")
        name = "_revinclude" if reverse else "_include"
        listed.append((f"{name}:iterate" if iterate else name, value))
    return listed


# -- the comparison ---------------------------------------------------------------------------------------------------


def found_by(store: Store, access: Access, search: Search) -> tuple[list[str], set[str], int | None]:
    """The matches in order, what was included, the total; and the pages must add up to the same."""
    with store.reader(access, reason="test.oracle") as reader:
        query = parse(search.type, [*pairs(search), ("_count", str(MANY)), ("_total", "accurate")])
        page = reader.search(query)
        whole = [str(stored.ref) for stored in page.matches]
        assert page.next is None
        paged: list[str] = []
        after: list[tuple[str, str]] = []
        while True:
            part = reader.search(parse(search.type, [*pairs(search), ("_count", str(search.count)), *after]))
            paged += [str(stored.ref) for stored in part.matches]
            assert len(part.matches) <= search.count
            if part.next is None:
                break
            after = [("_after", part.next)]
        assert paged == whole, "the pages are the whole"
        for stored in (*page.matches, *page.included):
            assert decode(stored.body or b"")["id"] == stored.ref.id
    return whole, {str(stored.ref) for stored in page.included}, page.total


def in_order(world: World, listed: Sequence[Resource], sort: Sequence[tuple[str, bool]]) -> bool:
    """Whether no two neighbors stand the wrong way round."""
    for one, two in pairwise(listed):
        for code, descending in sort:
            a = world.sort_key(one, code, descending=descending)
            b = world.sort_key(two, code, descending=descending)
            if a == b:
                continue
            if a is None or (b is not None and (a < b if descending else a > b)):
                return False
            break
    return True


def expected_includes(world: World, matches: list[Resource], search: Search) -> set[str]:
    found: set[str] = set()
    reached, includes = matches, search.includes
    while reached and includes:
        following: set[str] = set()
        for source, param, target, reverse, _ in includes:
            if reverse:
                following |= world.including(reached, source, param)
            else:
                following |= world.included(reached, source, param, f"{target}/" if target else "")
        following -= found | {f"{m['resourceType']}/{m['id']}" for m in matches}
        found |= following
        reached = [r for r in world.resources if f"{r['resourceType']}/{r['id']}" in following]
        includes = tuple(one for one in includes if one[4])
    return found


def world_of(population: Population, seen: Eyes) -> World:
    """What somebody sees of a population."""
    families = [
        {survivor, *(old for old, to in population.merged if to == survivor)} for _, survivor in population.merged
    ]
    family = next((names for names in families if seen.patient in names), set())
    sight = replace(seen, merged=frozenset(family))
    return World(tuple(r for r in standing(population) if sight.see(r)), population.merged)


def judge(stores: Sequence[Store], seen: Eyes, practice: str, search: Search, population: Population) -> int:
    """Compare every engine with the oracle; how many matches there were."""
    world = world_of(population, seen)
    matches = [r for r in world.of_type(search.type) if all(world.meets(r, ask) for ask in search.asks)]
    by_name = {f"{r['resourceType']}/{r['id']}": r for r in matches}
    answers = [found_by(store, access_of(seen, practice), search) for store in stores]
    for listed, included, total in answers:
        assert sorted(listed) == sorted(by_name), pairs(search)
        assert total == len(listed)
        assert in_order(world, [by_name[name] for name in listed], search.sort), pairs(search)
        assert included == expected_includes(world, matches, search), pairs(search)
    assert all(answer == answers[0] for answer in answers), "the engines agree on the order too"
    return len(matches)


def test_every_search_finds_what_the_oracle_finds(stores: list[Store], examples: int) -> None:
    tally: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        derandomize=examples < 100,  # the suite's short form is the same every time
        phases=[phase for phase in Phase if phase is not Phase.shrink or examples > 100],  # shrinking takes minutes
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        print_blob=True,
    )
    @given(
        here=populations(),
        elsewhere=populations(),
        seen=eyes(),
        listed=st.lists(searches(), min_size=20, max_size=30),
    )
    def agree(here: Population, elsewhere: Population, seen: Eyes, listed: list[Search]) -> None:
        practices = [f"o{uuid.uuid4().hex[:12]}" for _ in range(2)]
        for store in stores:  # the same ids stand in both practices, with other content
            populate(store, practices[0], here)
            populate(store, practices[1], elsewhere)
        for search in listed:
            if search.type not in seen.types:
                continue
            for practice, population in zip(practices, (here, elsewhere), strict=True):
                for who in (seen, Eyes(types=frozenset(IDS))):
                    matches = judge(stores, who, practice, search, population)
                    tally["found" if matches else "empty"] += 1

    agree()
    assert tally["found"] > tally.total() / 8, f"too few of the searches find anything: {tally}"
