"""Date parameters: https://hl7.org/fhir/R4/search.html#date and #prefix

Both the value searched for and the value in a resource are ranges [low, high): `2026-11` is all of November. In words:
eq  the searched range contains the resource's      ne  it does not
lt  the resource's range begins before the searched one   le  that, or eq
gt  the resource's range ends behind the searched one     ge  that, or eq
sa  the resource's range begins behind the searched one   eb  it ends before
ap  the two overlap, the searched one widened to both sides by a tenth of its distance from now
"""

import re
from datetime import datetime, timedelta

from carewright.core.clock import wall_now
from carewright.core.fhir.dates import MAX_INSTANT, MIN_INSTANT, interval
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql

TABLE = "index_date"
ROW_TIME_WIDTH = timedelta(milliseconds=1)
"""`meta.lastUpdated` is written to the millisecond, so it is a stretch of one."""
PREFIXES = ("eq", "ne", "lt", "le", "gt", "ge", "sa", "eb", "ap")


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the date index."""
    return range_condition(f"{alias}.low", f"{alias}.high", value)


def row_time_condition(column: str, value: str) -> Sql:
    """The condition on a column that holds the beginning of a stretch of one millisecond (`_lastUpdated`)."""
    return range_condition(column, column, value, width=ROW_TIME_WIDTH)


def range_condition(row_low: str, row_high: str, value: str, *, width: timedelta = timedelta(0)) -> Sql:
    """The condition on the SQL expressions that bound a row's range; its end is `width` behind `row_high`."""
    prefix, low, high = split_prefix(value)
    if prefix == "ap":
        low, high = _about(low, high)
        return Sql(f"({row_low} < ? AND {row_high} > ?)", (high, low - width))
    ends_by_low, ends_by_high = low - width, high - width
    # That what ends by then begins before then is said too: of both ends of one column the database knows how few rows
    # lie between them, of two columns it takes each bound by itself to leave half of all.
    contained = Sql(f"({row_low} >= ? AND {row_low} < ? AND {row_high} <= ?)", (low, high, ends_by_high))
    before, behind = Sql(f"{row_low} < ?", (low,)), Sql(f"{row_high} > ?", (ends_by_high,))
    either = {
        "eq": contained,
        "ne": Sql("NOT ") + contained,
        "lt": before,
        "gt": behind,
        "le": Sql("(") + before + Sql(" OR ") + contained + Sql(")"),
        "ge": Sql("(") + behind + Sql(" OR ") + contained + Sql(")"),
        "sa": Sql(f"{row_low} >= ?", (high,)),
        "eb": Sql(f"{row_high} <= ?", (ends_by_low,)),
    }
    return either[prefix]


def _about(low: datetime, high: datetime) -> tuple[datetime, datetime]:
    """The range with a tenth of its distance from now to either side, as the specification recommends."""
    now = wall_now()
    slack = max(low - now, now - high, timedelta(0)) / 10
    return max(low, MIN_INSTANT + slack) - slack, min(high, MAX_INSTANT - slack) + slack


def split_prefix(value: str) -> tuple[str, datetime, datetime]:
    """The prefix and the range of a searched date; SearchError for what is no date."""
    match = re.match(r"([a-z]{2})(?=\d)", value)
    prefix = match[1] if match else "eq"
    if prefix not in PREFIXES:
        raise SearchError(f"'{prefix}' is not a prefix for dates. Use one of {', '.join(PREFIXES)}.")
    try:
        low, high = interval(value[2:] if match else value)
    except ValueError as error:
        raise SearchError(
            f"'{value}' is not a date. Write 2026, 2026-11, 2026-11-23 or 2026-11-23T10:42:00Z."
        ) from error
    return prefix, low, high
