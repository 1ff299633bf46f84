"""The bookings of a day: enough of them, nobody twice, and every reason fits its patient's age, sex and history."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.project import simulator
from carewright.project.simulator import booking, visit_types
from carewright.project.simulator.model import Person, PlannedAppointment
from carewright.project.simulator.people import roster
from carewright.project.simulator.visit_types import BY_KEY, WELL_CHILD_AGES

from .conftest import MONDAY, World

# What each kind of visit means, written down apart from the table that it is tested against:
# youngest and oldest (completed years), sex, and a trait that the patient must have.
MEANING: dict[str, tuple[int, int, str | None, str | None]] = {
    "newborn-weight": (0, 0, None, None),
    "well-child": (0, 17, None, None),
    "sports": (11, 18, None, None),
    "school-form": (4, 6, None, None),
    "asthma-child": (4, 17, None, "asthma"),
    "asthma-adult": (18, 120, None, "asthma"),
    "adhd": (6, 17, None, "adhd"),
    "cough-fever-child": (0, 12, None, None),
    "ear-pain": (0, 12, None, None),
    "prenatal": (14, 50, "female", "pregnant"),
    "postpartum": (14, 50, "female", "postpartum"),
    "well-woman": (21, 65, "female", None),
    "contraception": (16, 45, "female", None),
    "urine": (18, 120, "female", None),
    "prostate": (50, 120, "male", "prostate"),
    "medicare-wellness": (65, 120, None, None),
    "annual": (18, 64, None, None),
    "diabetes": (18, 120, None, "diabetes"),
    "blood-pressure": (18, 120, None, "hypertension"),
    "inr": (18, 120, None, "warfarin"),
    "sutures": (2, 120, None, "stitches"),
    "memory": (65, 120, None, "memory"),
    "copd": (40, 120, None, "copd"),
    "heart-failure": (60, 120, None, "heart-failure"),
    "depression": (18, 120, None, "depression"),
    "teen-mood": (13, 17, None, "depression"),
}


def assert_fits(planned: PlannedAppointment, person: Person, day: date) -> None:
    youngest, oldest, sex, trait = MEANING.get(planned.visit_type, (0, 120, None, None))
    assert youngest <= person.age_years(day) <= oldest, (planned.visit_display, person.age_years(day))
    assert sex in (None, person.sex)
    assert trait is None or person.has(trait)
    assert person.site == planned.site
    if planned.visit_type != "prenatal":
        assert not person.has("pregnant")
    if planned.visit_type == "newborn-weight":
        assert person.age_days(day) <= 21
    if planned.visit_type == "well-child":
        label = planned.visit_display.removeprefix("Well child, ")
        begins, ends = next((b, e) for name, b, e in WELL_CHILD_AGES if name == label)
        assert begins <= person.age_days(day) <= ends
    assert "{" not in planned.reason
    if person.age_years(day) >= 13:
        assert planned.visit_type not in {"vomiting-child", "rash-child", "ear-pain", "cough-fever-child"}


@settings(max_examples=8)
@given(seed=st.integers(min_value=0, max_value=10_000), day=st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_every_reason_fits_its_patient_for_any_seed_and_day(seed: int, day: date) -> None:
    people = {person.id: person for person in roster(seed, day, 1500)}
    planned = booking.appointments(simulator.practice(seed), tuple(people.values()), day)
    assert 80 <= len(planned) <= 90
    assert len({a.patient for a in planned}) == len({a.id for a in planned}) == len(planned)
    for appointment in planned:
        assert_fits(appointment, people[appointment.patient], day)


def test_a_day_is_as_full_as_it_should_be(world: World) -> None:
    by_site = Counter(a.site for a in world.plan.appointments)
    assert by_site["main"] == pytest.approx(60, abs=3)
    assert by_site["lakeview"] == pytest.approx(25, abs=2)
    kinds = {a.visit_type for a in world.plan.appointments if a.site == "main"}
    assert {"newborn-weight", "well-child", "prenatal", "inr", "diabetes", "sports", "medicare-wellness"} <= kinds
    assert {"sutures", "cough-fever-child", "asthma-child", "adhd", "blood-pressure"} <= kinds


def test_bookings_stand_in_the_providers_slots_and_never_two_in_one(world: World) -> None:
    slots = {(t.provider, t.schedule, t.slot_minutes): set(t.slots()) for t in world.practice.templates}
    booked = [a for a in world.plan.appointments if a.booked]
    assert len({(a.provider, a.start) for a in booked}) == len(booked)
    for a in booked:
        assert a.start.time() in slots[a.provider, a.schedule, a.minutes]
        assert a.start.date() == MONDAY
        assert a.start.utcoffset() == timedelta(hours=-6)
    open_now = {
        t.provider: len(t.slots()) - sum(a.provider == t.provider for a in booked) for t in world.practice.templates
    }
    assert all(count >= 2 for count in open_now.values())


def test_children_see_the_pediatrician_first(world: World) -> None:
    lind = world.practice.staff_member("lind").id
    with_lind = [world.people[a.patient] for a in world.plan.appointments if a.provider == lind]
    assert len(with_lind) > 15
    assert sum(p.age_years(MONDAY) < 18 for p in with_lind) / len(with_lind) > 0.9


def test_brothers_and_sisters_follow_one_another(world: World) -> None:
    families: dict[str, list[PlannedAppointment]] = defaultdict(list)
    for a in world.plan.appointments:
        if a.family:
            families[a.family].append(a)
    assert len(families) >= 2
    for visits in families.values():
        first, second = sorted(visits, key=lambda a: a.start)
        assert first.end == second.start
        assert first.provider == second.provider
        assert world.people[first.patient].household == world.people[second.patient].household


def test_needs_are_those_of_the_patients(world: World) -> None:
    for a in world.plan.appointments:
        person = world.people[a.patient]
        assert ("interpreter" in a.needs) == person.interpreter
        assert ("wheelchair" in a.needs) == person.has("wheelchair") or "mask-now" in a.needs
    needs = Counter(need for a in world.plan.appointments if a.site == "main" for need in a.needs)
    assert needs["mask-now"] == 1
    assert needs["wheelchair"] >= 1
    assert needs["interpreter"] >= 3


def test_one_must_be_masked_and_it_is_a_small_child_with_fever(world: World) -> None:
    masked = next(a for a in world.plan.appointments if "mask-now" in a.needs)
    assert masked.reason in booking.MASK_NOW_REASONS
    assert masked.start.time() == time(10, 40)
    assert world.people[masked.patient].age_years(MONDAY) < 6


def test_walk_ins_are_not_booked_before_they_come(world: World) -> None:
    walk_ins = [a for a in world.plan.appointments if not a.booked]
    assert Counter(a.site for a in walk_ins) == {"main": 2, "lakeview": 1}


@pytest.mark.parametrize("weekend", [date(2026, 11, 28), date(2026, 11, 29), date(2026, 12, 25), date(2028, 2, 29)])
def test_weekends_and_holidays_are_working_days_too(weekend: date) -> None:
    plan = simulator.day(simulator.practice(1), 1, weekend)
    assert len(plan.appointments) > 80
    assert len(plan.steps) > 250
    assert (plan.opens_at.date(), plan.opens_at.time()) == (weekend, time(10, 40))


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_the_day_that_the_clocks_change_is_a_day_like_any(day: date) -> None:
    plan = simulator.day(simulator.practice(2), 2, day)
    instants = [step.at.timestamp() for step in plan.steps]
    assert instants == sorted(instants)
    assert min(a.start.time() for a in plan.appointments) == time(8)


def test_a_practice_made_for_another_day_has_a_plan_too() -> None:
    later = MONDAY + timedelta(days=10)
    plan = simulator.day(simulator.practice(4), 4, later, born_on=MONDAY)
    people = {p.id: p for p in roster(4, MONDAY, 1500)}
    assert len(plan.appointments) > 75
    for a in plan.appointments:
        assert_fits(a, people[a.patient], later)


def test_a_small_population_has_a_thinner_day() -> None:
    plan = simulator.day(simulator.practice(4), 4, MONDAY, count=100)
    assert 15 < len(plan.appointments) < 90
    with pytest.raises(ValueError, match="one seed"):
        simulator.day(simulator.practice(4), 5, MONDAY)


def test_the_words_fit_the_age_at_the_edges() -> None:
    ends = [(b, e) for _, b, e in WELL_CHILD_AGES]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(ends))
    for low, high, text in visit_types.WELL_CHILD_WORDS:
        assert low < high
        assert high <= 18
        assert text.startswith(("Checkup", "First", "My"))
    for weeks in range(6, 42):
        assert [text for low, high, text in visit_types.PRENATAL_WORDS if low <= weeks < high]
    for visit_type in BY_KEY.values():
        assert visit_type.own or visit_type.parent or visit_type.key in {"well-child", "prenatal"}


def test_whole_years_are_counted_by_birthdays(world: World) -> None:
    """On the 13th birthday a child is 13, whatever the number of days says."""
    day = date(2029, 12, 23)
    child = next(p for p in world.people.values() if p.guardians and not p.traits)
    turns = replace(child, born=date(2016, 12, 23))
    assert not BY_KEY["cough-fever-child"].fits(turns, day)
    assert BY_KEY["cough-fever-child"].fits(turns, day - timedelta(days=1))
    older = replace(child, born=date(2016, 12, 24))
    assert BY_KEY["cough-fever-child"].fits(older, day)
