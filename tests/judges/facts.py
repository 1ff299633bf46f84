"""What a resource should be found by, worked out from values that fhirpath.js has found; and what our index holds.

Written from the specification (https://hl7.org/fhir/R4/search.html#ptypes) and from what docs/integrator.md says of us;
nothing of `core.fhir` is used but the rows that are judged. A fact is a tuple: kind, parameter, and what is compared.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from carewright.core.fhir.index_values import IndexValues
from tests.store.search_oracle import plain
from tests.store.search_values import date_range, period_range

Fact = tuple[Any, ...]
Found = list[tuple[str, Any]]
"""Values as fhirpath.js finds them, each with its type."""
SAFE = 1.7976931348623157e308
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LAST = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
"""What stands for an open end."""
LONGEST = 256
"""Folded texts are compared up to here."""
NAME_PARTS = ("family", "given", "prefix", "suffix", "text")
ADDRESS_PARTS = ("line", "city", "district", "state", "postalCode", "country", "text")
PRIMITIVES = frozenset({"code", "string", "id", "uri", "markdown", "canonical", "url", "oid", "uuid"})
NOT_COMPARED = frozenset({"composite", "special"})
"""Kinds that fhirpath.js has no single value for; the oracle of the searches judges the composites."""
IGNORED = {
    ("date", "Age"), ("date", "Range"), ("date", "string"), ("quantity", "SampledData"), ("reference", "Attachment"),
}  # fmt: skip
"""Values of a type that the kind of search has no use for."""


def expected(kind: str, param: str, found: Found) -> Iterator[Fact]:
    """The facts that the values of a parameter stand for."""
    for type_, value in found:
        if (kind, type_) not in IGNORED:
            yield from ((kind, param, *rest) for rest in _OF_KIND[kind](type_, value))


def held(values: IndexValues) -> set[Fact]:
    """The facts in our index rows, without what is there for the text of codes and for modifiers."""
    found: set[Fact] = set()
    found |= {("token", p, system, code) for p, system, code, _ in values.tokens if code}
    found |= {("reference", p, f"{t}/{i}" if t else url) for p, t, i, url in values.references}
    found |= {("date", p, _microseconds(low), _microseconds(high)) for p, low, high in values.dates}
    found |= {("string", p, folded) for p, folded, _ in values.strings}
    found |= {("uri", p, value) for p, value in values.uris}
    found |= {("number", p, low, high) for p, low, high in values.numbers}
    found |= {("quantity", p, low, high, *unit) for p, low, high, *unit in values.quantities}
    return found


def may_be_more(fact: Fact, all_expected: set[Fact]) -> bool:
    """Whether a fact of ours is one that we add on purpose: the digits of a telephone number."""
    if fact[0] != "token" or not str(fact[3]).isdigit():
        return False
    others = (one for one in all_expected if one[:2] == fact[:2])
    return any(re.sub("[^0-9]", "", str(other[3])) == fact[3] for other in others)


def _tokens(type_: str, value: Any) -> Iterator[Fact]:
    if type_ == "boolean":
        yield "", str(value).lower()
    elif type_ in PRIMITIVES:
        yield "", value
    elif type_ == "Coding" and value.get("code"):
        yield value.get("system", ""), value["code"]
    elif type_ == "CodeableConcept":
        for coding in value.get("coding", ()):
            yield from _tokens("Coding", coding)
    elif type_ == "Identifier" and value.get("value"):
        yield value.get("system", ""), value["value"]
    elif type_ == "ContactPoint" and value.get("value"):
        yield "", value["value"]


def _references(type_: str, value: Any) -> Iterator[Fact]:
    text = value.get("reference", "") if isinstance(value, dict) else value
    if text and not text.startswith("#"):
        yield (re.sub(r"^([A-Za-z]+/[A-Za-z0-9.\-]+)/_history/\d+$", r"\1", text),)


def _dates(type_: str, value: Any) -> Iterator[Fact]:
    if type_ in ("date", "dateTime", "instant"):
        yield _finite(date_range(value))
    elif type_ == "Period" and ("start" in value or "end" in value):
        yield _finite(period_range(value))
    elif type_ == "Timing":
        ranges = [date_range(event) for event in value.get("event", ()) if event]
        ranges += [period_range(p) for p in [value.get("repeat", {}).get("boundsPeriod")] if p]
        if ranges:
            yield _finite((min(low for low, _ in ranges), max(high for _, high in ranges)))


def _strings(type_: str, value: Any) -> Iterator[Fact]:
    if type_ in PRIMITIVES:
        yield (_folded(value),)
    parts = {"HumanName": NAME_PARTS, "Address": ADDRESS_PARTS}.get(type_, ())
    for part in parts:
        listed = value.get(part, ())
        for text in [listed] if isinstance(listed, str) else listed:
            if text:
                yield (_folded(text),)
                words = _folded(text).replace("-", " ").split()
                yield from ((word,) for word in words if type_ == "HumanName" and len(words) > 1)


def _uris(type_: str, value: Any) -> Iterator[Fact]:
    yield (value,)


def _numbers(type_: str, value: Any) -> Iterator[Fact]:
    if isinstance(value, dict):
        yield _ends(value)
    else:
        yield float(value), float(value)


def _quantities(type_: str, value: Any) -> Iterator[Fact]:
    if type_ == "Range":
        end = value.get("low") or value.get("high") or {}
        yield *_ends(value), *_unit(end)
    elif "value" in value and type_ == "Money":
        currency = value.get("currency", "")
        yield float(value["value"]), float(value["value"]), "urn:iso:std:iso:4217" if currency else "", currency, ""
    elif "value" in value:
        number = float(value["value"])
        low, high = {
            "<": (-SAFE, math.nextafter(number, -SAFE)), "<=": (-SAFE, number),
            ">": (math.nextafter(number, SAFE), SAFE), ">=": (number, SAFE),
        }.get(value.get("comparator", ""), (number, number))  # fmt: skip
        yield low, high, *_unit(value)


def _ends(value: dict[str, Any]) -> tuple[float, float]:
    low, high = value.get("low", {}).get("value"), value.get("high", {}).get("value")
    return -SAFE if low is None else float(low), SAFE if high is None else float(high)


def _unit(value: dict[str, Any]) -> tuple[str, str, str]:
    return value.get("system", ""), value.get("code", ""), value.get("unit", "")


def _finite(ends: tuple[float, float]) -> Fact:
    low, high = ends
    return FIRST if low == -math.inf else low, LAST if high == math.inf else high


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", plain(unicodedata.normalize("NFKD", text.casefold())))[:LONGEST]


def _microseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


_OF_KIND = {
    "token": _tokens, "reference": _references, "date": _dates, "string": _strings, "uri": _uris, "number": _numbers,
    "quantity": _quantities,
}  # fmt: skip
