"""Whether a resource may be stored: R4's structure, types, required codes, references, ids and invariants.

Two passes: `structure_checks` over the encoded resource and `element_checks` over the decoded one. Profiles are not
checked here. FHIR R4: https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from carewright.core.fhir import codec
from carewright.core.fhir.element_checks import check_elements
from carewright.core.fhir.issues import Issue
from carewright.core.fhir.model import Resource
from carewright.core.fhir.structure_checks import check_structure


def validate(resource: Resource) -> list[Issue]:
    """Every error of a resource in the order of its elements as far as known; empty if it is valid."""
    try:
        encoded = codec.encode(resource)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        return [Issue("fatal", "structure", f"This cannot be written as JSON ({type(error).__name__}). Correct it.")]
    issues = check_structure(encoded)
    reported = {issue.expression for issue in issues}
    issues += [issue for issue in check_elements(resource) if issue.expression not in reported]
    # Rare, and seen in the encoding at once; only where it may be there is the resource searched for the place.
    if any(mark in encoded for mark in (b"{}", b"[]", b"\\u00", b'"fhir_comments"')):
        odd = _odd_values(resource, str(resource.get("resourceType", "")))
        issues += [issue for issue in odd if issue.expression not in reported]
    return issues


def _odd_values(value: Any, path: str) -> Iterator[Issue]:
    """Empty objects and lists, control characters, and comments from before R4."""
    if type(value) is dict:
        if not value:
            yield Issue("error", "structure", "An empty object is not allowed. Leave the element out. (ele-1)", path)
        for name, child in value.items():
            if name == "fhir_comments":
                yield Issue("error", "structure", "R4 has no comments in JSON. Leave them out.", f"{path}.{name}")
            else:
                yield from _odd_values(child, f"{path}.{name}")
    elif type(value) is list:
        if not value:
            yield Issue("error", "structure", "An empty array is not allowed. Leave the element out.", path)
        for index, item in enumerate(value):
            yield from _odd_values(item, f"{path}[{index}]")
    elif type(value) is str and any(c < " " and c not in "\t\r\n" for c in value):
        yield Issue("error", "value", "The text holds a control character. Leave it out.", path)
