"""Which codes a ValueSet resource holds, as far as what it names is loaded.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carewright.core.terminology import service, systems
from carewright.core.terminology.coding import Coding

MAX_PARTS, MAX_CODES = 200, 500_000
"""What an expansion looks at: includes and excludes, with those of the value sets it names, and their codes."""
Codes = dict[Coding, None]
"""Codes in an order, each once."""


class NotExpanded(Exception):
    """A part of the value set cannot be said here; the text says why. A part never passes for the whole."""


@dataclass
class Expander:
    """Expands one value set. `find` has the ValueSet resource of an address, None for none."""

    find: Callable[[str], Mapping[str, Any] | None]
    parts: int = 0
    codes: int = 0

    def of_address(self, address: str) -> Codes:
        """The codes of one of FHIR's own value sets, or of one that `find` knows. NotExpanded."""
        known = service.expand(address)
        if known is None:
            resource = self.find(address)
            if resource is None:
                raise NotExpanded("A value set of this address is not here.")
            return self.of_resource(resource)
        if not known.complete:
            raise NotExpanded("A part of this value set comes from a code system that is not loaded here.")
        return self._counted(dict.fromkeys(known.codings))

    def of_resource(self, value_set: Mapping[str, Any]) -> Codes:
        """The codes that a ValueSet resource describes. NotExpanded."""
        compose = value_set.get("compose")
        if compose is None:
            raise NotExpanded("This value set does not say which codes it holds (compose).")
        found: Codes = {}
        for part in compose["include"]:
            found |= self._of_part(part)
        for part in compose.get("exclude", ()):
            for coding in self._of_part(part):
                found.pop(coding, None)
        return found

    def _of_part(self, part: Mapping[str, Any]) -> Codes:
        """The codes of an include or exclude: those that its system and all its value sets have in common."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise NotExpanded(f"This value set is made of more than {MAX_PARTS} parts.")
        if part.get("filter"):
            raise NotExpanded("Filters by properties of a code system are not carried out here.")
        of_sets = [self.of_address(str(address)) for address in part.get("valueSet", ())]
        if "system" in part:
            of_sets.insert(0, self._counted(_of_system(str(part["system"]), part.get("concept", ()))))
        if not of_sets:
            raise NotExpanded("A part of this value set names neither a code system nor a value set.")
        first, *others = of_sets
        return {coding: None for coding in first if all(coding in other for other in others)}

    def _counted(self, found: Codes) -> Codes:
        self.codes += len(found)
        if self.codes > MAX_CODES:
            raise NotExpanded(f"This value set is made of more than {MAX_CODES} codes.")
        return found


def _of_system(system: str, concepts: Sequence[Mapping[str, Any]]) -> Codes:
    known = systems.codes(system)
    if concepts:
        listed = [(str(one["code"]), str(one.get("display", ""))) for one in concepts]
        return {Coding(system, code, display or (known or {}).get(code, "")): None for code, display in listed}
    if known is None:
        raise NotExpanded("It holds all codes of a code system that is not loaded here.")
    return {Coding(system, code, display): None for code, display in known.items()}
