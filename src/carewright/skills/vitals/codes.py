"""Codes and units of the vital signs (US Core 6.1.0 vital-signs profiles, LOINC, UCUM).

http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs and the profiles under it. Their required unit
value sets allow: body weight kg, g, [lb_av]; height and head circumference cm, [in_i]; temperature Cel, [degF]
(https://hl7.org/fhir/R4/valueset-ucum-bodyweight.html, …-bodylength.html, …-bodytemp.html). There is no ounce and no
foot: those are typed as two parts and stored as one total, see `model.Measured`.
"""

from dataclasses import dataclass

from carewright.core.terminology.coding import (
    DATA_ABSENT_REASON,
    LOINC,
    OBSERVATION_CATEGORY,
    OWN_EXTENSIONS,
    Coding,
    own_system,
)

VITAL_SIGNS = Coding(OBSERVATION_CATEGORY, "vital-signs", "Vital Signs")

WEIGHT = Coding(LOINC, "29463-7", "Body weight")
HEIGHT = Coding(LOINC, "8302-2", "Body height")
LENGTH = Coding(LOINC, "8306-3", "Body height --lying")
HEAD = Coding(LOINC, "9843-4", "Head Occipital-frontal circumference")
TEMPERATURE = Coding(LOINC, "8310-5", "Body temperature")
HEART_RATE = Coding(LOINC, "8867-4", "Heart rate")
RESPIRATORY_RATE = Coding(LOINC, "9279-1", "Respiratory rate")
PULSE_OXIMETRY = Coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")
OXYGEN_SATURATION = Coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood")
BP_PANEL = Coding(LOINC, "85354-9", "Blood pressure panel with all children optional")
BP_PANEL_OLD = Coding(LOINC, "55284-4", "Blood pressure systolic and diastolic")
"""In records from elsewhere; never written by us."""
SYSTOLIC = Coding(LOINC, "8480-6", "Systolic blood pressure")
DIASTOLIC = Coding(LOINC, "8462-4", "Diastolic blood pressure")
BMI = Coding(LOINC, "39156-5", "Body mass index (BMI) [Ratio]")

ASKED_DECLINED = Coding(DATA_ABSENT_REASON, "asked-declined", "Asked But Declined")
NOT_PERFORMED = Coding(DATA_ABSENT_REASON, "not-performed", "Not Performed")
DEVICE_ERROR = Coding(DATA_ABSENT_REASON, "error", "Error")

AS_ENTERED_EXTENSION = OWN_EXTENSIONS + "as-entered"
"""On a Quantity whose value is a total of two typed parts: the parts as typed, "8 lb 3 oz" (valueString)."""

LOOKED_AGAIN = "Looked at again: it is right"
"""The note on an Observation whose warning was answered so."""

CRITICAL_VITAL = Coding(own_system("communication-category"), "critical-vital", "Critical vital sign")


@dataclass(frozen=True)
class Unit:
    """A unit as typed: its UCUM code in the chart, its word on the screen, and the smaller part where there is one.

    `minor_per_major` is how many of the smaller part make one of the larger. The chart keeps lb (`total_in_minor`
    False) or inches (True), whichever the required value set knows.
    """

    ucum: str
    words: str
    minor_words: str = ""
    minor_per_major: int = 0
    total_in_minor: bool = False

    @property
    def total_words(self) -> str:
        return self.minor_words if self.total_in_minor else self.words


KG = Unit("kg", "kg")
G = Unit("g", "g")
LB = Unit("[lb_av]", "lb")
LB_OZ = Unit("[lb_av]", "lb", "oz", 16)
CM = Unit("cm", "cm")
IN = Unit("[in_i]", "in")
FT_IN = Unit("[in_i]", "ft", "in", 12, total_in_minor=True)
CEL = Unit("Cel", "°C")
DEG_F = Unit("[degF]", "°F")
PER_MINUTE = Unit("/min", "/min")
PERCENT = Unit("%", "%")
MMHG = Unit("mm[Hg]", "mmHg")
KG_M2 = Unit("kg/m2", "kg/m²")
SIMPLE_UNITS = {unit.ucum: unit for unit in (KG, G, LB, CM, IN, CEL, DEG_F, PER_MINUTE, PERCENT, MMHG, KG_M2)}
