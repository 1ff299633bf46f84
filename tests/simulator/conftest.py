"""One practice with its day and its patients, made once for all tests that only look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from carewright.core.store.model import Resource
from carewright.project import simulator
from carewright.project.simulator.model import DayPlan, PatientRecord, Person, Practice

MONDAY = date(2026, 11, 23)
SEED = 7


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that one seed and day give."""

    practice: Practice
    plan: DayPlan
    records: tuple[PatientRecord, ...]

    @property
    def people(self) -> dict[str, Person]:
        return {record.person.id: record.person for record in self.records}

    def resources(self) -> Iterator[Resource]:
        yield from self.practice.resources
        for record in self.records:
            yield from record.resources
        yield from simulator.families(SEED, MONDAY, count=len(self.records))

    def of_type(self, resource_type: str) -> list[Resource]:
        return [r for r in self.resources() if r["resourceType"] == resource_type]


@pytest.fixture(scope="session")
def world() -> World:
    practice = simulator.practice(SEED)
    return World(
        practice=practice,
        plan=simulator.day(practice, SEED, MONDAY),
        records=tuple(simulator.population(SEED, MONDAY, simulator.POPULATION)),
    )
