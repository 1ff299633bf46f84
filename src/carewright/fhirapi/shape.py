"""How much of each resource an answer holds: `_summary` and `_elements`. https://hl7.org/fhir/R4/search.html#summary"""

from collections.abc import Callable, Sequence
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from carewright.core.fhir import subset
from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.model import Resource
from carewright.core.store.model import Stored
from carewright.fhirapi.calls import Call, Pairs
from carewright.fhirapi.outcomes import ApiError

SUMMARY, ELEMENTS = "_summary", "_elements"
PARTS: dict[str, Callable[[Resource], Resource]] = {
    "true": subset.summary, "text": subset.text, "data": subset.data,
}  # fmt: skip
SUMMARIES = frozenset({*PARTS, "false", "count"})


class Shape(Struct, frozen=True, kw_only=True):
    """What is left of a resource: `part` as `_summary` says, or the `elements` of these names; whole without either."""

    part: str = ""
    elements: frozenset[str] = frozenset()

    @classmethod
    def of(cls, call: Call, resource_type: str, pairs: Pairs) -> Self:
        """What the parameters ask for; ApiError 400 for what there is not."""
        asked = dict(pairs)
        part = asked.get(SUMMARY, "")
        if part and part not in SUMMARIES:
            raise ApiError(400, "invalid", f"_summary is one of {', '.join(sorted(SUMMARIES))}.")
        names = frozenset(_name(name, resource_type) for name in asked.get(ELEMENTS, "").split(",") if name.strip())
        if names and part in PARTS:
            raise ApiError(400, "invalid", "Ask for _summary or for _elements, not for both.")
        unknown = sorted(name for name in names if not subset.has_element(resource_type, name))
        if unknown and call.strict:
            raise ApiError(400, "invalid", f"_elements: {resource_type} has no element of this name. Leave it out.")
        return cls(part=part if part in PARTS else "", elements=names - set(unknown))

    def body(self, stored: Stored) -> bytes | None:
        """The stored bytes, or the part of them that is asked for."""
        if stored.body is None or not (self.part or self.elements):
            return stored.body
        resource = decode(stored.body)
        return encode(PARTS[self.part](resource) if self.part else subset.elements(resource, self.elements))

    def of_stored(self, stored: Stored) -> Stored:
        """The same version with the part of its body that is asked for."""
        return replace(stored, body=self.body(stored)) if self.part or self.elements else stored

    def of_all(self, versions: Sequence[Stored]) -> Sequence[Stored]:
        """The same for each of several."""
        return [self.of_stored(version) for version in versions] if self.part or self.elements else versions


def _name(text: str, resource_type: str) -> str:
    """`birthDate` and `Patient.birthDate` mean the same."""
    return text.strip().removeprefix(f"{resource_type}.")
