"""A day of the practice: its bookings and its morning up to 10:40, shaped so that the board shows a good mixture."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from carewright.core.access.model import Role
from carewright.project.simulator import allergies, booking, measure
from carewright.project.simulator.board import WITH_MA, WITH_PROVIDER, Board, replay
from carewright.project.simulator.model import DayPlan, Person, PlannedAppointment, Practice, Step, StepKind, VitalSigns
from carewright.project.simulator.morning import REQUESTS, Coming, Morning, merged
from carewright.project.simulator.people import roster
from carewright.project.simulator.seeds import stream
from carewright.project.simulator.visit_types import BY_KEY

OPENS_AT = time(10, 40)
DESK_OPENS = time(7, 46)
POPULATION = 1500
TRIES = 150

WANTED: dict[str, dict[str, range]] = {
    "main": {
        "with-ma": range(4, 6),
        "with-provider": range(4, 6),
        "waiting": range(7, 11),
        "done": range(8, 30),
        "rooms-between": range(1, 3),
    },
    "lakeview": {
        "with-ma": range(1, 3),
        "with-provider": range(1, 3),
        "waiting": range(3, 6),
        "done": range(3, 30),
        "rooms-between": range(2),
    },
}
"""Site → what the board should show at 10:40, as numbers that fit its rooms (nine and three) and its people."""


def day(practice: Practice, seed: int, day: date, *, count: int = POPULATION, born_on: date | None = None) -> DayPlan:
    """The plan of `day` for the practice with `count` patients.

    `born_on` is the day for which the population was made, where that is another one; the patients are then older.
    """
    if practice.seed != seed:
        raise ValueError("The practice and its day come from one seed.")
    people = roster(seed, born_on or day, count)
    by_id = {person.id: person for person in people}
    planned = booking.appointments(practice, people, day)
    scripts = [_script(practice, site.key, day, planned, by_id) for site in practice.sites]
    return DayPlan(
        day=day,
        practice=practice,
        opens_at=practice.sites[0].at(day, OPENS_AT),
        appointments=planned,
        steps=merged(scripts),
        patients=_first_patients(planned, people),
    )


def _first_patients(planned: Sequence[PlannedAppointment], people: Sequence[Person]) -> tuple[str, ...]:
    """Everybody with an appointment, then the rest of the households that come as a family."""
    by_id = {person.id: person for person in people}
    together = {by_id[a.patient].household for a in planned if a.family}
    booked = [a.patient for a in planned]
    return tuple(dict.fromkeys([*booked, *(person.id for person in people if person.household in together)]))


def _script(
    practice: Practice, site: str, day: date, planned: Sequence[PlannedAppointment], people: dict[str, Person]
) -> list[Step]:
    """The first of some mornings that shows what is wanted, or the one that comes closest."""
    mine = [a for a in planned if a.site == site]
    vitals = {a.id: _vitals(practice.seed, people[a.patient], a, day) for a in mine}
    best: tuple[int, list[Step]] | None = None
    for attempt in range(TRIES):
        rng = stream(practice.seed, "morning", day, site, attempt)
        steps = _play(rng, practice, site, day, mine, people, vitals)
        missed = _missed(replay(practice, mine, steps), site)
        if best is None or missed < best[0]:
            best = (missed, steps)
        if not missed:
            break
    return best[1] if best else []


def _missed(board: Board, site: str) -> int:
    shown = {
        "with-ma": board.count(WITH_MA, site=site),
        "with-provider": board.count(WITH_PROVIDER, site=site),
        "waiting": board.count({"waiting"}, site=site),
        "done": board.count({"done"}, site=site),
        "rooms-between": board.rooms_in({"ready", "dirty", "cleaned", "stocked"}, site=site),
    }
    wanted = WANTED[site]
    return sum(max(wanted[name].start - n, n - wanted[name].stop + 1, 0) for name, n in shown.items())


def _play(
    rng: Random,
    practice: Practice,
    site: str,
    day: date,
    mine: Sequence[PlannedAppointment],
    people: dict[str, Person],
    vitals: dict[str, VitalSigns],
) -> list[Step]:
    place = practice.site(site)
    until = place.at(day, OPENS_AT)
    desk = practice.staff_at(site, Role.FRONT_DESK)[0].id
    absent = _absences(rng, mine, desk=desk, until=until)
    away = {step.appointment for step in absent if step.kind in {StepKind.CANCEL, StepKind.NO_SHOW}}
    arrivals = _arrivals(rng, mine, opens=place.at(day, DESK_OPENS), away=away)
    late = {step.appointment: step for step in absent if step.kind is StepKind.RUNNING_LATE}
    for appointment, step in late.items():
        if appointment:
            arrivals[appointment] = step.at + timedelta(minutes=rng.randrange(22, 32))
    coming = {
        a.id: Coming(
            appointment=a,
            arrives=arrivals.get(a.id),
            with_person=_companion(rng, people[a.patient]),
            none_known=_none_known(practice.seed, people[a.patient], day),
            vitals=vitals[a.id],
            order=_request(rng, people[a.patient], day),
        )
        for a in mine
        if a.start <= until + timedelta(minutes=25)
    }
    morning = Morning(practice=practice, site=site, rng=rng, until=until, coming=coming)
    return list(merged([absent, morning.play()]))


def _arrivals(
    rng: Random, mine: Iterable[PlannedAppointment], *, opens: datetime, away: set[str | None]
) -> dict[str, datetime]:
    """When each patient comes in: mostly some minutes early; a family together; a walk-in when it walks in."""
    found: dict[str, datetime] = {}
    families: dict[str, datetime] = {}
    for a in mine:
        early = timedelta(seconds=round(rng.triangular(-2, 30, 16) * 60))
        if "mask-now" in a.needs:
            early = timedelta(minutes=3)
        at = a.start if not a.booked else max(opens + timedelta(seconds=rng.randrange(0, 240)), a.start - early)
        if a.family:
            at = families.setdefault(a.family, at)
        if a.id not in away:
            found[a.id] = at
    return found


def _absences(rng: Random, mine: Sequence[PlannedAppointment], *, desk: str, until: datetime) -> list[Step]:
    """One who does not come, two who cancel (one of them for the afternoon), two who call that they are late."""
    plain = [a for a in mine if a.booked and not a.family and "mask-now" not in a.needs]
    opens = until - timedelta(hours=2, minutes=40)
    early = [a for a in plain if opens + timedelta(minutes=30) <= a.start <= until - timedelta(minutes=60)]
    later = [a for a in plain if until + timedelta(minutes=20) <= a.start <= until + timedelta(minutes=75)]
    afternoon = [a for a in plain if a.start > until + timedelta(hours=2)]
    steps: list[Step] = []

    def pick(pool: list[PlannedAppointment]) -> PlannedAppointment | None:
        used = {step.appointment for step in steps}
        free = [a for a in pool if a.id not in used]
        return rng.choice(free) if free else None

    if gone := pick(early):
        steps.append(
            Step(at=gone.start + timedelta(minutes=20), kind=StepKind.NO_SHOW, staff=desk, appointment=gone.id)
        )
    for pool in (later, afternoon):
        if gone := pick(pool):
            at = opens + timedelta(minutes=rng.randrange(12, 100))
            steps.append(_said(at, StepKind.CANCEL, desk, gone, "Called: cannot come today, will call again"))
    for minutes in (70, 15) if len(mine) > 40 else (40,):
        due = [a for a in plain if abs((until - timedelta(minutes=minutes) - a.start).total_seconds()) <= 20 * 60]
        if gone := pick(due):
            at = gone.start - timedelta(minutes=rng.randrange(4, 10))
            steps.append(_said(at, StepKind.RUNNING_LATE, desk, gone, "Called: stuck in traffic, about 20 minutes"))
    return sorted((s for s in steps if s.at <= until), key=lambda step: step.at)


def _said(at: datetime, kind: StepKind, desk: str, appointment: PlannedAppointment, text: str) -> Step:
    return Step(at=at, kind=kind, staff=desk, appointment=appointment.id, values={"text": text})


def _request(rng: Random, person: Person, day: date) -> str | None:
    """What the provider asks the MA for afterwards, in three visits of five."""
    years = person.age_years(day)
    fitting = [text for begins, ends, text in REQUESTS if begins <= years < ends]
    return rng.choice(fitting) if rng.random() < 0.6 else None


def _companion(rng: Random, person: Person) -> str | None:
    """The RelatedPerson who comes with a child: never somebody whom a court keeps away."""
    able = [g for g in person.guardians if g.authority != "no-contact"]
    if not able:
        return None
    return able[0].id if rng.random() < 0.7 else rng.choice(able).id


def _none_known(seed: int, person: Person, day: date) -> bool:
    found = allergies.draw(stream(seed, "allergies", person.id), years=person.age_years(day), latex=person.has("latex"))
    return not found


def _vitals(seed: int, person: Person, appointment: PlannedAppointment, day: date) -> VitalSigns:
    visit_type = BY_KEY[appointment.visit_type]
    fever = visit_type.fever or "mask-now" in appointment.needs
    return measure.vital_signs(seed, person, at=day, today=day, occasion="today", fever=fever, brief=visit_type.brief)
