"""./run bench growth: whether a search takes longer in a large practice than in a small one.

Two practices on one PostgreSQL, a server of two processes on each: that of bench/_api_data.py, and the same with as
many more observations as make it a million, all of them `final` and of one code. The same searches are asked of both in
turn, in a closed loop; p95 in the large one is to be within 1.5 times that in the small one. To fill the large one
takes ten minutes on a quiet machine; `--resources` makes it smaller.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench._api_data import DAYS, MEASURED, OBSERVATIONS, PATIENTS, RARE, RARE_CODE
from bench._load import Load, drive
from bench.api import API, MEASURES, Measure, Pairs, Sides, search_of, sides

SMALL = 1 + PATIENTS + MEASURED * OBSERVATIONS + DAYS * 60 + RARE
MILLION = 1_000_000
PART = 0.95


def _rare(number: int) -> Pairs:
    return [("status", "final"), ("code", f"http://loinc.org|{RARE_CODE}"), ("_count", "50")]


def _rare_of_day(number: int) -> Pairs:
    return [("status", "final"), ("category", "vital-signs"), ("code", RARE_CODE), ("date", "ge2026-01-06")]


SKEWED = (
    search_of("rare", "a rare code among all that are final", resource_type="Observation", pairs=_rare),
    search_of("rare-of-day", "the same, by category and date too", resource_type="Observation", pairs=_rare_of_day),
)
ASKED = (*(measure for measure in MEASURES if measure.plans is not None), *SKEWED)


@dataclass
class Growth:
    """The loads of one measure, by the practice's size."""

    measure: Measure
    loads: dict[int, list[Load]] = field(default_factory=dict)

    def row(self) -> str:
        small, large = (statistics.median(x.percentile(PART) for x in self.loads[size]) for size in sorted(self.loads))
        return f"| {self.measure.words} | {small * 1000:.1f} | {large * 1000:.1f} | {large / small:.2f} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench growth", description=__doc__)
    parser.add_argument("--resources", type=int, default=MILLION, help=f"of the large practice (default {MILLION:,})")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each measurement lasts (default 4)")
    parser.add_argument("--repeat", type=int, default=3, help="how often; the median is printed (default 3)")
    parser.add_argument("--clients", type=int, default=8, help="connections (default 8)")
    options = parser.parse_args()
    if "CARE_TEST_DATABASE_URL" not in os.environ:
        print("No PostgreSQL: run it as ./run bench growth, or set CARE_TEST_DATABASE_URL.")
        return 2
    if options.resources <= SMALL:
        parser.error(f"The small practice has {SMALL:,} resources; the large one needs more.")
    figures = [Growth(measure) for measure in ASKED]
    with ExitStack() as stack:
        found = {size: _practice(stack, size) for size in (SMALL, options.resources)}
        for _ in range(options.repeat):
            for figure in figures:
                for size, practice in found.items():
                    load = _driven(practice, figure.measure, clients=options.clients, seconds=options.seconds)
                    figure.loads.setdefault(size, []).append(load)
    print(*table(figures, options.resources), sep="\n")
    return 0


def _practice(stack: ExitStack, size: int) -> Sides:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return stack.enter_context(sides(folder, 2, more=size - SMALL))


def _driven(practice: Sides, measure: Measure, *, clients: int, seconds: float) -> Load:
    return drive(practice.ports[API], practice.requests(measure, API), clients=clients, seconds=seconds)


def table(figures: list[Growth], large: int) -> Iterator[str]:
    """The medians as a table in Markdown."""
    yield f"| what | p95 ms of {SMALL:,} | of {large:,} | ratio |"
    yield "|---|---:|---:|---:|"
    yield from (figure.row() for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
