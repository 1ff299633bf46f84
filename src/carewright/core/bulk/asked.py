"""What a client asks of an export, as a value that is kept with the job.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import parse_qsl

from carewright.core.fhir.structures import is_resource
from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import SearchError, SearchQuery

_NEXT_FILTER = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
"""A comma inside of a filter parts the values of one parameter; only one before a new filter parts filters."""
RESULT_PARAMETERS = ("_sort", "_count", "_total", "_include", "_revinclude", "_summary", "_elements", "_after",
                     "_contained", "_format", "_pretty")  # fmt: skip


class Level(StrEnum):
    """What the export is asked of: everything, the charts of all patients, those of a group."""

    SYSTEM = "system"
    PATIENT = "patient"
    GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`types`: all where it is empty. `filters` are (type, query) as the client wrote them. `since` is an instant with
    its zone as text. `patients`: ids; all of the level where it is empty. `url` is the address that was asked."""

    url: str
    level: Level
    group: str = ""
    types: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    since: str = ""
    patients: tuple[str, ...] = ()

    @property
    def since_at(self) -> datetime | None:
        return datetime.fromisoformat(self.since) if self.since else None

    def queries(self) -> dict[str, tuple[SearchQuery, ...]]:
        """The filters as searches, by type. SearchError."""
        found: dict[str, list[SearchQuery]] = {}
        for resource_type, text in self.filters:
            found.setdefault(resource_type, []).append(query_of(resource_type, text))
        return {resource_type: tuple(listed) for resource_type, listed in found.items()}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            url=kept["url"], level=Level(kept["level"]), group=kept["group"], types=tuple(kept["types"]),
            filters=tuple((name, text) for name, text in kept["filters"]), since=kept["since"],
            patients=tuple(kept["patients"]),
        )  # fmt: skip


def filters_in(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The (type, query) pairs in the values of `_typeFilter`; SearchError where one is no search of a type."""
    found = []
    for text in (part for value in values for part in _NEXT_FILTER.split(value)):
        resource_type, mark, query = text.partition("?")
        if not mark or not is_resource(resource_type):
            raise SearchError("_typeFilter holds searches of the form Type?parameter=value.")
        query_of(resource_type, query)
        found.append((resource_type, query))
    return tuple(found)


def query_of(resource_type: str, text: str) -> SearchQuery:
    """A filter as a search, by the rules of every search. SearchError."""
    pairs = parse_qsl(text, keep_blank_values=True)
    for name, _ in pairs:
        if name.partition(":")[0] in RESULT_PARAMETERS:
            raise SearchError(
                f"A _typeFilter says which records are wanted; {name} says how to show them. Leave it out."
            )
    query = parse(resource_type, pairs)
    if not query.criteria:
        raise SearchError(f"The _typeFilter for {resource_type} names no parameter with a value.")
    return query
