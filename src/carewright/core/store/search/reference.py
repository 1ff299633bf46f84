"""Reference parameters: https://hl7.org/fhir/R4/search.html#reference

`Type/id`, a bare `id` (of any type the parameter may refer to), or an absolute URL. A reference to a patient finds
what was written for any record merged with that patient.
"""

from uuid import UUID

from carewright.core.store.keys import key_of, key_of_url
from carewright.core.store.search.parse import unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Sql, any_of, marks

TABLE = "index_reference"


def condition(alias: str, value: str, modifier: str, *, targets: tuple[str, ...], scope: Scope) -> Sql:
    """The condition that one value puts on a row of the reference index; `modifier` may be a target type."""
    keys = target_keys(unescape(value), modifier, targets=targets)
    patients = [key for target_type, key in keys if target_type == "Patient"]
    others = [key for target_type, key in keys if target_type != "Patient"]
    conditions = [Sql(f"{alias}.target_key IN (") + scope.merged(key) + Sql(")") for key in patients]
    if others:
        conditions.append(Sql(f"{alias}.target_key IN ") + marks(others))
    return any_of(conditions)


def target_keys(value: str, modifier: str, *, targets: tuple[str, ...]) -> list[tuple[str, UUID]]:
    """(type, key) of every resource that the value may mean."""
    if "://" in value or value.startswith("urn:"):
        return [("", key_of_url(value))]
    resource_type, slash, resource_id = value.rpartition("/")
    if slash:
        if modifier and modifier != resource_type:
            raise SearchError(f"'{value}' is not a {modifier}.")
        return [(resource_type, key_of(resource_type, resource_id))]
    return [(t, key_of(t, value)) for t in ((modifier,) if modifier else targets)]
