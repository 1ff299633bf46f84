"""The jobs that a provider asks for. Closed, so that a pop-up can name one and never says what somebody typed."""

from collections.abc import Mapping

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding
from carewright.core.work.model import TASK_CODE

JOBS = (
    Coding(TASK_CODE, "ask-ekg", term("EKG")),
    Coding(TASK_CODE, "ask-vaccine", term("Give a vaccine")),
    Coding(TASK_CODE, "ask-injection", term("Give an injection")),
    Coding(TASK_CODE, "ask-blood", term("Draw blood")),
    Coding(TASK_CODE, "ask-urine", term("Collect urine")),
    Coding(TASK_CODE, "ask-supplies", term("Bring supplies")),
    Coding(TASK_CODE, "ask-interpreter", term("Get the interpreter")),
    Coding(TASK_CODE, "ask-chaperone", term("Be the chaperone")),
    Coding(TASK_CODE, "ask-next", term("Room the next patient")),
    Coding(TASK_CODE, "ask-come", term("Come to the room")),
)
JOB: Mapping[str, Coding] = {job.code: job for job in JOBS}
"""A job by its code."""

DECLINED = OWN_EXTENSIONS + "ask-declined"
"""On an ask: who could not do it then (valueReference). It does not pop up on their screen again."""
ANSWERED_AT = OWN_EXTENSIONS + "ask-answered"
"""On an ask: when somebody said that they are on it (valueDateTime)."""
