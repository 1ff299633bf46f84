"""What the refill table says of a request: every row with its reason. It never says yes; a prescriber does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from carewright.core.sentences import Sentence, counted, named, sentence, term
from carewright.skills.refills.codes import CLASS_WORDS, LAB_WORDS
from carewright.skills.refills.model import Outcome, Refill, Supply
from carewright.skills.refills.rules.table import Row, Table, medicine_key, rows_of, schedule_of

CHILDBEARING = (12, 55)
"""The years of age in which a woman is asked whether she may be pregnant: a target of the house."""


class Met(StrEnum):
    MET = "met"
    NOT_MET = "not-met"
    NOT_KNOWN = "not-known"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One medicine record of the chart: every name it gives, and whether the patient still takes it.

    `covered_until` is the last day that what was prescribed lasts, with its refills, where that is known.
    """

    reference: str
    names: str
    words: str
    dose: str = ""
    active: bool = True
    covered_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the chart says on `today`. `labs`: the latest day of each by name. Pressure: (day, systolic, diastolic)."""

    today: date
    born: date | None = None
    sex: str = ""
    last_visit: date | None = None
    labs: Mapping[str, date] = field(default_factory=dict)
    blood_pressure: tuple[date, float, float] | None = None
    listed: tuple[Listed, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row: whether it is met, and why. `asks`: the patient can answer it."""

    code: str
    met: Met
    words: Sentence
    asks: bool = False


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the table says: the outcome, every row, and the most it allows (None where it covers nothing)."""

    outcome: Outcome
    table: str
    rows: tuple[Finding, ...]
    supply: Supply | None = None
    schedule: str = ""

    @property
    def to_ask(self) -> tuple[Finding, ...]:
        """What the patient can still be asked."""
        return tuple(row for row in self.rows if row.asks and row.met is Met.NOT_KNOWN)


def check(refill: Refill, facts: Facts, table: Table) -> Checked:
    """Every row of the table for a request, and what follows. A controlled drug is told by its name alone."""
    mine = [one for one in facts.listed if one.reference == refill.on_file]
    names = " ; ".join([names_in(refill), *(one.names for one in mine)])
    schedule = schedule_of(table, names)
    classes = () if schedule else rows_of(table, refill.medicine, refill.coding)
    rows = (
        *_of_drug(classes, schedule),
        *_of_request(refill, facts, table),
        *(finding for row in classes for finding in _of_row(row, refill, facts)),
    )
    once = tuple({finding.code: finding for finding in reversed(rows)}.values())[::-1]
    if schedule:
        outcome, supply = Outcome.CONTROLLED, None
    elif not classes:
        outcome, supply = Outcome.NOT_ON_TABLE, None
    else:
        fits = all(finding.met is Met.MET for finding in once)
        outcome, supply = (Outcome.MEETS if fits else Outcome.DOES_NOT), _supply(classes, table, fits=fits)
    return Checked(outcome=outcome, table=table.version, rows=once, supply=supply, schedule=schedule)


def names_in(refill: Refill) -> str:
    """Every name that a request gives its medicine."""
    return f"{refill.medicine} {refill.coding.display if refill.coding else ''}".strip()


def _supply(classes: Iterable[Row], table: Table, *, fits: bool) -> Supply:
    """The most that every class allows; where a row is not met, no more than until the patient can be seen."""
    days = min(row.supply.days for row in classes)
    refills = min(row.supply.refills for row in classes)
    return Supply(days=days, refills=refills) if fits else Supply(days=min(days, table.bridge_days), refills=0)


def _of_drug(classes: tuple[Row, ...], schedule: str) -> Iterable[Finding]:
    if schedule:
        words = sentence("Controlled drug, schedule %(schedule)s: the prescriber prescribes it.", schedule=schedule)
        yield Finding(code="drug", met=Met.NOT_MET, words=words)
    elif not classes:
        words = sentence("The refill table does not cover this medicine.")
        yield Finding(code="drug", met=Met.NOT_MET, words=words)
    for row in classes:
        words = sentence("On the refill table: %(class)s.", **{"class": named(CLASS_WORDS[row.name])})
        yield Finding(code=f"drug-{row.name}", met=Met.MET, words=words)


def _of_request(refill: Refill, facts: Facts, table: Table) -> Iterable[Finding]:
    yield _on_list(refill, facts)
    yield _asked(
        "as-written", refill.said.as_written, yes=sentence("Taken as the label says."),
        no=sentence("Not taken as the label says."), unknown=sentence("Ask how it is taken."),
    )  # fmt: skip
    yield _asked(
        "well", refill.said.well, yes=sentence("No trouble with it."), no=sentence("The patient has trouble with it."),
        unknown=sentence("Ask about trouble with it."),
    )  # fmt: skip
    yield _early(refill, facts, table)


def _asked(code: str, answer: bool | None, *, yes: Sentence, no: Sentence, unknown: Sentence) -> Finding:
    if answer is None:
        return Finding(code=code, met=Met.NOT_KNOWN, words=unknown, asks=True)
    return Finding(code=code, met=Met.MET if answer else Met.NOT_MET, words=yes if answer else no)


def _on_list(refill: Refill, facts: Facts) -> Finding:
    """On the medicine list, and not stopped."""
    key = medicine_key(refill.medicine)
    same = [one for one in facts.listed if one.reference == refill.on_file or medicine_key(one.words) == key]
    if any(one.active for one in same):
        return Finding(code="listed", met=Met.MET, words=sentence("On the medicine list."))
    if same:
        return Finding(code="listed", met=Met.NOT_MET, words=sentence("Stopped on the medicine list."))
    return Finding(code="listed", met=Met.NOT_MET, words=sentence("Not on the medicine list."))


def _early(refill: Refill, facts: Facts, table: Table) -> Finding:
    """Too early: the patient has days left, or what was prescribed last still lasts."""
    key = medicine_key(refill.medicine)
    ends = [one.covered_until for one in facts.listed
            if one.covered_until and (one.reference == refill.on_file or medicine_key(one.words) == key)]  # fmt: skip
    last = max(ends, default=None)
    if last and last - facts.today > timedelta(days=table.early_days):
        words = sentence("Early: what was prescribed lasts until %(day)s.", day=_said(last))
        return Finding(code="early", met=Met.NOT_MET, words=words)
    left = refill.days_left
    if left is None:
        return Finding(code="early", met=Met.NOT_KNOWN, words=sentence("Ask how many days are left."), asks=True)
    if left > table.early_days:
        words = counted("Early: %(count)s day is left.", "Early: %(count)s days are left.", left)
        return Finding(code="early", met=Met.NOT_MET, words=words)
    return Finding(code="early", met=Met.MET, words=counted("%(count)s day left.", "%(count)s days left.", left))


def _of_row(row: Row, refill: Refill, facts: Facts) -> Iterable[Finding]:
    yield _within("visit", facts.last_visit, row.visit, facts.today, named(term("Visit")))
    for lab, months in row.labs.items():
        yield _within(f"lab-{lab}", facts.labs.get(lab), months, facts.today, named(LAB_WORDS[lab]))
    if row.blood_pressure:
        yield _pressure(row.blood_pressure, facts)
    if row.age:
        yield _age(row.age, facts)
    if row.not_pregnant:
        yield _pregnancy(refill, facts)


def _within(code: str, on: date | None, months: int, today: date, what: Sentence) -> Finding:
    if on is None:
        words = sentence("%(what)s: none in the chart.", what=what)
        return Finding(code=code, met=Met.NOT_KNOWN, words=words)
    if on < months_before(today, months):
        words = counted(
            "%(what)s: %(day)s, more than %(count)s month ago.", "%(what)s: %(day)s, more than %(count)s months ago.",
            months, what=what, day=_said(on),
        )  # fmt: skip
        return Finding(code=code, met=Met.NOT_MET, words=words)
    return Finding(code=code, met=Met.MET, words=sentence("%(what)s: %(day)s.", what=what, day=_said(on)))


def _pressure(asked: tuple[int, tuple[int, int], tuple[int, int]], facts: Facts) -> Finding:
    months, systolic, diastolic = asked
    what = named(term("Blood pressure"))
    if facts.blood_pressure is None:
        return _within("blood-pressure", None, months, facts.today, what)
    day, high, low = facts.blood_pressure
    found = _within("blood-pressure", day, months, facts.today, what)
    if found.met is not Met.MET:
        return found
    good = systolic[0] <= high <= systolic[1] and diastolic[0] <= low <= diastolic[1]
    reading = f"{high:g}/{low:g}"
    if good:
        words = sentence("Blood pressure %(reading)s on %(day)s.", reading=reading, day=_said(day))
    else:
        words = sentence("Blood pressure %(reading)s on %(day)s: out of range.", reading=reading, day=_said(day))
    return Finding(code="blood-pressure", met=Met.MET if good else Met.NOT_MET, words=words)


def _age(bounds: tuple[int, int], facts: Facts) -> Finding:
    low, high = bounds
    if facts.born is None:
        return Finding(code="age", met=Met.NOT_KNOWN, words=sentence("The birth date is not known."))
    years = years_on(facts.born, facts.today)
    if low <= years <= high:
        return Finding(code="age", met=Met.MET, words=sentence("Age %(years)s.", years=years))
    words = sentence("Age %(years)s: the table is for %(low)s to %(high)s.", years=years, low=low, high=high)
    return Finding(code="age", met=Met.NOT_MET, words=words)


def _pregnancy(refill: Refill, facts: Facts) -> Finding:
    years = years_on(facts.born, facts.today) if facts.born else None
    outside = years is not None and not CHILDBEARING[0] <= years <= CHILDBEARING[1]
    if refill.said.pregnant:
        return Finding(code="pregnant", met=Met.NOT_MET, words=sentence("Pregnant, or may be."))
    if refill.said.pregnant is False:
        return Finding(code="pregnant", met=Met.MET, words=sentence("Not pregnant, the patient says."))
    if facts.sex == "male" or outside:
        return Finding(code="pregnant", met=Met.MET, words=sentence("Pregnancy does not have to be asked."))
    return Finding(code="pregnant", met=Met.NOT_KNOWN, words=sentence("Ask about pregnancy."), asks=True)


def months_before(day: date, months: int) -> date:
    """The same day of the month, `months` earlier; the last of the month where that has no such day."""
    whole = day.year * 12 + day.month - 1 - months
    year, month = divmod(whole, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


def years_on(born: date, on: date) -> int:
    """Whole years of age."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _said(day: date) -> str:
    """A day as the screens say it: month/day/year."""
    return f"{day:%m/%d/%Y}"
