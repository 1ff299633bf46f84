"""./run bench worklist: what "Next for you" costs in a practice with 5,000 open tasks.

Through Django in this process, on one core, middleware and audit included, beside the page that shows nothing (the
baseline of the same run): the whole page, the list alone as a live change asks for it, and the STAT call that every
open page asks for. The reader is the MA whose pool is the largest. On PostgreSQL too where one
is there.

Figures are this machine's of this run; only those of one run are compared.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bench._clinics import clinics
from carewright.core.access.model import Role
from carewright.core.clock import Clock
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import to_fhir
from carewright.core.work.model import TASK_CODE, Kind, Pool, Priority, WorkTask
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import open_pages

OPEN_TASKS, PATIENTS, OWNERS = 5_000, 2_000, 30
POOLS = (Role.MA, Role.MA, Role.MA, Role.NURSE, Role.PROVIDER, Role.FRONT_DESK, Role.LEAD_MA)
JOB = Coding(TASK_CODE, "job", "Job")
WORDS = ("Call the lab", "Repeat the blood pressure", "Send the form", "Ask for the note", "Refill to look at")
FRAGMENT = {"headers": {"HX-Request": "true"}}
BATCH = 500
THE_LIST, LIST_BUDGET_MS = "the list alone", 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench worklist", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="pages drawn for each figure (default 60)")
    options = parser.parse_args()
    os.environ["CARE_DEBUG"] = "0"
    within = True
    for name, clinic in clinics():
        _fill(clinic)
        pool = len(clinic.rows("task", is_open=1, owner="", pool_role="ma"))
        own = len(clinic.rows("task", is_open=1, owner="Practitioner/dana"))
        print(f"\n{name}: {OPEN_TASKS} open tasks; the MA who looks has {own} and a pool of {pool}")
        within &= _measure(clinic, options.rounds)
        clinic.store.close()
    return 0 if within else 1


def _measure(clinic: Clinic, rounds: int) -> bool:
    """Print the figures of an engine; whether the list keeps its budget."""
    client = open_pages(clinic).client("dana")
    clinic.store.clock = Clock.set_to(TEN_FORTY)
    asked: dict[str, Callable[[], Any]] = {
        "page with nothing on it": lambda: client.get("/account/pin"),
        "Next for you, whole page": lambda: client.get("/worklist/"),
        THE_LIST: lambda: client.get("/worklist/list", **FRAGMENT),
        "is there a STAT for me": lambda: client.get("/worklist/stat", {"seen": "x"}, **FRAGMENT),
    }
    figures = {words: _median(ask, rounds) for words, ask in asked.items()}
    base = next(iter(figures.values()))[0]
    for words, (cpu, wall) in figures.items():
        print(f"  {words:<28} {cpu * 1000:7.1f} ms CPU {wall * 1000:7.1f} ms   {cpu / base:5.1f} × the empty page")
    # Judged by CPU: on a machine that others use at the same time the wall measures them.
    within = figures[THE_LIST][0] * 1000 <= LIST_BUDGET_MS
    print(f"  budget of the list, {LIST_BUDGET_MS} ms: {'kept' if within else 'MISSED'}")
    return within


def _median(ask: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of CPU in this process, and on the wall."""
    for _ in range(5):
        ask()
    taken = []
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        ask()
        taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    return statistics.median(t[0] for t in taken), statistics.median(t[1] for t in taken)


def _fill(clinic: Clinic) -> None:
    """Its people, its patients and the open tasks."""
    open_pages(clinic)
    dice = random.Random(5)
    records = [*map(_patient, range(PATIENTS)), *(_task(dice, n) for n in range(OPEN_TASKS))]
    for first in range(0, len(records), BATCH):
        clinic.have(*records[first : first + BATCH])


def _task(dice: random.Random, number: int) -> Resource:
    """Three in five are somebody's, the others a pool's; one in three is not before its time, one in ten is late."""
    mine = dice.random() < 0.6
    due_at = TEN_FORTY + timedelta(hours=dice.choice([-30, *range(1, 10)]) * dice.choice([1, 8, 24]))
    ahead = dice.random() < 0.33
    owner = dice.randrange(OWNERS)
    task = WorkTask(
        code=JOB, words=dice.choice(WORDS), kind=dice.choice([Kind.CLINICAL, Kind.CLERICAL]),
        priority=Priority.URGENT if dice.random() < 0.03 else Priority.ROUTINE,
        patient=f"Patient/p{dice.randrange(PATIENTS)}", pool=Pool(role=dice.choice(POOLS)),
        owner=("Practitioner/dana" if owner == 0 else f"Practitioner/o{owner}") if mine else "",
        due_at=due_at + timedelta(days=60) if ahead else due_at,
        not_before=due_at + timedelta(days=30) if ahead else None,
        authored_at=_authored(number), requester="Practitioner/lind",
    )  # fmt: skip
    return {**to_fhir(task), "id": f"t{number}"}


def _authored(number: int) -> datetime:
    return TEN_FORTY - timedelta(minutes=number)


def _patient(number: int) -> Resource:
    name = {"family": f"Family{number}", "given": ["Anna"]}
    return {
        "resourceType": "Patient", "id": f"p{number}", "gender": "female", "birthDate": "1980-01-02", "name": [name],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
