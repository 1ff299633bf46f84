"""A rebuild mends what is wrong and leaves alone what is right, goes on where it was broken off, holds nobody up."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carewright.core.store import reindex, schema
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parse
from carewright.core.store.sql import Sql
from carewright.core.store.writer import Writer
from carewright.project.cli.reindex_command import Journal
from tests.project.conftest import Place

COUNT = 60


@pytest.fixture
def filled(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Patients and organizations, rebuilt in batches of ten."""
    monkeypatch.setattr(reindex, "BATCH", 10)
    with Writer(place.store, place.access).transaction(reason="test.fill") as tx:
        for number in range(COUNT):
            tx.create({"resourceType": "Patient", "name": [{"family": f"Okafor{number}"}]}, resource_id=f"p{number}")
        tx.create({"resourceType": "Organization", "name": "Clinic"}, resource_id="o")
    return place


def spoil(place: Place, statement: str, *values: object) -> None:
    with place.store.driver.writing(place.practice) as connection:
        connection.execute(Sql(statement, (*values, place.practice)))


def found(place: Place, family: str) -> list[str]:
    with place.store.reader(place.access, reason="test") as reader:
        return sorted(match.ref.id for match in reader.search(parse("Patient", [("family:exact", family)])).matches)


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        (f"DELETE FROM {schema.STRING.name} WHERE practice = ?", COUNT + 1),  # noqa: S608 - the table is named here, not asked for
        (f"UPDATE {schema.STRING.name} SET exact = 'x' WHERE exact = 'Okafor7' AND practice = ?", 1),  # noqa: S608 - the table is named here, not asked for
        (f"UPDATE {schema.TOKEN.name} SET practice = practice WHERE practice = ?", 0),  # noqa: S608 - the table is named here, not asked for
    ],
)
def test_only_what_is_wrong_is_written_anew(filled: Place, statement: str, wrong: int) -> None:
    spoil(filled, statement)
    assert len(list(reindex.differences(filled.store, filled.practice, reindex.SEARCH))) == wrong
    told: list[int] = []
    done = reindex.reindex(filled.store, filled.practice, reindex.SEARCH, told=told.append)
    assert (done.resources, done.rewritten, done.different) == (COUNT + 1, wrong, ())
    assert sum(told) == COUNT + 1
    assert max(told) == 10
    assert list(reindex.differences(filled.store, filled.practice, reindex.SEARCH)) == []
    assert found(filled, "Okafor7") == ["p7"]
    assert reindex.reindex(filled.store, filled.practice, reindex.SEARCH).rewritten == 0


@pytest.mark.parametrize("name", [reindex.SEARCH, "patient"])
def test_rows_of_what_is_gone_are_removed(filled: Place, name: str) -> None:
    spoil(filled, "UPDATE current_resource SET deleted = 1 WHERE id = 'p7' AND practice = ?")
    reindex.reindex(filled.store, filled.practice, name)
    table = schema.STRING.name if name == reindex.SEARCH else "p_patient"
    with filled.store.driver.reading(filled.practice) as connection:
        rows = connection.rows(
            Sql(
                f"SELECT 1 FROM {table} i JOIN current_resource c ON c.practice = i.practice AND c.key = i.key "  # noqa: S608 - the table is named here, not asked for
                "WHERE i.practice = ? AND c.id = 'p7'",
                (filled.practice,),
            )
        )
    assert rows == []


@pytest.mark.parametrize("name", [reindex.SEARCH, "patient"])
def test_it_goes_on_where_it_was_broken_off(filled: Place, tmp_path: Path, name: str) -> None:
    table = schema.STRING.name if name == reindex.SEARCH else "p_patient"
    spoil(filled, f"DELETE FROM {table} WHERE practice = ?")  # noqa: S608 - the table is named here, not asked for
    journal = Journal(tmp_path / "reindex" / "x.json")
    batches = 0

    def reached(place: reindex.Place) -> None:
        nonlocal batches
        batches += 1
        journal.note(place)
        if batches == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reindex.reindex(filled.store, filled.practice, name, reached=reached)
    behind = Journal(journal.path).place()
    assert behind is not None  # noted at the first batch; at most once a second after that
    done = reindex.reindex(filled.store, filled.practice, name, behind=behind)
    assert COUNT - 30 <= done.rewritten < COUNT - 10
    assert done.resources in (COUNT - 10, COUNT - 10 + 1)
    assert list(reindex.differences(filled.store, filled.practice, name)) == []
    journal.forget()
    assert journal.place() is None


def test_a_journal_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"product": "0.0.0", "type": "", "key": "ab"}))
    assert Journal(path).place() is None
    path.write_text("{")
    assert Journal(path).place() is None


def test_people_go_on_reading_and_writing_meanwhile(filled: Place) -> None:
    spoil(filled, f"DELETE FROM {schema.STRING.name} WHERE practice = ?")  # noqa: S608 - the table is named here, not asked for
    stop = threading.Event()

    def work() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            ref = Ref("Patient", f"p{number % COUNT}")
            with filled.store.reader(filled.access, reason="test") as reader:
                standing = reader.read(ref)
            with Writer(filled.store, filled.access).transaction(reason="test.meanwhile") as tx:
                family = [{"family": f"New{number}"}]
                tx.update({"resourceType": "Patient", "id": ref.id, "name": family}, version=standing.version)
        return number

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for _ in range(5):
                assert reindex.reindex(filled.store, filled.practice, reindex.SEARCH).different == ()
        finally:
            stop.set()
        assert working.result() > 0
    assert list(reindex.differences(filled.store, filled.practice, reindex.SEARCH)) == []
