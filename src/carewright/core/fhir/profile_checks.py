"""Whether a resource meets a profile: cardinality, types, fixed values and patterns, slices, bindings, invariants.

https://hl7.org/fhir/R4/profiling.html. What R4 itself asks is checked by validation.py. What a reference leads to is
judged by its type alone: the record there is not read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carewright.core.fhir import fhirpath, profiles
from carewright.core.fhir.issues import Issue
from carewright.core.fhir.model import Resource
from carewright.core.fhir.profiles import CHOICE, Binding, Node, Slicing
from carewright.core.fhir.structures import Content, json_elements
from carewright.core.terminology import service
from carewright.core.terminology.service import Verdict


@dataclass(frozen=True, slots=True)
class Value:
    """A value in the resource. `data` is None where an extension stands in its place; `of_type` is its data type, or
    for a part of a resource its path (`Observation.component`)."""

    data: Any
    where: str
    type: str
    inside: Content | None

    @property
    def of_type(self) -> str:
        return ".".join(part for part in self.inside if part) if self.inside else self.type


def check_claims(resource: Resource) -> list[Issue]:
    """The findings of every known profile that the resource claims to meet (`meta.profile`)."""
    meta = resource.get("meta")
    claimed = meta.get("profile", ()) if isinstance(meta, Mapping) else ()
    found = [profile for url in claimed if isinstance(url, str) and (profile := profiles.find(url))]
    return [issue for profile in found for issue in check(resource, profile)]


def check(resource: Resource, profile: profiles.Profile) -> list[Issue]:
    """What of a profile a valid resource does not meet: errors and warnings, without a value of the resource."""
    kind = str(resource.get("resourceType"))
    name = profile.url.rpartition("/")[2]
    if kind != profile.type:
        return [Issue("error", "structure", f"The profile {name} is of {profile.type}.", kind)]
    whole = Value(resource, kind, kind, (kind, ""))
    return [
        Issue(one.severity, one.code, f"{one.diagnostics} ({name})", one.expression)
        for one in dict.fromkeys(_met(profile.root, whole))
    ]


def _met(node: Node, value: Value) -> Iterator[Issue]:
    """What a value does not meet of a node, and of those inside."""
    yield from _typed(node, value)
    if node.fixed is not None and value.data is not None and value.data != node.fixed:
        yield Issue("error", "value", "The profile fixes another value here.", value.where)
    if node.pattern is not None and not _fits(value.data, node.pattern):
        yield Issue("error", "value", "This lacks the code that the profile asks for.", value.where)
    if node.binding is not None and value.data is not None:
        yield from _bound(node.binding, value)
    for check_ in node.checks:
        holds = fhirpath.holds(check_.expression, value.data, of_type=value.of_type)
        if holds is None:
            yield Issue("information", "incomplete", f"{check_.key} could not be evaluated here.", value.where)
        elif not holds:
            yield Issue(check_.severity, "invariant", f"{check_.key}: {check_.expression}.", value.where)
    if node.extension and (known := profiles.find(node.extension)):
        yield from _inside(known.root, value)
    yield from _inside(node, value)


def _inside(node: Node, value: Value) -> Iterator[Issue]:
    if not isinstance(value.data, Mapping) or value.inside is None:
        return
    for name, child in node.children.items():
        found = list(values(value, name))
        where = f"{value.where}.{name.removesuffix(CHOICE)}"
        yield from _counted(child, len(found), where)
        for one in found:
            yield from _met(child, one)
        taken: set[int] = set()
        for part in child.slices.values():
            members = [one for one in found if is_member(part, child.slicing, one)]
            taken |= {id(one) for one in members}
            yield from _counted(part, len(members), where, of_slice=part.name)
            for one in members:
                yield from _met(part, one)
        if child.slicing and child.slicing.closed:
            for one in found:
                if id(one) not in taken:
                    yield Issue("error", "structure", "The profile allows no value of this kind here.", one.where)


def values(holder: Value, name: str) -> Iterator[Value]:
    """The values of an element (`value[x]`: of whichever type) in a part of a resource, each of a list by itself."""
    if holder.inside is None:
        return
    bare = name.removesuffix(CHOICE)
    for key, (element, found_type) in json_elements(*holder.inside).items():
        if element.name != bare:
            continue
        inside, where = element.inside(found_type), f"{holder.where}.{key}"
        data, shadow = holder.data.get(key), holder.data.get(f"_{key}")
        if not element.is_list:
            if data is not None or shadow is not None:
                yield Value(data, where, found_type.code, inside)
            continue
        for number in range(max(len(data or ()), len(shadow or ()))):
            one = data[number] if data and number < len(data) else None
            yield Value(one, f"{where}[{number}]", found_type.code, inside)


def _counted(node: Node, count: int, where: str, *, of_slice: str = "") -> Iterator[Issue]:
    of_what = f" as {of_slice}" if of_slice else ""
    if count < node.low:
        text = f"The profile asks for this element{of_what}" + (f", {node.low} of it." if node.low > 1 else ".")
        yield Issue("error", "required", text, where)
    if count > node.high:
        yield Issue("error", "structure", f"The profile allows {node.high} of this element{of_what}.", where)


def _typed(node: Node, value: Value) -> Iterator[Issue]:
    if not node.types:
        return
    if value.type not in node.types:
        yield Issue("error", "structure", f"The profile asks for {' or '.join(node.types)} here.", value.where)
        return
    targets = node.types[value.type]
    led_to = _target(value.data)
    if targets and led_to and led_to not in targets:
        yield Issue("error", "value", f"The profile refers to {' or '.join(sorted(targets))} here.", value.where)


def _target(reference: object) -> str:
    """The type of resource that a reference leads to; "" where it does not say."""
    if not isinstance(reference, Mapping):
        return ""
    parts = str(reference.get("reference", "")).partition("/_history/")[0].split("/")
    return str(reference.get("type") or (parts[-2] if len(parts) > 1 else ""))


def _fits(value: object, pattern: object) -> bool:
    """Whether a value holds everything that the pattern says; of a list, each in some place."""
    if isinstance(pattern, Mapping):
        return isinstance(value, Mapping) and all(_fits(value.get(name), part) for name, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_fits(one, part) for one in value) for part in pattern)
    return value == pattern


def is_member(part: Node, slicing: Slicing | None, value: Value) -> bool:
    """Whether a value belongs to a slice."""
    if value.type == "Extension":
        return isinstance(value.data, Mapping) and value.data.get("url") == part.address
    return slicing is not None and all(_tells(part, kind, path, value) for kind, path in slicing.by)


def _tells(part: Node, kind: str, path: str, value: Value) -> bool:
    """Whether one discriminator says that a value belongs to a slice."""
    node = part.at(path)
    if node is None:
        return False
    if kind == "type":
        return value.type in node.types
    listed = [value]
    for name in path.split(".") if path != "$this" else ():
        listed = [one for holder in listed if isinstance(holder.data, Mapping) for one in values(holder, name)]
    if node.fixed is not None:
        return any(one.data == node.fixed for one in listed)
    if node.pattern is not None:
        return any(_fits(one.data, node.pattern) for one in listed)
    return node.binding is not None and any(not list(_bound(node.binding, one)) for one in listed)


def _bound(binding: Binding, value: Value) -> Iterator[Issue]:
    """Whether one of the codes is in the value set, or of a system of which nobody can say."""
    verdicts = [_verdict(binding.value_set, system, code) for system, code in _codes(value)]
    if any(verdict is not Verdict.INVALID for verdict in verdicts):
        return
    name = binding.value_set.rpartition("/")[2]
    if binding.required:
        yield Issue("error", "code-invalid", f"The profile asks for a code of {name} here.", value.where)
    elif verdicts:
        text = f"If a code of {name} says the same, the profile asks for that one."
        yield Issue("warning", "code-invalid", text, value.where)


def _codes(value: Value) -> list[tuple[str | None, str]]:
    """The codes of a value with their systems; None for the system of a bare code."""
    data = value.data
    if isinstance(data, str):
        return [(None, data)]
    if not isinstance(data, Mapping):
        return []
    listed = data.get("coding", []) if value.type == "CodeableConcept" else [data]
    return [(str(one.get("system", "")), str(one["code"])) for one in listed if "code" in one]


def _verdict(value_set: str, system: str | None, code: str) -> Verdict:
    if system is not None:
        return service.in_value_set(value_set, system, code)
    bare = service.bare_codes(value_set)
    if bare is None:
        return Verdict.UNKNOWN
    return Verdict.VALID if code in bare else Verdict.INVALID
