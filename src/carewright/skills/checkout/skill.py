"""What the check-out skill declares."""

from carewright.core.access.model import CLINICAL, STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.skills.checkout.codes import SUMMARY_GIVEN

CHECKERS = CLINICAL | {Role.FRONT_DESK, Role.MANAGER}

MANIFEST = Manifest(
    name="checkout",
    doc="Check-out: what is left, the next visit, the summary, notes for school or work.",
    permissions=(
        may_see(
            "checkout.see",
            STAFF,
            on=("Appointment", "DocumentReference"),
            doc="See what was asked for and given at check-out.",
        ),
        may_write(
            "checkout.do",
            CHECKERS,
            on=("Appointment", "DocumentReference", "Task"),
            doc="Ask for the next visit, give the summary, write a note for school or work.",
        ),
    ),
    task_codes=tasks_for(CHECKERS, SUMMARY_GIVEN),
)
