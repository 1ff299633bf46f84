"""What an observation says, as it is read: its value with the unit, the reference range, the flags. Plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass

from carewright.core.fhir.model import Resource
from carewright.core.sentences import term
from carewright.skills.results import codes
from carewright.skills.results.fhir import flags_of, words_of

FLAG_WORDS = {
    "HH": term("Critically high"),
    "LL": term("Critically low"),
    "AA": term("Critical"),
    "HU": term("Very high"),
    "LU": term("Very low"),
    "H": term("High"),
    "L": term("Low"),
    "A": term("Not normal"),
    "POS": term("Positive"),
}
"""Each code of the interpretation, the gravest first, and its words."""
MISTAKEN = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Value:
    """One line of a result. `flag` is a key of FLAG_WORDS, "" for none; `mistaken`: it counts for nothing."""

    words: str
    value: str
    range: str = ""
    flag: str = ""
    critical: bool = False
    mistaken: bool = False


def values_of(observation: Resource) -> Iterator[Value]:
    """The value of an observation, and one line for each component."""
    mistaken = observation.get("status") in MISTAKEN
    components = observation.get("component", ())
    if _value(observation) or not components:
        yield _line({**observation, "component": ()}, mistaken=mistaken)
    for component in components:
        yield _line(component, mistaken=mistaken)


def _line(side: Resource, *, mistaken: bool) -> Value:
    flags = flags_of(side)
    flag = next((code for code in FLAG_WORDS if code in flags), "")
    return Value(
        words=words_of(side), value=_value(side), range=_range(side), flag=flag, critical=flag in codes.CRITICAL,
        mistaken=mistaken,
    )  # fmt: skip


def _value(side: Resource) -> str:
    if "valueQuantity" in side:
        return _quantity(side["valueQuantity"])
    if "valueCodeableConcept" in side:
        return words_of({"code": side["valueCodeableConcept"]})
    for name in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if name in side:
            return str(side[name])
    if "valueBoolean" in side:
        return "+" if side["valueBoolean"] else "–"
    return words_of({"code": side.get("dataAbsentReason", {})})


def _quantity(quantity: Resource) -> str:
    number = f"{quantity.get('comparator', '')}{quantity.get('value', '')}"
    return " ".join(filter(None, (number, str(quantity.get("unit") or quantity.get("code") or ""))))


def _range(side: Resource) -> str:
    """The first reference range: its words, or low to high."""
    given: Resource = next(iter(side.get("referenceRange", ())), {})
    low, high = (str(given.get(end, {}).get("value", "")) for end in ("low", "high"))
    if given.get("text"):
        return str(given["text"])
    if low and high:
        return f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else ""
