"""Quantity parameters: https://hl7.org/fhir/R4/search.html#quantity

`number` in any unit, `number|system|code` in that one, `number||unit` where the unit's code or its name is that. Units
are compared as they are written, not converted.
"""

from carewright.core.store.search import number
from carewright.core.store.search.parse import split_values, unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql, all_of

TABLE = "index_quantity"


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the quantity index."""
    return amount(alias, value)


def amount(alias: str, value: str, *, columns: str = "") -> Sql:
    """The condition on a row's bounds and on its unit, whose columns' names begin with `columns`."""
    parts = [unescape(part) for part in split_values(value, "|")]
    if len(parts) not in (1, 3):
        raise SearchError(f"'{value}' is not a quantity. Write number, number|system|code or number||unit.")
    _, system, code = (*parts, "", "")[:3]
    conditions = [number.range_condition(alias, parts[0])]
    if system:
        conditions.append(Sql(f"{alias}.{columns}system = ?", (system,)))
    if code and system:
        conditions.append(Sql(f"{alias}.{columns}code = ?", (code,)))
    elif code:
        conditions.append(Sql(f"({alias}.{columns}code = ? OR {alias}.{columns}unit = ?)", (code, code)))
    return all_of(conditions)
