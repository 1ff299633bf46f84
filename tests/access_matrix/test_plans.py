"""How PostgreSQL carries out each kind of search, as the application role, under row-level security: by an index.

A policy turns a condition that PostgreSQL does not call leakproof into a filter behind a full scan, which no test on
twenty rows would notice. So: a practice of some thousand resources among others of the same size, then EXPLAIN.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from carewright.core.access.model import Access, Interaction
from carewright.core.store import plans, reads
from carewright.core.store.drivers.base import Connection
from carewright.core.store.model import Ref, Resource
from carewright.core.store.schema import CURRENT, FEED, INDEX_TABLES, VERSION
from carewright.core.store.search.parse import parse
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.postgresql_server import Database
from tests.store.conftest import open_store
from tests.store.people import everything

PRACTICE, COPIES = "plans", 9
PATIENTS, PER_PATIENT, BATCH = 600, 4, 500
TABLES = (VERSION, CURRENT, FEED, *INDEX_TABLES)
SCANNED = {table.name for table in TABLES}

SEARCHES = {
    "_id": ("Patient", "_id=p7"),
    "token": ("Observation", "code=http://loinc.org|code-7"),
    "token without system": ("Patient", "identifier=17"),
    "reference": ("Observation", "subject=Patient/p7"),
    "reference and token": ("Observation", "subject=Patient/p7&code=code-3"),
    "date": ("Observation", "date=2026-03-07"),
    "date range": ("Patient", "birthdate=ge2001-03-01&birthdate=lt2001-03-03"),
    "string": ("Patient", "family=name-77"),
    "string exact": ("Patient", "family:exact=Name-77"),
    "chain": ("Observation", "subject:Patient.family=name-77"),
    "chain of an id": ("Observation", "subject:Patient._id=p7"),
    "reverse": ("Patient", "_has:Observation:subject:code=code-7"),
    "not, of one patient": ("Observation", "subject=Patient/p7&code:not=code-7"),
    "missing, of one patient": ("Observation", "subject=Patient/p7&value-date:missing=true"),
    "sorted, of one patient": ("Observation", "subject=Patient/p7&_sort=-date"),
    "last updated": ("Observation", "_lastUpdated=lt2000"),
    "include": ("Observation", "subject=Patient/p7&_include=Observation:subject"),
    "revinclude": ("Patient", "_id=p7&_revinclude=Observation:subject"),
    "uri": ("Observation", "_profile=http://example.org/p7"),
    "all of a type": ("Patient", "_count=20"),
    "total": ("Observation", "subject=Patient/p7&_total=accurate"),
}


def resources() -> Iterator[Resource]:
    for p in range(PATIENTS):
        yield {
            "resourceType": "Patient", "id": f"p{p}", "name": [{"family": f"Name-{p}"}],
            "birthDate": f"{1950 + p % 70}-{p % 12 + 1:02d}-{p % 28 + 1:02d}",
            "identifier": [{"system": "urn:mrn", "value": str(p)}],
        }  # fmt: skip
        for n in range(PER_PATIENT):
            yield {
                "resourceType": "Observation", "id": f"o{p}-{n}", "status": "final",
                "meta": {"profile": [f"http://example.org/p{p}"]},
                "code": {"coding": [{"system": "http://loinc.org", "code": f"code-{(p + n) % 200}"}]},
                "subject": {"reference": f"Patient/p{p}"},
                "effectiveDateTime": f"2026-{p % 12 + 1:02d}-{(p + n) % 28 + 1:02d}",
            }  # fmt: skip


@pytest.fixture(scope="module")
def thousands(migrated_postgresql: Database) -> Iterator[Store]:
    """3,000 resources, nine times over in other practices, and the planner's statistics of them."""
    store = open_store(migrated_postgresql.app_url)
    store.ensure_practice(PRACTICE, PRACTICE)
    writer, made = Writer(store, everything(PRACTICE)), list(resources())
    for start in range(0, len(made), BATCH):
        with writer.transaction(reason="test.fill") as tx:
            for resource in made[start : start + BATCH]:
                tx.put(resource)
    with psycopg.connect(migrated_postgresql.admin_url, autocommit=True) as admin:
        for table in TABLES:
            columns = ", ".join(name for name in table.names if name != "practice")
            admin.execute(
                f"INSERT INTO {table.name} (practice, {columns}) SELECT 'plans-' || n, {columns} "  # noqa: S608 - the table is named here, not asked for
                f"FROM {table.name}, generate_series(1, {COPIES}) AS n WHERE practice = '{PRACTICE}'"
            )
        admin.execute("VACUUM ANALYZE")
    yield store
    store.close()


class Explained:
    """A connection that runs each statement and keeps the plan by which it was carried out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self.plans: list[dict[str, Any]] = []

    def rows(self, statement: Sql) -> list[Row]:
        shown = self._connection.rows(Sql("EXPLAIN (FORMAT JSON) " + statement.text, statement.params))
        plan: Any = shown[0][0]
        self.plans += [entry["Plan"] for entry in (json.loads(plan) if isinstance(plan, str) else plan)]
        return self._connection.rows(statement)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """The tables of the store that a plan reads from one end to the other."""
    if plan["Node Type"] == "Seq Scan" and plan.get("Relation Name") in SCANNED:
        yield str(plan["Relation Name"])
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


def people() -> dict[str, Access]:
    return {
        "everything": everything(PRACTICE),
        "no labels": everything(PRACTICE, sensitive=0),
        "one patient": everything(PRACTICE, patient="p7", sensitive=0),
    }


@pytest.mark.parametrize("who", people())
@pytest.mark.parametrize("kind", SEARCHES)
def test_every_kind_of_search_uses_an_index(thousands: Store, kind: str, who: str) -> None:
    resource_type, text = SEARCHES[kind]
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
    scope = Scope(PRACTICE, people()[who].predicate(Interaction.SEARCH))
    with thousands.driver.reading(PRACTICE) as connection:
        explained = Explained(connection)
        plans.run(explained, reads.search(parse(resource_type, pairs), scope, connection.dialect))  # type: ignore[arg-type] # reads only
    assert [name for plan in explained.plans for name in scans(plan)] == []
    assert explained.plans


def test_reading_history_and_the_feed_use_an_index(thousands: Store) -> None:
    scope = Scope(PRACTICE, everything(PRACTICE, sensitive=0).predicate(Interaction.READ))
    ref = Ref("Patient", "p7")
    with thousands.driver.reading(PRACTICE) as connection:
        explained, dialect = Explained(connection), connection.dialect
        plans.run(explained, reads.read(ref, scope, dialect))  # type: ignore[arg-type] # reads only
        plans.run(explained, reads.history(ref, scope, dialect, count=10))  # type: ignore[arg-type] # reads only
        entries = plans.run(explained, reads.feed(scope, dialect, after=(0, 0), limit=10))  # type: ignore[arg-type] # reads only
        plans.run(explained, reads.feed(scope, dialect, after=entries[-1].position, limit=10))  # type: ignore[arg-type] # reads only
    assert [name for plan in explained.plans for name in scans(plan)] == []
