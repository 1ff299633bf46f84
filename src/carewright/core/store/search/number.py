"""Number parameters: https://hl7.org/fhir/R4/search.html#number and #prefix

A number in a resource is a point, a Range a stretch [low, high] with both its ends. Without a prefix, and with `ne`,
what is searched for is as wide as its last digit (`72` finds 71.5 up to, but not, 72.5); with every other prefix it is
exact. `ap` is a tenth to either side.
"""

import re
from decimal import Decimal, InvalidOperation

from carewright.core.fhir.index_values import bounded, number_interval
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql

TABLE = "index_number"
PREFIXES = ("eq", "ne", "lt", "le", "gt", "ge", "sa", "eb", "ap")
_NUMBER = re.compile(r"([a-z]{2})?([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)", re.ASCII)
MAX_LENGTH = 60
"""Characters of a number."""


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the number index."""
    return range_condition(alias, value)


def range_condition(alias: str, text: str) -> Sql:
    """The condition on `low` and `high` of a row. SearchError for what is no number."""
    prefix, number = split_prefix(text)
    at = bounded(number)
    low, high = number_interval(number)
    inside = Sql(f"({alias}.low >= ? AND {alias}.high < ?)", (low, high))
    if prefix == "ap":
        tenth = abs(number) / 10
        near = (bounded(number + tenth), bounded(number - tenth))
        return Sql(f"({alias}.low <= ? AND {alias}.high >= ?)", near)
    return {
        "eq": inside,
        "ne": Sql("NOT ") + inside,
        "lt": Sql(f"{alias}.low < ?", (at,)),
        "le": Sql(f"{alias}.low <= ?", (at,)),
        "gt": Sql(f"{alias}.high > ?", (at,)),
        "ge": Sql(f"{alias}.high >= ?", (at,)),
        "sa": Sql(f"{alias}.low > ?", (at,)),
        "eb": Sql(f"{alias}.high < ?", (at,)),
    }[prefix]


def split_prefix(text: str) -> tuple[str, Decimal]:
    """The prefix and the number of a searched value."""
    found = _NUMBER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if not found:
        raise SearchError(f"'{text}' is not a number. Write 72, 72.5 or 7.25e1, with a prefix if wanted: gt72.5.")
    prefix = found[1] or "eq"
    if prefix not in PREFIXES:
        raise SearchError(f"'{prefix}' is not a prefix for numbers. Use one of {', '.join(PREFIXES)}.")
    try:
        return prefix, Decimal(found[2])
    except InvalidOperation as error:
        raise SearchError(f"'{text}' is not a number.") from error
