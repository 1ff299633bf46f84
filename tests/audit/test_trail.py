"""What a reader leaves in the audit: one row for what it showed, none for a list without a row."""

from carewright.core.store.search.parse import parse
from carewright.core.store.sql import Sql
from tests.clinic import Clinic
from tests.store.people import patient


def reads_audited(clinic: Clinic) -> list[str]:
    clinic.store.audit_queue.flush()
    with clinic.store.driver.reading(clinic.practice) as connection:
        rows = connection.rows(
            Sql("SELECT reason FROM audit WHERE practice = ? AND reason LIKE 'trail.%' ORDER BY at", (clinic.practice,))
        )
    return [str(row[0]) for row in rows]


def test_a_list_without_a_row_showed_nothing_and_leaves_nothing(clinic: Clinic) -> None:
    with clinic.store.reader(clinic.access("dana"), reason="trail.nobody") as reader:
        assert reader.rows("patient", where={"id": "p1"}) == []
    assert reads_audited(clinic) == []
    clinic.have({**patient(), "id": "p1"})
    with clinic.store.reader(clinic.access("dana"), reason="trail.somebody") as reader:
        assert len(reader.rows("patient", where={"id": "p1"})) == 1
        assert reader.rows("patient", where={"id": "p2"}) == []
    assert reads_audited(clinic) == ["trail.somebody"]


def test_a_search_of_the_chart_leaves_its_row_even_if_it_finds_nothing(clinic: Clinic) -> None:

    with clinic.store.reader(clinic.access("dana"), reason="trail.search") as reader:
        assert reader.search(parse("Patient", [("family", "Okafor")])).matches == ()
    assert reads_audited(clinic) == ["trail.search"]
