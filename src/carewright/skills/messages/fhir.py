"""A message as a Communication about the Encounter, and back. https://hl7.org/fhir/R4/communication.html"""

from typing import Any

from carewright.core.access.model import Role
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.work.fhir import pool_from_fhir, pool_to_fhir
from carewright.core.work.model import Pool
from carewright.skills.messages.codes import POOL, VISIT_MESSAGE
from carewright.skills.messages.model import Message


def to_fhir(message: Message) -> Resource:
    """The Communication; open ones are `in-progress` for their recipient, those seen to `completed` by them."""
    found: dict[str, Any] = {
        "resourceType": "Communication",
        "id": message.id or None,
        "extension": [{"url": POOL, "valueCodeableConcept": pool_to_fhir(Pool(role=message.role))}],
        "status": "completed" if message.seen_to else "in-progress",
        "category": [VISIT_MESSAGE.concept()],
        "subject": {"reference": message.patient},
        "about": [{"reference": message.encounter}],
        "encounter": {"reference": message.encounter},
        "sent": message.at.isoformat(timespec="seconds"),
        "recipient": [{"reference": who}] if (who := message.seen_to_by or message.to) else None,
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
    done = resource["status"] == "completed"
    recipient = next((str(r.get("reference", "")) for r in resource.get("recipient", ())), "")
    return Message(
        id=resource.get("id", ""),
        patient=resource.get("subject", {}).get("reference", ""),
        encounter=resource.get("encounter", {}).get("reference", ""),
        words=words,
        by=resource.get("sender", {}).get("reference", ""),
        at=interval(resource["sent"])[0],
        to="" if done else recipient,
        role=_role(resource),
        seen_to=done,
        seen_to_by=recipient if done else "",
    )


def _role(resource: Resource) -> Role:
    """The role that it is for; the MAs where it does not say."""
    pools = (pool_from_fhir(one["valueCodeableConcept"]) for one in resource.get("extension", ())
             if one.get("url") == POOL and "valueCodeableConcept" in one)  # fmt: skip
    return next((pool.role for pool in pools if pool is not None and pool.role), Role.MA)
