"""VitalSigns as the Observations that the vitals skill writes, so that a history looks like what the screens leave."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from carewright.core.store.model import Resource
from carewright.project.simulator.model import VitalSigns
from carewright.project.simulator.seeds import identifier
from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import Unit
from carewright.skills.vitals.fhir import to_fhir
from carewright.skills.vitals.model import Kind, Measured, Reading


def measured(vitals: VitalSigns) -> Iterator[tuple[Kind, Measured, Measured | None]]:
    """Each number that was taken, in the order of taking: kind, value, and the diastolic of a blood pressure."""
    single: tuple[tuple[Kind, Decimal | int | None, Unit], ...] = (
        (Kind.WEIGHT, vitals.weight_kg, codes.KG),
        (Kind.LENGTH if vitals.lying else Kind.HEIGHT, vitals.height_cm, codes.CM),
        (Kind.HEAD, vitals.head_cm, codes.CM),
        (Kind.TEMPERATURE, vitals.temperature_c, codes.CEL),
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
