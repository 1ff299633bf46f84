"""Who comes with a child and what they may decide; whom to call for an adult."""

from random import Random

from carewright.project.simulator import naming
from carewright.project.simulator.model import Guardian, Person
from carewright.project.simulator.names import CULTURES, Culture
from carewright.project.simulator.seeds import identifier, stream

FEMALE, MALE = "female", "male"

_PARENT = "May consent to care"
_SOLE = "Sole legal custody, court order on file; only she may consent"
_SOLE_HIS = "Sole legal custody, court order on file; only he may consent"
_NO_CONTACT = "Court order on file: may not pick up, consent or be told anything"
_JOINT = "Joint legal custody, separate homes: either parent may consent, tell both"
_FOSTER = "Foster placement by Ramsey County: routine care only; call the county worker before anything else"
_GRANDPARENT = "Legal guardian by court order; parents may visit, may not consent"
_LETTER = "Letter on file: may bring the child and consent to routine care and shots"
_NONE = "May bring the child; call a parent for consent, with a witness on the line"


def for_child(
    seed: int, rng: Random, kind: str, *, child: str, parents: tuple[Person, Person], culture: Culture, phone: str
) -> tuple[Guardian, ...]:
    """The adults of one child: `child` is the child's id, `kind` the kind of household, `parents` the two at home."""
    mother, father = parents

    def adult(who: Person, relationship: str, authority: str, note: str) -> Guardian:
        return Guardian(
            id=identifier(seed, "related-person", child, relationship),
            given=who.given,
            family=who.family,
            sex=who.sex,
            relationship=relationship,
            authority=authority,
            note=note,
            phone=who.mobile or phone,
            language=who.language,
        )

    match kind:
        case "foster":
            return (adult(mother, "PRNFOST", "foster", _FOSTER),)
        case "grandparents":
            return (
                adult(mother, "GRMTH", "guardian", _GRANDPARENT),
                adult(father, "GRFTH", "guardian", _GRANDPARENT),
            )
        case "single-mother" | "single-father":
            present, absent, codes = (mother, father, ("MTH", "FTH"))
            if kind == "single-father":
                present, absent, codes = father, mother, ("FTH", "MTH")
            point = rng.random()
            if point < 0.15:
                sole = _SOLE if present.sex == FEMALE else _SOLE_HIS
                return (
                    adult(present, codes[0], "sole-custody", sole),
                    adult(absent, codes[1], "no-contact", _NO_CONTACT),
                )
            if point < 0.5:
                return (adult(present, codes[0], "parent", _JOINT), adult(absent, codes[1], "parent", _JOINT))
            return (adult(present, codes[0], "parent", _PARENT),)
        case _:
            couple = (adult(mother, "MTH", "parent", _PARENT), adult(father, "FTH", "parent", _PARENT))
            extra = _grandmother(seed, rng, child=child, culture=culture, phone=phone)
            return (*couple, *extra)


def _grandmother(seed: int, rng: Random, *, child: str, culture: Culture, phone: str) -> tuple[Guardian, ...]:
    """In one family of six a grandmother often brings the children; half of them with a letter."""
    if rng.random() > 1 / 6:
        return ()
    authority, note = ("letter", _LETTER) if rng.random() < 0.5 else ("none", _NONE)
    given, family = naming.person(rng, culture, FEMALE)
    return (
        Guardian(
            id=identifier(seed, "related-person", child, "GRMTH"),
            given=given,
            family=family,
            sex=FEMALE,
            relationship="GRMTH",
            authority=authority,
            note=note,
            phone=phone,
            language=culture.language,
        ),
    )


def spouse(seed: int, person: Person, *, phone: str) -> Guardian:
    """`person` as the one to call for wife or husband."""
    return Guardian(
        id=identifier(seed, "contact", person.id),
        given=person.given,
        family=person.family,
        sex=person.sex,
        relationship="SPS",
        authority="",
        note="",
        phone=person.mobile or phone,
    )


def other_contact(seed: int, person: Person, *, culture: Culture, years: int, phone: str) -> Guardian | None:
    """A sister, friend or grown child to call; one adult in eight has named nobody."""
    rng = stream(seed, "contact", person.id)
    if rng.random() < 0.125:
        return None
    sex = rng.choice((FEMALE, MALE))
    given, family = naming.person(rng, CULTURES[culture.key], sex)
    if years >= 60:
        relationship, family = ("DAU" if sex == FEMALE else "SON"), person.family
    else:
        relationship = rng.choice(("SIS" if sex == FEMALE else "BRO", "FRND"))
    return Guardian(
        id=identifier(seed, "contact", person.id),
        given=given,
        family=family,
        sex=sex,
        relationship=relationship,
        authority="",
        note="",
        phone=phone,
    )
