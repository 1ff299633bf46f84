"""What is owed for messages: to a thread its answer, to a message about a visit somebody who sees to it.

See core/work/owed.py.
"""

from carewright.core.fhir.model import Resource
from carewright.core.work.legs import Leg
from carewright.core.work.owed import Owing
from carewright.skills.messages import fhir, model, threads_fhir
from carewright.skills.messages.codes import ANSWER_MESSAGE, SEE_VISIT_MESSAGE


def leg_of(resource: Resource) -> Leg | None:
    """The leg of a message; None for what is over, and for any other Communication."""
    message = fhir.from_fhir(resource)
    return model.leg_of(message) if message else threads_fhir.leg_of(resource)


OWED = Owing(
    name="message", types=frozenset({"Communication"}), legs=(ANSWER_MESSAGE, SEE_VISIT_MESSAGE), leg_of=leg_of,
    doc="An open thread of messages, and a message about a visit, has a task until it is closed or seen to.",
)  # fmt: skip
