"""The same seed and day give the same bytes, in this process and in another; another seed gives other people."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from carewright.core.fhir import codec
from carewright.project import simulator
from carewright.project.simulator.seeds import identifier, stream

MONDAY = date(2026, 11, 23)


def digest(seed: int, day: date) -> str:
    """Of all that a seed and a day give, with a small population."""
    practice = simulator.practice(seed)
    plan = simulator.day(practice, seed, day, count=300)
    found = hashlib.sha256()
    for resource in practice.resources:
        found.update(codec.encode(resource))
    for record in simulator.population(seed, day, 300):
        for resource in record.resources:
            found.update(codec.encode(resource))
    for resource in simulator.families(seed, day, count=300):
        found.update(codec.encode(resource))
    found.update(repr((plan.appointments, plan.steps, plan.patients)).encode())
    return found.hexdigest()


def test_the_same_seed_and_day_give_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from datetime import date;"
        "from tests.simulator.test_simulated_repeatability import digest; print(digest(5, date(2026, 11, 23)))"
    )
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    other = subprocess.run(
        [sys.executable, "-c", code, root], capture_output=True, text=True, check=True, env=environment, cwd=root
    )
    assert other.stdout.strip() == digest(5, MONDAY)


def test_another_seed_and_another_day_give_something_else() -> None:
    assert len({digest(1, MONDAY), digest(2, MONDAY), digest(1, date(2026, 11, 24))}) == 3


def test_people_keep_their_ids_and_names_from_day_to_day() -> None:
    today, tomorrow = (
        {r.person.id: (r.person.display, r.person.number) for r in simulator.population(3, day, 120)}
        for day in (MONDAY, date(2026, 11, 24))
    )
    assert today == tomorrow


def test_the_charts_of_some_are_those_of_the_population() -> None:
    everybody = {r.person.id: r for r in simulator.population(3, MONDAY, 120)}
    some = list(everybody)[40:44]
    assert [everybody[one] for one in reversed(some)] == list(
        simulator.charts(3, MONDAY, list(reversed(some)), count=120)
    )


def test_parts_draw_apart_from_one_another() -> None:
    first = stream(1, "vitals", "a")
    stream(1, "vitals", "b").random()
    assert first.random() == stream(1, "vitals", "a").random() != stream(1, "vitals", "b").random()
    assert identifier(1, "patient", 1) == identifier(1, "patient", 1) != identifier(2, "patient", 1)


def test_who_is_left_out_of_the_population_is_left_out() -> None:
    everybody = [r.person.id for r in simulator.population(3, MONDAY, 60)]
    rest = [r.person.id for r in simulator.population(3, MONDAY, 60, without=everybody[:10])]
    assert rest == everybody[10:]
