"""Where a FHIRPath leads in a resource: its places as JSON names and numbers in lists. Plain Python.

The paths are read by `fhirpathpy`, which says of every node where it stands. Who sends a patch chooses the path, so
only functions that look where they are pointed at are understood: no regular expressions, nothing that repeats itself,
no constants from outside. http://hl7.org/fhirpath/N1/
"""

import re
from typing import Any

import fhirpathpy

from carewright.core.fhir.fhirpath import ONE_AT_A_TIME, R4, parse
from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import Content, json_elements

FUNCTIONS = frozenset({
    "where", "exists", "empty", "not", "first", "last", "single", "ofType", "as", "is", "startsWith", "endsWith",
    "contains", "hasValue",
})  # fmt: skip
Location = tuple[str | int, ...]
"""JSON names and places in lists, from the resource on."""
_LAST = re.compile(r"(.+)\.(\w+)", re.DOTALL)
_KEY = re.compile(r"(\w+)(?:\[(\d+)\])?", re.ASCII)


class NotPossible(ValueError):
    """A path or an operation that leads to nothing; the text says why, without values of the resource."""


def located(resource: Resource, path: str) -> list[Location]:
    """Every place that a path leads to; NotPossible for a path that is not understood."""
    with ONE_AT_A_TIME:
        try:
            _check(parse(path))
            nodes = fhirpathpy.evaluate(resource, path, model=R4, options={"returnRawData": True})
        except NotPossible:
            raise
        except Exception as error:
            raise NotPossible("its path cannot be read") from error
    whole = [node for node in nodes if getattr(node, "data", None) is resource]
    if whole:
        return [()]
    names = dict.fromkeys(getattr(node, "propName", None) for node in nodes)
    return [_location(resource, name) for name in names]


def _check(node: dict[str, Any]) -> None:
    if node.get("type") == "ExternalConstantTerm":
        raise NotPossible("its path names a constant")
    if node.get("type") == "Functn":
        name = str(node["children"][0].get("text"))
        if name not in FUNCTIONS:
            raise NotPossible(f"its path uses a function that patches do not: use {', '.join(sorted(FUNCTIONS))}")
    for child in node.get("children", ()):
        _check(child)


def _location(resource: Resource, name: str | None) -> Location:
    """`Patient.name[0].given[1]` as names and places; a choice by the name under which it stands."""
    steps = (name or "").split(".")
    if steps[0] != resource.get("resourceType"):
        raise NotPossible("its path leads out of the resource; write it from the type on")
    here: Any = resource
    found: list[str | int] = []
    content: Content | None = (str(resource["resourceType"]), "")
    for step in steps[1:]:
        read = _KEY.fullmatch(step)
        if read is None or not isinstance(here, dict):
            raise NotPossible("its path leads to no element")
        key = _key_in(here, read[1], content)
        found.append(key)
        content = _inside(content, key, here)
        here = here.get(key)
        if isinstance(here, list):
            place = int(read[2] or 0)
            found.append(place)
            here = here[place] if place < len(here) else None
    return tuple(found)


def _key_in(holder: dict[str, Any], name: str, content: Content | None) -> str:
    """The name in JSON under which an element stands, or may stand."""
    if name in holder or content is None:
        return name
    return next((key for key, (element, _) in json_elements(*content).items()
                 if element.name == name and key in holder), name)  # fmt: skip


def _inside(content: Content | None, key: str, holder: dict[str, Any]) -> Content | None:
    """Where the elements inside of an element are defined; a contained resource is of its own type."""
    inner = holder.get(key)
    if key == "contained" and isinstance(inner, list) and inner and isinstance(inner[0], dict):
        return str(inner[0].get("resourceType")), ""
    known = json_elements(*content).get(key) if content else None
    return known[0].inside(known[1]) if known else None


def only(resource: Resource, path: str) -> Location:
    """The one place that a path leads to; NotPossible."""
    found = located(resource, path)
    if len(found) != 1:
        raise NotPossible("its path leads to several elements" if found else "its path leads nowhere")
    return found[0]


def at(resource: Resource, location: Location) -> tuple[Any, Content | None]:
    """What stands at a place, and where its elements are defined."""
    here: Any = resource
    content: Content | None = (str(resource["resourceType"]), "")
    for step in location:
        if isinstance(step, str):
            content = _inside(content, step, here)
        here = here[step]
    return here, content


def holder_of(resource: Resource, path: str) -> tuple[dict[str, Any], Content, str]:
    """The object that holds a list, where its elements are defined, and the list's name."""
    split = _LAST.fullmatch(path.strip())
    if split is None:
        raise NotPossible("its path ends in the name of a list")
    here, content = at(resource, only(resource, split[1]))
    if not isinstance(here, dict) or content is None:
        raise NotPossible("its path leads into a value")
    return here, content, split[2]
