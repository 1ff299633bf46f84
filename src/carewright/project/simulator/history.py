"""What has happened to a patient before the day: visits in date order, each with its provider, reason and hour."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from carewright.project.simulator import visit_types
from carewright.project.simulator.model import Person, Practice, StaffMember
from carewright.project.simulator.seeds import stream, weighted
from carewright.project.simulator.visit_types import BY_KEY, WELL, WELL_CHILD_AGES, YEAR, VisitType

NEW_PATIENT_SHARE = 0.04
_CHRONIC = ("diabetes", "blood-pressure", "depression", "asthma-child", "adhd", "thyroid", "copd", "heart-failure")


@dataclass(frozen=True, kw_only=True)
class PastVisit:
    """One finished visit."""

    at: datetime
    minutes: int
    visit_type: VisitType
    display: str
    reason: str
    provider: StaffMember


def usual_provider(person: Person, practice: Practice, day: date) -> StaffMember:
    """Whom this patient sees: the pediatrician below 18, the obstetric doctor when pregnant, else one of two."""
    if person.site == "lakeview":
        return practice.staff_member("santos")
    if person.age_years(day) < 18:
        return practice.staff_member("lind")
    if person.has("pregnant") or person.has("postpartum"):
        return practice.staff_member("osei")
    return practice.staff_member("osei" if person.household % 2 else "raman")


def past_visits(person: Person, practice: Practice, day: date) -> list[PastVisit]:
    """The visits before `day`, oldest first, never two on one date."""
    rng = stream(practice.seed, "history", person.id)
    if rng.random() < NEW_PATIENT_SHARE and person.age_years(day) >= 2:
        return []
    planned = _childhood(rng, person, day) if person.age_years(day) < 18 else _adulthood(rng, person, day)
    planned += _special(rng, person, day)
    found: dict[date, PastVisit] = {}
    for on, visit_type in planned:
        weekday = on - timedelta(days=max(0, on.weekday() - 4))
        past = _as_of(person, weekday, day)
        if not person.born <= weekday < day or not visit_type.fits(past, weekday):
            continue
        found[weekday] = PastVisit(
            at=practice.site(person.site).at(weekday, _slot(rng)),
            minutes=rng.choice((18, 22, 25, 31, 38)),
            visit_type=visit_type,
            display=visit_types.display(visit_type, past, weekday),
            reason=visit_types.reason(rng, visit_type, past, weekday),
            provider=usual_provider(past, practice, weekday),
        )
    return [found[on] for on in sorted(found)]


def _slot(rng: Random) -> time:
    return time(rng.choice((8, 9, 10, 11, 13, 14, 15, 16)), rng.choice((0, 20, 40)))


def _as_of(person: Person, on: date, day: date) -> Person:
    """The person as on an earlier date: not yet pregnant, or pregnant for fewer days; not yet cut."""
    ago = (day - on).days
    gone = {"stitches", "postpartum"} if ago else set()
    pregnant = person.pregnant_days - ago if person.pregnant_days is not None else None
    if pregnant is not None and pregnant < 45:
        pregnant = None
        gone.add("pregnant")
    return replace(person, pregnant_days=pregnant, traits=tuple(t for t in person.traits if t not in gone))


def _childhood(rng: Random, person: Person, day: date) -> list[tuple[date, VisitType]]:
    """Checkups of the last four years (all of them below three), and the sick visits of the last two."""
    well, found = BY_KEY["well-child"], []
    keeps = 0.93 if rng.random() < 0.86 else 0.5
    for _, begins, ends in WELL_CHILD_AGES:
        on = person.born + timedelta(days=rng.randint(begins, min(ends, begins + 25)))
        recent = (day - on).days < (3.2 * YEAR)
        if (recent and rng.random() < keeps) or begins == 3:
            found.append((on, well))
    return found + _sick(rng, person, day, most=3)


def _adulthood(rng: Random, person: Person, day: date) -> list[tuple[date, VisitType]]:
    found = []
    for key in _CHRONIC:
        visit_type = BY_KEY[key]
        if visit_type.fits(person, day):
            found += [(day - timedelta(days=round(n * 120 + rng.uniform(15, 95))), visit_type) for n in range(2)]
    for ago in range(rng.choice((1, 2))):
        on = day - timedelta(days=round((ago + rng.uniform(0.3, 1.1)) * YEAR))
        choices = [(v, v.weight) for v in visit_types.fitting(_as_of(person, on, day), on, WELL)]
        if choices and rng.random() < 0.7:
            found.append((on, weighted(rng, choices)))
    return found + _sick(rng, person, day, most=2)


def _sick(rng: Random, person: Person, day: date, *, most: int) -> list[tuple[date, VisitType]]:
    found = []
    for _ in range(rng.randint(0, most)):
        on = day - timedelta(days=round(rng.uniform(0.05, 2.2) * YEAR))
        if on <= person.born:
            continue
        past = _as_of(person, on, day)
        choices = [(v, v.weight) for v in visit_types.fitting(past, on) if v.code and v.key != "sutures"]
        if choices:
            found.append((on, weighted(rng, choices)))
    return found


def _special(rng: Random, person: Person, day: date) -> list[tuple[date, VisitType]]:
    """What cannot be left out: prenatal visits every four weeks, INR checks of the last three months."""
    found = []
    if person.pregnant_days is not None:
        agos = range(14 + rng.randrange(10), person.pregnant_days - 50, 28)
        found += [(day - timedelta(days=ago), BY_KEY["prenatal"]) for ago in agos]
    if person.has("warfarin"):
        found += [(day - timedelta(days=28 * n + rng.randrange(-4, 5)), BY_KEY["inr"]) for n in (1, 2, 3)]
    return found
