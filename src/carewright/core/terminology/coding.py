"""A code with its system and display, and the addresses of the code systems in use.

FHIR R4, https://hl7.org/fhir/R4/datatypes.html#Coding and https://hl7.org/fhir/R4/terminologies-systems.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
MVX = "http://hl7.org/fhir/sid/mvx"
NDC = "http://hl7.org/fhir/sid/ndc"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NPI = "http://hl7.org/fhir/sid/us-npi"
SSN = "http://hl7.org/fhir/sid/us-ssn"
BCP47 = "urn:ietf:bcp:47"
BCP13 = "urn:ietf:bcp:13"
ISO3166 = "urn:iso:std:iso:3166"
ISO4217 = "urn:iso:std:iso:4217"

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION_TYPE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
MARITAL_STATUS = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OBSERVATION_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CONDITION_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
APPOINTMENT_CANCELLATION_REASON = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
LOCATION_PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
US_CORE_RACE = "urn:oid:2.16.840.1.113883.6.238"

OWN_BASE = "https://carewright.org/fhir"
OWN_SYSTEMS = f"{OWN_BASE}/CodeSystem/"
OWN_VALUE_SETS = f"{OWN_BASE}/ValueSet/"
OWN_EXTENSIONS = f"{OWN_BASE}/StructureDefinition/"


def own_system(name: str) -> str:
    """The address of one of our own code systems: `own_system("task-code")`."""
    return OWN_SYSTEMS + name


OWN_LABELS = own_system("label")
"""Our sensitivity labels (meta.security), beside HL7's: core/access/labels.py."""


@dataclass(frozen=True)
class Coding:
    """One code: `Coding(LOINC, "8867-4", "Heart rate")`. `display` is for people and takes no part in equality."""

    system: str
    code: str
    display: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.code:
            raise ValueError("A Coding needs a code; for words without a code use CodeableConcept.text.")

    def to_fhir(self) -> dict[str, Any]:
        """A FHIR Coding; empty parts are left out."""
        parts = {"system": self.system, "code": self.code, "display": self.display}
        return {name: value for name, value in parts.items() if value}

    def concept(self, text: str = "") -> dict[str, Any]:
        """A FHIR CodeableConcept with this one coding and, if given, the words that the person saw."""
        found: dict[str, Any] = {"coding": [self.to_fhir()]}
        if text:
            found["text"] = text
        return found

    def matches(self, concept: Mapping[str, Any] | None) -> bool:
        """Whether a CodeableConcept holds this code (same system, same code; the display does not count)."""
        for coding in (concept or {}).get("coding", ()):
            if coding.get("code") == self.code and coding.get("system", "") == self.system:
                return True
        return False

    @property
    def token(self) -> str:
        """`system|code`, as a token search writes it."""
        return f"{self.system}|{self.code}"


UNSORTED = Coding(OWN_LABELS, "unsorted", "Nobody has said yet whose this is")
"""The label of what came in and stands in no chart yet: only those who sort papers see it."""
