"""Problems, medicines and vaccines as lines.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns (6.1.0),
https://hl7.org/fhir/R4/medicationrequest.html, https://hl7.org/fhir/R4/medicationstatement.html,
https://hl7.org/fhir/R4/immunization.html
"""

from carewright.core.fhir.model import Resource
from carewright.skills.history.model import Entry

MISTAKE = "entered-in-error"
_PROBLEM_IS_ACTIVE = frozenset({"active", "recurrence", "relapse", ""})
_MEDICINE_IS_ACTIVE = frozenset({"active", "on-hold", "intended", "draft", "unknown"})


def entry_of(resource: Resource) -> Entry | None:
    """The line of a Condition, MedicationRequest, MedicationStatement or Immunization; None if charted by mistake."""
    match resource["resourceType"]:
        case "Condition":
            return _problem(resource)
        case "MedicationRequest" | "MedicationStatement":
            return _medicine(resource)
        case "Immunization":
            return _vaccine(resource)
        case other:
            raise ValueError(f"{other} is no part of the history.")


def _problem(resource: Resource) -> Entry | None:
    if _code(resource.get("verificationStatus")) == MISTAKE:
        return None
    on = resource.get("onsetDateTime") or resource.get("onsetPeriod", {}).get("start") or resource.get("recordedDate")
    return Entry(
        id=resource["id"],
        words=_words(resource.get("code")),
        on=str(on or ""),
        active=_code(resource.get("clinicalStatus")) in _PROBLEM_IS_ACTIVE and "abatementDateTime" not in resource,
    )


def _medicine(resource: Resource) -> Entry | None:
    if resource["status"] == MISTAKE or resource.get("intent") in ("proposal", "plan"):
        return None  # what is asked for is nothing the patient takes
    instructions: list[Resource] = resource.get("dosageInstruction") or resource.get("dosage") or []
    dosage = next((str(entry["text"]) for entry in instructions if entry.get("text")), "")
    on = (
        resource.get("authoredOn")
        or resource.get("effectiveDateTime")
        or resource.get("effectivePeriod", {}).get("start")
    )
    named = resource.get("medicationCodeableConcept") or {
        "text": resource.get("medicationReference", {}).get("display")
    }
    return Entry(
        id=resource["id"],
        words=_words(named),
        on=str(on or resource.get("dateAsserted", "")),
        detail=dosage,
        active=resource["status"] in _MEDICINE_IS_ACTIVE,
    )


def _vaccine(resource: Resource) -> Entry | None:
    if resource["status"] == MISTAKE:
        return None
    lot = resource.get("lotNumber", "")
    on = resource.get("occurrenceDateTime") or resource.get("occurrenceString", "")
    return Entry(
        id=resource["id"],
        words=_words(resource.get("vaccineCode")),
        on=str(on),
        detail=lot,
        active=resource["status"] == "completed",
    )


def _words(concept: Resource | None) -> str:
    """The words of a concept; the code itself where there are none."""
    found = concept or {}
    codings: list[Resource] = found.get("coding", [])
    display = next((c["display"] for c in codings if c.get("display")), "")
    code = next((c["code"] for c in codings if c.get("code")), "")
    return str(found.get("text") or display or code or "–")


def _code(concept: Resource | None) -> str:
    return str(next((c.get("code", "") for c in (concept or {}).get("coding", ())), ""))
