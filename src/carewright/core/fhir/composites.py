"""Composite search parameters: parts that have to be met by one and the same place in a resource.

Where the place is the resource itself, a composite is its parts, met together: each has a parameter of its own, so
that no row is needed. Where it is an element of a list (a component of an Observation), which code stands beside which
value is in no other row: `extract` gives one for every pair.

Source: https://hl7.org/fhir/R4/search.html#combining, https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carewright.core.fhir.index_values import IndexValues, emitter
from carewright.core.fhir.search_paths import SearchPath, Step, Unreadable, read_expression, read_inside

Part = tuple[str, str]
"""The parameter that a part is defined as, and where it stands below the composite's place."""
VALUE_KINDS = frozenset({"token", "quantity", "reference"})
"""What the second part of a pair may be; the first is a token."""


@dataclass(frozen=True, slots=True)
class Together:
    """Both parts at the resource: a search by two parameters of the type."""

    codes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The parts in each element of a list. `param` is the code under which the rows stand: several composites that look
    at the same pairs share them. `kinds` are those of the parts."""

    param: str
    base: tuple[Step, ...]
    parts: tuple[tuple[SearchPath, ...], tuple[SearchPath, ...]]
    kinds: tuple[str, str]


Branch = Together | Pairs
Known = Mapping[str, tuple[str, tuple[SearchPath, ...]]]
"""The other parameters of the type: code to (kind, paths)."""


def branches(code: str, expression: str, parts: tuple[Part, ...], *, resource_type: str, known: Known) -> list[Branch]:
    """The places that a composite looks at; Unreadable, with the reason, for one that cannot be searched."""
    if len(parts) != 2:
        raise Unreadable("a composite of three parts")
    return [_branch(code, place.strip(), parts, resource_type, known) for place in expression.split("|")]


def _branch(code: str, place: str, parts: tuple[Part, ...], resource_type: str, known: Known) -> Branch:
    if place == resource_type:
        first, second = (_at_the_resource(part, resource_type, known) for part in parts)
        return Together((first, second))
    (base,) = read_expression(place, resource_type)
    kinds = [known[defined][0] for defined, _ in parts]
    own_first = (kinds, kinds[::-1])
    read = [_indexed(read_inside(base, p[1], resource_type), k) for p, k in zip(parts, own_first, strict=True)]
    (first, first_paths), (second, second_paths) = read
    if first != "token" or second not in VALUE_KINDS:
        raise Unreadable(f"a pair of {first} and {second}")
    return Pairs(code, base.steps, (first_paths, second_paths), (first, second))


def _indexed(paths: list[SearchPath], kinds: list[str]) -> tuple[str, tuple[SearchPath, ...]]:
    """How the values of a part are searched for: as the parameter says that it is defined as, or, because R4 has the
    two of `relationship` the wrong way round, as the other one says."""
    for kind in kinds:
        useful = tuple(path for path in paths if emitter(kind, path.type, ()) is not None)
        if useful:
            return kind, useful
    raise Unreadable(f"no way to search {', '.join(map(str, paths))}")


def _at_the_resource(part: Part, resource_type: str, known: Known) -> str:
    """The parameter that finds what the part finds: the one it is defined as, or one that looks at just that place."""
    defined, inner = part
    pieces = (f"{resource_type}.{piece.strip()}" for piece in inner.split("|"))
    wanted = {path for piece in pieces for path in read_expression(piece, resource_type)}
    for code, (_, paths) in known.items():
        if paths and set(paths) == wanted:
            return code
    if defined in known and wanted <= set(known[defined][1]):
        return defined
    raise Unreadable(f"no parameter looks at {inner} alone")


def shared(found: Iterable[Pairs]) -> list[Pairs]:
    """Each look at the same pairs once, under the first code that asked for it."""
    first: dict[tuple[object, ...], Pairs] = {}
    for pairs in found:
        first.setdefault((pairs.base, pairs.parts, pairs.kinds), pairs)
    return list(first.values())


def rows(
    code: str, first: IndexValues, second: IndexValues
) -> list[tuple[str, str, str, str, str, str, float | None, float | None]]:
    """The rows of one element: every value of the first part beside every value of the second."""
    values: list[tuple[str, str, str, float | None, float | None]] = [
        *((system, code, "", None, None) for _, system, code, _ in second.tokens),
        *((system, code, unit, low, high) for _, low, high, system, code, unit in second.quantities),
        *(("", f"{kind}/{id_}" if kind else url, "", None, None) for _, kind, id_, url in second.references),
    ]
    return [(code, system, named, *value) for _, system, named, _ in first.tokens for value in values]
