"""Codes that the demonstration practice uses: HL7's own, LOINC and CVX as the US Core profiles name them, and ours.

US Core 6.1.0, https://hl7.org/fhir/us/core/STU6.1/ ; no CPT and no SNOMED CT (see NOTICE): such things are text.
"""

from carewright.core.terminology.coding import LOINC, OWN_BASE, Coding, own_system

ROLE = own_system("role")
VISIT_TYPE = own_system("visit-type")
AUTHORITY = own_system("authority")
FLAG = own_system("flag")

MRN_SYSTEM = f"{OWN_BASE}/sid/mrn"
"""Where the practice's own record numbers live."""

STAFF_SYSTEM = f"{OWN_BASE}/sid/staff"

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
RACE_EXTENSION = f"{US_CORE}us-core-race"
ETHNICITY_EXTENSION = f"{US_CORE}us-core-ethnicity"
BIRTH_SEX_EXTENSION = f"{US_CORE}us-core-birthsex"
TIME_ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/timezone"
INTERPRETER_EXTENSION = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"

CONTACT_ROLE = "http://terminology.hl7.org/CodeSystem/v2-0131"
QUALIFICATION = "http://terminology.hl7.org/CodeSystem/v2-0360"
FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
VITAL_SIGNS_CATEGORY = Coding(
    "http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital Signs"
)

WEIGHT = Coding(LOINC, "29463-7", "Body weight")
HEIGHT = Coding(LOINC, "8302-2", "Body height")
HEAD = Coding(LOINC, "9843-4", "Head Occipital-frontal circumference")
TEMPERATURE = Coding(LOINC, "8310-5", "Body temperature")
PULSE = Coding(LOINC, "8867-4", "Heart rate")
RESPIRATIONS = Coding(LOINC, "9279-1", "Respiratory rate")
BLOOD_PRESSURE = Coding(LOINC, "85354-9", "Blood pressure panel with all children optional")
SYSTOLIC = Coding(LOINC, "8480-6", "Systolic blood pressure")
DIASTOLIC = Coding(LOINC, "8462-4", "Diastolic blood pressure")
SPO2 = Coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood")
SPO2_PULSE_OXIMETRY = Coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")

FLAGS: dict[str, tuple[Coding, str]] = {
    "limb-left": (Coding(FLAG, "limb-restriction", "No BP or draw on this arm"), "No BP or draw on the left arm"),
    "limb-right": (Coding(FLAG, "limb-restriction", "No BP or draw on this arm"), "No BP or draw on the right arm"),
    "latex": (Coding(FLAG, "latex", "Latex allergy"), "Latex allergy: no latex gloves or tourniquet"),
    "blood-thinner": (Coding(FLAG, "blood-thinner", "Blood thinner"), "Blood thinner: hold pressure longer"),
    "fainter": (Coding(FLAG, "fainter", "Faints"), "Faints with needles: lying down"),
    "hard-stick": (Coding(FLAG, "hard-stick", "Hard stick"), "Hard stick: ask which arm, butterfly"),
    "pacemaker": (Coding(FLAG, "pacemaker", "Pacemaker"), "Pacemaker"),
    "wheelchair": (Coding(FLAG, "wheelchair", "Wheelchair"), "Wheelchair"),
}
"""Trait → the flag that the banner shows (limb and procedure flags), and its words."""

AUTHORITIES = {
    "parent": "Parent: may consent",
    "sole-custody": "Sole legal custody by court order",
    "no-contact": "Court order: may not consent or be told",
    "guardian": "Court-appointed guardian: may consent",
    "foster": "Foster placement: routine care only",
    "letter": "Letter on file: may bring and consent to routine care",
    "none": "May bring the child; a parent consents by phone",
}
"""Our authority code system: what somebody who comes with a child may decide."""
