"""Settings as data: declared where they are used, typed, with a default, a sentence on what they do, and the levels
at which they may be chosen. Values only; reading and writing is in `values.py`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Level(StrEnum):
    """Who may have a value of their own; a narrower level wins: user, then site, then practice."""

    PRACTICE = "practice"
    SITE = "site"
    USER = "user"


EVERY_LEVEL = frozenset(Level)
OF_PRACTICE = frozenset({Level.PRACTICE})
OF_SITE = frozenset({Level.PRACTICE, Level.SITE})


class BadSetting(ValueError):
    """The value does not fit the setting; the text says what would."""


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[T]):
    """A type of values: how it is written as JSON and read back. `read` raises ValueError or TypeError."""

    name: str
    read: Callable[[object], T]
    write: Callable[[T], object]


def _exactly(wanted: type[T]) -> Callable[[object], T]:
    def read(value: object) -> T:
        if type(value) is not wanted:
            raise TypeError(f"{wanted.__name__} expected")
        return value

    return read


def _decimal(value: object) -> Decimal:
    number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if number is None or not number.is_finite():
        raise TypeError("a decimal as text expected")
    return number


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of texts expected")
    return tuple(value)


TEXT: Kind[str] = Kind(name="text", read=_exactly(str), write=lambda value: value)
WHOLE: Kind[int] = Kind(name="whole number", read=_exactly(int), write=lambda value: value)
YES_NO: Kind[bool] = Kind(name="yes or no", read=_exactly(bool), write=lambda value: value)
DECIMAL: Kind[Decimal] = Kind(name="number", read=_decimal, write=str)
TEXTS: Kind[tuple[str, ...]] = Kind(name="list of texts", read=_texts, write=list)


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """One setting. `check` returns what is wrong with a value of the right kind, in words, or None."""

    name: str
    kind: Kind[T]
    default: T
    doc: str
    levels: frozenset[Level] = OF_PRACTICE
    unit: str = ""
    check: Callable[[T], str | None] = lambda value: None

    def __post_init__(self) -> None:
        if not self.levels:
            raise ValueError(f"Setting {self.name} has no level at which it can be chosen.")
        self.encoded(self.default)

    def encoded(self, value: T) -> str:
        """The value as it is kept; BadSetting if it does not fit."""
        text = json.dumps(self.kind.write(value), ensure_ascii=False, separators=(",", ":"))
        self.decoded(text)
        return text

    def decoded(self, text: str) -> T:
        """A kept value; BadSetting if it does not fit (any more)."""
        try:
            value = self.kind.read(json.loads(text))
        except (ValueError, TypeError, ArithmeticError) as error:
            raise BadSetting(f"'{self.name}' is a {self.kind.name}.") from error
        wrong = self.check(value)
        if wrong:
            raise BadSetting(f"'{self.name}': {wrong}")
        return value


def between(low: int | Decimal, high: int | Decimal) -> Callable[[int | Decimal], str | None]:
    """A check that the value is within [low, high]."""
    return lambda value: None if low <= value <= high else f"it must be between {low} and {high}."


def one_of(*choices: str) -> Callable[[str], str | None]:
    """A check that the value is one of the choices."""
    return lambda value: None if value in choices else f"it must be one of {', '.join(choices)}."
