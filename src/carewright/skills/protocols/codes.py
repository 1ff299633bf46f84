"""The tasks that protocols may name, and whose each of them may be.

A closed list: a protocol says when, how and with what, but never invents a kind of task that nobody has been named for.
Who may do which follows from the limits of an MA's work: measuring, asking, handing out and recording, never judging.
"""

from carewright.core.access.model import CLINICAL, Role
from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_BASE, OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

CLINICAL_TASKS = (
    Coding(TASK_CODE, "a1c-fingerstick", term("A1c fingerstick")),
    Coding(TASK_CODE, "action-plan", term("Asthma action plan at hand")),
    Coding(TASK_CODE, "advance-plan-papers", term("Advance directive asked about")),
    Coding(TASK_CODE, "aftercare-sheet", term("Aftercare sheet given")),
    Coding(TASK_CODE, "alcohol-tobacco-form", term("Alcohol, tobacco and drug questions")),
    Coding(TASK_CODE, "asthma-control-form", term("Asthma control questions")),
    Coding(TASK_CODE, "autism-form", term("Autism form")),
    Coding(TASK_CODE, "behavior-form", term("Behavior and feelings form")),
    Coding(TASK_CODE, "blood-thinner-question", term("Blood thinners and other risks asked")),
    Coding(TASK_CODE, "bone-density-date", term("Date of the last bone density scan")),
    Coding(TASK_CODE, "bp-both-arms", term("Blood pressure in both arms")),
    Coding(TASK_CODE, "bp-lying-standing", term("Blood pressure lying and standing")),
    Coding(TASK_CODE, "bp-seated", term("Blood pressure, seated and rested")),
    Coding(TASK_CODE, "care-team-list", term("List of other doctors and suppliers")),
    Coding(TASK_CODE, "cervical-screening-date", term("Date of the last cervical screening")),
    Coding(TASK_CODE, "colorectal-date", term("Date of the last colorectal screening")),
    Coding(TASK_CODE, "development-form", term("Development form")),
    Coding(TASK_CODE, "discharge-call", term("Call after the discharge")),
    Coding(TASK_CODE, "discharge-medicines", term("Hospital’s medicine list beside ours")),
    Coding(TASK_CODE, "doppler-ready", term("Doppler and tape in the room")),
    Coding(TASK_CODE, "due-this-week", term("What is due in this week of pregnancy")),
    Coding(TASK_CODE, "ecg", term("ECG")),
    Coding(TASK_CODE, "eye-exam-date", term("Date of the last eye examination")),
    Coding(TASK_CODE, "fall-questions", term("Questions about falls")),
    Coding(TASK_CODE, "fasting-blood", term("When the patient last ate")),
    Coding(TASK_CODE, "feeding-questions", term("Feeding, wet diapers and stools")),
    Coding(TASK_CODE, "fluoride-varnish", term("Fluoride varnish")),
    Coding(TASK_CODE, "foot-check", term("Shoes and socks off for the foot check")),
    Coding(TASK_CODE, "function-form", term("Everyday life and safety at home")),
    Coding(TASK_CODE, "given-at-home", term("Medicines given at home")),
    Coding(TASK_CODE, "head-circumference", term("Head circumference")),
    Coding(TASK_CODE, "health-risk-form", term("Health risk form")),
    Coding(TASK_CODE, "hearing-test", term("Hearing test")),
    Coding(TASK_CODE, "hearing-test-once", term("Hearing test once in these years")),
    Coding(TASK_CODE, "heart-history", term("Heart questions")),
    Coding(TASK_CODE, "height-and-weight", term("Height and weight")),
    Coding(TASK_CODE, "hemoglobin-fingerstick", term("Hemoglobin fingerstick")),
    Coding(TASK_CODE, "history-form", term("History form filled in")),
    Coding(TASK_CODE, "hiv-test-date", term("Date of the last HIV test")),
    Coding(TASK_CODE, "home-bp-numbers", term("Blood pressures measured at home")),
    Coding(TASK_CODE, "home-readings", term("Readings taken at home")),
    Coding(TASK_CODE, "home-services", term("Help and equipment at home")),
    Coding(TASK_CODE, "inhaler-shown", term("Inhaler shown by the patient")),
    Coding(TASK_CODE, "injection-check", term("Order and drug checked")),
    Coding(TASK_CODE, "injection-give", term("Give the injection")),
    Coding(TASK_CODE, "inr-fingerstick", term("INR fingerstick")),
    Coding(TASK_CODE, "inr-questions", term("Missed doses and bleeding asked")),
    Coding(TASK_CODE, "instruction-sheet", term("Instruction sheet given")),
    Coding(TASK_CODE, "instruments-out", term("Instruments and room cleaned")),
    Coding(TASK_CODE, "intake-questions", term("Drinks, diapers, vomiting in numbers")),
    Coding(TASK_CODE, "lead-blood", term("Blood for lead")),
    Coding(TASK_CODE, "lead-questions", term("Lead questions")),
    Coding(TASK_CODE, "lipid-blood", term("Lipids tested in this age range?")),
    Coding(TASK_CODE, "mammogram-date", term("Date of the last mammogram")),
    Coding(TASK_CODE, "mask-and-room", term("Mask now, room first")),
    Coding(TASK_CODE, "maternal-mood-form", term("Mood form for the mother")),
    Coding(TASK_CODE, "memory-form", term("Memory test")),
    Coding(TASK_CODE, "meter-download", term("Glucose meter read out")),
    Coding(TASK_CODE, "missed-doses", term("Missed doses asked")),
    Coding(TASK_CODE, "mood-form", term("Mood form")),
    Coding(TASK_CODE, "newborn-screens-on-file", term("Newborn screens on file")),
    Coding(TASK_CODE, "own-task", term("Something else to do")),
    Coding(TASK_CODE, "oxygen-saturation", term("Oxygen saturation")),
    Coding(TASK_CODE, "pregnancy-week", term("Week of pregnancy and questions")),
    Coding(TASK_CODE, "preop-tests", term("Tests that the surgeon asks for")),
    Coding(TASK_CODE, "procedure-consent", term("Consent for the procedure signed")),
    Coding(TASK_CODE, "procedure-tray", term("Tray for the procedure")),
    Coding(TASK_CODE, "rapid-strep", term("Rapid strep")),
    Coding(TASK_CODE, "refill-details", term("Medicine, dose and pharmacy of the refill")),
    Coding(TASK_CODE, "refill-last-seen", term("Last visit and results for the refill")),
    Coding(TASK_CODE, "refill-tell", term("Tell the patient about the refill")),
    Coding(TASK_CODE, "results-still-out", term("Results still out at discharge")),
    Coding(TASK_CODE, "results-to-hand", term("Results since the last visit laid out")),
    Coding(TASK_CODE, "screening-schedule", term("Plan of what is due given")),
    Coding(TASK_CODE, "specimen-label", term("Specimens labeled in front of the patient")),
    Coding(TASK_CODE, "specimen-log", term("Specimens in the log")),
    Coding(TASK_CODE, "spirometry", term("Spirometry")),
    Coding(TASK_CODE, "sports-form", term("Sports history form")),
    Coding(TASK_CODE, "stitches-history", term("Stitches: how many, when, where")),
    Coding(TASK_CODE, "surgeon-details", term("Surgeon, side and date")),
    Coding(TASK_CODE, "suture-removal", term("Take the stitches out")),
    Coding(TASK_CODE, "tb-measure", term("Measure the TB test in millimeters")),
    Coding(TASK_CODE, "tb-questions", term("Tuberculosis questions")),
    Coding(TASK_CODE, "tb-time", term("TB test: 48 to 72 hours?")),
    Coding(TASK_CODE, "telehealth-consent", term("Consent to the video visit")),
    Coding(TASK_CODE, "tell-the-plan", term("Tell the patient what was decided")),
    Coding(TASK_CODE, "time-alone", term("Time alone with the teenager")),
    Coding(TASK_CODE, "urine-albumin", term("Urine for albumin")),
    Coding(TASK_CODE, "urine-sample", term("Urine sample")),
    Coding(TASK_CODE, "vaccine-give", term("Give the vaccine")),
    Coding(TASK_CODE, "vaccine-information", term("Vaccine information given")),
    Coding(TASK_CODE, "vaccine-questions", term("Questions before the vaccine")),
    Coding(TASK_CODE, "vaccines-due", term("Vaccines due looked up")),
    Coding(TASK_CODE, "vision-test", term("Vision test")),
    Coding(TASK_CODE, "watch-15-minutes", term("Watch for 15 minutes")),
    Coding(TASK_CODE, "weight-and-length", term("Weight and length")),
    Coding(TASK_CODE, "weight-in-kilograms", term("Weight in kilograms")),
    Coding(TASK_CODE, "weight-today", term("Weight today")),
    Coding(TASK_CODE, "where-and-number", term("Where the patient is, and a number")),
)
"""What a medical assistant, a nurse or a provider does."""

DESK_TASKS = (
    Coding(TASK_CODE, "consent-to-treat", term("Consent to treatment signed")),
    Coding(TASK_CODE, "discharge-papers", term("Discharge papers here")),
    Coding(TASK_CODE, "emergency-contact", term("Emergency contact and who may be told")),
    Coding(TASK_CODE, "insurance-card", term("Insurance card and photo ID copied")),
    Coding(TASK_CODE, "next-checkup", term("Next checkup booked")),
    Coding(TASK_CODE, "next-injection", term("Next injection booked")),
    Coding(TASK_CODE, "own-desk-task", term("Something else for the desk")),
    Coding(TASK_CODE, "papers-to-surgeon", term("Papers sent to the surgeon")),
    Coding(TASK_CODE, "portal-invite", term("Portal access offered")),
    Coding(TASK_CODE, "privacy-notice", term("Privacy notice and its receipt")),
    Coding(TASK_CODE, "records-request", term("Records asked for")),
    Coding(TASK_CODE, "registry-report", term("Vaccine in the state registry")),
    Coding(TASK_CODE, "school-form", term("School or camp form")),
    Coding(TASK_CODE, "school-note", term("Note for school or work")),
    Coding(TASK_CODE, "sports-form-copy", term("Sports form scanned")),
    Coding(TASK_CODE, "video-test", term("Picture and sound tested")),
    Coding(TASK_CODE, "visit-link", term("Link to the video visit sent")),
    Coding(TASK_CODE, "visit-papers", term("Summary sent, next visit booked")),
    Coding(TASK_CODE, "wellness-due-date", term("Wellness visit due?")),
)
"""What the front desk may do as well."""

LICENSED_TASKS = (
    Coding(TASK_CODE, "bp-interpret", term("Say what the blood pressure means")),
    Coding(TASK_CODE, "discharge-medicines-decide", term("Settle the medicine list")),
    Coding(TASK_CODE, "injection-verify", term("Verify drug and dose")),
    Coding(TASK_CODE, "inr-interpret", term("Decide on the INR")),
    Coding(TASK_CODE, "tb-interpret", term("Say what the TB test means")),
    Coding(TASK_CODE, "wound-look", term("Look at the wound")),
)
"""Judgments: what something means, and what follows. A nurse or a provider only, never an MA."""

PROVIDER_TASKS = (
    Coding(TASK_CODE, "procedure-time-out", term("Time-out before the procedure")),
    Coding(TASK_CODE, "refill-decide", term("Yes or no to the refill")),
)
"""A provider's own."""

ROLES_OF = {
    **{coding.code: CLINICAL for coding in CLINICAL_TASKS},
    **{coding.code: CLINICAL | {Role.FRONT_DESK} for coding in DESK_TASKS},
    **{coding.code: frozenset({Role.NURSE, Role.PROVIDER}) for coding in LICENSED_TASKS},
    **{coding.code: frozenset({Role.PROVIDER}) for coding in PROVIDER_TASKS},
}
"""A task's code → the roles that may be given it."""
TASKS = {c.code: c for group in (CLINICAL_TASKS, DESK_TASKS, LICENSED_TASKS, PROVIDER_TASKS) for c in group}
OWN_TASKS = frozenset({"own-task", "own-desk-task"})
"""The practice's own: told apart by their words, so that a protocol may hold several."""
FLOW_CODES = frozenset({"room-patient", "see-patient", "do-orders", "check-out"})
"""The tasks that carry a visit from step to step, as skills/visit has them."""
NEW_PATIENT_VISIT = "new-patient"
VISIT_TYPES = (
    "well-child", "physical", "sick", "follow-up", "new-patient", "nurse-visit", "procedure", "telehealth",
)  # fmt: skip
"""The kinds of visit that the schedule knows, as skills/scheduling has them."""

URL = f"{OWN_BASE}/PlanDefinition/"
"""In front of the id of a protocol's PlanDefinition: its canonical address."""
PREFIX = "protocol-"
"""In front of a protocol's name: the id of its PlanDefinition."""
WORKFLOW = Coding("http://terminology.hl7.org/CodeSystem/plan-definition-type", "workflow-definition")
PROTOCOL_TYPE = Coding(own_system("plan-type"), "protocol", "Protocol")
VISIT_TYPE_CONTEXT = Coding("http://terminology.hl7.org/CodeSystem/usage-context-type", "workflow")
VISIT_TYPE = own_system("visit-type")

BY_HAND = OWN_EXTENSIONS + "protocol-by-hand"
"""On a PlanDefinition: somebody chooses it; no visit gets it by itself (valueBoolean)."""
MADE_BY = OWN_EXTENSIONS + "protocol-made-by"
"""On a PlanDefinition: `product` as it came with the product, `practice` once somebody here has changed it."""
CHANGE_NOTE = OWN_EXTENSIONS + "protocol-change-note"
"""On a PlanDefinition: why this version was made (valueString)."""
CHANGED_BY = OWN_EXTENSIONS + "protocol-changed-by"
"""On a PlanDefinition: who made this version (valueReference)."""
NEW_PATIENT = OWN_EXTENSIONS + "protocol-new-patient"
"""On a PlanDefinition: only for those who are new here, or only for the others (valueBoolean)."""
ANCHOR = OWN_EXTENSIONS + "protocol-anchor"
"""On an action: what its timing counts from, `start` of the visit or `now` (valueCode)."""
NOT_BEFORE = OWN_EXTENSIONS + "protocol-not-before"
"""On an action: from when on the task stands on lists (valueDuration, with the anchor inside)."""
SUPPLY = OWN_EXTENSIONS + "protocol-supply"
STANDING_ORDER = OWN_EXTENSIONS + "protocol-standing-order"
"""On an action: the code that a standing order must allow (valueCode)."""
KIND = OWN_EXTENSIONS + "task-kind"
COMPETENCY = OWN_EXTENSIONS + "pool-competency"
CONDITION_LANGUAGE = "application/x-carewright-condition"
"""Of an action's condition: `age_from 18 years; sex female`, see core/work/whom.py."""
ROLE = own_system("role")
POOL = own_system("task-pool")
TEXT_TYPE = "application/yaml"


def short_name(code: str, otherwise: str) -> str:
    """What a task is called where there is no room for its instructions, which may be two sentences. The practice's
    own have no name but their words."""
    return TASKS[code].display if code in TASKS.keys() - OWN_TASKS else otherwise
