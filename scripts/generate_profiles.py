"""Write the tables of US Core's profiles and of the value sets they bind, from HL7's published packages.

    python -m scripts.generate_profiles R4_EXAMPLES.tgz US_CORE.tgz

The packages are those of generate_definitions.py. A profile is written as what it asks beyond R4: an element that asks
no more than R4 does is left out. No descriptive text, and no codes of systems that may not be passed on.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from scripts.generate_definitions import (
    FHIR,
    TERMINOLOGY,
    US_CORE,
    Definition,
    Package,
    Terminology,
    unversioned,
    write,
)

BY = "generate_profiles"
ENUMERATED = ("http://hl7.org/", "http://terminology.hl7.org/", "http://loinc.org", "http://unitsofmeasure.org")
"""Systems whose codes may be listed one by one; of others (SNOMED CT, CPT) any code counts as unknown."""
RACE, NULL = "urn:oid:2.16.840.1.113883.6.238", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
GENDER = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
BY_HAND: Mapping[str, tuple[str, ...]] = {
    "omb-race-category": (f"{RACE} 1002-5 2028-9 2054-5 2076-8 2106-3", f"{NULL} ASKU UNK"),
    "omb-ethnicity-category": (f"{RACE} 2135-2 2186-5", f"{NULL} ASKU UNK"),
    "birthsex": (f"{GENDER} F M", f"{NULL} ASKU OTH UNK"),
}
"""Value sets that the package composes of others that it does not hold; as the guide's pages of 6.1.0 show them."""
SAID_OTHERWISE: Mapping[str, str] = {
    "pd-1": "telecom.exists() or endpoint.exists()",
    "us-core-13": "practitioner.exists() or organization.exists() or healthcareService.exists() or location.exists()",
}
"""Invariants that take a list for a truth value, which few evaluators do."""
PROFILES_HEAD = f"""\
What the profiles ask beyond R4. Source: {US_CORE}.
A line without indentation is a profile and its type. Below it, separated by tabs: an element's id, its cardinality, and
"must" (to be supported), "types=" (alternatives with |, targets of references in brackets), "extension=" (its address),
"fixed=" and "pattern=" (JSON), "slices=" (kind of discriminator@path, several with commas; rules), "bind=" (strength
and value set), "check=" (key, severity and FHIRPath)."""
VALUE_SETS_HEAD = f"""\
The value sets that profiles bind, as codes. Source: {US_CORE}, and R4 for those of the specification.
Written as required_value_sets.txt is; "* ?" says that a part of a value set is of systems that are not known here."""


def main() -> None:
    r4, us_core = (Package(Path(name)) for name in sys.argv[1:3])
    profiles = us_core.files("StructureDefinition")
    lines = list(profile_lines(profiles, Base(r4, {one["url"]: str(one["type"]) for one in profiles})))
    write(FHIR / "profiles.txt", PROFILES_HEAD, lines, by=BY)
    bound = {part.split(" ")[1] for line in lines for part in line.split("\t") if part.startswith("bind=")}
    sets = ValueSets(Terminology(r4), us_core)
    write(TERMINOLOGY / "profile_value_sets.txt", VALUE_SETS_HEAD, sets.lines(sorted(bound)), by=BY)


class Base:
    """R4's own elements by their path, to tell what a profile adds. `types`: a profile's address to its type."""

    def __init__(self, r4: Package, types: Mapping[str, str]) -> None:
        listed = [*r4.bundle("types"), *r4.bundle("resources")]
        kept = [one for one in listed if one.get("kind") in {"complex-type", "primitive-type", "resource"}]
        self.elements = {e["path"]: e for one in kept if _is_type(one) for e in one["snapshot"]["element"]}
        self.checks = {c["key"] for e in self.elements.values() for c in e.get("constraint", ())}
        self.profiles = {**types, "http://hl7.org/fhir/StructureDefinition/vitalsigns": "Observation"}

    def of(self, element: Definition) -> Definition:
        """R4's definition of an element of a profile; of an extension's, the plain Extension's."""
        return self.elements.get(element["base"]["path"]) or self.elements.get(element["path"]) or {}

    def types(self, element: Definition) -> str:
        """The types of an element, with what its references may lead to."""
        listed = (one for one in element.get("type", ()) if not one["code"].startswith("http://hl7.org/fhirpath/"))
        return "|".join(self._type(one) for one in listed)

    def _type(self, one: Definition) -> str:
        urls = one.get("targetProfile", ())
        targets = sorted({self.profiles.get(url, url.rpartition("/")[2]) for url in urls} - {"Resource"})
        return f"{one['code']}({','.join(targets)})" if one["code"] == "Reference" and targets else str(one["code"])


def _is_type(definition: Definition) -> bool:
    return definition["resourceType"] == "StructureDefinition" and definition.get("derivation") != "constraint"


def profile_lines(profiles: Iterable[Definition], base: Base) -> Iterator[str]:
    for profile in profiles:
        yield f"{profile['url']} {profile['type']}"
        for element in profile["snapshot"]["element"]:
            _, _, path = element["id"].partition(".")
            added = list(_added(element, base, is_root=not path))
            own = base.of(element)
            same = (element["min"], element["max"]) == (own.get("min"), own.get("max")) or not path
            if added or not same or ":" in path.rpartition(".")[2]:
                yield "  " + "\t".join([path or "-", f"{element['min']}..{element['max']}", *added])


def _added(element: Definition, base: Base, *, is_root: bool) -> Iterator[str]:
    """What a profile asks of an element beyond R4."""
    own = base.of(element)
    if element.get("mustSupport"):
        yield "must"
    profile = [url for one in element.get("type", ()) if one["code"] == "Extension" for url in one.get("profile", ())]
    if profile:
        yield f"extension={profile[0]}"
    elif not is_root and (narrowed := base.types(element)) and base.types(own) not in ("", narrowed):
        yield f"types={narrowed}"
    for kind in ("fixed", "pattern"):
        value = next((value for name, value in element.items() if name.startswith(kind)), None)
        if value is not None:
            yield f"{kind}={json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"
    slicing = element.get("slicing")
    if slicing and not element["path"].endswith(("extension", "modifierExtension")):
        said = ",".join(f"{one['type']}@{one['path']}" for one in slicing["discriminator"])
        yield f"slices={said};{slicing['rules']}"
    yield from _bound(element.get("binding", {}), own.get("binding", {}))
    for check in element.get("constraint", ()):
        if check["key"] not in base.checks:
            expression = SAID_OTHERWISE.get(check["key"], " ".join(check["expression"].split()))
            yield f"check={check['key']} {check['severity']} {expression}"


def _bound(binding: Definition, own: Definition) -> Iterator[str]:
    if binding.get("strength") in ("required", "extensible") and "valueSet" in binding:
        names = [(one.get("strength"), unversioned(one.get("valueSet", ""))) for one in (binding, own)]
        if names[0] != names[1]:
            yield f"bind={names[0][0]} {names[0][1]}"


class ValueSets:
    """The value sets of both packages, as lines."""

    def __init__(self, r4: Terminology, us_core: Package) -> None:
        self.r4 = r4
        self.value_sets = {**r4.value_sets, **{one["url"]: one for one in us_core.files("ValueSet")}}
        self.systems = {**r4.systems, **{one["url"]: one for one in us_core.files("CodeSystem")}}

    def lines(self, urls: Iterable[str]) -> Iterator[str]:
        for url in urls:
            yield url
            yield from (f"  {line}" for line in dict.fromkeys(self._parts(url)))

    def _parts(self, url: str) -> Iterator[str]:
        if url.rpartition("/")[2] in BY_HAND:
            yield from BY_HAND[url.rpartition("/")[2]]
            return
        compose = self.value_sets.get(url, {}).get("compose")
        if not compose:
            yield "* ?"
            return
        for include in compose["include"]:
            for address in include.get("valueSet", ()):
                yield from self._parts(unversioned(address))
            if "system" in include:
                yield f"{include['system']} {' '.join(self._codes(include))}"

    def _codes(self, include: Definition) -> list[str]:
        system = include["system"]
        if "filter" in include or not system.startswith(ENUMERATED):
            return ["?"]
        if "concept" in include:
            return sorted(one["code"] for one in include["concept"])
        found = self.systems.get(system, {})
        return sorted(_all_codes(found["concept"])) if found.get("content") == "complete" else ["?"]


def _all_codes(concepts: Iterable[Definition]) -> Iterator[str]:
    for one in concepts:
        yield one["code"]
        yield from _all_codes(one.get("concept", ()))


if __name__ == "__main__":
    main()
