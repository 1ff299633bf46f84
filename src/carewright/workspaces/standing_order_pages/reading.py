"""What the pages show of standing orders: how each stands, as icon, words and tint; grouped by what is to be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext, gettext_noop

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.sentences import Sentence
from carewright.shell.components import Level
from carewright.skills.standing_orders import rules
from carewright.skills.standing_orders.model import Standing, StandingOrder

LOOKS: Mapping[Standing, tuple[str, Level]] = {
    Standing.WAITS: ("pen-line", Level.WARN),
    Standing.LATER: ("calendar-clock", Level.INFO),
    Standing.IN_FORCE: ("check", Level.OK),
    Standing.ENDING: ("alarm-clock", Level.WARN),
    Standing.ENDED: ("calendar-x", Level.CRITICAL),
    Standing.RETIRED: ("circle-off", Level.PLAIN),
}
GROUPS: tuple[tuple[str, frozenset[Standing]], ...] = (
    (gettext_noop("Waits for a signature"), frozenset({Standing.WAITS})),
    (gettext_noop("Ends soon, or has ended"), frozenset({Standing.ENDING, Standing.ENDED})),
    (gettext_noop("In force"), frozenset({Standing.IN_FORCE, Standing.LATER})),
    (gettext_noop("No longer used"), frozenset({Standing.RETIRED})),
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A standing order as it stands today. `mine`: it waits for the signature of whoever looks."""

    order: StandingOrder
    standing: Standing
    words: Sentence
    mine: bool

    @property
    def look(self) -> tuple[str, Level]:
        return LOOKS[self.standing]

    @property
    def called(self) -> Sentence:
        return rules.called(self.order)

    @property
    def under(self) -> Sentence:
        return rules.under(self.order)

    @property
    def is_over(self) -> bool:
        return self.standing in (Standing.RETIRED, Standing.ENDED)

    @property
    def roles(self) -> str:
        return ", ".join(gettext(ROLE_WORDS[role]) for role in Role if role in self.order.roles)


def line_of(order: StandingOrder, *, on: date, me: str) -> Line:
    standing = rules.standing(order, on)
    mine = standing is Standing.WAITS and order.signer == me
    return Line(order=order, standing=standing, words=rules.standing_words(order, on), mine=mine)


def groups(orders: Iterable[StandingOrder], *, on: date, me: str) -> list[tuple[str, list[Line]]]:
    """The groups that hold something; within one, what waits for this person first."""
    lines = [line_of(order, on=on, me=me) for order in orders]
    found = [(words, [line for line in lines if line.standing in which]) for words, which in GROUPS]
    return [(gettext(words), sorted(held, key=lambda line: not line.mine)) for words, held in found if held]
