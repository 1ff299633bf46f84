"""The search behind the `?` of a SMART scope, which every record that the scope opens has to meet.

Source: https://hl7.org/fhir/smart-app-launch/STU2/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
It looks at the record alone. What another record says (a chain, `_has`) may be hidden from the one who asks, and would
tell of itself by what is shown.
"""

from functools import lru_cache
from urllib.parse import unquote

from carewright.core.store.search.parse import parse
from carewright.core.store.search.query import Criterion, SearchError

OF_EVERY_TYPE = frozenset({"_id", "_lastUpdated", "_profile", "_security", "_tag"})
RENDERED = frozenset({"AuditEvent", "Provenance"})
"""Rendered from rows of their own, which no index holds."""


@lru_cache(maxsize=1024)
def criteria_of(resource_type: str, query: str) -> tuple[Criterion, ...]:
    """What the query asks of a record; SearchError where it is no search, or one of other records too."""
    if resource_type in RENDERED:
        raise SearchError(f"{resource_type} records cannot be held to a query. Ask for them without one.")
    pairs = [_pair(part) for part in query.split("&")]
    return parse(resource_type, pairs).criteria


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    name, value = unquote(name), unquote(value)
    bare = name.partition(":")[0]
    if not name or not value:
        raise SearchError(f"'{part}' is no search: write a parameter, an equals sign and a value.")
    if "." in name or (bare.startswith("_") and bare not in OF_EVERY_TYPE):
        raise SearchError(f"'{name}' looks at more than the record. Use a parameter of the record itself.")
    return name, value
