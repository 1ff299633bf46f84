"""The tests that are often ordered, each with how many working days one waits for its result, and what it measures.

The codes are LOINC (https://loinc.org). The days are targets of the house: what a laboratory promises differs by
laboratory, and a practice that knows its own says so when it asks where a result is.
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import LOINC, Coding
from carewright.skills.orders.model import Kind, Test

A1C = Coding(LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood")
POTASSIUM = Coding(LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma")
SODIUM = Coding(LOINC, "2951-2", "Sodium [Moles/volume] in Serum or Plasma")
CREATININE = Coding(LOINC, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma")
GLUCOSE = Coding(LOINC, "2345-7", "Glucose [Mass/volume] in Serum or Plasma")
HEMOGLOBIN = Coding(LOINC, "718-7", "Hemoglobin [Mass/volume] in Blood")
LEUKOCYTES = Coding(LOINC, "6690-2", "Leukocytes [#/volume] in Blood by Automated count")
PLATELETS = Coding(LOINC, "777-3", "Platelets [#/volume] in Blood by Automated count")
CHOLESTEROL = Coding(LOINC, "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma")
HDL = Coding(LOINC, "2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma")
LDL = Coding(LOINC, "13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation")
TRIGLYCERIDE = Coding(LOINC, "2571-8", "Triglyceride [Mass/volume] in Serum or Plasma")
TSH = Coding(LOINC, "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma")
INR = Coding(LOINC, "6301-6", "INR in Platelet poor plasma by Coagulation assay")
_SPECIMENS = "http://terminology.hl7.org/CodeSystem/v2-0487"
BLOOD, URINE = Coding(_SPECIMENS, "BLD", "Whole blood"), Coding(_SPECIMENS, "UR", "Urine")
TISSUE = Coding(_SPECIMENS, "TISS", "Tissue")

TESTS = (
    Test(key="cbc", words=term("Blood count"), kind=Kind.LABORATORY, days=2, specimen=BLOOD,
         coding=Coding(LOINC, "58410-2", "CBC panel - Blood by Automated count"),
         measures=((HEMOGLOBIN, "g/dL"), (LEUKOCYTES, "10*3/uL"), (PLATELETS, "10*3/uL"))),
    Test(key="bmp", words=term("Basic metabolic panel"), kind=Kind.LABORATORY, days=2, specimen=BLOOD,
         coding=Coding(LOINC, "24321-2", "Basic metabolic 2000 panel - Serum or Plasma"),
         measures=((SODIUM, "mmol/L"), (POTASSIUM, "mmol/L"), (CREATININE, "mg/dL"), (GLUCOSE, "mg/dL"))),
    Test(key="potassium", words=term("Potassium"), kind=Kind.LABORATORY, days=1, specimen=BLOOD, coding=POTASSIUM,
         measures=((POTASSIUM, "mmol/L"),)),
    Test(key="a1c", words=term("A1c"), kind=Kind.LABORATORY, days=2, specimen=BLOOD, coding=A1C,
         measures=((A1C, "%"),)),
    Test(key="lipids", words=term("Cholesterol"), kind=Kind.LABORATORY, days=2, specimen=BLOOD,
         coding=Coding(LOINC, "24331-1", "Lipid 1996 panel - Serum or Plasma"),
         measures=((CHOLESTEROL, "mg/dL"), (HDL, "mg/dL"), (LDL, "mg/dL"), (TRIGLYCERIDE, "mg/dL"))),
    Test(key="tsh", words=term("Thyroid test (TSH)"), kind=Kind.LABORATORY, days=3, specimen=BLOOD, coding=TSH,
         measures=((TSH, "m[IU]/L"),)),
    Test(key="urine-culture", words=term("Urine culture"), kind=Kind.LABORATORY, days=4, specimen=URINE,
         coding=Coding(LOINC, "630-4", "Bacteria identified in Urine by Culture")),
    Test(key="pap", words=term("Pap test"), kind=Kind.LABORATORY, days=10,
         coding=Coding(LOINC, "10524-7", "Microscopic observation in Cervix by Cyto stain")),
    Test(key="pathology", words=term("Biopsy"), kind=Kind.LABORATORY, days=10, specimen=TISSUE),
    Test(key="mammogram", words=term("Mammogram"), kind=Kind.IMAGING, days=20,
         coding=Coding(LOINC, "24606-6", "MG Breast Screening")),
    Test(key="chest-x-ray", words=term("Chest X-ray"), kind=Kind.IMAGING, days=5,
         coding=Coding(LOINC, "36643-5", "XR Chest 2 Views")),
    Test(key="strep", words=term("Rapid strep"), kind=Kind.IN_CLINIC, days=0,
         coding=Coding(LOINC, "78012-2", "Streptococcus pyogenes Ag [Presence] in Throat by Rapid immunoassay")),
    Test(key="inr", words=term("INR fingerstick"), kind=Kind.IN_CLINIC, days=0, specimen=BLOOD, coding=INR,
         measures=((INR, "{INR}"),)),
)  # fmt: skip
BY_KEY = {test.key: test for test in TESTS}
DAYS = {Kind.LABORATORY: 3, Kind.IMAGING: 10, Kind.IN_CLINIC: 0, Kind.OTHER: 10}
"""Working days for what stands in no table, by kind."""


def test_of(coding: Coding | None) -> Test | None:
    """The test that is ordered under a code."""
    return next((test for test in TESTS if coding is not None and test.coding == coding), None)


def days_for(coding: Coding | None, kind: Kind) -> int:
    """How many working days one waits for the result."""
    known = test_of(coding)
    return known.days if known else DAYS[kind]
