"""What is owed for a paper until it is filed: see core/work/owed.py."""

from carewright.core.work.owed import Owing
from carewright.skills.incoming import codes, rules

OWED = Owing(
    name="paper",
    types=frozenset({"DocumentReference"}),
    legs=(codes.MATCH, codes.NAME, codes.SIGN, codes.ACT),
    leg_of=rules.leg_of,
    ended_as=rules.ended_as,
    doc="A paper that came in has a task until it is filed: find whose it is, name and route it, sign or see to it.",
)
