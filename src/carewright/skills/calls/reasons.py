"""Why people call, and where each kind of call goes: a table, so that nobody at the phone has to decide.

The times are promises of the practice (how long a caller waits for an answer), not clinical thresholds.
A symptom always goes to a licensed person: in no jurisdiction does a medical assistant sort symptoms by phone.
"""

from dataclasses import dataclass
from datetime import timedelta

from carewright.core.access.model import Role
from carewright.core.sentences import term
from carewright.core.work.model import Kind, Priority


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One kind of call: who calls back and within how long (open hours of the site, or `any_hour` by the wall clock).

    `licensed`: only a nurse or a provider may call back. `ends_at_once`: nothing is owed to such a caller.
    `by_voicemail`: a detailed message, where it is allowed, is an answer; otherwise it is one more attempt.
    """

    code: str
    words: str
    task_words: str
    role: Role
    within: timedelta
    kind: Kind = Kind.CLERICAL
    priority: Priority = Priority.ROUTINE
    licensed: bool = False
    any_hour: bool = False
    ends_at_once: bool = False
    by_voicemail: bool = True


SYMPTOM = Reason(
    code="symptom", words=term("Not feeling well, a symptom"), task_words=term("Call back about a symptom"),
    role=Role.NURSE, within=timedelta(minutes=30), kind=Kind.CLINICAL, priority=Priority.URGENT, licensed=True,
    any_hour=True, by_voicemail=False,
)  # fmt: skip
REFILL = Reason(
    code="refill", words=term("Refill"), task_words=term("Call back about a refill"), role=Role.MA,
    within=timedelta(hours=8), kind=Kind.CLINICAL,
)  # fmt: skip
RESULT = Reason(
    code="result", words=term("Result of a test"), task_words=term("Call back about a result"), role=Role.NURSE,
    within=timedelta(hours=4), kind=Kind.CLINICAL, licensed=True,
)  # fmt: skip
APPOINTMENT = Reason(
    code="appointment", words=term("Appointment"), task_words=term("Call back about an appointment"),
    role=Role.FRONT_DESK, within=timedelta(hours=4),
)  # fmt: skip
RECORDS = Reason(
    code="records", words=term("Form or records"), task_words=term("Call back about a form or records"),
    role=Role.FRONT_DESK, within=timedelta(hours=16),
)  # fmt: skip
BILLING = Reason(
    code="billing", words=term("Bill"), task_words=term("Call back about a bill"), role=Role.FRONT_DESK,
    within=timedelta(hours=16),
)  # fmt: skip
WRONG_NUMBER = Reason(
    code="wrong-number", words=term("Wrong number"), task_words=term("Wrong number"), role=Role.FRONT_DESK,
    within=timedelta(hours=8), ends_at_once=True,
)  # fmt: skip
OTHER = Reason(
    code="other", words=term("Something else"), task_words=term("Call back about something else"), role=Role.MA,
    within=timedelta(hours=8),
)  # fmt: skip
NOT_SAID = Reason(
    code="not-said", words=term("Did not say why"), task_words=term("Call back: did not say why"), role=Role.MA,
    within=timedelta(minutes=30), kind=Kind.CLINICAL, priority=Priority.URGENT, by_voicemail=False,
)  # fmt: skip
"""The line broke, or the caller hung up, before a reason was said: soon, because it may have been anything."""

REASONS = (SYMPTOM, REFILL, RESULT, APPOINTMENT, RECORDS, BILLING, WRONG_NUMBER, OTHER)
"""In the order of the page."""
BY_CODE = {reason.code: reason for reason in (*REASONS, NOT_SAID)}
