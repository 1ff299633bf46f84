"""Codes of orders: the kinds, the legs, our extensions.

The categories of laboratory and imaging are SNOMED CT 108252007 and 363679005, as FHIR R4 names them for a
ServiceRequest; a referral (3457005) is never an order of this skill.
https://hl7.org/fhir/R4/valueset-servicerequest-category.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, SNOMED, Coding, own_system
from carewright.core.work.model import TASK_CODE
from carewright.skills.orders.model import KIND_WORDS, Kind, Step

REFERRAL = Coding(SNOMED, "3457005", "Patient referral")
LABORATORY = Coding(SNOMED, "108252007", "Laboratory procedure")
IMAGING = Coding(SNOMED, "363679005", "Imaging")
KIND_SYSTEM = own_system("order-kind")
KINDS = {kind: Coding(KIND_SYSTEM, kind.value, KIND_WORDS[kind]) for kind in Kind}
END_SYSTEM = own_system("task-end")

LEGS = {
    Step.CONFIRMED: Coding(TASK_CODE, "order-confirm", term("Confirm the order")),
    Step.RESUMED: Coding(TASK_CODE, "order-resume", term("See whether the order goes on")),
    Step.COLLECTED: Coding(TASK_CODE, "order-collect", term("Collect the specimen")),
    Step.SENT: Coding(TASK_CODE, "order-send", term("Send the order")),
    Step.DONE: Coding(TASK_CODE, "order-do", term("Do the test here")),
    Step.RESULTED: Coding(TASK_CODE, "order-result", term("Get the result")),
}
"""The task of each step that is owed."""

TRAIL = OWN_EXTENSIONS + "order-step"
"""On a ServiceRequest, what was done about it (core/work/trail.py); facts: specimen, report, obstacle."""
ELSEWHERE = OWN_EXTENSIONS + "order-collected-elsewhere"
"""The specimen is taken at a draw station (valueBoolean)."""
EXPECTED_BY = OWN_EXTENSIONS + "order-expected-by"
"""When the result was promised by whoever was asked for it (valueDateTime)."""
COLLECTOR = OWN_EXTENSIONS + "order-collector"
"""Whose it is to collect (valueReference)."""
END = OWN_EXTENSIONS + "order-end"
"""How an order ended that will not be done (valueCodeableConcept with the reason as its text)."""
FACTS = frozenset({ELSEWHERE, EXPECTED_BY, COLLECTOR, END})
OURS = FACTS | {TRAIL}
