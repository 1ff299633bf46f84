"""Codes of allergies and of having asked about them.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-allergyintolerance (6.1.0), https://hl7.org/fhir/R4/list.html
"""

from carewright.core.terminology.coding import (
    ALLERGY_CLINICAL,
    ALLERGY_VERIFICATION,
    LOINC,
    OWN_EXTENSIONS,
    SNOMED,
    Coding,
)

ACTIVE = Coding(ALLERGY_CLINICAL, "active", "Active")
INACTIVE = Coding(ALLERGY_CLINICAL, "inactive", "Inactive")
RESOLVED = Coding(ALLERGY_CLINICAL, "resolved", "Resolved")
UNCONFIRMED = Coding(ALLERGY_VERIFICATION, "unconfirmed", "Unconfirmed")
CONFIRMED = Coding(ALLERGY_VERIFICATION, "confirmed", "Confirmed")
REFUTED = Coding(ALLERGY_VERIFICATION, "refuted", "Refuted")
ENTERED_IN_ERROR = Coding(ALLERGY_VERIFICATION, "entered-in-error", "Entered in Error")

ALLERGY_LIST = Coding(LOINC, "48765-2", "Allergies and adverse reactions Document")
NIL_KNOWN = Coding("http://terminology.hl7.org/CodeSystem/list-empty-reason", "nilknown", "Nil Known")
NOT_ASKED = Coding("http://terminology.hl7.org/CodeSystem/list-empty-reason", "notasked", "Not Asked")

NO_KNOWN_ALLERGY = Coding(SNOMED, "716186003", "No known allergy")
"""Only read, in records from elsewhere; ours say "no known" on the List."""

OUTCOME_EXTENSION = OWN_EXTENSIONS + "allergies-asked"
"""On the List of one asking: how it went (valueCode, `model.Outcome`)."""
