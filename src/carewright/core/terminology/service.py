"""What terminology can say: validate, expand, look up, translate. What is not loaded is unknown, not invalid.

After FHIR's terminology service, https://hl7.org/fhir/R4/terminology-service.html, reduced to what the product asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from carewright.core.terminology import systems
from carewright.core.terminology.coding import Coding
from carewright.core.terminology.tables import read_table


class Verdict(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"  # the system is not loaded: nobody can say


@dataclass(frozen=True)
class CodeCheck:
    """What is known about a code. `message` is for people: "" if all is well."""

    verdict: Verdict
    message: str = ""
    display: str = ""


@dataclass(frozen=True)
class Expansion:
    """The codes of a value set. `complete` is False if a part of it comes from a system that is not loaded."""

    codings: tuple[Coding, ...]
    complete: bool


def validate_code(system: str, code: str, display: str | None = None) -> CodeCheck:
    """Whether the system has this code. Another display than the system's is no error, but is said."""
    known = systems.codes(system)
    if known is None:
        return CodeCheck(Verdict.UNKNOWN, f"The code system {system or '(none)'} is not loaded here.")
    if code not in known:
        return CodeCheck(Verdict.INVALID, f"{system} has no such code. Look it up, or leave the code out.")
    right = known[code]
    if display and right and _loose(display) != _loose(right):
        return CodeCheck(Verdict.VALID, f"The code is valid, but its display is '{right}'.", right)
    return CodeCheck(Verdict.VALID, "", right)


def lookup(system: str, code: str) -> Coding | None:
    """The code with the display of its system; None if it is not there or the system is not loaded."""
    known = systems.codes(system)
    return Coding(system, code, known[code]) if known and code in known else None


def expand(value_set: str) -> Expansion | None:
    """All codes of a value set that R4 or US Core bind, with or without `|version`; None for one that is not loaded."""
    parts = _value_sets().get(value_set.partition("|")[0])
    if parts is None:
        return None
    found = []
    for system, listed in parts:
        known = systems.codes(system) or {}
        found += [Coding(system, code, known.get(code, "")) for code in (known if listed is None else listed)]
    return Expansion(tuple(found), complete=all(_is_enumerated(system, listed) for system, listed in parts))


def in_value_set(value_set: str, system: str, code: str) -> Verdict:
    """Whether a value set has this code of this system."""
    parts = _value_sets().get(value_set.partition("|")[0])
    if parts is None:
        return Verdict.UNKNOWN
    own = [(name, listed) for name, listed in parts if name in (system, ANY_SYSTEM)]
    if any(code in _codes(name, listed) for name, listed in own):
        return Verdict.VALID
    if any(not _is_enumerated(name, listed) for name, listed in own):
        return Verdict.UNKNOWN
    return Verdict.INVALID


@cache
def bare_codes(value_set: str) -> frozenset[str] | None:
    """The codes of a value set as elements of type `code` hold them, without a system; None if not all are known."""
    expansion = expand(value_set)
    if expansion is None or not expansion.complete:
        return None
    return frozenset(coding.code for coding in expansion.codings)


def translate(coding: Coding, target_system: str) -> tuple[Coding, ...] | None:
    """The codes of `target_system` that mean the same; empty if there is none, None where no map is loaded."""
    mapped = _MAPS.get((coding.system, target_system))
    if mapped is None:
        return None
    code = mapped.get(coding.code)
    if code is None:
        return ()
    return (lookup(target_system, code) or Coding(target_system, code),)


ADMINISTRATIVE_GENDER = "http://hl7.org/fhir/administrative-gender"
V3_GENDER = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
V2_SEX = "http://terminology.hl7.org/CodeSystem/v2-0001"

_MAPS: Mapping[tuple[str, str], Mapping[str, str]] = {
    # HL7's own maps: ConceptMap cm-administrative-gender-v3 and cm-administrative-gender-v2 of R4
    (ADMINISTRATIVE_GENDER, V3_GENDER): {"male": "M", "female": "F", "other": "UN"},
    (ADMINISTRATIVE_GENDER, V2_SEX): {"male": "M", "female": "F", "other": "O", "unknown": "U"},
    (V2_SEX, ADMINISTRATIVE_GENDER): {"M": "male", "F": "female", "A": "other", "O": "other", "U": "unknown"},
    (V3_GENDER, ADMINISTRATIVE_GENDER): {"M": "male", "F": "female", "UN": "other"},
}


ANY_SYSTEM = "*"
"""Stands in a value set for systems that are not known here."""


def _loose(display: str) -> str:
    return " ".join(display.casefold().split())


def _is_enumerated(system: str, listed: frozenset[str] | None) -> bool:
    return bool(listed) or (listed is None and systems.is_loaded(system))


def _codes(system: str, listed: frozenset[str] | None) -> Mapping[str, str] | frozenset[str]:
    return (systems.codes(system) or {}) if listed is None else listed


@cache
def _value_sets() -> dict[str, list[tuple[str, frozenset[str] | None]]]:
    """Value set to its systems with their codes: None for all of a system, none at all if they are not enumerated."""
    return {
        url: [_part(line) for line in lines]
        for name in ("profile_value_sets.txt", "required_value_sets.txt")
        for url, lines in read_table(systems.DEFINITIONS / name)
    }


def _part(line: str) -> tuple[str, frozenset[str] | None]:
    system, *listed = line.split()
    if listed == ["*"]:
        return system, None
    return system, frozenset() if listed == ["?"] else frozenset(listed)
