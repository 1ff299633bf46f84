"""Names, cardinalities and types, checked by the `fhirkit` package; its findings in our words.

Nothing but this module knows `fhirkit`. It gets the encoded resource and only says what is wrong: the encoding that is
stored is our own. Its messages quote values, which may be patient data, so they are never passed on.
"""

import re
from collections.abc import Callable

import fhirkit

from carewright.core.fhir.issues import Issue

HOW_TO_WRITE = {
    "date": "Write 2026, 2026-11 or 2026-11-23.",
    "dateTime": "Write 2026-11-23T10:42:00-05:00 (a time needs seconds and a zone) or a date.",
    "instant": "Write 2026-11-23T10:42:00.000-05:00, with seconds and zone.",
    "time": "Write 10:42:00.",
    "id": "Use 1 to 64 letters, digits, hyphens and dots.",
    "code": "Leave out white space at the ends and double spaces.",
    "uri": "Leave out the white space.",
    "url": "Leave out the white space.",
    "canonical": "Leave out the white space.",
    "oid": "Write urn:oid: and the numbers with dots.",
    "uuid": "Write urn:uuid: and the UUID in small letters.",
    "base64Binary": "Encode the content in base64.",
    "positiveInt": "Write a whole number from 1.",
    "unsignedInt": "Write a whole number from 0.",
    "integer": "Write a whole number.",
}

_ONE_TYPE = re.compile(r"only one type may be given, found (.+)")
_SHAPES: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"unknown element"),
        "structure",
        lambda m: "R4 has no such element here. Check the spelling, or use an extension.",
    ),
    (re.compile(r"required element missing"), "required", lambda m: "This element is required. Add it."),
    (
        _ONE_TYPE,
        "structure",
        lambda m: f"Only one of {m[1]} may be given. Keep one and leave the others out.",
    ),
    (
        re.compile(r"expected an array, found .+"),
        "structure",
        lambda m: "This element may repeat. Write it as a list, in brackets [ ].",
    ),
    (
        re.compile(r"expected a single value, found an array"),
        "structure",
        lambda m: "This element does not repeat. Write one value instead of a list.",
    ),
    (
        re.compile(r"expected (true or false|a number), found (?:a|an) (\w+)"),
        "value",
        lambda m: f"Expected {m[1]}, found a {m[2]}. Write it without quotation marks.",
    ),
    (re.compile(r"expected (.+), found (.+)"), "value", lambda m: f"Expected {m[1]}, found {m[2]}. Correct it."),
    (
        re.compile(r"an empty (\w+) is not allowed.*"),
        "structure",
        lambda m: f"An empty {m[1]} is not allowed. Leave the element out.",
    ),
    (
        re.compile(r"null (?:is not allowed|with no extension).*"),
        "structure",
        lambda m: "null is not allowed here. Leave the element out.",
    ),
    (re.compile(r"has (\d+) entries but .+ has (\d+).*"), "structure", lambda m: "The two lists must line up."),
    (
        re.compile(r"(\w+) is not a FHIR R4 resource type.*"),
        "structure",
        lambda m: "R4 has no such resource type. Check resourceType.",
    ),
    (
        re.compile(r".+ is not a(?:n| FHIR)? (?:valid |FHIR )?(\w+)(?: \(.*\))?", re.DOTALL),
        "value",
        lambda m: f"This is not a valid {m[1]}. {HOW_TO_WRITE.get(m[1], 'Correct it.')}",
    ),
    (
        re.compile(r".+ is outside the 32-bit range.*", re.DOTALL),
        "value",
        lambda m: "The number is too large. Write a whole number from -2147483648 to 2147483647.",
    ),
)


def check_structure(encoded: bytes) -> list[Issue]:
    """What is wrong with the names, cardinalities and types of an encoded resource."""
    found = fhirkit.validate(encoded)
    if not found:
        return []
    doubled = {f"{_parent(item.path)}.{name}" for item in found for name in _several_types(item.message)}
    return [_issue(item.path, item.message) for item in found if item.path not in doubled]


def _issue(path: str, message: str) -> Issue:
    for pattern, code, words in _SHAPES:
        match = pattern.fullmatch(message)
        if match:
            return Issue("error", code, words(match), path)
    return Issue("error", "structure", "This does not follow R4's definition of the element. Correct it.", path)


def _several_types(message: str) -> list[str]:
    match = _ONE_TYPE.fullmatch(message)
    return match[1].split(", ") if match else []


def _parent(path: str) -> str:
    return path.rpartition(".")[0]
