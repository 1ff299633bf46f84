"""Codes of getting ready for a visit: the tasks it makes, and where in the chart each fact is found.

https://loinc.org, https://terminology.hl7.org/CodeSystem-v2-0487.html; SNOMED CT stands here as the one code by which
US Core marks a referral (https://hl7.org/fhir/R4/servicerequest.html).
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import LOINC, OWN_BASE, SNOMED, Coding
from carewright.core.work.model import TASK_CODE

RESULT = Coding(TASK_CODE, "prep-result", term("Find the result"))
REFERRAL = Coding(TASK_CODE, "prep-referral", term("Get the referral note"))
OPEN_TASK = Coding(TASK_CODE, "prep-task", term("See to what is still open"))
FORM = Coding(TASK_CODE, "prep-form", term("Have the form filled in"))
CONSENT = Coding(TASK_CODE, "prep-consent", term("Have the consent signed"))
INTERPRETER = Coding(TASK_CODE, "prep-interpreter", term("Ask for an interpreter"))
TRANSPORT = Coding(TASK_CODE, "prep-transport", term("Arrange the ride"))
INSURANCE = Coding(TASK_CODE, "prep-insurance", term("Check the insurance"))
ROOM = Coding(TASK_CODE, "prep-room", term("Set out supplies"))
BP_RECHECK = Coding(TASK_CODE, "prep-bp-recheck", term("Check the blood pressure again"))
CLINICAL_TASKS = (RESULT, REFERRAL, BP_RECHECK, FORM, ROOM, OPEN_TASK)
DESK_TASKS = (CONSENT, INTERPRETER, TRANSPORT, INSURANCE)

OFFER_A1C = Coding(TASK_CODE, "offer-a1c", term("Offer an A1c fingerstick"))
OFFER_URINE_ALBUMIN = Coding(TASK_CODE, "offer-urine-albumin", term("Ask for a urine sample: albumin"))
OFFER_EGFR = Coding(TASK_CODE, "offer-kidney-test", term("Offer the kidney blood test"))
OFFER_LIPIDS = Coding(TASK_CODE, "offer-lipids", term("Offer the cholesterol test"))
OFFER_MAMMOGRAM = Coding(TASK_CODE, "offer-mammogram", term("Offer a mammogram"))
OFFER_COLORECTAL = Coding(TASK_CODE, "offer-colon-screening", term("Offer a stool test kit"))
OFFER_CERVICAL = Coding(TASK_CODE, "offer-cervical-screening", term("Set up for a Pap test"))
OFFER_PHQ = Coding(TASK_CODE, "offer-depression-screening", term("Give the depression questionnaire"))
OFFERS = (
    OFFER_A1C, OFFER_URINE_ALBUMIN, OFFER_EGFR, OFFER_LIPIDS, OFFER_MAMMOGRAM, OFFER_COLORECTAL, OFFER_CERVICAL,
    OFFER_PHQ,
)  # fmt: skip
"""What a care gap asks for, each the code that a standing order may allow."""

REFERRAL_CATEGORY = Coding(SNOMED, "3457005", "Patient referral")
NEEDS_RIDE = "needs-ride"
"""The code of a patient flag: somebody has to be brought."""

A1C = Coding(LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood")
URINE_ALBUMIN = Coding(LOINC, "9318-7", "Albumin/Creatinine [Mass Ratio] in Urine")
EGFR = Coding(LOINC, "98979-8", "Glomerular filtration rate (CKD-EPI 2021)")
EGFR_MDRD = Coding(LOINC, "33914-3", "Glomerular filtration rate (MDRD)")
LIPIDS = Coding(LOINC, "24331-1", "Lipid 1996 panel - Serum or Plasma")
LDL = Coding(LOINC, "13457-7", "Cholesterol in LDL by calculation")
BP_PANEL = Coding(LOINC, "85354-9", "Blood pressure panel with all children optional")
SYSTOLIC = Coding(LOINC, "8480-6", "Systolic blood pressure")
DIASTOLIC = Coding(LOINC, "8462-4", "Diastolic blood pressure")
MAMMOGRAM = Coding(LOINC, "24606-6", "MG Breast Screening")
COLONOSCOPY = Coding(LOINC, "28023-0", "Colonoscopy study")
FIT = Coding(LOINC, "29771-3", "Hemoglobin.gastrointestinal.lower [Presence] in Stool by Immunoassay")
CERVICAL_CYTOLOGY = Coding(LOINC, "10524-7", "Microscopic observation in Cervix by Cyto stain")
PHQ2 = Coding(LOINC, "55758-7", "Patient Health Questionnaire 2 item total score")
PHQ9 = Coding(LOINC, "44261-6", "Patient Health Questionnaire 9 item total score")

TREATMENT_CONSENT = Coding(LOINC, "59284-0", "Consent Document")
PRIVACY_NOTICE = Coding(LOINC, "57016-8", "Privacy policy acknowledgment Document")

FORMS = f"{OWN_BASE}/Questionnaire/"
"""The forms of the practice begin so; what follows is the form's key."""
