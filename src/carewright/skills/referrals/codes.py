"""Codes of referrals: the category, the legs of the loop, and our extensions.

The category is SNOMED CT 3457005, as FHIR R4 names it for referrals:
https://hl7.org/fhir/R4/servicerequest-definitions.html#ServiceRequest.category
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, SNOMED, Coding, own_system
from carewright.core.work.model import TASK_CODE
from carewright.skills.referrals.model import Step

REFERRAL = Coding(SNOMED, "3457005", "Patient referral")
STEP_SYSTEM = own_system("referral-step")
END_SYSTEM = own_system("task-end")

LEGS = {
    Step.AUTHORISED: Coding(TASK_CODE, "referral-authorise", term("Get the referral authorized")),
    Step.SENT: Coding(TASK_CODE, "referral-send", term("Send the referral")),
    Step.SCHEDULED: Coding(TASK_CODE, "referral-schedule", term("See that the appointment is made")),
    Step.SEEN: Coding(TASK_CODE, "referral-seen", term("Ask whether the patient went")),
    Step.NOTE_BACK: Coding(TASK_CODE, "referral-note", term("Get the specialist's note")),
    Step.REVIEWED: Coding(TASK_CODE, "referral-review", term("Review the specialist's note")),
}
"""The task of each step that is owed."""

BUSINESS_STATUS = OWN_EXTENSIONS + "business-status"
"""On a ServiceRequest: the last step that was taken (valueCodeableConcept); R4 has no such element there."""
TAKEN = OWN_EXTENSIONS + "referral-step"
"""A step: step (valueCode), at (valueDateTime), by (valueReference), words (valueString)."""
BARRIER = OWN_EXTENSIONS + "referral-barrier"
"""kind (valueCode), words, at, by; and done (valueString), done-at, done-by once something was done about it."""
AUTHORISATION = OWN_EXTENSIONS + "referral-needs-authorization"
"""The insurance has to agree first (valueBoolean)."""
NOTE = OWN_EXTENSIONS + "referral-note"
"""The DocumentReference of the note that came back (valueReference)."""
END = OWN_EXTENSIONS + "referral-end"
"""How a loop ended that was not closed (valueCodeableConcept with the reason as its text)."""
OURS = frozenset({BUSINESS_STATUS, TAKEN, BARRIER, AUTHORISATION, NOTE, END})
