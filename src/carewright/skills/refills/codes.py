"""Codes of refill requests: the category, the legs, and our extensions on a MedicationRequest.

https://hl7.org/fhir/R4/medicationrequest.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

REFILL = Coding(own_system("medication-request-category"), "refill-request", "Refill request")
"""Marks a MedicationRequest as a request for a refill."""
FOR_USE_AT_HOME = Coding("http://terminology.hl7.org/CodeSystem/medicationrequest-category", "community", "Community")
"""An order of ours is filled at the patient's pharmacy."""
ANSWER_SYSTEM = own_system("refill-answer")
BECAUSE_SYSTEM = own_system("refill-no-because")
END_SYSTEM = own_system("task-end")

PREPARE = Coding(TASK_CODE, "refill-request-prepare", term("Prepare the refill for the prescriber"))
DECIDE = Coding(TASK_CODE, "refill-request-decide", term("Yes or no to a refill"))
CONTROLLED = Coding(TASK_CODE, "refill-request-controlled", term("Controlled drug asked for: prescribe it yourself"))
TELL = Coding(TASK_CODE, "refill-request-tell", term("Tell what was decided about a refill"))
LEGS = (PREPARE, DECIDE, CONTROLLED, TELL)

ASKED = OWN_EXTENSIONS + "refill-asked"
"""A time that somebody asked: at, by, via, asker, words."""
DAYS_LEFT = OWN_EXTENSIONS + "refill-days-left"
"""How many days the patient can still take it (valueInteger)."""
PRESCRIBER = OWN_EXTENSIONS + "refill-prescriber"
"""Whose yes or no it is (valueReference)."""
GAP = OWN_EXTENSIONS + "refill-gap-harms"
"""Days without this medicine are dangerous (valueBoolean)."""
SAID = OWN_EXTENSIONS + "refill-said"
"""What the patient said when asked: as-written, well, pregnant (yes, no), words."""
PREPARING = OWN_EXTENSIONS + "refill-prepared"
"""What was laid before the prescriber: at, by, outcome, table, row*, found*, days, refills, words."""
DECISION = OWN_EXTENSIONS + "refill-decided"
"""What the prescriber said: at, by, answer, days, refills, because, words (what to tell)."""
TOLD = OWN_EXTENSIONS + "refill-told"
"""A time that somebody was told: at, by, whom, how, words (who heard it)."""
END = OWN_EXTENSIONS + "refill-end"
"""How a request ended that nobody had to answer (valueCodeableConcept with the reason as its text)."""
OURS = frozenset({ASKED, GAP, SAID, DAYS_LEFT, PRESCRIBER, PREPARING, DECISION, TOLD, END})

CLASS_WORDS = {
    "ace-inhibitor-or-arb": term("ACE inhibitor or ARB"),
    "thiazide": term("Thiazide diuretic"),
    "calcium-channel-blocker": term("Calcium channel blocker"),
    "beta-blocker": term("Beta blocker"),
    "statin": term("Statin"),
    "metformin": term("Metformin"),
    "insulin": term("Insulin"),
    "levothyroxine": term("Thyroid hormone"),
    "ssri": term("SSRI"),
    "inhaled-steroid": term("Inhaled steroid"),
    "rescue-inhaler": term("Rescue inhaler"),
    "proton-pump-inhibitor": term("Proton pump inhibitor"),
    "warfarin": term("Warfarin"),
    "direct-anticoagulant": term("Direct oral anticoagulant"),
    "anticonvulsant": term("Anticonvulsant"),
    "oral-contraceptive": term("Combined oral contraceptive"),
}
"""The classes of the refill table, in words."""
LAB_WORDS = {
    "potassium": term("Potassium"),
    "creatinine": term("Creatinine"),
    "lipids": term("Lipids"),
    "a1c": term("Hemoglobin A1c"),
    "tsh": term("TSH"),
    "inr": term("INR"),
}
"""The laboratory results that the table asks for, in words."""
