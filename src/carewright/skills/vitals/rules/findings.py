"""What the rules say of one reading, while it is typed: impossible, critical, worth a second look, or in range.

Nothing here blocks. An impossible number is explained and cannot be stored as a number; a critical one must be told to
somebody (whom and when hold "ready"); a warning offers buttons and keeps what was typed.
"""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from carewright.core.sentences import Sentence, joined, named, quoted, sentence
from carewright.skills.vitals.codes import DEG_F, IN, LB, MMHG
from carewright.skills.vitals.model import (
    DEFINITIONS,
    Age,
    Finding,
    Kind,
    Level,
    Measured,
    Reading,
    Subject,
    Suggestion,
)
from carewright.skills.vitals.rules import limits
from carewright.skills.vitals.rules.change import size_change
from carewright.skills.vitals.rules.typed import in_other_unit, retyped, standard

_COMPARED_AT = {Kind.TEMPERATURE: Decimal("0.1")} | dict.fromkeys(
    (Kind.HEART_RATE, Kind.RESPIRATORY_RATE, Kind.SPO2, Kind.BLOOD_PRESSURE), Decimal(1)
)
"""A reading is compared with a limit at the precision of the limit, half up: 100.3 °F is 37.9 °C and no fever."""

AGAIN = Suggestion(does="measure-again", words=sentence("Measure again"))
RIGHT = Suggestion(does="it-is-right", words=sentence("It is right"))
TELL = Suggestion(does="tell", words=sentence("Tell the provider"))
_ORDER = (Level.IMPOSSIBLE, Level.CRITICAL, Level.WARN, Level.IN_RANGE)


def check(reading: Reading, *, subject: Subject, last: Reading | None = None) -> tuple[Finding, ...]:
    """Findings about `reading`, worst first; never empty for a value we can judge, empty where there is no value.

    `last` is the patient's latest earlier reading of the same kind. ValueError for a reading from before birth.
    """
    if reading.value is None:
        return ()
    age = Age.of(subject.birth_date, on=reading.at.date())
    found = _impossible(reading, age=age, last=last)
    if not found:
        if reading.kind is Kind.BLOOD_PRESSURE:
            found = _pressure(reading, subject=subject, age=age)
        else:
            found = _single(reading, reading.value, subject=subject, age=age, last=last)
    if not found and _judged(reading, age, subject):
        found = [Finding(kind=reading.kind, level=Level.IN_RANGE, text=sentence("In range"))]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.level)))


def worst(findings: tuple[Finding, ...]) -> Level:
    """The worst level of `findings`; IN_RANGE where there are none."""
    return min((f.level for f in findings), key=_ORDER.index, default=Level.IN_RANGE)


class NotPossible(ValueError):
    """A number that no patient can have; `reason` says which and what to do."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def check_possible(reading: Reading) -> None:
    """NotPossible for a number that cannot be a measurement; nothing else is ever refused."""
    low, high = limits.possible(reading.kind)
    for measured in (reading.value, reading.diastolic):
        value = standard(measured) if measured is not None else None
        if measured is not None and value is not None and not low <= value <= high:
            raise NotPossible(_not_possible(measured))


def is_critical(reading: Reading, *, subject: Subject) -> bool:
    """Whether somebody must be told of this reading before the visit can be "ready"."""
    return worst(check(reading, subject=subject)) is Level.CRITICAL


def _judged(reading: Reading, age: Age, subject: Subject) -> bool:
    """Whether there is any limit for this kind at this age: without one, "in range" would be an empty promise."""
    if reading.value is None or standard(reading.value) is None:
        return False
    listed = any(x.kind is reading.kind and x.covers(age, x.part) for x in (*limits.CRITICAL, *limits.WARN))
    if reading.kind is Kind.BLOOD_PRESSURE and limits.screening_bp(subject.sex, age):
        return True
    return listed or limits.plausible_size(reading.kind, age) is not None


def _impossible(reading: Reading, *, age: Age, last: Reading | None) -> list[Finding]:
    low, high = limits.possible(reading.kind)
    for measured in (reading.value, reading.diastolic):
        value = standard(measured) if measured is not None else None
        if measured is None or value is None or low <= value <= high:
            continue
        slip = _slip(reading, measured, age=age, last=last)
        actions = (*((slip,) if slip else ()), AGAIN)
        return [Finding(kind=reading.kind, level=Level.IMPOSSIBLE, text=_not_possible(measured), actions=actions)]
    return []


def _not_possible(measured: Measured) -> Sentence:
    return sentence("%(shown)s is not possible. Look at the number and the unit.", shown=measured.shown)


def _single(reading: Reading, measured: Measured, *, subject: Subject, age: Age, last: Reading | None) -> list[Finding]:
    value = standard(measured)
    if value is None:
        return []
    found = [] if (ranged := _ranged(reading, value, age=age, limit_sets=_LIMITS)) is None else [ranged]
    found += _size(reading, measured, age=age, last=last)
    if last is not None and (change := size_change(reading, last=last, birth_date=subject.birth_date)):
        slip = _slip(reading, measured, age=age, last=last)
        text = sentence("%(change)s. Measure again, or confirm it is right.", change=change.text)
        actions = (AGAIN, RIGHT, *((slip,) if slip else ()))
        found.insert(0, Finding(kind=reading.kind, level=Level.WARN, text=text, actions=actions, source=change.source))
    return found


_LIMITS = ((Level.CRITICAL, limits.CRITICAL), (Level.WARN, limits.WARN))


def _ranged(
    reading: Reading, value: Decimal, *, age: Age, limit_sets: tuple[tuple[Level, tuple[limits.Limit, ...]], ...],
    part: str = "",
) -> Finding | None:  # fmt: skip
    compared = value.quantize(_COMPARED_AT[reading.kind], ROUND_HALF_UP) if reading.kind in _COMPARED_AT else value
    for level, table in limit_sets:
        limit = limits.crossed(table, reading.kind, value=compared, age=age, part=part)
        if limit is not None:
            high = limit.at_least is not None and compared >= limit.at_least
            return _finding(reading, level=level, high=high, age=age, part=part, source=limit.source)
    return None


def _finding(reading: Reading, *, level: Level, high: bool, age: Age, part: str, source: str) -> Finding:
    if level is Level.CRITICAL:
        text = _critical(reading, high=high, age=age, part=part)
        return Finding(kind=reading.kind, level=level, text=text, actions=(TELL, AGAIN), source=source)
    sign = _sign(reading.kind, part)
    if reading.kind is Kind.TEMPERATURE and high:
        text = sentence("Fever (38.0 °C or higher). Tell the provider before vaccines.")
    elif high:
        text = sentence("%(sign)s high for %(age)s. Measure again, or confirm it is right.", sign=sign, age=age.words)
    else:
        text = sentence("%(sign)s low for %(age)s. Measure again, or confirm it is right.", sign=sign, age=age.words)
    return Finding(kind=reading.kind, level=level, text=text, actions=(AGAIN, RIGHT), source=source)


def _critical(reading: Reading, *, high: bool, age: Age, part: str) -> Sentence:
    """What is said of a critical reading, and that it ends with whom was told, and when."""
    sign, shown = _sign(reading.kind, part), reading.shown
    if reading.kind is Kind.TEMPERATURE and high and age.days <= 60:
        what = sentence("Fever in a baby of %(age)s: %(shown)s.", age=age.words, shown=shown)
    elif high:
        what = sentence("%(sign)s very high for %(age)s: %(shown)s.", sign=sign, age=age.words, shown=shown)
    else:
        what = sentence("%(sign)s very low for %(age)s: %(shown)s.", sign=sign, age=age.words, shown=shown)
    return joined(what, sentence("Tell the provider now: whom, and when."))


def _sign(kind: Kind, part: str) -> Sentence:
    """The name of a sign; of a blood pressure, which of the two numbers."""
    if part == limits.SYS:
        return sentence("Blood pressure (systolic)")
    return sentence("Blood pressure (diastolic)") if part else named(DEFINITIONS[kind].words)


def _size(reading: Reading, measured: Measured, *, age: Age, last: Reading | None) -> list[Finding]:
    """Weight, length or head circumference that hardly occurs at this age."""
    bounds, value = limits.plausible_size(reading.kind, age), standard(measured)
    if bounds is None or value is None or bounds[0] <= value <= bounds[1]:
        return []
    slip = _slip(reading, measured, age=age, last=last)
    sign = named(DEFINITIONS[reading.kind].words)
    text = (
        sentence("%(sign)s hardly ever this low at %(age)s. Measure again, or confirm it is right.",
                 sign=sign, age=age.words)
        if value < bounds[0]
        else sentence("%(sign)s hardly ever this high at %(age)s. Measure again, or confirm it is right.",
                      sign=sign, age=age.words)
    )  # fmt: skip
    actions = (AGAIN, RIGHT, *((slip,) if slip else ()))
    return [Finding(kind=reading.kind, level=Level.WARN, text=text, actions=actions, source=bounds[2])]


def _slip(reading: Reading, measured: Measured, *, age: Age, last: Reading | None) -> Suggestion | None:
    """The same digits in the other unit, if that is believable: near the last value, or usual for the age."""
    other = retyped(measured, kind=reading.kind)
    value = standard(other) if other else None
    if other is None or value is None:
        return None
    low, high = limits.possible(reading.kind)
    bounds = limits.plausible_size(reading.kind, age)
    before = standard(last.value) if last and last.value else None
    if before:
        believable = NEAR[0] <= value / before <= NEAR[1]
    elif reading.kind is Kind.TEMPERATURE:
        believable = BODY_TEMPERATURE[0] <= value <= BODY_TEMPERATURE[1]
    else:
        believable = bounds is not None and bounds[0] <= value <= bounds[1]
    if not believable or not low <= value <= high:
        return None
    converted = in_other_unit(other)
    words = f"{other.shown} = {converted}" if other.unit in (LB, IN, DEG_F) else other.shown
    return Suggestion(does="use-instead", words=quoted(words), replacement=other)


NEAR = (Decimal("0.80"), Decimal("1.25"))
"""A suggested other unit is believable within a fifth of the last value; kg and lb (2.2) lie further apart."""
BODY_TEMPERATURE = (Decimal(33), Decimal(43))
"""°C; the scale of a clinical thermometer, wide enough for any patient who walks in."""


def _pressure(reading: Reading, *, subject: Subject, age: Age) -> list[Finding]:
    found: list[Finding] = []
    screening = limits.screening_bp(subject.sex, age) or ()
    tables = ((Level.CRITICAL, limits.CRITICAL), (Level.WARN, (*limits.WARN, *screening)))
    for part, measured in ((limits.SYS, reading.value), (limits.DIA, reading.diastolic)):
        value = standard(measured) if measured is not None else None
        finding = None if value is None else _ranged(reading, value, age=age, limit_sets=tables, part=part)
        if finding is not None:
            found.append(finding)
    if reading.value and reading.diastolic and reading.value.amount <= reading.diastolic.amount:
        found.insert(0, _order_of_numbers(reading.value, reading.diastolic))
    return found


def _order_of_numbers(upper: Measured, lower: Measured) -> Finding:
    text = sentence("The first number is not above the second. Look at the order.")
    actions: tuple[Suggestion, ...] = (AGAIN, RIGHT)
    if upper.amount < lower.amount:
        swapped = f"{lower.amount:f}/{upper.amount:f} {MMHG.words}"
        swap = Suggestion(does="use-instead", words=quoted(swapped), replacement=lower, replacement_diastolic=upper)
        actions = (AGAIN, swap, RIGHT)
    return Finding(kind=Kind.BLOOD_PRESSURE, level=Level.WARN, text=text, actions=actions)


def taken_before(reading: Reading, at: datetime) -> bool:
    """Whether a reading may serve as `last`: it counts, and it was taken earlier."""
    return reading.value is not None and reading.status != "entered-in-error" and reading.at < at
