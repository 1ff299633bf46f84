"""Long lists of values: one parameter where the database takes arrays, a mark for each where it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.store.drivers.postgresql import to_psycopg
from carewright.core.store.sql import LONG_LIST, Sql, joined, marks, spread

LISTS = st.lists(st.lists(st.integers(), max_size=3 * LONG_LIST), max_size=4)


@given(LISTS)
def test_without_arrays_every_value_has_its_mark_in_its_place(lists: list[list[int]]) -> None:
    asked = joined(" AND ", [Sql("a = ? AND b IN ", (n,)) + marks(values) for n, values in enumerate(lists)])
    written = spread(asked)
    assert list(written.params) == [one for n, values in enumerate(lists) for one in (n, *values)]
    assert written.text.count("?") == len(written.params)
    assert written.text == spread(written).text


@pytest.mark.parametrize(("word", "array"), [("IN", "= ANY(%s)"), ("NOT IN", "<> ALL(%s)")])
def test_an_array_stands_for_a_long_list(word: str, array: str) -> None:
    asked = Sql(f"b {word} ") + marks(range(LONG_LIST + 1))
    assert to_psycopg(asked.text) == f"b {array}"
    assert to_psycopg((Sql(f"b {word} ") + marks(range(2))).text) == f"b {word} (%s, %s)"
