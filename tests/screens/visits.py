"""Patients and visits for the screens of a visit: realistic, long and odd names, in every state."""

from dataclasses import dataclass
from datetime import timedelta

from carewright.core.fhir.dates import interval
from carewright.core.store.model import Resource
from carewright.skills.scheduling.codes import SICK, WELL_CHILD
from carewright.skills.visit import actions as visits
from carewright.skills.visit import queries
from carewright.skills.vitals.codes import KG
from carewright.skills.vitals.fhir import to_fhir
from carewright.skills.vitals.model import Kind, Reading
from carewright.skills.vitals.rules.typed import read
from tests.clinic import TEN_FORTY, Clinic

SITE = "Organization/riverbend"
LONG = "de la Concepción Villanueva-Etxeberria"


@dataclass(frozen=True)
class Visit:
    """A visit of a test: the ids of its patient and Encounter."""

    patient: str
    encounter: str


def patient(clinic: Clinic, key: str, *, family: str, given: str, born: str, gender: str = "male") -> str:
    """A patient of this clinic under an id of its own; the id."""
    patient_id = f"{key}-{clinic.practice}"
    clinic.have(
        {
            "resourceType": "Patient",
            "id": patient_id,
            "name": [{"use": "official", "family": family, "given": [given]}],
            "gender": gender,
            "birthDate": born,
        }
    )
    return patient_id


def jonas(clinic: Clinic) -> str:
    """A boy of 15 months, 9.5 kg at 12 months."""
    patient_id = patient(clinic, "jonas", family="Okafor", given="Jonas", born="2025-08-21")
    clinic.have(weight(patient_id, "9.5", at="2026-08-24T10:00:00-04:00"))
    return patient_id


def weight(patient_id: str, kg: str, *, at: str) -> Resource:
    """A weight from an earlier visit."""
    when = interval(at)[0]
    return to_fhir(Reading(kind=Kind.WEIGHT, at=when, patient=f"Patient/{patient_id}", value=read(kg, KG)))


def arrived(clinic: Clinic, patient_id: str, *, well: bool = True, reason: str = "Checkup") -> Visit:
    """A visit that waits."""
    ref = visits.check_in(
        clinic.writer(),
        patient=f"Patient/{patient_id}",
        visit_type=WELL_CHILD if well else SICK,
        at=TEN_FORTY - timedelta(minutes=30),
        site=SITE,
        provider="Practitioner/lind",
        reason=reason,
    )
    return Visit(patient=patient_id, encounter=ref.id)


def step(clinic: Clinic, visit: Visit, action: str, *, minutes_ago: int, room: str | None = None) -> None:
    """Take one step of the state table, some minutes ago."""
    with clinic.store.reader(clinic.access("dana"), reason="test.step") as reader:
        version = queries.open_visit(reader, visit.encounter).version
    at = TEN_FORTY - timedelta(minutes=minutes_ago)
    visits.take_step(
        clinic.writer(), encounter_id=visit.encounter, action=action, at=at, version=version,
        room=f"Location/{room}" if room else None,
    )  # fmt: skip


def rooming(clinic: Clinic, patient_id: str, *, well: bool = True, reason: str = "Checkup") -> Visit:
    """A visit in room 4."""
    visit = arrived(clinic, patient_id, well=well, reason=reason)
    step(clinic, visit, "start_rooming", minutes_ago=20, room="room-4")
    return visit


def with_provider(clinic: Clinic, patient_id: str) -> Visit:
    """A visit whose provider went in anyway."""
    visit = rooming(clinic, patient_id)
    step(clinic, visit, "provider_in_anyway", minutes_ago=10)
    return visit
