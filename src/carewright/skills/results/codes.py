"""Codes of results: what makes one critical, the legs, our extensions.

https://hl7.org/fhir/R4/valueset-observation-interpretation.html, https://hl7.org/fhir/R4/valueset-observation-category.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding
from carewright.core.work.model import TASK_CODE
from carewright.skills.results.model import Step

INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CRITICAL = frozenset({"AA", "HH", "LL"})
"""Codes of INTERPRETATION: critical abnormal, critical high, critical low."""
ABNORMAL = CRITICAL | {"A", "H", "L", "HU", "LU", "POS"}
RESULT_CATEGORIES = tuple(Coding(CATEGORY, code) for code in ("laboratory", "imaging"))
"""An Observation of these is a result; a vital sign or an answer is none."""

LEGS = {
    Step.FINAL: Coding(TASK_CODE, "result-final", term("Get the final result")),
    Step.CRITICAL: Coding(TASK_CODE, "result-critical", term("Critical result: review it now")),
    Step.REVIEW: Coding(TASK_CODE, "result-review", term("Review the result")),
    Step.TELL: Coding(TASK_CODE, "result-tell", term("Tell the patient the result")),
}
"""The task of each step that is owed."""

TRAIL = OWN_EXTENSIONS + "result-step"
"""On a result, what was done about it (core/work/trail.py); facts: digest, outcome, whom, how."""
PART = OWN_EXTENSIONS + "result-part"
"""On a DiagnosticReport, one of its observations: its reference, a digest of what it holds, whether it is critical."""
PART_OF = OWN_EXTENSIONS + "result-part-of"
"""On an Observation, the DiagnosticReport that holds it (valueReference)."""
PROVIDER = OWN_EXTENSIONS + "result-provider"
"""Whose review it is: who ordered it (valueReference)."""
