"""A subscription that has failed for good is somebody's to see to: another program no longer hears what it relies on.

One task for each subscription (its id follows from the subscription's), for whoever looks after programs, within a
working day. It ends when the receiver has answered again, when its subscriber switches it off, or when it is removed.
"""

from datetime import timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.sentences import term
from carewright.core.subscriptions.actions import off_since
from carewright.core.terminology.coding import Coding
from carewright.core.work.legs import Leg
from carewright.core.work.model import TASK_CODE, Kind, Pool
from carewright.core.work.owed import Owing

NOT_TOLD = Coding(TASK_CODE, "program-not-told", term("See why another program is no longer told what happens"))
WITHIN = timedelta(hours=8)
"""In open hours."""


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for a Subscription; None while it works, is tried for the first time, or was meant to end."""
    if not off_since(resource):
        return None
    return Leg(code=NOT_TOLD, pool=Pool(role=Role.MANAGER), within=WITHIN, kind=Kind.CLERICAL)


OWED = Owing(
    name="subscription",
    types=frozenset({"Subscription"}),
    legs=(NOT_TOLD,),
    leg_of=leg_of,
    doc="A subscription that has failed for good has one task, until it is active again or removed.",
)
