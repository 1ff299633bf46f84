"""What check-out reads of its own: the next visit asked for, the notes given."""

from base64 import b64decode

from carewright.core.sentences import Sentence
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work.tasks import of_visit
from carewright.skills.checkout import codes
from carewright.skills.checkout.fhir import asked_words


def next_visits_asked(reader: Reader, patient_id: str) -> list[Resource]:
    """The next visits asked for and not booked yet, as Appointments."""
    return reader.resources(parse("Appointment", [("patient", f"Patient/{patient_id}"), ("status", "proposed")]))


def next_visit_asked(reader: Reader, patient_id: str) -> Sentence | None:
    """The next visit asked for and not booked yet, in words; None where there is none."""
    return next((asked_words(entry) for entry in next_visits_asked(reader, patient_id)), None)


def summary_given(reader: Reader, encounter_id: str) -> bool:
    """Whether the patient has the visit summary."""
    task = reader.resource_or_none(of_visit(encounter_id, codes.SUMMARY_GIVEN))
    return task is not None and task["status"] == "completed"


def notes(reader: Reader, patient_id: str) -> list[Resource]:
    """The notes for school or work, the latest first, as DocumentReferences."""
    kinds = ",".join((codes.SCHOOL_NOTE.token, codes.WORK_NOTE.token))
    query = parse("DocumentReference", [("patient", f"Patient/{patient_id}"), ("type", kinds), ("_sort", "-date")])
    return reader.resources(query)


def note_lines(reader: Reader, document_id: str, *, patient_id: str) -> tuple[str, ...]:
    """The lines of a note as it was given to this patient; NotFound for any other document."""
    document = reader.resource(Ref("DocumentReference", document_id))
    ours = any(kind.matches(document.get("type")) for kind in (codes.SCHOOL_NOTE, codes.WORK_NOTE))
    if not ours or document["subject"]["reference"] != f"Patient/{patient_id}":
        raise NotFound("This patient has no such note.")
    return tuple(b64decode(document["content"][0]["attachment"]["data"]).decode().splitlines())
