"""What an open thread is owed: an answer, by somebody, by a date (core/work/owed.py)."""

from carewright.core.work.owed import Owing
from carewright.skills.messages.codes import ANSWER_MESSAGE
from carewright.skills.messages.threads_fhir import leg_of

OWED = Owing(
    name="message", types=frozenset({"Communication"}), legs=(ANSWER_MESSAGE,), leg_of=leg_of,
    doc="An open thread of messages between staff has a task; it ends when the thread is closed.",
)  # fmt: skip
