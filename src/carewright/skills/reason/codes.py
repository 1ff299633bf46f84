"""Codes of the reason for a visit. The words are the patient's; a code is never guessed from them.

https://hl7.org/fhir/R4/encounter-definitions.html#Encounter.reasonCode
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system

REASON_EXTENSION = OWN_EXTENSIONS + "reason-told"
"""On a reasonCode entry: who said it, when it was asked, and who wrote it down."""

TOLD_BY_SYSTEM = own_system("told-by")
PATIENT = Coding(TOLD_BY_SYSTEM, "patient", term("Patient"))
PARENT = Coding(TOLD_BY_SYSTEM, "parent", term("Parent"))
CAREGIVER = Coding(TOLD_BY_SYSTEM, "caregiver", term("Caregiver"))
INTERPRETER = Coding(TOLD_BY_SYSTEM, "interpreter", term("Through an interpreter"))
TOLD_BY = (PATIENT, PARENT, CAREGIVER, INTERPRETER)
