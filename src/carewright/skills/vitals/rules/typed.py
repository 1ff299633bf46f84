"""From what was typed to a number, and from one unit to another.

What is stored is what was typed. A conversion is only ever for a rule or for showing the other unit, in Decimal:
1 lb = 0.45359237 kg and 1 in = 2.54 cm exactly, °C = (°F − 32) × 5/9 (NIST Special Publication 811, appendix B,
https://www.nist.gov/pml/special-publication-811). Rules use the unrounded number; what is shown in the other unit is
rounded half up to the places in `_PLACES`.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from carewright.core.sentences import Sentence, sentence
from carewright.skills.vitals.codes import CEL, CM, DEG_F, IN, KG, KG_M2, LB, G, Unit
from carewright.skills.vitals.model import DEFINITIONS, Kind, Measured, Reading

KG_PER_LB = Decimal("0.45359237")
CM_PER_IN = Decimal("2.54")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,4})(\.\d{1,3})?", re.ASCII)
_PLACES = {
    KG: Decimal("0.1"), LB: Decimal("0.1"), CM: Decimal("0.1"), IN: Decimal("0.1"), CEL: Decimal("0.1"),
    DEG_F: Decimal("0.1"),
}  # fmt: skip
_LIGHT_KG = Decimal(10)
"""Below this weight kilograms are shown with two places: 100 g matter in an infant."""
_TYPED_PLACES = 3


class NotReadable(ValueError):
    """What was typed is no number in this unit. `reason` is for the screen; what was typed stays in the field."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def read(text: str, unit: Unit, *, minor: str = "") -> Measured:
    """The typed number. Surrounding blanks go; nothing else is changed. `minor` is the second part of lb + oz, ft + in.

    NotReadable for anything that is no plain decimal number: "7o", "1,5", "1e2", ".5", or more than three decimals.
    """
    amount = _number(text)
    if not unit.minor_per_major:
        return Measured(amount=amount, unit=unit)
    second = _number(minor or "0")
    if amount != amount.to_integral_value():
        whole = sentence("Write whole %(unit)s, and the rest in %(rest)s.", unit=unit.words, rest=unit.minor_words)
        raise NotReadable(whole)
    if not 0 <= second < unit.minor_per_major:
        under = sentence("%(unit)s goes from 0 to under %(end)s.", unit=unit.minor_words, end=unit.minor_per_major)
        raise NotReadable(under)
    return Measured(amount=amount, unit=unit, minor=second)


def _number(text: str) -> Decimal:
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        raise NotReadable(sentence("Write a number such as 72 or 72.5."))
    return Decimal(stripped)


def standard(measured: Measured) -> Decimal | None:
    """Unrounded in the unit of the rules: kg, cm, °C, and what has one unit only; None for a unit we do not know."""
    total, ucum = measured.total, measured.unit.ucum
    if ucum == LB.ucum:
        return total * KG_PER_LB
    if ucum == G.ucum:
        return total / 1000
    if ucum == IN.ucum:
        return total * CM_PER_IN
    if ucum == DEG_F.ucum:
        return (total - 32) * 5 / 9
    known = {unit.ucum for definition in DEFINITIONS.values() for unit in definition.units}
    return total if ucum in known else None


def in_other_unit(measured: Measured) -> str:
    """The same in the other system, rounded for the eye: "8.8 kg" for 19.4 lb; "" where there is no other unit."""
    value = standard(measured)
    if value is None:
        return ""
    if measured.unit.ucum in (LB.ucum, IN.ucum, DEG_F.ucum):
        return _rounded(value, {LB.ucum: KG, IN.ucum: CM, DEG_F.ucum: CEL}[measured.unit.ucum])
    if measured.unit in (KG, G):
        return _rounded(value / KG_PER_LB, LB)
    if measured.unit == CM:
        return _rounded(value / CM_PER_IN, IN)
    return _rounded(value * 9 / 5 + 32, DEG_F) if measured.unit == CEL else ""


def _rounded(value: Decimal, unit: Unit) -> str:
    places = Decimal("0.01") if unit == KG and value < _LIGHT_KG else _PLACES[unit]
    return f"{value.quantize(places, ROUND_HALF_UP):f} {unit.words}"


def show(measured: Measured) -> str:
    """As typed; a number from elsewhere with more than three decimals is shown with one."""
    exponent = measured.amount.as_tuple().exponent
    if measured.minor is None and isinstance(exponent, int) and -exponent > _TYPED_PLACES:
        return f"{measured.amount.quantize(Decimal('0.1'), ROUND_HALF_UP):f} {measured.unit.words}"
    return measured.shown


def reading_words(reading: Reading) -> str:
    """A reading as it is shown: as typed; a number from elsewhere with many decimals is rounded, a pressure to mmHg."""
    if reading.value is None or reading.kind is not Kind.BLOOD_PRESSURE:
        return show(reading.value) if reading.value is not None else reading.shown
    upper, lower = (_whole(measured) if measured else "–" for measured in (reading.value, reading.diastolic))
    return f"{upper}/{lower} {reading.value.unit.words}"


def _whole(measured: Measured) -> str:
    """As typed, or half up to a whole number where it has decimals: no cuff measures those."""
    return f"{measured.amount.quantize(Decimal(1), ROUND_HALF_UP):f}"


def bmi(weight: Measured, height: Measured) -> Measured | None:
    """kg/m², one decimal, half up (https://www.cdc.gov/bmi/about/index.html); None without a usable height."""
    weight_kg, height_cm = standard(weight), standard(height)
    if weight_kg is None or height_cm is None or height_cm <= 0 or weight_kg <= 0:
        return None
    value = weight_kg / (height_cm / 100) ** 2
    return Measured(amount=value.quantize(Decimal("0.1"), ROUND_HALF_UP), unit=KG_M2)


def retyped(measured: Measured, *, kind: Kind) -> Measured | None:
    """The same digits in the other system's unit, as a slip of the unit would have them; None where there is none."""
    other = {KG: LB, LB: KG, CM: IN, IN: CM, CEL: DEG_F, DEG_F: CEL}.get(measured.unit)
    if other is None or other not in DEFINITIONS[kind].units:
        return None
    return Measured(amount=measured.amount, unit=other)
