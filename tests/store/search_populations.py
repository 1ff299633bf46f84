"""Small populations with nasty values, and searches for them, as hypothesis strategies."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.store.search_oracle import EVERY_TYPE, PARAMETERS, Ask, Eyes, Resource

PATIENTS, VISITS, PEOPLE, RESULTS, FORMS = (
    [f"{letter}{n}" for n in range(count)] for letter, count in (("p", 4), ("e", 4), ("d", 2), ("o", 6), ("q", 3))
)
IDS = {"Patient": PATIENTS, "Encounter": VISITS, "Practitioner": PEOPLE, "Observation": RESULTS, "Questionnaire": FORMS}

DAYS = ("2026", "2025", "2026-11", "2026-12", "2026-01", "2024-02-29", "2026-11-23", "2026-11-24", "2025-12-31")
TIMES = (
    "2026-11-23T10:42:00Z", "2026-11-23T23:30:00-05:00", "2026-11-24T00:00:00Z", "2026-11-23T23:59:59.999Z",
    "2026-11-24T00:00:00.000Z", "2026-11-23T10:42:00.5Z", "2025-12-31T23:00:00-02:00", "2026-11-23T10:42:00.123456Z",
)  # fmt: skip
STAMPS = (
    "2026-11-22T23:59:59.999Z",
    "2026-11-23T00:00:00.000Z",
    "2026-11-23T00:00:00.001Z",
    "2026-11-24T00:00:00.000Z",
)
SEARCHED_TIMES = (*TIMES, "2026-11-23T10:42Z", "2026-11-23T10:42:00")
PREFIXES = ("", "", "eq", "ne", "lt", "le", "gt", "ge", "sa", "eb")
NAMES = (
    "Okafor", "OKAFOR-Lindqvist", "José", "Jose", "Müller", "Nguyễn", "de la Cruz", "De  la   Cruz", "Li", "100%",
    "a_b", "Smith, Jr.", "back\\slash", "pipe|d", "名前", "Ωmega",
)  # fmt: skip
PIECES = ("o", "ok", "li", "jos", "JOSÉ", "mull", "la cruz", "%", "_", "名", ",", "\\", "x", "d", " de", "ωM")
SEVERAL_WORDS = (
    "cruz de", "LINDQVIST oka", "jose okafor", "smith jr.", "okafor jose nobody", "la CRU de", "li li", "oka-lind",
    "Cruz-la", "okafor-jose",
)  # fmt: skip
"""Names as they are searched for by people who know them in another order."""
SYSTEMS = ("http://loinc.org", "urn:x", None)
CODES = ("8867-4", "8310-5", "a,b", "a|b", "x", "10% off")
LABELS = ("R", "HIV", "N", "LOCAL")
LABEL_SYSTEMS = {
    "R": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "N": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "HIV": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "LOCAL": "urn:local",
}
UCUM = "http://unitsofmeasure.org"
NUMBERS = ("5", "5.0", "5.4", "5.35", "5.45", "5.5", "-3", "0", "120", "119.99")
AMOUNT_PREFIXES = ("", "eq", "ne", "lt", "le", "gt", "ge", "sa", "eb", "ap")
UNITS = (("", ""), (UCUM, "mg"), ("", "mg"), ("", "milligram"), (UCUM, ""))
"""(system, code or unit) as they are searched for."""
URLS = ("http://example.org/q", "http://example.org/q/1", "http://example.org/Q", "urn:oid:1.2.3")

days = st.sampled_from(DAYS)
times = st.sampled_from(TIMES)
names = st.sampled_from(NAMES)
codings = st.builds(
    lambda system, code: {"system": system, "code": code} if system else {"code": code},
    st.sampled_from(SYSTEMS), st.sampled_from(CODES),
)  # fmt: skip
concepts = st.builds(lambda listed: {"coding": listed}, st.lists(codings, min_size=1, max_size=2))
quantities = st.builds(
    lambda number, unit, comparator: {"value": Decimal(number), **unit, **comparator},
    st.sampled_from(NUMBERS),
    st.sampled_from([{}, {"system": UCUM, "code": "mg", "unit": "milligram"}, {"unit": "mg"},
                     {"system": UCUM, "code": "kg"}]),
    st.sampled_from([{}, {}, {}, {"comparator": "<"}, {"comparator": "<="}, {"comparator": ">"}, {"comparator": ">="}]),
)  # fmt: skip
components = st.builds(
    lambda code, value: {"code": code, **value},
    concepts,
    st.one_of(
        quantities.map(lambda value: {"valueQuantity": value}),
        concepts.map(lambda value: {"valueCodeableConcept": value}),
    ),
)
metas = st.builds(
    lambda labels, tags, profiles: {
        **({"security": [{"system": LABEL_SYSTEMS[label], "code": label} for label in labels]} if labels else {}),
        **({"tag": tags} if tags else {}),
        **({"profile": profiles} if profiles else {}),
    },
    st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(LABELS), min_size=1, max_size=2, unique=True)),
    st.lists(codings, max_size=1), st.lists(st.sampled_from(URLS), max_size=1),
)  # fmt: skip
identifiers = st.lists(
    st.builds(
        lambda system, value: {"system": system, "value": value} if system else {"value": value},
        st.sampled_from(SYSTEMS), st.sampled_from(CODES),
    ),
    min_size=1, max_size=2,
)  # fmt: skip
human_names = st.lists(
    st.fixed_dictionaries({"family": names}, optional={"given": st.lists(names, min_size=1, max_size=2)}),
    min_size=1, max_size=2,
)  # fmt: skip


def reference_to(*types: str) -> st.SearchStrategy[Resource]:
    """A reference to one of the resources there may be, now and then to one that never is."""
    known = [f"{t}/{i}" for t in types for i in IDS[t]]
    return st.sampled_from([*known, f"{types[0]}/nobody"]).map(lambda reference: {"reference": reference})


@st.composite
def periods(draw: st.DrawFn) -> Resource:
    start, end = sorted([draw(times), draw(times)], key=lambda text: _utc(text))
    return draw(st.sampled_from([{"start": start}, {"end": end}, {"start": start, "end": end}]))


def _utc(text: str) -> float:
    from tests.store.search_values import date_range

    return date_range(text)[0]


def one_of_several(options: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Resource]:
    """At most one of the options: a choice element such as `effective[x]`."""
    listed = [st.fixed_dictionaries({name: value}) for name, value in options.items()]
    return st.one_of(st.just({}), *listed)


def _said_once(observation: Resource) -> Resource:
    """Without the components whose code is that of the whole, which FHIR does not allow (obs-7)."""
    own = observation["code"]["coding"]
    kept = [c for c in observation.get("component", ()) if not any(coding in own for coding in c["code"]["coding"])]
    return {name: value for name, value in {**observation, "component": kept}.items() if value != []}


patients = st.builds(
    lambda fixed, dead: {"resourceType": "Patient", **fixed, **dead},
    st.fixed_dictionaries(
        {"meta": metas},
        optional={
            "name": human_names, "birthDate": days, "gender": st.sampled_from(["male", "female"]),
            "active": st.booleans(), "identifier": identifiers,
            "address": st.lists(st.builds(lambda c: {"city": c}, names), min_size=1, max_size=2),
            "generalPractitioner": st.lists(reference_to("Practitioner"), min_size=1, max_size=2),
        },
    ),
    one_of_several({"deceasedBoolean": st.booleans(), "deceasedDateTime": st.one_of(days, times)}),
)  # fmt: skip
observations = st.builds(
    lambda fixed, when, value: _said_once({"resourceType": "Observation", **fixed, **when, **value}),
    st.fixed_dictionaries(
        {"meta": metas, "status": st.sampled_from(["final", "preliminary"]), "code": concepts},
        optional={
            "category": st.lists(concepts, min_size=1, max_size=2),
            "subject": reference_to("Patient"),
            "performer": st.lists(reference_to("Practitioner", "Patient"), min_size=1, max_size=2),
            "encounter": reference_to("Encounter"),
            "hasMember": st.lists(reference_to("Observation"), min_size=1, max_size=2),
            "component": st.lists(components, min_size=1, max_size=2),
        },
    ),
    one_of_several({
        "effectiveDateTime": st.one_of(days, times), "effectivePeriod": periods(), "effectiveInstant": times,
        "effectiveTiming": st.builds(lambda events: {"event": events}, st.lists(times, min_size=1, max_size=2)),
    }),
    one_of_several({"valueString": names, "valueCodeableConcept": concepts, "valueQuantity": quantities}),
)  # fmt: skip
encounters = st.builds(
    lambda fixed: {"resourceType": "Encounter", **fixed},
    st.fixed_dictionaries(
        {"meta": metas, "status": st.sampled_from(["arrived", "finished"]), "class": codings},
        optional={
            "subject": reference_to("Patient"), "period": periods(), "partOf": reference_to("Encounter"),
            "participant": st.lists(
                st.builds(lambda r: {"individual": r}, reference_to("Practitioner")), min_size=1, max_size=2
            ),
            "reasonCode": st.lists(concepts, min_size=1, max_size=1),
        },
    ),
)  # fmt: skip
practitioners = st.builds(
    lambda fixed: {"resourceType": "Practitioner", **fixed},
    st.fixed_dictionaries(
        {"meta": metas}, optional={"name": human_names, "active": st.booleans(), "identifier": identifiers}
    ),
)
questionnaires = st.builds(
    lambda fixed: {"resourceType": "Questionnaire", **fixed},
    st.fixed_dictionaries(
        {"meta": metas, "status": st.sampled_from(["draft", "active"])},
        optional={"url": st.sampled_from(URLS), "title": names, "date": st.one_of(days, times)},
    ),
)
MAKERS = {
    "Patient": patients, "Observation": observations, "Encounter": encounters, "Practitioner": practitioners,
    "Questionnaire": questionnaires,
}  # fmt: skip


def made(resource_type: str, resource_id: str) -> st.SearchStrategy[Resource]:
    """A resource of the type under the id, without an empty `meta`, which FHIR does not allow."""
    return MAKERS[resource_type].map(lambda found: {k: v for k, v in found.items() if v != {}} | {"id": resource_id})


@dataclass(frozen=True)
class Population:
    """What is written to one practice: first versions by stamp, then later versions, then deletions of forms, then
    merges of patients (old, surviving)."""

    first: tuple[tuple[str, Resource], ...]
    later: tuple[tuple[str, Resource], ...]
    deleted: tuple[str, ...]
    merged: tuple[tuple[str, str], ...] = ()


@st.composite
def populations(draw: st.DrawFn) -> Population:
    first, later = [], []
    for resource_type, ids in IDS.items():
        for resource_id in draw(st.lists(st.sampled_from(ids), unique=True, max_size=len(ids))):
            first.append((draw(st.sampled_from(STAMPS)), draw(made(resource_type, resource_id))))
            if draw(st.integers(0, 4)) == 0:
                later.append((draw(st.sampled_from(STAMPS)), draw(made(resource_type, resource_id))))
    forms = [r["id"] for _, r in first if r["resourceType"] == "Questionnaire"]
    gone = draw(st.lists(st.sampled_from(forms), unique=True, max_size=1)) if forms else []
    known = [r["id"] for _, r in first if r["resourceType"] == "Patient"]
    merged = []
    if len(known) > 1 and draw(st.integers(0, 2)) == 0:
        survivor, *old = draw(st.lists(st.sampled_from(known), unique=True, min_size=2, max_size=3))
        merged = [(one, survivor) for one in old]
    return Population(tuple(first), tuple(later), tuple(gone), tuple(merged))


@st.composite
def eyes(draw: st.DrawFn) -> Eyes:
    """Somebody who sees everything, or less."""
    types = draw(st.one_of(st.just(frozenset(IDS)), st.frozensets(st.sampled_from(sorted(IDS)), min_size=2)))
    return Eyes(
        types=types,
        patient=draw(st.sampled_from([None, None, None, "p0", "p1"])),
        labels=draw(st.sampled_from([None, None, frozenset(), frozenset({"R"})])),
    )


# -- searches ---------------------------------------------------------------------------------------------------------

CHAINS = {
    ("Observation", "subject"): ("Patient",), ("Observation", "patient"): ("Patient",),
    ("Observation", "performer"): ("Practitioner", "Patient"), ("Observation", "encounter"): ("Encounter",),
    ("Observation", "has-member"): ("Observation",), ("Encounter", "subject"): ("Patient",),
    ("Encounter", "patient"): ("Patient",), ("Encounter", "participant"): ("Practitioner",),
    ("Encounter", "part-of"): ("Encounter",), ("Patient", "general-practitioner"): ("Practitioner",),
}  # fmt: skip
"""Where the references of the population may lead."""
IMPLIED = frozenset({"gender", "active", "deceased", "status"})
"""Token parameters on elements whose system is implied, which are searched by the code alone."""
IMPLIED_CODES = ("male", "female", "true", "false", "final", "arrived", "finished", "draft", "active")


def amount_searched(prefix: str, number: str, unit: tuple[str, str]) -> str:
    return prefix + number + ("" if unit == ("", "") else f"|{unit[0]}|{unit[1]}")


amounts_searched = st.builds(
    amount_searched, st.sampled_from(AMOUNT_PREFIXES), st.sampled_from(NUMBERS), st.sampled_from(UNITS)
)


def _values(kind: str, param: str, modifier: str) -> st.SearchStrategy[Any]:
    if kind == "date":
        texts = st.sampled_from((*DAYS, *(STAMPS if param == "_lastUpdated" else SEARCHED_TIMES)))
        return st.builds(str.__add__, st.sampled_from(PREFIXES), texts)
    if kind == "string":
        pieces = (*PIECES, *SEVERAL_WORDS) if param == "name" else PIECES
        return names if modifier == "exact" else st.one_of(names, st.sampled_from(pieces))
    if kind == "reference":
        every = [f"{t}/{i}" for t, ids in IDS.items() for i in ids]
        return st.sampled_from([i for ids in IDS.values() for i in ids] if modifier else [*every, *PATIENTS, *PEOPLE])
    if kind == "uri":
        return st.sampled_from(URLS)
    if kind == "quantity":
        return amounts_searched
    if kind == "composite":
        second = _values("token", "code", "") if param.endswith("-concept") else amounts_searched
        return st.tuples(_values("token", "code", ""), second)
    if param in IMPLIED:
        return st.tuples(st.none(), st.sampled_from(IMPLIED_CODES))
    known = LABELS if param == "_security" else CODES
    systems = [*SYSTEMS[:2], "", None, *(LABEL_SYSTEMS.values() if param == "_security" else ())]
    return st.tuples(st.sampled_from(systems), st.sampled_from([*known, ""])).filter(lambda v: v[1] or v[0])


MODIFIERS = {
    "token": ("", "not"), "string": ("", "exact", "contains"), "date": ("",), "uri": ("",), "reference": ("",),
    "quantity": ("",), "composite": ("",),
}  # fmt: skip


@st.composite
def asks(draw: st.DrawFn, resource_type: str, depth: int = 0) -> Ask:
    """A criterion on a resource type."""
    references_in = [(s, p) for (s, p), targets in CHAINS.items() if resource_type in targets]
    chains = [p for s, p in CHAINS if s == resource_type]
    shape = draw(st.integers(0, 9))
    if depth < 2 and shape == 0 and chains:
        param = draw(st.sampled_from(chains))
        target = draw(st.sampled_from(CHAINS[resource_type, param]))
        inner = draw(asks(target, depth + 1))
        return Ask(param, inner=inner, targets=(target,), modifier=target)
    if depth < 2 and shape == 1 and references_in:
        source, param = draw(st.sampled_from(references_in))
        return Ask(param, inner=draw(asks(source, depth + 1)), source=source)
    known = {**PARAMETERS[resource_type], **EVERY_TYPE, "_lastUpdated": ("date", None), "_id": ("token", None)}
    texts = sorted(code for code, (kind, _) in known.items() if kind == "string")
    param = draw(st.sampled_from([*sorted(known), *texts, *texts, "_lastUpdated", "_lastUpdated"]))  # where traps are
    kind = known[param][0]
    if shape == 2 and param != "_id" and kind != "composite":
        return Ask(param, (draw(st.sampled_from(["true", "false"])),), "missing")
    if param == "_id":
        return Ask(param, tuple(draw(st.lists(st.sampled_from(IDS[resource_type]), min_size=1, max_size=3))))
    modifier = draw(st.sampled_from(MODIFIERS[kind]))
    if kind == "reference" and shape == 3:
        modifier = draw(st.sampled_from(CHAINS[resource_type, param]))
    values = draw(st.lists(_values(kind, param, modifier), min_size=1, max_size=2))
    return Ask(param, tuple(values), modifier)


@st.composite
def filters(draw: st.DrawFn, resource_type: str, depth: int = 0) -> Ask:
    """Several tests, joined; some of them are joined again, or lead to another resource."""
    parts = []
    for _ in range(draw(st.integers(2, 3))):
        chains = [p for s, p in CHAINS if s == resource_type]
        shape = draw(st.integers(0, 5))
        if shape == 0 and depth < 2:
            parts.append(draw(filters(resource_type, depth + 1)))
        elif shape == 1 and chains:
            param = draw(st.sampled_from(chains))
            target = draw(st.sampled_from(CHAINS[resource_type, param]))
            parts.append(Ask(param, inner=draw(tests(target)), targets=(target,), modifier=target))
        else:
            parts.append(draw(tests(resource_type)))
    return Ask("_filter", either=tuple(parts)) if draw(st.booleans()) else Ask("_filter", both=tuple(parts))


@st.composite
def tests(draw: st.DrawFn, resource_type: str) -> Ask:
    """A parameter and a value, as a filter compares them."""
    known = {**PARAMETERS[resource_type], **EVERY_TYPE, "_lastUpdated": ("date", None)}
    param = draw(st.sampled_from(sorted(known)))
    kind = known[param][0]
    modifier = "whole" if kind == "string" else ""
    value = draw(_values(kind, param, modifier))
    if kind in ("date", "quantity"):
        value = value[2:] if value[:1].isalpha() else value
    return Ask(param, (value,), modifier)


Included = tuple[str, str, str, bool, bool]
"""Source, parameter, target, whether it is a _revinclude, whether it is iterated."""


@dataclass(frozen=True)
class Search:
    """A search with its page size, order and includes."""

    type: str
    asks: tuple[Ask, ...]
    sort: tuple[tuple[str, bool], ...]
    count: int
    includes: tuple[Included, ...]


SORTS = {
    "Patient": ("_id", "_lastUpdated", "birthdate", "family", "name", "gender", "identifier"),
    "Observation": ("_id", "_lastUpdated", "date", "code", "value-string", "status", "value-quantity"),
    "Encounter": ("_id", "_lastUpdated", "date", "status", "class"),
    "Practitioner": ("_id", "_lastUpdated", "family", "active"),
    "Questionnaire": ("_id", "_lastUpdated", "url", "title", "date"),
}


def included_with(resource_type: str) -> list[Included]:
    """What may be included with a type; what is iterated may begin at any type."""
    forward = [(s, p, t, False, False) for (s, p), ts in CHAINS.items() for t in ("", *ts) if s == resource_type]
    backward = [(s, p, "", True, False) for (s, p), ts in CHAINS.items() if resource_type in ts]
    return [*forward, *backward, *((s, p, "", way, True) for s, p in CHAINS for way in (False, True))]


@st.composite
def searches(draw: st.DrawFn) -> Search:
    resource_type = draw(st.sampled_from(sorted(IDS)))
    return Search(
        type=resource_type,
        asks=tuple(draw(st.lists(st.one_of(asks(resource_type), asks(resource_type), filters(resource_type)),
                                 max_size=2))),
        sort=tuple(draw(st.lists(st.tuples(st.sampled_from(SORTS[resource_type]), st.booleans()), max_size=3,
                                 unique_by=lambda sort: sort[0]))),
        count=draw(st.integers(1, 4)),
        includes=tuple(draw(st.lists(st.sampled_from(included_with(resource_type)), max_size=3))),
    )  # fmt: skip
