"""What patients react to, in words as they are written down: substance, reaction, how bad. No coded drug list."""

from dataclasses import dataclass
from random import Random

from carewright.skills.allergies.model import Category, Criticality

NEVER_ASKED_SHARE = 0.05
NONE_KNOWN_SHARE = 0.66


@dataclass(frozen=True, kw_only=True)
class Allergy:
    """One allergy, in words."""

    substance: str
    reaction: str
    category: Category = "medication"
    criticality: Criticality = "low"
    from_years: int = 0


ALLERGIES = (
    Allergy(substance="Amoxicillin", reaction="Hives", from_years=1),
    Allergy(substance="Penicillin", reaction="Hives", from_years=5),
    Allergy(substance="Penicillin", reaction="Throat swelling, hospital", criticality="high", from_years=18),
    Allergy(substance="Sulfa drugs", reaction="Rash all over", from_years=12),
    Allergy(substance="Codeine", reaction="Vomiting", from_years=18),
    Allergy(substance="Ibuprofen", reaction="Wheezing", criticality="high", from_years=12),
    Allergy(substance="Lisinopril", reaction="Lip swelling", criticality="high", from_years=35),
    Allergy(substance="Azithromycin", reaction="Stomach cramps", from_years=2),
    Allergy(substance="Iodine contrast", reaction="Hives", from_years=30),
    Allergy(substance="Lidocaine", reaction="Rash where injected", from_years=15),
    Allergy(substance="Peanut", reaction="Hives, vomiting; carries epinephrine", category="food", criticality="high"),
    Allergy(substance="Egg", reaction="Hives around the mouth", category="food"),
    Allergy(substance="Cow's milk", reaction="Blood in the stool as a baby", category="food"),
    Allergy(substance="Tree nuts", reaction="Throat itching", category="food", criticality="high", from_years=2),
    Allergy(substance="Shrimp", reaction="Lip swelling", category="food", from_years=5),
    Allergy(substance="Bee sting", reaction="Arm swelled to the elbow", category="environment", from_years=3),
    Allergy(substance="Cat dander", reaction="Sneezing, itchy eyes", category="environment", from_years=3),
    Allergy(substance="Adhesive tape", reaction="Skin blisters", category="environment", from_years=10),
)
LATEX = Allergy(substance="Latex", reaction="Hands swell and itch", category="environment", criticality="high")


def draw(rng: Random, *, years: int, latex: bool) -> list[Allergy] | None:
    """The allergies on the chart; an empty list is "asked, none known", None is "never asked"."""
    point = rng.random()
    pool = [allergy for allergy in ALLERGIES if years >= max(1, allergy.from_years)]
    found = [LATEX] if latex else []
    if point < NEVER_ASKED_SHARE and not latex:
        return None
    if point > NEVER_ASKED_SHARE + NONE_KNOWN_SHARE and pool:
        found += rng.sample(pool, k=min(len(pool), 1 if rng.random() < 0.75 else 2))
    by_substance = {allergy.substance: allergy for allergy in found}
    return list(by_substance.values())
