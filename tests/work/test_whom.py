"""Whom a definition is for: ages at their boundaries, what is not known, words, and every form there and back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.work.whom import EVERYBODY, Age, AgeUnit, Facts, Whom, from_use_contexts, to_use_contexts

AGES = st.builds(Age, st.integers(0, 130), st.sampled_from(AgeUnit))
WHOM = st.builds(
    Whom, age_from=st.none() | AGES, sex=st.sampled_from(["", "female", "male"]),
    problems=st.lists(st.sampled_from(["E11", "I10", "O09.1", "Z34"]), unique=True).map(tuple),
    is_new=st.sampled_from([None, True, False]),
)  # fmt: skip
BORN = st.dates(date(1920, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("age", "born", "reached"),
    [
        ("3 days", date(2026, 2, 27), date(2026, 3, 2)),
        ("6 weeks", date(2026, 1, 1), date(2026, 2, 12)),
        ("1 month", date(2026, 1, 31), date(2026, 2, 28)),
        ("12 months", date(2024, 2, 29), date(2025, 2, 28)),
        ("4 years", date(2024, 2, 29), date(2028, 2, 29)),
        ("18 years", date(2008, 11, 23), date(2026, 11, 23)),
        ("0 days", date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_the_day_on_which_an_age_is_reached(age: str, born: date, reached: date) -> None:
    found = Age.read(age)
    assert found.reached_on(born) == reached
    assert str(found) == age


@pytest.mark.parametrize(
    "text", ["", "old", "3", "-1 years", "3 decades", "200 years", "3  years", "99999 days", "٣ days"]
)
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="age is"):
        Age.read(text)


@given(AGES, AGES, BORN)
def test_an_older_age_of_the_same_unit_is_reached_no_earlier(one: Age, other: Age, born: date) -> None:
    if one.unit is other.unit and one.count <= other.count:
        assert one.reached_on(born) <= other.reached_on(born)


@given(WHOM)
def test_a_condition_comes_back_from_its_line_and_from_fhir(whom: Whom) -> None:
    assert Whom.read(whom.text) == whom
    found = from_use_contexts(to_use_contexts(whom))
    assert (found.age_from, found.sex, found.problems) == (whom.age_from, whom.sex, whom.problems)
    assert (whom.text == "") is whom.is_everybody
    assert str(whom.words)


@given(WHOM, BORN, st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_what_is_not_known_is_neither_yes_nor_no(whom: Whom, born: date, on: date) -> None:
    known = Facts(born=born, sex="female", problems=frozenset({"E11.9"}), is_new=False)
    assert whom.holds(known, on=on) in (True, False)
    assert whom.holds(Facts(), on=on) in ((True,) if whom.is_everybody else (None,))


@pytest.mark.parametrize(
    ("whom", "facts", "holds"),
    [
        (Whom(age_from=Age(18, AgeUnit.YEARS)), Facts(born=date(2008, 11, 23)), True),
        (Whom(age_from=Age(18, AgeUnit.YEARS)), Facts(born=date(2008, 11, 24)), False),
        (Whom(age_below=Age(18, AgeUnit.YEARS)), Facts(born=date(2008, 11, 23)), False),
        (Whom(age_below=Age(18, AgeUnit.YEARS)), Facts(born=date(2008, 11, 24)), True),
        (Whom(sex="female"), Facts(sex="other"), None),
        (Whom(sex="female"), Facts(sex="male"), False),
        (Whom(problems=("E11",)), Facts(problems=frozenset({"E11.65"})), True),
        (Whom(problems=("E11.6",)), Facts(problems=frozenset({"E11.9"})), False),
        (Whom(problems=("E11",)), Facts(problems=frozenset()), False),
        (Whom(is_new=True), Facts(is_new=False), False),
        (Whom(sex="female", is_new=True), Facts(is_new=False), False),
        (EVERYBODY, Facts(), True),
    ],
)
def test_whom_it_is_for(whom: Whom, facts: Facts, holds: bool | None) -> None:
    assert whom.holds(facts, on=date(2026, 11, 23)) is holds


@pytest.mark.parametrize(
    ("whom", "words"),
    [
        (EVERYBODY, "everybody"),
        (Whom(age_from=Age(0, AgeUnit.DAYS), age_below=Age(3, AgeUnit.DAYS)), "below 3 days"),
        (Whom(age_from=Age(1, AgeUnit.YEARS), age_below=Age(2, AgeUnit.YEARS)), "1 year to below 2 years"),
        (Whom(age_from=Age(18, AgeUnit.YEARS), sex="female"), "18 years and older, women and girls"),
        (Whom(problems=("E11", "I10"), is_new=False), "with one of these problems: E11, I10, seen here before"),
    ],
)
def test_in_words(whom: Whom, words: str) -> None:
    assert str(whom.words) == words


@pytest.mark.parametrize(
    "more",
    [{"sex": "woman"}, {"problems": ("diabetes",)}, {"problems": ("E1",)},
     {"age_from": Age(2, AgeUnit.YEARS), "age_below": Age(24, AgeUnit.MONTHS)}],
)  # fmt: skip
def test_what_is_no_condition(more: dict) -> None:
    with pytest.raises(ValueError, match=r"Sex is|A problem is|Nobody is"):
        Whom(**more)
    with pytest.raises(ValueError, match="Not a condition"):
        Whom.read("weight 5")


def test_an_age_in_fractions_is_none_of_ours() -> None:
    context = to_use_contexts(Whom(age_from=Age(2, AgeUnit.YEARS)))
    context[0]["valueRange"]["low"]["value"] = 2.5
    with pytest.raises(ValueError, match="whole number"):
        from_use_contexts(context)
