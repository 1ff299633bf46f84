"""Who is booked for a day: every provider's slots filled with patients whom the reason fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from carewright.project.simulator import history, visit_types
from carewright.project.simulator.model import Person, PlannedAppointment, Practice, Template
from carewright.project.simulator.seeds import identifier, stream, weighted
from carewright.project.simulator.visit_types import BY_KEY, VISIT_TYPES, VisitType

MASK_NOW_REASONS = (
    "Fever and spots all over, there is chickenpox at the daycare",
    "Fever, cough and a rash that started at the hairline; we just came back from a trip",
)
_SIBLING_VISITS = ("well-child", "school-form", "sports", "cough-fever-child", "ear-pain", "shots-only")


@dataclass(frozen=True, kw_only=True)
class SitePlan:
    """How full a site is: bookings, walk-ins (wall-clock times), brothers and sisters in neighbouring slots."""

    booked: int
    walk_ins: tuple[time, ...]
    sibling_starts: tuple[time, ...]
    share_of_required: float
    mask_now_at: time | None = None
    needs_at: tuple[tuple[time, str], ...] = ()


SITE_PLANS = {
    "main": SitePlan(
        booked=58,
        walk_ins=(time(9, 25), time(10, 20)),
        sibling_starts=(time(10, 0), time(14, 20)),
        share_of_required=1.0,
        mask_now_at=time(10, 40),
        needs_at=((time(10, 20), "wheelchair"), (time(10, 20), "interpreter"), (time(8, 40), "interpreter")),
    ),
    "lakeview": SitePlan(booked=24, walk_ins=(time(9, 50),), sibling_starts=(time(10, 15),), share_of_required=0.34),
}


@dataclass
class Booker:
    """The bookings of one site while they are being made."""

    practice: Practice
    site: str
    day: date
    people: tuple[Person, ...]
    rng: Random
    used: set[str] = field(default_factory=set)
    taken: dict[tuple[str, time], PlannedAppointment] = field(default_factory=dict)

    @property
    def templates(self) -> tuple[Template, ...]:
        return tuple(t for t in self.practice.templates if t.site == self.site)

    def free(self, template: Template) -> list[time]:
        return [at for at in template.slots() if (template.provider, at) not in self.taken]

    def add(
        self, template: Template, at: time, person: Person, visit_type: VisitType, **more: object
    ) -> PlannedAppointment:
        """Book `person` at `at`; `more` are further fields of PlannedAppointment."""
        needs = [need for need in ("wheelchair",) if person.has(need)]
        needs += ["interpreter"] if person.interpreter else []
        values: dict[str, object] = {
            "id": identifier(self.practice.seed, "appointment", self.day, person.id),
            "site": self.site,
            "provider": template.provider,
            "schedule": template.schedule,
            "patient": person.id,
            "patient_display": person.display,
            "visit_type": visit_type.key,
            "coding": visit_type.coding,
            "visit_display": visit_types.display(visit_type, person, self.day),
            "reason": visit_types.reason(self.rng, visit_type, person, self.day),
            "start": self.practice.site(self.site).at(self.day, at),
            "minutes": template.slot_minutes,
            "needs": tuple(needs),
        }
        planned = PlannedAppointment(**(values | more))  # type: ignore[arg-type]  # fields by name, checked by the tests
        self.used.add(person.id)
        if planned.booked:
            self.taken[template.provider, at] = planned
        return planned


def appointments(practice: Practice, people: Sequence[Person], day: date) -> tuple[PlannedAppointment, ...]:
    """All appointments of `day`, by site and start. Fewer where too few patients fit."""
    found: list[PlannedAppointment] = []
    for site in practice.sites:
        booker = Booker(
            practice=practice,
            site=site.key,
            day=day,
            people=tuple(person for person in people if person.site == site.key),
            rng=stream(practice.seed, "booking", day, site.key),
        )
        found += _book_site(booker, SITE_PLANS[site.key])
    return tuple(sorted(found, key=lambda a: (a.start, a.site, a.provider, a.id)))


def _book_site(booker: Booker, plan: SitePlan) -> list[PlannedAppointment]:
    """The order matters: what must stand at a certain time first, then what must not be missing, then the rest."""
    if plan.mask_now_at:
        _book_mask_now(booker, plan.mask_now_at)
    for start in plan.sibling_starts:
        _book_siblings(booker, start)
    for at, need in plan.needs_at:
        _book_need(booker, at, need)
    for person, visit_type in _choices(booker, plan):
        if len(booker.taken) >= plan.booked:
            break
        _place(booker, person, visit_type)
    walk_ins = [planned for at in plan.walk_ins for planned in _walk_in(booker, at)]
    return [*booker.taken.values(), *walk_ins]


def _candidates(booker: Booker, visit_type: VisitType) -> list[Person]:
    return [p for p in booker.people if p.id not in booker.used and visit_type.fits(p, booker.day)]


def _template_of(booker: Booker, provider: str) -> Template:
    return next(t for t in booker.templates if t.provider == provider)


def _book_mask_now(booker: Booker, at: time) -> None:
    """A small child who may have something catching: must be masked and roomed first."""
    candidates = [p for p in _candidates(booker, BY_KEY["cough-fever-child"]) if p.age_years(booker.day) < 6]
    if candidates:
        person = booker.rng.choice(candidates)
        provider = history.usual_provider(person, booker.practice, booker.day)
        reason = booker.rng.choice(MASK_NOW_REASONS)
        template = _template_of(booker, provider.id)
        needs = ("mask-now", *(("interpreter",) if person.interpreter else ()))
        booker.add(template, at, person, BY_KEY["cough-fever-child"], reason=reason, needs=needs)


def _book_need(booker: Booker, at: time, need: str) -> None:
    """A grown patient in a wheelchair, or one who needs an interpreter, at a time when the board is looked at."""
    for person in booker.rng.sample(booker.people, len(booker.people)):
        able = person.has(need) if need == "wheelchair" else person.interpreter
        template = _template_of(booker, history.usual_provider(person, booker.practice, booker.day).id)
        fitting = visit_types.fitting(person, booker.day) if able and person.id not in booker.used else []
        if fitting and person.age_years(booker.day) >= 18 and at in booker.free(template):
            booker.add(template, at, person, booker.rng.choice(fitting))
            return


def _book_siblings(booker: Booker, start: time) -> None:
    """Two children of one household, in neighbouring slots of one provider; for checkups if both are due."""
    by_household: dict[int, list[Person]] = {}
    for person in booker.people:
        if person.guardians and person.id not in booker.used:
            by_household.setdefault(person.household, []).append(person)
    pairs = []
    for members in by_household.values():
        fitting = [(p, visit_types.fitting(p, booker.day, _SIBLING_VISITS)) for p in members]
        able = [(p, types[0]) for p, types in fitting if types]
        if len(able) >= 2:
            pairs.append(able[:2])
    if not pairs:
        return
    pair = booker.rng.choice([p for p in pairs if p[0][1].key == p[1][1].key == "well-child"] or pairs)
    template = _template_of(booker, history.usual_provider(pair[0][0], booker.practice, booker.day).id)
    family = identifier(booker.practice.seed, "family", booker.day, pair[0][0].household)
    step = timedelta(minutes=template.slot_minutes)
    second = (datetime.combine(booker.day, start) + step).time()
    for at, (person, visit_type) in zip((start, second), pair, strict=True):
        booker.add(template, at, person, visit_type, family=family)


def _choices(booker: Booker, plan: SitePlan) -> Iterator[tuple[Person, VisitType]]:
    """First each kind of visit that the day must have, then kinds by how common they are; a patient once."""
    pools = {v.key: _candidates(booker, v) for v in VISIT_TYPES}
    for pool in pools.values():
        booker.rng.shuffle(pool)

    def take(visit_type: VisitType) -> Person | None:
        pool = pools[visit_type.key]
        while pool:
            person = pool.pop()
            if person.id not in booker.used:
                return person
        return None

    required = [v for v in VISIT_TYPES for _ in range(round(v.at_least * plan.share_of_required))]
    for visit_type in sorted(required, key=lambda v: len(pools[v.key])):
        if person := take(visit_type):
            yield person, visit_type
    while any(pools.values()):
        visit_type = weighted(booker.rng, [(v, v.weight) for v in VISIT_TYPES if pools[v.key]])
        if person := take(visit_type):
            yield person, visit_type


def _place(booker: Booker, person: Person, visit_type: VisitType) -> None:
    """A free slot with the usual provider, else with the emptiest of the others; the early morning fills up first.

    One slot before noon and three after it stay open with each provider for whoever calls today.
    """
    usual = history.usual_provider(person, booker.practice, booker.day).id
    others = sorted(booker.templates, key=lambda t: -len(booker.free(t)))
    for template in sorted(others, key=lambda t: t.provider != usual):
        free = booker.free(template)
        early = [at for at in free if at < time(11)]
        late = [at for at in free if time(11) <= at < time(12)]
        afternoon = [at for at in free if at >= time(12)]
        pools = [early if booker.rng.random() < 0.6 else [], late if len(late) > 1 else []]
        pools += [afternoon if len(afternoon) > 3 else [], early]
        if chosen := next((pool for pool in pools if pool), None):
            booker.add(template, booker.rng.choice(chosen), person, visit_type)
            return


def _walk_in(booker: Booker, at: time) -> Iterator[PlannedAppointment]:
    """Somebody who comes without a booking, for something of today; seen by the usual provider, over the template."""
    keys = ("ear-pain", "sore-throat-child", "urine", "back-pain", "ankle", "flu-adult", "pink-eye")
    visit_type = BY_KEY[booker.rng.choice(keys)]
    candidates = _candidates(booker, visit_type)
    if candidates:
        person = booker.rng.choice(candidates)
        template = _template_of(booker, history.usual_provider(person, booker.practice, booker.day).id)
        yield booker.add(template, at, person, visit_type, booked=False)
