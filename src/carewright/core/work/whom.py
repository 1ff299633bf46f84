"""Whom a protocol, a task of it or a standing order is for, as data: age, sex, problems, new to the practice.

A small declared set, so that a manager can write it, a page can say it and FHIR can carry it (UsageContext):
https://hl7.org/fhir/R4/metadatatypes.html#UsageContext
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from carewright.core.fhir.model import Resource
from carewright.core.sentences import Sentence, counted, joined, named, sentence, term
from carewright.core.terminology.coding import ICD10CM, UCUM, Coding

USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
ADMINISTRATIVE_GENDER = "http://hl7.org/fhir/administrative-gender"
AGE, GENDER, PROBLEM = Coding(USAGE, "age"), Coding(USAGE, "gender"), Coding(USAGE, "focus")
OLDEST = {"days": 1000, "weeks": 520, "months": 600, "years": 130}
"""The longest that an age may be written as, by unit."""
_AGE = re.compile(r"(\d{1,4}) (day|week|month|year)s?", re.ASCII)
_PROBLEM = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII)


class AgeUnit(StrEnum):
    """The units of an age; the value is the word in a file."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


UCUM_UNITS: Mapping[AgeUnit, str] = {
    AgeUnit.DAYS: "d",
    AgeUnit.WEEKS: "wk",
    AgeUnit.MONTHS: "mo",
    AgeUnit.YEARS: "a",
}
SEX_WORDS: Mapping[str, str] = {"female": term("women and girls"), "male": term("men and boys")}


@dataclass(frozen=True)
class Age:
    """An age that somebody reaches on a day: so many whole days, weeks, months or years after birth."""

    count: int
    unit: AgeUnit

    def __post_init__(self) -> None:
        if not 0 <= self.count <= OLDEST[self.unit.value]:
            raise ValueError(f"An age is at most {OLDEST[self.unit.value]} {self.unit.value}.")

    @classmethod
    def read(cls, text: str) -> "Age":
        """`15 months`, `1 year`; ValueError for anything else."""
        found = _AGE.fullmatch(text)
        if not found:
            raise ValueError("An age is written 12 days, 6 weeks, 15 months or 18 years.")
        return cls(int(found[1]), AgeUnit(f"{found[2]}s"))

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value if self.count != 1 else self.unit.value.removesuffix('s')}"

    @property
    def words(self) -> Sentence:
        match self.unit:
            case AgeUnit.DAYS:
                return counted("%(count)s day", "%(count)s days", self.count)
            case AgeUnit.WEEKS:
                return counted("%(count)s week", "%(count)s weeks", self.count)
            case AgeUnit.MONTHS:
                return counted("%(count)s month", "%(count)s months", self.count)
            case _:
                return counted("%(count)s year", "%(count)s years", self.count)

    def reached_on(self, born: date) -> date:
        """The day on which somebody born then is that old; a month or year that lacks the day ends on its last."""
        if self.unit in (AgeUnit.DAYS, AgeUnit.WEEKS):
            return born + timedelta(days=self.count * (7 if self.unit is AgeUnit.WEEKS else 1))
        months = self.count * (12 if self.unit is AgeUnit.YEARS else 1) + born.month - 1
        year, month = born.year + months // 12, months % 12 + 1
        return date(year, month, min(born.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a patient, as far as conditions ask for it. None: not known."""

    born: date | None = None
    sex: str | None = None
    problems: frozenset[str] | None = None
    """ICD-10-CM codes of what is active."""
    is_new: bool | None = None
    """Whether the practice has not seen this person before."""


@dataclass(frozen=True, kw_only=True)
class Whom:
    """A condition: every part that is given must hold. `age_from` counts in, `age_below` counts out.

    `problems` are ICD-10-CM categories or codes: one of them, or a code below it, among the active ones is enough.
    """

    age_from: Age | None = None
    age_below: Age | None = None
    sex: str = ""
    problems: tuple[str, ...] = ()
    is_new: bool | None = None

    def __post_init__(self) -> None:
        if self.sex and self.sex not in SEX_WORDS:
            raise ValueError("Sex is written female or male.")
        for problem in self.problems:
            if not _PROBLEM.fullmatch(problem):
                raise ValueError(f"A problem is an ICD-10-CM code such as E11 or I10; got {problem}.")
        if self.age_from and self.age_below:
            leap = date(2000, 1, 1)
            if self.age_from.reached_on(leap) >= self.age_below.reached_on(leap):
                raise ValueError("Nobody is of an age that ends before it begins.")

    @property
    def is_everybody(self) -> bool:
        return self == EVERYBODY

    def holds(self, facts: Facts, *, on: date) -> bool | None:
        """Whether it holds on that day; None where something is not known and nothing else speaks against it."""
        parts = list(self._parts(facts, on))
        return False if False in parts else None if None in parts else True

    def _parts(self, facts: Facts, on: date) -> Iterable[bool | None]:
        if self.age_from:
            yield None if facts.born is None else self.age_from.reached_on(facts.born) <= on
        if self.age_below:
            yield None if facts.born is None else on < self.age_below.reached_on(facts.born)
        if self.sex:
            yield None if facts.sex not in SEX_WORDS else facts.sex == self.sex
        if self.problems:
            known = facts.problems
            yield None if known is None else any(code.startswith(self.problems) for code in known)
        if self.is_new is not None:
            yield None if facts.is_new is None else facts.is_new == self.is_new

    @property
    def words(self) -> Sentence:
        """For a page: `18 years and older, women and girls`; everybody where nothing is asked."""
        found: list[Sentence] = []
        since = self.age_from if self.age_from and self.age_from.count else None
        if since and self.age_below:
            found.append(sentence("%(first)s to below %(last)s", first=since.words, last=self.age_below.words))
        elif since:
            found.append(sentence("%(age)s and older", age=since.words))
        elif self.age_below:
            found.append(sentence("below %(age)s", age=self.age_below.words))
        if self.sex:
            found.append(named(SEX_WORDS[self.sex]))
        if self.problems:
            found.append(sentence("with one of these problems: %(codes)s", codes=", ".join(self.problems)))
        if self.is_new is not None:
            found.append(sentence("new here") if self.is_new else sentence("seen here before"))
        return joined(*found, by=", ") if found else sentence("everybody")

    @property
    def text(self) -> str:
        """The condition in one line, `age_from 18 years; sex female`, for a column or an expression; empty for none."""
        parts = {
            "age_from": self.age_from,
            "age_below": self.age_below,
            "sex": self.sex,
            "problems": " ".join(self.problems),
            "new_patient": {True: "yes", False: "no"}.get(self.is_new, "") if self.is_new is not None else "",
        }
        return "; ".join(f"{name} {value}" for name, value in parts.items() if value)

    @classmethod
    def read(cls, text: str) -> "Whom":
        """What `text` wrote; ValueError for anything else."""
        parts = dict(part.split(" ", 1) for part in text.split("; ")) if text else {}
        unknown = parts.keys() - {"age_from", "age_below", "sex", "problems", "new_patient"}
        if unknown:
            raise ValueError(f"Not a condition: {', '.join(sorted(unknown))}.")
        return cls(
            age_from=Age.read(parts["age_from"]) if "age_from" in parts else None,
            age_below=Age.read(parts["age_below"]) if "age_below" in parts else None,
            sex=parts.get("sex", ""),
            problems=tuple(parts["problems"].split()) if "problems" in parts else (),
            is_new=parts["new_patient"] == "yes" if "new_patient" in parts else None,
        )


EVERYBODY = Whom()
"""No condition."""


def to_use_contexts(whom: Whom) -> list[Resource]:
    """The condition as FHIR's useContext: age, gender, focus; whether somebody is new has no place there."""
    found: list[Resource] = []
    ages = {"low": whom.age_from, "high": whom.age_below}
    given = {name: _quantity(age) for name, age in ages.items() if age}
    if given:
        found.append({"code": AGE.to_fhir(), "valueRange": given})
    if whom.sex:
        concept = Coding(ADMINISTRATIVE_GENDER, whom.sex).concept()
        found.append({"code": GENDER.to_fhir(), "valueCodeableConcept": concept})
    concepts = (Coding(ICD10CM, problem).concept() for problem in whom.problems)
    return [*found, *({"code": PROBLEM.to_fhir(), "valueCodeableConcept": concept} for concept in concepts)]


def from_use_contexts(contexts: Iterable[Resource]) -> Whom:
    """The condition of useContext entries; ValueError where one of ours cannot be read."""
    ages: dict[str, Age] = {}
    sex, problems = "", []
    for context in contexts:
        code = (context.get("code", {}).get("system"), context.get("code", {}).get("code"))
        coding: Resource = next(iter(context.get("valueCodeableConcept", {}).get("coding", ())), {})
        if code == (USAGE, AGE.code):
            ages = {name: _age(value) for name, value in context.get("valueRange", {}).items()}
        elif code == (USAGE, GENDER.code):
            sex = str(coding.get("code", ""))
        elif code == (USAGE, PROBLEM.code) and coding.get("system") == ICD10CM:
            problems.append(str(coding.get("code", "")))
    return Whom(age_from=ages.get("low"), age_below=ages.get("high"), sex=sex, problems=tuple(problems))


def _quantity(age: Age) -> Resource:
    return {"value": age.count, "unit": age.unit.value, "system": UCUM, "code": UCUM_UNITS[age.unit]}


def _age(quantity: Resource) -> Age:
    units = {code: unit for unit, code in UCUM_UNITS.items()}
    code = quantity.get("code")
    if code not in units or int(quantity["value"]) != quantity["value"]:
        raise ValueError("An age is a whole number of days, weeks, months or years.")
    return Age(int(quantity["value"]), units[code])
