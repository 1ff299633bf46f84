"""Vital signs as they are typed: one row for each sign, in any order, in the unit of the device.

A row is up to four inputs: the number, the smaller part of lb + oz and ft + in, the unit, and why there is none; a
blood pressure has two numbers and the arm. What is typed with its unit ("150 lb", 5'4") is taken at its word.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carewright.core.sentences import sentence
from carewright.shell.fields import number_fault_words
from carewright.shell.forms import ContextForm
from carewright.shell.numbers import BadNumber, parse_decimal, parse_quantity
from carewright.shell.saying import say, term_words
from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import Unit
from carewright.skills.vitals.model import DEFINITIONS, Age, CouldNot, Kind, Measured, Reading
from carewright.skills.vitals.rules.typed import NotReadable, read

LYING_BELOW_MONTHS = 24
"""Length lying below two years, height standing from then on (WHO Child Growth Standards 2006, CDC growth charts)."""
HEAD_BELOW_MONTHS = 36
"""Head circumference is charted from birth to 36 months (CDC growth charts, https://www.cdc.gov/growthcharts/)."""
PRESSURE_FROM_YEARS = 3
"""Blood pressure is taken every year from three years on (AAP 2017, https://doi.org/10.1542/peds.2017-1904)."""

UNITS: Mapping[str, Unit] = {
    "kg": codes.KG, "lb": codes.LB, "lb_oz": codes.LB_OZ, "g": codes.G, "cm": codes.CM, "in": codes.IN,
    "ft_in": codes.FT_IN, "c": codes.CEL, "f": codes.DEG_F, "per_min": codes.PER_MINUTE, "percent": codes.PERCENT,
    "mmhg": codes.MMHG,
}  # fmt: skip
UNIT_KEYS: Mapping[Unit, str] = {unit: key for key, unit in UNITS.items()}
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "kg": ("kilo", "kilos"), "lb": ("lbs", "#"), "g": ("gr",), "cm": (), "in": ('"',), "c": ("°c", "cel"), "f": ("°f",),
    "per_min": ("/min",), "percent": ("%",), "mmhg": (),
}  # fmt: skip
COULD_NOT: tuple[tuple[str, str | Promise], ...] = (
    ("", _("Couldn't get it…")),
    (CouldNot.REFUSED.value, _("refused")),
    (CouldNot.CRYING.value, _("crying")),
    (CouldNot.EQUIPMENT.value, _("equipment")),
)
ARMS: tuple[tuple[str, str | Promise], ...] = (
    ("", _("which arm")),
    ("Left arm", _("Left arm")),
    ("Right arm", _("Right arm")),
)
HOW: tuple[tuple[str, str | Promise], ...] = (
    ("", _("where")),
    ("oral", _("mouth")),
    ("ear", _("ear")),
    ("forehead", _("forehead")),
    ("armpit", _("armpit")),
    ("rectal", _("rectal")),
)


def kind_words(kind: Kind) -> str:
    """The name of a sign in the reader's language."""
    return term_words(DEFINITIONS[kind].words)


def how_words(method: str) -> str:
    """Where a temperature was taken, in the reader's language; a method from elsewhere as it is, "" for none."""
    return str(dict(HOW).get(method, method)) if method else ""


def kinds_for(birth_date: date | None, *, on: date) -> tuple[Kind, ...]:
    """The signs that are offered at this age, in the order of the page."""
    age = Age.of(birth_date, on=on) if birth_date and birth_date <= on else None
    lying = age is not None and age.months < LYING_BELOW_MONTHS
    head = (Kind.HEAD,) if age is not None and age.months < HEAD_BELOW_MONTHS else ()
    size = (Kind.WEIGHT, Kind.LENGTH if lying else Kind.HEIGHT, *head)
    rest = (Kind.TEMPERATURE, Kind.HEART_RATE, Kind.RESPIRATORY_RATE, Kind.SPO2)
    pressure = (Kind.BLOOD_PRESSURE,)
    return (*size, *rest, *pressure) if age is None or age.years >= PRESSURE_FROM_YEARS else (*size, *rest)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Whose vital signs, at which visit, when, by whom: what a reading has besides the number."""

    patient: str
    encounter: str | None
    at: datetime
    performer: str | None = None


class VitalsForm(ContextForm):
    """The rows of `kinds`. After `is_valid()`, `readings` holds what was typed; empty rows are left out.

    `units` is the unit that each row offers first, by kind, as a key of UNITS.
    """

    def __init__(
        self, data: Any = None, *, kinds: Iterable[Kind], occasion: Occasion, units: Mapping[str, str], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.kinds, self.occasion = tuple(kinds), occasion
        self.readings: list[Reading] = []
        for kind in self.kinds:
            self._add_row(kind, unit=units.get(kind.value, ""))

    def clean(self) -> dict[str, Any]:
        self.readings = [reading for kind in self.kinds if (reading := self.reading(kind)) is not None]
        return super().clean()

    def reading(self, kind: Kind) -> Reading | None:
        """What was typed into one row, None where nothing was; its errors go beside the field."""
        why = self._text(f"{kind}-why")
        try:
            value, lower = self._pressure() if kind is Kind.BLOOD_PRESSURE else (self._measured(kind), None)
        except (NotReadable, BadNumber) as wrong:
            words = number_fault_words(wrong) if isinstance(wrong, BadNumber) else say(wrong.reason)
            self.add_error(kind.value, words)
            return None
        if value is None and not why:
            return None
        return Reading(
            kind=kind,
            value=value,
            diastolic=lower,
            could_not=CouldNot(why) if value is None else None,
            at=self.occasion.at,
            patient=self.occasion.patient,
            encounter=self.occasion.encounter,
            performer=self.occasion.performer,
            site=self._text(f"{kind}-arm"),
            method=self._text(f"{kind}-how"),
            looked_again=value is not None and self._text(f"{kind}-right") == "1",
        )

    def _measured(self, kind: Kind) -> Measured | None:
        text, minor = self._text(kind.value), self._text(f"{kind}-minor")
        unit = UNITS.get(self._text(f"{kind}-unit"), DEFINITIONS[kind].units[0])
        if not text and not (minor and unit.minor_per_major):
            return None
        if unit.minor_per_major:
            return read(_plain(text or "0"), unit, minor=_plain(minor) if minor else "")
        spellings = {UNIT_KEYS[u]: SPELLINGS[UNIT_KEYS[u]] for u in DEFINITIONS[kind].units if not u.minor_per_major}
        typed = parse_quantity(text, units=spellings, default=UNIT_KEYS[unit])
        return read(f"{typed.value:f}", UNITS[typed.unit])

    def _pressure(self) -> tuple[Measured | None, Measured | None]:
        """Both numbers; "118/76" typed into the first is taken apart."""
        upper, lower = self._text(Kind.BLOOD_PRESSURE.value), self._text(f"{Kind.BLOOD_PRESSURE}-lower")
        if "/" in upper and not lower:
            upper, _, lower = (part.strip() for part in upper.partition("/"))
        if not upper and lower:
            raise NotReadable(sentence("Write the upper number too."))
        if not upper:
            return None, None
        return read(_plain(upper), codes.MMHG), read(_plain(lower), codes.MMHG) if lower else None

    def _text(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "").strip()

    def _add_row(self, kind: Kind, *, unit: str) -> None:
        label, name = kind_words(kind), kind.value
        pressure = kind is Kind.BLOOD_PRESSURE
        self.fields[name] = _number(gettext("Upper (systolic)") if pressure else label)
        if pressure:
            self.fields[f"{name}-lower"] = _number(gettext("Lower (diastolic)"))
            self.fields[f"{name}-arm"] = _choice(gettext("%(sign)s: which arm") % {"sign": label}, ARMS)
        units = DEFINITIONS[kind].units
        if len(units) > 1:
            choices = tuple((UNIT_KEYS[u], _unit_words(u)) for u in units)
            self.fields[f"{name}-unit"] = _choice(gettext("%(sign)s: unit") % {"sign": label}, choices, first=unit)
        if any(u.minor_per_major for u in units):
            self.fields[f"{name}-minor"] = _number(gettext("%(sign)s: ounces or inches") % {"sign": label})
        if kind is Kind.TEMPERATURE:
            self.fields[f"{name}-how"] = _choice(gettext("%(sign)s: where") % {"sign": label}, HOW)
        self.fields[f"{name}-right"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.fields[f"{name}-why"] = _choice(gettext("%(sign)s: couldn't get it") % {"sign": label}, COULD_NOT)


def initial_of(reading: Reading) -> dict[str, str]:
    """What the row held when this reading was typed."""
    name, measured = reading.kind.value, reading.value
    if measured is None:
        return {f"{name}-why": str(reading.could_not)}
    found = {name: f"{measured.amount:f}", f"{name}-unit": UNIT_KEYS.get(measured.unit, "")}
    if measured.minor is not None:
        found[f"{name}-minor"] = f"{measured.minor:f}"
    if reading.diastolic is not None:
        found[f"{name}-lower"] = f"{reading.diastolic.amount:f}"
    return found | {f"{name}-arm": reading.site, f"{name}-how": reading.method}


def _plain(text: str) -> str:
    return f"{parse_decimal(text):f}"


def _unit_words(unit: Unit) -> str:
    return f"{unit.words} + {unit.minor_words}" if unit.minor_per_major else unit.words


def _number(label: str) -> forms.CharField:
    attributes = {"inputmode": "decimal", "autocomplete": "off", "maxlength": "20"}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attributes))


def _choice(label: str, choices: Iterable[tuple[str, str | Promise]], *, first: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=tuple(choices),
        initial=first,
        widget=forms.Select(attrs={"aria-label": label}),
    )


class TellForm(ContextForm):
    """Whom one told of a critical reading, and when (the site's time of day)."""

    whom = forms.ChoiceField(label=_("Whom did you tell?"))
    when = forms.TimeField(
        label=_("When?"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), input_formats=["%H:%M"]
    )

    def __init__(self, data: Any = None, *, people: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["whom"] = forms.ChoiceField(
            label=_("Whom did you tell?"), choices=[("", _("Choose")), *people], required=True
        )
        self.order_fields(["whom", "when"])
