"""How a client asks for a value that it knows: from values that fhirpath.js has found, by the specification.

https://hl7.org/fhir/R4/search.html#ptypes. A period is not inside a moment, so it is asked for from its beginning on.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.judges.facts import ADDRESS_PARTS, IGNORED, NAME_PARTS, PRIMITIVES, Found

MANY_DIGITS = 30
LONGEST = 200
"""Characters of a text that are asked for."""


def asked_for(kind: str, found: Found) -> Iterator[str]:
    """The searches that must find a resource with these values; none for values that are no use to the kind."""
    for type_, value in found:
        if (kind, type_) not in IGNORED:
            yield from _OF_KIND[kind](type_, value)


def _escaped(text: str) -> str:
    return re.sub(r"([\\,|$])", r"\\\1", text)


def _token(type_: str, value: Any) -> Iterator[str]:
    if type_ == "boolean":
        yield str(value).lower()
    elif type_ in PRIMITIVES:
        yield _escaped(value)
    elif type_ == "CodeableConcept":
        for coding in value.get("coding", ()):
            yield from _token("Coding", coding)
    elif type_ == "ContactPoint" and value.get("value"):
        yield _escaped(value["value"])
    else:
        code = value.get("code") if type_ == "Coding" else value.get("value")
        if code:
            yield f"{_escaped(value.get('system', ''))}|{_escaped(code)}"


def _reference(type_: str, value: Any) -> Iterator[str]:
    text = value.get("reference", "") if isinstance(value, dict) else value
    if text and not text.startswith("#"):
        yield _escaped(text.partition("/_history/")[0])


def _date(type_: str, value: Any) -> Iterator[str]:
    if type_ in ("date", "dateTime", "instant"):
        yield value
    elif type_ == "Period":
        yield from (f"{prefix}{value[end]}" for prefix, end in (("ge", "start"), ("le", "end")) if end in value)
    elif type_ == "Timing":
        yield from (f"ge{event}" for event in value.get("event", ())[:1] if event)
        yield from _date("Period", value.get("repeat", {}).get("boundsPeriod", {}))


def _string(type_: str, value: Any) -> Iterator[str]:
    parts = {"HumanName": NAME_PARTS, "Address": ADDRESS_PARTS}.get(type_)
    listed = [value] if parts is None else [value.get(part, ()) for part in parts]
    for text in (one for entry in listed for one in ([entry] if isinstance(entry, str) else entry)):
        shown = " ".join(text.split())[:LONGEST].strip()
        if shown:
            yield _escaped(shown)


def _uri(type_: str, value: Any) -> Iterator[str]:
    yield _escaped(value)


def _number(type_: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _ends(value)
    else:
        yield _digits(value)


def _quantity(type_: str, value: Any) -> Iterator[str]:
    if type_ == "Range":
        yield from _ends(value)
        return
    if "value" not in value:
        return
    prefix = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}.get(value.get("comparator", ""), "")
    unit = [value.get("system", ""), value.get("code") or value.get("unit", "")]
    if type_ == "Money":
        unit = ["urn:iso:std:iso:4217", value["currency"]] if "currency" in value else ["", ""]
    yield "|".join([prefix + _digits(value["value"]), *(_escaped(part) for part in unit if any(unit))])


def _ends(value: dict[str, Any]) -> Iterator[str]:
    for prefix, end in (("ge", "low"), ("le", "high")):
        if "value" in value.get(end, {}):
            yield prefix + _digits(value[end]["value"])


def _digits(number: float) -> str:
    plain = format(Decimal(repr(number)), "f")
    return plain if len(plain) < MANY_DIGITS else repr(number).replace("e+", "e")


_OF_KIND = {
    "token": _token, "reference": _reference, "date": _date, "string": _string, "uri": _uri, "number": _number,
    "quantity": _quantity,
}  # fmt: skip
