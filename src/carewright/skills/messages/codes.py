"""The codes of messages. https://hl7.org/fhir/R4/communication.html"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

CATEGORY = own_system("communication-category")
VISIT_MESSAGE = Coding(CATEGORY, "visit-message", "Message about a visit")
THREAD = Coding(CATEGORY, "staff-thread", "Messages between staff")
REPLY = Coding(CATEGORY, "staff-reply", "Answer in a thread")

ANSWER_MESSAGE = Coding(TASK_CODE, "answer-message", term("Answer a message"))
"""The task that an open thread is owed."""
SEE_VISIT_MESSAGE = Coding(TASK_CODE, "see-visit-message", term("Read a message about a visit"))
"""The task that a message about a visit is owed until somebody has seen to it."""

OUTCOME = own_system("message-outcome")
SEEN_BY = OWN_EXTENSIONS + "message-seen-by"
"""On a thread: who has seen it as it stands now (valueReference); an answer leaves only whoever wrote it."""
TURNS = OWN_EXTENSIONS + "message-turns"
"""On a thread: how often it was answered, handed over or closed (valueUnsignedInt); none before the first time."""
POOL = OWN_EXTENSIONS + "message-pool"
"""The role that may take it (valueCodeableConcept), where it is nobody's in particular."""
DUE = OWN_EXTENSIONS + "message-due"
"""On a thread: by when it is answered (valueDateTime)."""
