"""fhirpath.js, by HL7's own definitions, finds in every resource of Synthea what we find it by, and nothing else.

The short form takes three patients; `./run prove judges` all thirty, and R4's official examples besides.
"""

import json
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from carewright.core.fhir.codec import decode
from carewright.core.fhir.model import Resource
from carewright.core.fhir.search_parameters import extract
from tests.judges import facts
from tests.judges.conftest import Say
from tests.judges.facts import Fact
from tests.judges.node import extracted, searched

KEEPS_THE_SYSTEM = frozenset({("Patient", "race"), ("Patient", "ethnicity")})
"""US Core's expression ends at the code of a Coding. We keep its system beside it: a search for the bare code finds the
same, and one with the system is right too. So the codes alone are compared."""
LEAST = 1e-8
"""fhirpath.js takes numbers that differ by less for equal, and of equal values `|` keeps one. The smallest example
(Observation/decimal) is 1e-245, which it drops beside 1e-22: there the judge is wrong."""
US_CORE = "fhir/uscore/us_core_610.tgz"


def synthea(folder: Path, *, files: int | None) -> list[Resource]:
    """The resources of the bundles, with references as they are once they are stored."""
    found = []
    for file in sorted(folder.glob("*.json"))[:files]:
        text = file.read_text()
        for entry in json.loads(text)["entry"]:
            resource = entry["resource"]
            text = text.replace(f'"{entry["fullUrl"]}"', f'"{resource["resourceType"]}/{resource["id"]}"')
        found += [entry["resource"] for entry in decode(text.encode())["entry"]]
    return found


def official(archive: Path) -> list[Resource]:
    """All official examples but the Bundles, whose parameters look at nothing but their own frame."""
    with tarfile.open(archive) as opened:
        names = [name for name in sorted(opened.getnames()) if name.endswith(".json") and "-" in name]
        members = [member for name in names if (member := opened.extractfile(name)) is not None]
        return [one for one in (decode(member.read()) for member in members) if one["resourceType"] != "Bundle"]


def disagreements(judges: Path, examples: Path, us_core: Path, resources: list[Resource]) -> Counter[Fact]:
    """What only one of the two has found: ("ours" or "theirs", type, and the fact)."""
    found: Counter[Fact] = Counter()
    for resource, values in zip(resources, extracted(judges, examples, us_core, resources), strict=True):
        kind = resource["resourceType"]
        mute = {code for code, value in values.items() if isinstance(value, str)}
        kinds = {code: named for code, named in searched(kind).items() if code not in mute}
        theirs = {fact for code, value in values.items() if not isinstance(value, str)
                  for fact in facts.expected(kinds[code], code, value)}  # fmt: skip
        ours = {_bare(kind, fact) for fact in facts.held(extract(resource)) if fact[1] in kinds}
        found.update(("theirs", kind, *fact) for fact in theirs - ours)
        more = (fact for fact in ours - theirs if not facts.may_be_more(fact, theirs) and not _is_least(fact))
        found.update(("ours", kind, *fact) for fact in more)
    return found


def _is_least(fact: Fact) -> bool:
    return bool(fact[0] == "quantity" and abs(fact[2]) < LEAST and abs(fact[3]) < LEAST)


def _bare(resource_type: str, fact: Fact) -> Fact:
    return (*fact[:2], "", fact[3]) if (resource_type, fact[1]) in KEEPS_THE_SYSTEM else fact


@pytest.mark.parametrize("files", [3, pytest.param(None, marks=pytest.mark.slow)])
def test_fhirpath_js_finds_the_same_in_all_of_synthea(
    npm_judges: Path, official_examples: Path, test_data: Path, files: int | None, say: Say
) -> None:
    resources = synthea(test_data / "fhir/synthea", files=files)
    found = disagreements(npm_judges, official_examples, test_data / US_CORE, resources)
    say(f"{len(resources)} resources of Synthea: {found.total()} disagreements with fhirpath.js")
    assert not found, found.most_common(10)


@pytest.mark.slow
def test_fhirpath_js_finds_the_same_in_all_official_examples(
    npm_judges: Path, official_examples: Path, test_data: Path, say: Say
) -> None:
    resources = official(official_examples)
    found = disagreements(npm_judges, official_examples, test_data / US_CORE, resources)
    say(f"{len(resources)} official examples: {found.total()} disagreements with fhirpath.js")
    assert not found, found.most_common(10)
