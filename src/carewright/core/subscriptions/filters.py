"""Whether a version of a resource meets a filter: tokens and references, compared in memory by the values that a search
would find. Plain Python; that two charts are one person's is asked of `same_patient`.

https://hl7.org/fhir/R4/search.html#token, #reference
"""

from collections.abc import Callable
from dataclasses import dataclass

from carewright.core.fhir.model import Resource
from carewright.core.fhir.search_parameters import extract, parameters_for
from carewright.core.store.search.parse import split_values, unescape

MAX_VALUES = 50
SamePatient = Callable[[str, str], bool]


class FilterError(ValueError):
    """The filter is not one that is understood."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One parameter and the values of which one must be there: (system or None, code) or (type or "", id)."""

    type: str
    param: str
    kind: str
    values: tuple[tuple[str | None, str], ...]


def read_filter(resource_type: str, name: str, value: str) -> Filter:
    """A filter as it was written; FilterError."""
    parameter = parameters_for(resource_type).get(name)
    if parameter is None or parameter.kind not in ("token", "reference"):
        raise FilterError("Filters are by tokens and references.")
    texts = [part for part in split_values(value) if part]
    if not 0 < len(texts) <= MAX_VALUES:
        raise FilterError(f"A filter has 1 to {MAX_VALUES} values.")
    read = _token if parameter.kind == "token" else _reference
    return Filter(type=resource_type, param=name, kind=parameter.kind, values=tuple(map(read, texts)))


def _token(text: str) -> tuple[str | None, str]:
    system, bar, code = text.partition("|")
    return (unescape(system), unescape(code)) if bar else (None, unescape(text))


def _reference(text: str) -> tuple[str | None, str]:
    kind, slash, resource_id = text.partition("/")
    if "/" in resource_id or ":" in text:
        raise FilterError("A reference is Type/id.")
    return (kind, resource_id) if slash else ("", text)


def meets(resource: Resource, filters: tuple[Filter, ...], *, same_patient: SamePatient) -> bool:
    """Whether a resource meets all filters that are about its type."""
    mine = [one for one in filters if one.type == resource["resourceType"]]
    if not mine:
        return True
    found = extract(resource)
    for one in mine:
        if one.kind == "token":
            here = [(system, code) for param, system, code, _ in found.tokens if param == one.param]
            good = any(_is_token(value, system, code) for value in one.values for system, code in here)
        else:
            refs = [(kind, id_) for param, kind, id_, _ in found.references if param == one.param]
            good = any(_is_ref(v, kind, id_, same_patient) for v in one.values for kind, id_ in refs)
        if not good:
            return False
    return True


def _is_token(value: tuple[str | None, str], system: str, code: str) -> bool:
    return value[0] in (None, system) and (value[1] == code or (value[0] and not value[1]) is True)


def _is_ref(value: tuple[str | None, str], kind: str, resource_id: str, same_patient: SamePatient) -> bool:
    if value[0] not in ("", kind):
        return False
    return value[1] == resource_id or (kind == "Patient" and same_patient(value[1], resource_id))
