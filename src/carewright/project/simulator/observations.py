"""VitalSigns as the Observations that the vitals skill writes, so that a history looks like what the screens leave."""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from carewright.core.store.model import Resource
from carewright.project.simulator.model import VitalSigns
from carewright.project.simulator.seeds import identifier
from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import Unit
from carewright.skills.vitals.fhir import to_fhir
from carewright.skills.vitals.model import Kind, Measured, Reading

KG_PER_LB = Decimal("0.45359237")  # exact: international avoirdupois pound
CM_PER_IN = Decimal("2.54")  # exact: international inch
POUNDS_FROM_KG = 15
"""Small children are measured in kilograms, centimeters and degrees Celsius, everybody else as the US does."""


def measured(vitals: VitalSigns) -> Iterator[tuple[Kind, Measured, Measured | None]]:
    """Each number that was taken, as a US clinic types it: kind, value, and the diastolic of a blood pressure."""
    big = vitals.weight_kg is not None and vitals.weight_kg >= POUNDS_FROM_KG
    single: tuple[tuple[Kind, Decimal | int | None, Unit], ...] = (
        _pounds(vitals.weight_kg) if big else (Kind.WEIGHT, vitals.weight_kg, codes.KG),
        (Kind.LENGTH, vitals.height_cm, codes.CM) if vitals.lying else _inches(vitals.height_cm),
        (Kind.HEAD, vitals.head_cm, codes.CM),
        _fahrenheit(vitals.temperature_c) if big else (Kind.TEMPERATURE, vitals.temperature_c, codes.CEL),
        (Kind.HEART_RATE, vitals.pulse_bpm, codes.PER_MINUTE),
        (Kind.RESPIRATORY_RATE, vitals.respirations_bpm, codes.PER_MINUTE),
        (Kind.SPO2, vitals.spo2_percent, codes.PERCENT),
    )
    for kind, value, unit in single:
        if value is not None:
            yield kind, Measured(amount=Decimal(value), unit=unit), None
    if vitals.systolic_mmhg is not None and vitals.diastolic_mmhg is not None:
        upper, lower = (
            Measured(amount=Decimal(mmhg), unit=codes.MMHG) for mmhg in (vitals.systolic_mmhg, vitals.diastolic_mmhg)
        )
        yield Kind.BLOOD_PRESSURE, upper, lower


def _pounds(weight_kg: Decimal | None) -> tuple[Kind, Decimal | None, Unit]:
    return Kind.WEIGHT, _tenth(weight_kg / KG_PER_LB) if weight_kg is not None else None, codes.LB


def _inches(height_cm: Decimal | None) -> tuple[Kind, Decimal | None, Unit]:
    return Kind.HEIGHT, _tenth(height_cm / CM_PER_IN) if height_cm is not None else None, codes.IN


def _fahrenheit(temperature_c: Decimal | None) -> tuple[Kind, Decimal | None, Unit]:
    degrees = _tenth(temperature_c * Decimal("1.8") + 32) if temperature_c is not None else None
    return Kind.TEMPERATURE, degrees, codes.DEG_F


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)


def observations(
    vitals: VitalSigns, *, seed: int, patient: str, encounter: str, performer: str, taken_at: datetime
) -> Iterator[Resource]:
    """One Observation for each number. `patient`, `encounter` and `performer` are ids."""
    for kind, value, diastolic in measured(vitals):
        yield to_fhir(
            Reading(
                id=identifier(seed, "observation", encounter, kind),
                kind=kind,
                at=taken_at,
                patient=f"Patient/{patient}",
                value=value,
                diastolic=diastolic,
                encounter=f"Encounter/{encounter}",
                performer=f"Practitioner/{performer}",
            )
        )
