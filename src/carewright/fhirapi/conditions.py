"""Searches that stand inside other requests (If-None-Exist, conditional references), and errors that keep their values.

https://hl7.org/fhir/R4/http.html#ccreate
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError, SearchQuery
from carewright.fhirapi.calls import Pairs

_TYPE = re.compile(r"^(?:[A-Z][A-Za-z]*)?\?", re.ASCII)


def pairs_of(condition: str | None) -> Pairs:
    """Names and values of a condition, written `identifier=x`, `?identifier=x` or `Patient?identifier=x`."""
    return parse_qsl(_TYPE.sub("", (condition or "").strip()), keep_blank_values=True)


def query_of(resource_type: str, condition: str) -> SearchQuery:
    """The search that a condition asks for; SearchError if it says nothing, or nothing that is understood."""
    query = parse(resource_type, pairs_of(condition))
    if not query.criteria:
        raise SearchError("A condition is a search that says which resource is meant: identifier=system|value.")
    return query


@contextmanager
def values_kept_out(pairs: Pairs) -> Iterator[None]:
    """What is wrong with a search is told without the values that were searched for: one may be a birth date."""
    try:
        yield
    except SearchError as error:
        raise SearchError(_without_values(str(error), pairs)) from error


def _without_values(text: str, pairs: Pairs) -> str:
    values = {part for _, value in pairs for part in (value, *value.split(","))}
    for value in sorted(values - {""}, key=len, reverse=True):
        text = text.replace(f"'{value}'", "this value")
    return text[:1].upper() + text[1:]
