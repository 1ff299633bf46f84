"""What is owed for a refill request until everybody was told: see core/work/owed.py."""

from carewright.core.work.owed import Owing
from carewright.skills.refills import codes
from carewright.skills.refills.rules import steps

OWED = Owing(
    name="refill",
    types=frozenset({"MedicationRequest"}),
    legs=codes.LEGS,
    leg_of=steps.leg_of,
    ended_as=steps.ended_as,
    doc="A refill request has a task until its end: prepared by an MA, answered by a prescriber, told.",
)
