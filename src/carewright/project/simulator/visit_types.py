"""Why patients come, whom each reason fits, and how they say it.

Well-child ages: AAP/Bright Futures, Recommendations for Preventive Pediatric Health Care,
https://www.aap.org/periodicityschedule . Prenatal visits from the eighth week. Diagnoses: ICD-10-CM.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from carewright.core.terminology.coding import Coding
from carewright.project.simulator.model import Person
from carewright.skills.scheduling.codes import FOLLOW_UP, NURSE_VISIT, PHYSICAL, PROCEDURE, SICK, WELL_CHILD

YEAR = 365.25
FOREVER = 120
OWN_WORDS_FROM_YEARS = 13


_SCHEDULED_AS = (
    (WELL_CHILD, frozenset({"well-child"})),
    (PHYSICAL, frozenset({"annual", "well-woman", "medicare-wellness", "sports", "school-form"})),
    (PROCEDURE, frozenset({"sutures", "wart"})),
    (NURSE_VISIT, frozenset({"shots-only", "inr"})),
    (FOLLOW_UP, frozenset({"copd"})),
)


@dataclass(frozen=True, kw_only=True)
class VisitType:
    """One kind of visit. `years` is (from, below) in completed years; `needs` is a trait that the patient must have.

    `own` is what a patient says, `parent` what is said for a child below 13, with {he} {his} {him} {He} filled in.
    `weight` is how common it is among the bookings of a day; `at_least` how many a day at the large site must have.
    """

    key: str
    display: str
    years: tuple[float, float]
    own: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    weight: float = 1.0
    at_least: int = 0
    sex: str | None = None
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ("pregnant",)
    code: str = ""
    fever: bool = False
    brief: bool = True

    @property
    def coding(self) -> Coding:
        """The kind of visit as the schedule knows it; the simulator's own kinds are finer."""
        return next((coding for coding, keys in _SCHEDULED_AS if self.key in keys), SICK if self.code else FOLLOW_UP)

    def fits(self, person: Person, day: date) -> bool:
        """Whether somebody of this age, sex and history comes for this."""
        return (
            _reached(self.years[0], person, day)
            and not _reached(self.years[1], person, day)
            and self.sex in (None, person.sex)
            and all(person.has(trait) for trait in self.needs)
            and not any(person.has(trait) for trait in self.without)
            and (self.key != "well-child" or well_child_age(person, day) is not None)
        )


def _reached(years: float, person: Person, day: date) -> bool:
    """Whether somebody is that old; whole years are counted by birthdays."""
    if float(years).is_integer():
        return person.age_years(day) >= years
    return person.age_days(day) / YEAR >= years


def _days(days: float) -> float:
    return days / YEAR


WELL_CHILD_AGES: tuple[tuple[str, int, int], ...] = (
    ("3 to 5 days", 3, 7),
    ("1 month", 25, 45),
    ("2 months", 56, 95),
    ("4 months", 114, 155),
    ("6 months", 178, 230),
    ("9 months", 268, 320),
    ("12 months", 366, 415),
    ("15 months", 450, 500),
    ("18 months", 545, 600),
    ("2 years", 731, 800),
    ("30 months", 905, 965),
    *((f"{years} years", round(years * YEAR) + 1, round(years * YEAR) + 300) for years in range(3, 18)),
)
"""Label, from and to (days of age): when a checkup of that age is really made."""


def well_child_age(person: Person, day: date) -> str | None:
    """The checkup that is due at this age, or None between two."""
    days = person.age_days(day)
    return next((label for label, begins, ends in WELL_CHILD_AGES if begins <= days <= ends), None)


_PARENT_FEVER = (
    "{He} has been coughing for three days and was 102 last night",
    "Fever since yesterday, {he} won't eat and coughs all night",
    "Coughing, runny nose, {he} felt really hot this morning",
    "{He} had 101.8 under the arm, and {his} cough sounds like barking",
)

VISIT_TYPES: tuple[VisitType, ...] = (
    # The small ones
    VisitType(
        key="newborn-weight",
        display="Newborn weight check",
        years=(_days(2), _days(22)),
        weight=2,
        at_least=1,
        parent=(
            "The hospital said to weigh {him} again",
            "Weight check. {He} feeds every two hours, is that enough?",
            "{He} looks a bit yellow, and {his} weight needs a check",
        ),
        brief=False,
    ),
    VisitType(
        key="well-child",
        display="Well child",
        years=(0, 18),
        weight=17,
        at_least=10,
        brief=False,
    ),
    VisitType(
        key="cough-fever-child",
        display="Cough and fever",
        years=(_days(90), 13),
        weight=5,
        at_least=2,
        code="J06.9",
        fever=True,
        parent=_PARENT_FEVER,
    ),
    VisitType(
        key="ear-pain",
        display="Ear pain",
        years=(0.6, 13),
        weight=2.2,
        at_least=1,
        code="H92.09",
        parent=(
            "{He} keeps pulling on {his} ear and cried all night",
            "Ear hurts, and {his} nose has been running for a week",
            "Ear again. It's the third time this year",
        ),
    ),
    VisitType(
        key="sore-throat-child",
        display="Sore throat",
        years=(3, 18),
        weight=2,
        code="J02.9",
        fever=True,
        parent=("Throat hurts, and strep is going around {his} class", "{He} says it hurts to swallow, fever 101"),
        own=("My throat is killing me, half my class has strep",),
    ),
    VisitType(
        key="vomiting-child",
        display="Vomiting, diarrhea",
        years=(0.5, 13),
        weight=1.2,
        code="R11.10",
        parent=("Throwing up since midnight, {he} keeps nothing down", "Diarrhea for four days, {he} drinks okay"),
    ),
    VisitType(
        key="rash-child",
        display="Rash",
        years=(0.2, 13),
        weight=1.5,
        code="R21",
        parent=(
            "Itchy bumps all over {his} belly",
            "A rash in the diaper area that won't go away",
            "Red dry patches behind {his} knees, {he} scratches until it bleeds",
        ),
    ),
    VisitType(
        key="pink-eye",
        display="Red eye",
        years=(1, 18),
        weight=1,
        code="H10.9",
        parent=("They sent {him} home with pink eye", "{His} eye was glued shut this morning"),
        own=("My eye is red and gooey",),
    ),
    VisitType(
        key="asthma-child",
        display="Asthma follow-up",
        years=(4, 18),
        needs=("asthma",),
        weight=2,
        at_least=1,
        parent=("Asthma check. {He} uses the blue inhaler every night now", "Asthma check, we need school forms"),
        own=("Asthma check, I need my inhaler for gym",),
        brief=False,
    ),
    VisitType(
        key="adhd",
        display="ADHD follow-up",
        years=(6, 18),
        needs=("adhd",),
        weight=2,
        at_least=1,
        parent=("Medicine check. The teacher says {he} is doing better", "Medicine check. {He} isn't eating lunch"),
        own=("Check on my focus medicine",),
        brief=False,
    ),
    VisitType(
        key="school-form",
        display="School physical",
        years=(4.7, 6.2),
        weight=1,
        brief=False,
        parent=("Kindergarten physical and the form", "{He} starts school, we need the paper signed"),
    ),
    VisitType(
        key="sports",
        display="Sports physical",
        years=(11, 19),
        weight=2.5,
        at_least=2,
        brief=False,
        parent=("Sports form for soccer", "Practice starts next week, we need the sports form"),
        own=("Sports physical for basketball", "Need the sports form signed for track", "Sports form, wrestling"),
    ),
    VisitType(
        key="shots-only",
        display="Catch-up shots",
        years=(1, 18),
        weight=1,
        code="Z23",
        parent=("School says {he} is missing shots", "Just the shots {he} missed"),
        own=("School says I'm missing a shot",),
    ),
    VisitType(
        key="wart",
        display="Wart",
        years=(6, 18),
        weight=0.8,
        code="B07.9",
        parent=("A wart on {his} foot that hurts in shoes",),
        own=("Wart on my finger, it came back",),
    ),
    VisitType(
        key="teen-mood",
        display="Mood check",
        years=(13, 18),
        weight=0.8,
        needs=("depression",),
        at_least=0,
        own=("Checking in about my mood", "The new pill makes me sleepy"),
    ),
    # Expecting and after
    VisitType(
        key="prenatal",
        display="Prenatal",
        years=(14, 50),
        sex="female",
        needs=("pregnant",),
        without=(),
        weight=3,
        at_least=3,
    ),
    VisitType(
        key="postpartum",
        display="Postpartum visit",
        years=(14, 50),
        sex="female",
        needs=("postpartum",),
        weight=1,
        own=("Checkup after the baby", "My after-baby visit. Not sleeping much"),
    ),
    # Grown-ups
    VisitType(
        key="annual",
        display="Annual physical",
        years=(18, 65),
        weight=5,
        at_least=3,
        brief=False,
        own=(
            "Yearly physical for my insurance",
            "Yearly checkup, I want my cholesterol checked",
            "Physical. It's been a few years",
            "Annual physical. I feel fine",
        ),
    ),
    VisitType(
        key="well-woman",
        display="Well-woman exam",
        years=(21, 66),
        sex="female",
        weight=2.5,
        at_least=1,
        brief=False,
        own=("Pap smear and yearly", "My yearly women's exam", "Women's checkup, it has been three years"),
    ),
    VisitType(
        key="medicare-wellness",
        display="Medicare wellness visit",
        years=(65.3, FOREVER),
        weight=3,
        at_least=2,
        brief=False,
        own=(
            "Medicare yearly visit",
            "My Medicare wellness. I had a fall last month",
            "Yearly Medicare visit, and am I due for shots?",
        ),
    ),
    VisitType(
        key="diabetes",
        display="Diabetes follow-up",
        years=(18, FOREVER),
        needs=("diabetes",),
        weight=5,
        at_least=3,
        own=(
            "Sugar check, I brought my log",
            "Diabetes visit. My sugars are high in the morning",
            "A1c check",
            "Diabetes check. My feet tingle at night",
        ),
    ),
    VisitType(
        key="blood-pressure",
        display="Blood pressure follow-up",
        years=(18, FOREVER),
        needs=("hypertension",),
        weight=4,
        at_least=2,
        own=(
            "Blood pressure check, I wrote my numbers down",
            "The new pressure pill makes me dizzy",
            "Blood pressure recheck",
        ),
    ),
    VisitType(
        key="inr",
        display="INR check",
        years=(18, FOREVER),
        needs=("warfarin",),
        weight=1.5,
        at_least=1,
        own=("Blood thinner check", "INR, fingerstick", "My warfarin blood test"),
    ),
    VisitType(
        key="thyroid",
        display="Thyroid follow-up",
        years=(18, FOREVER),
        needs=("thyroid",),
        weight=1,
        own=("Thyroid recheck. I'm cold all the time", "Thyroid check and refill"),
    ),
    VisitType(
        key="depression",
        display="Depression follow-up",
        years=(18, FOREVER),
        needs=("depression",),
        weight=2,
        at_least=1,
        own=(
            "Follow-up on my depression pills",
            "Mood check. Some better, not sleeping well",
            "I'd like to talk about how I've been feeling",
        ),
    ),
    VisitType(
        key="asthma-adult",
        display="Asthma follow-up",
        years=(18, FOREVER),
        needs=("asthma",),
        weight=1,
        own=("Asthma, I use my inhaler more than I used to",),
    ),
    VisitType(
        key="copd",
        display="COPD follow-up",
        years=(45, FOREVER),
        needs=("copd",),
        weight=1,
        code="J44.9",
        own=("Breathing check", "I get short of breath on the stairs, more than before"),
    ),
    VisitType(
        key="heart-failure",
        display="Heart failure follow-up",
        years=(60, FOREVER),
        needs=("heart-failure",),
        weight=1,
        own=("Heart check, my ankles are puffy", "I'm up four pounds since last week"),
    ),
    VisitType(
        key="cough-adult",
        display="Cough",
        years=(18, FOREVER),
        weight=3,
        at_least=1,
        code="R05.9",
        own=(
            "This cough won't quit, two weeks now",
            "Cough and chest congestion, everyone at home has it",
            "Coughing at night, no fever",
        ),
    ),
    VisitType(
        key="flu-adult",
        display="Fever and body aches",
        years=(18, 80),
        weight=1.5,
        code="R50.9",
        fever=True,
        own=("Fever and everything hurts since Saturday", "I think I have the flu"),
    ),
    VisitType(
        key="sore-throat-adult",
        display="Sore throat",
        years=(18, 60),
        weight=1,
        code="J02.9",
        own=("Sore throat, my kid had strep",),
    ),
    VisitType(
        key="urine",
        display="Burning with urination",
        years=(18, FOREVER),
        sex="female",
        weight=1.5,
        code="R30.0",
        own=("It burns when I pee", "I think I have a bladder infection again"),
    ),
    VisitType(
        key="back-pain",
        display="Back pain",
        years=(18, 90),
        weight=2,
        code="M54.50",
        own=("My back went out moving a couch", "Low back pain again, I can't bend", "Back pain down the left leg"),
    ),
    VisitType(
        key="knee-pain",
        display="Knee pain",
        years=(35, FOREVER),
        weight=1.5,
        code="M25.569",
        own=("Right knee swells up after walking", "Both knees, worse on stairs"),
    ),
    VisitType(
        key="ankle",
        display="Ankle injury",
        years=(10, 60),
        weight=1,
        code="S93.409A",
        parent=("{He} rolled {his} ankle at recess",),
        own=("Twisted my ankle on the stairs", "Rolled my ankle playing ball"),
    ),
    VisitType(
        key="headache",
        display="Headaches",
        years=(18, 70),
        needs=("migraine",),
        weight=1,
        own=("Migraines, three this month", "Headaches are back, the light bothers me"),
    ),
    VisitType(
        key="mole",
        display="Skin spot",
        years=(25, FOREVER),
        weight=1,
        code="D22.9",
        own=("A mole on my back that has changed", "A spot on my nose that keeps bleeding"),
    ),
    VisitType(
        key="sutures",
        display="Suture removal",
        years=(2, FOREVER),
        needs=("stitches",),
        weight=1,
        at_least=1,
        code="Z48.02",
        parent=("Stitches out of {his} hand",),
        own=("Stitches out", "Get my stitches out, I cut my hand at work"),
    ),
    VisitType(
        key="reflux",
        display="Heartburn",
        years=(18, FOREVER),
        needs=("reflux",),
        weight=1,
        own=("Heartburn every night", "Refill on my stomach pill"),
    ),
    VisitType(
        key="prostate",
        display="Trouble urinating",
        years=(50, FOREVER),
        sex="male",
        needs=("prostate",),
        weight=0.8,
        own=("Up five times a night to pee",),
    ),
    VisitType(
        key="memory",
        display="Memory concerns",
        years=(68, FOREVER),
        needs=("memory",),
        weight=0.8,
        own=("My family says I forget things", "Memory test"),
    ),
    VisitType(
        key="contraception",
        display="Birth control",
        years=(16, 46),
        sex="female",
        weight=1.2,
        without=("pregnant", "postpartum"),
        own=("I want to talk about birth control", "Depo shot", "Birth control refill"),
    ),
    VisitType(
        key="smoking",
        display="Quit smoking",
        years=(18, 80),
        needs=("smoker",),
        weight=0.7,
        own=("I want to quit for good this time",),
    ),
)

BY_KEY = {visit_type.key: visit_type for visit_type in VISIT_TYPES}

WELL = frozenset({"well-child", "annual", "well-woman", "medicare-wellness", "sports", "school-form"})
"""Visits that a whole history consists of, besides sick ones and follow-ups."""


def display(visit_type: VisitType, person: Person, day: date) -> str:
    """The visit as a schedule shows it: `Well child, 15 months`, `Prenatal, 28 weeks`."""
    if visit_type.key == "well-child":
        return f"Well child, {well_child_age(person, day)}"
    if visit_type.key == "prenatal" and person.pregnant_days is not None:
        return f"Prenatal, {person.pregnant_days // 7} weeks"
    return visit_type.display


WELL_CHILD_WORDS: tuple[tuple[float, float, str], ...] = (
    (0, 18, "Checkup"),
    (0.15, 12, "Checkup and shots"),
    (0.1, 0.8, "Checkup. {He} spits up after every bottle"),
    (0.1, 1.1, "Checkup. {He} still wakes up three times a night"),
    (0, 0.1, "First checkup, we came home from the hospital"),
    (0.4, 1.2, "Checkup. When can {he} have eggs and peanut butter?"),
    (1.2, 4, "Checkup. I want to ask about {his} talking"),
    (1, 6, "Checkup. {He} is such a picky eater"),
    (0.7, 5, "Checkup, and the form for daycare"),
    (1.8, 4, "Checkup. No luck with potty training"),
    (5, 13, "Checkup, and the school needs a form"),
    (6, 13, "Checkup. {He} can't sit still, the teacher says"),
    (5, 13, "Checkup. {He} worries about everything"),
    (13, 18, "My yearly checkup"),
    (13, 18, "Checkup, and I need the shots for school"),
    (13, 18, "Checkup. Mom says I sleep too little"),
)
"""From and below (years of age), and what is said for, or from 13 on by, a child of that age."""

PRENATAL_WORDS: tuple[tuple[int, int, str], ...] = (
    (6, 42, "Baby check"),
    (6, 14, "Prenatal visit. I throw up every morning"),
    (8, 16, "First prenatal visits. I'm so tired"),
    (18, 23, "Baby check. Is it a boy or a girl?"),
    (24, 29, "Baby check and the sugar test"),
    (22, 40, "Prenatal. Baby kicks a lot at night"),
    (30, 41, "Prenatal visit. My feet are swollen in the evening"),
    (36, 42, "Baby check. When will it come?"),
)
"""From and below (weeks), and what she says."""


def reason(rng: Random, visit_type: VisitType, person: Person, day: date) -> str:
    """What the patient or the parent said when asked why they come."""
    words = _words(visit_type, person, day)
    he, his, him = ("she", "her", "her") if person.sex == "female" else ("he", "his", "him")
    return rng.choice(words).format(he=he, his=his, him=him, He=he.capitalize(), His=his.capitalize())


def _words(visit_type: VisitType, person: Person, day: date) -> Sequence[str]:
    years = person.age_days(day) / YEAR
    if visit_type.key == "well-child":
        own = [text for begins, ends, text in WELL_CHILD_WORDS if begins <= years < ends]
        return own if person.age_years(day) < OWN_WORDS_FROM_YEARS else [text for text in own if "{" not in text]
    if visit_type.key == "prenatal":
        weeks = (person.pregnant_days or 0) // 7
        return [text for begins, ends, text in PRENATAL_WORDS if begins <= weeks < ends]
    if person.age_years(day) >= OWN_WORDS_FROM_YEARS:
        return visit_type.own or visit_type.parent
    return visit_type.parent or visit_type.own


def fitting(person: Person, day: date, keys: Iterable[str] | None = None) -> list[VisitType]:
    """Every visit type that fits, in the order of the table; of `keys` only, if given."""
    wanted = set(keys) if keys is not None else None
    return [v for v in VISIT_TYPES if (wanted is None or v.key in wanted) and v.fits(person, day)]
