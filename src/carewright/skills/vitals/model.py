"""Vital signs as values: what was typed, kept exactly; the reading it belongs to; and what the rules say of it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from carewright.core.sentences import Sentence, counted, sentence, term
from carewright.core.terminology.coding import Coding
from carewright.core.work.tasks import VITAL_SIGN
from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import Unit


class Kind(StrEnum):
    """A vital sign on the screen; LENGTH is a height taken lying down."""

    WEIGHT = "weight"
    HEIGHT = "height"
    LENGTH = "length"
    HEAD = "head-circumference"
    TEMPERATURE = "temperature"
    HEART_RATE = "heart-rate"
    RESPIRATORY_RATE = "respiratory-rate"
    SPO2 = "spo2"
    BLOOD_PRESSURE = "blood-pressure"
    BMI = "bmi"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """How a kind is named, coded and typed. The first unit is what the field offers until a site chooses another."""

    words: str
    codings: tuple[Coding, ...]
    units: tuple[Unit, ...]


DEFINITIONS: dict[Kind, Definition] = {
    Kind.WEIGHT: Definition(
        words=term("Weight"), codings=(codes.WEIGHT,), units=(codes.KG, codes.LB, codes.LB_OZ, codes.G)
    ),
    Kind.HEIGHT: Definition(words=term("Height"), codings=(codes.HEIGHT,), units=(codes.CM, codes.IN, codes.FT_IN)),
    Kind.LENGTH: Definition(words=term("Length"), codings=(codes.HEIGHT, codes.LENGTH), units=(codes.CM, codes.IN)),
    Kind.HEAD: Definition(words=term("Head circumference"), codings=(codes.HEAD,), units=(codes.CM, codes.IN)),
    Kind.TEMPERATURE: Definition(
        words=term("Temperature"), codings=(codes.TEMPERATURE,), units=(codes.CEL, codes.DEG_F)
    ),
    Kind.HEART_RATE: Definition(words=term("Pulse"), codings=(codes.HEART_RATE,), units=(codes.PER_MINUTE,)),
    Kind.RESPIRATORY_RATE: Definition(
        words=term("Breathing rate"), codings=(codes.RESPIRATORY_RATE,), units=(codes.PER_MINUTE,)
    ),
    Kind.SPO2: Definition(
        words=term("SpO₂"), codings=(codes.PULSE_OXIMETRY, codes.OXYGEN_SATURATION), units=(codes.PERCENT,)
    ),
    Kind.BLOOD_PRESSURE: Definition(words=term("Blood pressure"), codings=(codes.BP_PANEL,), units=(codes.MMHG,)),
    Kind.BMI: Definition(words=term("BMI"), codings=(codes.BMI,), units=(codes.KG_M2,)),
}  # fmt: skip


def sign_of(kind: Kind) -> Coding:
    """Our own name of a sign, for records that only speak of a reading."""
    return Coding(VITAL_SIGN, kind.value, DEFINITIONS[kind].words)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number as it was typed. `minor` is the smaller part of a two-part unit: oz of lb + oz, in of ft + in."""

    amount: Decimal
    unit: Unit
    minor: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.minor is not None) != bool(self.unit.minor_per_major):
            raise ValueError(f"{self.unit.words} is typed {'in two parts' if self.minor is None else 'in one part'}.")

    @property
    def total(self) -> Decimal:
        """The one number for the chart, in `unit.ucum`; exact, because a sixteenth ends in decimals."""
        if self.minor is None:
            return self.amount
        if self.unit.total_in_minor:
            return self.amount * self.unit.minor_per_major + self.minor
        return self.amount + self.minor / self.unit.minor_per_major

    @property
    def shown(self) -> str:
        """As typed: "72.50 kg", "8 lb 3 oz"."""
        major = f"{self.amount:f} {self.unit.words}"
        return major if self.minor is None else f"{major} {self.minor:f} {self.unit.minor_words}"


class CouldNot(StrEnum):
    """Why there is no number; the words behind "Couldn't get it:" on the screen."""

    REFUSED = "refused"
    CRYING = "crying"
    EQUIPMENT = "equipment"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One Observation. Either `value` (with `diastolic` for a blood pressure) or `could_not` is there.

    A blood pressure felt at the wrist has no diastolic. `site` and `method` are words ("Left arm", "rectal").
    `looked_again`: it was out of the ordinary, and whoever took it looked again and says that it is right.
    """

    kind: Kind
    at: datetime
    patient: str
    value: Measured | None = None
    diastolic: Measured | None = None
    could_not: CouldNot | None = None
    could_not_words: str = ""
    encounter: str | None = None
    performer: str | None = None
    site: str = ""
    method: str = ""
    looked_again: bool = False
    id: str = ""
    status: str = "final"

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("A reading is taken at an instant with a time zone.")
        if (self.value is None) == (self.could_not is None):
            raise ValueError("A reading has a value, or a reason why there is none.")
        if self.diastolic is not None and self.kind is not Kind.BLOOD_PRESSURE:
            raise ValueError("Only a blood pressure has a diastolic value.")

    @property
    def shown(self) -> str:
        """What the screen shows: "118/76 mmHg", "8 lb 3 oz", "Couldn't get it: crying"."""
        if self.value is None:
            return f"Couldn't get it: {self.could_not_words or self.could_not}"
        if self.kind is not Kind.BLOOD_PRESSURE:
            return self.value.shown
        lower = f"{self.diastolic.amount:f}" if self.diastolic else "–"
        return f"{self.value.amount:f}/{lower} {self.value.unit.words}"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom the ranges are for. `sex` is Patient.gender; anything but male and female takes the stricter limit."""

    birth_date: date
    sex: str = "unknown"


@dataclass(frozen=True, kw_only=True)
class Age:
    """An age in completed days, months and years (each counted whole from birth)."""

    days: int
    months: int
    years: int

    @classmethod
    def of(cls, birth_date: date, *, on: date) -> "Age":
        """ValueError before birth."""
        if on < birth_date:
            raise ValueError("A reading cannot be older than the patient.")
        months = (on.year - birth_date.year) * 12 + on.month - birth_date.month - (on.day < birth_date.day)
        return cls(days=(on - birth_date).days, months=months, years=months // 12)

    @property
    def words(self) -> Sentence:
        if self.days < 60:
            return counted("%(count)s day", "%(count)s days", self.days)
        if self.months < 24:
            return counted("%(count)s mo", "%(count)s mo", self.months)
        return sentence("%(years)s y", years=self.years)


class Level(StrEnum):
    """What a finding asks of the MA. Only IMPOSSIBLE cannot be saved as a number; nothing else ever blocks."""

    IN_RANGE = "in-range"
    WARN = "warn"
    CRITICAL = "critical"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A button beside a finding. `replacement` is what "use-instead" would put into the field."""

    does: Literal["measure-again", "it-is-right", "use-instead", "tell"]
    words: Sentence
    replacement: Measured | None = None
    replacement_diastolic: Measured | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule says of a reading, for the screen; `source` names where the limit comes from."""

    kind: Kind
    level: Level
    text: Sentence
    actions: tuple[Suggestion, ...] = ()
    source: str = ""
