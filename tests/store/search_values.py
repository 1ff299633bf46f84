"""Dates and amounts as the oracle of searches compares them, from the specification alone.

https://hl7.org/fhir/R4/search.html#prefix and #number
"""

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

Resource = dict[str, Any]
Range = tuple[float, float]


# -- dates ------------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date_range(text: str) -> Range:
    """[from, to) in seconds since 1970, as long as the text is precise."""
    found = _DATE.fullmatch(text)
    assert found, text
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
                     tzinfo=UTC)  # fmt: skip
    if hour:
        width = timedelta(seconds=1) if second else timedelta(minutes=1)
        if fraction:
            start += timedelta(microseconds=int(fraction[1:].ljust(6, "0")))
            width = timedelta(microseconds=10 ** (6 - len(fraction) + 1))
        end = start + width
    elif day:
        end = start + timedelta(days=1)
    elif month:
        end = datetime(start.year + start.month // 12, start.month % 12 + 1, 1, tzinfo=UTC)
    else:
        end = datetime(start.year + 1, 1, 1, tzinfo=UTC)
    shift = timedelta(0)
    if zone not in (None, "Z"):
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    return _microseconds(start - shift), _microseconds(end - shift)


def _microseconds(instant: datetime) -> float:
    return (instant - EPOCH) // timedelta(microseconds=1)


def period_range(period: Resource) -> Range:
    low = date_range(period["start"])[0] if "start" in period else -math.inf
    high = date_range(period["end"])[1] if "end" in period else math.inf
    return low, high


def date_matches(value: Range, searched: str) -> bool:
    """The table of prefixes: https://hl7.org/fhir/R4/search.html#prefix"""
    prefix, text = (searched[:2], searched[2:]) if searched[:2].isalpha() else ("eq", searched)
    low, high = date_range(text)
    fully_contains = low <= value[0] and value[1] <= high
    overlaps_above, overlaps_below = value[1] > high, value[0] < low
    return {
        "eq": fully_contains,
        "ne": not fully_contains,
        "gt": overlaps_above,
        "lt": overlaps_below,
        "ge": overlaps_above or fully_contains,
        "le": overlaps_below or fully_contains,
        "sa": value[0] >= high,
        "eb": value[1] <= low,
    }[prefix]


# -- amounts ----------------------------------------------------------------------------------------------------------


def amount_of(quantity: Resource) -> tuple[Fraction | float, Fraction | float, str, str, str]:
    """(from, to, system, code, unit): one number, or the stretch that a comparator leaves, without its end if it is
    `<` or `>`; the smallest step there is stands for that."""
    number, step = Fraction(quantity["value"]), Fraction(1, 10**9)
    bounds: dict[str, tuple[Fraction | float, Fraction | float]] = {
        "": (number, number), "<": (-math.inf, number - step), "<=": (-math.inf, number),
        ">": (number + step, math.inf), ">=": (number, math.inf),
    }  # fmt: skip
    low, high = bounds[quantity.get("comparator", "")]
    return low, high, quantity.get("system", ""), quantity.get("code", ""), quantity.get("unit", "")


def amount_matches(value: tuple[Fraction | float, Fraction | float, str, str, str], searched: str) -> bool:
    """https://hl7.org/fhir/R4/search.html#number: without a prefix as wide as the last digit, with one exact."""
    text, *unit = searched.split("|")
    prefix, digits = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    number = Fraction(digits)
    half = Fraction(1, 2 * 10 ** len(digits.partition(".")[2]))
    low, high, system, code, name = value
    if unit and unit[0] and system != unit[0]:
        return False
    if unit and unit[1] and unit[1] not in ((code,) if unit[0] else (code, name)):
        return False
    inside = number - half <= low and high < number + half
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > number,
        "ge": high >= number,
        "lt": low < number,
        "le": low <= number,
        "sa": low > number,
        "eb": high < number,
        "ap": low <= number + abs(number) / 10 and high >= number - abs(number) / 10,
    }[prefix]
