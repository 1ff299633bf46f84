"""./run bench api: the FHIR API as its clients see it, beside a bare Starlette route with the same statements.

PostgreSQL, `carewright serve` with two processes, clients in a closed loop on the same machine; token, access
predicate and read audit on. Each measure is taken in turn from the API and from the bare route (bench/_bare.py), which
runs the same statements through the same driver in as many processes: only figures of one run are compared. The
practice is that of bench/_api_data.py.
"""

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench import _bare, _boards
from bench._api_data import (
    APPOINTMENTS,
    DAYS,
    FAMILY,
    FIRST_DAY,
    GIVEN,
    MEASURED,
    OBSERVATIONS,
    fill,
    name_of,
    observation,
    of_others,
    transaction,
)
from bench._cpu import cpu_seconds, parent_of
from bench._load import Load, WrongAnswer, drive, request
from bench._raw import rows_of
from carewright.core.access.identity import SessionKind, access_of
from carewright.core.access.model import Access, Interaction, Role
from carewright.core.access.sessions import authenticate, open_session
from carewright.core.store import plans, reads, schema
from carewright.core.store.drivers.base import Connection, Dialect
from carewright.core.store.keys import key_of
from carewright.core.store.model import Ref
from carewright.core.store.plans import Plan
from carewright.core.store.search.parse import parse
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql
from carewright.core.store.store import Store, open_driver
from carewright.project.wiring import registry
from tests.postgresql_server import Database, create_database, drop_database
from tests.project.processes import COMMAND, command, environment, free_port, wait_for_health

PRACTICE = "bench"
ENTRIES = 300
BESIDE_BOARDS = ("read", "search")
"""The measures that are taken while boards are rendered, too."""
BOARDS_LONGER_SECONDS = 1.5
"""The boards begin before and end behind what is measured beside them."""
SHOWN_BYTES = 4_000
API, BARE = "api", "bare"
COLUMNS = (
    "what", "clients", "API /s", "asked for", "bare route /s", "ratio", "median ms", "p95 ms", "p99 ms",
    "CPU ms", "bare",
)  # fmt: skip
FHIR = f"/p/{PRACTICE}/fhir"
Pairs = list[tuple[str, str]]
Asked = tuple[str, str, bytes]
"""Method, path behind the base, body."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One kind of request. `units`: what one counts for (the entries of a transaction); `goal`: units per second."""

    name: str
    words: str
    goal: float
    ask: Callable[[int], Asked]
    plans: Callable[[Scope, Dialect], list[Plan[object]]] | None = None
    """The reads of each target, for the bare route; None for what writes."""
    units: int = 1


@dataclass
class Figure:
    """What was measured of one kind of request by so many clients, a load for each repetition."""

    measure: Measure
    clients: int
    boards: int = 0
    """Flow boards that are rendered beside it by the same processes."""
    beside: list[Load] = field(default_factory=list)
    loads: dict[str, list[Load]] = field(default_factory=lambda: {API: [], BARE: []})
    cpu: dict[str, list[float]] = field(default_factory=lambda: {API: [], BARE: []})
    """Seconds of processor time of the server and of the database for one answer."""

    def rate(self, side: str) -> float:
        return statistics.median(load.rate for load in self.loads[side]) * self.measure.units

    def took(self, part: float) -> float:
        """The seconds within which this part of the API's answers came."""
        return statistics.median(load.percentile(part) for load in self.loads[API])

    def row(self) -> str:
        rate = self.rate(API)
        bare = f"{self.rate(BARE):,.0f} | {rate / self.rate(BARE):.2f}" if self.loads[BARE] else "– | –"
        took = [f"{self.took(part) * 1000:.1f}" for part in (0.50, 0.95, 0.99)]
        goal = f"{self.measure.goal:,.0f}" if self.measure.goal else "–"
        if self.boards:
            words = f"{self.measure.words}, beside {statistics.median(x.rate for x in self.beside):.1f} boards/s"
            return f"| {words} | {self.clients} | {rate:,.0f} | – | – | – | {' | '.join(took)} | – | – |"
        cpu = [statistics.median(self.cpu[side]) * 1000 / self.measure.units for side in (API, BARE)]
        used = f"{cpu[0]:.2f} | {cpu[1]:.2f}"
        return (
            f"| {self.measure.words} | {self.clients} | {rate:,.0f} | {goal} | {bare} | {' | '.join(took)} | {used} |"
        )


# -- what is asked ----------------------------------------------------------------------------------------------------


def _read(number: int) -> Ref:
    number *= 7919  # neighbours in time are not neighbours in the table
    return Ref("Observation", f"o{number % MEASURED}-{number // MEASURED % OBSERVATIONS}")


def _reads(scope: Scope, dialect: Dialect) -> list[Plan[object]]:
    return [reads.read(_read(number), scope, dialect) for number in range(MEASURED * OBSERVATIONS)]


def _create(number: int) -> Asked:
    made = observation(of_others(number), number % OBSERVATIONS)
    return "POST", "/Observation", json.dumps({name: made[name] for name in made if name != "id"}).encode()


def _transaction(number: int) -> Asked:
    return "POST", "", json.dumps(transaction(number, ENTRIES)).encode()


def search_of(
    name: str, words: str, *, resource_type: str, pairs: Callable[[int], Pairs], goal: float = 0, targets: int = 1
) -> Measure:
    """A search; `pairs` are the parameters for each of the targets."""

    def ask(number: int) -> Asked:
        listed = (f"{key}={quote(value)}" for key, value in pairs(number % targets))
        return "GET", f"/{resource_type}?{'&'.join(listed)}", b""

    def plans_(scope: Scope, dialect: Dialect) -> list[Plan[object]]:
        return [reads.search(parse(resource_type, pairs(number)), scope, dialect) for number in range(targets)]

    return Measure(name=name, words=words, goal=goal, ask=ask, plans=plans_)


def _of_patient(number: int) -> Pairs:
    return [("patient", f"Patient/p{number}"), ("_count", "50")]


def _of_day(number: int) -> Pairs:
    day = (FIRST_DAY + timedelta(days=number)).isoformat()
    return [("date", day), ("_count", str(APPOINTMENTS)), ("_include", "Appointment:patient")]


def _by_name(number: int) -> Pairs:
    family, given = name_of(number * 23)
    return [("family", family), ("given", given), ("_count", "10")]


MEASURES = (
    Measure(name="read", words="read by id", goal=4000, ask=lambda n: ("GET", f"/{_read(n)}", b""), plans=_reads),
    search_of(
        "search", "50 of a patient's 200", goal=1200, resource_type="Observation", targets=MEASURED, pairs=_of_patient
    ),
    search_of(
        "newest",
        "the newest 50 of 200",
        goal=0,
        resource_type="Observation",
        targets=MEASURED,
        pairs=lambda number: [*_of_patient(number), ("_sort", "-date")],
    ),
    search_of("day", "a day of 60, with patients", goal=500, resource_type="Appointment", targets=DAYS, pairs=_of_day),
    search_of(
        "name",
        "by name among 10,000",
        goal=1500,
        resource_type="Patient",
        targets=len(FAMILY) * len(GIVEN) // 25,
        pairs=_by_name,
    ),
    Measure(name="create", words="create observation", goal=900, ask=_create),
    Measure(name="transaction", words="entries in transactions", goal=2000, ask=_transaction, units=ENTRIES),
)


# -- the two servers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The two servers by their ports and processes, the database's process, and the token of the API's client."""

    ports: dict[str, int]
    processes: dict[str, int]
    database: int
    token: str

    def cpu_seconds(self, side: str) -> float:
        """What the server and the database have used so far."""
        return cpu_seconds(self.processes[side]) + (cpu_seconds(self.database) if self.database else 0.0)

    def requests(self, measure: Measure, side: str) -> Callable[[int], bytes]:
        host = f"127.0.0.1:{self.ports[side]}"

        def make(number: int) -> bytes:
            method, path, body = measure.ask(number)
            if side == API:
                return request(method, FHIR + path, host=host, token=self.token, body=body)
            where = f"/{measure.name}" if measure.plans is None else f"/{measure.name}/{number}"
            return request(method, where, host=host, body=body)

        return make


@contextmanager
def sides(folder: Path, processes: int, *, more: int = 0, boards: bool = False) -> Iterator[Sides]:
    """A filled database, with so many more observations and a day of visits for the boards, and both servers on it."""
    server = os.environ["CARE_TEST_DATABASE_URL"]
    database = create_database(server, label="bench")
    with ExitStack() as stack:
        stack.callback(drop_database, server, database)
        variables = environment(
            folder / "data",
            CARE_DATABASE_URL=database.app_url,
            CARE_DATABASE_OWNER_URL=database.owner_url,
            CARE_API_RATE="0",
        )
        command("migrate", "--practice", PRACTICE, env=variables)
        token = _filled(database, folder, more=more)
        if boards:
            _boards.fill(PRACTICE, variables)
        ports, pids = {API: free_port()}, {}
        pids[API] = stack.enter_context(_served(variables, ports[API], processes))
        ports[BARE] = free_port()
        pids[BARE] = stack.enter_context(_bare_served(variables, ports[BARE], processes, database, folder))
        yield Sides(ports=ports, processes=pids, database=_database_process(database), token=token)


def _database_process(database: Database) -> int:
    """The process of the PostgreSQL server; 0 where it runs on another machine."""
    with psycopg.connect(database.app_url) as connection:
        return parent_of(connection.info.backend_pid)


@contextmanager
def _served(variables: dict[str, str], port: int, processes: int) -> Iterator[int]:
    line = [*COMMAND, "serve", "--workers", str(processes), "--port", str(port)]
    with _process(line, variables) as process:
        wait_for_health(port, process)
        yield process.pid


@contextmanager
def _bare_served(
    variables: dict[str, str], port: int, processes: int, database: Database, folder: Path
) -> Iterator[int]:
    line = [
        sys.executable, "-m", "uvicorn", "--factory", "bench._bare:create", "--port", str(port), "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning", "--workers", str(processes),
    ]  # fmt: skip
    told = variables | {_bare.URL: database.app_url, _bare.PREPARED: str(folder / "prepared")}
    with _process(line, told) as process:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/read/1", timeout=5).close()  # our own
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid


@contextmanager
def _process(line: list[str], variables: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A server; what it has said last is shown where the run fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(line, env=variables, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield process
        except BaseException:
            said.seek(0)
            print(" ".join(line), said.read()[-SHOWN_BYTES:].decode(errors="replace"), sep="\n", file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait(timeout=60)


def _filled(database: Database, folder: Path, *, more: int = 0) -> str:
    """Fill the practice, write down what the bare route runs; the token of the API's client."""
    store = Store(driver=open_driver(database.app_url), registry=registry(), digest_key=b"bench")
    fill(store, PRACTICE, more=more)
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")  # what the server does by itself within a minute of so many new rows
    token = open_session(
        store, practice=PRACTICE, actor="Device/bench", display="Bench", user_name="bench", roles=[Role.LEAD_MA],
        kind=SessionKind.TOKEN, scopes="user/*.cruds", expires_at=store.clock.wall() + timedelta(hours=4),
    )  # fmt: skip
    prepared = _prepared(store, _access(store, token))
    (folder / "prepared").write_bytes(pickle.dumps(prepared))
    store.close()
    return token


def _access(store: Store, token: str) -> Access:
    session = authenticate(store, token)
    if session is None:
        raise RuntimeError("The token that was just made is not known.")
    return access_of(session, store.registry)


def _prepared(store: Store, access: Access) -> _bare.Prepared:
    """What the bare route runs: the statements that the API's own plans yield, and rows as the store writes them."""
    statements: dict[str, list[list[Sql]]] = {}
    with store.driver.reading(PRACTICE) as connection:
        for measure in MEASURES:
            if measure.plans is None:
                continue
            interaction = Interaction.READ if measure.name == "read" else Interaction.SEARCH
            scope = Scope(PRACTICE, access.predicate(interaction))
            statements[measure.name] = [
                _statements(plan, connection) for plan in measure.plans(scope, store.driver.dialect)
            ]
    ids = [f"new-{number}" for number in range(ENTRIES)]
    made = [observation(of_others(number), number, resource_id=name) for number, name in enumerate(ids)]
    renewed = frozenset([*ids, *(key_of("Observation", name) for name in ids)])
    rows = {"create": rows_of(made[:1], access), "transaction": rows_of(made, access)}
    audit = {row[1] for some in rows.values() for row in some[schema.AUDIT]}
    one_plan = frozenset(name for name, listed in statements.items() if "FROM few" in listed[0][0].text)
    return _bare.Prepared(PRACTICE, statements, rows, renewed | audit, one_plan)


def _statements(plan: Plan[object], connection: Connection) -> list[Sql]:
    """The statements of a plan that find bodies."""
    ran: list[Sql] = []

    class Noted:
        dialect = connection.dialect

        def rows(self, statement: Sql) -> list[Row]:
            ran.append(statement)
            return connection.rows(statement)

    plans.run(Noted(), plan)  # type: ignore[arg-type]  # of a connection, a plan needs `rows` alone
    return [one for one in ran if "v.body" in one.text]


# -- the run ----------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each measurement lasts (default 4)")
    parser.add_argument("--repeat", type=int, default=3, help="how often; the median is printed (default 3)")
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 32], help="connections (default 8 and 32)")
    parser.add_argument("--processes", type=int, default=2, help="processes of each server (default 2)")
    parser.add_argument("--boards", type=int, default=2, help="flow boards rendered beside the last rows (default 2)")
    parser.add_argument("--measure", nargs="+", default=[one.name for one in MEASURES],
                        choices=[one.name for one in MEASURES])  # fmt: skip
    options = parser.parse_args()
    if "CARE_TEST_DATABASE_URL" not in os.environ:
        print("No PostgreSQL: run it as ./run bench api, or set CARE_TEST_DATABASE_URL.")
        return 2
    figures = [
        Figure(measure, clients) for measure in MEASURES if measure.name in options.measure
        for clients in options.clients
    ]  # fmt: skip
    beside = [
        Figure(measure, options.clients[0], boards=options.boards) for measure in MEASURES
        if options.boards and measure.name in BESIDE_BOARDS and measure.name in options.measure
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, sides(Path(folder), options.processes, boards=bool(beside)) as found:
        for _ in range(options.repeat):
            for figure in figures:
                for side in (API, BARE):
                    _measure(found, figure, side, seconds=options.seconds)
            for figure in beside:
                _measure_beside(found, figure, seconds=options.seconds)
    print(*table([*figures, *beside]), sep="\n")
    return 0


def _measure(found: Sides, figure: Figure, side: str, *, seconds: float) -> None:
    make = found.requests(figure.measure, side)
    before = found.cpu_seconds(side)
    try:
        load = drive(found.ports[side], make, clients=figure.clients, seconds=seconds)
    except WrongAnswer as error:
        raise WrongAnswer(f"{figure.measure.words}, {figure.clients} clients, {side}: {error}") from error
    figure.loads[side].append(load)
    figure.cpu[side].append((found.cpu_seconds(side) - before) / load.answers)


def _measure_beside(found: Sides, figure: Figure, *, seconds: float) -> None:
    port, make = found.ports[API], found.requests(figure.measure, API)
    with _boards.rendered(port, boards=figure.boards, seconds=seconds + BOARDS_LONGER_SECONDS) as boards:
        figure.loads[API].append(drive(port, make, clients=figure.clients, seconds=seconds))
    figure.beside += boards


def table(figures: list[Figure]) -> Iterator[str]:
    """The medians as a table in Markdown."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|---|{'---:|' * (len(COLUMNS) - 1)}"
    yield from (figure.row() for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
