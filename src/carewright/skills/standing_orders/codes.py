"""Codes of standing orders. https://hl7.org/fhir/R4/activitydefinition.html"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_BASE, OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

STANDING_ORDER = Coding(own_system("plan-type"), "standing-order", "Standing order")
SIGN_ORDER = Coding(TASK_CODE, "sign-order", term("Sign the order"))
SIGN_STANDING_ORDER = Coding(TASK_CODE, "sign-standing-order", term("Sign a standing order"))

URL = f"{OWN_BASE}/ActivityDefinition/"
SIGNER = OWN_EXTENSIONS + "standing-order-signer"
"""On an ActivityDefinition: who signs, or has signed (valueReference)."""
EXCLUSION = OWN_EXTENSIONS + "standing-order-exclusion"
"""On an ActivityDefinition, one for each: when it must not be used, in words (valueString)."""
RETIRED_BECAUSE = OWN_EXTENSIONS + "standing-order-retired-because"
COMPETENCY = OWN_EXTENSIONS + "pool-competency"
ROLE = own_system("role")
