"""SMART scopes of a token, version 2: `patient/Observation.rs`, `user/*.cruds`, `system/Patient.r`.

Text in, values out. A scope only ever narrows what the actor's roles allow: by type, by interaction, and by the search
behind its `?`, which every record has to meet and which the store puts into each of its statements (search/scope.py).
Source: https://hl7.org/fhir/smart-app-launch/STU2/scopes-and-launch-context.html
("Scopes for requesting FHIR Resources"; the letters stand in the order c r u d s).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carewright.core.access.model import Interaction, Limits
from carewright.core.fhir.structures import is_resource
from carewright.core.store.search.query import SearchError
from carewright.core.store.search.scope import check_limit

LEVELS = ("patient", "user", "system")
EVERY_TYPE = "*"

_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?)(?:\?(\S+))?", re.ASCII)
_VERSION_1 = re.compile(r"(?:patient|user|system)/\S+\.(?:read|write|\*)", re.ASCII)


class ScopeError(ValueError):
    """The scope cannot be granted; the text says why and what would be."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One scope. `type` is a resource type or `*`; `query` is the part behind `?`, "" where there is none."""

    level: str
    type: str
    interactions: frozenset[Interaction]
    query: str = ""

    def covers(self, resource_type: str) -> bool:
        return self.type in (EVERY_TYPE, resource_type)

    def __str__(self) -> str:
        letters = "".join(i.value for i in Interaction if i in self.interactions)
        return f"{self.level}/{self.type}.{letters}" + (f"?{self.query}" if self.query else "")


def parse(text: str) -> tuple[Scope, ...]:
    """The scopes in a text that separates them by white space; ScopeError for one that is not understood."""
    return tuple(_scope(word) for word in text.split())


def _scope(word: str) -> Scope:
    if _VERSION_1.fullmatch(word):
        raise ScopeError(f"'{word}' is a scope of SMART version 1. Write the letters, for instance .rs for .read.")
    found = _SCOPE.fullmatch(word)
    if found is None or not found[3]:
        raise ScopeError(
            f"The scope '{word}' is not understood. Write patient, user or system, a slash, a resource type or *, "
            "a dot, and some of the letters cruds in that order: user/Observation.rs."
        )
    if found[2] != EVERY_TYPE and not is_resource(found[2]):
        raise ScopeError(f"'{word}': R4 has no resource type {found[2]}.")
    return Scope(
        level=found[1],
        type=found[2],
        interactions=frozenset(Interaction(letter) for letter in found[3]),
        query=found[4] or "",
    )


def grantable(text: str, *, patient: str | None) -> tuple[Scope, ...]:
    """The scopes of a token about to be made; ScopeError for what would not be kept to.

    A `patient/` scope needs the patient whose chart it is for. A query has to be a search of its type that looks at the
    record alone.
    """
    scopes = parse(text)
    if not scopes:
        raise ScopeError("A token needs at least one scope, for instance user/*.rs.")
    for scope in scopes:
        _check_query(scope)
        if scope.level == "patient" and patient is None:
            raise ScopeError(f"'{scope}' is for one patient's chart: name the patient.")
    return scopes


def _check_query(scope: Scope) -> None:
    if not scope.query:
        return
    if scope.type == EVERY_TYPE:
        raise ScopeError("A scope with a query names one type, for instance user/Observation.rs?category=vital-signs.")
    try:
        check_limit(scope.type, scope.query)
    except SearchError as error:
        raise ScopeError(f"The query of '{scope.level}/{scope.type}': {error}") from error


def narrow(grants: Mapping[str, frozenset[Interaction]], scopes: Iterable[Scope]) -> dict[str, frozenset[Interaction]]:
    """What is left of `grants` under `scopes`: an interaction must be in both. No scopes leave nothing."""
    listed = tuple(scopes)
    left = {
        resource_type: allowed & frozenset().union(*(s.interactions for s in listed if s.covers(resource_type)))
        for resource_type, allowed in grants.items()
    }
    return {resource_type: allowed for resource_type, allowed in left.items() if allowed}


def limits(types: Iterable[str], scopes: Iterable[Scope]) -> Limits:
    """The searches that the scopes hold each type to. A scope without one that allows the same lifts them."""
    listed = tuple(scopes)
    found: dict[str, dict[Interaction, tuple[str, ...]]] = {}
    for resource_type in types:
        covering = [s for s in listed if s.covers(resource_type)]
        for interaction in Interaction:
            queries = {s.query for s in covering if interaction in s.interactions}
            if queries and "" not in queries:
                found.setdefault(resource_type, {})[interaction] = tuple(sorted(queries))
    return found


def unlimited(grants: Mapping[str, frozenset[Interaction]], limited: Limits) -> dict[str, frozenset[Interaction]]:
    """What of `grants` holds for every record of a type."""
    return {t: allowed - frozenset(limited.get(t, ())) for t, allowed in grants.items()}
