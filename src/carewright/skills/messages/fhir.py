"""A message as a Communication about the Encounter, and back. https://hl7.org/fhir/R4/communication.html"""

from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.skills.messages.codes import VISIT_MESSAGE
from carewright.skills.messages.model import Message


def to_fhir(message: Message) -> Resource:
    """The Communication; open ones are `in-progress`, those seen to `completed` by their recipient."""
    found: dict[str, Any] = {
        "resourceType": "Communication",
        "id": message.id or None,
        "status": "completed" if message.seen_to else "in-progress",
        "category": [VISIT_MESSAGE.concept()],
        "subject": {"reference": message.patient},
        "about": [{"reference": message.encounter}],
        "encounter": {"reference": message.encounter},
        "sent": message.at.isoformat(timespec="seconds"),
        "recipient": [{"reference": message.seen_to_by}] if message.seen_to_by else None,
        "sender": {"reference": message.by},
        "payload": [{"contentString": message.words}],
    }
    return {name: value for name, value in found.items() if value is not None}


def from_fhir(resource: Resource) -> Message | None:
    """The message of a Communication; None for another kind."""
    words = next((part["contentString"] for part in resource.get("payload", ()) if part.get("contentString")), "")
    ours = any(VISIT_MESSAGE.matches(concept) for concept in resource.get("category", ()))
    if not ours or not words.strip() or "sent" not in resource:
        return None
    return Message(
        id=resource.get("id", ""),
        patient=resource.get("subject", {}).get("reference", ""),
        encounter=resource.get("encounter", {}).get("reference", ""),
        words=words,
        by=resource.get("sender", {}).get("reference", ""),
        at=interval(resource["sent"])[0],
        seen_to=resource["status"] == "completed",
        seen_to_by=next((r.get("reference", "") for r in resource.get("recipient", ())), ""),
    )
