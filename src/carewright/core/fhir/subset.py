"""Parts of a resource: what `_summary` and `_elements` leave of it, marked as a part.

https://hl7.org/fhir/R4/search.html#summary, #elements. The specification says which elements a summary holds; what is
mandatory, or may change the meaning of the rest (a modifier, as `verificationStatus` is), stays whatever is asked for.
A part carries the tag SUBSETTED, so that nobody takes it for the whole and writes it back.
"""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import Content, json_elements

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
ALWAYS = frozenset({"resourceType", "id", "meta"})


def summary(resource: Resource) -> Resource:
    """The elements that the specification counts to the summary, inside of what is kept too (`_summary=true`)."""
    found = _summarized(resource, (str(resource["resourceType"]), ""))
    return _marked({"resourceType": resource["resourceType"], **found})


def text(resource: Resource) -> Resource:
    """The narrative, and what is mandatory (`_summary=text`)."""
    return _only(resource, {"text"})


def data(resource: Resource) -> Resource:
    """Everything but the narrative (`_summary=data`)."""
    return _marked({name: value for name, value in resource.items() if name != "text"})


def elements(resource: Resource, names: Collection[str]) -> Resource:
    """The elements of these names (`_elements`), a choice (`value[x]`) also by its bare name."""
    return _only(resource, {name.removesuffix("[x]") for name in names})


def is_subsetted(tag: object) -> bool:
    """Whether a tag says that a resource is a part."""
    return isinstance(tag, dict) and all(tag.get(name) == SUBSETTED[name] for name in ("system", "code"))


def has_element(type_name: str, name: str) -> bool:
    """Whether a type has an element of this name, as `elements` understands it."""
    bare = name.removesuffix("[x]")
    found = json_elements(type_name)
    return bare in ALWAYS or bare in found or any(element.name == bare for element, _ in found.values())


def _only(resource: Resource, names: Collection[str]) -> Resource:
    known = json_elements(str(resource["resourceType"]))

    def is_kept(key: str) -> bool:
        element, _ = known.get(key.removeprefix("_"), (None, None))
        if element is None:
            return key in ALWAYS
        return element.low > 0 or element.is_modifier or element.name in names or key.removeprefix("_") in names

    return _marked({name: value for name, value in resource.items() if name in ALWAYS or is_kept(name)})


def _marked(part: Resource) -> Resource:
    """With the tag; `meta` in its usual place, behind the id."""
    meta = dict(part.get("meta", {}))
    tags = [*meta.get("tag", ())]
    if not any(map(is_subsetted, tags)):
        tags.append(SUBSETTED)
    head: Resource = {name: part[name] for name in ("resourceType", "id") if name in part}
    rest = {name: value for name, value in part.items() if name not in ALWAYS}
    return {**head, "meta": {**meta, "tag": tags}, **rest}


def _summarized(value: dict[str, Any], content: Content) -> dict[str, Any]:
    known = json_elements(*content)
    if not _has_marks(content):
        return value  # the specification says nothing of the parts of this type
    return dict(_kept(value, content, known))


def _kept(value: dict[str, Any], content: Content, known: Any) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        element, type_ = known.get(name.removeprefix("_"), (None, None))
        if element is None or not (element.in_summary or element.low > 0 or element.is_modifier):
            continue
        inside = None if name.startswith("_") else element.inside(type_)
        yield name, _inner(inner, inside)


def _inner(inner: Any, inside: Content | None) -> Any:
    if inside is None:
        return inner
    if isinstance(inner, list):
        return [_inner(one, inside) for one in inner]
    if not isinstance(inner, dict):
        return inner
    if "resourceType" in inner:
        return inner
    return _summarized(inner, inside) or inner


@cache
def _has_marks(content: Content) -> bool:
    return any(element.in_summary for element, _ in json_elements(*content).values() if element.name not in IMPLIED)


IMPLIED = frozenset({"id", "extension", "modifierExtension"})
