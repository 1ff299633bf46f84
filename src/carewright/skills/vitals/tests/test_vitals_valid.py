"""What the mapping writes is valid R4, for every kind, unit and reason for no number."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from carewright.core.fhir.validation import validate
from carewright.skills.vitals import codes, fhir
from carewright.skills.vitals.codes import Unit
from carewright.skills.vitals.model import DEFINITIONS, CouldNot, Kind, Measured, Reading, sign_of
from carewright.skills.vitals.rules import critical

AT = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
ENTRIES = [(kind, unit) for kind, known in DEFINITIONS.items() for unit in known.units]


@pytest.mark.parametrize(("kind", "unit"), ENTRIES)
def test_the_observation_of_every_kind_and_unit_is_valid(kind: Kind, unit: Unit) -> None:
    value = Measured(amount=Decimal(72), unit=unit, minor=Decimal("3.5") if unit.minor_per_major else None)
    pressure = kind is Kind.BLOOD_PRESSURE
    reading = Reading(
        id="o1", kind=kind, at=AT, patient="Patient/1", value=value, diastolic=value if pressure else None,
        encounter="Encounter/2", performer="Practitioner/cole", site="Left arm", method="cuff",
    )  # fmt: skip
    observation = fhir.to_fhir(reading, derived_from=["Observation/2"])
    assert validate(observation) == []
    assert validate(fhir.by_mistake(observation)) == []


@pytest.mark.parametrize("could_not", list(CouldNot))
@pytest.mark.parametrize("kind", [Kind.WEIGHT, Kind.BLOOD_PRESSURE])
def test_no_number_is_valid_too(kind: Kind, could_not: CouldNot) -> None:
    assert validate(fhir.to_fhir(Reading(kind=kind, at=AT, patient="Patient/1", could_not=could_not))) == []


def asked_for(kind: Kind) -> dict[str, Any]:
    """The input of the task that asks to tell somebody of a reading."""
    task = critical.with_reading({}, observation="Observation/9", sign=sign_of(kind))
    entry: dict[str, Any] = task["input"][0]
    return entry


def test_a_felt_pressure_and_somebody_told_are_valid() -> None:
    value = Measured(amount=Decimal(84), unit=codes.MMHG)
    assert validate(fhir.to_fhir(Reading(kind=Kind.BLOOD_PRESSURE, at=AT, patient="Patient/1", value=value))) == []
    told = fhir.told_to_fhir(
        asked_for(Kind.BLOOD_PRESSURE), patient="Patient/1", encounter="Encounter/2",
        sender="Practitioner/cole", whom="Practitioner/lind", at=AT.isoformat(),
    )  # fmt: skip
    assert validate(told) == []
