"""Who may what, written down by hand and apart from the code: the second book against which the manifests are read.

The matrix takes what it expects from here. A permission that is widened or narrowed in a manifest fails until it is
changed here too, and so is looked at twice. The sources are the roles' own duties: those who treat see the chart, the
front desk sees who comes and why, the office sees who came, the privacy officer and the auditor see who did what.
"""

from collections.abc import Mapping

from carewright.core.access.model import Role

FRONT, MA, LEAD, NURSE, PROVIDER = Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER
BILLER, MANAGER, PRIVACY, AUDITOR = Role.BILLER, Role.MANAGER, Role.PRIVACY_OFFICER, Role.AUDITOR

EVERYBODY = frozenset(Role)
TREATING = frozenset({MA, LEAD, NURSE, PROVIDER})
FLOOR = TREATING | {FRONT}
"""Those who meet the patient."""
OFFICE = FLOOR | {MANAGER}
WITH_PATIENTS = OFFICE | {BILLER, PRIVACY}
LEADS = frozenset({LEAD, MANAGER})
"""Those who lead the day, and say that two charts are one person's."""
KEEPERS = frozenset({LEAD, MANAGER})
"""Those who keep the protocols of the practice."""
SUBSCRIBERS = frozenset({LEAD, PROVIDER, MANAGER})
"""Those who let another program be told of what happens."""
OVERSEERS = frozenset({PRIVACY, AUDITOR})

# -- exports and imports ----------------------------------------------------------------------------------------------

ACTIONS: Mapping[str, frozenset[Role]] = {
    "bulk.import": frozenset({MANAGER}),
    "bulk.see": frozenset({MANAGER, PRIVACY}),
}
"""What is done with many records at once → the roles whose programs, or who themselves, may do it."""

# -- the screens ------------------------------------------------------------------------------------------------------

PAGES: Mapping[str, frozenset[Role]] = {
    "home": EVERYBODY, "touch": EVERYBODY, "draft": EVERYBODY, "draft-discard": EVERYBODY,
    "choose-site": EVERYBODY, "change-pin": EVERYBODY,
    "account_change_password": EVERYBODY, "account_reauthenticate": EVERYBODY, "mfa_reauthenticate": EVERYBODY,
    "mfa_index": EVERYBODY, "mfa_activate_totp": EVERYBODY, "mfa_deactivate_totp": EVERYBODY,
    "mfa_view_recovery_codes": EVERYBODY, "mfa_generate_recovery_codes": EVERYBODY,
    "mfa_download_recovery_codes": EVERYBODY,
    "search": WITH_PATIENTS,
    "emergency": EVERYBODY, "emergency-open": EVERYBODY, "emergency-coming": EVERYBODY, "emergency-note": EVERYBODY,
    "emergency-over": EVERYBODY, "emergency-record": WITH_PATIENTS,
    "board": WITH_PATIENTS, "board-changes": WITH_PATIENTS, "board-rail": WITH_PATIENTS, "board-visit": WITH_PATIENTS,
    "board-visit-changes": WITH_PATIENTS, "board-room": WITH_PATIENTS,
    "board-choose-room": FLOOR, "board-step": FLOOR, "board-move": FLOOR, "board-take": FLOOR,
    "board-start-wait": TREATING, "board-end-wait": TREATING, "board-room-step": OFFICE,
    "desk": WITH_PATIENTS, "desk-day": WITH_PATIENTS, "desk-appointment": WITH_PATIENTS, "desk-times": WITH_PATIENTS,
    "desk-find": WITH_PATIENTS,
    "desk-check-in": FLOOR, "desk-move": OFFICE, "desk-cancel": OFFICE, "desk-step": OFFICE, "desk-register": OFFICE,
    "desk-book": OFFICE,
    "checkout": WITH_PATIENTS, "checkout-summary": WITH_PATIENTS, "checkout-note-print": WITH_PATIENTS,
    "checkout-next-visit": OFFICE, "checkout-summary-given": OFFICE, "checkout-note": OFFICE,
    "checkout-done": FLOOR,
    "rooming": TREATING, "rooming-step": TREATING, "rooming-take": TREATING, "rooming-identity": TREATING,
    "rooming-tick": TREATING, "rooming-seen-to": TREATING, "rooming-reason": TREATING,
    "rooming-reason-check": TREATING, "rooming-brought": TREATING,
    "rooming-allergy-add": TREATING, "rooming-allergies-asked": TREATING, "rooming-allergy-mistake": TREATING,
    "vitals-save": TREATING, "vitals-tell": TREATING, "vitals-check": TREATING, "vitals-change": TREATING,
    "vitals-mistake": TREATING, "critical-mine": TREATING, "critical-read-back": TREATING,
    "visit": TREATING, "visit-recorded": TREATING, "visit-take": TREATING, "visit-message": TREATING,
    "visit-seen-to": TREATING,
    "chart": TREATING, "chart-part": TREATING,
    "cards": TREATING, "cards-order": TREATING, "cards-put-away": TREATING,
    "cards-suggestion": TREATING, "cards-accept": TREATING,
    "team": LEADS, "team-day": LEADS, "team-person": LEADS, "team-back": LEADS, "team-covering": LEADS,
    "team-cover": LEADS, "team-short": LEADS, "team-add": LEADS,
    "merge-charts": LEADS, "merge-find": LEADS, "merge-compare": LEADS, "merge-do": LEADS,
    "merge-done": LEADS, "merge-undo": LEADS, "merge-apart": LEADS, "merge-apart-back": LEADS,
    "worklist": OFFICE, "worklist-list": OFFICE, "worklist-add": OFFICE, "worklist-stat": OFFICE,
    "worklist-task": OFFICE, "worklist-step": OFFICE, "worklist-answer": OFFICE, "worklist-change": OFFICE,
    "worklist-place": LEADS, "parked-back": EVERYBODY,
    **dict.fromkeys(("huddle", "huddle-changes", "huddle-line", "huddle-step"), OFFICE),
    **dict.fromkeys(
        ("phone", "phone-keep", "phone-emergency", "phone-find", "phone-identify", "phone-caller", "phone-finish",
         "phone-calls", "phone-list", "phone-contacts", "phone-contacts-save", "phone-call", "phone-nurse",
         "phone-go-on", "phone-take-over", "phone-pick-up", "phone-attempt", "phone-step"), FLOOR,
    ),
    "referrals": OFFICE, "referrals-list": OFFICE, "referrals-find": OFFICE, "referrals-new": OFFICE,
    "referral": OFFICE, "referral-step": OFFICE, "referral-barrier": OFFICE, "referral-help": OFFICE,
    "referral-end": OFFICE,
    **dict.fromkeys(
        ("results", "results-list", "results-patient", "order-new", "order", "order-step", "order-could-not",
         "order-ask", "order-again", "order-paper", "order-end", "result", "result-told", "result-tried"), TREATING,
    ),
    "result-review": frozenset({PROVIDER}),
    **dict.fromkeys(
        ("refills", "refills-list", "refills-new", "refill", "refill-prepare", "refill-tell", "refill-end"), TREATING
    ),
    "refill-answer": frozenset({PROVIDER}),
    "apps-of": TREATING, "apps-start": TREATING,
    "apps-registered": frozenset({MANAGER}), "apps-new": frozenset({MANAGER}), "apps-disable": frozenset({MANAGER}),
    "apps-subscription": frozenset({MANAGER}), "apps-subscription-again": frozenset({MANAGER}),
    "apps-subscription-remove": frozenset({MANAGER}),
    "photo": OFFICE, "photo-take": OFFICE, "photo-remove": OFFICE,
    "incoming": OFFICE, "incoming-list": OFFICE, "incoming-paper": OFFICE, "incoming-patient": OFFICE,
    "incoming-upload": OFFICE, "incoming-find": OFFICE, "incoming-match": OFFICE, "incoming-route": OFFICE,
    "incoming-finish": OFFICE, "incoming-unmatch": OFFICE, "incoming-drop": OFFICE,
    **dict.fromkeys(
        ("inbox", "inbox-list", "inbox-unread", "inbox-new", "inbox-thread", "inbox-words", "inbox-see", "inbox-answer",
         "inbox-give", "inbox-close"), FLOOR,
    ),
    "inbox-templates": frozenset({MANAGER}),
    "asks": TREATING, "asks-ask": frozenset({NURSE, PROVIDER}),
    **dict.fromkeys(("asks-mine", "asks-on-it", "asks-cannot"), TREATING - {PROVIDER}),
    "protocols": TREATING | {MANAGER}, "protocol": TREATING | {MANAGER}, "protocol-version": TREATING | {MANAGER},
    "protocol-new": KEEPERS,
    "protocols-bring-in": KEEPERS, "protocol-edit": KEEPERS, "protocol-back": KEEPERS, "protocol-use": KEEPERS,
    "protocol-choose": FLOOR,
    **dict.fromkeys(("bulk-jobs", "bulk-jobs-list", "bulk-job-end"), ACTIONS["bulk.see"]),
    "standing-orders": TREATING | {MANAGER}, "standing-order": TREATING | {MANAGER},
    "standing-order-draft": frozenset({LEAD, NURSE, PROVIDER, MANAGER}), "standing-order-sign": frozenset({PROVIDER}),
    "standing-order-retire": frozenset({PROVIDER, MANAGER}),
}  # fmt: skip
"""The address's name → the roles that may open it."""

OWN_SIGN_ON = frozenset(name for name in PAGES if name.startswith(("account_", "mfa_", "change-")))
"""A person's own password, PIN and second step: about no patient, and asked for once."""

PUBLIC: Mapping[str, str] = {
    "asset": "style sheets, scripts and pictures of the product",
    "app-authorize": "an app's request is looked at and kept before anybody has signed in; it names no patient",
    "sign-in": "before anybody is signed in",
    "account_login": "the sign-in under the name by which allauth knows it",
    "mfa_authenticate": "the second step of the sign-in",
    "account_logout": "gives up a sign-in between its two steps",
}
"""What is open to everybody, and why."""

NOT_ASKED: Mapping[str, str] = {
    "app-consent": "is for one request of an app; apps/tests ask for it about who may and may not be seen",
    "sign-out": "ends the session that the matrix asks with; answers with the sign-in page",
    "lock": "locks that session; answers with an empty page",
    "unlock": "is for a locked session; answers with an empty page",
    "incoming-file": "a file and no text; test_incoming_pages asks for it as every role, and of who is not to be seen",
    "inbox-file": "a file and no text; test_inbox_pages asks for it as every role, and of who is not to be seen",
    "photo-picture": "a picture and no text; photo_page/tests ask for it as every role, and of who is not to be seen",
    "huddle-print": "a PDF and no text; huddle/tests ask for it as those who may and may not see it",
    "gallery": "made-up people; only where CARE_DEBUG is on",
    "gallery-room": "made-up people; only where CARE_DEBUG is on",
    "gallery-print": "made-up people; only where CARE_DEBUG is on",
    "gallery-answer": "made-up people; only where CARE_DEBUG is on",
}
"""What the matrix does not ask for, and why. A name that no address has any more fails."""

# -- facts, as the screens show them ----------------------------------------------------------------------------------

FACTS: Mapping[str, frozenset[Role]] = {
    "patient": WITH_PATIENTS, "family": WITH_PATIENTS, "flag": WITH_PATIENTS, "appointment": WITH_PATIENTS,
    "visit": WITH_PATIENTS, "task": WITH_PATIENTS, "allergy": WITH_PATIENTS, "asked": WITH_PATIENTS,
    "note": WITH_PATIENTS, "paper": WITH_PATIENTS, "referral": OFFICE, "order": OFFICE, "result": TREATING,
    "message": FLOOR, "phone": FLOOR, "told": FLOOR,
    "vital": TREATING, "problem": TREATING, "medicine": TREATING, "taken": TREATING, "vaccine": TREATING,
    "refill": TREATING,
}  # fmt: skip
"""A kind of fact about a patient → the roles that may see it."""

NOWHERE = frozenset({"family", "asked"})
"""Facts whose words stand on no page: how a family is called, what was said when allergies were asked."""
NOT_ON_SCREENS: Mapping[Role, frozenset[str]] = {
    FRONT: NOWHERE | {"order"}, MANAGER: NOWHERE | {"order"}, BILLER: NOWHERE | {"paper"}, PRIVACY: NOWHERE | {"paper"},
}  # fmt: skip
"""Who sorts no papers has no page of them; who does not treat has none of orders."""
TYPE_OF_FACT: Mapping[str, str] = {
    "patient": "Patient", "family": "Group", "flag": "Flag", "appointment": "Appointment", "visit": "Encounter",
    "task": "Task", "allergy": "AllergyIntolerance", "asked": "List", "note": "DocumentReference",
    "paper": "DocumentReference", "referral": "ServiceRequest", "order": "ServiceRequest",
    "result": "DiagnosticReport",
    "message": "Communication", "phone": "Communication", "told": "Consent", "vital": "Observation",
    "problem": "Condition", "medicine": "MedicationRequest", "taken": "MedicationStatement", "vaccine": "Immunization",
    "refill": "MedicationRequest",
}  # fmt: skip
SEES_RESTRICTED = TREATING
"""Who sees what is labelled restricted (R). What is labelled very restricted (V) nobody sees in usual work."""

# -- the API ----------------------------------------------------------------------------------------------------------

_STAFF_TYPES = ("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Schedule")
_DEFINITIONS = (
    "ActivityDefinition", "CodeSystem", "ConceptMap", "PlanDefinition", "Questionnaire", "SearchParameter",
    "StructureDefinition", "ValueSet",
)  # fmt: skip

READS: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys((*_STAFF_TYPES, *_DEFINITIONS), EVERYBODY),
    "AuditEvent": OVERSEERS,
    "Provenance": WITH_PATIENTS | {AUDITOR},
    "Subscription": SUBSCRIBERS,
    **dict.fromkeys(
        ("Patient", "RelatedPerson", "Group", "Flag", "Appointment", "Slot", "Encounter", "Task", "AllergyIntolerance",
         "List", "DocumentReference"), WITH_PATIENTS,
    ),
    **dict.fromkeys(("Communication", "Consent"), FLOOR),
    "CareTeam": WITH_PATIENTS,
    "Basic": LEADS,
    "ServiceRequest": OFFICE,
    "Coverage": OFFICE,
    **dict.fromkeys(("CarePlan", "DiagnosticReport", "QuestionnaireResponse", "Specimen"), TREATING),
    **dict.fromkeys(
        ("Observation", "Condition", "MedicationRequest", "MedicationStatement", "Immunization", "Device", "Goal",
         "Medication", "MedicationDispense", "Procedure"), TREATING
    ),
}  # fmt: skip
"""A type → the roles that may read and search it; what is not named, nobody."""

WRITES: Mapping[str, frozenset[Role]] = {
    "Subscription": SUBSCRIBERS,
    "CareTeam": LEADS,
    "Basic": LEADS,
    **dict.fromkeys(_STAFF_TYPES, frozenset({MANAGER})),
    "Location": OFFICE,
    **dict.fromkeys(
        ("Patient", "RelatedPerson", "Group", "Flag", "Appointment", "DocumentReference", "Task", "ServiceRequest"),
        OFFICE,
    ),
    **dict.fromkeys(("Encounter", "Communication", "Consent"), FLOOR),
    **dict.fromkeys(
        ("AllergyIntolerance", "List", "Observation", "DiagnosticReport", "Specimen", "MedicationRequest"), TREATING
    ),
    "PlanDefinition": frozenset({LEAD, MANAGER}),
    "ActivityDefinition": frozenset({LEAD, NURSE, PROVIDER, MANAGER}),
}
"""A type → the roles that may create and update it."""

DELETES: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys(_STAFF_TYPES, frozenset({MANAGER})), "Subscription": SUBSCRIBERS,
}  # fmt: skip
"""A type → the roles that may delete it; no record of care is ever deleted."""
