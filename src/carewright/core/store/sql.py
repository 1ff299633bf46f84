"""SQL as values: a text with `?` marks and its parameters, built without touching a database.

Only trusted text goes into the text (table names from our own schema, never input); every value is a parameter.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

Row = tuple[object, ...]
MANY = "(?*)"
"""The mark of one parameter that is a whole list (`Many`); each driver writes it in its own way."""
LONG_LIST = 16
"""Longer lists than this travel as one parameter where the database takes arrays: then a statement has one text
whatever the length of its lists, is prepared once, and 80 values cost no more to send than one."""


class Sql(Struct, frozen=True):
    """A piece of SQL and the values of its `?` marks, in order. A read makes a dozen of them, so they are light."""

    text: str
    params: tuple[object, ...] = ()

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(self.text + other.text, self.params + other.params)


class PlannedAnew(Sql, frozen=True):
    """A statement whose best plan depends on its values: a database that keeps plans must not keep one for it."""


class Many(tuple[object, ...]):
    """The values of a long list, as one parameter behind the mark `MANY`."""

    __slots__ = ()


def spread(statement: Sql) -> Sql:
    """The statement with a mark for each value of its lists, for a database without arrays."""
    if MANY not in statement.text:
        return statement
    texts = statement.text.split(MANY)
    lists = iter([value for value in statement.params if isinstance(value, Many)])
    written = "".join(text + (f"({', '.join('?' * len(next(lists)))})") for text in texts[:-1]) + texts[-1]
    params = [one for value in statement.params for one in (value if isinstance(value, Many) else (value,))]
    return Sql(written, tuple(params))


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
    """What stands behind ` IN `: `(?, ?, …)`, the mark of a long list, or for none a list that no value is in."""
    if not values:
        return Sql("(NULL)")
    if len(values) > LONG_LIST:
        return Sql(MANY, (Many(values),))
    return Sql("(" + ", ".join("?" * len(values)) + ")", tuple(values))
