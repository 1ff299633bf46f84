"""Token parameters: https://hl7.org/fhir/R4/search.html#token

`code` any system, `system|code` both, `|code` without a system, `system|` any code of the system.
"""

from carewright.core.store.search.parse import split_values, unescape
from carewright.core.store.sql import Sql, all_of

TABLE = "index_token"


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the token index."""
    parts = split_values(value, "|")
    if len(parts) == 1:
        return Sql(f"{alias}.code = ?", (unescape(parts[0]),))
    system, code = unescape(parts[0]), unescape("|".join(parts[1:]))
    conditions = [Sql(f"{alias}.system = ?", (system,))]
    if code:
        conditions.append(Sql(f"{alias}.code = ?", (code,)))
    return all_of(conditions)
