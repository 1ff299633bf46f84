"""`_filter`, read: tests joined by `and` and `or`, with parentheses. https://hl7.org/fhir/R4/search_filter.html

Only `eq` is understood. `and` and `or` side by side need parentheses, because readers differ in which of them comes
first.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from carewright.core.store.search.query import SearchError

MAX_TESTS, MAX_DEPTH = 32, 4
"""SQLite reads no more than a hundred parentheses inside one another, and each level of a filter takes several."""
OTHERS = frozenset(
    {"ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr", "po", "ss", "sb", "in", "re"}
)
"""Operators of the specification that are not searched."""
_PATH = re.compile(r"[A-Za-z_][\w-]*(?::[A-Z][A-Za-z]*)?(?:\.[A-Za-z_][\w-]*(?::[A-Z][A-Za-z]*)?)*", re.ASCII)
_TOKEN = re.compile(r'\s*(?:([()])|("(?:[^"\\]|\\.)*")|([^\s()"]+))', re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`path eq value`: a search parameter, or a chain of them."""

    path: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """All of the parts hold (`every`), or any of them."""

    every: bool
    parts: tuple["Comparison | Group", ...]


def read(text: str) -> Comparison | Group:
    """The tests of a filter; SearchError says what is not understood."""
    tokens = list(_tokens(text))
    if sum(kind == "word" and word == "eq" for kind, word in tokens) > MAX_TESTS:
        raise SearchError(f"_filter asks for at most {MAX_TESTS} things at once.")
    reader = _Reader(tokens)
    found = reader.expression(depth=0)
    if reader.left:
        raise SearchError("_filter has something behind its end. Is a parenthesis missing?")
    return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, text = 0, text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if not token:
            raise SearchError("_filter has a quotation mark that is not closed.")
        bracket, quoted, word = token.groups()
        yield ("bracket", bracket) if bracket else ("quoted", _unquoted(quoted)) if quoted else ("word", word)
        position = token.end()


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError as error:
        raise SearchError("_filter has a text in quotation marks that is no JSON string.") from error


class _Reader:
    """What is still to be read of a filter, from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens[::-1]

    def expression(self, *, depth: int) -> Comparison | Group:
        if depth > MAX_DEPTH:
            raise SearchError(f"_filter has more than {MAX_DEPTH} parentheses inside one another.")
        parts, joined = [self._term(depth=depth)], ""
        while self.left and self.left[-1] in (("word", "and"), ("word", "or")):
            word = self.left.pop()[1]
            if joined not in ("", word):
                raise SearchError("_filter joins by 'and' and by 'or': put parentheses around what belongs together.")
            joined = word
            parts.append(self._term(depth=depth))
        return parts[0] if len(parts) == 1 else Group(every=joined == "and", parts=tuple(parts))

    def _term(self, *, depth: int) -> Comparison | Group:
        if self._next("a test") != ("bracket", "("):
            return self._test()
        self.left.pop()
        found = self.expression(depth=depth + 1)
        if not self.left or self.left.pop() != ("bracket", ")"):
            raise SearchError("_filter has a parenthesis that is not closed.")
        return found

    def _test(self) -> Comparison:
        kind, path = self.left.pop()
        if path == "not" and kind == "word":
            raise SearchError("_filter does not understand 'not' here. Ask by parameter:not=value beside it.")
        if kind != "word" or not _PATH.fullmatch(path):
            raise SearchError("_filter reads: parameter eq value. A parameter or a chain of them stands first.")
        kind, operator = self._next("'eq'")
        self.left.pop()
        if kind != "word" or operator != "eq":
            known = "it is none" if operator not in OTHERS else f"'{operator}' is not searched"
            raise SearchError(f"_filter understands the operator 'eq'; {known} here. Ask for it beside the filter.")
        kind, value = self._next("a value")
        self.left.pop()
        if kind == "bracket" or not value:
            raise SearchError("_filter needs a value behind 'eq'.")
        return Comparison(path=path, value=value)

    def _next(self, wanted: str) -> tuple[str, str]:
        if not self.left:
            raise SearchError(f"_filter ends where {wanted} should stand.")
        return self.left[-1]
