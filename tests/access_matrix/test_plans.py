"""How PostgreSQL carries out each kind of search, as the application role, under row-level security: by an index.

A policy turns a condition that PostgreSQL does not call leakproof into a filter behind a full scan, which no test on
twenty rows would notice. So: a practice of some thousand resources among others of the same size, then EXPLAIN.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from carewright.core.access.model import Access, Interaction
from carewright.core.store import plans, reads
from carewright.core.store.drivers.base import Connection
from carewright.core.store.drivers.postgresql import to_psycopg
from carewright.core.store.model import Ref, Resource
from carewright.core.store.reads import Page
from carewright.core.store.schema import CURRENT, FEED, INDEX_TABLES, VERSION
from carewright.core.store.search import few
from carewright.core.store.search.parse import parse
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Many, PlannedAnew, Row, Sql
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests import loops
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
    "filter of any": ("Observation", "_filter=code eq code-7 or date eq 2026-03-07"),
    "filter of all": ("Observation", "_filter=subject eq Patient/p7 and (code eq code-7 or code eq code-8)"),
    "name of two words": ("Patient", "name=77 name"),
}
SELECTIVE = {
    "a rare code of a common status": "status=final&code=code-7",
    "a rare code, named first": "code=code-7&status=final",
    "a rare code among most dates": "date=ge2026-02-01&code=code-7",
    "a rare day among most codes": "code=http://loinc.org|&date=2026-03-07",
    "a rare code and a common one": "category=lab&code=http://loinc.org|&value-concept=rare",
    "a rare one in a filter": "_filter=status eq final and code eq code-7",
    "a rare profile": "status=final&date=ge2026-02-01&_profile=http://example.org/p7",
    "a chain": "status=final&subject:Patient.family=name-77",
}
"""Criteria that most of the 2,400 observations meet, and one that few do."""
FEW_ROWS = 700


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
                "category": [{"coding": [{"code": "lab"}]}],
                **({"valueCodeableConcept": {"coding": [{"code": "rare"}]}} if p % 200 == 3 else {}),
                "subject": {"reference": f"Patient/p{p}"},
                "effectiveDateTime": f"2026-{p % 12 + 1:02d}-{(p + n) % 28 + 1:02d}",
            }  # fmt: skip


@pytest.fixture(scope="session")
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


class Analyzed(Explained):
    """As Explained, with how many rows each part of a plan has really looked at."""

    def rows(self, statement: Sql) -> list[Row]:
        text = Sql("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement.text, statement.params)
        plan: Any = self._connection.rows(PlannedAnew(text.text, text.params))[0][0]
        self.plans += [entry["Plan"] for entry in (json.loads(plan) if isinstance(plan, str) else plan)]
        return self._connection.rows(statement)


def looked_at(plan: dict[str, Any]) -> float:
    """The rows that the scans of a plan have read, kept or thrown away."""
    own = 0.0
    if "Scan" in plan["Node Type"] and plan.get("Relation Name") in SCANNED:
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return own + sum(looked_at(inner) for inner in plan.get("Plans", ()))


@pytest.mark.parametrize("kind", SELECTIVE)
def test_a_search_begins_where_few_resources_are(thousands: Store, kind: str) -> None:
    """Whatever is named first: the rows that are read are of the order of what is found, not of the type."""
    pairs = [tuple(part.split("=", 1)) for part in SELECTIVE[kind].split("&")]
    scope = Scope(PRACTICE, everything(PRACTICE).predicate(Interaction.SEARCH))
    with thousands.driver.reading(PRACTICE) as connection:
        analyzed = Analyzed(connection)
        page = plans.run(analyzed, reads.search(parse("Observation", pairs), scope, connection.dialect))  # type: ignore[arg-type] # reads only
    assert 0 < len(page.matches) < 100
    assert max(looked_at(plan) for plan in analyzed.plans) < FEW_ROWS


def test_no_plan_is_kept_for_a_search_by_several_criteria(thousands: Store) -> None:
    """After five runs PostgreSQL may take one plan for all values: for `final`, that begins at a million records."""
    scope = Scope(PRACTICE, everything(PRACTICE).predicate(Interaction.SEARCH))
    several = [("status", "final"), ("code", "code-7")]
    with thousands.driver.reading(PRACTICE) as connection:
        for n in range(12):
            for pairs in (several, [("status", "final")], [("subject", f"Patient/p{n}")]):
                plans.run(connection, reads.search(parse("Observation", pairs), scope, connection.dialect))
        kept = connection.rows(Sql("SELECT statement, generic_plans FROM pg_prepared_statements"))
    by_criterion = [text for text, _ in kept if "FROM index_token" in str(text)]
    assert by_criterion == []
    assert any("index_reference" in str(text) for text, _ in kept), "one that names a person is prepared once"


BEGUN = {
    "a day": ("Observation", "date=2026-03-07"),
    "a day, by status": ("Observation", "date=2026-03-07&status=final"),
    "a chart, by status": ("Observation", "subject=Patient/p7&status=final"),
    "a chart, not a code": ("Observation", "subject=Patient/p7&code:not=code-7&_sort=-date"),
    "a name, by gender": ("Patient", "family=name-77&gender=female"),
    "an identifier": ("Patient", "identifier=17"),
}


class OnePlan(Analyzed):
    """As Analyzed, by the one plan that PostgreSQL keeps for all values."""

    def rows(self, statement: Sql) -> list[Row]:
        raw: psycopg.Connection[Row] = self._connection._connection  # type: ignore[attr-defined] # PREPARE takes no parameters
        numbers = count(1)
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", to_psycopg(statement.text))
        values = [list(value) if isinstance(value, Many) else value for value in statement.params]
        raw.execute("SET plan_cache_mode = force_generic_plan")
        raw.execute(f"PREPARE kept AS {numbered}".encode())
        marks = ", ".join(["%s"] * len(values))
        shown: Any = (
            psycopg.ClientCursor(raw)
            .execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE kept({marks})".encode(), values)
            .fetchall()
        )
        raw.execute("DEALLOCATE kept")
        raw.execute("RESET plan_cache_mode")
        self.plans += [entry["Plan"] for entry in shown[0][0]]
        return self._connection.rows(statement)


@pytest.mark.parametrize("kind", BEGUN)
def test_one_plan_for_all_values_looks_at_few_rows(thousands: Store, kind: str) -> None:
    """It is kept for whatever is asked next, so that it must not begin at a status that all have."""
    resource_type, text = BEGUN[kind]
    query = parse(
        resource_type, [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
    )
    scope = Scope(PRACTICE, everything(PRACTICE).predicate(Interaction.SEARCH))
    begun = few.beginning(query, scope, thousands.driver.dialect)
    assert begun is not None
    with thousands.driver.reading(PRACTICE) as connection:
        explained = OnePlan(connection)
        rows = few.found(explained.rows(few.matches(query, begun, scope)), begun)
    assert rows is not None
    assert [name for plan in explained.plans for name in scans(plan)] == []
    assert max(looked_at(plan) for plan in explained.plans) < FEW_ROWS


def test_a_chart_is_paged_through_in_the_order_of_its_index(thousands: Store) -> None:
    """Each page reads no more index rows than it shows; together they are what a search without a limit finds."""
    access = everything(PRACTICE)
    scope = Scope(PRACTICE, access.predicate(Interaction.SEARCH))
    with thousands.reader(access, reason="test.plans") as reader:
        patient = str(reader.search(parse("Patient", [("_count", "1")])).matches[0].ref)
        seen: list[Ref] = []
        pairs = [("patient", patient), ("_count", "2")]
        query, after = parse("Observation", pairs), None
        begun = few.beginning(query, scope, thousands.driver.dialect)
        assert begun is not None
        assert begun.in_order
        while True:
            page = reader.search(parse("Observation", [*pairs, *([("_after", after)] if after else [])]))
            seen += [stored.ref for stored in page.matches]
            if (after := page.next) is None:
                break
        whole = reader.search(parse("Observation", [("subject", patient), ("_count", "1000"), ("_total", "accurate")]))
    assert len(seen) == 4
    assert seen == [stored.ref for stored in whole.matches]
    with thousands.driver.reading(PRACTICE) as connection:
        explained = OnePlan(connection)
        explained.rows(few.matches(query, begun, scope))
    assert max(looked_at(plan) for plan in explained.plans) <= 3 * (query.count + 1)  # index, record, version


@pytest.mark.parametrize("sort", ["-date", "date", "-code", "code", "value-quantity", "_lastUpdated", "-_id"])
def test_a_chart_is_paged_through_in_the_order_that_is_asked_for(thousands: Store, sort: str) -> None:
    """Cut among its index rows where an index has the chart's values, the pages are those of any other search."""
    access = everything(PRACTICE)
    with thousands.reader(access, reason="test.plans") as reader:
        patient = str(reader.search(parse("Patient", [("_count", "1")])).matches[0].ref)
        pairs, seen, after = [("patient", patient), ("_sort", sort)], [], None
        while True:
            page = reader.search(
                parse("Observation", [*pairs, ("_count", "3"), *([("_after", after)] if after else [])])
            )
            seen += [stored.ref for stored in page.matches]
            if (after := page.next) is None:
                break
        whole = reader.search(parse("Observation", [*pairs, ("_count", "100"), ("_total", "accurate")]))
    assert len(seen) == whole.total == 4
    assert seen == [stored.ref for stored in whole.matches]


def test_a_search_that_begins_from_many_finds_them_all_the_same(thousands: Store) -> None:
    """Asked for no more than a bound, it is asked anew; by the API on a connection that plans for its values."""
    pairs = [("date", "2026"), ("_count", "1000")]
    query, access = parse("Observation", pairs), everything(PRACTICE)
    assert few.beginning(query, Scope(PRACTICE, access.predicate(Interaction.SEARCH)), thousands.driver.dialect)

    async def asked() -> Page:
        async with thousands.async_reader(access, reason="test.plans") as reader:
            return await reader.search(query)

    with thousands.reader(access, reason="test.plans") as reader:
        page = reader.search(parse("Observation", [*pairs, ("_total", "accurate")]))
    assert page.total is not None
    assert page.total > few.MOST
    assert len(page.matches) == min(page.total, 1000)
    assert [stored.ref for stored in loops.run(asked(), reads=thousands.driver).matches] == [
        stored.ref for stored in page.matches
    ]
