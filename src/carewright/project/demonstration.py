"""The demonstration: a made-up practice with a made-up day, in a data folder of its own.

The morning is written through the product's own actions (replay.py). Today's patients come first, so that the board
stands in seconds; the rest of the charts fill in behind, in a process of their own.

The demonstration has its own time. It opens at 10:40 of its day and stands still while nobody runs it: at the next
start it goes on a minute after the last thing that was written.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from carewright.core.access.model import Access
from carewright.core.blobs.blobs import Blobs
from carewright.core.clock import Clock, wall_now
from carewright.core.store.store import Store
from carewright.project import simulator, unfinished
from carewright.project.office import Office
from carewright.project.replay import Replay

SEED = 1
COUNT = simulator.POPULATION
STATE = "demo.json"

SATURDAY = 5
Told = Callable[[str, int], None]


class AnotherDemonstration(Exception):
    """The folder holds a demonstration of another day or seed."""


@dataclass(frozen=True)
class State:
    """What a data folder's demonstration shows, and how far its clock is ahead of the wall clock (seconds)."""

    practice: str
    seed: int
    day: str
    offset_seconds: float
    complete: bool = False
    rate: float = 1.0
    """How fast its clock runs, from the wall's instant `since` (ISO 8601) on, at which the offset held."""
    since: str = ""

    @property
    def clock(self) -> Clock:
        """The demonstration's clock."""
        since = datetime.fromisoformat(self.since) if self.since else None
        return Clock(offset=self.offset, rate=self.rate, since=since)

    @property
    def offset(self) -> timedelta:
        return timedelta(seconds=self.offset_seconds)


def read_state(data_dir: Path) -> State | None:
    """The state of the demonstration in a folder; None where there is none."""
    try:
        return State(**json.loads((data_dir / STATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def write_state(data_dir: Path, state: State) -> None:
    """Replace the state file in one step."""
    new = data_dir / f"{STATE}.new"
    new.write_text(json.dumps(asdict(state)), encoding="utf-8")
    new.replace(data_dir / STATE)


def plan_of(*, seed: int, day: date) -> simulator.DayPlan:
    return simulator.day(simulator.practice(seed, day), seed, day)


def check_same(state: State, *, seed: int | None, day: date | None) -> None:
    """AnotherDemonstration if the folder shows another seed or day than was asked for."""
    if seed not in (None, state.seed) or (day is not None and day.isoformat() != state.day):
        raise AnotherDemonstration(
            f"The folder shows {state.day} with seed {state.seed}. Give another one (--data-dir), or leave out --day "
            "and --seed to go on."
        )


def resumed(state: State, store: Store) -> timedelta:
    """The clock's offset for going on: a minute after the last write, as the demonstration's time was then."""
    last = store.last_written_at(state.practice)
    if last is None:
        return state.offset
    return state.clock.at(last) + timedelta(minutes=1) - wall_now()


def prepare(
    store: Store, operator: Callable[[str], Access], *, seed: int, day: date, told: Told, blobs: Blobs | None = None
) -> State:
    """Write the practice, today's patients and the morning until 10:40. `told` hears (label, how many more).

    With `blobs` papers have come in too.

    The practice counts as unfinished (see unfinished.py) until whoever calls has kept the state and says so.
    """
    plan = plan_of(seed=seed, day=day)
    practice = plan.practice.key
    store.ensure_practice(practice, plan.practice.name)
    unfinished.begin(store, practice)
    replay = Replay(store=store, practice=practice, plan=plan, told=told)
    access = operator(practice)
    replay.import_practice(access)
    replay.agree_on_rules()
    replay.import_charts(access, simulator.charts(seed, day, plan.patients, count=COUNT))
    replay.import_families(access, simulator.families(seed, day, count=COUNT, among=plan.patients))
    replay.book_everybody()
    replay.staff_the_day()
    replay.play()
    Office(replay, access, blobs).work()
    offset = plan.opens_at - wall_now()
    store.clock = Clock(offset=offset)
    return State(practice=practice, seed=seed, day=day.isoformat(), offset_seconds=offset.total_seconds())


def fill(store: Store, operator: Callable[[str], Access], *, state: State, told: Told) -> None:
    """Write who is booked next, then the charts of everybody else; what is there already stays as it is."""
    day = date.fromisoformat(state.day)
    plan = plan_of(seed=state.seed, day=day)
    replay = Replay(store=store, practice=state.practice, plan=plan, told=told)
    access = operator(state.practice)
    following = simulator.day(plan.practice, state.seed, working_day_after(day), count=COUNT, born_on=day)
    new = tuple(patient for patient in following.patients if patient not in set(plan.patients))
    replay.import_charts(access, simulator.charts(state.seed, day, new, count=COUNT))
    Replay(store=store, practice=state.practice, plan=following, told=told).book_everybody()
    replay.import_charts(access, simulator.population(state.seed, day, COUNT, without=(*plan.patients, *new)))
    replay.import_families(access, simulator.families(state.seed, day, count=COUNT))


def working_day_after(day: date) -> date:
    """The next day on which the made-up practice is open."""
    later = day + timedelta(days=1)
    return later if later.weekday() < SATURDAY else later + timedelta(days=7 - later.weekday())
