"""Reads of vital signs: those of a visit, and the latest earlier one of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from carewright.core.fhir.dates import interval
from carewright.core.sentences import Sentence
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work.tasks import reading_words
from carewright.skills.vitals import codes
from carewright.skills.vitals.fhir import from_fhir
from carewright.skills.vitals.model import Kind, Reading, Subject
from carewright.skills.vitals.rules.findings import taken_before

HISTORY = 200
"""How many observations are looked through for the latest of each kind: some ten visits' worth."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A reading in the chart, the Observation it came from, and the version that a correction must name."""

    reading: Reading
    observation: Resource
    version: int

    @property
    def ref(self) -> Ref:
        return Ref("Observation", self.reading.id)


@dataclass(frozen=True, kw_only=True)
class Told:
    """That somebody was told of a critical reading: `words` of it, by whom, whom (`Practitioner/…`), and when."""

    words: Sentence
    by: str
    whom: str
    at: datetime


def told(reader: Reader, encounter_id: str, *, shown: Mapping[str, str]) -> tuple[Told, ...]:
    """Who was told of the critical readings of a visit, in that order. `shown`: their numbers, by reference."""
    query = parse("Communication", [("encounter", f"Encounter/{encounter_id}"), ("_sort", "sent")])
    return tuple(
        Told(
            words=reading_words(entry.get("topic"), _payload(entry), shown=shown.get(_about(entry), "")),
            by=entry.get("sender", {}).get("reference", ""),
            whom=next((r.get("reference", "") for r in entry.get("recipient", ())), ""),
            at=interval(entry["sent"])[0],
        )
        for entry in reader.resources(query)
        if entry.get("status") == "completed"
        and entry.get("sent")
        and any(codes.CRITICAL_VITAL.matches(concept) for concept in entry.get("category", ()))
    )


def _about(communication: Resource) -> str:
    return next((str(about.get("reference", "")) for about in communication.get("about", ())), "")


def _payload(communication: Resource) -> str:
    return next((str(part.get("contentString", "")) for part in communication.get("payload", ())), "")


def of_visit(reader: Reader, encounter_id: str) -> list[Recorded]:
    """The vital signs of a visit, the earliest first; those charted by mistake stay in, marked by their status."""
    found = _recorded(reader, ("encounter", f"Encounter/{encounter_id}"), ("_count", str(HISTORY)))
    return sorted(found, key=lambda entry: (entry.reading.at, str(entry.observation["meta"].get("lastUpdated", ""))))


def history(reader: Reader, patient_id: str, *, count: int = HISTORY) -> list[Recorded]:
    """The patient's vital signs, the latest first."""
    return _recorded(reader, ("patient", f"Patient/{patient_id}"), ("_sort", "-date"), ("_count", str(count)))


def last_before(reader: Reader, patient_id: str, *, at: datetime) -> dict[Kind, Reading]:
    """The latest reading of each kind that counts and was taken before `at`."""
    found: dict[Kind, Reading] = {}
    for recorded in history(reader, patient_id):
        if taken_before(recorded.reading, at):
            found.setdefault(recorded.reading.kind, recorded.reading)
    return found


def recorded(reader: Reader, observation_id: str) -> Recorded:
    """One reading; NotFound, also for an Observation that is no vital sign."""
    made = _of_resource(reader.resource(Ref("Observation", observation_id)))
    if made is None:
        raise NotFound(f"Observation/{observation_id} is no vital sign.")
    return made


def subject_of(patient: Resource) -> Subject | None:
    """Whom the ranges are for; None where the birth date is not known to the day."""
    birth_date = patient.get("birthDate", "")
    if len(birth_date) != len("2026-11-23"):
        return None
    return Subject(birth_date=interval(birth_date)[0].date(), sex=patient.get("gender", "unknown"))


def is_vital_sign(observation: Resource) -> bool:
    """Whether an Observation is of the category vital signs.

    Asked here and not in the search: one patient's observations are few, the practice's vital signs are not.
    """
    return any(codes.VITAL_SIGNS.matches(concept) for concept in observation.get("category", ()))


def _recorded(reader: Reader, *pairs: tuple[str, str]) -> list[Recorded]:
    found = reader.resources(parse("Observation", pairs))
    return [made for resource in found if is_vital_sign(resource) and (made := _of_resource(resource))]


def _of_resource(observation: Resource) -> Recorded | None:
    reading = from_fhir(observation)
    if reading is None:
        return None
    return Recorded(reading=reading, observation=observation, version=int(observation["meta"]["versionId"]))
