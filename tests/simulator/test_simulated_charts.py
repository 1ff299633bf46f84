"""What is handed out is valid FHIR with what US Core 6.1.0 requires, and refers only to what is there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from carewright.core.fhir.validation import validate
from carewright.core.store.model import Resource
from carewright.project import simulator
from carewright.project.simulator.history import past_visits
from carewright.project.simulator.papers import papers
from carewright.skills.registration.codes import BIRTH_SEX_EXTENSION, ETHNICITY_EXTENSION, RACE_EXTENSION

from .conftest import MONDAY, SEED, World

# Elements with a minimum of one in the US Core 6.1.0 profile, and those that R4 itself requires.
REQUIRED: dict[str, tuple[str, ...]] = {
    "Organization": ("active", "name"),
    "Location": ("name",),
    "Practitioner": ("identifier", "name"),
    "PractitionerRole": ("practitioner", "organization", "code", "location", "telecom"),
    "Patient": ("identifier", "name", "gender", "birthDate", "communication", "address", "telecom"),
    "RelatedPerson": ("active", "patient", "relationship", "name", "telecom"),
    "Condition": ("clinicalStatus", "verificationStatus", "category", "code", "subject", "onsetDateTime"),
    "MedicationStatement": ("status", "medicationCodeableConcept", "subject"),
    "AllergyIntolerance": ("clinicalStatus", "verificationStatus", "code", "patient"),
    "Encounter": ("status", "class", "type", "subject", "participant", "period", "reasonCode"),
    "Observation": ("status", "category", "code", "subject", "effectiveDateTime"),
    "Immunization": ("status", "vaccineCode", "patient", "occurrenceDateTime", "primarySource"),
    "List": ("status", "mode", "title", "code", "subject", "encounter", "date"),
    "Flag": ("status", "category", "code", "subject"),
    "Group": ("active", "type", "actual", "code", "member"),
    "HealthcareService": ("active", "name", "location"),
    "Schedule": ("active", "actor"),
    "Coverage": ("status", "subscriberId", "beneficiary", "relationship", "period", "payor"),
    "Consent": ("status", "scope", "category", "patient", "dateTime", "policyRule"),
    "Task": ("status", "intent", "code", "for", "performerType", "authoredOn"),
}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _sample(world: World) -> Iterator[Resource]:
    yield from world.practice.resources
    for record in world.records[::5]:
        yield from record.resources
    yield from simulator.families(SEED, MONDAY, count=300)


def test_a_fifth_of_everything_is_valid(world: World) -> None:
    wrong = [(r["resourceType"], r["id"], str(i)) for r in _sample(world) for i in validate(r)]
    assert wrong == []


@pytest.mark.parametrize("day", [MONDAY + timedelta(days=73 * n) for n in range(5)], ids=str)
def test_whatever_the_day_is_the_demonstration_is_valid(day: date) -> None:
    """Its people's dates are counted from the day it is started on: a fault may show on a few days of the year only."""
    wrong = [
        (resource["resourceType"], str(issue))
        for record in simulator.population(SEED, day, 100)
        for resource in record.resources
        for issue in validate(resource)
    ]
    assert wrong == []


def test_the_papers_of_somebody_who_came_yesterday_for_the_first_time_are_valid(world: World) -> None:
    """Insurance that has ended, and a first visit after its end: seldom, so looked for."""
    yesterday = datetime.combine(MONDAY - timedelta(days=1), time(9), UTC)
    ended, wrong = 0, []
    for record in world.records:
        before = past_visits(record.person, world.practice, MONDAY)
        first = [replace(visit, at=yesterday) for visit in before[:1]]
        for resource in papers(record.person, world.practice, MONDAY, first):
            ended += "end" in resource.get("period", {})
            wrong += [(resource["resourceType"], str(issue)) for issue in validate(resource)]
    assert wrong == []
    assert ended > 10


def test_what_us_core_requires_is_there(world: World) -> None:
    missing = [
        (r["resourceType"], r["id"], element)
        for r in world.resources()
        for element in REQUIRED[r["resourceType"]]
        if not r.get(element) and r.get(element) is not False
    ]
    assert missing == []
    for observation in world.of_type("Observation"):
        assert ("valueQuantity" in observation) != ("component" in observation)


def test_patients_carry_race_ethnicity_and_birth_sex(world: World) -> None:
    for record in world.records:
        urls = {e["url"]: e for e in record.patient["extension"]}
        assert {RACE_EXTENSION, ETHNICITY_EXTENSION, BIRTH_SEX_EXTENSION} <= set(urls)
        for url in (RACE_EXTENSION, ETHNICITY_EXTENSION):
            assert [part for part in urls[url]["extension"] if part["url"] == "text"]


def test_ids_are_unique_and_references_resolve(world: World) -> None:
    resources = list(world.resources())
    ids = [f"{r['resourceType']}/{r['id']}" for r in resources]
    assert len(ids) == len(set(ids))
    known = set(ids)
    assert {ref for r in resources for ref in _references(r)} - known == set()


def test_a_chart_refers_only_to_itself_and_the_practice(world: World) -> None:
    practice = {f"{r['resourceType']}/{r['id']}" for r in world.practice.resources}
    for record in world.records:
        own = {f"{r['resourceType']}/{r['id']}" for r in record.resources}
        assert record.patient["resourceType"] == "Patient"
        assert {ref for r in record.resources for ref in _references(r)} <= own | practice


def test_the_first_charts_are_enough_for_the_board(world: World) -> None:
    written = {f"Patient/{patient}" for patient in world.plan.patients}
    groups = list(simulator.families(SEED, MONDAY, count=1500, among=world.plan.patients))
    assert {ref for group in groups for ref in _references(group)} <= written
    siblings = {a.patient for a in world.plan.appointments if a.family}
    grouped = {ref.split("/")[1] for group in groups for ref in _references(group)}
    assert siblings <= grouped
