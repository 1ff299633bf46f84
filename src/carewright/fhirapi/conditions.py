"""Searches that stand inside other requests (If-None-Exist, conditional references), and errors that keep their values.

https://hl7.org/fhir/R4/http.html#ccreate
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qsl

from carewright.core.access.model import Interaction
from carewright.core.store.model import Stored
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError, SearchQuery
from carewright.fhirapi.calls import Call, Pairs
from carewright.fhirapi.outcomes import ApiError

_TYPE = re.compile(r"^(?:[A-Z][A-Za-z]*)?\?", re.ASCII)


def pairs_of(condition: str | None) -> Pairs:
    """Names and values of a condition, written `identifier=x`, `?identifier=x` or `Patient?identifier=x`."""
    return parse_qsl(_TYPE.sub("", (condition or "").strip()), keep_blank_values=True)


def query_of(resource_type: str, condition: str) -> SearchQuery:
    """The search that a condition asks for; SearchError if it says nothing, or nothing that is understood."""
    return query_from(resource_type, pairs_of(condition))


def query_from(resource_type: str, pairs: Pairs) -> SearchQuery:
    """The search that the names and values of a condition ask for; SearchError as of query_of."""
    query = parse(resource_type, pairs)
    if not query.criteria:
        raise SearchError("A condition is a search that says which resource is meant: identifier=system|value.")
    return query


async def only_match(call: Call, query: SearchQuery) -> Stored | None:
    """The one resource that a condition means, None for none; ApiError 412 for several, AccessDenied."""
    async with call.store.async_reader(call.access, reason="api.condition") as reader:
        call.access.require(Interaction.SEARCH, query.type)
        matches = (await reader.search(replace(query, count=2))).matches
    if len(matches) > 1:
        raise ApiError(412, "multiple-matches", f"Several {query.type} resources meet the condition. Make it narrower.")
    return matches[0] if matches else None


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
