"""What the rules find: every critical limit at its boundary, change against the last value, slips of the unit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.skills.vitals import codes
from carewright.skills.vitals.codes import CEL, CM, DEG_F, IN, KG, LB, MMHG, PER_MINUTE, PERCENT, Unit
from carewright.skills.vitals.model import DEFINITIONS, Age, CouldNot, Kind, Level, Reading, Subject
from carewright.skills.vitals.rules import check, is_critical, limits, read, worst
from carewright.skills.vitals.rules.findings import taken_before

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
TODAY = AT.date()
UNIT = {Kind.HEART_RATE: PER_MINUTE, Kind.RESPIRATORY_RATE: PER_MINUTE, Kind.SPO2: PERCENT, Kind.TEMPERATURE: CEL}


def years(count: int) -> Subject:
    return Subject(birth_date=TODAY.replace(year=TODAY.year - count), sex="male")


def days(count: int) -> Subject:
    return Subject(birth_date=TODAY - timedelta(days=count), sex="female")


def take(kind: Kind, text: str, unit: Unit | None = None, *, at: datetime = AT) -> Reading:
    return Reading(kind=kind, at=at, patient="Patient/1", value=read(text, unit or UNIT[kind]))


def pressure(upper: str, lower: str) -> Reading:
    return Reading(
        kind=Kind.BLOOD_PRESSURE, at=AT, patient="Patient/1", value=read(upper, MMHG), diastolic=read(lower, MMHG)
    )


@pytest.mark.parametrize(
    ("kind", "subject", "critical", "not_critical"),
    [
        (Kind.TEMPERATURE, days(60), "38.0", "37.9"),
        (Kind.TEMPERATURE, days(60), "35.9", "36.0"),
        (Kind.TEMPERATURE, days(61), "40.0", "38.0"),
        (Kind.TEMPERATURE, years(40), "35.0", "35.1"),
        (Kind.SPO2, years(3), "91", "92"),
        (Kind.SPO2, years(70), "84", "92"),
        (Kind.HEART_RATE, days(100), "220", "219"),
        (Kind.HEART_RATE, days(100), "59", "60"),
        (Kind.HEART_RATE, years(5), "180", "179"),
        (Kind.HEART_RATE, years(14), "40", "41"),
        (Kind.HEART_RATE, years(40), "131", "130"),
        (Kind.HEART_RATE, years(40), "40", "41"),
        (Kind.RESPIRATORY_RATE, days(20), "61", "60"),
        (Kind.RESPIRATORY_RATE, years(8), "9", "10"),
        (Kind.RESPIRATORY_RATE, years(16), "25", "24"),
        (Kind.RESPIRATORY_RATE, years(16), "8", "9"),
    ],
)
def test_a_critical_limit_at_its_boundary(kind: Kind, subject: Subject, critical: str, not_critical: str) -> None:
    assert is_critical(take(kind, critical), subject=subject)
    assert not is_critical(take(kind, not_critical), subject=subject)
    finding = check(take(kind, critical), subject=subject)[0]
    assert [action.does for action in finding.actions] == ["tell", "measure-again"]
    assert "whom, and when" in str(finding.text)
    assert finding.source


@pytest.mark.parametrize(
    ("subject", "critical", "not_critical"),
    [
        (days(28), ("59", "30"), ("60", "30")),
        (days(29), ("69", "40"), ("70", "40")),
        (years(1), ("71", "40"), ("72", "40")),
        (years(9), ("87", "50"), ("88", "50")),
        (years(10), ("89", "50"), ("90", "50")),
        (years(16), ("90", "50"), ("91", "50")),
        (years(12), ("140", "70"), ("139", "70")),
        (years(12), ("110", "90"), ("110", "89")),
        (years(13), ("181", "90"), ("180", "90")),
        (years(50), ("150", "121"), ("150", "120")),
        (years(50), ("210", "118"), ("180", "118")),
    ],
)
def test_a_critical_pressure_at_its_boundary(
    subject: Subject, critical: tuple[str, str], not_critical: tuple[str, str]
) -> None:
    assert is_critical(pressure(*critical), subject=subject)
    assert not is_critical(pressure(*not_critical), subject=subject)


def test_fever_is_the_same_in_both_units_and_compared_at_a_tenth_of_a_degree() -> None:
    assert is_critical(take(Kind.TEMPERATURE, "100.4", DEG_F), subject=days(35))
    assert not is_critical(take(Kind.TEMPERATURE, "100.2", DEG_F), subject=days(35))


def test_fever_in_an_older_child_is_a_warning_before_vaccines() -> None:
    (finding,) = check(take(Kind.TEMPERATURE, "38.4"), subject=days(460))
    assert finding.level is Level.WARN
    assert str(finding.text) == "Fever (38.0 °C or higher). Tell the provider before vaccines."


@pytest.mark.parametrize(
    ("kind", "subject", "text", "level"),
    [
        (Kind.HEART_RATE, days(460), "126", Level.IN_RANGE),
        (Kind.HEART_RATE, years(40), "72", Level.IN_RANGE),
        (Kind.HEART_RATE, years(40), "155", Level.CRITICAL),
        (Kind.HEART_RATE, years(40), "101", Level.WARN),
        (Kind.RESPIRATORY_RATE, days(460), "28", Level.IN_RANGE),
        (Kind.SPO2, years(40), "93", Level.WARN),
        (Kind.SPO2, years(40), "94", Level.IN_RANGE),
    ],
)
def test_ranges_by_age(kind: Kind, subject: Subject, text: str, level: Level) -> None:
    assert worst(check(take(kind, text), subject=subject)) is level


def test_the_aap_screening_table_is_used_by_sex_and_the_stricter_one_without() -> None:
    boy, girl = (Subject(birth_date=years(5).birth_date, sex=sex) for sex in ("male", "female"))
    unknown = Subject(birth_date=years(5).birth_date, sex="unknown")
    assert worst(check(pressure("103", "50"), subject=boy)) is Level.WARN
    assert worst(check(pressure("103", "50"), subject=girl)) is Level.IN_RANGE
    assert worst(check(pressure("103", "50"), subject=unknown)) is Level.WARN
    assert worst(check(pressure("100", "63"), subject=boy)) is Level.WARN
    assert worst(check(pressure("100", "62"), subject=boy)) is Level.IN_RANGE


def test_the_weight_of_the_picture_says_what_happened_and_offers_pounds() -> None:
    subject = Subject(birth_date=date(2025, 8, 21), sex="male")
    last = take(Kind.WEIGHT, "9.5", KG, at=datetime(2026, 8, 24, 14, tzinfo=UTC))
    finding = check(take(Kind.WEIGHT, "19.4", KG), subject=subject, last=last)[0]
    assert finding.level is Level.WARN
    assert str(finding.text) == "+104% since 9.5 kg (12 mo). Measure again, or confirm it is right."
    assert [str(action.words) for action in finding.actions] == ["Measure again", "It is right", "19.4 lb = 8.80 kg"]
    assert finding.actions[2].replacement == read("19.4", LB)


def test_growth_is_no_finding() -> None:
    newborn = days(40)
    last = take(Kind.WEIGHT, "3.4", KG, at=AT - timedelta(days=38))
    assert worst(check(take(Kind.WEIGHT, "4.6", KG), subject=newborn, last=last)) is Level.IN_RANGE
    longer = take(Kind.LENGTH, "50", CM, at=AT - timedelta(days=38))
    assert worst(check(take(Kind.LENGTH, "54.5", CM), subject=newborn, last=longer)) is Level.IN_RANGE


@pytest.mark.parametrize(
    ("text", "days_ago", "level"),
    [("76.9", 100, Level.IN_RANGE), ("77.0", 100, Level.WARN), ("63.1", 100, Level.IN_RANGE), ("63.0", 100, Level.WARN),
     ("77.0", 400, Level.IN_RANGE), ("126", 4000, Level.WARN), ("38.8", 4000, Level.WARN)],
)  # fmt: skip
def test_an_adult_weight_that_moved(text: str, days_ago: int, level: Level) -> None:
    last = take(Kind.WEIGHT, "70", KG, at=AT - timedelta(days=days_ago))
    assert worst(check(take(Kind.WEIGHT, text, KG), subject=years(40), last=last)) is level


def test_a_shrinking_adult_and_inches_typed_as_centimetres() -> None:
    last = take(Kind.HEIGHT, "178", CM, at=AT - timedelta(days=300))
    finding = check(take(Kind.HEIGHT, "176", CM), subject=years(70), last=last)[0]
    assert str(finding.text).startswith("−2.0 cm since 178 cm (69 y)")
    slip = check(take(Kind.HEIGHT, "70", CM), subject=years(70), last=last)[0]
    assert slip.actions[-1].replacement == read("70", IN)


@pytest.mark.parametrize(
    ("kind", "text", "unit"),
    [
        (Kind.WEIGHT, "-3", KG), (Kind.WEIGHT, "0", KG), (Kind.WEIGHT, "10000", KG), (Kind.SPO2, "101", PERCENT),
        (Kind.SPO2, "0", PERCENT), (Kind.TEMPERATURE, "98.6", CEL), (Kind.HEART_RATE, "401", PER_MINUTE),
        (Kind.HEIGHT, "273", CM), (Kind.RESPIRATORY_RATE, "0", PER_MINUTE), (Kind.HEAD, "4.6", CM),
    ],
)  # fmt: skip
def test_impossible_is_explained(kind: Kind, text: str, unit: Unit) -> None:
    (finding,) = check(take(kind, text, unit), subject=years(40))
    assert finding.level is Level.IMPOSSIBLE
    assert "is not possible" in str(finding.text)


def test_fahrenheit_typed_as_celsius_is_offered() -> None:
    (finding,) = check(take(Kind.TEMPERATURE, "98.6", CEL), subject=years(40))
    assert str(finding.actions[0].words) == "98.6 °F = 37.0 °C"
    (other,) = check(take(Kind.TEMPERATURE, "37.0", DEG_F), subject=years(40))
    assert str(other.actions[0].words) == "37.0 °C"


def test_numbers_in_the_wrong_order_are_offered_swapped_and_do_not_block() -> None:
    finding = check(pressure("76", "118"), subject=years(15))
    order = next(f for f in finding if "order" in str(f.text))
    assert order.level is Level.WARN
    assert str(order.actions[1].words) == "118/76 mmHg"
    assert (order.actions[1].replacement, order.actions[1].replacement_diastolic) == (
        read("118", MMHG),
        read("76", MMHG),
    )
    same = next(f for f in check(pressure("100", "100"), subject=years(30)) if "order" in str(f.text))
    assert [action.does for action in same.actions] == ["measure-again", "it-is-right"]


def test_no_promise_without_a_limit() -> None:
    assert check(take(Kind.BMI, "31.2", codes.KG_M2), subject=years(40)) == ()
    assert check(take(Kind.HEAD, "57", CM), subject=years(40)) == ()
    absent = Reading(kind=Kind.WEIGHT, at=AT, patient="Patient/1", could_not=CouldNot.REFUSED)
    assert check(absent, subject=years(40)) == ()


@given(
    st.sampled_from([k for k in Kind if k is not Kind.BLOOD_PRESSURE]),
    st.decimals(min_value=-50, max_value=700, places=1),
    st.integers(0, 36500),
    st.one_of(st.none(), st.integers(1, 300)),
)
def test_any_number_at_any_age_gets_an_answer(kind: Kind, number: Decimal, age_days: int, before: int | None) -> None:
    text = f"{number:.1f}".replace("-0.0", "0.0")
    unit = DEFINITIONS[kind].units[0]
    last = None if before is None else take(kind, str(before), unit, at=AT)
    findings = check(take(kind, text, unit), subject=days(age_days), last=last)
    assert [f.level for f in findings] == sorted((f.level for f in findings), key=list(reversed(Level)).index)
    assert all(f.source for f in findings if f.level is Level.CRITICAL)
    assert all(f.actions for f in findings if f.level is not Level.IN_RANGE)


def test_every_limit_has_a_known_source_and_a_side() -> None:
    named = {word.strip() for word in (limits.__doc__ or "").split()}
    for limit in (*limits.CRITICAL, *limits.WARN):
        assert limit.source in named
        assert limit.at_most is not None or limit.at_least is not None


def test_critical_lies_outside_of_the_warning_range() -> None:
    for age in (Age.of(TODAY - timedelta(days=d), on=TODAY) for d in range(0, 36500, 97)):
        for kind in (Kind.HEART_RATE, Kind.RESPIRATORY_RATE, Kind.SPO2):
            for value in map(Decimal, range(1, 400)):
                if limits.crossed(limits.CRITICAL, kind, value=value, age=age):
                    assert limits.crossed(limits.WARN, kind, value=value, age=age)


@pytest.mark.parametrize(
    ("born", "on", "expected"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), Age(days=0, months=0, years=0)),
        (date(2024, 2, 29), date(2025, 2, 28), Age(days=365, months=11, years=0)),
        (date(2024, 2, 29), date(2025, 3, 1), Age(days=366, months=12, years=1)),
        (date(2013, 11, 24), date(2026, 11, 23), Age(days=4747, months=155, years=12)),
    ],
)
def test_ages(born: date, on: date, expected: Age) -> None:
    assert Age.of(born, on=on) == expected


def test_nobody_is_measured_before_birth() -> None:
    with pytest.raises(ValueError, match="older than the patient"):
        Age.of(date(2026, 11, 24), on=TODAY)


def test_what_may_serve_as_the_last_value() -> None:
    earlier = take(Kind.WEIGHT, "9.5", KG, at=AT - timedelta(days=90))
    assert taken_before(earlier, AT)
    assert not taken_before(earlier, earlier.at)
    struck = Reading(
        kind=Kind.WEIGHT, at=earlier.at, patient="Patient/1", value=read("9.5", KG), status="entered-in-error"
    )
    assert not taken_before(struck, AT)
