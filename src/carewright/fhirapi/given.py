"""What an operation is given: simple values by address or Parameters, and the parts that are no simple values.

https://hl7.org/fhir/R4/operations.html#request, https://hl7.org/fhir/R4/parameters.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from carewright.core.store.model import Resource
from carewright.fhirapi.calls import Pairs
from carewright.fhirapi.outcomes import ApiError


@dataclass(frozen=True, kw_only=True)
class Given:
    """`pairs` are the simple values as texts; `parts` the rest by name: a Coding, a resource."""

    pairs: Pairs
    parts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Pairs, resource: Resource | None = None) -> Self:
        """From an address and what was posted: Parameters, or the resource itself. ApiError 400."""
        if resource is None:
            return cls(pairs=pairs)
        if resource.get("resourceType") != "Parameters":
            return cls(pairs=pairs, parts={"resource": resource})
        listed = resource.get("parameter", [])
        if not isinstance(listed, list):
            raise _bad("Parameters.parameter", "is a list")
        found, parts = list(pairs), dict[str, Any]()
        for number, one in enumerate(listed):
            name, value = _taken(f"Parameters.parameter[{number}]", one)
            if isinstance(value, str):
                found.append((name, value))
            elif name in parts:
                raise _bad(f"Parameters.parameter[{number}]", "stands there twice")
            else:
                parts[name] = value
        return cls(pairs=found, parts=parts)

    @property
    def values(self) -> dict[str, str]:
        """The simple values by name, the last of each."""
        return dict(self.pairs)

    def only(self, names: tuple[str, ...], *, strict: bool) -> None:
        """ApiError 400 for what an operation does not understand, unless the client is lenient."""
        unknown = sorted({*self.values, *self.parts} - set(names))
        if unknown and strict:
            text = f"This operation understands {', '.join(names)}, not {unknown[0]}."
            raise ApiError(400, "not-supported", text)


def _taken(where: str, one: object) -> tuple[str, Any]:
    """The name and the value of a parameter: a text for a simple value, else the part as it is."""
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        raise _bad(where, "needs a name")
    held = [key for key in one if key.startswith("value") or key in ("resource", "part")]
    if len(held) != 1:
        raise _bad(where, "holds one value, resource or part")
    value = one[held[0]]
    if isinstance(value, bool):
        return one["name"], str(value).lower()
    return one["name"], str(value) if isinstance(value, (int, float, Decimal)) else value


def _bad(where: str, text: str) -> ApiError:
    return ApiError(400, "structure", f"A parameter {text}.", expressions=[where])
