"""Search expressions, read: the part of FHIRPath that R4's search parameters use, resolved to JSON names.

An expression such as `(Observation.value as Quantity) | Observation.subject.where(resolve() is Patient)` becomes a
list of `SearchPath`: the JSON names to follow, what must hold on the way, and the data type at the end. Whatever it
cannot read raises `Unreadable`; nothing is left out in silence.

FHIRPath: http://hl7.org/fhirpath/N1/; search parameters: https://hl7.org/fhir/R4/searchparameter-registry.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from carewright.core.fhir.structures import Content, Element, ElementType, elements, is_resource

_AS = re.compile(r"\((\S+) as (\w+)\)(.*)")
_STEP = re.compile(r"\.?(\w+)(?:\(((?:[^()]|\(\))*)\))?")
_EQUALS = re.compile(r"(\w+)\s*=\s*'([^']*)'")
_RESOLVES = re.compile(r"resolve\(\) is (\w+)")
_EXISTS = re.compile(r"(\w+)\.(\w+)\.exists\(\) and \1\.\2 != false")


KINDS_OF_URI = frozenset({"canonical", "url", "oid", "uuid"})
"""Types that are uris too, so that what is cast to a uri may be one of them."""
Operation = tuple[str, str | None]
"""A name, or a function with the text of its argument."""


class Unreadable(ValueError):
    """An expression outside the part of FHIRPath that is known here. The text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One JSON name; `where` is (name, value) that an object found there must hold."""

    name: str
    where: tuple[str, str] | None = None

    def __str__(self) -> str:
        return self.name + (f"[{self.where[0]}='{self.where[1]}']" if self.where else "")


@dataclass(frozen=True, slots=True)
class SearchPath:
    """Where values of type `type` stand. `resolves` confines references to one resource type.

    With `exists` the value is true or false: whether something other than `false` stands at any of the `steps`' names.
    """

    steps: tuple[Step, ...]
    type: str
    resolves: str = ""
    exists: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join(map(str, self.steps)) or f"exists({', '.join(self.exists)})"


def read_expression(expression: str, resource_type: str) -> list[SearchPath]:
    """All paths of a search expression for one resource type; Unreadable if any part of it cannot be read."""
    exists = _EXISTS.fullmatch(expression)
    if exists:
        element = elements(exists[1])[exists[2]]
        return [SearchPath((), "boolean", exists=tuple(_names(element)))]
    return [path for part in expression.split("|") for path in _read(part.strip(), resource_type)]


def read_inside(base: SearchPath, expression: str, resource_type: str) -> list[SearchPath]:
    """All paths of an expression that begins at an element of the resource (a part of a composite)."""
    content: Content = (resource_type, "")
    for step in base.steps:
        element, _ = _element(content, step.name)
        inside = element.inside(element.types[0]) if len(element.types) == 1 else None
        if inside is None:
            raise Unreadable(f"{base} has nothing inside")
        content = inside
    parts = (part.strip() for part in expression.split("|"))
    return [path for part in parts for path in _follow(_operations(part), content, ())]


def _read(text: str, resource_type: str) -> Iterator[SearchPath]:
    cast = _AS.fullmatch(text)
    if cast:
        text = f"{cast[1]}.as({cast[2]}){cast[3]}"
    head, _, rest = text.partition(".")
    if head not in {resource_type, "Resource", "DomainResource"}:
        raise Unreadable(f"'{text}' does not begin with {resource_type}")
    operations = _operations(rest)
    yield from _follow(operations, (resource_type, ""), ())


def _operations(text: str) -> list[Operation]:
    """`telecom.where(system='phone')` as [("telecom", None), ("where", "system='phone'")]."""
    found, position = [], 0
    while position < len(text):
        step = _STEP.match(text, position)
        if not step:
            raise Unreadable(f"'{text[position:]}' is not understood")
        found.append((step[1], step[2]))
        position = step.end()
    return found


def _follow(operations: list[Operation], content: Content, steps: tuple[Step, ...]) -> Iterator[SearchPath]:
    (name, argument), *rest = operations
    if argument is not None:
        raise Unreadable(f"{name}({argument}) is not understood here")
    if content[0] == "Coding" and name == "code" and not rest:
        yield SearchPath(steps, "Coding")  # keeps the code together with its system
        return
    element, chosen = _element(content, name)
    narrowed, rest = _narrowed(rest)
    types = [t for t in element.types if chosen in ("", _key(element, t)) and narrowed.allows(t)]
    if not types:
        raise Unreadable(f"{content[0]} has no {name} of type {narrowed.cast}")
    for type_ in types:
        here = (*steps, Step(_key(element, type_), narrowed.where))
        inside = element.inside(type_)
        if not rest:
            yield SearchPath(here, type_.code, narrowed.resolves)
        elif inside and (rest[0][0] in elements(*inside) or len(types) == 1):
            yield from _follow(rest, inside, here)


@dataclass(slots=True)
class _Narrowed:
    """What the functions behind a name ask for."""

    cast: str = ""
    where: tuple[str, str] | None = None
    resolves: str = ""

    def allows(self, type_: ElementType) -> bool:
        wanted = self.cast.lower()  # R4 itself writes as(DateTime)
        return wanted in ("", type_.code.lower()) or (wanted == "uri" and type_.code in KINDS_OF_URI)


def _narrowed(operations: list[Operation]) -> tuple[_Narrowed, list[Operation]]:
    """The functions at the beginning of `operations`, read, and what comes behind them."""
    found = _Narrowed()
    while operations and operations[0][1] is not None:
        (function, argument), *operations = operations
        equals, resolves = _EQUALS.fullmatch(argument or ""), _RESOLVES.fullmatch(argument or "")
        if function in {"as", "ofType"}:
            found.cast = argument or ""
        elif function == "where" and resolves and is_resource(resolves[1]):
            found.resolves = resolves[1]
        elif function == "where" and equals:
            found.where = (equals[1], equals[2])
        else:
            raise Unreadable(f"{function}({argument}) is not understood")
    return found, operations


def _element(content: Content, name: str) -> tuple[Element, str]:
    """The element of that name and, if the name is that of a choice with its type (`valueDateTime`), that name."""
    known = elements(*content)
    if name in known:
        return known[name], ""
    for element in known.values():
        if element.choice and name in _names(element):
            return element, name
    raise Unreadable(f"{'.'.join(filter(None, content))} has no element {name}")


def _names(element: Element) -> list[str]:
    return [_key(element, type_) for type_ in element.types]


def _key(element: Element, type_: ElementType) -> str:
    return type_.key(element.name) if element.choice else element.name
