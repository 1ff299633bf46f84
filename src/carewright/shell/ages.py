"""Age in the clinic's words: "12 days", "9 wk", "15 mo", "33 y".

Plain Python: dates in, an age out. Birth dates are FHIR dates (https://hl7.org/fhir/R4/datatypes.html#date) and
may lack the day or the month; then the age is a range and is said as "about".

Where the unit changes is our choice, after the habit of pediatric charts: days while feeding and jaundice are
followed by the day, weeks up to the visits at 3 months, months up to 24 months (where the growth charts change),
then years.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

DAYS_BEFORE_WEEKS = 28
WEEKS_BEFORE_MONTHS = 13
MONTHS_BEFORE_YEARS = 24

_FHIR_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class AgeUnit(StrEnum):
    """The unit an age is said in."""

    DAYS = "days"
    WEEKS = "wk"
    MONTHS = "mo"
    YEARS = "y"


@dataclass(frozen=True, kw_only=True)
class Age:
    """A whole number of `unit`; `about` where the birth date is known only to the month or year."""

    value: int
    unit: AgeUnit
    about: bool = False

    def __str__(self) -> str:
        unit = "day" if self.unit is AgeUnit.DAYS and self.value == 1 else self.unit.value
        return f"{'about ' if self.about else ''}{self.value} {unit}"


def born_between(born: str) -> tuple[date, date]:
    """The first and the last day that the FHIR date `born` may mean; ValueError if it is no FHIR date."""
    match = _FHIR_DATE.fullmatch(born)
    if match is None:
        raise ValueError("A birth date has the form YYYY, YYYY-MM or YYYY-MM-DD.")
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)

    first = date(year, month or 1, day or 1)
    last_month = month or 12
    return first, date(year, last_month, day or calendar.monthrange(year, last_month)[1])


def age(*, born: str, on: date) -> Age:
    """The age of a person born on `born` (FHIR date) on the day `on`; ValueError if born after that day."""
    first, last = born_between(born)
    if first > on:
        raise ValueError("The birth date lies after the day the age is wanted for.")
    youngest = _exact(born=min(last, on), on=on)
    oldest = _exact(born=first, on=on)
    if youngest == oldest:
        return oldest
    return Age(value=oldest.value, unit=oldest.unit, about=True)


def whole_months(*, born: date, on: date) -> int:
    """Completed calendar months; a month is complete on the day of the same number, or after a shorter month ends."""
    return (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)


def _exact(*, born: date, on: date) -> Age:
    days = (on - born).days
    if days < DAYS_BEFORE_WEEKS:
        return Age(value=days, unit=AgeUnit.DAYS)
    if days < WEEKS_BEFORE_MONTHS * 7:
        return Age(value=days // 7, unit=AgeUnit.WEEKS)
    months = whole_months(born=born, on=on)
    if months < MONTHS_BEFORE_YEARS:
        return Age(value=months, unit=AgeUnit.MONTHS)
    return Age(value=months // 12, unit=AgeUnit.YEARS)
