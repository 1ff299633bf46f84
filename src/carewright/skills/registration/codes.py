"""Codes of a patient's record: identifiers, US Core extensions, relationships, and the flags in the banner.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient (6.1.0), https://hl7.org/fhir/R4/flag.html,
https://hl7.org/fhir/R4/valueset-relatedperson-relationshiptype.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import (
    BCP47,
    IDENTIFIER_TYPE,
    OWN_BASE,
    OWN_EXTENSIONS,
    ROLE_CODE,
    US_CORE_RACE,
    Coding,
    own_system,
)

MEDICAL_RECORD = Coding(IDENTIFIER_TYPE, "MR", "Medical record number")

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
RACE_EXTENSION = _US_CORE + "us-core-race"
ETHNICITY_EXTENSION = _US_CORE + "us-core-ethnicity"
BIRTH_SEX_EXTENSION = _US_CORE + "us-core-birthsex"
GENDER_IDENTITY_EXTENSION = _US_CORE + "us-core-genderIdentity"
INTERPRETER_EXTENSION = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
NO_FIXED_ADDRESS_EXTENSION = OWN_EXTENSIONS + "no-fixed-address"
MERGE_REASON_EXTENSION = OWN_EXTENSIONS + "merge-reason"
UNMERGE_REASON_EXTENSION = OWN_EXTENSIONS + "unmerge-reason"
TWO_PEOPLE_EXTENSION = OWN_EXTENSIONS + "two-people"
TWO_PEOPLE = Coding(own_system("basic-kind"), "two-people", "Two charts that look alike and are two people's")

RACES = tuple(
    Coding(US_CORE_RACE, code, display)
    for code, display in (
        ("1002-5", "American Indian or Alaska Native"),
        ("2028-9", "Asian"),
        ("2054-5", "Black or African American"),
        ("2076-8", "Native Hawaiian or Other Pacific Islander"),
        ("2106-3", "White"),
    )
)
"""OMB race categories, at most five; declined and unknown are words without a code."""
HISPANIC = Coding(US_CORE_RACE, "2135-2", "Hispanic or Latino")
NOT_HISPANIC = Coding(US_CORE_RACE, "2186-5", "Not Hispanic or Latino")

ENGLISH = Coding(BCP47, "en", "English")
SPANISH = Coding(BCP47, "es", "Spanish")

MOTHER = Coding(ROLE_CODE, "MTH", "mother")
FATHER = Coding(ROLE_CODE, "FTH", "father")
GUARDIAN = Coding(ROLE_CODE, "GUARD", "guardian")
GRANDPARENT = Coding(ROLE_CODE, "GRPRN", "grandparent")
FOSTER_PARENT = Coding(ROLE_CODE, "PRNFOST", "foster parent")
SIBLING = Coding(ROLE_CODE, "SIB", "sibling")
SPOUSE = Coding(ROLE_CODE, "SPS", "spouse")
OTHER_RELATIVE = Coding(ROLE_CODE, "FAMMEMB", "family member")

FAMILY = Coding(own_system("group-code"), "family", "Family seen together")

FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
SAFETY = Coding(FLAG_CATEGORY, "safety", "Safety")
CLINICAL = Coding(FLAG_CATEGORY, "clinical", "Clinical")
CONTACT = Coding(FLAG_CATEGORY, "contact", "Subject Contact")


def _flag(code: str, display: str) -> Coding:
    return Coding(own_system("patient-flag"), code, display)


NOT_THIS_ARM = _flag("not-this-arm", term("No blood pressure or blood draw on this arm"))
LATEX = _flag("latex", term("Latex: use latex-free"))
LIDOCAINE = _flag("lidocaine", term("Reacted to lidocaine"))
BLOOD_THINNER = _flag("blood-thinner", term("Takes a blood thinner"))
PACEMAKER = _flag("pacemaker", term("Pacemaker or defibrillator"))
FAINTER = _flag("fainter", term("Faints: lay down first"))
HARD_STICK = _flag("hard-stick", term("Hard stick"))
WHEELCHAIR = _flag("wheelchair", term("Wheelchair"))
FALL_RISK = _flag("fall-risk", term("May fall"))
MASK_NOW = _flag("mask-now", term("Mask now – room first"))
FLAGS = {
    flag: category
    for category, flags in {
        SAFETY: (NOT_THIS_ARM, LATEX, LIDOCAINE, FALL_RISK, MASK_NOW),
        CLINICAL: (BLOOD_THINNER, PACEMAKER, FAINTER, HARD_STICK),
        CONTACT: (WHEELCHAIR,),
    }.items()
    for flag in flags
}
"""Each flag with its category; the words on the screen are the display."""


MRN_SYSTEMS = f"{OWN_BASE}/sid/"
"""Every practice's identifier system of record numbers begins so."""


def mrn_system(practice: str) -> str:
    """The identifier system of a practice's own record numbers: one space per practice, never reused."""
    return f"{MRN_SYSTEMS}{practice}/mrn"
