"""Reads of messages."""

from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.skills.messages.fhir import from_fhir
from carewright.skills.messages.model import Message


def of_visit(reader: Reader, encounter_id: str) -> list[Message]:
    """The messages about a visit, the earliest first."""
    query = parse("Communication", [("encounter", f"Encounter/{encounter_id}"), ("_sort", "sent")])
    return [message for found in reader.resources(query) if (message := from_fhir(found)) is not None]
