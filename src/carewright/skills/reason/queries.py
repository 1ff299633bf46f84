"""Reads of the reason for a visit."""

from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.skills.reason.fhir import from_fhir
from carewright.skills.reason.model import Reason


def of_visit(reader: Reader, encounter_id: str) -> tuple[Reason, ...]:
    """Why the patient came, as told; empty where nobody has asked."""
    return from_fhir(reader.resource(Ref("Encounter", encounter_id)))
