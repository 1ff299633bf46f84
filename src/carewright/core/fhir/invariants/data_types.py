"""Rules of data types: Period, Quantity, Timing and their kin."""

from collections.abc import Callable

from carewright.core.fhir.invariants.model import (
    Invariant,
    Value,
    any_of,
    choice,
    exactly_one,
    has,
    in_order,
    needs,
    not_both,
    number,
)
from carewright.core.fhir.structures import Content
from carewright.core.terminology.coding import UCUM


def _range_in_order(value: Value) -> bool:
    low, high = value.get("low"), value.get("high")
    if not (isinstance(low, dict) and isinstance(high, dict) and low.get("code") == high.get("code")):
        return True
    return "value" not in low or "value" not in high or number(low["value"]) <= number(high["value"])


def _is_ucum_if_any(value: Value) -> bool:
    return (has(value, "code") or not has(value, "value")) and value.get("system", UCUM) == UCUM


def _not_negative(name: str) -> Callable[[Value], bool]:
    return lambda value: number(value.get(name)) >= 0


DATA_TYPES: dict[Content, tuple[Invariant, ...]] = {
    ("Extension", ""): (
        Invariant(
            "ext-1",
            lambda v: bool(choice(v, "value") or choice(v, "_value")) != has(v, "extension"),
            "An extension has either a value or extensions of its own. Give one of the two.",
        ),
    ),
    ("Period", ""): (
        Invariant(
            "per-1",
            lambda v: "start" not in v or "end" not in v or in_order(v["start"], v["end"]),
            "The period ends before it starts. Correct one of the two.",
        ),
    ),
    ("Quantity", ""): (Invariant("qty-3", needs("code", "system"), "A unit code needs its system. Add it.", "system"),),
    ("Range", ""): (Invariant("rng-2", _range_in_order, "The low end is above the high end. Exchange them."),),
    ("Ratio", ""): (
        Invariant(
            "rat-1",
            lambda v: (
                has(v, "numerator") == has(v, "denominator")
                and any(has(v, name) for name in ("numerator", "extension"))
            ),
            "A ratio has both a numerator and a denominator. Add what is missing.",
        ),
    ),
    ("Attachment", ""): (
        Invariant(
            "att-1", needs("data", "contentType"), "Attached data needs its content type. Add it.", "contentType"
        ),
    ),
    ("ContactPoint", ""): (
        Invariant("cpt-2", needs("value", "system"), "Say what it is (phone, email, …).", "system"),
    ),
    ("Age", ""): (
        Invariant(
            "age-1",
            lambda v: _is_ucum_if_any(v) and ("value" not in v or number(v["value"]) > 0),
            "An age is above zero and has a UCUM unit with its code. Correct it.",
        ),
    ),
    ("Duration", ""): (
        Invariant(
            "drt-1",
            lambda v: "code" not in v or (v.get("system") == UCUM and has(v, "value")),
            "The unit of a duration is a UCUM code and stands with a value. Correct it.",
        ),
    ),
    ("Distance", ""): (Invariant("dis-1", _is_ucum_if_any, "A distance has a UCUM unit with its code. Add it."),),
    ("Count", ""): (
        Invariant(
            "cnt-3",
            lambda v: _is_ucum_if_any(v) and v.get("code", "1") == "1" and number(v.get("value")) % 1 == 0,
            "A count is a whole number with the UCUM code 1. Correct it.",
        ),
    ),
    ("Expression", ""): (
        Invariant("exp-1", any_of("expression", "reference"), "Give the expression or a reference to it."),
    ),
    ("Timing", "repeat"): (
        Invariant("tim-1", needs("duration", "durationUnit"), "A duration needs its unit. Add it.", "durationUnit"),
        Invariant("tim-2", needs("period", "periodUnit"), "A period needs its unit. Add it.", "periodUnit"),
        Invariant("tim-4", _not_negative("duration"), "A duration is not negative. Correct it.", "duration"),
        Invariant("tim-5", _not_negative("period"), "A period is not negative. Correct it.", "period"),
        Invariant("tim-6", needs("periodMax", "period"), "A longest period needs a period. Add it.", "period"),
        Invariant(
            "tim-7", needs("durationMax", "duration"), "A longest duration needs a duration. Add it.", "duration"
        ),
        Invariant("tim-8", needs("countMax", "count"), "A highest count needs a count. Add it.", "count"),
        Invariant(
            "tim-9",
            lambda v: not has(v, "offset") or (has(v, "when") and not {"C", "CM", "CD", "CV"} & set(v.get("when", ()))),
            "An offset stands with an event that it can come before or after, not with a meal itself.",
            "offset",
        ),
        Invariant("tim-10", not_both("timeOfDay", "when"), "Give times of day or events, not both."),
    ),
    ("TriggerDefinition", ""): (
        Invariant("trd-1", lambda v: "data" not in v or not choice(v, "timing"), "Give data or a timing, not both."),
        Invariant("trd-2", needs("condition", "data"), "A condition needs data. Add it.", "data"),
    ),
    ("DataRequirement", "codeFilter"): (
        Invariant(
            "drq-1", lambda v: exactly_one(v, "path", "searchParam"), "Give a path or a search parameter, one of them."
        ),
    ),
    ("DataRequirement", "dateFilter"): (
        Invariant(
            "drq-2", lambda v: exactly_one(v, "path", "searchParam"), "Give a path or a search parameter, one of them."
        ),
    ),
}
