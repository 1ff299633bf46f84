"""String parameters: https://hl7.org/fhir/R4/search.html#string

Text is folded (case, accents) in Python on both sides; a prefix is a range of folded text, because under row-level
security PostgreSQL does not use an index for LIKE.
"""

from carewright.core.fhir.index_values import FOLDED_LENGTH
from carewright.core.fhir.text import fold
from carewright.core.store.search.parse import WHOLE, unescape
from carewright.core.store.sql import Sql

TABLE = "index_string"
LAST = "\U0010ffff"
"""Sorts behind every character that can follow a prefix."""


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the string index."""
    text = unescape(value)
    folded = fold(text)[:FOLDED_LENGTH]
    if modifier == "exact":  # the folded text is what the index leads with
        return Sql(f"({alias}.folded = ? AND {alias}.exact = ?)", (folded, text))
    if modifier == WHOLE:
        return Sql(f"{alias}.folded = ?", (folded,))
    if modifier == "contains":
        return holding(f"{alias}.folded", folded)
    return Sql(f"{alias}.folded >= ? AND {alias}.folded < ?", (folded, folded + LAST))


def holding(column: str, folded: str) -> Sql:
    """That a column of folded text has the text somewhere."""
    escaped = folded.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return Sql(f"{column} LIKE ? ESCAPE '!'", (f"%{escaped}%",))
