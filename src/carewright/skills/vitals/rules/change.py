"""How far weight and length moved since the last time, and whether that is worth a second look (first form).

Adults: a change of 10 % of the weight within half a year is what BAPEN's MUST scores highest as unplanned loss
(https://www.bapen.org.uk/pdfs/must/must_full.pdf); a fall in height of 2 cm is what the ISCD takes as a reason to look
(https://iscd.org/official-positions-2023/). Children: growth up to one and a half times the median gain of the WHO
Child Growth Standards 2006 is expected (boys: 3.35 kg at birth, 6.37 at 3 months, 9.65 at 12, 12.15 at 24; 49.9 cm,
61.4, 75.7, 87.8), beyond a tolerance of 20 % of the weight and 2 cm of the length; a loss of 10 % is a second look.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from carewright.core.sentences import Sentence, sentence
from carewright.skills.vitals.model import Age, Kind, Reading
from carewright.skills.vitals.rules.typed import show, standard

ADULT_YEARS = 18
ADULT_WEIGHT_CHANGE = Decimal("0.10")
ADULT_WINDOW = timedelta(days=183)
ANY_WEIGHT_FACTOR = Decimal("1.8")
"""A factor that no window explains away: kg and lb differ by 2.2, and 1.8 lets a fifth of real change through."""
CHILD_WEIGHT_LOSS = Decimal("0.10")
CHILD_WEIGHT_TOLERANCE = Decimal("0.20")
CHILD_WEIGHT_PER_DAY = ((3, Decimal("0.015")), (12, Decimal("0.003")), (2400, Decimal("0.001")))
"""Up to which age in months, and the share of the last weight that a day may add (1.5 × the WHO median gain)."""
ADULT_HEIGHT_CM = Decimal(2)
CHILD_HEIGHT_TOLERANCE_CM = Decimal(2)
CHILD_HEIGHT_PER_DAY_CM = ((3, Decimal("0.19")), (12, Decimal("0.08")), (2400, Decimal("0.05")))

_SIZES = frozenset({Kind.WEIGHT, Kind.HEIGHT, Kind.LENGTH, Kind.HEAD})


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change worth a second look, in words, and where its limit comes from."""

    text: Sentence
    source: str


def size_change(reading: Reading, *, last: Reading, birth_date: date) -> Change | None:
    """The change of a weight or length since `last`, if it is more than expected; None otherwise or if not comparable.

    ValueError if `last` was taken after `reading` or before birth.
    """
    if reading.kind not in _SIZES or reading.value is None or last.value is None:
        return None
    now, before = standard(reading.value), standard(last.value)
    if now is None or before is None or before <= 0:
        return None
    if last.at > reading.at:
        raise ValueError("The last reading was taken before this one.")
    then = Age.of(birth_date, on=last.at.date())
    adult = then.years >= ADULT_YEARS
    days = Decimal((reading.at - last.at).days)
    if reading.kind is Kind.WEIGHT:
        odd, source = _weight_is_odd(now / before, days=days, then=then, adult=adult)
        percent = ((now / before - 1) * 100).quantize(Decimal(1), ROUND_HALF_UP)
        moved = f"{percent:+f}%".replace("-", "−")
    else:
        odd, source = _length_is_odd(now - before, days=days, then=then, adult=adult)
        moved = f"{(now - before).quantize(Decimal('0.1'), ROUND_HALF_UP):+f} cm".replace("-", "−")
    if not odd:
        return None
    text = sentence("%(change)s since %(last)s (%(age)s)", change=moved, last=show(last.value), age=then.words)
    return Change(text=text, source=source)


def _weight_is_odd(ratio: Decimal, *, days: Decimal, then: Age, adult: bool) -> tuple[bool, str]:
    if adult:
        soon = days <= ADULT_WINDOW.days
        odd = (soon and abs(ratio - 1) >= ADULT_WEIGHT_CHANGE) or not 1 / ANY_WEIGHT_FACTOR < ratio < ANY_WEIGHT_FACTOR
        return odd, "MUST"
    expected = 1 + CHILD_WEIGHT_TOLERANCE + days * _rate(CHILD_WEIGHT_PER_DAY, then)
    return ratio > expected or ratio <= 1 - CHILD_WEIGHT_LOSS, "WHO"


def _length_is_odd(difference_cm: Decimal, *, days: Decimal, then: Age, adult: bool) -> tuple[bool, str]:
    if adult:
        return abs(difference_cm) >= ADULT_HEIGHT_CM, "ISCD"
    expected = CHILD_HEIGHT_TOLERANCE_CM + days * _rate(CHILD_HEIGHT_PER_DAY_CM, then)
    return difference_cm > expected or difference_cm <= -CHILD_HEIGHT_TOLERANCE_CM, "WHO"


def _rate(table: tuple[tuple[int, Decimal], ...], age: Age) -> Decimal:
    return next(rate for upper, rate in table if age.months < upper)
