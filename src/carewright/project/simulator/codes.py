"""Codes that the demonstration practice uses: the skills' own where they have them, and a few of the practice's.

US Core 6.1.0, https://hl7.org/fhir/us/core/STU6.1/ ; no CPT and no SNOMED CT: such things are text.
"""

from carewright.core.terminology.coding import OWN_BASE, Coding, own_system
from carewright.skills.registration import codes as registration

ROLE = own_system("role")
SPECIALTY = own_system("specialty")
AUTHORITY = own_system("authority")
STAFF_SYSTEM = f"{OWN_BASE}/sid/staff"

TIME_ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/timezone"
CONTACT_ROLE = "http://terminology.hl7.org/CodeSystem/v2-0131"
QUALIFICATION = "http://terminology.hl7.org/CodeSystem/v2-0360"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"

FLAGS: dict[str, tuple[Coding, str]] = {
    "limb-left": (registration.NOT_THIS_ARM, "No blood pressure or blood draw on the left arm"),
    "limb-right": (registration.NOT_THIS_ARM, "No blood pressure or blood draw on the right arm"),
    "latex": (registration.LATEX, ""),
    "blood-thinner": (registration.BLOOD_THINNER, ""),
    "fainter": (registration.FAINTER, ""),
    "hard-stick": (registration.HARD_STICK, "Hard stick: ask which arm"),
    "pacemaker": (registration.PACEMAKER, ""),
    "wheelchair": (registration.WHEELCHAIR, ""),
}
"""Key of a flag → its code, and the words where this patient's differ from the code's."""

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
