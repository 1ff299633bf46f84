"""What R4's resources and data types are made of, read from `definitions/structures.txt` one type at a time.

Element definitions: https://hl7.org/fhir/R4/elementdefinition.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from carewright.core.terminology.tables import read_table

DEFINITIONS = Path(__file__).parent / "definitions"
Content = tuple[str, str]
"""Where elements are defined: a type and a path inside it ("" for the type itself)."""
MANY = 1_000_000
"""What "*" counts as in a cardinality."""


@dataclass(frozen=True, slots=True)
class ElementType:
    """One of an element's types: a data type's name and, for a Reference, the allowed targets (empty: any)."""

    code: str
    targets: tuple[str, ...] = ()

    @property
    def is_primitive(self) -> bool:
        return self.code[0].islower() and self.code != "xhtml"

    def key(self, name: str) -> str:
        """The JSON name of the choice `name[x]` with this type: `value` and Quantity make `valueQuantity`."""
        return name + self.code[0].upper() + self.code[1:]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a type. `inside` says where its own elements are defined: (type, path), None for a primitive."""

    name: str
    low: int
    high: int
    types: tuple[ElementType, ...]
    choice: bool = False
    value_set: str = ""
    content: Content | None = None
    is_modifier: bool = False
    """It may change what the rest means: never left out."""
    in_summary: bool = False

    @property
    def is_list(self) -> bool:
        return self.high > 1

    def inside(self, found: ElementType) -> Content | None:
        """Where the elements of this element are defined if it is a `found`."""
        return self.content or (None if found.is_primitive else (found.code, ""))


EXTENSION = Element("extension", 0, MANY, (ElementType("Extension"),))
_MODIFIER = Element("modifierExtension", 0, MANY, (ElementType("Extension"),), is_modifier=True, in_summary=True)
_IMPLIED = {
    "Element": (Element("id", 0, 1, (ElementType("string"),)), EXTENSION),
    "BackboneElement": (_MODIFIER,),
    "DomainResource": (EXTENSION, _MODIFIER),
    "Resource": (Element("id", 0, 1, (ElementType("id"),), in_summary=True),),
}


@cache
def elements(type_name: str, path: str = "") -> Mapping[str, Element]:
    """The elements of a type, or of the part of it at `path`, by name without `[x]`; KeyError for an unknown type."""
    base, lines = _types()[type_name]
    found: dict[str, Element] = {}
    if not path:
        if base != "-" and base != "Quantity":
            found.update(elements(base))
        elif base == "Quantity":
            found.update(elements("Element"))
        implied: tuple[Element, ...] = _IMPLIED.get(type_name, ())
    else:
        backbone = _line_at(type_name, path).split()[2] == "BackboneElement"
        implied = _IMPLIED["Element"] + (_IMPLIED["BackboneElement"] if backbone else ())
    found.update({element.name: element for element in implied})
    prefix = f"{path}." if path else ""
    for line in lines:
        own = line.split(" ", 1)[0].removeprefix(prefix)
        if line.startswith(prefix) and "." not in own:
            element = _element(type_name, line)
            found[element.name] = element
    return found


def json_elements(type_name: str, path: str = "") -> Mapping[str, tuple[Element, ElementType]]:
    """The elements by their names in JSON, a choice once per type; empty for an unknown type."""
    return _json_elements(type_name, path) if type_name in _types() else {}


@cache
def _json_elements(type_name: str, path: str) -> Mapping[str, tuple[Element, ElementType]]:
    return {
        (type_.key(element.name) if element.choice else element.name): (element, type_)
        for element in elements(type_name, path).values()
        for type_ in element.types
    }


def is_resource(type_name: str) -> bool:
    """Whether R4 has a (concrete) resource of this name."""
    return type_name in resource_types()


@cache
def resource_types() -> frozenset[str]:
    """The names of R4's 146 concrete resources."""
    roots = {"Resource", "DomainResource"}
    return frozenset(name for name, (base, _) in _types().items() if base in roots and name not in roots)


@cache
def _types() -> dict[str, tuple[str, list[str]]]:
    """Type name to the type it builds on and its element lines."""
    return {head.split()[0]: (head.split()[1], lines) for head, lines in read_table(DEFINITIONS / "structures.txt")}


def _line_at(type_name: str, path: str) -> str:
    return next(line for line in _types()[type_name][1] if line.startswith(f"{path} "))


def _element(type_name: str, line: str) -> Element:
    path, marked, types, *binding = line.split()
    cardinality = marked.rstrip("ms")
    low, _, high = cardinality.partition("..")
    name = path.rpartition(".")[2]
    content = None
    if types.startswith("@"):
        content = (type_name, types[1:])
        types = _line_at(type_name, types[1:]).split()[2]
    elif types in {"BackboneElement", "Element"}:
        content = (type_name, path)
    return Element(
        name=name.removesuffix("[x]"),
        low=int(low),
        high=MANY if high == "*" else int(high),
        types=tuple(_type(text) for text in types.split("|")),
        choice=name.endswith("[x]"),
        value_set=binding[0][1:] if binding else "",
        content=content,
        is_modifier="m" in marked,
        in_summary=marked.endswith("s"),
    )


def _type(text: str) -> ElementType:
    code, _, targets = text.rstrip(")").partition("(")
    return ElementType(code, tuple(targets.split(",")) if targets else ())
