"""VitalSigns as FHIR Observations, one for each US Core 6.1.0 vital-sign profile; blood pressure is one panel."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from carewright.core.store.model import Resource
from carewright.core.terminology.coding import UCUM, Coding
from carewright.project.simulator import codes
from carewright.project.simulator.model import VitalSigns
from carewright.project.simulator.seeds import identifier


def to_fhir(vitals: VitalSigns, *, seed: int, patient: str, encounter: str, taken_at: datetime) -> Iterator[Resource]:
    """One Observation for each number that was measured, in the order in which they are taken."""

    def observation(name: str, *codings: Coding, **value: object) -> Resource:
        return {
            "resourceType": "Observation",
            "id": identifier(seed, "observation", encounter, name),
            "status": "final",
            "category": [codes.VITAL_SIGNS_CATEGORY.concept()],
            "code": {"coding": [coding.to_fhir() for coding in codings], "text": codings[-1].display},
            "subject": {"reference": f"Patient/{patient}"},
            "encounter": {"reference": f"Encounter/{encounter}"},
            "effectiveDateTime": taken_at.isoformat(),
            **value,
        }

    single = (
        ("weight", (codes.WEIGHT,), vitals.weight_kg, "kg"),
        ("height", (codes.HEIGHT,), vitals.height_cm, "cm"),
        ("head", (codes.HEAD,), vitals.head_cm, "cm"),
        ("temperature", (codes.TEMPERATURE,), vitals.temperature_c, "Cel"),
        ("pulse", (codes.PULSE,), vitals.pulse_bpm, "/min"),
        ("respirations", (codes.RESPIRATIONS,), vitals.respirations_bpm, "/min"),
        ("spo2", (codes.SPO2, codes.SPO2_PULSE_OXIMETRY), vitals.spo2_percent, "%"),
    )
    for name, codings, value, unit in single:
        if value is not None:
            yield observation(name, *codings, valueQuantity=_quantity(value, unit))
    if vitals.systolic_mmhg is not None and vitals.diastolic_mmhg is not None:
        yield observation(
            "pressure",
            codes.BLOOD_PRESSURE,
            component=[
                _component(codes.SYSTOLIC, vitals.systolic_mmhg),
                _component(codes.DIASTOLIC, vitals.diastolic_mmhg),
            ],
        )


def _component(coding: Coding, mmhg: int) -> Resource:
    return {"code": coding.concept(), "valueQuantity": _quantity(mmhg, "mm[Hg]")}


_UNIT_WORDS = {"Cel": "°C", "/min": "/min", "mm[Hg]": "mmHg"}


def _quantity(value: Decimal | int, unit: str) -> Resource:
    return {"value": Decimal(value), "unit": _UNIT_WORDS.get(unit, unit), "system": UCUM, "code": unit}
