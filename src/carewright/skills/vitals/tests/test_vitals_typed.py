"""What was typed comes back as typed, through FHIR, for every kind and unit; conversions at their boundaries."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.model import Resource
from carewright.skills.vitals import codes, fhir
from carewright.skills.vitals.codes import CEL, CM, DEG_F, FT_IN, IN, KG, KG_M2, LB, LB_OZ, Unit
from carewright.skills.vitals.model import DEFINITIONS, CouldNot, Kind, Measured, Reading, sign_of
from carewright.skills.vitals.rules import NotReadable, bmi, critical, in_other_unit, read, show, standard

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)

WEIGHT_UNITS = {"kg", "g", "[lb_av]"}
LENGTH_UNITS = {"cm", "[in_i]"}
ALLOWED = {
    Kind.WEIGHT: WEIGHT_UNITS, Kind.HEIGHT: LENGTH_UNITS, Kind.LENGTH: LENGTH_UNITS, Kind.HEAD: LENGTH_UNITS,
    Kind.TEMPERATURE: {"Cel", "[degF]"}, Kind.HEART_RATE: {"/min"}, Kind.RESPIRATORY_RATE: {"/min"},
    Kind.SPO2: {"%"}, Kind.BLOOD_PRESSURE: {"mm[Hg]"}, Kind.BMI: {"kg/m2"},
}  # fmt: skip
"""The units that the US Core 6.1.0 profiles require."""


def number(*, whole: int = 999) -> st.SearchStrategy[str]:
    tail = st.one_of(
        st.just(""), st.integers(0, 999).map(lambda n: f".{n:03d}"), st.integers(0, 9).map(lambda n: f".{n}")
    )
    return st.builds(lambda head, rest: f"{head}{rest}", st.integers(0, whole), tail)


@st.composite
def typed(draw: st.DrawFn) -> tuple[Kind, Unit, str, str]:
    kind = draw(st.sampled_from([k for k in Kind if k is not Kind.BLOOD_PRESSURE]))
    unit = draw(st.sampled_from(DEFINITIONS[kind].units))
    if not unit.minor_per_major:
        return kind, unit, draw(number()), ""
    return kind, unit, str(draw(st.integers(0, 700))), draw(number(whole=unit.minor_per_major - 1))


def a_reading(kind: Kind, value: Measured) -> Reading:
    return Reading(kind=kind, at=AT, patient="Patient/1", value=value)


@given(typed())
def test_typed_stored_and_shown_are_the_same(entry: tuple[Kind, Unit, str, str]) -> None:
    kind, unit, text, minor = entry
    measured = read(f" {text} ", unit, minor=minor)
    stored = fhir.to_fhir(a_reading(kind, measured))
    back = fhir.from_fhir(stored)
    assert back is not None
    assert back.kind is kind
    assert back.value == measured
    assert show(back.value) == (f"{text} {unit.words} {minor} {unit.minor_words}" if minor else f"{text} {unit.words}")
    assert stored["valueQuantity"]["code"] in ALLOWED[kind]


@given(number(), number())
def test_a_blood_pressure_is_one_panel_and_comes_back(upper: str, lower: str) -> None:
    reading = Reading(
        kind=Kind.BLOOD_PRESSURE, at=AT, patient="Patient/1", value=read(upper, codes.MMHG),
        diastolic=read(lower, codes.MMHG), site="Left arm", encounter="Encounter/2", performer="Practitioner/3",
    )  # fmt: skip
    stored = fhir.to_fhir(reading)
    assert "valueQuantity" not in stored
    assert [part["code"]["coding"][0]["code"] for part in stored["component"]] == ["8480-6", "8462-4"]
    assert fhir.from_fhir(stored) == reading
    assert reading.shown == f"{upper}/{lower} mmHg"


@pytest.mark.parametrize("text", ["", "7o", "1,5", "1e2", ".5", "72.", "007", "+5", "1.2345", "NaN", "٣", "5 6"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    with pytest.raises(NotReadable, match="Write a number"):
        read(text, KG)


@pytest.mark.parametrize(
    ("unit", "text", "minor"), [(LB_OZ, "8", "16"), (FT_IN, "5", "12"), (LB_OZ, "8.5", "3"), (LB_OZ, "8", "-1")]
)
def test_two_part_units_are_checked(unit: Unit, text: str, minor: str) -> None:
    with pytest.raises(NotReadable):
        read(text, unit, minor=minor)


def test_pounds_and_ounces_are_stored_as_pounds_and_feet_as_inches() -> None:
    weight = fhir.to_fhir(a_reading(Kind.WEIGHT, read("8", LB_OZ, minor="3")))["valueQuantity"]
    assert weight["value"] == Decimal("8.1875")
    assert (weight["unit"], weight["code"]) == ("lb", "[lb_av]")
    assert weight["extension"] == [{"url": codes.AS_ENTERED_EXTENSION, "valueString": "8 lb 3 oz"}]
    height = fhir.to_fhir(a_reading(Kind.HEIGHT, read("5", FT_IN, minor="4.5")))["valueQuantity"]
    assert (height["value"], height["unit"], height["code"]) == (Decimal("64.5"), "in", "[in_i]")


def test_a_number_changed_elsewhere_wins_over_the_typed_words() -> None:
    stored = fhir.to_fhir(a_reading(Kind.WEIGHT, read("8", LB_OZ, minor="3")))
    stored["valueQuantity"]["value"] = Decimal("9.5")
    back = fhir.from_fhir(stored)
    assert back is not None
    assert back.value == Measured(amount=Decimal("9.5"), unit=LB)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("19.4", LB, "8.80 kg"), ("150", LB, "68.0 kg"), ("70", KG, "154.3 lb"), ("3500", codes.G, "7.7 lb"),
        ("100.4", DEG_F, "38.0 °C"), ("37.0", CEL, "98.6 °F"), ("70", IN, "177.8 cm"), ("180", CM, "70.9 in"),
        ("80", codes.PER_MINUTE, ""),
    ],
)  # fmt: skip
def test_the_other_unit_is_rounded_for_the_eye(text: str, unit: Unit, expected: str) -> None:
    assert in_other_unit(read(text, unit)) == expected


def test_conversions_for_rules_are_exact() -> None:
    assert standard(read("100.4", DEG_F)) == Decimal(38)
    assert standard(read("1", LB)) == Decimal("0.45359237")
    assert standard(read("6", FT_IN, minor="0")) == Decimal("182.88")
    assert standard(Measured(amount=Decimal(1), unit=Unit("[stone_av]", "st"))) is None


def test_bmi() -> None:
    found = bmi(read("82.7", KG), read("172.3", CM))
    assert found == Measured(amount=Decimal("27.9"), unit=KG_M2)
    assert bmi(read("70", KG), read("0", CM)) is None


@pytest.mark.parametrize("could_not", list(CouldNot))
@pytest.mark.parametrize("kind", [Kind.WEIGHT, Kind.BLOOD_PRESSURE])
def test_no_number_is_a_reason_not_a_zero(kind: Kind, could_not: CouldNot) -> None:
    for words in ("", "pulled the cuff off"):
        reading = Reading(kind=kind, at=AT, patient="Patient/1", could_not=could_not, could_not_words=words)
        stored = fhir.to_fhir(reading)
        assert "valueQuantity" not in stored
        assert stored["dataAbsentReason"]["coding"]
        assert fhir.from_fhir(stored) == reading
    assert Reading(kind=kind, at=AT, patient="Patient/1", could_not=CouldNot.CRYING).shown == "Couldn't get it: crying"


def test_a_felt_pressure_has_no_diastolic() -> None:
    reading = Reading(kind=Kind.BLOOD_PRESSURE, at=AT, patient="Patient/1", value=read("90", codes.MMHG))
    stored = fhir.to_fhir(reading)
    assert len(stored["component"]) == 2
    assert "dataAbsentReason" in stored["component"][1]
    assert fhir.from_fhir(stored) == reading
    assert reading.shown == "90/– mmHg"


def test_oximetry_has_both_codes_and_length_its_own() -> None:
    spo2 = fhir.to_fhir(a_reading(Kind.SPO2, read("98", codes.PERCENT)))
    assert {c["code"] for c in spo2["code"]["coding"]} == {"59408-5", "2708-6"}
    length = fhir.to_fhir(a_reading(Kind.LENGTH, read("79.4", CM)))
    assert [c["code"] for c in length["code"]["coding"]] == ["8302-2", "8306-3"]
    back = fhir.from_fhir(length)
    assert back is not None
    assert back.kind is Kind.LENGTH


def test_charted_by_mistake_keeps_the_value() -> None:
    stored = fhir.to_fhir(a_reading(Kind.WEIGHT, read("19.4", KG)))
    struck = fhir.by_mistake(stored)
    assert struck["status"] == "entered-in-error"
    assert struck["valueQuantity"] == stored["valueQuantity"]
    assert stored["status"] == "final"


def elsewhere(**parts: object) -> Resource:
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2018-05-02", **parts,
    }  # fmt: skip


def test_records_from_elsewhere_are_read() -> None:
    weight = elsewhere(
        code=codes.WEIGHT.concept(),
        valueQuantity={
            "value": Decimal("82.71212379228498"),
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
    )
    back = fhir.from_fhir(weight)
    assert back is not None
    assert back.value is not None
    assert show(back.value) == "82.7 kg"
    old_panel = elsewhere(
        code=codes.BP_PANEL_OLD.concept(),
        component=[
            {"code": codes.DIASTOLIC.concept(), "valueQuantity": {"value": Decimal(75), "code": "mm[Hg]"}},
            {"code": codes.SYSTOLIC.concept(), "valueQuantity": {"value": Decimal(125), "code": "mm[Hg]"}},
        ],
    )
    pressure = fhir.from_fhir(old_panel)
    assert pressure is not None
    assert pressure.shown == "125/75 mmHg"
    assert fhir.from_fhir(elsewhere(code={"text": "mood"})) is None


def test_somebody_told_is_a_communication_about_the_reading() -> None:
    (entry,) = critical.with_reading({}, observation="Observation/9", sign=sign_of(Kind.SPO2))["input"]
    told = fhir.told_to_fhir(
        entry, patient="Patient/1", encounter="Encounter/2", sender="Practitioner/cole", whom="Practitioner/lind",
        at="2026-11-23T10:44:00-05:00",
    )  # fmt: skip
    assert told["payload"] == [{"contentString": "SpO₂"}]
    assert told["topic"]["coding"][0]["code"] == "spo2"
    assert told["about"] == [{"reference": "Observation/9"}]
    assert told["recipient"] == [{"reference": "Practitioner/lind"}]
    assert told["sent"] == "2026-11-23T10:44:00-05:00"


def test_a_critical_reading_is_said_with_its_number_to_who_may_see_it() -> None:
    (entry,) = critical.with_reading({}, observation="Observation/9", sign=sign_of(Kind.SPO2))["input"]
    assert str(critical.in_words(entry, shown={})) == "SpO₂"
    assert str(critical.in_words(entry, shown={"Observation/9": "84 %"})) == "SpO₂ 84 %"
