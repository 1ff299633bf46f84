"""What a patient still needs before a visit, and what is known of them, as values. Dates are the site's days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding
from carewright.core.work.whom import Facts
from carewright.skills.previsit import codes


class Kind(StrEnum):
    """What sort of thing is needed; the order is that of the chips on a line."""

    RESULT = "result"
    REFERRAL = "referral"
    TASK = "task"
    GAP = "gap"
    FORM = "form"
    CONSENT = "consent"
    INTERPRETER = "interpreter"
    TRANSPORT = "transport"
    INSURANCE = "insurance"
    ROOM = "room"


@dataclass(frozen=True, kw_only=True)
class Handling:
    """How a kind is seen to: the task it makes, for whom, and whether the night hands it out by itself."""

    code: Coding
    role: Role
    overnight: bool = False
    is_clinical: bool = True
    monthly: bool = False
    """Once seen to, it holds until the end of the calendar month."""


HANDLING: Mapping[Kind, Handling] = {
    Kind.RESULT: Handling(code=codes.RESULT, role=Role.MA, overnight=True),
    Kind.REFERRAL: Handling(code=codes.REFERRAL, role=Role.MA, overnight=True),
    Kind.TASK: Handling(code=codes.OPEN_TASK, role=Role.MA, is_clinical=False),
    Kind.GAP: Handling(code=codes.BP_RECHECK, role=Role.MA),
    Kind.FORM: Handling(code=codes.FORM, role=Role.MA),
    Kind.CONSENT: Handling(code=codes.CONSENT, role=Role.FRONT_DESK, is_clinical=False),
    Kind.INTERPRETER: Handling(code=codes.INTERPRETER, role=Role.FRONT_DESK, overnight=True, is_clinical=False),
    Kind.TRANSPORT: Handling(code=codes.TRANSPORT, role=Role.FRONT_DESK, overnight=True, is_clinical=False),
    Kind.INSURANCE: Handling(
        code=codes.INSURANCE, role=Role.FRONT_DESK, overnight=True, is_clinical=False, monthly=True
    ),
    Kind.ROOM: Handling(code=codes.ROOM, role=Role.MA),
}
"""What the front desk is shown are the kinds that are not clinical."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that is not there yet. `key` tells it apart from the patient's others and holds no patient's words.

    `source` is the address of the published recommendation behind a care gap.
    """

    kind: Kind
    key: str
    words: Sentence
    source: str = ""
    act: Coding | None = None
    """The task that sees to it, where the kind does not say."""
    needs_order: bool = False
    """Whether the act is done on an order: a standing one, or a provider's own."""

    @property
    def handling(self) -> Handling:
        return HANDLING[self.kind]

    @property
    def code(self) -> Coding:
        return self.act or self.handling.code


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order that waits for something: a result, or (a referral) a note back."""

    id: str
    words: str
    is_referral: bool = False


@dataclass(frozen=True, kw_only=True)
class Cover:
    """One insurance: the first and the last day on which it holds, where they are known."""

    payer: str = ""
    starts: date | None = None
    ends: date | None = None

    def holds(self, on: date) -> bool:
        return (self.starts is None or self.starts <= on) and (self.ends is None or on <= self.ends)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The latest blood pressure."""

    systolic_mmhg: int
    diastolic_mmhg: int
    on: date


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What only those who treat may see: their part of the facts."""

    facts: Facts = field(default_factory=Facts)
    done: Mapping[str, date] = field(default_factory=dict)
    """System and code (`Coding.token`) of what was done, with the last day on which it was."""
    orders: tuple[Order, ...] = ()
    pressure: Reading | None = None
    forms: Mapping[str, date] = field(default_factory=dict)
    """Key of a form with the last day on which it was filled in."""


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One booked patient as the huddle knows them. `chart` is None for who may not see it: then nothing is said of it.

    `covers` and `consents` None: not visible either. `tasks` are (id, words) of what is open for the patient.
    """

    visit_type: str
    chart: Chart | None = None
    born: date | None = None
    covers: tuple[Cover, ...] | None = None
    consents: frozenset[str] | None = None
    interpreter: str = ""
    needs_ride: bool = False
    tasks: tuple[tuple[str, str], ...] = ()
