"""Token parameters: https://hl7.org/fhir/R4/search.html#token

`code` any system, `system|code` both, `|code` without a system, `system|` any code of the system. `:text` finds words
of the code's display or of the concept's text; `:in` the codes of a value set that is loaded here.
"""

from collections import defaultdict

from carewright.core.fhir.index_values import FOLDED_LENGTH
from carewright.core.fhir.text import fold
from carewright.core.store.search.parse import split_values, unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.search.string import holding
from carewright.core.store.sql import Sql, all_of, any_of, marks
from carewright.core.terminology.service import expand

TABLE = "index_token"


def condition(alias: str, value: str, modifier: str) -> Sql:
    """The condition that one value puts on a row of the token index."""
    if modifier == "text":
        return holding(f"{alias}.display", fold(unescape(value))[:FOLDED_LENGTH])
    if modifier in ("in", "not-in"):
        return _in_value_set(alias, unescape(value))
    return coded(f"{alias}.system", f"{alias}.code", value)


def coded(system: str, code: str, value: str) -> Sql:
    """A token as a condition on the two columns that hold one."""
    parts = split_values(value, "|")
    if len(parts) == 1:
        return Sql(f"{code} = ?", (unescape(parts[0]),))
    conditions = [Sql(f"{system} = ?", (unescape(parts[0]),))]
    named = unescape("|".join(parts[1:]))
    if named:
        conditions.append(Sql(f"{code} = ?", (named,)))
    return all_of(conditions)


def _in_value_set(alias: str, url: str) -> Sql:
    """Any code of the value set; the elements of type `code` have rows without a system."""
    found = expand(url)
    if found is None or not found.complete:
        raise SearchError(f"The value set '{url}' is not loaded here, so it cannot be said which codes are in it.")
    by_system: dict[str, list[str]] = defaultdict(list)
    for coding in found.codings:
        by_system[coding.system].append(coding.code)
    return any_of([
        all_of([Sql(f"{alias}.code IN ") + marks(codes), Sql(f"{alias}.system IN (?, '')", (system,))])
        for system, codes in by_system.items()
    ])  # fmt: skip
