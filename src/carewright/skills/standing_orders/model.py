"""A standing order as a value: what it allows, for whom, who may act under it, who signed it, from when to when."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding
from carewright.core.work.whom import EVERYBODY, Whom

MOST_EXCLUSIONS = 20
LONGEST_NAME, LONGEST_WORDS = 60, 600


class Standing(StrEnum):
    """How a standing order stands on a day."""

    WAITS = "waits"  # for its signature
    LATER = "later"  # signed, its first day is to come
    IN_FORCE = "in-force"
    ENDING = "ending"  # in force, for a few more days
    ENDED = "ended"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class StandingOrder:
    """One standing order. `name` is short and goes into “Under Dr. Lind’s flu order”; `allows` is a task's code.

    `signer` is `Practitioner/…`, `signer_name` how they are called; `signed_on` None: not signed yet. Both days are
    counted in. `exclusions` are asked by whoever acts; `whom` is checked by the product.
    """

    name: str
    allows: Coding
    words: str
    signer: str
    signer_name: str
    first_day: date
    last_day: date
    roles: frozenset[Role]
    competency: str = ""
    exclusions: tuple[str, ...] = ()
    whom: Whom = EVERYBODY
    signed_on: date | None = None
    retired_because: str = ""
    id: str = ""
    version: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.words.strip():
            raise ValueError("A standing order has a name and says what may be done.")
        if self.last_day < self.first_day:
            raise ValueError("A standing order cannot end before it begins.")
        if not self.roles:
            raise ValueError("A standing order says who may act under it.")

    @property
    def is_signed(self) -> bool:
        return self.signed_on is not None


@dataclass(frozen=True, kw_only=True)
class Usable:
    """Whether somebody may act under a standing order now, and why or why not."""

    order: StandingOrder
    allowed: bool
    reason: Sentence
