"""What a resource is found by: rows for each kind of search parameter, made from values of R4's data types.

Which data type answers which kind of search: https://hl7.org/fhir/R4/search.html#ptypes. Values are taken to be valid;
one that is not (validation has said so before) gives no row.
"""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from carewright.core.fhir import dates, references
from carewright.core.fhir.text import fold

MIN_NUMBER, MAX_NUMBER = -sys.float_info.max, sys.float_info.max
"""Stand for an open end of a number, finite so that every engine and JSON can hold them."""
MAX_DIGITS = 80
"""Digits that the arithmetic on a searched number keeps; longer ones are rounded, far behind what a double holds."""
FOLDED_LENGTH = 256
"""Folded text is cut here (characters), so that it fits an index row; `exact` is whole."""
ISO4217 = "urn:iso:std:iso:4217"


@dataclass
class IndexValues:
    """The index rows of one resource; the first item of each row is the parameter's code. No row stands twice.

    tokens      (param, system or "", code or "", folded display or text); code "" where a concept has words only
    references  (param, target type, target id, url): the first two for `Type/id`, `url` for everything else
    dates       (param, low, high): half-open, UTC
    strings     (param, folded text, text)
    uris        (param, value)
    numbers     (param, low, high): closed; both ends are the number, unless it is a range
    quantities  (param, low, high, system or "", code or "", unit or ""): `low` and `high` as of a number
    composites  (param, system, code, value's system, value's code, value's unit, low or None, high or None): the parts
                of a composite that stand in one element of a list (composites.py); under `code:of-type` and
                `code:identifier` what those modifiers look for
    """

    tokens: list[tuple[str, str, str, str]] = field(default_factory=list)
    references: list[tuple[str, str, str, str]] = field(default_factory=list)
    dates: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    strings: list[tuple[str, str, str]] = field(default_factory=list)
    uris: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[tuple[str, float, float]] = field(default_factory=list)
    quantities: list[tuple[str, float, float, str, str, str]] = field(default_factory=list)
    composites: list[tuple[str, str, str, str, str, str, float | None, float | None]] = field(default_factory=list)

    def without_repeats(self) -> "IndexValues":
        return IndexValues(
            tokens=_once(self.tokens),
            references=_once(self.references),
            dates=_once(self.dates),
            strings=_once(self.strings),
            uris=_once(self.uris),
            numbers=_once(self.numbers),
            quantities=_once(self.quantities),
            composites=_once(self.composites),
        )


Emit = Callable[[Any, IndexValues], None]
"""Adds the rows of one value."""
Names = tuple[tuple[str, str], ...]
"""The parameters a value is for: (code, resource type that a reference must point to or "")."""


def emitter(kind: str, type_: str, names: Names) -> Emit | None:
    """How a value of data type `type_` is indexed for parameters of `kind`; None where it is not (see UNINDEXED)."""
    make = _MAKERS.get((kind, type_))
    return make(names) if make else None


UNINDEXED: Mapping[tuple[str, str], str] = {
    ("date", "Age"): "an age is no date",
    ("date", "Range"): "a range of ages is no date",
    ("date", "string"): "words are no date",
    ("quantity", "SampledData"): "a series of samples is not one quantity",
    ("reference", "Attachment"): "an attachment is no reference",
    ("special", "BackboneElement"): "Location.near needs distances, which no index here has",
}
"""What expressions reach, but the kind of search cannot use, and why."""


def _once(rows: list[Any]) -> list[Any]:
    return list(dict.fromkeys(rows)) if len(rows) > 1 else rows


def _token_text(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if type(value) is str:
            out.tokens += [(name, "", value, "") for name, _ in names]

    return emit


def _token_boolean(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if type(value) is bool:
            out.tokens += [(name, "", "true" if value else "false", "") for name, _ in names]

    return emit


def _token_coding(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        system, code = _text(value, "system"), _text(value, "code")
        display = fold(_text(value, "display"))[:FOLDED_LENGTH]
        if code or display:
            out.tokens += [(name, system, code, display) for name, _ in names]

    return emit


def _token_concept(names: Names) -> Emit:
    coding = _token_coding(names)

    def emit(value: Any, out: IndexValues) -> None:
        codings = value.get("coding", ())
        for item in codings:
            coding(item, out)
        text = _text(value, "text")
        if text and all(item.get("display") != text for item in codings):
            folded = fold(text)[:FOLDED_LENGTH]
            out.tokens += [(name, "", "", folded) for name, _ in names]

    return emit


def _token_identifier(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        system, code = _text(value, "system"), _text(value, "value")
        if code:
            kind = fold(_text(value.get("type", {}), "text"))[:FOLDED_LENGTH]
            out.tokens += [(name, system, code, kind) for name, _ in names]
            for coding in value.get("type", {}).get("coding", ()):
                of = _text(coding, "system"), _text(coding, "code")
                out.composites += [(f"{name}:of-type", *of, "", code, "", None, None) for name, _ in names]

    return emit


def _token_contact(names: Names) -> Emit:
    """As written, and a telephone number also as its digits, because nobody types the same dashes."""

    def emit(value: Any, out: IndexValues) -> None:
        text = _text(value, "value")
        if not text:
            return
        out.tokens += [(name, "", text, "") for name, _ in names]
        digits = "".join(character for character in text if character in "0123456789")
        if digits and value.get("system") not in {"email", "url"}:
            out.tokens += [(name, "", digits, "") for name, _ in names]

    return emit


def _reference(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        identifier = value.get("identifier")
        if identifier and _text(identifier, "value"):
            named = (_text(identifier, "system"), _text(identifier, "value"), "", "", "", None, None)
            own = _text(value, "type")
            out.composites += [(f"{name}:identifier", *named) for name, only in names if only in ("", own)]
        text = value.get("reference")
        if type(text) is not str:
            return
        try:
            found = references.parse(text)
        except ValueError:
            return
        if found.kind == "contained":
            return
        known = _text(value, "type") if found.kind == "urn" else found.type
        row = (found.type, found.id, "") if found.kind == "relative" else ("", "", text)
        out.references += [(name, *row) for name, only in names if only in ("", known)]

    return emit


def _reference_address(names: Names) -> Emit:
    """An address: `Type/id` is the record here; one of a part of the same resource (`#plan`) leads nowhere else."""

    def emit(value: Any, out: IndexValues) -> None:
        if type(value) is not str or value.startswith("#"):
            return
        try:
            found = references.parse(value)
        except ValueError:
            found = None
        row = (found.type, found.id, "") if found and found.kind == "relative" else ("", "", value)
        out.references += [(name, *row) for name, _ in names]

    return emit


def _date(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        try:
            low, high = dates.interval(value)
        except ValueError:
            return
        out.dates += [(name, low, high) for name, _ in names]

    return emit


def _period(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if "start" not in value and "end" not in value:
            return
        try:
            low, high = dates.period_interval(value)
        except ValueError:
            return
        out.dates += [(name, low, high) for name, _ in names]

    return emit


def _timing(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        try:
            found = dates.timing_interval(value)
        except ValueError:
            return
        if found:
            out.dates += [(name, *found) for name, _ in names]

    return emit


def _string(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if type(value) is str and value:
            folded = fold(value)[:FOLDED_LENGTH]
            out.strings += [(name, folded, value) for name, _ in names]

    return emit


def _parts(*parts: str) -> Callable[[Names], Emit]:
    """One row for each text of the named parts: a HumanName's or an Address's."""

    def make(names: Names) -> Emit:
        row = _string(names)

        def emit(value: Any, out: IndexValues) -> None:
            for part in parts:
                found = value.get(part)
                for text in found if type(found) is list else (found,):
                    row(text, out)

        return emit

    return make


def _human_name(names: Names) -> Emit:
    """The parts of a name, and each word of a part that has several: a client may begin with any of them."""
    parts = _parts("family", "given", "prefix", "suffix", "text")(names)

    def emit(value: Any, out: IndexValues) -> None:
        before = len(out.strings)
        parts(value, out)
        for name, folded, text in out.strings[before:]:
            words = folded.replace("-", " ").split()
            out.strings += [(name, word, text) for word in words if len(words) > 1]

    return emit


def _uri(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if type(value) is str:
            out.uris += [(name, value) for name, _ in names]

    return emit


def _number(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        number = bounded(value)
        out.numbers += [(name, number, number) for name, _ in names]

    return emit


def _number_range(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        low, high = _range_bounds(value)
        out.numbers += [(name, low, high) for name, _ in names]

    return emit


def _quantity(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if "value" not in value:
            return
        low = high = bounded(value["value"])
        comparator = _text(value, "comparator")
        if comparator.startswith("<"):
            low, high = MIN_NUMBER, high if comparator == "<=" else math.nextafter(high, MIN_NUMBER)
        elif comparator.startswith(">"):
            low, high = low if comparator == ">=" else math.nextafter(low, MAX_NUMBER), MAX_NUMBER
        out.quantities += [(name, low, high, *_unit(value)) for name, _ in names]

    return emit


def _quantity_range(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        low, high = _range_bounds(value)
        unit = _unit(value.get("low") or value.get("high") or {})
        out.quantities += [(name, low, high, *unit) for name, _ in names]

    return emit


def _money(names: Names) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        if "value" in value:
            amount, currency = bounded(value["value"]), _text(value, "currency")
            system = ISO4217 if currency else ""
            out.quantities += [(name, amount, amount, system, currency, "") for name, _ in names]

    return emit


def number_interval(number: Decimal) -> tuple[float, float]:
    """[low, high) of a number that is searched for: 72.5 is [72.45, 72.55), 72 is [71.5, 72.5); never empty.

    https://hl7.org/fhir/R4/search.html#number: as wide as its last digit, which the specification
    takes to be one smaller in `1e2` ([95, 105)).
    """
    exponent = int(number.as_tuple().exponent)
    half = Decimal((0, (5,), exponent - (2 if exponent > 0 else 1)))
    with localcontext() as context:
        context.prec = MAX_DIGITS
        low, high = bounded(number - half), bounded(number + half)
    if low == high:  # more digits than a double has
        low, high = math.nextafter(low, MIN_NUMBER), math.nextafter(high, MAX_NUMBER)
    return low, high


def bounded(number: int | Decimal) -> float:
    """A number as the index holds it: the next double, finite.

    TypeError for anything but a Decimal or a whole number, which what is decoded from JSON is.
    """
    if type(number) is not int and type(number) is not Decimal:
        raise TypeError("A number is a Decimal or an int.")
    return max(MIN_NUMBER, min(MAX_NUMBER, float(Decimal(number))))


def _range_bounds(value: dict[str, Any]) -> tuple[float, float]:
    low, high = value.get("low", {}).get("value"), value.get("high", {}).get("value")
    return (
        MIN_NUMBER if low is None else bounded(low),
        MAX_NUMBER if high is None else bounded(high),
    )


def _unit(quantity: dict[str, Any]) -> tuple[str, str, str]:
    return _text(quantity, "system"), _text(quantity, "code"), _text(quantity, "unit")


def _text(value: dict[str, Any], name: str) -> str:
    """An element's text, "" if it has none (or, in a resource that was never valid, something else)."""
    found = value.get(name, "")
    return found if type(found) is str else ""


_MAKERS: dict[tuple[str, str], Callable[[Names], Emit]] = {
    **{("token", t): _token_text for t in ("code", "string", "id", "uri")},
    ("token", "boolean"): _token_boolean,
    ("token", "Coding"): _token_coding,
    ("token", "CodeableConcept"): _token_concept,
    ("token", "Identifier"): _token_identifier,
    ("token", "ContactPoint"): _token_contact,
    ("reference", "Reference"): _reference,
    **{("reference", t): _reference_address for t in ("canonical", "uri")},
    **{("date", t): _date for t in ("date", "dateTime", "instant")},
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    **{("string", t): _string for t in ("string", "markdown")},
    ("string", "HumanName"): _human_name,
    ("string", "Address"): _parts("line", "city", "district", "state", "postalCode", "country", "text"),
    **{("uri", t): _uri for t in ("uri", "url", "canonical")},
    **{("number", t): _number for t in ("decimal", "integer")},
    ("number", "Range"): _number_range,
    **{("quantity", t): _quantity for t in ("Quantity", "Age", "Duration", "Count", "Distance")},
    ("quantity", "Range"): _quantity_range,
    ("quantity", "Money"): _money,
}
