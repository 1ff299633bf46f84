"""What the check-out skill declares."""

from carewright.core.access.model import CLINICAL, READ, STAFF, WRITE, Role
from carewright.core.registry import Manifest, Permission, TaskCode
from carewright.skills.checkout.codes import SUMMARY_GIVEN

CHECKERS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}

MANIFEST = Manifest(
    name="checkout",
    doc="Check-out: what is left, the next visit, the summary, notes for school or work.",
    permissions=(
        Permission(
            action="checkout.see",
            roles=STAFF,
            doc="See what was asked for and given at check-out.",
            grants={"Appointment": READ, "DocumentReference": READ},
        ),
        Permission(
            action="checkout.do",
            roles=CHECKERS,
            doc="Ask for the next visit, give the summary, write a note for school or work.",
            grants={"Appointment": WRITE, "DocumentReference": WRITE, "Task": WRITE},
        ),
    ),
    task_codes=(TaskCode(code=SUMMARY_GIVEN.code, display=SUMMARY_GIVEN.display, roles=CHECKERS),),
)
