"""What bench/api.py compares with: a Starlette route for each measure that runs the same statements through the same
driver and hands out the same bodies. No token, no rules, no links, no audit.

The statements are those that the API's own plans yielded when they were carried out once beforehand; those that only
prepare a search (which charts are one person's) are left out, as is all that is built anew for each request.
"""

import os
import pickle
import uuid
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from carewright.core.store.drivers.base import Driver
from carewright.core.store.schema import Table
from carewright.core.store.sql import Row, Sql
from carewright.core.store.store import open_driver

URL, PREPARED = "CARE_BENCH_URL", "CARE_BENCH_PREPARED"
BODY = 5
"""The place of the body in the rows that a read or a search selects."""
WRITERS = 8
FHIR_JSON = "application/fhir+json"


@dataclass
class Prepared:
    """What the server is told: for each measure its targets' statements, or the rows that it inserts."""

    practice: str
    statements: dict[str, list[list[Sql]]]
    rows: dict[str, dict[Table, list[Row]]]
    renewed: frozenset[object]
    """The keys and ids in those rows that are another's each time."""
    one_plan: frozenset[str] = frozenset()
    """The measures whose statements are planned once for all values, as the API has them planned."""


def create() -> Starlette:
    """The application of one server process."""
    driver = open_driver(os.environ[URL])
    prepared: Prepared = pickle.loads(Path(os.environ[PREPARED]).read_bytes())  # noqa: S301  # the bench wrote it
    limiter = anyio.CapacityLimiter(WRITERS)

    async def read(request: Request) -> Response:
        measure = request.path_params["measure"]
        targets = prepared.statements[measure]
        bodies: list[bytes] = []
        one_plan = measure in prepared.one_plan
        async with driver.reading_async(prepared.practice, one_plan=one_plan) as connection:
            for statement in targets[int(request.path_params["number"]) % len(targets)]:
                bodies += [driver.dialect.bytes_(row[BODY]) for row in await connection.rows(statement)]
        if measure == "read":
            return Response(bodies[0], media_type=FHIR_JSON)
        entries = b'},{"resource":'.join(bodies)
        return Response(b'{"resourceType":"Bundle","entry":[{"resource":' + entries + b"}]}", media_type=FHIR_JSON)

    async def write(request: Request) -> Response:
        await request.body()
        rows = prepared.rows[request.path_params["measure"]]
        await anyio.to_thread.run_sync(_insert, driver, prepared, rows, limiter=limiter)
        return Response(b"{}", status_code=201, media_type=FHIR_JSON)

    return Starlette(
        routes=[Route("/{measure}/{number}", read, methods=["GET"]), Route("/{measure}", write, methods=["POST"])]
    )


def _insert(driver: Driver, prepared: Prepared, rows: dict[Table, list[Row]]) -> None:
    """The rows under new keys and ids, in one transaction."""
    new: dict[object, object] = {
        old: uuid.uuid4() if isinstance(old, uuid.UUID) else str(uuid.uuid4()) for old in prepared.renewed
    }
    renewed = {table: [tuple(new.get(value, value) for value in row) for row in some] for table, some in rows.items()}
    with driver.writing(prepared.practice) as connection:
        connection.insert_all(renewed)
