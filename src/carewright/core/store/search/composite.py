"""Composite parameters: https://hl7.org/fhir/R4/search.html#combining

`code$value`: both parts are met by the same element. Where that is the resource itself, the parts are two parameters of
the type; the pairs that stand together in an element of a list have rows of their own (core/fhir/composites.py).
"""

from carewright.core.store.search import quantity, token
from carewright.core.store.search.parse import split_values, unescape
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql, all_of

TABLE = "index_composite"


def parts_of(param: str, value: str) -> tuple[str, str]:
    """The two parts as a client wrote them; SearchError for another number of them."""
    parts = split_values(value, "$")
    if len(parts) != 2 or not all(parts):
        raise SearchError(f"'{param}' takes two parts with a dollar sign between them: code$value.")
    return parts[0], parts[1]


def beside_condition(alias: str, value: str, modifier: str) -> Sql:
    """What a modifier asks of an identifier: `of-type` (system|code|value: its kind and itself), `identifier` (that of
    a reference, as a token)."""
    if modifier == "identifier":
        return token.coded(f"{alias}.system", f"{alias}.code", value)
    parts = [unescape(part) for part in split_values(value, "|")]
    if len(parts) != 3 or not all(parts):
        raise SearchError(
            "':of-type' takes the system and the code of a kind of identifier, and the identifier: s|c|v."
        )
    return Sql(f"{alias}.system = ? AND {alias}.code = ? AND {alias}.value_code = ?", tuple(parts))


def pair_condition(alias: str, parts: tuple[str, str], *, kind: str) -> Sql:
    """The condition on a row of the composite index; `kind` is that of the second part."""
    first = token.coded(f"{alias}.system", f"{alias}.code", parts[0])
    if kind == "quantity":
        return all_of([first, quantity.amount(alias, parts[1], columns="value_")])
    if kind == "reference":
        return all_of([first, Sql(f"{alias}.value_code = ?", (unescape(parts[1]),))])
    return all_of([first, token.coded(f"{alias}.value_system", f"{alias}.value_code", parts[1])])
