"""What a booked patient needs, at the boundaries of each rule; that nothing is said of what may not be seen."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.work.whom import Facts
from carewright.skills.previsit import codes
from carewright.skills.previsit.care_gaps import CARE_GAPS
from carewright.skills.previsit.model import HANDLING, Booked, Chart, Cover, Kind, Order, Reading
from carewright.skills.previsit.rules import gaps, months_after, needs, task_id
from carewright.skills.previsit.visit_needs import NEEDS

TODAY = date(2026, 11, 24)
BY_KEY = {rule.key: rule for rule in CARE_GAPS}


def chart(*, age: int = 50, sex: str = "male", problems: tuple[str, ...] = (), **done: date) -> Chart:
    tokens = {getattr(codes, name).token: day for name, day in done.items()}
    facts = Facts(born=TODAY.replace(year=TODAY.year - age), sex=sex, problems=frozenset(problems), is_new=False)
    return Chart(facts=facts, done=tokens)


def due(of: Chart) -> set[str]:
    return {need.key for need in gaps(of, on=TODAY)}


@pytest.mark.parametrize(
    ("rule", "of", "is_due"),
    [
        ("a1c", chart(problems=("E11.9",)), True),
        ("a1c", chart(problems=("E11.9",), A1C=date(2026, 5, 25)), False),
        ("a1c", chart(problems=("E11.9",), A1C=date(2026, 5, 24)), True),
        ("a1c", chart(problems=("R73.03",)), False),
        ("kidney", chart(age=17, problems=("E10.9",)), False),
        ("kidney", chart(age=18, problems=("E10.9",)), True),
        ("egfr", chart(problems=("E11.9",), EGFR_MDRD=date(2026, 1, 1)), False),
        ("lipids", chart(age=39, problems=("E78.5",)), False),
        ("lipids", chart(age=40, problems=("E78.5",)), True),
        ("mammogram", chart(age=39, sex="female"), False),
        ("mammogram", chart(age=40, sex="female"), True),
        ("mammogram", chart(age=74, sex="female"), True),
        ("mammogram", chart(age=75, sex="female"), False),
        ("mammogram", chart(age=50, sex="male"), False),
        ("mammogram", chart(age=50, sex="female", problems=("Z90.13",)), False),
        ("mammogram", chart(age=50, sex="female", MAMMOGRAM=date(2024, 11, 25)), False),
        ("mammogram", chart(age=50, sex="female", MAMMOGRAM=date(2024, 11, 24)), True),
        ("colorectal", chart(age=44), False),
        ("colorectal", chart(age=45), True),
        ("colorectal", chart(age=75), True),
        ("colorectal", chart(age=76), False),
        ("colorectal", chart(COLONOSCOPY=date(2016, 11, 25)), False),
        ("colorectal", chart(COLONOSCOPY=date(2016, 11, 24)), True),
        ("colorectal", chart(COLONOSCOPY=date(2010, 1, 1), FIT=date(2026, 2, 1)), False),
        ("colorectal", chart(problems=("C18.7",)), False),
        ("cervical", chart(age=20, sex="female"), False),
        ("cervical", chart(age=21, sex="female"), True),
        ("cervical", chart(age=65, sex="female"), True),
        ("cervical", chart(age=66, sex="female"), False),
        ("cervical", chart(age=40, sex="female", problems=("Z90.710",)), False),
        ("depression", chart(age=11), False),
        ("depression", chart(age=12), True),
        ("depression", chart(age=12, PHQ2=date(2026, 1, 1)), False),
        ("depression", chart(age=40, problems=("F33.1",)), False),
    ],
)  # fmt: skip
def test_a_care_gap_at_its_boundaries(rule: str, of: Chart, is_due: bool) -> None:
    assert (rule in due(of)) is is_due


def test_every_rule_has_a_source_an_act_and_a_word_of_its_own() -> None:
    assert len(BY_KEY) == len(CARE_GAPS) == len({rule.act for rule in CARE_GAPS})
    assert all(rule.source.startswith("https://") and rule.words and rule.evidence for rule in CARE_GAPS)


@given(age=st.integers(0, 110), sex=st.sampled_from(["male", "female", "other", None]), days=st.integers(0, 6000))
def test_newer_evidence_never_opens_a_gap(age: int, sex: str | None, days: int) -> None:
    born = TODAY - timedelta(days=round(age * 365.25))
    facts = Facts(born=born, sex=sex, problems=frozenset({"E11.9"}), is_new=False)
    for rule in CARE_GAPS:
        for evidence in rule.evidence:
            older = {evidence.coding.token: TODAY - timedelta(days=days)}
            newer = {evidence.coding.token: TODAY - timedelta(days=days // 2)}
            opened = {n.key for n in gaps(Chart(facts=facts, done=newer), on=TODAY)}
            assert opened <= {n.key for n in gaps(Chart(facts=facts, done=older), on=TODAY)}


@given(day=st.dates(date(1900, 1, 1), date(2100, 1, 1)), months=st.integers(0, 12_000))
def test_months_later_is_so_many_months_later(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_what_is_not_known_of_a_patient_makes_nothing_due() -> None:
    assert list(gaps(Chart(facts=Facts()), on=TODAY)) == []


@pytest.mark.parametrize(
    ("systolic", "diastolic", "again"), [(129, 79, False), (130, 79, True), (129, 80, True), (182, 110, True)]
)
def test_a_high_pressure_is_measured_again(systolic: int, diastolic: int, again: bool) -> None:
    of = replace(chart(), pressure=Reading(systolic_mmhg=systolic, diastolic_mmhg=diastolic, on=TODAY))
    grown = Booked(visit_type="sick", chart=of, born=date(1976, 1, 1))
    assert ("bp-recheck" in {need.key for need in needs(grown, on=TODAY)}) is again
    child = replace(grown, born=date(2016, 1, 1))
    assert "bp-recheck" not in {need.key for need in needs(child, on=TODAY)}


def kinds(booked: Booked) -> list[str]:
    return [f"{need.kind}:{need.key}" for need in needs(booked, on=TODAY)]


def test_who_sees_no_chart_is_told_of_the_desk_alone() -> None:
    desk = Booked(visit_type="well-child", covers=(), consents=frozenset(), interpreter="Spanish", needs_ride=True)
    found = kinds(desk)
    assert found == ["consent:treatment", "consent:privacy", "interpreter:interpreter", "transport:ride",
                     "insurance:insurance"]  # fmt: skip
    assert not any(HANDLING[Kind(each.partition(":")[0])].is_clinical for each in found)
    assert kinds(Booked(visit_type="well-child")) == []


def test_each_kind_of_need_is_said_once_in_the_order_of_the_chips() -> None:
    orders = (Order(id="o1", words="Lead, venous"), Order(id="o2", words="Audiology", is_referral=True))
    child = Chart(facts=Facts(born=date(2025, 8, 21), sex="male", problems=frozenset(), is_new=False), orders=orders)
    booked = Booked(visit_type="well-child", chart=child, covers=(Cover(),), consents=frozenset({"privacy"}),
                    tasks=(("t1", "Call back"),))  # fmt: skip
    assert kinds(booked) == ["result:o1", "referral:o2", "task:t1", "form:development", "consent:treatment",
                             "insurance:insurance", "room:room"]  # fmt: skip
    assert str(needs(booked, on=TODAY)[0].words) == "No result yet: Lead, venous"


@pytest.mark.parametrize(
    ("covers", "said"),
    [
        ((), "No insurance on file"),
        ((Cover(ends=date(2026, 11, 23)),), "Insurance has ended"),
        ((Cover(starts=date(2026, 11, 25)),), "Insurance has ended"),
        ((Cover(ends=date(2026, 11, 24)),), "Insurance not checked this month"),
        ((Cover(ends=date(2026, 11, 23)), Cover()), "Insurance not checked this month"),
    ],
)
def test_insurance_is_missing_ended_or_not_checked(covers: tuple[Cover, ...], said: str) -> None:
    (need,) = [n for n in needs(Booked(visit_type="sick", covers=covers), on=TODAY) if n.kind is Kind.INSURANCE]
    assert str(need.words) == said


def test_a_need_has_one_task_per_patient_and_day_and_insurance_one_a_month() -> None:
    booked = Booked(visit_type="procedure", chart=chart(), covers=())
    by_kind = {need.kind: need for need in needs(booked, on=TODAY)}
    room, insurance = by_kind[Kind.ROOM], by_kind[Kind.INSURANCE]
    next_day, next_month = TODAY + timedelta(days=1), date(2026, 12, 1)
    assert task_id(room, patient="p", on=TODAY) == task_id(room, patient="p", on=TODAY)
    ids = {task_id(need, patient=p, on=TODAY) for need in by_kind.values() for p in ("p", "q")}
    assert len(ids) == 2 * len(by_kind)
    assert task_id(room, patient="p", on=TODAY) != task_id(room, patient="p", on=next_day)
    assert task_id(insurance, patient="p", on=TODAY) == task_id(insurance, patient="p", on=next_day)
    assert task_id(insurance, patient="p", on=TODAY) != task_id(insurance, patient="p", on=next_month)


def test_the_needs_of_visits_name_the_visit_types_that_are_booked() -> None:
    from carewright.skills.scheduling.model import VISIT_TYPES

    assert set(NEEDS) == {kind.coding.code for kind in VISIT_TYPES}
