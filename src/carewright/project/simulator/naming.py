"""How a family's names are passed on: each rule gives a father, a mother and their children believable full names."""

from dataclasses import dataclass
from random import Random

from carewright.project.simulator.names import Culture

FEMALE, MALE = "female", "male"
Name = tuple[tuple[str, ...], str]
"""Given names (with middle names), and the family name."""


@dataclass(frozen=True, kw_only=True)
class FamilyNames:
    """A household's stock: what its members are called is drawn from here. `father` and `mother` are full names."""

    culture: Culture
    father: Name
    mother: Name
    mother_maiden: str = ""


def family(rng: Random, culture: Culture, *, mother_culture: Culture | None = None) -> FamilyNames:
    """The parents' names. `mother_culture` differs in a mixed family."""
    other = mother_culture or culture
    father, mother = person(rng, culture, MALE), person(rng, other, FEMALE)
    takes = culture.pattern in {"western", "slavic", "sikh"} and other is culture and rng.random() < 0.75
    if not takes:
        return FamilyNames(culture=culture, father=father, mother=mother)
    married = _gendered(culture, father[1], FEMALE)
    return FamilyNames(culture=culture, father=father, mother=(mother[0], married), mother_maiden=mother[1])


def person(rng: Random, culture: Culture, sex: str) -> Name:
    """Somebody of this origin, by themselves."""
    given = rng.choice(culture.female if sex == FEMALE else culture.male)
    match culture.pattern:
        case "two-surnames":
            return (given,), " ".join(rng.sample(culture.surnames, 2))
        case "three-names":
            return (given, rng.choice(culture.male)), rng.choice(culture.male)
        case "no-surname":
            *first, last = given.split()
            return (" ".join(first),), last
        case _:
            return _with_middle(rng, culture, given, sex), _gendered(culture, rng.choice(culture.surnames), sex)


def child(rng: Random, names: FamilyNames, sex: str, *, taken: frozenset[str]) -> Name:
    """A child of this household, with a given name that no brother or sister (`taken`) has."""
    culture = names.culture
    pool = culture.female if sex == FEMALE else culture.male
    given = rng.choice([name for name in pool if name not in taken] or list(pool))
    father_given, father_family = names.father
    match culture.pattern:
        case "two-surnames":
            return (given,), f"{_first_surname(father_family)} {_first_surname(names.mother[1])}"
        case "three-names":  # own name, the father's, the grandfather's
            return (given, father_given[0]), father_given[-1]
        case "no-surname":
            *first, last = given.split()
            return (" ".join(first),), last
        case _:
            return _with_middle(rng, culture, given, sex), _gendered(culture, father_family, sex)


def _first_surname(both: str) -> str:
    """Of `de la Cruz Morales` the first: `de la Cruz`."""
    words = both.split()
    return " ".join(words[:3]) if words[0] == "de" else words[0]


def _with_middle(rng: Random, culture: Culture, given: str, sex: str) -> tuple[str, ...]:
    if culture.pattern == "sikh":
        return given, "Kaur" if sex == FEMALE else "Singh"
    if culture.pattern == "vietnamese" and rng.random() < 0.55:
        return given, "Thi" if sex == FEMALE else "Van"
    if culture.pattern == "western" and rng.random() < 0.35:
        return given, rng.choice("ABCDEFGHJKLMNPRSTW") + "."
    return (given,)


def _gendered(culture: Culture, surname: str, sex: str) -> str:
    """A Russian family name as a woman bears it; those that do not change stay."""
    if culture.pattern != "slavic" or sex != FEMALE:
        return surname
    if surname.endswith(("ov", "ev", "in")):
        return surname + "a"
    return surname[:-1] + "aya" if surname.endswith("sky") else surname
