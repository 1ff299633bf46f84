"""Numbers as people type them: "98,6", "150 lb", "5'4\"", "1,250.5".

Plain Python: text in, an exact decimal and the unit that was typed out. What could mean two things is refused
with a reason, never guessed: a comma before exactly three digits is a thousand to one reader and a decimal to
another, and a guess would be wrong by a factor of 1,000.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

MOST_DIGITS = 12
INCHES_PER_FOOT = 12

_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d[\d.,]*|[.,]\d+)")
_FEET_INCHES = re.compile(
    r"(?P<feet>\d{1,2})\s*(?:'|ft\.?|feet|foot)\s*(?:(?P<inches>\d{1,2}(?:[.,]\d+)?)\s*(?:\"|''|in\.?|inch(?:es)?)?)?",
    re.IGNORECASE,
)
_PRIMES = str.maketrans({"’": "'", "‘": "'", "′": "'", "″": '"', "“": '"', "”": '"', "−": "-", "–": "-"})


class NumberFault(StrEnum):
    """Why a text was not taken as a number; the form's words for each are in `fields.py`."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    TWO_MEANINGS = "two-meanings"
    TOO_LONG = "too-long"
    UNKNOWN_UNIT = "unknown-unit"
    TOO_MANY_INCHES = "too-many-inches"


class BadNumber(ValueError):
    """The text is no number that can be trusted. `fault` says why; `detail` is the part that was not understood."""

    def __init__(self, fault: NumberFault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A number as it was typed, with its own precision, and the unit it was typed with (a key of the units)."""

    value: Decimal
    unit: str


def parse_decimal(text: str) -> Decimal:
    """The number in `text` with its precision kept ('10.30' has two places); BadNumber otherwise."""
    number, rest = _split(_plain(text))
    if rest:
        raise BadNumber(NumberFault.NOT_A_NUMBER, rest)
    return number


def parse_quantity(text: str, *, units: Mapping[str, Collection[str]], default: str) -> Typed:
    """A number with or without its unit.

    `units` maps a unit's key to the ways it is written (compared without case); `default` is the key where no
    unit was typed. Feet with inches ("5'4", "5 ft 4 in") are taken where `units` has the key 'in'.
    """
    plain = _plain(text)
    if "in" in units and (feet := _FEET_INCHES.fullmatch(plain)):
        return Typed(value=_inches(feet), unit="in")
    number, rest = _split(plain)
    if not rest:
        return Typed(value=number, unit=default)
    wanted = rest.casefold().rstrip(".")
    for key, spellings in units.items():
        if wanted in {spelling.casefold() for spelling in (key, *spellings)}:
            return Typed(value=number, unit=key)
    raise BadNumber(NumberFault.UNKNOWN_UNIT, rest)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_PRIMES)).translate(_PRIMES).strip()
    if not plain:
        raise BadNumber(NumberFault.EMPTY)
    return plain


def _split(text: str) -> tuple[Decimal, str]:
    """The leading number and what stands behind it."""
    match = _NUMBER.match(text)
    if match is None:
        raise BadNumber(NumberFault.NOT_A_NUMBER, text)
    return Decimal(match["sign"] + _with_point(match["digits"])), text[match.end() :].strip()


def _with_point(digits: str) -> str:
    """`digits` with at most one point and no comma."""
    if not digits.isascii():
        raise BadNumber(NumberFault.NOT_A_NUMBER, digits)
    if len(digits) > MOST_DIGITS:
        raise BadNumber(NumberFault.TOO_LONG, digits)
    if re.fullmatch(r"\d*\.?\d+", digits):
        return digits
    if re.fullmatch(r"0,\d{3}", digits) or re.fullmatch(r"\d*,(\d{1,2}|\d{4,})", digits):
        return digits.replace(",", ".")
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+\.\d+", digits) or re.fullmatch(r"[1-9]\d{0,2}(,\d{3}){2,}", digits):
        return digits.replace(",", "")
    if re.fullmatch(r"\d+,\d{3}", digits):
        raise BadNumber(NumberFault.TWO_MEANINGS, digits)
    raise BadNumber(NumberFault.NOT_A_NUMBER, digits)


def _inches(feet: re.Match[str]) -> Decimal:
    inches = Decimal(_with_point(feet["inches"] or "0"))
    if inches >= INCHES_PER_FOOT:
        raise BadNumber(NumberFault.TOO_MANY_INCHES, feet["inches"])
    return int(feet["feet"]) * INCHES_PER_FOOT + inches
