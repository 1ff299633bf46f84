"""Which doses somebody of this age has had: the US schedule in outline, with gaps. It records; it does not forecast.

Source: CDC, Child and Adolescent and Adult Immunization Schedules, https://www.cdc.gov/vaccines/hcp/imz-schedules/ ;
CVX codes, https://www2.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx . No endorsement by CDC is implied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from carewright.core.terminology.coding import CVX, Coding

DTAP = Coding(CVX, "20", "DTaP")
DTAP_HEPB_IPV = Coding(CVX, "110", "DTaP-Hep B-IPV")
HEP_B = Coding(CVX, "08", "Hep B, adolescent or pediatric")
HIB = Coding(CVX, "48", "Hib (PRP-T)")
IPV = Coding(CVX, "10", "IPV")
ROTAVIRUS = Coding(CVX, "116", "rotavirus, pentavalent")
PCV13 = Coding(CVX, "133", "Pneumococcal conjugate PCV 13")
PCV20 = Coding(CVX, "216", "Pneumococcal conjugate PCV 20")
MMR = Coding(CVX, "03", "MMR")
VARICELLA = Coding(CVX, "21", "varicella")
HEP_A = Coding(CVX, "83", "Hep A, ped/adol, 2 dose")
TDAP = Coding(CVX, "115", "Tdap")
TD = Coding(CVX, "113", "Td (adult) preservative free")
HPV9 = Coding(CVX, "165", "HPV9")
MEN_ACWY = Coding(CVX, "136", "Meningococcal MCV4O")
MEN_B = Coding(CVX, "162", "meningococcal B, recombinant")
ZOSTER = Coding(CVX, "187", "zoster recombinant")
PPV23 = Coding(CVX, "33", "pneumococcal polysaccharide PPV23")
FLU_4 = Coding(CVX, "150", "Influenza, injectable, quadrivalent, preservative free")
FLU_3 = Coding(CVX, "140", "Influenza, seasonal, injectable, preservative free")

PCV20_FROM = date(2023, 7, 1)  # children: ACIP, June 2023, doi:10.15585/mmwr.mm7239a5
TRIVALENT_FROM = date(2024, 7, 1)  # US influenza vaccines are trivalent again from the 2024-25 season on
YEAR = 365.25
ROTAVIRUS_UNTIL_DAYS = 238  # 8 months 0 days is the last age for a dose (ACIP, doi:10.15585/mmwr.rr5802a1)

# Age in days at which the visit falls; a few days past the minimum age, as clinics do it.
_CHILDHOOD: tuple[tuple[int, tuple[Coding, ...]], ...] = (
    (1, (HEP_B,)),
    (62, (DTAP_HEPB_IPV, HIB, PCV20, ROTAVIRUS)),
    (124, (DTAP_HEPB_IPV, HIB, PCV20, ROTAVIRUS)),
    (185, (DTAP_HEPB_IPV, HIB, PCV20, ROTAVIRUS)),
    (369, (MMR, VARICELLA, HEP_A, PCV20)),
    (460, (DTAP, HIB)),
    (554, (HEP_A,)),
    (round(4 * YEAR) + 12, (DTAP, IPV, MMR, VARICELLA)),
    (round(11 * YEAR) + 20, (TDAP, MEN_ACWY, HPV9)),
    (round(11 * YEAR) + 220, (HPV9,)),
    (round(16 * YEAR) + 25, (MEN_ACWY, MEN_B)),
)


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One dose given on `on`; `elsewhere` where the chart has it from another source (hospital, state registry)."""

    vaccine: Coding
    on: date
    elsewhere: bool


def doses(rng: Random, *, born: date, day: date, checkups: Sequence[date] = ()) -> list[Dose]:
    """What has been given before `day`, in order of time; childhood doses at a checkup where one is near."""
    behind, refuses = rng.random() < 0.14, rng.random() < 0.02
    years = (day - born).days / YEAR
    if refuses:
        return []
    found = _childhood(rng, born=born, day=day, behind=behind, checkups=checkups) if years < 26 else []
    if years >= 19:
        found += _adult(rng, born=born, day=day)
    found += _flu(rng, born=born, day=day, behind=behind)
    return sorted(found, key=lambda dose: (dose.on, dose.vaccine.code))


def _childhood(rng: Random, *, born: date, day: date, behind: bool, checkups: Sequence[date]) -> list[Dose]:
    """The series by age; who is behind misses visits from some age on, or comes to them months late."""
    found: list[Dose] = []
    late = 0
    stops = rng.choice((120, 360, 450, 1400, 4000)) if behind else 99_999
    for age, vaccines in _CHILDHOOD:
        late += rng.choice((0, 0, 30, 60)) if behind else 0
        due = _weekday(born + timedelta(days=age + late + rng.randrange(0, 9 if age > 1 else 1)))
        on = next((c for c in checkups if -12 <= (c - due).days <= 45), due)
        if age > stops or on >= day:
            break
        for vaccine in vaccines:
            if vaccine is ROTAVIRUS and (on - born).days > ROTAVIRUS_UNTIL_DAYS:
                continue
            if vaccine is HEP_A and (second := _second_hep_a(found, on)):
                on = second
                if on >= day:
                    continue
            given = PCV13 if vaccine is PCV20 and on < PCV20_FROM else vaccine
            found.append(Dose(vaccine=given, on=on if age > 1 else born + timedelta(days=1), elsewhere=age == 1))
    return found


def _second_hep_a(found: Sequence[Dose], on: date) -> date | None:
    """Where a first hepatitis A dose is there: `on`, or six months after that dose if this is later."""
    first = next((dose.on for dose in found if dose.vaccine is HEP_A), None)
    return max(on, _weekday(first + timedelta(days=189))) if first else None


def _adult(rng: Random, *, born: date, day: date) -> list[Dose]:
    found = []
    years = (day - born).days / YEAR
    if rng.random() < 0.75:
        ago = rng.uniform(0.2, min(9.5, years - 18.5))
        vaccine = TDAP if rng.random() < 0.6 else TD
        found.append(Dose(vaccine=vaccine, on=_weekday(day - timedelta(days=round(ago * YEAR))), elsewhere=ago > 4))
    if years >= 51 and rng.random() < 0.55:
        first = _weekday(day - timedelta(days=round(rng.uniform(0.5, min(6.0, years - 50)) * YEAR)))
        found.append(Dose(vaccine=ZOSTER, on=first, elsewhere=rng.random() < 0.6))
        if rng.random() < 0.8:
            second = _weekday(first + timedelta(days=rng.randrange(62, 170)))
            found += [Dose(vaccine=ZOSTER, on=second, elsewhere=True)] if second < day else []
    if years >= 66 and rng.random() < 0.7:
        on = _weekday(day - timedelta(days=round(rng.uniform(0.2, years - 65) * YEAR)))
        found.append(Dose(vaccine=PCV20 if on >= PCV20_FROM else PPV23, on=on, elsewhere=rng.random() < 0.4))
    return found


def _flu(rng: Random, *, born: date, day: date, behind: bool) -> list[Dose]:
    """A dose in autumn, in the last three seasons, from six months of age on."""
    found = []
    for year in range(day.year - 3, day.year + 1):
        on = _weekday(date(year, 9, 20) + timedelta(days=rng.randrange(0, 60)))
        if rng.random() < (0.15 if behind else 0.5) and on < day and (on - born).days >= 183:
            vaccine = FLU_3 if on >= TRIVALENT_FROM else FLU_4
            found.append(Dose(vaccine=vaccine, on=on, elsewhere=rng.random() < 0.35))
    return found


def _weekday(on: date) -> date:
    """The same day, or the Friday before a weekend."""
    return on - timedelta(days=max(0, on.weekday() - 4))
