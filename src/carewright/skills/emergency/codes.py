"""Codes of a call for help. Task.code holds the job and, beside it, that it is an emergency."""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding
from carewright.core.work.model import TASK_CODE

EMERGENCY = Coding(TASK_CODE, "emergency", term("Emergency"))

HELP = Coding(TASK_CODE, "emergency-help", term("Needs help now"))
CODE_TEAM = Coding(TASK_CODE, "emergency-code-team", term("Code team"))
AED = Coding(TASK_CODE, "emergency-aed", term("Bring the AED"))
OXYGEN = Coding(TASK_CODE, "emergency-oxygen", term("Bring oxygen"))
SECURITY = Coding(TASK_CODE, "emergency-security", term("Security"))
JOBS = (HELP, CODE_TEAM, AED, OXYGEN, SECURITY)

SITE_EXTENSION = OWN_EXTENSIONS + "emergency-site"
"""On the Task: the Location of the site whose screens show the call (valueReference)."""
EVENT_EXTENSION = OWN_EXTENSIONS + "emergency-event"
"""On a Task.note: what the line of the record is (valueCode, see model.Event)."""
