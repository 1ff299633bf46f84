"""Codes of a critical call. https://hl7.org/fhir/R4/task.html, https://hl7.org/fhir/R4/communication.html"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding, own_system
from carewright.core.work.model import TASK_CODE

CRITICAL_CALL = Coding(TASK_CODE, "critical-call", term("Critical value"))
TOLD = Coding(own_system("communication-category"), "critical-value-told", "Critical value told and read back")
READ_BACK = "Read back"
TOLD_IN_PERSON = "Told in person"
