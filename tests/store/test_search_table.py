"""One thick population that is asked everything once: every parameter with every modifier, prefix and value, every
chain and `_has`, every order and include. Both engines must find what the oracle finds, whoever asks.

The random form is test_search_oracle.py; this one leaves no kind of value to chance.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from typing import Any

import pytest

from carewright.core.store.store import Store
from tests.store.search_oracle import EVERY_TYPE, PARAMETERS, Ask, Eyes, Resource
from tests.store.search_populations import (
    AMOUNT_PREFIXES,
    CHAINS,
    CODES,
    DAYS,
    IDS,
    IMPLIED,
    IMPLIED_CODES,
    LABEL_SYSTEMS,
    LABELS,
    MODIFIERS,
    NAMES,
    NUMBERS,
    PEOPLE,
    PIECES,
    PREFIXES,
    RESULTS,
    SEVERAL_WORDS,
    SORTS,
    STAMPS,
    SYSTEMS,
    TIMES,
    UCUM,
    UNITS,
    URLS,
    VISITS,
    Included,
    Population,
    Search,
    amount_searched,
    included_with,
)  # fmt: skip
from tests.store.test_search_oracle import judge, populate

PATIENTS = [f"p{n}" for n in range(20)]
FEW = 3
"""Values of a criterion inside a chain or `_has`: the outer part is what is asked about there."""
EYES = (
    Eyes(types=frozenset(IDS)),
    Eyes(types=frozenset(IDS), labels=frozenset()),
    Eyes(types=frozenset(IDS), patient="p1"),
    Eyes(types=frozenset(IDS), patient="p2", labels=frozenset({"R"})),
    Eyes(types=frozenset(IDS) - {"Encounter", "Practitioner"}),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


# -- the population ---------------------------------------------------------------------------------------------------


@dataclass
class Wheels:
    """Values in turn, so that each comes up, in combinations that do not repeat soon."""

    names: Iterator[str]
    times: Iterator[str]
    days: Iterator[str]
    codes: Iterator[str]
    systems: Iterator[str | None]
    numbers: Iterator[str]

    def coding(self) -> Resource:
        system = next(self.systems)
        return {**({"system": system} if system else {}), "code": next(self.codes)}

    def concept(self) -> Resource:
        return {"coding": [self.coding()]}

    def identifier(self) -> Resource:
        coding = self.coding()
        return {**({"system": coding["system"]} if "system" in coding else {}), "value": coding["code"]}

    def quantity(self, n: int) -> Resource:
        unit: Resource = ({"system": UCUM, "code": "mg", "unit": "milligram"}, {"unit": "mg"}, {})[n % 3]
        comparator = {1: "<", 3: "<=", 5: ">", 7: ">="}.get(n % 11)
        known = {"comparator": comparator} if comparator else {}
        return {"value": Decimal(next(self.numbers)), **unit, **known}

    def name(self) -> Resource:
        return {"family": next(self.names), "given": [next(self.names)]}


def meta(n: int, wheels: Wheels) -> Resource:
    """A label on some, a tag and a profile on others."""
    label = LABELS[n // 3 % len(LABELS)]
    return {
        **({"security": [{"system": LABEL_SYSTEMS[label], "code": label}]} if n % 3 == 0 else {}),
        **({"tag": [wheels.coding()]} if n % 4 == 1 else {}),
        "profile": [URLS[n % len(URLS)]],
    }


def thick() -> Population:
    """Everything that a search can ask for stands somewhere in it, and is missing somewhere else."""
    wheels = Wheels(cycle(NAMES), cycle(TIMES), cycle(DAYS), cycle(CODES), cycle(SYSTEMS), cycle(NUMBERS))
    made: list[Resource] = []
    for n, person in enumerate(PATIENTS):
        made.append({
            "resourceType": "Patient", "id": person, "meta": meta(n, wheels),
            **({"name": [wheels.name()], "birthDate": next(wheels.days)} if n % 5 else {}),
            **({"gender": ("male", "female")[n % 2], "active": n % 3 > 0} if n % 4 else {}),
            **({"identifier": [wheels.identifier()], "address": [{"city": next(wheels.names)}]} if n % 3 else {}),
            **({"generalPractitioner": [{"reference": f"Practitioner/{PEOPLE[n % 2]}"}]} if n % 3 == 1 else {}),
            **({"deceasedDateTime": next(wheels.times)} if n % 7 == 2 else {}),
            **({"deceasedBoolean": n % 2 == 0} if n % 7 == 4 else {}),
        })  # fmt: skip
    for n, doctor in enumerate(PEOPLE):
        made.append({
            "resourceType": "Practitioner", "id": doctor, "meta": meta(n + 1, wheels), "name": [wheels.name()],
            "active": n == 0, "identifier": [wheels.identifier()],
        })  # fmt: skip
    for n, visit in enumerate(VISITS):
        made.append({
            "resourceType": "Encounter", "id": visit, "meta": meta(n, wheels), "status": ("arrived", "finished")[n % 2],
            "class": wheels.coding(), "subject": {"reference": f"Patient/p{n}"},
            "period": {"start": "2026-11-23T10:42:00Z", **({"end": "2026-11-24T00:00:00Z"} if n % 2 else {})},
            **({"participant": [{"individual": {"reference": f"Practitioner/{PEOPLE[n % 2]}"}}]} if n else {}),
            **({"partOf": {"reference": "Encounter/e0"}} if n > 1 else {}),
            **({"reasonCode": [wheels.concept()]} if n % 2 else {}),
        })  # fmt: skip
    made += [result(n, wheels) for n in range(24)]
    for n, form in enumerate(IDS["Questionnaire"]):
        made.append({
            "resourceType": "Questionnaire", "id": form, "meta": meta(n + 2, wheels),
            "status": ("draft", "active")[n % 2],
            **({"url": URLS[n], "title": next(wheels.names), "date": next(wheels.days)} if n else {}),
        })  # fmt: skip
    stamped = tuple((STAMPS[n % len(STAMPS)], resource) for n, resource in enumerate(made))
    return Population(stamped, later=(), deleted=("q2",), merged=(("p0", "p1"), ("p3", "p1")))


def result(n: int, wheels: Wheels) -> Resource:
    """One of the observations; the first few have the ids that others refer to."""
    when: tuple[Resource, ...] = (
        {"effectiveDateTime": next(wheels.times)}, {"effectiveDateTime": next(wheels.days)},
        {"effectivePeriod": {"start": "2026-11-22T00:00:00Z", "end": "2026-11-23T12:00:00Z"}},
        {"effectivePeriod": {"start": "2026-11-23T10:42:00Z"}}, {"effectivePeriod": {"end": "2026-11-23T10:42:00Z"}},
        {"effectiveInstant": "2026-11-23T10:42:00Z"},
        {"effectiveTiming": {"event": ["2026-11-23T10:42:00Z", "2026-11-25T00:00:00Z"]}}, {},
    )  # fmt: skip
    return {
        "resourceType": "Observation", "id": RESULTS[n] if n < len(RESULTS) else f"x{n}", "meta": meta(n, wheels),
        "status": ("final", "preliminary")[n % 3 == 0], "code": wheels.concept(), **when[n % len(when)],
        **({"category": [wheels.concept()]} if n % 3 else {}),
        **({"subject": {"reference": f"Patient/p{n % 6}"}} if n % 5 else {}),
        **({"performer": [{"reference": ("Patient/p1", "Practitioner/d0", "Patient/p4")[n % 3]}]} if n % 2 else {}),
        **({"encounter": {"reference": f"Encounter/{VISITS[n % 4]}"}} if n % 4 else {}),
        **({"hasMember": [{"reference": f"Observation/{RESULTS[n % 5]}"}]} if n % 6 == 1 else {}),
        **value(n, wheels),
        **({"component": [component(n, wheels), component(n + 1, wheels)]} if n % 2 else {}),
    }  # fmt: skip


def value(n: int, wheels: Wheels) -> Resource:
    """At most one value."""
    if n % 3 == 0:
        return {"valueString": next(wheels.names)} if n % 2 else {"valueCodeableConcept": wheels.concept()}
    return {"valueQuantity": wheels.quantity(n)}


def component(n: int, wheels: Wheels) -> Resource:
    kind = {"valueCodeableConcept": wheels.concept()} if n % 4 == 3 else {"valueQuantity": wheels.quantity(n)}
    return {"code": wheels.concept(), **kind}


# -- what it is asked -------------------------------------------------------------------------------------------------


def values_of(kind: str, param: str, modifier: str) -> list[Any]:
    """Everything that may be searched for with a parameter."""
    if kind == "date":
        known = STAMPS if param == "_lastUpdated" else (*DAYS[:6], *TIMES)
        return [prefix + text for prefix in PREFIXES[1:] for text in known]
    if kind == "string":
        return [*NAMES, *(PIECES if modifier != "exact" else ()), *(SEVERAL_WORDS if param == "name" else ())]
    if kind == "reference":
        return (
            [f"{t}/{i}" for t, ids in IDS.items() for i in ids]
            if not modifier
            else [i for v in IDS.values() for i in v]
        )
    if kind == "uri":
        return list(URLS)
    if kind == "quantity":
        return [amount_searched(p, number, unit) for p in AMOUNT_PREFIXES for number in NUMBERS for unit in UNITS[::2]]
    if kind == "composite":
        second = values_of("token", "code", "") if param.endswith("-concept") else values_of("quantity", "", "")
        first = values_of("token", "code", "")
        return list(zip(cycle(first), [*second, *second[::-1]], strict=False))
    if param in IMPLIED:
        return [(None, code) for code in IMPLIED_CODES]
    if param == "_security":
        return [(system, code) for system in {*LABEL_SYSTEMS.values(), None} for code in LABELS]
    listed = [(system or "", code) for system in SYSTEMS for code in (*CODES, "")]
    return [value for value in [*listed, *((None, code) for code in CODES)] if value[0] or value[1]]


def modifiers_of(resource_type: str, param: str, kind: str) -> tuple[str, ...]:
    return (*MODIFIERS[kind], *CHAINS.get((resource_type, param), ())) if kind == "reference" else MODIFIERS[kind]


def plain_asks(resource_type: str) -> Iterator[Ask]:
    """Every criterion without a chain."""
    known: dict[str, str] = {code: kind for code, (kind, _) in {**PARAMETERS[resource_type], **EVERY_TYPE}.items()}
    for param, kind in {**known, "_lastUpdated": "date"}.items():
        for modifier in modifiers_of(resource_type, param, kind):
            yield from (Ask(param, (value,), modifier) for value in values_of(kind, param, modifier))
        if kind != "composite":
            yield from (Ask(param, (truth,), "missing") for truth in ("true", "false"))
    ids = tuple(IDS[resource_type])
    yield from (Ask("_id", ids[:2]), Ask("_id", ids[1:2]), Ask("_id", ("nobody",)))


def few_asks(resource_type: str) -> Iterator[Ask]:
    """A few values of every parameter and modifier."""
    seen: Counter[tuple[str, str]] = Counter()
    for ask in plain_asks(resource_type):
        seen[ask.param, ask.modifier] += 1
        if seen[ask.param, ask.modifier] <= FEW:
            yield ask


def linked_asks(resource_type: str) -> Iterator[Ask]:
    """Chains and `_has`, each with a few criteria at its end, and some of them twice over."""
    for (source, param), targets in CHAINS.items():
        for target in targets:
            if source == resource_type:
                for inner in few_asks(target):
                    yield Ask(param, inner=inner, targets=(target,), modifier=target)
                for deeper in list(linked_once(target))[::7]:
                    yield Ask(param, inner=deeper, targets=(target,), modifier=target)
            if target == resource_type:
                for inner in few_asks(source):
                    yield Ask(param, inner=inner, source=source)
                for deeper in list(linked_once(source))[::7]:
                    yield Ask(param, inner=deeper, source=source)


def filter_asks(resource_type: str) -> Iterator[Ask]:
    """Filters: each test with the next, by each word, and with one that is reached by a reference."""
    single = [
        Ask(ask.param, ask.values, "whole" if ask.modifier == "exact" else "")
        for ask in few_asks(resource_type)
        if ask.modifier == ("exact" if _kind(resource_type, ask.param) == "string" else "")
        and len(ask.values) == 1
        and not (_kind(resource_type, ask.param) in ("date", "quantity") and ask.values[0][:1].isalpha())
    ]
    beyond = [
        Ask(param, inner=inner, targets=(target,), modifier=target)
        for (source, param), targets in CHAINS.items()
        if source == resource_type
        for target in targets
        for inner in list(few_asks(target))[:40:9]
        if not inner.modifier and _kind(target, inner.param) == "token" and len(inner.values) == 1
    ]
    others = cycle([*single[3:], *beyond, *single[:3]])
    for n, ask in enumerate([*single, *beyond]):
        inner = (next(others), next(others))
        yield Ask("_filter", either=(ask, inner[0]))
        yield Ask("_filter", both=(ask, Ask("_filter", either=inner)))
        if n % 2:
            yield Ask("_filter", either=(ask, Ask("_filter", both=inner)))


def _kind(resource_type: str, param: str) -> str:
    known = PARAMETERS[resource_type].get(param) or EVERY_TYPE.get(param)
    return known[0] if known else "token" if param == "_id" else "date"


def linked_once(resource_type: str) -> Iterator[Ask]:
    for (source, param), targets in CHAINS.items():
        for target in targets:
            if source == resource_type:
                yield from (
                    Ask(param, inner=i, targets=(target,), modifier=target) for i in list(few_asks(target))[::3]
                )
            if target == resource_type:
                yield from (Ask(param, inner=i, source=source) for i in list(few_asks(source))[::3])


STRIDES = {"sqlite": (2, 3), "postgresql": (7, 11)}
"""Every how-manyth plain and linked question the suite's short form asks: PostgreSQL plans each anew, at 5 ms."""


@pytest.fixture(params=["some", pytest.param("all", marks=pytest.mark.slow)])
def strides(request: pytest.FixtureRequest, engine: Store) -> tuple[int, int]:
    return (1, 1) if request.param == "all" else STRIDES[engine.driver.dialect.name]


def questions(strides: tuple[int, int]) -> Iterator[Search]:
    """Every criterion alone, and in turn with another one, in every order, with every include."""
    plain, linked = strides
    for resource_type in IDS:
        filters = list(filter_asks(resource_type))[::plain]
        single = [*list(plain_asks(resource_type))[::plain], *list(linked_asks(resource_type))[::linked], *filters]
        others = cycle([*few_asks(resource_type), *list(linked_asks(resource_type))[::5]])
        sorts = cycle([((code, descending),) for code in SORTS[resource_type] for descending in (False, True)])
        includes = cycle(includes_of(resource_type) or [()])
        for n, ask in enumerate(single):
            asks = (ask, next(others)) if n % 3 == 1 else (ask,)
            sort = next(sorts) if n % 5 == 2 else ()
            yield Search(resource_type, asks, sort, count=5, includes=next(includes) if n % 5 == 3 else ())
        for one in includes_of(resource_type):
            yield Search(resource_type, (), (), count=5, includes=one)
            yield Search(resource_type, (Ask("_id", tuple(IDS[resource_type][1:2])),), (), count=5, includes=one)
        yield from (
            Search(resource_type, (), ((code, bool(down)),), 3, ()) for code in SORTS[resource_type] for down in (0, 1)
        )


def includes_of(resource_type: str) -> list[tuple[Included, ...]]:
    """Each alone, and each with one that goes on from what it includes."""
    listed = included_with(resource_type)
    iterated = cycle([one for one in listed if one[4]])
    return [*((one,) for one in listed), *((one, next(iterated)) for one in listed if not one[4])]


def test_everything_that_can_be_asked_finds_what_the_oracle_finds(engine: Store, strides: tuple[int, int]) -> None:
    practice = f"t{uuid.uuid4().hex[:12]}"
    population = thick()
    populate(engine, practice, population)
    eyes = cycle(EYES)
    tally: Counter[str] = Counter()
    for search in questions(strides):
        who = next(eyes)
        if search.type not in who.types:
            who = EYES[0]
        tally["found" if judge([engine], who, practice, search, population) else "empty"] += 1
    assert tally["found"] > tally.total() / 4, tally
