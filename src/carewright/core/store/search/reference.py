"""Reference parameters: https://hl7.org/fhir/R4/search.html#reference

`Type/id`, a bare `id` (of any type the parameter may refer to), or an absolute URL. A reference to a patient finds
what was written for any record merged with that patient.
"""

from collections.abc import Mapping
from uuid import UUID

from carewright.core.store.keys import key_of, key_of_url
from carewright.core.store.search.parse import unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql, marks

TABLE = "index_reference"


def condition(
    alias: str, value: str, modifier: str, *, targets: tuple[str, ...], families: Mapping[UUID, tuple[UUID, ...]]
) -> Sql:
    """The condition that one value puts on a row of the reference index; `modifier` may be a target type."""
    keys = [key for _, named in target_keys(value, modifier, targets=targets) for key in families.get(named, (named,))]
    return Sql(f"{alias}.target_key IN ") + marks(keys)


def target_keys(value: str, modifier: str, *, targets: tuple[str, ...]) -> list[tuple[str, UUID]]:
    """(type, key) of every resource that the value as the client wrote it may mean."""
    text = unescape(value)
    if "://" in text or text.startswith("urn:"):
        return [("", key_of_url(text))]
    resource_type, slash, resource_id = text.rpartition("/")
    if slash:
        if modifier and modifier != resource_type:
            raise SearchError(f"'{text}' is not a {modifier}.")
        return [(resource_type, key_of(resource_type, resource_id))]
    return [(t, key_of(t, text)) for t in ((modifier,) if modifier else targets)]
