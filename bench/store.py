"""The store measured on both engines, audit and access on, beside the raw driver with the same rows in the same run.

    ./run bench store [--seconds 3] [--repeat 3] [--processes 1 2] [--engine sqlite postgresql]

Creates (an Observation with about nine index rows, each a transaction), import-like batches (100 resources a
transaction), reads by key (one request: reader, read, audit), short searches (one patient's results of one code).
Every figure is the median of the repetitions, per second; the ratio is ours to the raw driver's. See bench/README.md.
"""

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench._raw import RawDatabase, open_raw
from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Actor, Interaction, Role
from carewright.core.registry import Registry
from carewright.core.store.model import Origin, Ref, Resource
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.core.store.writer import Writer
from tests.postgresql_server import create_database, drop_database

PATIENTS = 500
STANDING = 4_000
"""Observations that stand before anything is measured."""
BATCH = 100
CODES = tuple(f"{number}-4" for number in range(8860, 8880))
TYPES = (
    "Patient", "Observation", "Encounter", "Practitioner", "Organization", "Location", "Appointment", "Slot",
    "Schedule", "Task", "AllergyIntolerance", "Condition", "Immunization", "MedicationRequest", "Specimen",
)  # fmt: skip
MEASURES = ("creates", "import", "reads", "searches")


@dataclass
class Round:
    """One measurement: what, by how many processes, ours or raw, and its results per second, one a repetition."""

    engine: str
    measure: str
    processes: int
    raw: bool
    rates: list[float] = field(default_factory=list)


def code_of(number: int) -> str:
    """Each patient has results of several codes."""
    return CODES[number // PATIENTS % len(CODES)]


def observation(number: int, *, resource_id: str | None = None) -> Resource:
    """A heart rate as the vitals skill writes it."""
    return {
        "resourceType": "Observation",
        "id": resource_id or str(uuid.uuid4()),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                  "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code_of(number)}]},
        "subject": {"reference": f"Patient/p{number % PATIENTS}"},
        "encounter": {"reference": f"Encounter/e{number % PATIENTS}"},
        "effectiveDateTime": f"2026-11-{number % 28 + 1:02d}T10:42:00-05:00",
        "performer": [{"reference": "Practitioner/dana"}],
        "valueQuantity": {"value": 60 + number % 90, "unit": "/min", "system": "http://unitsofmeasure.org",
                          "code": "/min"},
    }  # fmt: skip


def access(practice: str) -> Access:
    """A lead MA with all grants but, so that the predicate is in every statement, without the sensitive labels."""
    return Access(
        actor=Actor(practice=practice, reference="Practitioner/dana", display="Dana Cole"),
        roles=frozenset({Role.LEAD_MA}),
        grants=dict.fromkeys(TYPES, frozenset(Interaction)),
        sensitive=EVERYTHING >> 1,
    )


def open_bench_store(url: str) -> Store:
    return Store(driver=open_driver(url), registry=Registry(()), digest_key=b"bench")


def fill(url: str, practice: str) -> None:
    """What stands before the measurements."""
    store = open_bench_store(url)
    store.ensure_practice(practice, "Bench")
    writer = Writer(store, access(practice), origin=Origin.IMPORT)
    for start in range(0, STANDING, 500):
        with writer.transaction(reason="bench.fill") as tx:
            for number in range(start, start + 500):
                tx.import_(observation(number, resource_id=f"o{number}"))
    store.close()


# -- what is measured -------------------------------------------------------------------------------------------------


def ours(url: str, practice: str, measure: str) -> tuple[Callable[[], int], Callable[[], None]]:
    """One step of a measure (how many it did), and what ends it."""
    store = open_bench_store(url)
    writer = Writer(store, access(practice))
    importer = Writer(store, access(practice), origin=Origin.IMPORT)

    def create() -> int:
        with writer.transaction(reason="vitals.record") as tx:
            tx.create(observation(random.randrange(STANDING)))
        return 1

    def bring() -> int:
        with importer.transaction(reason="import") as tx:
            for _ in range(BATCH):
                tx.import_(observation(random.randrange(STANDING)))
        return BATCH

    def read() -> int:
        with store.reader(writer.access, reason="bench.read") as reader:
            reader.read(Ref("Observation", f"o{random.randrange(STANDING)}"))
        return 1

    def search() -> int:
        number = random.randrange(STANDING)
        pairs = [
            ("subject", f"Patient/p{number % PATIENTS}"),
            ("code", CODES[number // PATIENTS % len(CODES)]),
            ("_count", "10"),
        ]
        with store.reader(writer.access, reason="bench.search") as reader:
            reader.search(parse("Observation", pairs))
        return 1

    return {"creates": create, "import": bring, "reads": read, "searches": search}[measure], store.close


def raw(url: str, practice: str, measure: str) -> tuple[Callable[[], int], Callable[[], None]]:
    """The same rows through the database's own Python driver, nothing checked, nothing audited on reads."""
    database: RawDatabase = open_raw(url, practice)

    def create() -> int:
        database.insert(database.rows_of([observation(random.randrange(STANDING))], access(practice)))
        return 1

    def bring() -> int:
        database.insert(database.rows_of([observation(random.randrange(STANDING)) for _ in range(BATCH)],
                                         access(practice)))  # fmt: skip
        return BATCH

    def read() -> int:
        database.read(f"o{random.randrange(STANDING)}")
        return 1

    def search() -> int:
        number = random.randrange(STANDING)
        database.search(f"p{number % PATIENTS}", code_of(number))
        return 1

    return {"creates": create, "import": bring, "reads": read, "searches": search}[measure], database.close


def work(url: str, practice: str, measure: str, is_raw: bool, seconds: float, start: float) -> int:
    """Do the measure from the moment `start` on for `seconds`; how many were done."""
    step, close = (raw if is_raw else ours)(url, practice, measure)
    step()  # connected, statements known
    time.sleep(max(0.0, start - time.time()))
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        done += step()
    close()
    return done


def measured(pool: "multiprocessing.pool.Pool", url: str, practice: str, one: Round, seconds: float) -> float:
    """Results per second of all processes together."""
    start = time.time() + 0.7
    words = [(url, practice, one.measure, one.raw, seconds, start)] * one.processes
    return sum(pool.starmap(work, words, chunksize=1)) / seconds


@contextmanager
def database(engine: str) -> Iterator[tuple[str, str | None]]:
    """A new, empty database: the application's URL and the owner's."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}", None
        return
    server = os.environ["CARE_TEST_DATABASE_URL"]
    made = create_database(server, label="bench")
    try:
        yield made.app_url, made.owner_url
    finally:
        drop_database(server, made)


def run(engine: str, options: argparse.Namespace) -> list[Round]:
    """All measures of one engine, repetition by repetition, ours and raw in turn."""
    rounds = [
        Round(engine, measure, processes, is_raw)
        for measure in options.measure for processes in options.processes for is_raw in (False, True)
    ]  # fmt: skip
    with (
        database(engine) as (url, owner_url),
        multiprocessing.get_context("spawn").Pool(max(options.processes)) as pool,
    ):
        migrate_database(url, Registry(()), owner_url=owner_url)
        fill(url, "bench")
        if owner_url is not None:
            _analyze(owner_url)
        for _ in range(options.repeat):
            for one in rounds:
                one.rates.append(measured(pool, url, "bench", one, options.seconds))
    return rounds


def _analyze(owner_url: str) -> None:
    """What the server does by itself within a minute of so many new rows: without it every plan is a guess."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def table(rounds: list[Round]) -> Iterator[str]:
    """The medians as a table in Markdown."""
    yield "| engine | measure | processes | store /s | raw driver /s | ratio |"
    yield "|---|---|---:|---:|---:|---:|"
    for mine in (one for one in rounds if not one.raw):
        other = next(o for o in rounds if o.raw and (o.engine, o.measure, o.processes)
                     == (mine.engine, mine.measure, mine.processes))  # fmt: skip
        a, b = statistics.median(mine.rates), statistics.median(other.rates)
        yield f"| {mine.engine} | {mine.measure} | {mine.processes} | {a:,.0f} | {b:,.0f} | {a / b:.2f} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench store", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each measurement lasts")
    parser.add_argument("--repeat", type=int, default=3, help="how often; the median is printed")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engine", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--measure", nargs="+", default=list(MEASURES), choices=MEASURES)
    options = parser.parse_args()
    if "postgresql" in options.engine and "CARE_TEST_DATABASE_URL" not in os.environ:
        print("No PostgreSQL: run it as ./run bench store, or set CARE_TEST_DATABASE_URL.")
        return 2
    rounds = [one for engine in options.engine for one in run(engine, options)]
    print(*table(rounds), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
