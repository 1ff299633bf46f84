"""PostgreSQL for the tests: one server per run, one database per worker, two logins per database.

The server is the one CARE_TEST_DATABASE_URL names (a superuser's URL), else one of our own. With xdist the
controller starts it before the workers exist and hands them the URL by environment, so that there is one, and it
outlives the worker that needed it first.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.needs import skip_without
from tests.postgresql_server import Database, binaries, create_database, drop_database, postgresql_server

_SERVER = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    starts_workers = bool(config.getoption("numprocesses", 0)) and not hasattr(config, "workerinput")
    if not starts_workers or os.environ.get("CARE_TEST_DATABASE_URL") or not binaries():
        return
    stack = config.stash[_SERVER] = ExitStack()
    os.environ["CARE_TEST_DATABASE_URL"] = stack.enter_context(postgresql_server())
    stack.callback(os.environ.pop, "CARE_TEST_DATABASE_URL", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if stack := config.stash.get(_SERVER, None):
        stack.close()


@pytest.fixture(scope="session")
def postgresql_server_url(worker_id: str) -> Iterator[str]:
    """A superuser's URL of a server that no other worker of this run writes to, where one can be started.

    An open transaction anywhere in a server holds back the feed of all its databases: what one worker writes would
    hide from a test of another what it has just written.
    """
    skip_without("postgresql")
    url = os.environ.get("CARE_TEST_DATABASE_URL")
    if url and (worker_id in ("master", "gw0") or binaries() is None):
        yield url
        return
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server_url: str, worker_id: str) -> Iterator[Database]:
    """An empty database of this worker for the whole run, with `.owner_url` and `.app_url`."""
    database = create_database(postgresql_server_url, label=worker_id)
    yield database
    drop_database(postgresql_server_url, database)


@pytest.fixture
def fresh_postgresql(postgresql_server_url: str, worker_id: str) -> Iterator[Database]:
    """An empty database of this one test, for what changes the schema, restores or counts everything."""
    database = create_database(postgresql_server_url, label=worker_id)
    yield database
    drop_database(postgresql_server_url, database)
