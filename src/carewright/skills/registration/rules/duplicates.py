"""Is this the same person? Points and reasons at entry; a person decides, nothing is ever merged by itself.

The form is the usual one for record linkage (agreement on several fields adds up: Fellegi and Sunter, J Am Stat Assoc
1969;64:1183); the points are ours, set so that a name and a birth date together are "likely" and a shared household
alone is nothing. Twins share family name, birth date, phone and address: a different first name, or a different birth
order, makes two people of them.
"""

from collections.abc import Iterable
from datetime import date

from carewright.core.sentences import Sentence, sentence
from carewright.skills.registration.model import Likeness, Match, Patient
from carewright.skills.registration.rules.finding import name_parts, phone_digits, sound

LIKELY = 9
POSSIBLE = 6

FAMILY_SAME, FAMILY_ALIKE, GIVEN_SAME, GIVEN_ALIKE = 3, 2, 3, 2
BORN_SAME, BORN_SWAPPED, BORN_SLIP = 4, 3, 3
BORN_DIFFERS, PHONE_SAME, ADDRESS_SAME, SEX_DIFFERS = -3, 1, 1, -2
_LETTERS_FOR_A_SLIP = 4
"""Names shorter than this are not called alike for one letter: Lee and Li, Ana and Ada are two people."""

_FULL_NAMES = {
    short: full
    for full, shorts in {
        "robert": "bob bobby rob", "william": "bill billy will", "james": "jim jimmy", "john": "johnny jack",
        "richard": "rick dick", "michael": "mike", "joseph": "joe joey", "thomas": "tom tommy", "daniel": "dan danny",
        "anthony": "tony", "christopher": "chris", "matthew": "matt", "nicholas": "nick", "edward": "ed eddie ted",
        "elizabeth": "liz beth betty lisa", "katherine": "kate kathy katie", "margaret": "maggie peggy meg",
        "jennifer": "jen jenny", "patricia": "pat patty", "deborah": "deb debbie", "susan": "sue susie",
        "rebecca": "becky", "alexander": "alex", "francisco": "paco pancho", "jose": "pepe", "guadalupe": "lupe",
    }.items()
    for short in shorts.split()
}  # fmt: skip
"""Short forms common at a front desk; the preferred name of a record adds its own."""

Scored = tuple[int, Sentence] | None


def compare(one: Patient, other: Patient) -> Match:
    """Points, likeness and reasons; the same either way round."""
    family, given = _family(one, other), _given(one, other)
    swapped = _names_swapped(one, other) if family is None and given is None else None
    scores = [swapped, family, given, _born(one, other), _phone(one, other), _address(one, other), _sex(one, other)]
    found = [score for score in scores if score is not None]
    points = max(0, sum(point for point, _ in found))
    reasons = tuple(reason for _, reason in found)
    if (two_people := _two_people(one, other, family=family, given=given)) is not None:
        return Match(likeness=Likeness.DIFFERENT, points=0, reasons=(two_people,))
    likeness = Likeness.LIKELY if points >= LIKELY else Likeness.POSSIBLE if points >= POSSIBLE else Likeness.DIFFERENT
    if likeness is Likeness.LIKELY and given is not None and given[0] == GIVEN_ALIKE and _household(one, other):
        likeness, reasons = Likeness.POSSIBLE, (*reasons, sentence("Could be twins: the first names are only alike."))
    return Match(likeness=likeness, points=points, reasons=reasons)


def look_alikes(entered: Patient, known: Iterable[Patient]) -> list[tuple[Patient, Match]]:
    """Those of `known` who may be the person being entered, most alike first; never the person's own record."""
    pairs = [(patient, compare(entered, patient)) for patient in known if not (entered.id and patient.id == entered.id)]
    alike = [pair for pair in pairs if pair[1].likeness is not Likeness.DIFFERENT]
    return sorted(alike, key=lambda pair: (-pair[1].points, pair[0].name.words, pair[0].id))


def _two_people(one: Patient, other: Patient, *, family: Scored, given: Scored) -> Sentence | None:
    if one.birth_order and other.birth_order and one.birth_order != other.birth_order:
        return sentence("Twins: born first and second.")
    if family is None or given is not None:
        return None
    same_day = one.birth_date is not None and one.birth_date == other.birth_date
    if same_day:
        return sentence("Different first names: twins, not the same person.")
    return sentence("Different first names.")


def _household(one: Patient, other: Patient) -> bool:
    return _phone(one, other) is not None or _address(one, other) is not None


def _family(one: Patient, other: Patient) -> Scored:
    mine, theirs = name_parts(one.name.family), name_parts(other.name.family)
    if mine and sorted(mine) == sorted(theirs):
        return FAMILY_SAME, sentence("Same last name.")
    if set(mine) & set(theirs):
        return FAMILY_ALIKE, sentence("One last name in common.")
    if mine and theirs and _alike("".join(mine), "".join(theirs)):
        return FAMILY_ALIKE, sentence("Last names sound or look alike.")
    return None


def _given(one: Patient, other: Patient) -> Scored:
    mine, theirs = given_names(one), given_names(other)
    if mine & theirs:
        return GIVEN_SAME, sentence("Same first name.")
    if any(_alike(a, b) for a in mine for b in theirs):
        return GIVEN_ALIKE, sentence("First names sound or look alike.")
    return None


def given_names(patient: Patient) -> set[str]:
    """The first given name, the preferred one, and what they are short for; middle names make no two people one."""
    names = {"".join(name_parts(name)) for name in (*patient.name.given[:1], patient.preferred_name) if name}
    return names | {_FULL_NAMES[name] for name in names if name in _FULL_NAMES}


def _names_swapped(one: Patient, other: Patient) -> Scored:
    mine = (set(name_parts(one.name.family)), given_names(one))
    theirs = (set(name_parts(other.name.family)), given_names(other))
    if mine[0] and mine[0] == theirs[1] and mine[1] == theirs[0]:
        return FAMILY_SAME + GIVEN_SAME - 1, sentence("First and last name are swapped.")
    return None


def _alike(mine: str, theirs: str) -> bool:
    long_enough = min(len(mine), len(theirs)) >= _LETTERS_FOR_A_SLIP
    return mine == theirs or (long_enough and (sound(mine) == sound(theirs) or one_slip(mine, theirs)))


def one_slip(mine: str, theirs: str) -> bool:
    """One letter wrong, missing or too many, or two neighbours swapped."""
    if abs(len(mine) - len(theirs)) > 1 or mine == theirs:
        return False
    if len(mine) == len(theirs):
        differ = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1
        return len(differ) == 1 or (
            swapped and mine[differ[0]] == theirs[differ[1]] and mine[differ[1]] == theirs[differ[0]]
        )
    short, long = sorted((mine, theirs), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _born(one: Patient, other: Patient) -> Scored:
    mine, theirs = one.birth_date, other.birth_date
    if mine is None or theirs is None:
        return None
    if mine == theirs:
        return BORN_SAME, sentence("Same birth date.")
    if _swapped(mine) == theirs:
        return BORN_SWAPPED, sentence("Birth dates with day and month swapped.")
    if one_slip(f"{mine:%Y%m%d}", f"{theirs:%Y%m%d}"):
        return BORN_SLIP, sentence("Birth dates differ by one slip of the finger.")
    return BORN_DIFFERS, sentence("Different birth dates.")


def _swapped(born: date) -> date | None:
    try:
        return born.replace(month=born.day, day=born.month)
    except ValueError:
        return None


def _phone(one: Patient, other: Patient) -> Scored:
    mine, theirs = ({phone_digits(p.number) for p in patient.phones} - {""} for patient in (one, other))
    return (PHONE_SAME, sentence("Same phone.")) if mine & theirs else None


def _address(one: Patient, other: Patient) -> Scored:
    mine, theirs = street_of(one), street_of(other)
    return (ADDRESS_SAME, sentence("Same address.")) if mine and mine == theirs else None


def street_of(patient: Patient) -> tuple[str, ...]:
    """Where somebody lives, folded for comparison; () where that is not known."""
    where = patient.address
    if where is None or where.no_fixed_address or not where.lines:
        return ()
    return (*name_parts(" ".join(where.lines)), where.postal_code[:5])


def _sex(one: Patient, other: Patient) -> Scored:
    if {one.gender, other.gender} == {"male", "female"}:
        return SEX_DIFFERS, sentence("Different sex.")
    return None
