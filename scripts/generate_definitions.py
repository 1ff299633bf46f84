"""Write the definition tables of `core/fhir` and `core/terminology` from HL7's published packages.

    python scripts/generate_definitions.py R4_EXAMPLES.tgz US_CORE.tgz

The first is the npm package `hl7.fhir.r4.examples` 4.0.1 (`npm pack hl7.fhir.r4.examples`): its Bundles hold the
structure definitions, search parameters, value sets and code systems of the specification. The second is the package
`hl7.fhir.us.core` 6.1.0. Both are CC0 1.0. The tables hold codes, types, cardinalities and expressions, and the short
display of a code; no descriptive text. They are text, sorted where order has no meaning, so that a change can be read.
"""

import json
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent / "src/carewright/core"
FHIR, TERMINOLOGY = ROOT / "fhir/definitions", ROOT / "terminology/definitions"
R4 = "HL7 FHIR R4 4.0.1 (npm package hl7.fhir.r4.examples 4.0.1), CC0 1.0"
US_CORE = "HL7 US Core 6.1.0 (package hl7.fhir.us.core 6.1.0), CC0 1.0"
IMPLIED = {"id", "extension", "modifierExtension"}
Definition = dict[str, Any]


def main() -> None:
    r4, us_core = (Package(Path(name)) for name in sys.argv[1:3])
    definitions = [*r4.bundle("types"), *r4.bundle("resources")]
    structures = [d for d in definitions if d.get("kind") in {"complex-type", "resource"} and _is_type(d)]
    terminology = Terminology(r4)
    write(FHIR / "structures.txt", STRUCTURES_HEAD, structure_lines(structures))
    parameters = parameter_lines(structures, r4.bundle("searchParams"), us_core.files("SearchParameter"))
    write(FHIR / "search_parameters.txt", PARAMETERS_HEAD, parameters)
    write(FHIR / "compartments.txt", COMPARTMENTS_HEAD, compartment_lines(r4))
    urls = sorted(required_bindings(structures))
    write(TERMINOLOGY / "required_value_sets.txt", VALUE_SETS_HEAD, terminology.value_set_lines(urls))
    write(TERMINOLOGY / "code_systems.txt", CODE_SYSTEMS_HEAD, terminology.code_system_lines(urls))


class Package:
    """A FHIR package: a tar archive with one JSON file per resource."""

    def __init__(self, path: Path) -> None:
        self.archive = tarfile.open(path)  # noqa: SIM115 - read until the program ends

    def read(self, name: str) -> Definition:
        member = self.archive.extractfile(f"package/{name}.json")
        assert member is not None  # noqa: S101 - a KeyError otherwise; narrows the type
        return dict(json.load(member))

    def bundle(self, name: str) -> list[Definition]:
        return [entry["resource"] for entry in self.read(f"Bundle-{name}")["entry"]]

    def files(self, resource_type: str) -> list[Definition]:
        names = sorted(n for n in self.archive.getnames() if n.startswith(f"package/{resource_type}-"))
        return [self.read(name.removeprefix("package/").removesuffix(".json")) for name in names]


STRUCTURES_HEAD = f"""\
Elements of all R4 resources and data types, in order. Source: {R4}.
A line without indentation names a type and what it builds on. Below it: the element's path, its cardinality (and
behind it "m" for a modifier, "s" for what a summary holds), its types (alternatives with |; targets of references in
brackets; "(simple)" for a Quantity without comparator; "@" for the content of another element of the same type), and
after "!" the value set that its codes must come from (required binding). id, extension and modifierExtension are
implied."""


def _is_type(definition: Definition) -> bool:
    return definition["resourceType"] == "StructureDefinition" and definition.get("derivation") != "constraint"


def structure_lines(structures: list[Definition]) -> Iterator[str]:
    for definition in structures:
        name = definition["type"]
        base = definition.get("baseDefinition", "").rpartition("/")[2]
        yield f"{name} {base or '-'}{' abstract' if definition['abstract'] else ''}"
        for element in definition["snapshot"]["element"]:
            _, _, path = element["path"].partition(".")
            inherited = not element["base"]["path"].startswith(f"{name}.")
            # Age, Count, Distance and Duration repeat Quantity's elements as their own.
            if path and path.rpartition(".")[2] not in IMPLIED and not (inherited and base != "Quantity"):
                cardinality = f"{element['min']}..{element['max']}{_marks(element)}"
                yield f"  {path} {cardinality} {_types(element)}{_binding(element)}"


def _marks(element: Definition) -> str:
    return ("m" if element.get("isModifier") else "") + ("s" if element.get("isSummary") else "")


def _types(element: Definition) -> str:
    if "contentReference" in element:
        return "@" + str(element["contentReference"]).partition(".")[2]
    return "|".join(_type(t) for t in element["type"])


def _type(found: Definition) -> str:
    code = str(found["code"])
    if code.startswith("http://hl7.org/fhirpath/"):
        return "string"
    if found.get("profile") == ["http://hl7.org/fhir/StructureDefinition/SimpleQuantity"]:
        return f"{code}(simple)"
    targets = [t.rpartition("/")[2] for t in found.get("targetProfile", ())]
    return f"{code}({','.join(targets)})" if code == "Reference" and targets != ["Resource"] and targets else code


def _binding(element: Definition) -> str:
    binding = element.get("binding", {})
    return f" !{unversioned(binding['valueSet'])}" if binding.get("strength") == "required" else ""


def unversioned(url: str) -> str:
    return url.partition("|")[0]


def required_bindings(structures: list[Definition]) -> set[str]:
    elements = (element for definition in structures for element in definition["snapshot"]["element"])
    return {_binding(element)[2:] for element in elements if _binding(element)}


PARAMETERS_HEAD = f"""\
Search parameters by resource type. Source: {R4};
those marked "us-core": {US_CORE}.
Tab-separated: code, kind, expression (only the parts for this type), targets of a reference ("*": any) or, of a
composite, its parts as "definition=expression", and the source where it is not R4."""


def parameter_lines(structures: list[Definition], base: list[Definition], us_core: list[Definition]) -> Iterator[str]:
    names = ["Resource", "DomainResource"]
    names += sorted(d["type"] for d in structures if d["kind"] == "resource" and not d["abstract"])
    codes = {definition["url"]: definition["code"] for definition in [*base, *us_core]}
    for name in names:
        rows = {
            p["code"]: _parameter(p, name, codes, source="") for p in base if name in p["base"] and "expression" in p
        }
        for parameter in us_core:
            if name in parameter["base"] and parameter["code"] not in rows and not parameter["code"].startswith("_"):
                rows[parameter["code"]] = _parameter(parameter, name, codes, source="us-core")
        if rows:
            yield name
            yield from (f"  {row}" for _, row in sorted(rows.items()))


def _parameter(parameter: Definition, resource_type: str, codes: dict[str, str], *, source: str) -> str:
    members = [part.strip() for part in parameter["expression"].split("|")]
    own = [part for part in members if part.lstrip("(").partition(".")[0] == resource_type]
    if not own:  # InsurancePlan's name is written without the type
        own = [f"{resource_type}.{part}" for part in members]
    targets = parameter.get("target", [])
    detail = "*" if len(targets) > 100 else ",".join(targets)
    if parameter["type"] == "composite":
        detail = " & ".join(f"{codes[c['definition']]}={c['expression']}" for c in parameter["component"])
    return "\t".join([parameter["code"], parameter["type"], " | ".join(own), detail, source]).rstrip("\t")


COMPARTMENTS = ("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson")
COMPARTMENTS_HEAD = f"""\
The R4 compartments: whose, and below it each resource type and the search parameters that put a resource into it.
Source: {R4}."""


def compartment_lines(r4: Package) -> Iterator[str]:
    for name in COMPARTMENTS:
        yield name
        for resource in r4.read(f"CompartmentDefinition-{name[:1].lower()}{name[1:]}")["resource"]:
            if resource.get("param"):
                yield "  " + " ".join([resource["code"], *resource["param"]])


VALUE_SETS_HEAD = f"""\
The value sets of R4's required bindings, as codes. Source: {R4}.
A line without indentation is the value set; below it a system and its codes, "*" for all codes of a system in
code_systems.txt, "?" for a system that is not enumerated here (any code counts as unknown, not as invalid)."""
CODE_SYSTEMS_HEAD = f"""\
The code systems behind R4's required bindings: code, a tab, display. Source: {R4}."""


class Terminology:
    """The value sets and code systems of the specification."""

    def __init__(self, r4: Package) -> None:
        everything = [*r4.bundle("valuesets"), *r4.bundle("v2-valuesets"), *r4.bundle("v3-valuesets")]
        self.value_sets = {d["url"]: d for d in everything if d["resourceType"] == "ValueSet"}
        self.systems = {d["url"]: d for d in everything if d["resourceType"] == "CodeSystem"}
        self.expansions = {d["url"]: d for d in r4.bundle("valueset-expansions")}

    def value_set_lines(self, urls: Iterable[str]) -> Iterator[str]:
        for url in urls:
            yield url
            if url not in self.value_sets:
                yield f"  {url.partition('/vs/')[0]} ?"  # a LOINC answer list, not part of the package
                continue
            for include in self.value_sets[url]["compose"]["include"]:
                yield f"  {include['system']} {' '.join(self._codes(url, include))}"

    def code_system_lines(self, urls: Iterable[str]) -> Iterator[str]:
        known = (self.value_sets[url]["compose"]["include"] for url in urls if url in self.value_sets)
        names = {include["system"] for includes in known for include in includes}
        for name in sorted(n for n in names if self._complete(n)):
            yield name
            yield from (f"  {code}\t{display}" for code, display in _concepts(self.systems[name]["concept"]))

    def _codes(self, url: str, include: Definition) -> list[str]:
        if "concept" in include:
            return [concept["code"] for concept in include["concept"]]
        if "filter" in include or "valueSet" in include:
            raise ValueError(f"{url} is composed in a way this program does not know")
        if self._complete(include["system"]):
            return ["*"]
        if include["system"] == "urn:iso:std:iso:4217":
            return sorted(entry["code"] for entry in self.expansions[url]["expansion"]["contains"])
        return ["?"]

    def _complete(self, system: str) -> bool:
        return bool(self.systems.get(system, {}).get("content") == "complete")


def _concepts(concepts: list[Definition]) -> Iterator[tuple[str, str]]:
    for concept in concepts:
        yield concept["code"], " ".join(concept.get("display", "").split())
        yield from _concepts(concept.get("concept", []))


def write(path: Path, head: str, lines: Iterable[str], *, by: str = "generate_definitions") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    comment = "".join(f"# {line}\n" for line in [*head.split("\n"), f"Written by scripts/{by}.py."])
    path.write_text(comment + "".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
