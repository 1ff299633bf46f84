"""The care gaps that the huddle knows: a small declared set, each with whom it is for, how often, and its source.

A rule says that a check is due, never that it must be done: a provider or the patient may decide otherwise, and a check
done elsewhere may not be in this chart. The figures are the publishers'; the words are ours. Vaccines are not here.
"""

from dataclasses import dataclass

from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding
from carewright.core.work.whom import Age, Whom
from carewright.skills.previsit import codes

USPSTF = "https://www.uspreventiveservicestaskforce.org/uspstf/recommendation/"
ADA = "https://diabetesjournals.org/care/issue/48/Supplement_1"
KDIGO_ADA = "https://diabetesjournals.org/care/article/48/Supplement_1/S239"
ACC_AHA_2017 = "https://doi.org/10.1161/HYP.0000000000000065"

DIABETES = ("E10", "E11", "E13")
HIGH_CHOLESTEROL = ("E78",)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What closes a gap, and for how many months."""

    coding: Coding
    months: int

    def __post_init__(self) -> None:
        if self.months < 1:
            raise ValueError("What closes a gap closes it for a month at least.")


@dataclass(frozen=True, kw_only=True)
class CareGap:
    """One rule. It is due for `whom`, unless one of the problems `unless` (ICD-10-CM) is active, when no evidence is
    recent enough. `words` are what is due, as a chip says it; `act` is the task, which a standing order may allow."""

    key: str
    whom: Whom
    evidence: tuple[Evidence, ...]
    words: str
    source: str
    act: Coding
    unless: tuple[str, ...] = ()


def _years(count: int) -> Age:
    return Age.read(f"{count} years")


CARE_GAPS = (
    CareGap(
        key="a1c",
        whom=Whom(problems=DIABETES),
        evidence=(Evidence(coding=codes.A1C, months=6),),  # at least twice a year where goals are met
        words=term("A1c is due"),
        source=ADA,
        act=codes.OFFER_A1C,
    ),
    CareGap(
        key="kidney",
        whom=Whom(age_from=_years(18), problems=DIABETES),
        evidence=(Evidence(coding=codes.URINE_ALBUMIN, months=12),),  # yearly
        words=term("Urine albumin is due"),
        source=KDIGO_ADA,
        act=codes.OFFER_URINE_ALBUMIN,
    ),
    CareGap(
        key="egfr",
        whom=Whom(age_from=_years(18), problems=DIABETES),
        evidence=tuple(Evidence(coding=coding, months=12) for coding in (codes.EGFR, codes.EGFR_MDRD)),
        words=term("Kidney blood test is due"),
        source=KDIGO_ADA,
        act=codes.OFFER_EGFR,
    ),
    CareGap(
        key="lipids",
        whom=Whom(age_from=_years(40), problems=(*DIABETES, *HIGH_CHOLESTEROL)),
        evidence=tuple(Evidence(coding=coding, months=12) for coding in (codes.LIPIDS, codes.LDL)),
        words=term("Cholesterol is due"),
        source=ADA,
        act=codes.OFFER_LIPIDS,
    ),
    CareGap(
        key="mammogram",
        whom=Whom(age_from=_years(40), age_below=_years(75), sex="female"),  # 40 to 74, every two years (2024)
        evidence=(Evidence(coding=codes.MAMMOGRAM, months=24),),
        words=term("Mammogram is due"),
        source=USPSTF + "breast-cancer-screening",
        act=codes.OFFER_MAMMOGRAM,
        unless=("Z90.13",),  # both breasts removed
    ),
    CareGap(
        key="colorectal",
        whom=Whom(age_from=_years(45), age_below=_years(76)),  # 45 to 75 (2021)
        evidence=(Evidence(coding=codes.COLONOSCOPY, months=120), Evidence(coding=codes.FIT, months=12)),
        words=term("Colon screening is due"),
        source=USPSTF + "colorectal-cancer-screening",
        act=codes.OFFER_COLORECTAL,
        unless=("C18", "C19", "C20"),  # followed by a specialist, not screened
    ),
    CareGap(
        key="cervical",
        whom=Whom(
            age_from=_years(21), age_below=_years(66), sex="female"
        ),  # 21 to 65, cytology every three years (2018)
        evidence=(Evidence(coding=codes.CERVICAL_CYTOLOGY, months=36),),
        words=term("Cervical screening is due"),
        source=USPSTF + "cervical-cancer-screening",
        act=codes.OFFER_CERVICAL,
        unless=("Z90.710", "Z90.712"),  # cervix removed
    ),
    CareGap(
        key="depression",
        whom=Whom(
            age_from=_years(12)
        ),  # 12 to 18 (2022) and adults (2023); how often is left open there, yearly is ours
        evidence=tuple(Evidence(coding=coding, months=12) for coding in (codes.PHQ2, codes.PHQ9)),
        words=term("Depression screening is due"),
        source=USPSTF + "screening-depression-suicide-risk-adults",
        act=codes.OFFER_PHQ,
        unless=("F32", "F33"),  # already known and followed
    ),
)

RECHECK_FROM = _years(18)
RECHECK_SYSTOLIC_MMHG = 130
RECHECK_DIASTOLIC_MMHG = 80
"""From here on a reading is high (stage 1) and the pressure is looked at again: ACC/AHA 2017, adults."""
