"""Record numbers, the search box, and who is a look-alike and who a twin."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.skills.registration.model import Address, Likeness, Name, Patient, Phone, Search
from carewright.skills.registration.rules import (
    check_mrn,
    compare,
    look_alikes,
    make_mrn,
    parse_search,
    search_keys,
    show_mrn,
    sound,
)

SERIAL = st.integers(1, 9_999_999)


@given(SERIAL)
def test_a_made_number_checks_and_is_shown_in_groups(serial: int) -> None:
    mrn = make_mrn(serial)
    assert check_mrn(show_mrn(mrn)) == mrn
    assert int(mrn[:-1]) == serial


@given(SERIAL, st.integers(0, 7), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(serial: int, place: int, more: int) -> None:
    mrn = make_mrn(serial)
    wrong = mrn[:place] + str((int(mrn[place]) + more) % 10) + mrn[place + 1 :]
    assert check_mrn(wrong) is None


@given(SERIAL, st.integers(0, 6))
def test_any_swap_of_neighbours_is_found(serial: int, place: int) -> None:
    mrn = make_mrn(serial)
    swapped = mrn[:place] + mrn[place + 1] + mrn[place] + mrn[place + 2 :]
    assert (check_mrn(swapped) is None) == (swapped != mrn)


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "1234567a", "１２３４５６７４"])
def test_other_numbers_are_none_of_ours(text: str) -> None:
    assert check_mrn(text) is None
    assert show_mrn(text) == text


@pytest.mark.parametrize("serial", [0, 10_000_000])
def test_numbers_run_out_loudly(serial: int) -> None:
    with pytest.raises(ValueError, match="Record numbers run"):
        make_mrn(serial)


def test_the_check_digit_is_the_published_one() -> None:
    assert make_mrn(572)[-1] == "4"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Okafor, Jonas", Search(names=("okafor", "jonas"))),
        ("okafor 8/21/2025", Search(names=("okafor",), birth_date=date(2025, 8, 21))),
        ("2025-08-21 O’Neil-García", Search(names=("oneil", "garcia"), birth_date=date(2025, 8, 21))),
        ("(555) 670-8833", Search(phone="5556708833")),
        ("13/45/2025 lee", Search(names=("lee",))),
        ("  ", Search()),
    ],
)
def test_the_search_box_is_taken_apart(text: str, found: Search) -> None:
    assert parse_search(text) == found


def test_a_record_number_is_searched_as_one() -> None:
    mrn = make_mrn(421877)
    assert parse_search(show_mrn(mrn)) == Search(mrn=mrn)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyen", "Nguyenn"),
        ("Schmidt", "Shmit"),
        ("Catherine", "Katherine"),
        ("Philips", "Filips"),
        ("Weiss", "Vaiss"),
    ],
)
def test_names_that_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


ADA = Patient(
    id="1",
    name=Name(family="Okafor", given=("Ada", "Grace")),
    gender="female",
    birth_date=date(1991, 4, 7),
    phones=(Phone(number="(555) 670-8833"),),
    address=Address(lines=("12 Oak St.",), city="Springfield", state="MA", postal_code="01101"),
)
JONAS = replace(ADA, id="2", name=Name(family="Okafor", given=("Jonas",)), gender="male", birth_date=date(2025, 8, 21))


def named(patient: Patient, family: str, *given_names: str) -> Patient:
    return replace(patient, id="other", name=Name(family=family, given=given_names))


def born(patient: Patient, day: date) -> Patient:
    return replace(patient, id="other", birth_date=day)


@pytest.mark.parametrize(
    ("entered", "likeness", "reason"),
    [
        (replace(ADA, id="x", phones=(), address=None), Likeness.LIKELY, "Same birth date."),
        (born(ADA, date(1991, 7, 4)), Likeness.LIKELY, "Birth dates with day and month swapped."),
        (born(ADA, date(1991, 4, 1)), Likeness.LIKELY, "Birth dates differ by one slip of the finger."),
        (named(ADA, "Okafor-Brooks", "Ada"), Likeness.LIKELY, "One last name in common."),
        (named(ADA, "Brooks", "Ada"), Likeness.LIKELY, "Same first name."),
        (replace(named(ADA, "Brooks", "Ada"), phones=(), address=None), Likeness.POSSIBLE, "Same first name."),
        (named(ADA, "Ada", "Okafor"), Likeness.LIKELY, "First and last name are swapped."),
        (named(JONAS, "Okaforr", "Jonas"), Likeness.DIFFERENT, ""),
        (born(ADA, date(1958, 12, 30)), Likeness.DIFFERENT, "Different birth dates."),
    ],
)
def test_who_is_alike_and_why(entered: Patient, likeness: Likeness, reason: str) -> None:
    match = compare(entered, ADA)
    assert match.likeness is likeness
    assert not reason or reason in map(str, match.reasons)


def test_a_short_name_is_the_same_first_name() -> None:
    robert = Patient(name=Name(family="Lopez", given=("Robert",)), birth_date=date(1970, 1, 2))
    bob = Patient(name=Name(family="Lopez", given=("Bob",)), birth_date=date(1970, 1, 2))
    assert compare(robert, bob).likeness is Likeness.LIKELY


def test_twins_are_two_people() -> None:
    tobias = named(JONAS, "Okafor", "Tobias")
    assert compare(JONAS, tobias).likeness is Likeness.DIFFERENT
    assert [str(reason) for reason in compare(JONAS, tobias).reasons] == [
        "Different first names: twins, not the same person."
    ]
    first, second = replace(JONAS, birth_order=1), replace(named(JONAS, "Okafor", "Jonah"), birth_order=2)
    assert compare(first, second).likeness is Likeness.DIFFERENT
    jayden, kayden = named(JONAS, "Okafor", "Jayden"), replace(named(JONAS, "Okafor", "Kayden"), id="k")
    match = compare(jayden, kayden)
    assert match.likeness is Likeness.POSSIBLE
    assert str(match.reasons[-1]).startswith("Could be twins")


def test_a_shared_phone_and_surname_is_no_duplicate() -> None:
    assert compare(ADA, JONAS).likeness is Likeness.DIFFERENT


def test_father_and_son_of_one_name_are_two_people() -> None:
    father = replace(JONAS, id="f", birth_date=date(1990, 3, 5))
    assert compare(father, JONAS).likeness is Likeness.DIFFERENT


def test_look_alikes_come_most_alike_first_and_leave_oneself_out() -> None:
    close, closer = replace(named(ADA, "Brooks", "Ada"), id="3"), replace(ADA, id="4", phones=())
    found = look_alikes(ADA, [JONAS, close, ADA, closer])
    assert [patient.id for patient, _ in found] == ["4", "3"]


NAMES = st.sampled_from(["Ada", "Ana", "Jonas", "Jonah", "Okafor", "Nguyen", "García López", "López", "Li", ""])
PATIENTS = st.builds(
    Patient,
    name=st.builds(Name, family=NAMES.filter(bool), given=NAMES.map(lambda name: (name,) if name else ())),
    gender=st.sampled_from(["male", "female", "unknown"]),
    birth_date=st.one_of(st.none(), st.dates(date(1990, 1, 1), date(1990, 12, 31))),
    phones=st.sampled_from([(), (Phone(number="555 670 8833"),)]),
    birth_order=st.sampled_from([None, 1, 2]),
)


@given(PATIENTS, PATIENTS)
def test_comparing_is_the_same_either_way_round(one: Patient, other: Patient) -> None:
    forth, back = compare(one, other), compare(other, one)
    assert (forth.likeness, forth.points) == (back.likeness, back.points)
    assert forth.reasons or forth.likeness is Likeness.DIFFERENT


@given(PATIENTS, PATIENTS)
def test_every_likely_pair_shares_a_search_key(one: Patient, other: Patient) -> None:
    if compare(one, other).likeness is Likeness.LIKELY:
        assert search_keys(one) & search_keys(other)
