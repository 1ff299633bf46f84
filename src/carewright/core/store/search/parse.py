"""Search parameters as they come from a client, as a query.

Source: https://hl7.org/fhir/R4/search.html ("Escaping Search Parameters", "Prefixes", "Modifiers", "Chained").
Unknown parameters are an error (`handling=strict`) or left out and named (`lenient`).
"""

import re
from collections.abc import Iterable, Mapping, Sized
from dataclasses import replace
from functools import lru_cache

from carewright.core.fhir.search_parameters import SearchParameter, parameters_for
from carewright.core.fhir.structures import resource_types
from carewright.core.store.search import filter as filters
from carewright.core.store.search import names
from carewright.core.store.search.query import (
    DEFAULT_COUNT,
    MAX_COUNT,
    Chain,
    Criterion,
    Include,
    Junction,
    Reverse,
    SearchError,
    SearchQuery,
    Sort,
)

MODIFIERS = {
    "token": frozenset({"", "missing", "not", "text", "of-type", "in", "not-in"}),
    "reference": frozenset({"", "missing", "identifier"}),
    "date": frozenset({"", "missing"}),
    "string": frozenset({"", "missing", "exact", "contains"}),
    "uri": frozenset({"", "missing", "below", "above"}),
    "number": frozenset({"", "missing"}),
    "quantity": frozenset({"", "missing"}),
    "composite": frozenset({""}),
}
"""What each kind of parameter understands, besides a type on a reference. Kinds not listed are not searched."""

OPTIONS: Mapping[str, frozenset[str]] = {
    "_summary": frozenset({"true", "text", "data", "count", "false"}),
    "_total": frozenset({"none", "estimate", "accurate"}),
    "_contained": frozenset({"false"}),
}
"""What else a search may say, and how. What is contained in a resource is not searched."""
NOT_IN_TEXT = re.compile(r"[\x00\ud800-\udfff]")
"""What no text in the chart holds (FHIR's string, Unicode's surrogates) and PostgreSQL cannot be asked for."""
FILTER = "_filter"
WHOLE = "whole"
"""A modifier of texts that no client writes: the same from end to end, whatever the case (`eq` of a filter)."""
SORTABLE = frozenset({"date", "string", "token", "uri", "number", "quantity"})
AMOUNTS = frozenset({"date", "number", "quantity"})
"""Kinds whose values may have a prefix."""
MAX_CHAIN_DEPTH = 3
MAX_VALUES = 300
MAX_CRITERIA, MAX_INCLUDES, MAX_SORTS = 50, 20, 5
"""Beyond these a statement would take the database's planner longer than any answer is worth."""


def parse(resource_type: str, pairs: Iterable[tuple[str, str]], *, ignored: list[str] | None = None) -> SearchQuery:
    """The query that the (name, value) pairs ask for; SearchError says what is wrong with which of them.

    Unknown names are put into `ignored` where it is given (lenient handling), else they are an error.
    """
    criteria: list[Criterion] = []
    sort: tuple[Sort, ...] = ()
    includes: list[Include] = []
    options: dict[str, str] = {}
    for name, value in pairs:
        if NOT_IN_TEXT.search(value):
            raise SearchError("A value holds a character that no text may hold (U+0000 or half a surrogate pair).")
        if name == "_sort":
            sort = _sort(resource_type, value)
        elif name.split(":")[0] in ("_include", "_revinclude"):
            includes.append(_include(name, value))
        elif name in ("_count", "_after"):
            options[name] = value
        elif name in OPTIONS:
            options[name] = _option(name, value)
        elif value != "":
            _add(criteria, resource_type, name, value, ignored)
    _within_bounds([one for criterion in criteria for one in criterion.alone()], includes, sort)
    counts = options.get("_summary") == "count" or _count(options.get("_count")) == 0
    return SearchQuery(
        type=resource_type,
        criteria=tuple(criteria),
        sort=sort,
        count=_count(options.get("_count")),
        includes=tuple(includes),
        after=options.get("_after"),
        total=options.get("_total") in ("accurate", "estimate") or counts,
        summary_count=counts,
    )


def _within_bounds(criteria: Sized, includes: Sized, sort: Sized) -> None:
    for what, listed, most in (
        ("criteria", criteria, MAX_CRITERIA), ("_include and _revinclude", includes, MAX_INCLUDES),
        ("parameters in _sort", sort, MAX_SORTS),
    ):  # fmt: skip
        if len(listed) > most:
            raise SearchError(f"A search has at most {most} {what}; this one has {len(listed)}.")


def _add(criteria: list[Criterion], resource_type: str, name: str, value: str, ignored: list[str] | None) -> None:
    try:
        if name == FILTER:
            criteria.extend(_filtered(resource_type, filters.read(value)))
        else:
            criteria.append(_criterion(resource_type, name, value, depth=0))
    except UnknownParameter:
        if ignored is None:
            raise
        ignored.append(name)


class UnknownParameter(SearchError):
    """No such parameter on this type."""


@lru_cache(maxsize=4096)
def parameter(resource_type: str, code: str) -> SearchParameter:
    """The search parameter `code` of a type; UnknownParameter names what there is."""
    known: Mapping[str, SearchParameter] = parameters_for(resource_type)
    found = known.get(code)
    if found is None:
        raise UnknownParameter(
            f"{resource_type} cannot be searched by '{code}'. It can be searched by: {', '.join(sorted(known))}."
        )
    return found


def may_refer_to(found: SearchParameter) -> tuple[str, ...]:
    """The types that a reference parameter may lead to; a parameter that names none may lead to any."""
    return found.targets or tuple(sorted(resource_types()))


def split_values(text: str, separator: str = ",") -> tuple[str, ...]:
    """The alternatives in a value; a backslash before the separator keeps it as text."""
    if separator not in text:
        return (text,)
    parts = re.findall(rf"(?:\\.|[^\\{separator}]|\\$)+|{re.escape(separator)}", text, re.DOTALL)
    values = [""]
    for part in parts:
        if part == separator:
            values.append("")
        else:
            values[-1] = part
    return tuple(values)


def unescape(text: str) -> str:
    """`\\,` `\\|` `\\$` and `\\\\` as the characters that they stand for."""
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def _criterion(resource_type: str, name: str, value: str, *, depth: int) -> Criterion:
    if depth > MAX_CHAIN_DEPTH:
        raise SearchError(f"A chain of more than {MAX_CHAIN_DEPTH} references is not searched. Use a shorter one.")
    if name.startswith("_has:"):
        return _reverse(name, value, depth=depth)
    head, _, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    found = parameter(resource_type, code)
    if rest:
        return _chained(found, modifier, rest, value, depth=depth)
    values = tuple(part for part in split_values(value) if part)
    if not values:
        raise SearchError(f"'{name}' has commas but no value.")
    if len(values) > MAX_VALUES:
        raise SearchError(f"'{name}' names {len(values)} values; at most {MAX_VALUES} are searched at once.")
    if found.kind not in MODIFIERS:
        raise SearchError(f"'{code}' is a {found.kind} parameter, which cannot be searched here.")
    is_type = found.kind == "reference" and modifier in may_refer_to(found)
    if modifier not in MODIFIERS[found.kind] and not is_type:
        known = ", ".join(f":{m}" for m in sorted(MODIFIERS[found.kind]) if m)
        raise SearchError(f"'{code}' does not understand ':{modifier}'. It understands {known}.")
    if modifier == "missing" and value not in ("true", "false"):
        raise SearchError(f"'{name}' is true or false; got '{value}'.")
    if found.holds_names and not modifier and names.has_words(values):
        return names.in_any_order(code, values)
    return Criterion(param=code, values=values, modifier=modifier)


# -- _filter ----------------------------------------------------------------------------------------------------------


def _filtered(resource_type: str, found: filters.Comparison | filters.Group) -> list[Criterion]:
    """The criteria of a filter. What all must hold stands beside the search's other criteria, as if it were written
    there."""
    if isinstance(found, filters.Group) and found.every:
        return [criterion for part in found.parts for criterion in _filtered(resource_type, part)]
    return [_tested(resource_type, found)]


def _tested(resource_type: str, found: filters.Comparison | filters.Group) -> Criterion:
    if isinstance(found, filters.Group):
        parts = tuple(_tested(resource_type, part) for part in found.parts)
        return Criterion(param=FILTER, junction=Junction(every=found.every, parts=parts))
    kind = _kind_at(resource_type, found.path)
    if kind in AMOUNTS and found.value[:1].isalpha():
        raise SearchError(f"_filter compares '{found.path}' by 'eq' with a bare value, without a prefix.")
    path = f"{found.path}:exact" if kind == "string" else found.path
    criterion = _criterion(resource_type, path, _as_one(found.value, words=kind == "string"), depth=0)
    return _whole(criterion) if kind == "string" else criterion


def _as_one(text: str, *, words: bool) -> str:
    """A filter's value as that of a parameter. A comma parts nothing; before another character of a code (`a\\|b`) a
    backslash means what it means in any search."""
    if words:
        return re.sub(r"([\\,|$])", r"\\\1", text)
    return re.sub(r"\\.|,", lambda found: "\\," if found[0] == "," else found[0], text, flags=re.DOTALL)


def _whole(criterion: Criterion) -> Criterion:
    """The criterion on a text with the text as a whole, at the end of its chain."""
    if criterion.chain is None:
        return replace(criterion, modifier=WHOLE)
    return replace(criterion, chain=replace(criterion.chain, criterion=_whole(criterion.chain.criterion)))


def _kind_at(resource_type: str, path: str) -> str:
    """The kind of the parameter at the end of a chain."""
    head, _, rest = path.partition(".")
    code, _, modifier = head.partition(":")
    found = parameter(resource_type, code)
    if rest:
        return _kind_at(_targets(found, modifier, rest)[0], rest)
    if modifier:
        raise SearchError(f"_filter reads: parameter eq value. Ask by '{head}' beside it.")
    return found.kind


def _chained(found: SearchParameter, modifier: str, rest: str, value: str, *, depth: int) -> Criterion:
    types = _targets(found, modifier, rest)
    criterion = _criterion(types[0], rest, value, depth=depth + 1)
    return Criterion(param=found.code, chain=Chain(types=types, criterion=criterion))


def _targets(found: SearchParameter, modifier: str, rest: str) -> tuple[str, ...]:
    """The types that a chain by a reference leads to, by the parameter that follows."""
    if found.kind != "reference":
        raise SearchError(f"'{found.code}' is not a reference, so nothing can be chained to it.")
    targets = may_refer_to(found)
    if modifier and modifier not in targets:
        raise SearchError(f"'{found.code}' never refers to {modifier}. It refers to {', '.join(targets)}.")
    inner = rest.partition(".")[0].partition(":")[0]
    types = (modifier,) if modifier else tuple(t for t in targets if inner in parameters_for(t))
    if not types:
        raise SearchError(f"Nothing that '{found.code}' refers to can be searched by '{inner}'.")
    return types


def _reverse(name: str, value: str, *, depth: int) -> Criterion:
    parts = name.split(":", 3)
    if len(parts) != 4:
        raise SearchError("_has reads _has:Type:reference:parameter=value.")
    _, resource_type, reference, inner = parts
    if parameter(resource_type, reference).kind != "reference":
        raise SearchError(f"'{reference}' of {resource_type} is not a reference.")
    criterion = _criterion(resource_type, inner, value, depth=depth + 1)
    return Criterion(param="_has", reverse=Reverse(type=resource_type, reference=reference, criterion=criterion))


def _sort(resource_type: str, value: str) -> tuple[Sort, ...]:
    sorts = []
    for part in value.split(","):
        found = parameter(resource_type, part.lstrip("-"))
        if found.kind not in SORTABLE and found.code != "_id":
            raise SearchError(f"Results cannot be put in the order of '{found.code}'.")
        sorts.append(Sort(param=found.code, descending=part.startswith("-")))
    return tuple(sorts)


def _include(name: str, value: str) -> Include:
    kind, _, modifier = name.partition(":")
    if modifier not in ("", "iterate"):
        raise SearchError(f"'{kind}' understands :iterate and no other modifier.")
    parts = value.split(":")
    if len(parts) not in (2, 3):
        raise SearchError(f"{name} reads Type:parameter or Type:parameter:TargetType; got '{value}'.")
    if parameter(parts[0], parts[1]).kind != "reference":
        raise SearchError(f"{name}: '{parts[1]}' of {parts[0]} is not a reference.")
    return Include(
        source=parts[0],
        param=parts[1],
        target=parts[2] if len(parts) == 3 else "",
        reverse=kind == "_revinclude",
        iterate=modifier == "iterate",
    )


def _option(name: str, value: str) -> str:
    if value not in OPTIONS[name]:
        raise SearchError(f"{name} is {' or '.join(sorted(OPTIONS[name]))} here.")
    return value


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise SearchError("_count is a whole number of at most 18 digits.")
    return min(int(text), MAX_COUNT)
