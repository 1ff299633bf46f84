"""What patients live with: the diagnosis, who has it, and what is taken for it. ICD-10-CM (CMS and NCHS, FY 2025 on).

The shares are round figures for a believable practice, not epidemiology; medicines are words, as a list in a chart has
them. Doses are usual ones for the age; nothing here is advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

FEMALE, MALE = "female", "male"


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One lasting fact. `bands` are (from age, below age, share); `after` is a trait without which this one is rare."""

    code: str | None
    text: str
    bands: tuple[tuple[int, int, float], ...] = ()
    sex: str | None = None
    medicines: tuple[tuple[str, str], ...] = ()
    flag: str | None = None
    likelier_with: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


TRAITS: dict[str, Trait] = {
    # Adults
    "hypertension": Trait(
        code="I10",
        text="Essential (primary) hypertension",
        bands=((30, 45, 0.12), (45, 65, 0.35), (65, 111, 0.6)),
        medicines=(
            ("Lisinopril 20 mg tablet", "1 tablet by mouth once a day"),
            ("Amlodipine 5 mg tablet", "1 tablet by mouth once a day"),
            ("Hydrochlorothiazide 25 mg tablet", "1 tablet by mouth every morning"),
        ),
    ),
    "obesity": Trait(code="E66.9", text="Obesity, unspecified", bands=((10, 18, 0.1), (18, 111, 0.25))),
    "diabetes": Trait(
        code="E11.9",
        text="Type 2 diabetes mellitus without complications",
        bands=((30, 45, 0.06), (45, 65, 0.16), (65, 111, 0.25)),
        medicines=(
            ("Metformin 1,000 mg tablet", "1 tablet by mouth twice a day with food"),
            ("Insulin glargine 100 units/mL pen", "20 units under the skin at bedtime"),
            ("Empagliflozin 10 mg tablet", "1 tablet by mouth every morning"),
        ),
        likelier_with=("obesity", "hypertension"),
    ),
    "diabetes-1": Trait(
        code="E10.9",
        text="Type 1 diabetes mellitus without complications",
        bands=((7, 40, 0.006),),
        medicines=(("Insulin lispro 100 units/mL pump", "By pump, as programmed"),),
        without=("diabetes",),
    ),
    "prediabetes": Trait(code="R73.03", text="Prediabetes", bands=((35, 111, 0.12),), without=("diabetes",)),
    "cholesterol": Trait(
        code="E78.5",
        text="Hyperlipidemia, unspecified",
        bands=((40, 65, 0.3), (65, 111, 0.5)),
        medicines=(
            ("Atorvastatin 20 mg tablet", "1 tablet by mouth at bedtime"),
            ("Rosuvastatin 10 mg tablet", "1 tablet by mouth once a day"),
        ),
    ),
    "thyroid": Trait(
        code="E03.9",
        text="Hypothyroidism, unspecified",
        bands=((25, 65, 0.05), (65, 111, 0.1)),
        medicines=(("Levothyroxine 75 mcg tablet", "1 tablet by mouth every morning, before food"),),
    ),
    "depression": Trait(
        code="F32.A",
        text="Depression, unspecified",
        bands=((14, 18, 0.05), (18, 65, 0.11), (65, 111, 0.07)),
        medicines=(
            ("Sertraline 50 mg tablet", "1 tablet by mouth once a day"),
            ("Escitalopram 10 mg tablet", "1 tablet by mouth once a day"),
        ),
    ),
    "anxiety": Trait(
        code="F41.1",
        text="Generalized anxiety disorder",
        bands=((13, 65, 0.08), (65, 111, 0.05)),
        medicines=(("Buspirone 10 mg tablet", "1 tablet by mouth twice a day"),),
    ),
    "ptsd": Trait(code="F43.12", text="Post-traumatic stress disorder, chronic", bands=((18, 70, 0.02),)),
    "reflux": Trait(
        code="K21.9",
        text="Gastro-esophageal reflux disease without esophagitis",
        bands=((25, 111, 0.11),),
        medicines=(("Omeprazole 20 mg capsule", "1 capsule by mouth before breakfast"),),
    ),
    "atrial-fibrillation": Trait(
        code="I48.91", text="Unspecified atrial fibrillation", bands=((60, 75, 0.03), (75, 111, 0.08))
    ),
    "warfarin": Trait(
        code="Z79.01",
        text="Long term (current) use of anticoagulants",
        medicines=(("Warfarin 5 mg tablet", "By mouth every evening, as the last INR note says"),),
        flag="blood-thinner",
    ),
    "valve": Trait(code="Z95.2", text="Presence of prosthetic heart valve", bands=((45, 111, 0.006),)),
    "heart-failure": Trait(
        code="I50.22",
        text="Chronic systolic (congestive) heart failure",
        bands=((65, 111, 0.05),),
        medicines=(
            ("Furosemide 40 mg tablet", "1 tablet by mouth every morning"),
            ("Carvedilol 12.5 mg tablet", "1 tablet by mouth twice a day with food"),
        ),
    ),
    "pacemaker": Trait(
        code="Z95.0", text="Presence of cardiac pacemaker", bands=((70, 111, 0.05),), flag="pacemaker"
    ),
    "kidney": Trait(
        code="N18.30", text="Chronic kidney disease, stage 3 unspecified", bands=((55, 111, 0.07),),
        likelier_with=("diabetes",), without=("dialysis",),
    ),
    "dialysis": Trait(
        code="N18.6", text="End stage renal disease", bands=((45, 85, 0.006),), flag="limb-left"
    ),
    "copd": Trait(
        code="J44.9",
        text="Chronic obstructive pulmonary disease, unspecified",
        bands=((50, 111, 0.05),),
        medicines=(("Tiotropium 18 mcg inhaler", "1 capsule inhaled once a day"),),
        likelier_with=("smoker",),
    ),
    "smoker": Trait(code="F17.210", text="Nicotine dependence, cigarettes, uncomplicated", bands=((18, 80, 0.11),)),
    "knees": Trait(
        code="M17.0", text="Bilateral primary osteoarthritis of knee", bands=((50, 65, 0.1), (65, 111, 0.25)),
        medicines=(("Acetaminophen 500 mg tablet", "2 tablets by mouth up to three times a day, if needed"),),
    ),
    "back": Trait(code="M54.50", text="Low back pain, unspecified", bands=((22, 75, 0.09),)),
    "migraine": Trait(
        code="G43.909",
        text="Migraine, unspecified, not intractable, without status migrainosus",
        bands=((14, 60, 0.07),),
        medicines=(("Sumatriptan 50 mg tablet", "1 tablet by mouth at the start of a headache"),),
    ),
    "sleep-apnea": Trait(code="G47.33", text="Obstructive sleep apnea (adult) (pediatric)", bands=((35, 111, 0.07),)),
    "osteoporosis": Trait(
        code="M81.0",
        text="Age-related osteoporosis without current pathological fracture",
        bands=((62, 111, 0.16),),
        sex=FEMALE,
        medicines=(("Alendronate 70 mg tablet", "1 tablet by mouth once a week, standing, with water"),),
    ),
    "prostate": Trait(
        code="N40.1",
        text="Benign prostatic hyperplasia with lower urinary tract symptoms",
        bands=((58, 111, 0.22),),
        sex=MALE,
        medicines=(("Tamsulosin 0.4 mg capsule", "1 capsule by mouth at bedtime"),),
    ),
    "pcos": Trait(code="E28.2", text="Polycystic ovarian syndrome", bands=((16, 42, 0.05),), sex=FEMALE),
    "anemia": Trait(
        code="D50.9", text="Iron deficiency anemia, unspecified", bands=((1, 4, 0.05), (14, 50, 0.05)), sex=FEMALE,
        medicines=(("Ferrous sulfate, iron by mouth", "Once a day"),),
    ),
    "mastectomy-left": Trait(
        code="Z90.12", text="Acquired absence of left breast and nipple", bands=((45, 111, 0.012),), sex=FEMALE,
        flag="limb-left",
    ),
    "mastectomy-right": Trait(
        code="Z90.11", text="Acquired absence of right breast and nipple", bands=((45, 111, 0.01),), sex=FEMALE,
        flag="limb-right",
    ),
    "latent-tb": Trait(code="Z22.7", text="Latent tuberculosis", bands=((18, 111, 0.012),)),
    "wheelchair": Trait(
        code="Z99.3", text="Dependence on wheelchair", bands=((6, 60, 0.004), (60, 111, 0.035)), flag="wheelchair"
    ),
    "memory": Trait(
        code="G31.84", text="Mild cognitive impairment of uncertain or unknown etiology", bands=((70, 111, 0.08),)
    ),
    "unhoused": Trait(code="Z59.02", text="Unsheltered homelessness"),
    "shelter": Trait(code="Z59.01", text="Sheltered homelessness"),
    # Children and the young
    "asthma": Trait(
        code="J45.30",
        text="Mild persistent asthma, uncomplicated",
        bands=((4, 18, 0.11), (18, 111, 0.06)),
        medicines=(
            ("Albuterol 90 mcg inhaler", "2 puffs with spacer every 4 hours if needed"),
            ("Fluticasone 44 mcg inhaler", "2 puffs twice a day with spacer"),
        ),
    ),
    "eczema": Trait(
        code="L20.9",
        text="Atopic dermatitis, unspecified",
        bands=((0, 6, 0.13), (6, 18, 0.07), (18, 60, 0.03)),
        medicines=(("Triamcinolone 0.1 % ointment", "Thin layer twice a day on rough patches"),),
    ),
    "hay-fever": Trait(
        code="J30.2",
        text="Other seasonal allergic rhinitis",
        bands=((4, 18, 0.12), (18, 70, 0.14)),
        medicines=(("Cetirizine by mouth", "Once a day in season"),),
    ),
    "adhd": Trait(
        code="F90.2",
        text="Attention-deficit hyperactivity disorder, combined type",
        bands=((6, 18, 0.1), (18, 40, 0.03)),
        medicines=(
            ("Methylphenidate ER 18 mg tablet", "1 tablet by mouth every morning"),
            ("Guanfacine ER 1 mg tablet", "1 tablet by mouth at bedtime"),
        ),
    ),
    "autism": Trait(code="F84.0", text="Autistic disorder", bands=((3, 25, 0.025),)),
    "speech": Trait(
        code="F80.9", text="Developmental disorder of speech and language, unspecified", bands=((2, 6, 0.05),)
    ),
    "down": Trait(code="Q90.9", text="Down syndrome, unspecified", bands=((0, 50, 0.002),)),
    "celiac": Trait(code="K90.0", text="Celiac disease", bands=((4, 60, 0.009),)),
    "epilepsy": Trait(
        code="G40.909",
        text="Epilepsy, unspecified, not intractable, without status epilepticus",
        bands=((5, 70, 0.01),),
        medicines=(("Levetiracetam by mouth", "Twice a day, dose as the neurology letter says"),),
    ),
    "sickle-trait": Trait(code="D57.3", text="Sickle-cell trait"),
    "thalassemia-trait": Trait(code="D56.3", text="Thalassemia minor"),
    "hepatitis-b": Trait(code="B18.1", text="Chronic viral hepatitis B without delta-agent"),
    # Procedures made easier by knowing
    "latex": Trait(code="Z91.040", text="Latex allergy status", bands=((5, 111, 0.008),), flag="latex"),
    "fainter": Trait(code="R55", text="Syncope and collapse", bands=((11, 30, 0.02), (30, 60, 0.008)), flag="fainter"),
    # This season
    "pregnant": Trait(code="Z34.90", text="Supervision of normal pregnancy", sex=FEMALE,
                      medicines=(("Prenatal vitamin", "1 tablet by mouth once a day"),)),
    "postpartum": Trait(code=None, text="Gave birth in the last weeks", sex=FEMALE),
    "stitches": Trait(code="S61.411D", text="Laceration without foreign body of right hand, subsequent encounter"),
}  # fmt: skip

TRIMESTERS = (
    (98, "Z34.91", "Encounter for supervision of normal pregnancy, unspecified, first trimester"),
    (196, "Z34.92", "Encounter for supervision of normal pregnancy, unspecified, second trimester"),
    (999, "Z34.93", "Encounter for supervision of normal pregnancy, unspecified, third trimester"),
)
"""Days since the last period below which the row holds (ICD-10-CM chapter 15: less than 14 and 28 weeks 0 days)."""

BY_ORIGIN = {
    "somali": (("sickle-trait", 0.01), ("hepatitis-b", 0.02), ("latent-tb", 0.04)),
    "nigerian": (("sickle-trait", 0.1),),
    "haitian": (("sickle-trait", 0.08),),
    "black": (("sickle-trait", 0.07),),
    "hmong": (("hepatitis-b", 0.05), ("thalassemia-trait", 0.06)),
    "vietnamese": (("hepatitis-b", 0.05), ("thalassemia-trait", 0.05)),
    "chinese": (("hepatitis-b", 0.05), ("thalassemia-trait", 0.03)),
    "karen": (("hepatitis-b", 0.04), ("thalassemia-trait", 0.06), ("latent-tb", 0.04)),
    "indian": (("thalassemia-trait", 0.03),),
    "arabic": (("thalassemia-trait", 0.03),),
}
"""Traits that are commoner where a family comes from: culture → (trait, share at any age from 2 years)."""


NOT_WHILE_PREGNANT = frozenset({"hypertension", "cholesterol", "warfarin", "atrial-fibrillation", "valve", "kidney"})
"""Left out of a pregnancy here: their medicines would be wrong in it."""


def draw(rng: Random, *, age: int, sex: str, culture: str) -> list[str]:
    """The lasting traits of somebody of `age` years, in the order of the table (so that the set is repeatable)."""
    origin = dict(BY_ORIGIN.get(culture, ()))
    held: list[str] = []
    for key, trait in TRAITS.items():
        point = rng.random()
        share = _share(trait, age) + (origin.get(key, 0.0) if age >= 2 else 0.0)
        if any(other in held for other in trait.likelier_with):
            share *= 2
        if trait.sex not in (None, sex) or any(other in held for other in trait.without):
            share = 0.0
        if point < share:
            held.append(key)
    if ("valve" in held or "atrial-fibrillation" in held) and rng.random() < 0.7:
        held.append("warfarin")
    return held


def _share(trait: Trait, age: int) -> float:
    return next((share for begins, ends, share in trait.bands if begins <= age < ends), 0.0)


def flags(traits: Sequence[str]) -> list[str]:
    """The flags that these traits raise, each once."""
    return list(dict.fromkeys(TRAITS[t].flag or "" for t in traits if TRAITS[t].flag))
