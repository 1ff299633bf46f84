"""The reason on an Encounter or Appointment: `reasonCode[].text`, coded only if somebody coded it.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-encounter (6.1.0). No Condition is made: a reason is what the
patient came for, and a diagnosis is the provider's.
"""

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.skills.reason.codes import REASON_EXTENSION
from carewright.skills.reason.model import Reason


def to_fhir(reasons: tuple[Reason, ...], *, onto: Resource) -> Resource:
    """`onto` (an Encounter or Appointment) with these reasons in front; coded ones from elsewhere are kept behind."""
    coded = [entry for entry in onto.get("reasonCode", ()) if entry.get("coding")]
    entries = [*(_entry(reason) for reason in reasons), *coded]
    without = {k: v for k, v in onto.items() if k != "reasonCode"}
    return without | ({"reasonCode": entries} if entries else {})


def from_fhir(resource: Resource) -> tuple[Reason, ...]:
    """Every reason of an Encounter or Appointment; for a coded one, its text or the display of its code."""
    return tuple(reason for entry in resource.get("reasonCode", ()) if (reason := _reason(entry)) is not None)


def _entry(reason: Reason) -> Resource:
    parts: list[Resource] = []
    if reason.told_by:
        parts.append({"url": "toldBy", "valueCoding": reason.told_by.to_fhir()})
    if reason.recorded_by:
        parts.append({"url": "recordedBy", "valueReference": {"reference": reason.recorded_by}})
    if reason.asked_at:
        parts.append({"url": "askedAt", "valueDateTime": reason.asked_at.isoformat()})
    entry: Resource = {"extension": [{"url": REASON_EXTENSION, "extension": parts}]} if parts else {}
    return entry | {"text": reason.words}


def _reason(entry: Resource) -> Reason | None:
    display = next((c["display"] for c in entry.get("coding", ()) if c.get("display")), "")
    words = entry.get("text", "") or display
    if not words.strip():
        return None
    told = next((e for e in entry.get("extension", ()) if e["url"] == REASON_EXTENSION), {"extension": ()})
    parts: dict[str, Resource] = {part["url"]: part for part in told["extension"]}
    told_by = parts.get("toldBy", {}).get("valueCoding")
    asked_at = parts.get("askedAt", {}).get("valueDateTime")
    return Reason(
        words=words,
        told_by=Coding(told_by["system"], told_by["code"], told_by.get("display", "")) if told_by else None,
        recorded_by=parts.get("recordedBy", {}).get("valueReference", {}).get("reference"),
        asked_at=interval(asked_at)[0] if asked_at else None,
    )
