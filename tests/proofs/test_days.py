"""Days of a practice with three times the usual interruptions, while its server and its worker are killed at random.

Its people work at the server's own pages, as in `carewright demo --play`, and keep a ledger of what they told the
practice and of what it acknowledged. Each evening the books are read: nothing that was acknowledged is lost, nothing
is there twice, no open task is nobody's, and whatever has not come to its end has somebody and a date.

In the suite a part of one day on each engine; `./run prove days` plays thirty working days.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import pytest

from carewright.core.clock import Clock
from carewright.core.store.store import Store
from carewright.project import demonstration, simulator, wiring
from carewright.project.environment import Environment
from carewright.project.player.ledger import Entry
from carewright.project.player.play import Play
from carewright.project.player.stage import staged
from carewright.project.replay import Replay
from carewright.project.simulator.model import DayPlan
from tests.postgresql_server import Database
from tests.project.processes import environment, running, wait_for_health
from tests.proofs.at_work import SERVER, WORKER, AtWork
from tests.proofs.books import Books, named

FIRST_DAY = date(2026, 10, 26)
"""A Monday; the clocks are set back on the Sunday after, and there is a holiday."""
RATE = 3.0
VISITS = 28
"""Appointments of a day that are kept; the made-up practice has more than the people can see at this speed."""
OPENS, CLOSES = wall_time(7, 40), wall_time(17, 40)
SETTLED = timedelta(days=5)
SOME = 20
PASSWORD = "demo-riverside"


@dataclass
class Days:
    """A practice from day to day."""

    store: Store
    folder: Path
    at_work: AtWork
    state: demonstration.State
    speed: float
    ledger: list[Entry] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    @property
    def practice(self) -> str:
        return self.state.practice

    def plan_of(self, day: date) -> DayPlan:
        plan = simulator.day(simulator.practice(self.state.seed, day), self.state.seed, day, born_on=FIRST_DAY)
        booked = [one for one in plan.appointments if one.booked]
        step = max(1, len(booked) // VISITS)
        return replace(plan, appointments=tuple(booked[::step]))

    def book(self, day: date) -> None:
        """The day's appointments, with a chart for everybody who has none yet, and who works with whom."""
        access = wiring.operator_access(self.practice)
        plan = self.plan_of(day)
        with self.store.reader(access, reason="days") as reader:
            known = {str(row["id"]) for row in reader.rows("patient", where={})}
        new = tuple(dict.fromkeys(one.patient for one in plan.appointments if one.patient not in known))
        replay = Replay(store=self.store, practice=self.practice, plan=plan)
        replay.import_charts(access, simulator.charts(self.state.seed, FIRST_DAY, new, count=demonstration.COUNT))
        replay.book_everybody()
        replay.staff_the_day()

    def work(
        self, day: date, *, opens: datetime, closes: datetime, rate: float = RATE, kills: bool = True,
        enough: Callable[[Play], bool] = lambda play: False,
    ) -> None:  # fmt: skip
        """From `opens` to `closes`, or until it is `enough`: everybody at work, everything killed now and then."""
        clock = Clock.set_to(opens, rate=self.speed)
        self.at_work.begin(clock, kills=kills)
        self.store.clock = Clock.set_to(opens, rate=self.speed)  # the server took a while to start: the day begins now
        play = self._staged(day, rate=rate)
        play.begin()
        until = time.monotonic() + (closes - opens).total_seconds() / self.speed
        while time.monotonic() < until and not enough(play):
            time.sleep(0.2)
        play.stop()
        play.close()
        self.at_work.end()
        self._keep(play)

    def _staged(self, day: date, *, rate: float) -> Play:
        access = wiring.operator_access(self.practice)
        state = replace(self.state, day=day.isoformat())
        play = staged(
            self.store, access, state=state, base=lambda: self.at_work.base, password=PASSWORD, rate=rate,
            folder=self.folder,
        )  # fmt: skip
        play.world.is_ending = rate == 0
        return play

    def _keep(self, play: Play) -> None:
        for kind in play.world.ledger.counts():
            self.ledger += play.world.ledger.of(kind)
        self.told += play.world.told

    def check(self, *, now: datetime) -> Books:
        """Read the books. What the folder has not been emptied of yet is not lost: it lies there."""
        waiting = {path.stem for path in self.folder.iterdir() if path.is_file()}
        books = Books.read(self.store, self.practice)
        kept = [entry for entry in self.ledger if not (entry.kind == "paper" and entry.key in waiting)]
        found = {
            "acknowledged and lost": books.lost(kept),
            "there twice": books.twice(kept),
            "nobody's": books.nobodys(),
            "not at its end, and without a task": books.unattended(),
            "late, and nobody told": books.late_in_silence(now - SETTLED),
        }
        wrong = [f"{what} {named(which)}" for what, which in found.items() if which]
        assert not wrong, "\n".join(wrong)
        return books


def table(days: Days, books: Books) -> list[str]:
    """What was begun, what was acknowledged, what is still open."""
    lines = [f"{'':<20}{'begun':>8}{'acknowledged':>14}"]
    for kind, entries in _by_kind(days.ledger).items():
        lines.append(f"{kind:<20}{len(entries):>8}{sum(entry.is_promised for entry in entries):>14}")
    lines.append("still open: " + ", ".join(f"{count} {kind}" for kind, count in sorted(books.open_by_type().items())))
    lines.append(
        "open tasks: " + ", ".join(f"{code} {count}" for code, count in books.open_tasks_by_code().most_common())
    )
    lines.append("killed: " + ", ".join(f"{which} {count}" for which, count in sorted(days.at_work.killed.items())))
    told = sorted(
        (name, count) for name, count in days.told.items() if not name.startswith(("GET", "POST 2", "POST 3"))
    )
    return [*lines, "told: " + ", ".join(f"{name} {count}" for name, count in told)]


def _by_kind(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.kind):
        found.setdefault(entry.kind, []).append(entry)
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation on each engine, with a folder that is watched."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    more = {"CARE_INCOMING_FOLDER": str(folder), "CARE_DEMO": "1"}
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("fresh_postgresql")
        more |= {"CARE_DATABASE_URL": database.app_url, "CARE_DATABASE_OWNER_URL": database.owner_url}
    return environment(tmp_path / "data", **more)


@pytest.fixture
def days(variables: dict[str, str], tmp_path: Path) -> Iterator[Days]:
    """The demonstration's practice, on the morning of its first day."""
    at_work = AtWork(environment=variables, log=tmp_path / "log", rng=random.Random(7))
    with running("demo", "--port", str(at_work.port), "--day", FIRST_DAY.isoformat(), env=variables) as process:
        wait_for_health(at_work.port, process)
    state = demonstration.read_state(Path(variables["CARE_DATA_DIR"]))
    assert state is not None
    store = wiring.open_store(Environment.read(variables))
    speed = float(os.environ.get("CARE_PROOF_SPEED", "360"))
    yield Days(
        store=store, folder=Path(variables["CARE_INCOMING_FOLDER"]), at_work=at_work, state=state, speed=speed
    )  # fmt: skip
    store.close()


def working_days(count: int) -> list[date]:
    """So many days from the first on, without the weekends between."""
    found = (FIRST_DAY + timedelta(days=n) for n in range(2 * count + 7))
    return [day for day in found if day.weekday() < 5][:count]


def at(days: Days, day: date, moment: wall_time) -> datetime:
    site = simulator.practice(days.state.seed, day).sites[0]
    return site.at(day, moment)


def test_a_part_of_a_day_with_a_kill(days: Days) -> None:
    days.at_work.between = (3.0, 5.0)
    opens = at(days, FIRST_DAY, wall_time(10, 41))
    closes = opens + timedelta(seconds=60 * days.speed)

    def enough(play: Play) -> bool:
        ledger = play.world.ledger
        begun = sum(entry.is_promised for kind in ledger.counts() for entry in ledger.of(kind))
        return begun > SOME and days.at_work.killed[SERVER] > 0 and days.at_work.killed[WORKER] > 0

    days.work(FIRST_DAY, opens=opens, closes=closes, rate=20, enough=enough)
    books = days.check(now=closes)
    assert days.at_work.killed[SERVER]
    assert days.at_work.killed[WORKER]
    assert sum(entry.is_promised for entry in days.ledger) > SOME, table(days, books)


@pytest.mark.slow
def test_thirty_days_at_three_times_the_interruptions(days: Days, capsys: pytest.CaptureFixture[str]) -> None:
    def say(words: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"{words}\n")
            sys.stdout.flush()

    count = int(os.environ.get("CARE_PROOF_DAYS", "30"))
    for number, day in enumerate(working_days(count)):
        if number:
            days.book(day)
        opens, closes = at(days, day, OPENS if number else wall_time(10, 41)), at(days, day, CLOSES)
        days.work(day, opens=opens, closes=closes)
        books = days.check(now=closes)
        say(f"{day}: " + "; ".join(table(days, books)[-4:]))
    for day in working_days(count + 2)[count:]:
        opens = at(days, day, OPENS)
        days.work(day, opens=opens, closes=opens + timedelta(hours=10), rate=0, kills=False)
    books = days.check(now=opens)
    say("\n".join(table(days, books)))
