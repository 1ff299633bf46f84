"""A Person's chart as FHIR, in the shape of the US Core 6.1.0 profiles (https://hl7.org/fhir/us/core/STU6.1/).

Exceptions, on purpose: medicines, allergies and kinds of visit are words or our own codes (no SNOMED CT, no CPT), and
what a patient takes is a MedicationStatement.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir import us_core
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import (
    CONDITION_CATEGORY,
    CONDITION_CLINICAL,
    CONDITION_VERIFICATION,
    ICD10CM,
    Coding,
)
from carewright.project.simulator import allergies, codes, history, measure, observations, traits, vaccines
from carewright.project.simulator.history import PastVisit
from carewright.project.simulator.model import PatientRecord, Person, Practice, Site
from carewright.project.simulator.papers import papers
from carewright.project.simulator.patient_fhir import patient, related_persons
from carewright.project.simulator.seeds import identifier, stream
from carewright.skills.allergies import fhir as allergy_fhir
from carewright.skills.allergies.model import Allergy, Asked, Outcome, Reaction
from carewright.skills.registration import codes as registration
from carewright.skills.visit.codes import AMBULATORY, PRIMARY_PERFORMER, SECONDARY_PERFORMER
from carewright.skills.visit.fhir import visit_number

ASSERTED_DATE = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_YEAR = 365.25


def record(person: Person, practice: Practice, day: date) -> PatientRecord:
    """The whole chart of one patient as it stands on the morning of `day`."""
    visits = history.past_visits(person, practice, day)
    resources = (
        patient(person, practice),
        *related_persons(person),
        *_conditions(person, practice, day, visits),
        *_medicines(person, practice, day),
        *_allergies(person, practice, day, visits),
        *_flags(person, practice, day),
        *_encounters(person, practice, day, visits),
        *_immunizations(person, practice, day, visits),
        *papers(person, practice, day, visits),
    )
    return PatientRecord(person=person, resources=tuple(map(us_core.claiming, resources)))


def _subject(person: Person) -> Resource:
    return {"reference": f"Patient/{person.id}", "display": person.display}


def onset(person: Person, trait: str, *, seed: int, day: date) -> date:
    """When a trait began: within the ages that it belongs to, after birth, before `day`."""
    rng = stream(seed, "onset", person.id, trait)
    if trait == "stitches":
        return day - timedelta(days=person.stitches_days or 10)
    if trait == "pregnant":
        return day - timedelta(days=max(0, (person.pregnant_days or 45) - 45))
    bands = traits.TRAITS[trait].bands
    earliest = bands[0][0] * _YEAR if bands else max(0.0, person.age_days(day) - 3 * _YEAR)
    span = person.age_days(day) - earliest
    back = rng.uniform(0.05, 0.95) * min(max(span, 0.0), 12 * _YEAR)
    return max(person.born, day - timedelta(days=round(back)))


def _diagnosis(person: Person, trait: str) -> tuple[str, str] | None:
    if trait == "pregnant" and person.pregnant_days is not None:
        return next((code, text) for below, code, text in traits.TRIMESTERS if person.pregnant_days < below)
    found = traits.TRAITS[trait]
    return (found.code, found.text) if found.code else None


def _conditions(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    """The problem list. What began before a visit here was written down at the first of them."""
    for trait in person.traits:
        diagnosis = _diagnosis(person, trait)
        if diagnosis is None:
            continue
        began = onset(person, trait, seed=practice.seed, day=day)
        noted = next((visit.at for visit in visits if visit.at.date() >= began), None)
        found: Resource = {
            "resourceType": "Condition",
            "id": identifier(practice.seed, "condition", person.id, trait),
            "extension": [{"url": ASSERTED_DATE, "valueDateTime": began.isoformat()}],
            "clinicalStatus": Coding(CONDITION_CLINICAL, "active", "Active").concept(),
            "verificationStatus": Coding(CONDITION_VERIFICATION, "confirmed", "Confirmed").concept(),
            "category": [Coding(CONDITION_CATEGORY, "problem-list-item", "Problem List Item").concept()],
            "code": Coding(ICD10CM, *diagnosis).concept(diagnosis[1]),
            "subject": _subject(person),
            "onsetDateTime": began.isoformat(),
            "recordedDate": (noted.date() if noted else began).isoformat(),
        }
        if noted:
            found["encounter"] = {"reference": f"Encounter/{encounter_id(person, noted, seed=practice.seed)}"}
        yield found


def _medicines(person: Person, practice: Practice, day: date) -> Iterator[Resource]:
    for trait in person.traits:
        rng = stream(practice.seed, "medicines", person.id, trait)
        listed = traits.TRAITS[trait].medicines
        taken = listed[:1] + tuple(medicine for medicine in listed[1:] if rng.random() < 0.35)
        began = onset(person, trait, seed=practice.seed, day=day)
        for name, dosage in taken:
            yield {
                "resourceType": "MedicationStatement",
                "id": identifier(practice.seed, "medicine", person.id, trait, name),
                "status": "active",
                "medicationCodeableConcept": {"text": name},
                "subject": _subject(person),
                "effectivePeriod": {"start": began.isoformat()},
                "dateAsserted": began.isoformat(),
                "informationSource": {"reference": f"Patient/{person.id}"},
                "dosage": [{"text": dosage}],
            }


def _allergies(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    """What is listed, and that it was asked at the last visit; nothing at all where nobody has asked."""
    rng = stream(practice.seed, "allergies", person.id)
    found = allergies.draw(rng, years=person.age_years(day), latex=person.has("latex"))
    if found is None or (not visits and not found):
        return
    site = practice.site(person.site)
    noted = visits[0].at if visits else site.at(max(person.born, day - timedelta(days=700)), time(9))
    listed = []
    for allergy in found:
        resource = allergy_fhir.to_fhir(
            Allergy(
                id=identifier(practice.seed, "allergy", person.id, allergy.substance),
                patient=f"Patient/{person.id}",
                substance=allergy.substance,
                reactions=(Reaction(words=allergy.reaction),),
                criticality=allergy.criticality,
                kind="allergy",
                category=allergy.category,
                confirmed=True,
                recorded_at=noted,
            )
        )
        listed.append(f"AllergyIntolerance/{resource['id']}")
        yield resource
    if visits:
        last = visits[-1].at
        yield allergy_fhir.asked_to_fhir(
            Asked(
                id=identifier(practice.seed, "allergies-asked", person.id),
                patient=f"Patient/{person.id}",
                encounter=f"Encounter/{encounter_id(person, last, seed=practice.seed)}",
                at=last + timedelta(minutes=4),
                by=f"Practitioner/{practice.staff_at(site.key, Role.MA)[0].id}",
                outcome=Outcome.SAME if listed else Outcome.NONE_KNOWN,
                listed=tuple(listed),
            )
        )


def flag_keys(person: Person, *, seed: int) -> list[str]:
    """The flags of this patient: from the traits, and now and then a hard stick."""
    found = traits.flags(person.traits)
    if stream(seed, "hard-stick", person.id).random() < 0.02:
        found.append("hard-stick")
    return found


def _flags(person: Person, practice: Practice, day: date) -> Iterator[Resource]:
    for key in flag_keys(person, seed=practice.seed):
        coding, words = codes.FLAGS[key]
        since = max(person.born, day - timedelta(days=400))
        yield {
            "resourceType": "Flag",
            "id": identifier(practice.seed, "flag", person.id, key),
            "status": "active",
            "category": [registration.FLAGS[coding].concept()],
            "code": coding.concept(words),
            "subject": _subject(person),
            "period": {"start": since.isoformat()},
        }


def encounter_id(person: Person, at: datetime, *, seed: int) -> str:
    return identifier(seed, "encounter", person.id, at.date())


def _encounters(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    """Each past visit, followed by what was measured at it."""
    site = practice.site(person.site)
    assistant = practice.staff_at(site.key, Role.MA)[0].id
    for visit in visits:
        encounter = encounter_id(person, visit.at, seed=practice.seed)
        number = visit_number(practice.key, encounter)
        yield {"identifier": [number], **_encounter(encounter, person, visit, site=site, assistant=assistant)}
        vitals = measure.vital_signs(
            practice.seed,
            person,
            at=visit.at.date(),
            today=day,
            occasion=visit.at.date().isoformat(),
            fever=visit.visit_type.fever,
            brief=visit.visit_type.brief,
        )
        yield from observations.observations(
            vitals,
            seed=practice.seed,
            patient=person.id,
            encounter=encounter,
            performer=assistant,
            taken_at=visit.at + timedelta(minutes=6),
        )


def _encounter(encounter: str, person: Person, visit: PastVisit, *, site: Site, assistant: str) -> Resource:
    period = {"start": visit.at.isoformat(), "end": (visit.at + timedelta(minutes=visit.minutes)).isoformat()}
    provider = {"reference": f"Practitioner/{visit.provider.id}", "display": visit.provider.display}
    reason: Resource = {"text": visit.reason}
    if visit.visit_type.code:
        reason = Coding(ICD10CM, visit.visit_type.code).concept(visit.reason)
    return {
        "resourceType": "Encounter",
        "id": encounter,
        "status": "finished",
        "class": AMBULATORY.to_fhir(),
        "type": [visit.visit_type.coding.concept(visit.display)],
        "subject": _subject(person),
        "participant": [
            {"type": [PRIMARY_PERFORMER.concept()], "period": dict(period), "individual": provider},
            {"type": [SECONDARY_PERFORMER.concept()], "individual": {"reference": f"Practitioner/{assistant}"}},
        ],
        "period": period,
        "reasonCode": [reason],
        "location": [{"location": {"reference": f"Location/{site.id}", "display": site.name}}],
        "serviceProvider": {"reference": f"Organization/{site.organization}", "display": site.name},
    }


def _immunizations(person: Person, practice: Practice, day: date, visits: list[PastVisit]) -> Iterator[Resource]:
    """Doses given here hang on the visit of that date where there is one; the lots are made up."""
    rng = stream(practice.seed, "vaccines", person.id)
    met = {visit.at.date(): visit for visit in visits}
    checkups = [visit.at.date() for visit in visits if visit.visit_type.key == "well-child"]
    for number, dose in enumerate(vaccines.doses(rng, born=person.born, day=day, checkups=checkups)):
        found: Resource = {
            "resourceType": "Immunization",
            "id": identifier(practice.seed, "immunization", person.id, dose.vaccine.code, dose.on, number),
            "status": "completed",
            "vaccineCode": dose.vaccine.concept(),
            "patient": _subject(person),
        }
        if dose.on in met:
            found["encounter"] = {"reference": f"Encounter/{encounter_id(person, met[dose.on].at, seed=practice.seed)}"}
        found["occurrenceDateTime"] = dose.on.isoformat()
        found["primarySource"] = not dose.elsewhere
        if dose.elsewhere:
            found["reportOrigin"] = {"text": "Hospital or state registry record"}
        else:
            found["lotNumber"] = f"D{rng.randrange(1000, 9999)}{rng.choice('ABCDEFGH')}"
        yield found
