"""A rule, and the words that the tables of rules are written in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carewright.core.fhir import dates

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invariant:
    """`holds` is true where the rule is kept; `words` say what is wrong otherwise and what to do."""

    key: str
    holds: Callable[[Value], bool]
    words: str
    at: str = ""
    """The element below the object that the message points to, "" for the object itself."""


def has(value: Value, name: str) -> bool:
    """Whether an element is there, be it only with an extension in place of a value."""
    return name in value or f"_{name}" in value


def choice(value: Value, name: str) -> str:
    """The JSON name under which the choice `name[x]` is given, "" if it is not."""
    size = len(name)
    return next((k for k in value if k.startswith(name) and k[size : size + 1].isupper()), "")


def codings(concept: Any) -> set[tuple[str, str]]:
    listed = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return {(c.get("system", ""), c.get("code", "")) for c in listed if isinstance(c, dict)}


def in_order(first: Any, second: Any) -> bool:
    """Whether `first` is not after `second`; dates that overlap because one is less precise count as in order."""
    if not isinstance(first, str) or not isinstance(second, str):
        return True
    try:
        return dates.interval(first)[0] < dates.interval(second)[1]
    except ValueError:
        return True  # reported where the date stands


def number(value: Any) -> int | Decimal:
    return value if isinstance(value, int | Decimal) else 0


def objects(value: Value, name: str) -> Iterable[Value]:
    """The objects in a list element."""
    found = value.get(name, ())
    return (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def exactly_one(value: Value, *names: str) -> bool:
    return sum(has(value, name) for name in names) == 1


def any_of(*names: str) -> Callable[[Value], bool]:
    return lambda value: any(has(value, name) for name in names)


def not_both(first: str, second: str) -> Callable[[Value], bool]:
    return lambda value: not (has(value, first) and has(value, second))


def needs(name: str, other: str) -> Callable[[Value], bool]:
    """`name` only together with `other`."""
    return lambda value: not has(value, name) or has(value, other)
