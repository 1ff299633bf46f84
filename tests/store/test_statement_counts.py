"""A statement says how many rows it changed, inside a write transaction too, on both engines."""

from carewright.core.store.sql import Sql
from carewright.core.store.store import Store


def test_a_statement_says_how_many_rows_it_changed(store: Store, practice: str) -> None:
    insert = Sql(
        "INSERT INTO balance (practice, kind, balance_key, thousandths) VALUES (?, 'doses', ?, 1)", (practice, "lot-1")
    )
    delete = Sql("DELETE FROM balance WHERE practice = ?", (practice,))
    with store.driver.writing(practice) as connection:
        assert connection.execute(delete) == 0
        assert connection.execute(insert) == 1
        assert connection.execute(delete) == 1
