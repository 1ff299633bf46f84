"""The profiles that resources are checked against, read from `definitions/profiles.txt`: what each asks beyond R4.

https://hl7.org/fhir/R4/profiling.html. A profile is a tree of nodes as its elements stand inside one another; a slice
is a node of its own beside the element that it is a slice of.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from carewright.core.fhir.structures import DEFINITIONS, MANY
from carewright.core.terminology.tables import read_table

CHOICE = "[x]"


@dataclass(frozen=True, slots=True)
class Check:
    """An invariant. `severity` is error or warning."""

    key: str
    severity: str
    expression: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the values of an element are told apart: (kind, path) of each discriminator. `closed`: no others."""

    by: tuple[tuple[str, str], ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Binding:
    value_set: str
    required: bool


@dataclass(slots=True)
class Node:
    """What a profile asks of one element, and of those inside it. Cardinality None: as R4 has it."""

    name: str
    path: str = ""
    low: int = 0
    high: int = MANY
    must_support: bool = False
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The types it may have (any where it is empty), each with what a reference may lead to (anything: empty)."""
    extension: str = ""
    fixed: Any = None
    pattern: Any = None
    slicing: Slicing | None = None
    binding: Binding | None = None
    checks: list[Check] = field(default_factory=list)
    children: dict[str, "Node"] = field(default_factory=dict)
    slices: dict[str, "Node"] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The url of an extension that this node is about; "" where it is about none."""
        url = self.children.get("url")
        return self.extension or str(url.fixed if url else "")

    def at(self, path: str) -> "Node | None":
        """The node of a discriminator's path below this one."""
        found: Node | None = self
        for name in path.split(".") if path != "$this" else ():
            children = found.children if found else {}
            found = children.get(name) or children.get(name + CHOICE)
        return found


@dataclass(frozen=True, slots=True)
class Profile:
    url: str
    type: str
    root: Node


def find(url: str) -> Profile | None:
    """The profile of an address, with or without `|version`; None for one that is not known here."""
    return _profile(url.partition("|")[0])


def known() -> tuple[str, ...]:
    """The addresses of all profiles."""
    return tuple(_tables())


def must_support(profile: Profile) -> Iterator[Node]:
    """The elements and slices that a profile wants supported."""
    waiting = [profile.root]
    while waiting:
        node = waiting.pop()
        if node.must_support:
            yield node
        waiting += [*node.children.values(), *node.slices.values()]


@cache
def _tables() -> Mapping[str, tuple[str, list[str]]]:
    return {
        head.split()[0]: (head.split()[1], lines) for head, lines in read_table(DEFINITIONS / "profiles.txt")
    }  # fmt: skip


@cache
def _profile(url: str) -> Profile | None:
    if url not in _tables():
        return None
    type_name, lines = _tables()[url]
    root = Node(name=type_name)
    for line in lines:
        path, cardinality, *asked = line.split("\t")
        node = _placed(root, path)
        low, _, high = cardinality.partition("..")
        if path != "-":
            node.low, node.high = int(low), MANY if high == "*" else int(high)
        for text in asked:
            _take(node, text)
    return Profile(url, type_name, root)


def _placed(root: Node, path: str) -> Node:
    """The node of an element's id (`component:systolic.value[x]`), with those on the way to it."""
    node, so_far = root, ""
    for step in path.split(".") if path != "-" else ():
        name, _, of_slice = step.partition(":")
        so_far = f"{so_far}.{step}".lstrip(".")
        node = node.children.setdefault(name, Node(name=name, path=so_far.removesuffix(f":{of_slice}")))
        if of_slice:
            node = node.slices.setdefault(of_slice, Node(name=of_slice, path=so_far))
    return node


def _take(node: Node, text: str) -> None:
    """One thing that a line asks."""
    kind, _, said = text.partition("=")
    match kind:
        case "must":
            node.must_support = True
        case "types":
            node.types = dict(_type(one) for one in said.split("|"))
        case "extension":
            node.extension = said
        case "fixed":
            node.fixed = json.loads(said)
        case "pattern":
            node.pattern = json.loads(said)
        case "slices":
            by, _, rules = said.partition(";")
            pairs = (one.partition("@") for one in by.split(","))
            node.slicing = Slicing(tuple((kind, path) for kind, _, path in pairs), closed=rules == "closed")
        case "bind":
            strength, value_set = said.split(" ")
            node.binding = Binding(value_set, required=strength == "required")
        case "check":
            key, severity, expression = said.split(" ", 2)
            node.checks.append(Check(key, severity, expression))
        case _:
            raise ValueError(f"profiles.txt says {kind}, which is not known.")


def _type(text: str) -> tuple[str, frozenset[str]]:
    code, _, targets = text.rstrip(")").partition("(")
    return code, frozenset(targets.split(",") if targets else ())
