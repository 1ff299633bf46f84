from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.shell.numbers import BadNumber, NumberFault, Typed, parse_decimal, parse_quantity

WEIGHT = {"kg": ("kilos", "kgs"), "lb": ("lbs", "pounds", "#")}
HEIGHT = {"cm": (), "in": ("inch", "inches", '"')}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10.3", "10.3"),
        ("10.30", "10.30"),
        ("98,6", "98.6"),
        ("0,125", "0.125"),
        (" 37 ", "37"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("-1.5", "-1.5"),
        ("−1.5", "-1.5"),
        ("1,250.5", "1250.5"),
        ("1,250,000", "1250000"),
        ("36,75", "36.75"),
        ("１２", "12"),
    ],
)
def test_numbers_as_people_type_them(text: str, value: str) -> None:
    assert str(parse_decimal(text)) == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", NumberFault.EMPTY),
        ("  ", NumberFault.EMPTY),
        ("abc", NumberFault.NOT_A_NUMBER),
        ("12abc", NumberFault.NOT_A_NUMBER),
        ("1.2.3", NumberFault.NOT_A_NUMBER),
        ("1,2,3", NumberFault.NOT_A_NUMBER),
        ("12-14", NumberFault.NOT_A_NUMBER),
        ("1e5", NumberFault.NOT_A_NUMBER),
        ("NaN", NumberFault.NOT_A_NUMBER),
        ("12.", NumberFault.NOT_A_NUMBER),
        ("1,250", NumberFault.TWO_MEANINGS),
        ("10,125", NumberFault.TWO_MEANINGS),
        ("1234567890123", NumberFault.TOO_LONG),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_its_reason(text: str, fault: NumberFault) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_decimal(text)
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("150 lb", "150", "lb"),
        ("150LBS", "150", "lb"),
        ("68,2kg", "68.2", "kg"),
        ("68.2", "68.2", "kg"),
        ("12#", "12", "lb"),
    ],
)
def test_a_typed_unit_wins_over_the_default(text: str, value: str, unit: str) -> None:
    assert parse_quantity(text, units=WEIGHT, default="kg") == Typed(value=Decimal(value), unit=unit)


@pytest.mark.parametrize(
    ("text", "inches"),
    [
        ("5'4", "64"),
        ("5'4\"", "64"),
        ("5’ 4”", "64"),
        ("5 ft 4 in", "64"),
        ("5ft", "60"),
        ("5'4.5\"", "64.5"),
        ("5 FT 4,5", "64.5"),
    ],
)
def test_feet_and_inches(text: str, inches: str) -> None:
    assert parse_quantity(text, units=HEIGHT, default="cm") == Typed(value=Decimal(inches), unit="in")


def test_twelve_inches_make_a_foot() -> None:
    with pytest.raises(BadNumber) as caught:
        parse_quantity("5'12\"", units=HEIGHT, default="cm")
    assert caught.value.fault is NumberFault.TOO_MANY_INCHES


def test_feet_mean_nothing_to_a_weight() -> None:
    with pytest.raises(BadNumber) as caught:
        parse_quantity("5'4\"", units=WEIGHT, default="kg")
    assert caught.value.fault is NumberFault.UNKNOWN_UNIT


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(BadNumber) as caught:
        parse_quantity("150 stone", units=WEIGHT, default="kg")
    assert (caught.value.fault, caught.value.detail) == (NumberFault.UNKNOWN_UNIT, "stone")


@given(st.decimals(min_value=0, max_value=999_999, places=3))
def test_every_plain_decimal_comes_back_exactly(value: Decimal) -> None:
    assert str(parse_decimal(str(value))) == str(value)


@given(st.text(max_size=20))
def test_any_text_gives_a_finite_number_or_a_reason(text: str) -> None:
    try:
        number = parse_decimal(text)
    except BadNumber:
        return
    assert number.is_finite()
