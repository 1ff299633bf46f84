"""What is owed for a referral until the loop is closed: see core/work/owed.py."""

from carewright.core.work.owed import Owing
from carewright.skills.referrals import codes, rules

OWED = Owing(
    name="referral",
    types=frozenset({"ServiceRequest"}),
    legs=tuple(codes.LEGS.values()),
    leg_of=rules.leg_of,
    ended_as=rules.ended_as,
    doc="A referral has a task on each leg of its loop: authorized, sent, scheduled, seen, note back, reviewed.",
)
