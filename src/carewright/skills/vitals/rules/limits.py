"""The limits, each with its source. They are for asking again and for telling somebody, never for a diagnosis.

`at_most` and `at_least` are inclusive: a finding is made where value ≤ at_most or value ≥ at_least. Ages run from the
first number to below the second. Units: kg, cm, °C, /min, %, mmHg.

Sources
AAP-FEVER  Pantell et al., Pediatrics 2021;148(2):e2021052228, infants 8–60 days, 38.0 °C. doi:10.1542/peds.2021-052228
AAP-BP     Flynn et al., Pediatrics 2017;140(3):e20171904: screening table (90th percentile at the 5th height
           percentile); stage 2 from 140/90 at the latest under 13 years; from 13 years the adult steps
ACC-AHA    Whelton et al., Hypertension 2018;71:e13–e115: stage 2 from 140/90, crisis above 180 and/or 120
PALS       Pediatric Advanced Life Support 2015 tables as reproduced at https://www.pedscases.com/pediatric-vital-signs-reference-chart
           (awake heart rate, breathing rate, hypotension, SpO₂ below 92 % a cause of concern); SVT usually from 220/min
           in infants and 180/min in children, bradycardia below 60/min, breathing below 10 or above 60 at any age
NEWS2      Royal College of Physicians, National Early Warning Score 2, 2017: the single bands that score 3. No score
           is made of them here. https://www.rcp.ac.uk/improving-care/resources/national-early-warning-score-news-2/
BTS        British Thoracic Society oxygen guideline 2017: target 94–98 %. doi:10.1136/thoraxjnl-2016-209729
BRADY      2018 ACC/AHA/HRS bradycardia guideline: sinus bradycardia below 50/min. doi:10.1161/CIR.0000000000000628
WHO-COLD   WHO classes of newborn hypothermia: moderate below 36.0 °C (as used in https://pmc.ncbi.nlm.nih.gov/articles/PMC4546825)
HC-FEVER   AAP HealthyChildren.org, "Fever: When to Call the Pediatrician": above 104 °F (40 °C) at any age
CPS        Canadian Paediatric Society, Temperature measurement in paediatrics: oral 35.5–37.5 °C
WHO-FLAG   WHO Child Growth Standards 2006, implausible-value flags (weight −6/+5 z, length ±6 z, head ±5 z), under 2 y
CDC-FLAG   CDC 2000 charts, implausible-value cut-offs (modified z: weight −5/+8, stature −5/+4), 2 to 20 years
BRFSS      CDC BRFSS calculated variables: adult weight 23–295 kg, height 91–244 cm are kept, others dropped
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from carewright.skills.vitals.model import Age, Kind

FOREVER = 10**6


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One line: outside of it a finding is made. `part` tells systolic from diastolic."""

    kind: Kind
    source: str
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    years: tuple[int, int] = (0, FOREVER)
    days: tuple[int, int] = (0, FOREVER)
    part: str = ""

    def covers(self, age: Age, part: str) -> bool:
        by_years = self.years[0] <= age.years < self.years[1]
        return self.part == part and by_years and self.days[0] <= age.days < self.days[1]

    def outside(self, value: Decimal) -> bool:
        low = self.at_most is not None and value <= self.at_most
        return low or (self.at_least is not None and value >= self.at_least)


def _limit(
    kind: Kind,
    source: str,
    *,
    low: str = "",
    high: str = "",
    part: str = "",
    years: tuple[int, int] = (0, FOREVER),
    days: tuple[int, int] = (0, FOREVER),
) -> Limit:
    return Limit(
        kind=kind, source=source, part=part, years=years, days=days,
        at_most=Decimal(low) if low else None, at_least=Decimal(high) if high else None,
    )  # fmt: skip


T, HR, RR, O2, BP = Kind.TEMPERATURE, Kind.HEART_RATE, Kind.RESPIRATORY_RATE, Kind.SPO2, Kind.BLOOD_PRESSURE
SYS, DIA = "systolic", "diastolic"
THROUGH_DAY_60 = (0, 61)
AFTER_DAY_60 = (61, FOREVER)
NEWBORN = (0, 29)
INFANT = (29, FOREVER)
"""Used together with years (0, 1)."""

CRITICAL: tuple[Limit, ...] = (
    _limit(T, "AAP-FEVER", days=THROUGH_DAY_60, high="38.0"),
    _limit(T, "WHO-COLD", days=THROUGH_DAY_60, low="35.9"),
    _limit(T, "HC-FEVER", days=AFTER_DAY_60, high="40.0"),
    _limit(T, "NEWS2", days=AFTER_DAY_60, low="35.0"),
    _limit(O2, "PALS", years=(0, 16), low="91"),
    _limit(O2, "NEWS2", years=(16, FOREVER), low="91"),
    _limit(HR, "PALS", years=(0, 1), low="59", high="220"),
    _limit(HR, "PALS", years=(1, 12), low="59", high="180"),
    _limit(HR, "PALS", years=(12, 16), high="180"),
    _limit(HR, "NEWS2", years=(12, 16), low="40"),
    _limit(HR, "NEWS2", years=(16, FOREVER), low="40", high="131"),
    _limit(RR, "PALS", years=(0, 16), low="9", high="61"),
    _limit(RR, "NEWS2", years=(16, FOREVER), low="8", high="25"),
    _limit(BP, "PALS", days=NEWBORN, low="59", part=SYS),
    _limit(BP, "PALS", years=(0, 1), days=INFANT, low="69", part=SYS),
    *(_limit(BP, "PALS", years=(y, y + 1), low=str(69 + 2 * y), part=SYS) for y in range(1, 10)),
    _limit(BP, "PALS", years=(10, 16), low="89", part=SYS),
    _limit(BP, "NEWS2", years=(16, FOREVER), low="90", part=SYS),
    _limit(BP, "AAP-BP", years=(1, 13), high="140", part=SYS),
    _limit(BP, "AAP-BP", years=(1, 13), high="90", part=DIA),
    _limit(BP, "ACC-AHA", years=(13, FOREVER), high="181", part=SYS),
    _limit(BP, "ACC-AHA", years=(13, FOREVER), high="121", part=DIA),
)
"""Short on purpose: somebody must be told, whom and when. Twelve-year-olds take the adult low pulse (athletes)."""

WARN: tuple[Limit, ...] = (
    _limit(T, "AAP-FEVER", days=AFTER_DAY_60, high="38.0"),
    _limit(T, "CPS", days=AFTER_DAY_60, low="35.4"),
    _limit(O2, "BTS", low="93"),
    _limit(HR, "PALS", days=NEWBORN, low="99", high="206"),
    _limit(HR, "PALS", years=(0, 1), days=INFANT, low="99", high="191"),
    _limit(HR, "PALS", years=(1, 3), low="97", high="141"),
    _limit(HR, "PALS", years=(3, 6), low="79", high="121"),
    _limit(HR, "PALS", years=(6, 12), low="74", high="119"),
    _limit(HR, "PALS", years=(12, 16), low="59", high="101"),
    _limit(HR, "BRADY", years=(16, FOREVER), low="49", high="101"),
    _limit(RR, "PALS", years=(0, 1), low="29", high="54"),
    _limit(RR, "PALS", years=(1, 3), low="21", high="38"),
    _limit(RR, "PALS", years=(3, 6), low="19", high="29"),
    _limit(RR, "PALS", years=(6, 12), low="17", high="26"),
    _limit(RR, "PALS", years=(12, 16), low="11", high="21"),
    _limit(RR, "NEWS2", years=(16, FOREVER), low="11", high="21"),
    _limit(BP, "PALS", days=NEWBORN, high="85", part=SYS),
    _limit(BP, "PALS", years=(0, 1), days=INFANT, high="105", part=SYS),
    _limit(BP, "AAP-BP", years=(13, 18), high="120", part=SYS),
    _limit(BP, "AAP-BP", years=(13, 18), high="80", part=DIA),
    _limit(BP, "ACC-AHA", years=(18, FOREVER), high="140", part=SYS),
    _limit(BP, "ACC-AHA", years=(18, FOREVER), high="90", part=DIA),
)

AAP_SCREENING = {
    "male": "98/52 100/55 101/58 102/60 103/63 105/66 106/68 107/69 107/70 108/72 110/74 113/75",
    "female": "98/54 101/58 102/60 103/62 104/64 105/67 106/68 107/69 108/71 109/72 111/74 114/75",
}
"""AAP-BP, ages 1 to 12 in order; at or above either number the pressure is taken again."""

_SIZE_BANDS: dict[Kind, tuple[tuple[float, str, str], ...]] = {
    # upper age in months, low, high: the low flag at the band's youngest, the high flag at its oldest age
    Kind.WEIGHT: (
        (1, "1.2", "8.3"), (3, "1.7", "11.1"), (6, "2.7", "13.6"), (12, "3.6", "17.2"), (18, "4.5", "20.0"),
        (24, "5.2", "22.7"), (36, "6.6", "30.9"), (60, "7.2", "47.6"), (96, "8.3", "80.9"), (120, "9.3", "112.3"),
        (144, "9.3", "146.3"), (180, "10.8", "183.0"), (240, "17.0", "202.4"), (2400, "23", "295"),
    ),
    Kind.HEIGHT: (
        (1, "38.0", "66.3"), (3, "41.9", "73.7"), (6, "47.2", "80.5"), (12, "52.1", "90.0"), (24, "58.6", "106.1"),
        (60, "67.6", "127.3"), (120, "84.7", "165.5"), (180, "105.5", "199.5"), (240, "128.2", "205.2"),
        (2400, "91", "244"),
    ),
    Kind.HEAD: (
        (1, "28.0", "43.1"), (3, "30.7", "46.4"), (6, "33.3", "49.4"), (12, "35.7", "52.5"), (24, "38.1", "55.1"),
        (60, "40.2", "58.2"),
    ),
}  # fmt: skip

_IMPOSSIBLE: dict[Kind, tuple[str, str]] = {
    # Beyond anything recorded in a living person (weight 635 kg, height 272 cm, temperature 11.8 and 46.5 °C: Guinness
    # World Records; pressure 480/350: MacDougall et al., J Appl Physiol 1985;58:785) or beyond what a device counts.
    Kind.WEIGHT: ("0.2", "635"), Kind.HEIGHT: ("20", "272"), Kind.LENGTH: ("20", "272"), Kind.HEAD: ("15", "90"),
    Kind.TEMPERATURE: ("11.8", "46.5"), Kind.HEART_RATE: ("1", "400"), Kind.RESPIRATORY_RATE: ("1", "200"),
    Kind.SPO2: ("1", "100"), Kind.BLOOD_PRESSURE: ("1", "480"), Kind.BMI: ("4", "300"),
}  # fmt: skip


def possible(kind: Kind) -> tuple[Decimal, Decimal]:
    """Lowest and highest value (both inclusive) that can be a measurement at all."""
    low, high = _IMPOSSIBLE[kind]
    return Decimal(low), Decimal(high)


def plausible_size(kind: Kind, age: Age) -> tuple[Decimal, Decimal, str] | None:
    """Lowest and highest size that is not flagged at this age, and the source; None where there is no table."""
    bands = _SIZE_BANDS.get(Kind.HEIGHT if kind is Kind.LENGTH else kind, ())
    for upper, low, high in bands:
        if age.months < upper:
            source = "WHO-FLAG" if upper <= 24 or kind is Kind.HEAD else "CDC-FLAG" if upper <= 240 else "BRFSS"
            return Decimal(low), Decimal(high), source
    return None


def screening_bp(sex: str, age: Age) -> tuple[Limit, Limit] | None:
    """The AAP screening limits at 1 to 12 years; without male or female the lower of the two."""
    if not 1 <= age.years <= 12:
        return None
    rows = [AAP_SCREENING[sex]] if sex in AAP_SCREENING else list(AAP_SCREENING.values())
    pairs = [tuple(map(Decimal, row.split()[age.years - 1].split("/"))) for row in rows]
    systolic, diastolic = (min(pair[i] for pair in pairs) for i in (0, 1))
    return (
        Limit(kind=BP, source="AAP-BP", at_least=systolic, part=SYS),
        Limit(kind=BP, source="AAP-BP", at_least=diastolic, part=DIA),
    )


def crossed(limits: Iterable[Limit], kind: Kind, *, value: Decimal, age: Age, part: str = "") -> Limit | None:
    """The first limit of `kind` that `value` lies outside of."""
    return next((x for x in limits if x.kind is kind and x.covers(age, part) and x.outside(value)), None)
