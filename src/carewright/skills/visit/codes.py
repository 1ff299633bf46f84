"""The codes of a visit: its board status, its four tasks, and the class every office visit has.

Encounter: https://hl7.org/fhir/R4/encounter.html, profile
http://hl7.org/fhir/us/core/StructureDefinition/us-core-encounter (US Core 6.1.0).
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import (
    ACT_CODE,
    OWN_BASE,
    OWN_EXTENSIONS,
    PARTICIPATION_TYPE,
    Coding,
    own_system,
)
from carewright.core.work.model import TASK_CODE
from carewright.core.work.tasks import ALLERGIES_ASKED, CRITICAL_VITAL_TOLD, NAME_AND_BIRTH_DATE

__all__ = [
    "ALLERGIES_ASKED", "AMBULATORY", "CHECK_OUT", "CRITICAL_VITAL_TOLD", "DO_ORDERS", "FLOW_TASKS",
    "NAME_AND_BIRTH_DATE", "PRIMARY_PERFORMER", "ROOM_PATIENT", "SECONDARY_PERFORMER", "SEE_PATIENT", "TASK_CODE",
    "VISIT_NUMBERS", "VISIT_STATUS", "VISIT_STATUS_EXTENSION",
]  # fmt: skip

AMBULATORY = Coding(ACT_CODE, "AMB", "ambulatory")

VISIT_NUMBERS = f"{OWN_BASE}/sid/"
"""The identifier systems of the practices' visits begin so."""
VISIT_STATUS = own_system("visit-status")
VISIT_STATUS_EXTENSION = OWN_EXTENSIONS + "visit-status"
"""On each Encounter.statusHistory entry: the board status (valueCode) that the entry stands for."""

ROOM_PATIENT = Coding(TASK_CODE, "room-patient", term("Room the patient"))
SEE_PATIENT = Coding(TASK_CODE, "see-patient", term("See the patient"))
DO_ORDERS = Coding(TASK_CODE, "do-orders", term("Do the orders"))
CHECK_OUT = Coding(TASK_CODE, "check-out", term("Check the patient out"))
FLOW_TASKS = (ROOM_PATIENT, SEE_PATIENT, DO_ORDERS, CHECK_OUT)

PRIMARY_PERFORMER = Coding(PARTICIPATION_TYPE, "PPRF", "primary performer")
SECONDARY_PERFORMER = Coding(PARTICIPATION_TYPE, "SPRF", "secondary performer")
"""The provider and the medical assistant of a visit (Encounter.participant.type)."""
