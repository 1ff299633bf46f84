"""Reference parameters: https://hl7.org/fhir/R4/search.html#reference

`Type/id`, a bare `id` (of any type the parameter may refer to), or an absolute URL; a parameter that looks at bare
addresses (canonical) finds a bare word as it was written, too. A reference to a patient finds
what was written for any record merged with that patient.
"""

from collections.abc import Mapping
from uuid import UUID

from carewright.core.fhir.search_parameters import SearchParameter
from carewright.core.store.keys import key_of, key_of_url
from carewright.core.store.search.parse import may_refer_to, unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql, marks

TABLE = "index_reference"


def condition(
    alias: str, value: str, modifier: str, *, found: SearchParameter, families: Mapping[UUID, tuple[UUID, ...]]
) -> Sql:
    """The condition that one value puts on a row of the reference index; `modifier` may be a target type."""
    keys = [key for _, named in target_keys(value, modifier, found=found) for key in families.get(named, (named,))]
    return Sql(f"{alias}.target_key IN ") + marks(keys)


def target_keys(value: str, modifier: str, *, found: SearchParameter) -> list[tuple[str, UUID]]:
    """(type, key) of every resource that the value as the client wrote it may mean for the parameter."""
    text = unescape(value)
    if "://" in text or text.startswith("urn:"):
        return [("", key_of_url(text))]
    resource_type, slash, resource_id = text.rpartition("/")
    if slash:
        if modifier and modifier != resource_type:
            raise SearchError(f"'{text}' is not a {modifier}.")
        return [(resource_type, key_of(resource_type, resource_id))]
    as_address = [("", key_of_url(text))] if found.holds_addresses and not modifier else []
    return as_address + [(t, key_of(t, text)) for t in ((modifier,) if modifier else may_refer_to(found))]
