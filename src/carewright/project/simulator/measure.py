"""The numbers that a medical assistant would read off: growth for children, a steady self for adults, pulses by age."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from carewright.project.simulator import growth
from carewright.project.simulator.growth_table import HEAD_CM, HEIGHT_CM, WEIGHT_KG
from carewright.project.simulator.model import Person, VitalSigns
from carewright.project.simulator.seeds import stream

DAYS_PER_YEAR = 365.25
ADULT_DAYS = 20 * DAYS_PER_YEAR
LYING_UNTIL_DAYS = 730  # length lying below 24 months, stature standing from then (CDC 2000)
HEAD_UNTIL_DAYS = 730  # head circumference at well visits to 24 months (Bright Futures periodicity schedule)
PRESSURE_FROM_DAYS = 3 * 365  # blood pressure at every visit from 3 years (AAP 2017, doi:10.1542/peds.2017-1904)

# Medians for age. Source: Fleming et al. 2011, Lancet 377:1011, doi:10.1016/S0140-6736(10)62226-X.
_RATES = (
    (0.0, 135, 44),
    (0.25, 141, 41),
    (0.5, 135, 40),
    (0.75, 129, 38),
    (1.0, 124, 36),
    (1.5, 118, 32),
    (2.0, 112, 28),
    (3.0, 105, 25),
    (4.0, 98, 24),
    (6.0, 91, 21),
    (8.0, 85, 20),
    (12.0, 79, 18),
    (15.0, 74, 16),
    (18.0, 72, 16),
)
"""Age in years from which the row holds, heart rate in beats/min, breaths in breaths/min."""

# 50th percentile at the 50th height percentile, ages 1 to 17. Source: Flynn et al. 2017, Pediatrics 140(3):e20171904,
# tables 4 and 5.
_CHILD_PRESSURE = {
    "male": ((86, 41), (89, 44), (90, 47), (92, 50), (94, 53), (95, 56), (97, 58), (98, 59), (99, 60), (100, 62),
             (102, 63), (104, 62), (108, 62), (111, 64), (113, 65), (115, 67), (117, 68)),
    "female": ((86, 43), (89, 48), (90, 50), (92, 53), (93, 55), (94, 56), (95, 57), (97, 59), (98, 60), (99, 60),
               (102, 61), (105, 62), (107, 64), (108, 65), (108, 65), (109, 66), (110, 66)),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Body:
    """What stays with somebody from visit to visit: z for height, weight and head, an adult's BMI, a usual pressure."""

    height_z: float
    weight_z: float
    head_z: float
    bmi: float
    yearly_gain: float
    systolic_shift: float
    pulse_shift: float


def body(seed: int, person: Person) -> Body:
    rng = stream(seed, "body", person.id)
    height_z = rng.gauss(0, 0.8)
    heavy = person.has("obesity")
    return Body(
        height_z=height_z,
        weight_z=max(-2.0, min(2.2, 0.55 * height_z + rng.gauss(0, 0.65) + (1.2 if heavy else 0))),
        head_z=rng.gauss(0, 0.7),
        bmi=rng.gauss(35, 2.5) if heavy else max(18.6, min(29.8, rng.gauss(25.5, 2.8))),
        yearly_gain=rng.gauss(0.003, 0.006),
        systolic_shift=rng.gauss(0, 6) + (16 if person.has("hypertension") else 0),
        pulse_shift=rng.gauss(0, 0.06),
    )


def vital_signs(
    seed: int, person: Person, *, at: date, today: date, occasion: str, fever: bool = False, brief: bool = False
) -> VitalSigns:
    """What is measured on `at`. `occasion` names the draw; `brief` leaves out the height (a short or sick visit)."""
    rng, own, days = stream(seed, "vitals", person.id, occasion), body(seed, person), person.age_days(at)
    years = days / DAYS_PER_YEAR
    height = _height_cm(person, own, days)
    temperature = min(39.7, rng.gauss(38.8, 0.4)) if fever else rng.gauss(36.8, 0.2)
    pulse, breaths = _rates(years)
    warm = max(0.0, temperature - 37.2)
    pressure = _pressure(person, own, years, rng) if days >= PRESSURE_FROM_DAYS else (None, None)
    measured = not brief or days < ADULT_DAYS / 4
    return VitalSigns(
        weight_kg=_decimal(_weight_kg(person, own, at=at, today=today, rng=rng), "0.01" if days < 730 else "0.1"),
        height_cm=_decimal(height + rng.gauss(0, 0.15), "0.1") if measured else None,
        lying=days < LYING_UNTIL_DAYS,
        head_cm=_decimal(_head_cm(person, own, days), "0.1") if days < HEAD_UNTIL_DAYS and not fever else None,
        temperature_c=_decimal(max(36.1, temperature), "0.1"),
        # About ten beats for each degree of fever in a child (Davies and Maconochie 2009, Emerg Med J 26:641).
        pulse_bpm=round(pulse * (1 + own.pulse_shift) + warm * 10 + rng.gauss(0, 3)),
        respirations_bpm=max(12, round(breaths + warm * 2 + rng.gauss(0, 1.2))),
        systolic_mmhg=pressure[0],
        diastolic_mmhg=pressure[1],
        spo2_percent=_spo2(person, rng),
    )


def _decimal(value: float, step: str) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(step))


def _spo2(person: Person, rng: Random) -> int:
    return rng.choice((92, 93, 94, 95)) if person.has("copd") else rng.choice((97, 98, 98, 99, 99, 100))


def _rates(years: float) -> tuple[int, int]:
    _, pulse, breaths = _RATES[bisect_right(_RATES, years, key=lambda row: row[0]) - 1]
    return pulse, breaths


def _height_cm(person: Person, own: Body, days: int) -> float:
    height = growth.reference(HEIGHT_CM[person.sex], age_days=days, z=own.height_z)
    # Older people lose about half a centimetre in five years from 60 on (Sorkin et al. 1999, Am J Epidemiol 150:969).
    return height - max(0.0, days / DAYS_PER_YEAR - 60) * 0.1


def _head_cm(person: Person, own: Body, days: int) -> float:
    return growth.reference(HEAD_CM[person.sex], age_days=days, z=own.head_z)


def _weight_kg(person: Person, own: Body, *, at: date, today: date, rng: Random) -> float:
    days = person.age_days(at)
    scale = 1 + rng.gauss(0, 0.002)
    if days < ADULT_DAYS:
        line = growth.reference(WEIGHT_KG[person.sex], age_days=days, z=own.weight_z)
        return line * growth.newborn_share(days) * scale
    kilograms = own.bmi * (_height_cm(person, own, days) / 100) ** 2
    kilograms *= 1 - own.yearly_gain * (today - at).days / DAYS_PER_YEAR
    return (kilograms + _pregnancy_kg(person, at=at, today=today)) * (scale + rng.gauss(0, 0.006))


def _pregnancy_kg(person: Person, *, at: date, today: date) -> float:
    """Weight gained since the pregnancy began: 2 kg in the first 13 weeks, then 0.42 kg a week.

    Source: Institute of Medicine 2009, Weight Gain During Pregnancy, doi:10.17226/12584 (normal weight before).
    """
    if person.pregnant_days is None:
        return 0.0
    weeks = (person.pregnant_days - (today - at).days) / 7
    return max(0.0, min(weeks, 13) * 2 / 13 + max(0.0, weeks - 13) * 0.42)


def _pressure(person: Person, own: Body, years: float, rng: Random) -> tuple[int, int]:
    """Systolic and diastolic in mmHg; one reading has about 4 mmHg of noise, and both numbers share it."""
    noise = rng.gauss(0, 4)
    if years < 18:
        systolic, diastolic = _CHILD_PRESSURE[person.sex][min(int(years), 17) - 1]
        # A well child stays above the lowest pressure for age (90 mmHg at ten years, where the median is 100).
        shift = max(-8.0, own.systolic_shift * 0.6 + noise)
    else:
        systolic, diastolic = (116 if person.sex == "female" else 120) + round(max(0.0, years - 30) * 0.3), 74
        shift = own.systolic_shift + noise
    return round(systolic + shift), max(38, round(diastolic + shift * 0.45 + rng.gauss(0, 2)))
