"""SQL as values: a text with `?` marks and its parameters, built without touching a database.

Only trusted text goes into the text (table names from our own schema, never input); every value is a parameter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Row = tuple[object, ...]


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its `?` marks, in order."""

    text: str
    params: tuple[object, ...] = ()

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(self.text + other.text, self.params + other.params)


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """The parts with `separator` between them."""
    listed = list(parts)
    return Sql(separator.join(p.text for p in listed), tuple(v for p in listed for v in p.params))


def all_of(parts: Sequence[Sql]) -> Sql:
    """`parts` joined by AND; true for none."""
    return joined(" AND ", parts) if parts else Sql("1=1")


def any_of(parts: Sequence[Sql]) -> Sql:
    """`parts` joined by OR in parentheses; false for none."""
    return Sql("(") + joined(" OR ", parts) + Sql(")") if parts else Sql("1=0")


def marks(values: Sequence[object]) -> Sql:
    """`(?, ?, …)` for an IN list; a list that no value is in for none."""
    if not values:
        return Sql("(NULL)")
    return Sql("(" + ", ".join("?" * len(values)) + ")", tuple(values))
