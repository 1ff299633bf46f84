"""What kinds of paper there are, the legs of their way, and our extensions.

This material contains content from LOINC (http://loinc.org); see NOTICE. The codes are classes of documents, as FHIR R4
lists them: https://hl7.org/fhir/R4/valueset-document-classcodes.html. A kind without a code of its own is "unknown"
(v3-NullFlavor UNK), which US Core allows, with its words in `type.text`.
"""

from collections.abc import Mapping

from carewright.core.sentences import term
from carewright.core.terminology.coding import LOINC, NULL_FLAVOR, OWN_EXTENSIONS, Coding
from carewright.core.work.model import TASK_CODE

UNKNOWN = Coding(NULL_FLAVOR, "UNK", "unknown")

TYPES: Mapping[str, tuple[Coding, str]] = {
    "lab": (Coding(LOINC, "26436-6", "Laboratory Studies (set)"), term("Lab result")),
    "imaging": (Coding(LOINC, "18726-0", "Radiology studies (set)"), term("X-ray or imaging report")),
    "pathology": (Coding(LOINC, "27898-6", "Pathology studies (set)"), term("Pathology report")),
    "cardiology": (Coding(LOINC, "26441-6", "Cardiology studies (set)"), term("Heart test (EKG, echo)")),
    "consult": (Coding(LOINC, "11488-4", "Consult Note"), term("Note from a specialist")),
    "discharge": (Coding(LOINC, "18842-5", "Discharge summary"), term("Hospital discharge")),
    "records": (Coding(LOINC, "34133-9", "Summary of episode note"), term("Records from another clinic")),
    "vaccines": (Coding(LOINC, "11369-6", "History of Immunization"), term("Vaccine record")),
    "telephone": (Coding(LOINC, "34748-4", "Telephone encounter note"), term("Phone message")),
    "form": (UNKNOWN, term("Form to fill in")),
    "pharmacy": (UNKNOWN, term("From a pharmacy")),
    "insurance": (UNKNOWN, term("From an insurance")),
    "other": (UNKNOWN, term("Something else")),
}
"""Our name of a kind → its code, and its words on the screen. A kind with UNKNOWN is told by its words."""

MATCH = Coding(TASK_CODE, "paper-match", term("Find whose paper this is"))
NAME = Coding(TASK_CODE, "paper-name", term("Say what this paper is and who sees to it"))
SIGN = Coding(TASK_CODE, "paper-sign", term("Sign a paper"))
ACT = Coding(TASK_CODE, "paper-act", term("See to a paper"))

CLINICAL_NOTE = Coding(
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note"
)

CAME_AS = OWN_EXTENSIONS + "paper-came-as"
"""On a DocumentReference that is a paper: how it came (valueCode, model.CameAs)."""
ROUTE = OWN_EXTENSIONS + "paper-route"
"""Who sees to it (valueCode, model.Route)."""
TO = OWN_EXTENSIONS + "paper-to"
"""The provider who signs (valueReference)."""
DONE = OWN_EXTENSIONS + "paper-done"
"""When it was signed or seen to (valueDateTime). Who did is `authenticator`."""
NOTE = OWN_EXTENSIONS + "paper-note"
"""What was done about it, in words (valueString)."""
WHY = OWN_EXTENSIONS + "paper-why"
"""Why it does not count here: it was on the wrong chart, or is nobody's paper (valueString)."""
MOVED_AWAY = OWN_EXTENSIONS + "paper-moved-away"
"""It stood in this chart by mistake and was taken out of it (valueBoolean)."""
MOVED_HERE = OWN_EXTENSIONS + "paper-moved-here"
"""It was in another chart before, and why not any more (valueString)."""
OURS = frozenset({CAME_AS, ROUTE, TO, DONE, NOTE, WHY, MOVED_AWAY, MOVED_HERE})

CLAIM = "paper"
"""Key claims of this kind: the digest of a file that came in, which makes one paper and not two."""
