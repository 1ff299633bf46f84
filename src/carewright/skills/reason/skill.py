"""What the reason skill declares."""

from carewright.core.access.model import CLINICAL, STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write

MANIFEST = Manifest(
    name="reason",
    doc="Why the patient came, in the patient's words.",
    permissions=(
        may_see("reason.see", STAFF, on=("Encounter", "Appointment"), doc="See why patients came."),
        may_write(
            "reason.write", CLINICAL | {Role.FRONT_DESK}, on=("Encounter",), doc="Write down why a patient came."
        ),
    ),
)
