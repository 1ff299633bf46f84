"""What the comparison calls likely, the keys bring together: nobody registered twice is missed for speed."""

from dataclasses import replace
from datetime import date

from hypothesis import event, given, settings
from hypothesis import strategies as st

from carewright.skills.registration.model import Address, Likeness, Name, Patient, Phone
from carewright.skills.registration.rules.duplicates import compare
from carewright.skills.registration.rules.pairs import pair_keys

FAMILIES = ("Okafor", "Okafour", "García López", "Lopez", "Lindqvist", "Lindkvist", "Nguyen", "Robert", "Smith-Jones")
GIVEN = ("Robert", "Bob", "Ada", "Adah", "Katherine", "Kate", "Lopez", "Jose", "Pepe", "Joséph", "Linda", "Smith")
YEARS, PARTS = st.sampled_from((1979, 1980, 1988, 1997)), st.sampled_from((1, 2, 10, 12))
people = st.builds(
    Patient,
    name=st.builds(Name, family=st.sampled_from(FAMILIES), given=st.tuples(st.sampled_from(GIVEN))),
    preferred_name=st.sampled_from(("", "Bob", "Kate")),
    gender=st.sampled_from(("male", "female")),
    birth_date=st.builds(date, YEARS, PARTS, PARTS),
    phones=st.sampled_from(((), (Phone(number="(612) 555-0142"),))),
    address=st.sampled_from((None, Address(lines=("1 Main St",), postal_code="55401"))),
)
ALIKE = ("name", "birth_date", "phones", "address", "gender")
LETTERS = st.text(alphabet="aehnrtdk", min_size=1, max_size=7).map(str.capitalize)


@settings(max_examples=1_000)
@given(people, people, st.sets(st.sampled_from(ALIKE), min_size=1))
def test_a_likely_pair_shares_a_key(one: Patient, other: Patient, same: set[str]) -> None:
    second = replace(other, **{name: getattr(one, name) for name in sorted(same)})
    event("likely" if is_likely(one, second) else "not likely")
    assert pair_keys(one) & pair_keys(second) or not is_likely(one, second)


@settings(max_examples=1_000)
@given(people, LETTERS, LETTERS, st.integers(0, 7), st.integers(0, 9), st.booleans())
def test_so_does_a_pair_with_slips_of_the_finger(
    somebody: Patient, family: str, first: str, place: int, digit: int, swap: bool
) -> None:
    one = replace(somebody, name=Name(family=family, given=(first,)))
    digits = f"{one.birth_date:%Y%m%d}"
    neighbours = digits[:place] + digits[place : place + 2][::-1] + digits[place + 2 :]
    slipped = neighbours if swap else digits[:place] + str(digit) + digits[place + 1 :]
    try:
        born = date(int(slipped[:4]), int(slipped[4:6]), int(slipped[6:]))
    except ValueError:
        return
    other = replace(
        one, birth_date=born, name=Name(family=family[::-1], given=(first,)) if place == digit else one.name
    )
    assert pair_keys(one) & pair_keys(other) or not is_likely(one, other)


def is_likely(one: Patient, other: Patient) -> bool:
    return compare(one, other).likeness is Likeness.LIKELY


def test_nobody_without_a_birth_date_has_a_key() -> None:
    assert pair_keys(Patient(name=Name(family="Okafor", given=("Ada",)))) == frozenset()
