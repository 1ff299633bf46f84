"""What the reason skill declares."""

from carewright.core.access.model import CLINICAL, READ, STAFF, WRITE, Role
from carewright.core.registry import Manifest, Permission

MANIFEST = Manifest(
    name="reason",
    doc="Why the patient came, in the patient's words.",
    permissions=(
        Permission(
            action="reason.see",
            roles=STAFF,
            doc="See why patients came.",
            grants={"Encounter": READ, "Appointment": READ},
        ),
        Permission(
            action="reason.write",
            roles=CLINICAL | {Role.FRONT_DESK},
            doc="Write down why a patient came.",
            grants={"Encounter": WRITE},
        ),
    ),
)
