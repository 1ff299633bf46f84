"""Two validators that we did not write find no error in what the clinic's pages and the simulator write.

The demonstration as it opens was written by the same actions as the pages use. @medplum/core judges it by R4 and by the
profile of US Core that each record claims; the npm package `fhir` by R4 alone. Where a judge is wrong, that is
said here with why. The short form takes a few records of each type; `./run prove judges` all, and more patients.
"""

import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import resource_types
from carewright.core.store.search.parse import parse
from carewright.project import simulator
from carewright.project.wiring import operator_access
from tests.demonstration import DAY, Demonstration
from tests.judges.conftest import Say
from tests.judges.node import asked

US_CORE = "fhir/uscore/us_core_610.tgz"
FEW, MORE_PATIENTS = 4, 300
Told = tuple[str, str, str]
"""The type, the place without positions, and the text of an error."""

JUDGE_IS_WRONG: dict[Told, str] = {
    ("PractitionerRole", "PractitionerRole", "Error evaluating invariant expression"): (
        "@medplum/core cannot evaluate `telecom or endpoint` (pd-1): FHIRPath takes a single value for true."
    ),
    (
        "PractitionerRole", "PractitionerRole",
        "Constraint pd-1 not met: SHALL have contact information or a reference to an Endpoint",
    ): "Follows from the one before: each of ours has a telephone number.",
    (
        "Task", "Task",
        "Constraint inv-1 not met: Last modified date must be greater than or equal to authored-on date.",
    ): "@medplum/core compares them as texts; one is in UTC, the other in the site's time. A test below compares them.",
}  # fmt: skip
BROKEN: tuple[tuple[Resource, str], ...] = (
    ({"resourceType": "Observation", "code": {"text": "Weight"}}, "no status"),
    ({"resourceType": "Observation", "status": "final", "code": "Weight"}, "a code that is a text"),
    ({"resourceType": "Patient", "birthday": "2001-01-01"}, "an element that R4 has not"),
    ({"resourceType": "Patient", "active": "yes"}, "a text for a boolean"),
)


def written(demonstrated: Demonstration) -> Iterator[Resource]:
    """Everything that the demonstration's practice holds, Provenance and AuditEvent included."""
    access = operator_access(demonstrated.state.practice)
    with demonstrated.store.reader(access, reason="test.judged") as reader:
        for kind in sorted(set(resource_types()) & access.predicate(Interaction.SEARCH).types):
            after: str | None = ""
            while after is not None:
                page = reader.search(parse(kind, [("_count", "1000"), *([("_after", after)] if after else [])]))
                yield from (decode(one.body or b"{}") for one in page.matches)
                after = page.next


def profiles(data: Path, folder: Path) -> Path:
    """US Core's StructureDefinitions, one in each line of a file."""
    file = folder / "profiles.ndjson"
    with tarfile.open(data / US_CORE) as archive, file.open("w") as lines:
        for name in archive.getnames():
            member = archive.extractfile(name) if name.startswith("package/StructureDefinition-") else None
            if member is not None:
                lines.write(json.dumps(json.load(member)) + "\n")
    return file


def errors(resources: list[Resource], answers: list[list[list[str]]]) -> Counter[Told]:
    """The errors by type, place and text; warnings are mostly of codes that a judge does not know."""
    found: Counter[Told] = Counter()
    for resource, told in zip(resources, answers, strict=True):
        for severity, place, text in told:
            if severity in ("error", "fatal"):
                found[resource["resourceType"], re.sub(r"\[\d+\]", "", place), text] += 1
    return found


def of_each(resources: list[Resource], *, most: int) -> list[Resource]:
    """The first and the last of each type and profile: what was there before the day, and what the day has written."""
    kinds: dict[Any, list[Resource]] = defaultdict(list)
    for one in resources:
        claims = tuple(one.get("meta", {}).get("profile", ()))
        kinds[one["resourceType"], claims, str(one.get("code"))].append(one)
    return [one for listed in kinds.values() for one in [*listed[: most // 2], *listed[most // 2 :][-most // 2 :]]]


@pytest.fixture(params=[FEW, pytest.param(None, marks=pytest.mark.slow)])
def judged(request: pytest.FixtureRequest, demonstrated: Demonstration) -> list[Resource]:
    """What is shown to the judges."""
    everything = list(written(demonstrated))
    if request.param is not None:
        return of_each(everything, most=request.param)
    more = simulator.population(2, DAY, MORE_PATIENTS)
    return [*everything, *(resource for chart in more for resource in chart.resources)]


def test_medplum_finds_no_error(
    npm_judges: Path, test_data: Path, tmp_path: Path, judged: list[Resource], say: Say
) -> None:
    lines = map(encode, judged)
    found = errors(judged, asked("medplum.mjs", npm_judges, profiles(test_data, tmp_path), lines=lines))
    wrong = sum(count for told, count in found.items() if told in JUDGE_IS_WRONG)
    say(f"@medplum/core: {len(judged)} resources, {found.total()} errors, {wrong} of them the judge's own")
    assert not {told: count for told, count in found.items() if told not in JUDGE_IS_WRONG}


def test_the_package_fhir_finds_no_error(npm_judges: Path, judged: list[Resource], say: Say) -> None:
    found = errors(judged, asked("fhirjs.mjs", npm_judges, lines=map(encode, judged)))
    say(f"fhir: {len(judged)} resources, {found.total()} errors")
    assert not found


def test_no_task_was_modified_before_it_was_made(judged: list[Resource]) -> None:
    """What a judge cannot compare (inv-1)."""
    tasks = [one for one in judged if one["resourceType"] == "Task" and "lastModified" in one]
    assert tasks
    assert [t["id"] for t in tasks if interval(t["lastModified"]) < interval(t["authoredOn"])] == []


@pytest.mark.parametrize(("broken", "what"), BROKEN)
def test_the_judges_see_what_is_wrong(
    npm_judges: Path, test_data: Path, tmp_path: Path, broken: Resource, what: str
) -> None:
    by_medplum = asked("medplum.mjs", npm_judges, profiles(test_data, tmp_path), lines=[encode(broken)])
    by_fhir = asked("fhirjs.mjs", npm_judges, lines=[encode(broken)])
    assert errors([broken], by_medplum), what
    assert errors([broken], by_fhir), what


def test_medplum_judges_by_the_profile_that_is_claimed(npm_judges: Path, test_data: Path, tmp_path: Path) -> None:
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    nameless: Resource = {"resourceType": "Patient", "gender": "female"}
    claiming: Resource = {**nameless, "meta": {"profile": [profile]}}
    answers = asked("medplum.mjs", npm_judges, profiles(test_data, tmp_path), lines=map(encode, (nameless, claiming)))
    assert not errors([nameless], answers[:1])
    assert errors([claiming], answers[1:])
