"""R4's search parameters (and US Core 6.1.0's own), and what each finds in a resource.

The parameters of a type are read once from `definitions/search_parameters.txt` and compiled into one tree of JSON
names, so that a resource is walked once, whatever the number of its parameters.

FHIR R4: https://hl7.org/fhir/R4/search.html, https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from carewright.core.fhir import composites
from carewright.core.fhir.index_values import UNINDEXED, Emit, IndexValues, emitter
from carewright.core.fhir.model import Resource
from carewright.core.fhir.search_paths import SearchPath, Step, Unreadable, read_expression
from carewright.core.fhir.structures import DEFINITIONS, is_resource
from carewright.core.fhir.text import fold
from carewright.core.terminology.tables import read_table

__all__ = ["IndexValues", "SearchParameter", "extract", "fold", "parameters_for", "unindexed"]

Kind = Literal["token", "reference", "date", "string", "uri", "number", "quantity", "composite", "special"]
IN_THE_ROW = frozenset({"_id", "_lastUpdated"})
"""Parameters that need no index row, because every stored resource has them as columns."""
NOT_INDEXED: Mapping[str, str] = {
    "phonetic": "which names sound alike depends on the language; `name` finds them as written",
    "composition": "looks inside the document's first entry, which is a resource of its own once it is stored",
    "message": "looks inside the message's first entry, which is a resource of its own once it is stored",
}
"""Codes of parameters that are left out whatever their type, and why."""
_NONE: Mapping[str, "SearchParameter"] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one resource type.

    `targets` are the types a reference may point to (empty: any). `paths` are the places it looks at, none where it
    cannot be indexed; `reason` says why. `parts` are a composite's (code, expression), `branches` where it looks.
    """

    code: str
    kind: Kind
    resource_type: str
    expression: str
    targets: tuple[str, ...] = ()
    paths: tuple[SearchPath, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    branches: tuple[composites.Branch, ...] = ()
    source: str = "R4"
    reason: str = ""

    @property
    def holds_names(self) -> bool:
        """Whether it looks into the names of people, whose words stand in any order."""
        return self.kind == "string" and any(path.type == "HumanName" for path in self.paths)

    @property
    def holds_addresses(self) -> bool:
        """Whether it is a reference by a bare address, which need be neither `Type/id` nor whole."""
        return self.kind == "reference" and any(path.type in ("canonical", "uri") for path in self.paths)


def parameters_for(resource_type: str) -> Mapping[str, SearchParameter]:
    """All parameters of a resource type by code, `_id` and the like included; empty for an unknown type."""
    return _parameters(resource_type) if is_resource(resource_type) else _NONE


@cache
def _parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    lines = [("Resource", line) for line in _table()["Resource"]]
    lines += [(resource_type, line) for line in _table().get(resource_type, ())]
    found = {p.code: p for p in (_parameter(line, base, resource_type) for base, line in lines)}
    known = {p.code: (p.kind, p.paths) for p in found.values() if p.kind != "composite"}
    return MappingProxyType({c: _joined(p, known) if p.kind == "composite" else p for c, p in found.items()})


def _joined(parameter: SearchParameter, known: composites.Known) -> SearchParameter:
    """A composite with the places it looks at, or with why it has none."""
    try:
        listed = composites.branches(
            parameter.code, parameter.expression, parameter.parts, resource_type=parameter.resource_type, known=known
        )
    except Unreadable as error:
        return replace(parameter, reason=str(error))
    return replace(parameter, branches=tuple(listed))


def extract(resource: Resource) -> IndexValues:
    """The index rows of a resource; none for a type that R4 does not have or for values of the wrong shape."""
    out = IndexValues()
    resource_type = resource.get("resourceType")
    if type(resource_type) is str and is_resource(resource_type):
        _visit(_tree(resource_type), resource, out)
        for beside in _side_by_side(resource_type):
            beside.visit(resource, out)
    return out.without_repeats()


def unindexed() -> Iterator[tuple[SearchParameter, str]]:
    """Every parameter that gives no row at all, and the reason; `explain` and the capability statement show it."""
    for resource_type in _table():
        for parameter in parameters_for(resource_type).values():
            if parameter.reason:
                yield parameter, parameter.reason


@cache
def _table() -> dict[str, list[str]]:
    return dict(read_table(DEFINITIONS / "search_parameters.txt"))


def _parameter(line: str, base: str, resource_type: str) -> SearchParameter:
    code, kind, expression, detail, source = [*line.split("\t"), "", ""][:5]
    reason = NOT_INDEXED.get(code, "")
    paths, reason = ((), reason) if reason else _paths(kind, expression, base)
    resolved = {path.resolves for path in paths} - {""}
    targets = tuple(detail.split(",")) if detail not in ("", "*") else ()
    return SearchParameter(
        code=code,
        kind=kind,  # type: ignore[arg-type] # a test holds the table to the kinds
        resource_type=resource_type,
        expression=expression,
        targets=() if kind == "composite" else tuple(sorted(resolved)) or targets,
        paths=paths,
        parts=_composite_parts(detail) if kind == "composite" else (),
        source=source or "R4",
        reason=reason,
    )


def _composite_parts(detail: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in detail.split(" & "))
    return tuple((code, expression) for code, _, expression in pairs)


def _paths(kind: str, expression: str, resource_type: str) -> tuple[tuple[SearchPath, ...], str]:
    """The paths that can be indexed, and if there is none, why."""
    if kind == "composite":
        return (), ""  # it has branches instead (_joined)
    try:
        paths = read_expression(expression, resource_type)
    except Unreadable as error:
        return (), str(error)
    useful = tuple(path for path in paths if (kind, path.type) not in UNINDEXED)
    return useful, "" if useful else UNINDEXED[kind, paths[0].type]


@dataclass(slots=True)
class _Node:
    """A place in a resource: what its values give, and the names below it (each with the condition it asks for)."""

    emits: list[Emit] = field(default_factory=list)
    below: dict[str, list[tuple[tuple[str, str] | None, "_Node"]]] = field(default_factory=dict)

    def child(self, name: str, where: tuple[str, str] | None) -> "_Node":
        listed = self.below.setdefault(name, [])
        for condition, node in listed:
            if condition == where:
                return node
        node = _Node()
        listed.append((where, node))
        return node


@cache
def _tree(resource_type: str) -> _Node:
    """All parameters of a type as one tree; those that look at the same values share the work."""
    root = _Node()
    wanted: dict[tuple[int, str, str], tuple[_Node, list[tuple[str, str]]]] = {}
    for parameter in parameters_for(resource_type).values():
        for path in parameter.paths if parameter.code not in IN_THE_ROW else ():
            if path.exists:
                root.emits.append(_exists(parameter.code, path.exists))
                continue
            node = root
            for step in path.steps:
                node = node.child(step.name, step.where)
            names = wanted.setdefault((id(node), parameter.kind, path.type), (node, []))[1]
            names.append((parameter.code, path.resolves))
    for (_, kind, type_), (node, names) in wanted.items():
        emit = emitter(kind, type_, tuple(names))
        if emit is None:
            raise LookupError(f"No way to index {type_} for {kind} parameters ({names}), and no reason why not.")
        node.emits.append(emit)
    return root


def _exists(code: str, names: Iterable[str]) -> Emit:
    def emit(value: Any, out: IndexValues) -> None:
        there = any(value.get(name) not in (None, False) for name in names)
        out.tokens.append((code, "", "true" if there else "false", ""))

    return emit


def _visit(node: _Node, value: Any, out: IndexValues) -> None:
    if type(value) is list:
        for item in value:
            if item is not None:
                _visit(node, item, out)
        return
    try:
        for emit in node.emits:
            emit(value, out)
    except (AttributeError, TypeError):
        return  # a value of the wrong shape, in a resource that was never valid
    below = node.below
    if not below or type(value) is not dict:
        return
    for name, inner in value.items():
        if name in below:
            for where, child in below[name]:
                _visit(child, inner if where is None else _only(where, inner), out)


@dataclass(frozen=True, slots=True)
class _SideBySide:
    """The elements of a list in which the parts of a composite stand together."""

    code: str
    base: tuple[Step, ...]
    first: _Node
    second: _Node

    def visit(self, resource: Resource, out: IndexValues) -> None:
        for element in self._elements(resource):
            one, other = IndexValues(), IndexValues()
            _visit(self.first, element, one)
            _visit(self.second, element, other)
            out.composites += composites.rows(self.code, one, other)

    def _elements(self, resource: Resource) -> list[Any]:
        found: list[Any] = [resource]
        for step in self.base:
            inner = [value.get(step.name) for value in found if type(value) is dict]
            found = [item for value in inner for item in (value if type(value) is list else [value])]
        return [element for element in found if type(element) is dict]


@cache
def _side_by_side(resource_type: str) -> tuple[_SideBySide, ...]:
    return tuple(
        _SideBySide(
            pairs.param, pairs.base, *(_part(paths, kind) for paths, kind in zip(pairs.parts, pairs.kinds, strict=True))
        )
        for pairs in pairs_of(resource_type)
    )


@cache
def pairs_of(resource_type: str) -> tuple[composites.Pairs, ...]:
    """What the index keeps for the composites of a type, each look once."""
    listed = (b for p in parameters_for(resource_type).values() for b in p.branches if isinstance(b, composites.Pairs))
    return tuple(composites.shared(listed))


def kept_under(resource_type: str, pairs: composites.Pairs) -> str:
    """The code under which the index keeps the pairs that a composite looks at."""
    return next(
        p.param for p in pairs_of(resource_type) if (p.base, p.parts, p.kinds) == (pairs.base, pairs.parts, pairs.kinds)
    )


def _part(paths: Iterable[SearchPath], kind: str) -> _Node:
    root = _Node()
    for path in paths:
        node = root
        for step in path.steps:
            node = node.child(step.name, step.where)
        emit = emitter(kind, path.type, (("", path.resolves),))
        if emit is not None:
            node.emits.append(emit)
    return root


def _only(where: tuple[str, str], value: Any) -> list[Any]:
    name, wanted = where
    return [v for v in (value if type(value) is list else [value]) if type(v) is dict and v.get(name) == wanted]
