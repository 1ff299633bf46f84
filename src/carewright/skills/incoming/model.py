"""A paper that came in (a fax, a scan, a voicemail), as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carewright.core.sentences import Sentence, term
from carewright.core.terminology.coding import Coding


class CameAs(StrEnum):
    """How it came."""

    FAX = "fax"
    PAPER = "paper"
    VOICEMAIL = "voicemail"


CAME_AS_WORDS = {
    CameAs.FAX: term("Fax"),
    CameAs.PAPER: term("Paper, scanned"),
    CameAs.VOICEMAIL: term("Voicemail"),
}


class Route(StrEnum):
    """Who has to see to it: a provider signs, the others act."""

    SIGN = "sign"
    NURSE = "nurse"
    MA = "ma"
    DESK = "desk"


ROUTE_WORDS = {
    Route.SIGN: term("A provider, to sign"),
    Route.NURSE: term("The nurses"),
    Route.MA: term("The MAs"),
    Route.DESK: term("The front desk"),
}


class Stage(StrEnum):
    """Where a paper stands. The last three are its ends."""

    MATCH = "match"
    NAME = "name"
    SIGN = "sign"
    ACT = "act"
    FILED = "filed"
    DROPPED = "dropped"
    MOVED = "moved"


ENDS = frozenset({Stage.FILED, Stage.DROPPED, Stage.MOVED})


class NotTaken(ValueError):
    """What was sent cannot be kept as a paper; `reason` is a sentence for the person."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NotPossible(ValueError):
    """The paper does not stand where this can be done; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Content:
    """A file that may be kept: its bytes and the type that they have, whatever anybody said they are."""

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper. `patient` is `Patient/…`, empty while nobody has said whose it is; `site` a Location's id.

    `digest` names the kept file (SHA-256, hexadecimal); a trace of what was moved away has none. `route` is who sees
    to it, `to` the provider (`Practitioner/…`) who signs. `why` is the reason of a move or of an end without filing.
    """

    came_as: CameAs
    came_at: datetime
    content_type: str
    size: int = 0
    digest: str = ""
    id: str = ""
    site: str = ""
    patient: str = ""
    type: Coding | None = None
    type_words: str = ""
    title: str = ""
    route: Route | None = None
    to: str = ""
    by_mistake: bool = False
    final: bool = False
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""
    why: str = ""
    moved_here: str = ""
    moved_away: bool = False
    version: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.came_at.tzinfo is None:
            raise ValueError("A paper comes in at an instant with a time zone.")
        if self.route is Route.SIGN and not self.to:
            raise ValueError("A paper that is to be signed names its provider.")

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.by_mistake:
            return Stage.MOVED if self.moved_away else Stage.DROPPED
        if self.final:
            return Stage.FILED
        if not self.patient:
            return Stage.MATCH
        if self.route is None:
            return Stage.NAME
        return Stage.SIGN if self.route is Route.SIGN else Stage.ACT
