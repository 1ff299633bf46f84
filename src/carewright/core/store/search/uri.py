"""URI parameters: https://hl7.org/fhir/R4/search.html#uri (exact; `:below` a URL and what is under it; `:above`)."""

from carewright.core.store.search.parse import unescape
from carewright.core.store.search.string import LAST
from carewright.core.store.sql import Sql, any_of, marks

TABLE = "index_uri"


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the URI index."""
    uri = unescape(value)
    same = Sql(f"{alias}.value = ?", (uri,))
    if modifier == "below":
        prefix = uri.rstrip("/") + "/"
        return any_of([same, Sql(f"{alias}.value >= ? AND {alias}.value < ?", (prefix, prefix + LAST))])
    if modifier == "above":
        parts = uri.split("/")
        return Sql(f"{alias}.value IN ") + marks(["/".join(parts[:n]) for n in range(3, len(parts) + 1)] or [uri])
    return same
