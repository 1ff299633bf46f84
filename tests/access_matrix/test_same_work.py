"""What is hidden costs what is not there costs: the same statements, so that no clock tells the one from the other."""

from collections.abc import Callable
from typing import Any

import pytest

from carewright.core.access.model import Interaction
from carewright.core.store import reads
from carewright.core.store.drivers.base import Connection
from carewright.core.store.model import NotFound, Ref
from carewright.core.store.plans import run
from carewright.core.store.search.parse import parse
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql
from carewright.core.store.store import Store
from tests.access_matrix.probes import full_access

HIDDEN, MISSING = "o3", "o3-of-nobody"
Asked = Callable[[str, Scope, Any], Any]
READS: dict[str, Asked] = {
    "read": lambda key, scope, dialect: reads.read(Ref("Observation", key), scope, dialect),
    "vread": lambda key, scope, dialect: reads.vread(Ref("Observation", key), 1, scope, dialect),
    "history": lambda key, scope, dialect: reads.history(Ref("Observation", key), scope, dialect, count=5),
    "search": lambda key, scope, dialect: reads.search(
        parse("Observation", [("_id", key), ("_include", "Observation:subject"), ("_total", "accurate")]),
        scope,
        dialect,
    ),
}


class Counted:
    """A connection that keeps the text of every statement."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self.texts: list[str] = []

    def rows(self, statement: Sql) -> list[Row]:
        self.texts.append(statement.text)
        return self._connection.rows(statement)


def statements(store: Store, asked: Asked, key: str) -> tuple[list[str], str]:
    """The statements by which something is answered, and the answer or its refusal without the key."""
    access = full_access("a-practice", sensitive=0)
    scope = Scope("a-practice", access.predicate(Interaction.READ))
    with store.driver.reading("a-practice") as connection:
        counted = Counted(connection)
        try:
            said = str(run(counted, asked(key, scope, connection.dialect)))  # type: ignore[arg-type] # reads only
        except NotFound as missing:
            said = str(missing)
    return counted.texts, said.replace(key, "ID")


@pytest.mark.parametrize("kind", READS)
def test_a_hidden_record_takes_the_same_statements_and_words_as_none(matrix: Store, kind: str) -> None:
    hidden, missing = (statements(matrix, READS[kind], key) for key in (HIDDEN, MISSING))
    assert hidden == missing
    assert hidden[0]
