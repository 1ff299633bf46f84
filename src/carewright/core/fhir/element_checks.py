"""What is wrong inside the elements: codes of required bindings, references, dates, ids, text, contained resources
and invariants.

For each type (and part of a type) the checks of its elements are put together once, on first use, by JSON name; a
resource is then walked once. Structure is `structure_checks`' business: where the shape is not as R4 says, these
checks pass over it, because it has been reported.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from carewright.core.fhir import narrative, references
from carewright.core.fhir.dates import interval
from carewright.core.fhir.invariants import INVARIANTS, Invariant
from carewright.core.fhir.issues import Issue
from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import Content, Element, ElementType, is_resource, json_elements
from carewright.core.terminology import service as terminology

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
SHOWN_CODES = 12
"""So many allowed codes are listed in a message; a longer list is named by its value set."""

Path = tuple[Any, str, int | None] | str
"""Where we are: (the object above, name, index), made into text only where something is wrong."""
Check = Callable[[Any, Path, "Walk"], None]


@dataclass
class Walk:
    """One resource being checked. `contained` are its contained resources' types by id; `bundled`: inside a Bundle."""

    contained: Mapping[str, str]
    bundled: bool
    issues: list[Issue] = field(default_factory=list)

    def report(self, code: str, diagnostics: str, path: Path) -> None:
        self.issues.append(Issue("error", code, diagnostics, write_path(path)))


@dataclass(frozen=True)
class Node:
    """The checks of one type of object."""

    invariants: tuple[Invariant, ...]
    elements: Mapping[str, Check]


def check_elements(resource: Resource) -> list[Issue]:
    """What is wrong inside a resource's elements."""
    name = resource.get("resourceType")
    if type(name) is not str or not is_resource(name):
        return []
    walk = Walk(_contained(resource), bundled=name == "Bundle")
    _check_object(_node((name, "")), resource, name, walk)
    if "contained" in resource:
        _check_contained(resource, walk)
    return walk.issues


def write_path(path: Path) -> str:
    if isinstance(path, str):
        return path
    above, name, index = path
    return f"{write_path(above)}.{name}" + ("" if index is None else f"[{index}]")


def _check_object(node: Node, value: Any, path: Path, walk: Walk) -> None:
    if type(value) is not dict:
        return
    for invariant in node.invariants:
        if not _holds(invariant, value):
            at = (path, invariant.at, None) if invariant.at else path
            walk.report("invariant", f"{invariant.words} ({invariant.key})", at)
    checks = node.elements
    for name, child in value.items():
        check = checks.get(name)
        if check is None:
            continue
        if type(child) is list:
            for index, item in enumerate(child):
                check(item, (path, name, index), walk)
        else:
            check(child, (path, name, None), walk)


def _holds(invariant: Invariant, value: dict[str, Any]) -> bool:
    try:
        return invariant.holds(value)
    except (AttributeError, TypeError):
        return True  # a value of the wrong shape, which the structure check reports


@cache
def _node(content: Content) -> Node:
    """The checks of the elements of a type that R4 has."""
    checks: dict[str, Check] = {}
    for name, (element, type_) in json_elements(*content).items():
        check = _element_check(element, type_)
        if check:
            checks[name] = check
        if type_.is_primitive and not (name == "id" and content[1] == ""):
            checks[f"_{name}"] = _primitive_extension
    return Node(INVARIANTS.get(content, ()), checks)


def _element_check(element: Element, type_: ElementType) -> Check | None:
    """The check of one element as one of its types; None where the structure check has said everything."""
    inside = element.inside(type_)
    if type_.code == "Reference":
        return _reference_check(type_.targets, inside)
    if type_.code == "Resource":
        return _check_resource
    if type_.code == "Quantity":
        return _simple_quantity_check if "simple" in type_.targets else _object_check(inside)
    if element.value_set and type_.code in {"Coding", "CodeableConcept"}:
        return _concept_check(element.value_set, inside)
    if element.value_set and terminology.bare_codes(element.value_set):
        return _code_check(element.value_set)
    if inside:
        return _object_check(inside) if type_.code != "xhtml" else _check_narrative
    return _PRIMITIVES.get(type_.code)


def _object_check(inside: Content | None) -> Check:
    content = inside or ("Element", "")

    def check(value: Any, path: Path, walk: Walk) -> None:
        _check_object(_node(content), value, path, walk)

    return check


_check_element = _object_check(("Element", ""))
_check_quantity = _object_check(("Quantity", ""))


def _primitive_extension(value: Any, path: Path, walk: Walk) -> None:
    if value is not None:
        _check_element(value, path, walk)


def _simple_quantity_check(value: Any, path: Path, walk: Walk) -> None:
    if type(value) is dict and "comparator" in value:
        walk.report("invariant", "No comparator is allowed here. Leave it out. (sqty-1)", (path, "comparator", None))
    _check_quantity(value, path, walk)


def _check_resource(value: Any, path: Path, walk: Walk) -> None:
    name = value.get("resourceType") if type(value) is dict else None
    if type(name) is not str or not is_resource(name):
        return
    if isinstance(path, tuple) and path[1] == "contained":
        _check_object(_node((name, "")), value, path, walk)
        return
    inner = Walk(_contained(value), bundled=walk.bundled, issues=walk.issues)
    _check_object(_node((name, "")), value, path, inner)
    _check_contained(value, inner, path)


def _code_check(value_set: str) -> Check:
    codes = terminology.bare_codes(value_set) or frozenset()
    words = _allowed(value_set, sorted(codes))

    def check(value: Any, path: Path, walk: Walk) -> None:
        if type(value) is str and value not in codes:
            walk.report("code-invalid", words, path)

    return check


def _allowed(value_set: str, codes: list[str]) -> str:
    if len(codes) <= SHOWN_CODES:
        return f"This code is not allowed here. Use one of: {', '.join(codes)}."
    return f"This code is not allowed here. Use one from {value_set}."


def _concept_check(value_set: str, inside: Content | None) -> Check:
    expansion = terminology.expand(value_set)
    words = _allowed(value_set, sorted({coding.code for coding in expansion.codings} if expansion else set()))
    check_inside = _object_check(inside)

    def check(value: Any, path: Path, walk: Walk) -> None:
        check_inside(value, path, walk)
        if type(value) is not dict:
            return
        listed = value.get("coding", [value])
        codings = [c for c in listed if type(c) is dict] if type(listed) is list else []
        verdicts = {_verdict(value_set, coding) for coding in codings}
        if verdicts <= {terminology.Verdict.INVALID} and not ("extension" in value and "coding" not in value):
            walk.report("code-invalid", f"{words} A text alone or a code of another system is not enough.", path)

    return check


def _verdict(value_set: str, coding: Resource) -> terminology.Verdict:
    system, code = coding.get("system", ""), coding.get("code", "")
    if type(system) is not str or type(code) is not str:
        return terminology.Verdict.UNKNOWN  # of the wrong shape, which has been reported
    return terminology.in_value_set(value_set, system, code)


def _reference_check(targets: tuple[str, ...], inside: Content | None) -> Check:
    check_inside = _object_check(inside)
    allowed = frozenset(targets)

    def check(value: Any, path: Path, walk: Walk) -> None:
        check_inside(value, path, walk)
        text = value.get("reference") if type(value) is dict else None
        if type(text) is not str:
            _check_target(value.get("type", "") if type(value) is dict else "", allowed, (path, "type", None), walk)
            return
        here = (path, "reference", None)
        try:
            found = references.parse(text)
        except ValueError as error:
            walk.report("value", f"This is not a reference. {error}", here)
            return
        if found.kind == "conditional" and not walk.bundled:
            walk.report("value", "Only a transaction may hold a search here. Name the resource as Type/id.", here)
        target = found.type
        if found.kind == "contained" and found.id:
            if found.id not in walk.contained:
                walk.report("not-found", "No contained resource has this id. Add it or refer elsewhere. (ref-1)", here)
                return
            target = walk.contained[found.id]
        _check_target(target, allowed, here, walk)
        if target and value.get("type", target) != target:
            walk.report(
                "value", "The reference points to another type than it says. Correct one.", (path, "type", None)
            )

    return check


def _check_target(target: Any, allowed: frozenset[str], path: Path, walk: Walk) -> None:
    if type(target) is str and target and allowed and target not in allowed:
        walk.report("value", f"This must refer to {_either(sorted(allowed))}. Correct the reference.", path)


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _check_date(value: Any, path: Path, walk: Walk) -> None:
    # The form has been checked; what is left is whether the calendar has that day.
    if type(value) is not str or (value[8:10] < "29" and not value.startswith("0000")):
        return
    try:
        interval(value)
    except ValueError:
        walk.report("value", "The calendar has no such day. Correct it.", path)


def _check_id(value: Any, path: Path, walk: Walk) -> None:
    if type(value) is str and not ID.fullmatch(value):
        walk.report("value", "This is not a valid id. Use 1 to 64 letters, digits, hyphens and dots.", path)


def _check_decimal(value: Any, path: Path, walk: Walk) -> None:
    if type(value) is float:
        walk.report("value", "A binary float has no known precision. Use a Decimal.", path)


def _check_narrative(value: Any, path: Path, walk: Walk) -> None:
    problem = narrative.problem(value) if type(value) is str else ""
    if problem:
        walk.report("invariant", problem, path)


_PRIMITIVES: dict[str, Check] = {
    "date": _check_date,
    "dateTime": _check_date,
    "instant": _check_date,
    "id": _check_id,
    "decimal": _check_decimal,
}


def _contained(resource: Resource) -> dict[str, str]:
    listed = resource.get("contained", ())
    inner = [r for r in listed if type(r) is dict] if type(listed) is list else []
    return {str(r.get("id", "")): str(r.get("resourceType", "")) for r in inner}


def _check_contained(resource: Resource, walk: Walk, path: Path = "") -> None:
    """dom-2 to dom-5: contained resources contain none, carry no version or labels, and are referred to."""
    listed = resource.get("contained")
    if type(listed) is not list:
        return
    used = _local_links(resource)
    for index, inner in enumerate(listed):
        if type(inner) is not dict:
            continue
        here = (path or str(resource.get("resourceType")), "contained", index)
        meta = inner.get("meta", {})
        meta = meta if type(meta) is dict else {}
        if "contained" in inner:
            walk.report("invariant", "A contained resource contains no others. Move them up. (dom-2)", here)
        if "id" not in inner:
            walk.report("required", "A contained resource needs an id. Add it.", (here, "id", None))
        elif f"#{inner['id']}" not in used and "#" not in _local_links(inner):
            walk.report("invariant", "Nothing refers to this contained resource. Refer to it or drop it. (dom-3)", here)
        if "versionId" in meta or "lastUpdated" in meta:
            walk.report("invariant", "A contained resource has no version of its own. (dom-4)", (here, "meta", None))
        if "security" in meta:
            walk.report("invariant", "Labels belong on the resource that contains it. (dom-5)", (here, "meta", None))


def _local_links(value: Any) -> set[str]:
    """Every text inside that begins with #, which is how contained resources are referred to."""
    found, todo = set[str](), [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            todo += item.values()
        elif type(item) is list:
            todo += item
        elif type(item) is str and item.startswith("#"):
            found.add(item)
    return found
