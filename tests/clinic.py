"""A practice with the product's real registry, on both engines, and its people by name."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Actor, Interaction, Role
from carewright.core.clock import Clock
from carewright.core.store.model import Origin, Ref, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project.wiring import registry
from tests.engines import on_postgresql, on_sqlite
from tests.postgresql_server import Database

TEN_FORTY = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
"""Monday morning, 10:40 in New York."""


@dataclass
class Clinic:
    """One practice in a store. `now` is its clinical time; `later` moves it on."""

    store: Store
    practice: str
    now: datetime = TEN_FORTY
    people: dict[str, Role] = field(
        default_factory=lambda: {
            "dana": Role.MA,
            "lena": Role.LEAD_MA,
            "fay": Role.FRONT_DESK,
            "nora": Role.NURSE,
            "lind": Role.PROVIDER,
            "bill": Role.BILLER,
            "mona": Role.MANAGER,
            "priya": Role.PRIVACY_OFFICER,
            "audra": Role.AUDITOR,
        }
    )

    def access(self, name: str) -> Access:
        """What `name` may do, as the product's own manifests say."""
        roles = frozenset({self.people[name]})
        return Access(
            actor=Actor(practice=self.practice, reference=f"Practitioner/{name}", display=name.title()),
            roles=roles,
            grants=self.store.registry.grants_for(roles),
            actions=self.store.registry.actions_for(roles),
            sensitive=EVERYTHING,
        )

    def writer(self, name: str = "dana", *, origin: Origin = Origin.SCREEN) -> Writer:
        return Writer(self.store, self.access(name), origin=origin)

    def later(self, minutes: float = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def have(self, *resources: Resource) -> list[Ref]:
        """Put resources into the chart as an import would."""
        everything = dict.fromkeys({str(r["resourceType"]) for r in resources}, frozenset(Interaction))
        access = Access(
            actor=Actor(practice=self.practice, reference="Device/test"), roles=frozenset(), grants=everything
        )
        with Writer(self.store, access, origin=Origin.IMPORT).transaction(reason="test.have") as tx:
            return [tx.import_({**resource, "id": resource.get("id", str(uuid.uuid4()))}) for resource in resources]

    def resource(self, ref: Ref, *, name: str = "dana") -> Resource:
        with self.store.reader(self.access(name), reason="test.read") as reader:
            return reader.resource(ref)

    def rows(self, projection: str, *, name: str = "dana", **where: object) -> list[dict[str, object]]:
        with self.store.reader(self.access(name), reason="test.rows") as reader:
            return reader.rows(projection, where=where)


@pytest.fixture(scope="session")
def sqlite_clinic_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from on_sqlite(tmp_path_factory.mktemp("clinic"), registry())


@pytest.fixture(scope="session")
def clinic_postgresql(postgresql_server_url: str, worker_id: str) -> Iterator[Database]:
    from tests.postgresql_server import create_database, drop_database

    database = create_database(postgresql_server_url, label=f"clinic_{worker_id}")
    yield database
    drop_database(postgresql_server_url, database)


@pytest.fixture(scope="session")
def postgresql_clinic_store(clinic_postgresql: Database) -> Iterator[Store]:
    yield from on_postgresql(clinic_postgresql, registry())


what_is_drawn = pytest.mark.parametrize(
    "clinic",
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])],
    indirect=True,
)
"""For tests that look at how pages are drawn, to which the engine is nothing: `./run prove screens` takes the other."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def clinic(request: pytest.FixtureRequest) -> Clinic:
    """A new practice, on each engine in turn."""
    store: Store = request.getfixturevalue(f"{request.param}_clinic_store")
    practice = f"c{uuid.uuid4().hex[:12]}"
    store.ensure_practice(practice, "Test clinic")
    found = Clinic(store=store, practice=practice)
    store.clock = Clock(wall=lambda: found.now)
    return found
