"""$import and $export measured as the worker does them: records a second, and the most memory its process ever held.

    ./run bench bulk [--records 20000] [--engine sqlite postgresql] [--rows]

Records are written into one NDJSON body, one Patient for every 49 Observations, in no order of keys. The job is then
put into the line as the API does it, and a process of its own does the worker's part. The registry is the product's:
guards, projections, index and audit are on. What a client's fetching costs is not in it. A million is possible.
`--rows` puts the records' versions straight into the tables, without index and import, and measures the export alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.store import observation
from carewright.core.bulk import jobs
from carewright.core.bulk.asked import Asked, Level
from carewright.core.bulk.files import BulkFiles
from carewright.core.clock import wall_now
from carewright.core.fhir.codec import encode
from carewright.core.store import bulk_jobs, schema
from carewright.core.store.assembling import with_meta
from carewright.core.store.bulk_jobs import Job, Kind, State
from carewright.core.store.model import Change, Ref
from carewright.core.store.rows import RowSet, Version, add_version, current_row
from carewright.core.store.sql import Row
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.fhirapi.bulk_import import SENT
from carewright.project.bulk_running import BulkRunner
from carewright.project.wiring import operator_access, registry
from tests.postgresql_server import create_database, drop_database

PRACTICE, KEY = "bench", b"b" * 32
RECORDS = 20_000
OF_ONE_PATIENT = 50
ROWS_AT_ONCE = 5_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--engine", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--work", nargs=3, metavar=("URL", "FOLDER", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(*options.work)
    print(f"{options.records} records\n")
    print(
        "| engine | | seconds | records/s | MB | most memory of the worker, MB |\n|---|---|---|---|---|---|", flush=True
    )
    for engine, url in databases(options.engine):
        with tempfile.TemporaryDirectory() as folder:
            measure(engine, url, Path(folder), options.records, rows=options.rows)
    return 0


def measure(engine: str, url: str, folder: Path, records: int, *, rows: bool) -> None:
    store, files = opened(url), BulkFiles(folder, key=KEY)
    store.ensure_practice(PRACTICE, "Bench")
    if rows:
        put_rows(store, records)
    else:
        measure_import(engine, url, files, store, records)
    access, wanted = operator_access(PRACTICE), Asked(url="bench", level=Level.SYSTEM)
    export = jobs.ask(store, access, Kind.EXPORT, asked=wanted.as_json(), detail={})
    spent = run(url, folder, Kind.EXPORT)
    with store.driver.reading(PRACTICE) as connection:
        size = sum(file.size for file in bulk_jobs.files(connection, PRACTICE, export.id))
    told(engine, "export", records, size, spent)
    check(store, export.id, records)
    store.close()


def measure_import(engine: str, url: str, files: BulkFiles, store: Store, records: int) -> None:
    job_id = jobs.new_id()
    with files.writing(PRACTICE, job_id, SENT) as writer:
        for line in lines(records):
            writer.write(line)
    asked: dict[str, Any] = {"url": "bench", "size": writer.size}
    access = operator_access(PRACTICE)
    jobs.ask(store, access, Kind.IMPORT, asked=asked, detail={}, job_id=job_id, total=writer.size)
    told(engine, "import", records, writer.size, run(url, files.folder, Kind.IMPORT))
    check(store, job_id, records)


def put_rows(store: Store, records: int) -> None:
    """Versions and what is current, and nothing else."""
    for start in range(0, records, ROWS_AT_ONCE):
        versions, current, now = [], [], wall_now()
        for number in range(start, min(start + ROWS_AT_ONCE, records)):
            made = with_meta(person(number) if number % OF_ONE_PATIENT == 0 else reading(number), version=1, at=now)
            ref, of = Ref(made["resourceType"], made["id"]), f"p{number // OF_ONE_PATIENT}"
            version = Version(
                practice=PRACTICE, ref=ref, version=1, change=Change.CREATE, at=now, audit_id="bench", actor="Device/b",
                on_behalf_of=None, origin="import", reason="bench", resource=None, body=encode(made), patient_id=of,
            )  # fmt: skip
            versions.append(version_row(version))
            current.append(current_row(version))
        with store.driver.writing(PRACTICE) as connection:
            connection.insert(schema.VERSION, versions)
            connection.insert(schema.CURRENT, current)


def version_row(version: Version) -> Row:
    rows = RowSet()
    add_version(rows, version)
    return rows.by_table[schema.VERSION][0]


def run(url: str, folder: Path, kind: Kind) -> dict[str, float]:
    """The worker's part, in a process of its own: seconds and the most memory, in MB."""
    words = [sys.executable, "-m", "bench.bulk", "--work", url, str(folder), kind.value]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(url: str, folder: str, kind: str) -> int:
    store = opened(url)
    began = time.monotonic()
    BulkRunner(store, BulkFiles(Path(folder), key=KEY), Kind(kind), "bench").drain(PRACTICE)
    spent = time.monotonic() - began
    store.close()
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": spent, "memory": int(peak.split()[1]) / 1024}))
    return 0


def check(store: Store, job_id: str, records: int) -> None:
    """The job has done what was asked: a figure of one that has not means nothing."""
    with store.driver.reading(PRACTICE) as connection:
        job: Job | None = bulk_jobs.find(connection, PRACTICE, job_id)
        exported = sum(file.records for file in bulk_jobs.files(connection, PRACTICE, job_id))
    if job is None or job.state is not State.DONE:
        raise SystemExit(f"The job is not done: {job and job.place}")
    done = exported if job.kind is Kind.EXPORT else job.place["counts"].get("created", 0)
    if done != records:
        raise SystemExit(f"{done} records instead of {records}: {job.place}")


def told(engine: str, what: str, records: int, size: int, spent: dict[str, float]) -> None:
    rate = records / spent["seconds"]
    row = f"| {engine} | {what} | {spent['seconds']:.1f} | {rate:,.0f} | {size / 1e6:.0f} | {spent['memory']:.0f} |"
    print(row, flush=True)


def lines(records: int) -> Iterator[bytes]:
    """The records as a client sends them."""
    for number in range(records):
        made = person(number) if number % OF_ONE_PATIENT == 0 else reading(number)
        yield json.dumps(made).encode() + b"\n"


def person(number: int) -> dict[str, Any]:
    names = [{"family": f"Family{number}", "given": ["A"]}]
    return {"resourceType": "Patient", "id": f"p{number // OF_ONE_PATIENT}", "name": names, "gender": "female",
            "birthDate": f"19{number % 90 + 10}-03-01"}  # fmt: skip


def reading(number: int) -> dict[str, Any]:
    found = observation(number, resource_id=str(uuid.UUID(int=number * 0x9E3779B97F4A7C15 % 2**128)))
    del found["encounter"]
    return {**found, "subject": {"reference": f"Patient/p{number // OF_ONE_PATIENT}"}}


def opened(url: str) -> Store:
    return Store(driver=open_driver(url), registry=registry(), digest_key=b"bench")


def databases(engines: list[str]) -> Iterator[tuple[str, str]]:
    if "sqlite" in engines:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.sqlite3"
            migrate_database(url, registry())
            yield "SQLite", url
    if "postgresql" in engines:
        server = os.environ.get("CARE_TEST_DATABASE_URL", "")
        if not server:
            raise SystemExit("No PostgreSQL: run it by ./run bench, or set CARE_TEST_DATABASE_URL.")
        with _postgresql(server) as found:
            yield "PostgreSQL", found


@contextmanager
def _postgresql(server: str) -> Iterator[str]:
    database = create_database(server, label=f"bulk_{uuid.uuid4().hex[:6]}")
    migrate_database(database.app_url, registry(), owner_url=database.owner_url)
    yield database.app_url
    drop_database(server, database)


if __name__ == "__main__":
    sys.exit(main())
