"""FHIRPath Patch: a Parameters resource whose operations name their places by FHIRPath. Plain Python.

https://hl7.org/fhir/R4/fhirpatch.html. Nothing is done to lists of primitives without their lists of extensions.
"""

from collections.abc import Callable, Iterator
from typing import Any

from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import Content, Element, json_elements
from carewright.fhirapi.fhirpath_places import Location, NotPossible, at, holder_of, located, only
from carewright.fhirapi.outcomes import ApiError

MAX_OPERATIONS, MAX_PATH, MAX_PARTS = 100, 300, 2_000


def patched(resource: Resource, parameters: Resource) -> Resource:
    """The resource after the operations, itself changed. ApiError 400 for what is no patch, 422, 413."""
    for number, operation in enumerate(_operations(parameters)):
        try:
            _OPERATIONS[operation["type"]](resource, operation)
        except NotPossible as error:
            raise ApiError(422, "processing", f"Operation {number} of the patch cannot be done: {error}.") from error
    return resource


def _operations(parameters: Resource) -> list[dict[str, Any]]:
    """Each operation as its parts by name; ApiError 400, 413."""
    listed = parameters.get("parameter")
    if parameters.get("resourceType") != "Parameters" or not isinstance(listed, list) or not listed:
        raise ApiError(400, "structure", "A FHIRPath Patch is a Parameters resource with operations.")
    if len(listed) > MAX_OPERATIONS:
        raise ApiError(413, "too-costly", f"A patch holds at most {MAX_OPERATIONS} operations. Send an update instead.")
    return [_operation(number, one) for number, one in enumerate(listed)]


def _operation(number: int, parameter: object) -> dict[str, Any]:
    if not isinstance(parameter, dict) or parameter.get("name") != "operation":
        raise _malformed(number, "it is named operation and has parts")
    found: dict[str, Any] = {}
    for part in _parts(parameter, number):
        name = part["name"]
        if name in found:
            raise _malformed(number, f"it has its part {name} twice")
        found[name] = part if name == "value" else _plain(part)
    if found.get("type") not in _OPERATIONS:
        raise _malformed(number, f"its type is one of {', '.join(_OPERATIONS)}")
    needed = {"type", "path", *NEEDED[found["type"]]}
    if found.keys() != needed:
        raise _malformed(number, f"{found['type']} has the parts {', '.join(sorted(needed))}")
    if not isinstance(found["path"], str) or len(found["path"]) > MAX_PATH:
        raise _malformed(number, f"its path is a text of at most {MAX_PATH} characters")
    if not isinstance(found.get("name", ""), str):
        raise _malformed(number, "its name is a text")
    for name in ("index", "source", "destination"):
        place = found.get(name, 0)
        if type(place) is not int or place < 0:
            raise _malformed(number, f"its {name} is a whole number from 0 on")
    return found


def _parts(parameter: dict[str, Any], number: int) -> list[dict[str, Any]]:
    parts = parameter.get("part")
    if not isinstance(parts, list) or not all(isinstance(p, dict) and isinstance(p.get("name"), str) for p in parts):
        raise _malformed(number, "its parts have names")
    return parts


def _plain(part: dict[str, Any]) -> Any:
    return next((value for name, value in part.items() if name.startswith("value")), None)


def _malformed(number: int, text: str) -> ApiError:
    where = [f"Parameters.parameter[{number}]"]
    return ApiError(400, "structure", f"Operation {number} of the patch is not understood: {text}.", expressions=where)


# -- operations -------------------------------------------------------------------------------------------------------


def _add(resource: Resource, operation: dict[str, Any]) -> None:
    here, content = at(resource, only(resource, operation["path"]))
    if not isinstance(here, dict) or content is None:
        raise NotPossible("its path leads into a value")
    key, element, value = _valued(content, operation["name"], operation["value"])
    if element.is_list:
        _sibling_grows(here, key, len(here.get(key, ())))
        here.setdefault(key, []).append(value)
    elif any(name in here for name in _names(content, element)):
        raise NotPossible("the element is there already; replace it")
    else:
        here[key] = value


def _insert(resource: Resource, operation: dict[str, Any]) -> None:
    here, content, name = holder_of(resource, operation["path"])
    key, element, value = _valued(content, name, operation["value"])
    listed = here.get(key, [])
    if not element.is_list or operation["index"] > len(listed):
        raise NotPossible("it inserts into a list, at most behind its last element")
    _sibling_grows(here, key, operation["index"])
    here[key] = [*listed[: operation["index"]], value, *listed[operation["index"] :]]


def _delete(resource: Resource, operation: dict[str, Any]) -> None:
    found = located(resource, operation["path"])
    if len(found) > 1:
        raise NotPossible("its path leads to several elements")
    if not found:
        return
    if not found[0]:
        raise NotPossible("it would leave no resource")
    _remove(resource, found[0])


def _remove(resource: Resource, location: Location) -> None:
    """Take it out, with the extensions that a primitive has beside it; lists and objects left empty go with it."""
    holder, _ = at(resource, location[:-1])
    last = location[-1]
    if isinstance(last, int):
        beside, _ = at(resource, location[:-2])
        sibling = beside.get(f"_{location[-2]}")
        del holder[last]
        if isinstance(sibling, list) and last < len(sibling):
            del sibling[last]
            if not any(sibling):
                beside.pop(f"_{location[-2]}")
    else:
        holder.pop(last, None)
        holder.pop(f"_{last}", None)
    if not holder and len(location) > 1:
        _remove(resource, location[:-1])


def _replace(resource: Resource, operation: dict[str, Any]) -> None:
    location = only(resource, operation["path"])
    if not location:
        raise NotPossible("a resource is replaced by an update")
    name_at = location[:-1] if isinstance(location[-1], int) else location
    holder, content = at(resource, name_at[:-1])
    known = json_elements(*content).get(str(name_at[-1])) if content else None
    if content is None or known is None:
        raise NotPossible("its path leads to no element")
    key, element, value = _valued(content, known[0].name, operation["value"])
    if element.is_list and isinstance(location[-1], int):
        holder[key][location[-1]] = value
        sibling = holder.get(f"_{key}")
        if isinstance(sibling, list) and location[-1] < len(sibling):
            sibling[location[-1]] = None
        return
    for name in _names(content, element):
        if name != key:
            holder.pop(name, None)
        holder.pop(f"_{name}", None)
    holder[key] = value


def _move(resource: Resource, operation: dict[str, Any]) -> None:
    here, _, name = holder_of(resource, operation["path"])
    listed = here.get(name)
    source, destination = operation["source"], operation["destination"]
    if not isinstance(listed, list) or max(source, destination) >= len(listed):
        raise NotPossible("it moves an element within a list")
    listed.insert(destination, listed.pop(source))
    sibling = here.get(f"_{name}")
    if isinstance(sibling, list):
        sibling += [None] * (len(listed) - len(sibling))
        sibling.insert(destination, sibling.pop(source))


_OPERATIONS: dict[str, Callable[[Resource, dict[str, Any]], None]] = {
    "add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move,
}  # fmt: skip
NEEDED = {
    "add": {"name", "value"}, "insert": {"value", "index"}, "delete": set[str](), "replace": {"value"},
    "move": {"source", "destination"},
}  # fmt: skip


def _sibling_grows(holder: dict[str, Any], key: str, place: int) -> None:
    """The list of extensions beside a list of primitives keeps step."""
    sibling = holder.get(f"_{key}")
    if isinstance(sibling, list) and place <= len(sibling):
        sibling.insert(place, None)


# -- values -----------------------------------------------------------------------------------------------------------


def _valued(content: Content, name: str, part: dict[str, Any]) -> tuple[str, Element, Any]:
    """The name in JSON, the element and the value of a part for the element `name`; a choice by the value's type."""
    known = json_elements(*content)
    of_name = {key: element for key, (element, _) in known.items() if element.name == name.removesuffix("[x]")}
    if not of_name:
        raise NotPossible("there is no element of this name")
    element = next(iter(of_name.values()))
    typed = next((key for key in part if key.startswith("value")), "")
    if not typed:
        return name, element, _built(_only_type(content, name), part)
    key = element.name + typed.removeprefix("value") if element.choice else element.name
    if key not in known:
        raise NotPossible("the element has no such type")
    return key, element, part[typed]


def _only_type(content: Content, name: str) -> Content:
    known = json_elements(*content).get(name)
    inside = known[0].inside(known[1]) if known else None
    if inside is None:
        raise NotPossible("its value needs a type (value[x])")
    return inside


def _built(content: Content, part: dict[str, Any]) -> dict[str, Any]:
    """An object from the parts of a value."""
    found: dict[str, Any] = {}
    for inner in _inner_parts(part):
        key, element, value = _valued(content, str(inner.get("name", "")), inner)
        if element.is_list:
            found.setdefault(key, []).append(value)
        elif key in found:
            raise NotPossible("its value names an element twice")
        else:
            found[key] = value
    return found


def _inner_parts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    parts = part.get("part")
    if not isinstance(parts, list) or not parts or len(parts) > MAX_PARTS:
        raise NotPossible("its value is missing")
    for inner in parts:
        if not isinstance(inner, dict):
            raise NotPossible("the parts of its value are objects")
        yield inner


def _names(content: Content, element: Element) -> list[str]:
    """The names in JSON that an element may have."""
    return [key for key, (other, _) in json_elements(*content).items() if other.name == element.name]
