"""Exports on their way: progress, turns, bounds, cancelling, expiry; and how large a file is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from carewright.core.bulk.manifest import OPEN_JOBS, OPEN_JOBS_EACH, RECORDS_PER_FILE
from carewright.core.clock import wall_now
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.sql import Sql
from carewright.project.exporting import write_lines
from tests.bulk.warehouse import ASYNC, Warehouse, a_practice, patient


def test_progress_is_told_until_the_manifest_is_there(api: Warehouse) -> None:
    a_practice(api)
    api.choose(RECORDS_PER_FILE, 5)
    status = api.kick_off("/$export?_type=Observation,Patient")
    said = []
    while (answer := api.program("GET", status)).status_code == 202:
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
        said.append(answer.headers["X-Progress"])
        assert api.step()
    assert said == [
        "waiting for its turn", "0 % (0 of 16 records)", "31 % (5 of 16 records)", "62 % (10 of 16 records)",
        "75 % (12 of 16 records)", "100 % (16 of 16 records)",
    ]  # fmt: skip
    assert answer.headers["Content-Type"] == "application/json"
    until = datetime.strptime(answer.headers["Expires"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert timedelta(hours=23) < until - wall_now() <= timedelta(hours=24)
    assert [file["count"] for file in answer.json()["output"]] == [5, 5, 2, 4]


def test_large_records_make_smaller_files_and_none_is_lost(api: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file ends at so many bytes behind a whole batch, and batches shrink where records are large."""
    monkeypatch.setattr("carewright.project.bulk_exporting.FILE_BYTES", 60_000)
    monkeypatch.setattr("carewright.project.bulk_exporting.FIRST_BATCH", 3)
    monkeypatch.setattr("carewright.project.bulk_exporting.BATCH_BYTES", 20_000)
    api.fill(*(patient(n, text={"status": "generated", "div": div(n)}) for n in range(40)))
    found = api.export("/$export?_type=Patient")
    counts = [file["count"] for file in found.manifest["output"]]
    assert len(counts) >= 5
    assert max(counts) < 20
    assert found.ids()["Patient"] == {f"p{n}" for n in range(40)}


def div(number: int) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{number} {"x" * 8_000}</div>'


def test_a_short_export_does_not_wait_for_a_long_one(api: Warehouse) -> None:
    a_practice(api)
    api.choose(RECORDS_PER_FILE, 1)
    long, short = api.kick_off("/$export"), api.kick_off("/$export?_type=Group")
    for _ in range(6):
        api.step()
    assert api.program("GET", short).status_code == 200
    assert api.program("GET", long).status_code == 202


def test_as_many_as_may_run_at_once(api: Warehouse) -> None:
    api.choose(OPEN_JOBS_EACH, 1)
    api.choose(OPEN_JOBS, 2)
    first = api.kick_off("/$export")
    answer = api.program("GET", "/$export", headers=ASYNC)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["issue"][0]["code"] == "throttled"
    api.kick_off("/$export", actor="Device/other")
    assert api.program("GET", "/$export", headers=ASYNC, actor="Device/third").status_code == 429
    assert api.program("DELETE", first).status_code == 202
    api.kick_off("/$export")


def test_a_cancelled_export_is_gone_with_its_files(api: Warehouse) -> None:
    a_practice(api)
    api.choose(RECORDS_PER_FILE, 2)
    status = api.kick_off("/$export")
    for _ in range(3):
        api.step()
    assert any(api.folder.rglob("*.ndjson.*"))
    assert api.program("DELETE", status).status_code == 202
    assert api.program("GET", status).status_code == 404
    assert api.program("DELETE", status).status_code == 404
    assert not any(path.is_file() for path in api.folder.rglob("*"))
    assert not api.work()


def test_one_that_is_cancelled_while_a_file_is_written_leaves_nothing(api: Warehouse) -> None:
    a_practice(api)
    status = api.kick_off("/$export")
    api.step()

    def cancelled_meanwhile(*given: Any) -> int:
        assert api.program("DELETE", status).status_code == 202
        return write_lines(*given)

    with mock.patch("carewright.project.bulk_exporting.write_lines", cancelled_meanwhile):
        api.step()
    assert not any(path.is_file() for path in api.folder.rglob("*"))
    assert not api.work()


def test_what_has_expired_is_gone(api: Warehouse) -> None:
    a_practice(api)
    found = api.export("/$export")
    status = found.manifest["output"][0]["url"].rpartition("/")[0]
    with api.store.driver.writing(api.name) as connection:
        connection.execute(Sql("UPDATE bulk_job SET expires_at = ? WHERE practice = ?", (wall_now(), api.name)))
    assert api.program("GET", status).status_code == 404, "at once"
    assert api.program("GET", found.manifest["output"][0]["url"]).status_code == 404
    api.runners[Kind.EXPORT]._swept_at.clear()
    api.work()
    assert not any(path.is_file() for path in api.folder.rglob("*"))
    with api.store.driver.reading(api.name) as connection:
        for table in ("bulk_job", "bulk_file"):
            assert not connection.rows(Sql(f"SELECT 1 FROM {table} WHERE practice = ?", (api.name,)))  # noqa: S608 - our names
