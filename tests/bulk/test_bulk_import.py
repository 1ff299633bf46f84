"""$import: lines in, a manifest with what was refused out."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast
from unittest import mock

import anyio
import pytest
from starlette.requests import Request

from carewright.core.access.model import Role
from carewright.core.bulk.manifest import IMPORT_MEGABYTES, OPEN_JOBS_EACH
from carewright.core.store.bulk_jobs import Kind
from carewright.core.store.drivers.base import Busy
from carewright.core.store.leases import LeaseLost
from carewright.core.store.model import Ref, Unavailable
from carewright.core.store.sql import Sql
from carewright.fhirapi import bulk_import
from carewright.fhirapi.outcomes import ApiError
from carewright.project import importing
from carewright.project.bulk_running import BulkRunner
from tests.bulk.warehouse import ASYNC, Warehouse, another, ndjson, observation, patient
from tests.store.people import everything


def without_meta(line: bytes) -> dict[str, Any]:
    resource: dict[str, Any] = json.loads(line, parse_float=str)
    resource.pop("meta", None)
    return resource


def said(lines: list[bytes]) -> list[dict[str, Any]]:
    return sorted(map(without_meta, lines), key=lambda resource: str(resource["id"]))


def test_what_was_exported_comes_back_the_same(api: Warehouse) -> None:
    """Export, import into an empty practice, export: the same records, value for value."""
    weights = [observation(n, of=n % 7, valueQuantity={"value": 72.50 + n, "unit": "kg"}) for n in range(60)]
    for weight in weights:
        del weight["valueString"]
    exact = (
        b'{"resourceType":"Observation","id":"exact","status":"final","code":{"text":"x"},'
        b'"valueQuantity":{"value":72.500}}\n'
    )
    api.load(ndjson([patient(n) for n in range(7)] + weights) + exact)
    first = api.export("/$export").lines()
    sent = b"".join(line + b"\n" for lines in reversed(first.values()) for line in lines)
    other = another(api.store, api.folder, api.client)
    manifest = other.load(sent)
    assert manifest["extension"]["counts"] == {"created": 68}
    second = other.export("/$export").lines()
    assert first.keys() == second.keys()
    for name, lines in first.items():
        assert said(lines) == said(second[name]), name
    assert any(b'"value":72.500}' in line for line in second["Observation"]), "with every digit"


def test_each_refused_line_is_told_with_its_number_and_why(api: Warehouse) -> None:
    lines = [
        ndjson([patient(1)]), b"{not json\n", ndjson([{"resourceType": "Patient", "id": "p2", "gender": "blue"}]),
        b"\n", ndjson([{"resourceType": "Nothing", "id": "x"}]), ndjson([observation(1, of=1)]), b'"text"\n',
    ]  # fmt: skip
    manifest = api.load(b"".join(lines))
    assert manifest["extension"]["counts"] == {"created": 2, "refused": 4}
    (listed,) = manifest["error"]
    assert (listed["type"], listed["count"]) == ("OperationOutcome", 4)
    answer = api.program("GET", listed["url"], headers={"Accept": "application/fhir+ndjson"}, role=Role.MANAGER)
    outcomes = [json.loads(line) for line in answer.content.splitlines()]
    said = [outcome["issue"][0]["diagnostics"] for outcome in outcomes]
    assert all(outcome["resourceType"] == "OperationOutcome" for outcome in outcomes)
    assert [text.split(":")[0] for text in said] == ["Line 2", "Line 3 (Patient/p2)", "Line 5", "Line 7"]
    assert "gender" in str(outcomes[1])


def test_nothing_that_is_newer_here_is_overwritten(api: Warehouse) -> None:
    api.load(ndjson([patient(1), patient(2)]))
    here = api.program("PUT", "/Patient/p1", json={**patient(1), "birthDate": "2001-01-01"})
    assert here.status_code == 200, here.text
    again = [patient(1), {**patient(2), "birthDate": "1999-09-09"}, patient(3)]
    assert api.load(ndjson(again))["extension"]["counts"] == {"kept newer": 1, "updated": 1, "created": 1}
    assert api.load(ndjson(again))["extension"]["counts"] == {"kept newer": 1, "unchanged": 2}
    assert api.program("GET", "/Patient/p1").json()["birthDate"] == "2001-01-01"


def test_references_to_what_comes_later_are_kept(api: Warehouse) -> None:
    api.load(ndjson([observation(1, of=9), patient(9)]))
    assert len(api.program("GET", "/Observation?subject=Patient/p9").json()["entry"]) == 1


def test_a_compressed_body_is_unpacked_as_it_comes(api: Warehouse) -> None:
    packed = gzip.compress(ndjson([patient(n) for n in range(3)]))
    headers = {"Content-Encoding": "gzip"}
    assert api.load(packed, headers=headers)["extension"]["counts"] == {"created": 3}
    for body, words in ((packed[:-9], "cut off"), (b"no gzip", "damaged"), (packed + b"more", "follows")):
        answer = api.send(body, headers=headers)
        assert answer.status_code == 400, words
        assert words in answer.text
    assert not any(path.is_file() for path in api.folder.rglob("*"))


def test_a_bomb_is_not_unpacked(api: Warehouse) -> None:
    api.choose(IMPORT_MEGABYTES, 1)
    for headers, body in (({"Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000)), ({}, b" " * 1_000_001)):
        answer = api.send(body, headers=headers)
        assert answer.status_code == 413
        assert "1 MB" in answer.text
    assert not any(path.is_file() for path in api.folder.rglob("*"))


def test_only_who_may_imports_and_only_what_the_scopes_name(api: Warehouse) -> None:
    headers = {**ASYNC, "Content-Type": "application/fhir+ndjson"}
    body = ndjson([patient(1), observation(1, of=1)])
    for role in Role:
        if role is not Role.MANAGER:
            answer = api.program("POST", "/$import", role=role, content=body, headers=headers)
            assert answer.status_code == 403, role
            assert "bulk.import" in answer.text
    for scopes in ("user/*.cruds", "system/*.rs", "system/*.c"):
        assert api.send(body, scopes=scopes).status_code == 403, scopes
    status = api.send(body, scopes="system/Patient.cu").headers["Content-Location"]
    api.work(Kind.IMPORT)
    manifest = api.program("GET", status, role=Role.MANAGER).json()
    assert manifest["extension"]["counts"] == {"created": 1, "refused": 1}


def test_nobody_brings_in_an_audit_and_what_comes_names_who_brought_it(api: Warehouse) -> None:
    event = {
        "resourceType": "AuditEvent", "id": "a1", "recorded": "2026-01-01T00:00:00Z", "type": {"code": "rest"},
        "agent": [{"requestor": True}], "source": {"observer": {"display": "x"}},
    }  # fmt: skip
    counts = api.load(ndjson([event, patient(1)]))["extension"]["counts"]
    assert counts == {"created": 1, "refused": 1}
    with api.store.driver.reading(api.name) as connection:
        rows = connection.rows(Sql("SELECT actor, origin, reason FROM version WHERE practice = ?", (api.name,)))
    assert rows == [("Device/warehouse", "import", "import")]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/fhir+json", 415), ("text/csv", 415), ("multipart/form-data; boundary=x", 415), ("", 415)],
)
def test_addresses_and_other_formats_are_not_taken(api: Warehouse, content_type: str, status: int) -> None:
    manifest = json.dumps({"input": [{"type": "Patient", "url": "http://127.0.0.1:1/p.ndjson"}]}).encode()
    assert api.send(manifest, headers={"Content-Type": content_type}).status_code == status


def test_nothing_and_nobody(api: Warehouse) -> None:
    assert api.send(b"").status_code == 400
    answer = api.send(b"   \n")
    assert answer.status_code == 202
    api.work(Kind.IMPORT)
    found = api.program("GET", answer.headers["Content-Location"], role=Role.MANAGER).json()
    assert found["extension"]["counts"] == {"refused": 1}
    assert api.program("POST", "/$import", role=Role.MANAGER, content=b"x").status_code == 400, "without Prefer"


def test_the_status_is_the_actors_alone(api: Warehouse) -> None:
    status = api.send(ndjson([patient(1)])).headers["Content-Location"]
    api.work(Kind.IMPORT)
    for url in (status, f"{status}/refused.ndjson", f"{status}/sent.ndjson"):
        assert api.program("GET", url, role=Role.MANAGER, actor="Device/other").status_code == 404
    assert api.program("GET", f"{status}/sent.ndjson", role=Role.MANAGER).status_code == 404, "nothing is given back"


def test_imports_queue_up_to_a_bound(api: Warehouse) -> None:
    api.choose(OPEN_JOBS_EACH, 1)
    assert api.send(ndjson([patient(1)])).status_code == 202
    answer = api.send(ndjson([patient(2)]))
    assert answer.status_code == 429
    assert len([path for path in api.folder.rglob("*") if path.is_file()]) == 1


def test_what_was_sent_is_encrypted_and_removed_when_it_is_in(api: Warehouse) -> None:
    api.send(ndjson([patient(n) for n in range(5)]))
    (kept,) = [path for path in api.folder.rglob("*") if path.is_file()]
    assert b"Family" not in kept.read_bytes()
    api.work(Kind.IMPORT)
    assert not kept.exists()


class Trickling:
    """A request whose body stops coming."""

    async def stream(self) -> AsyncIterator[bytes]:
        yield b"first"
        await anyio.sleep(5)
        yield b"second"


def test_a_body_that_stops_coming_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carewright.fhirapi.bulk_import.BODY_SECONDS", 0.05)
    taken = bytearray()

    async def take() -> None:
        async for chunk in bulk_import._in_time(cast(Request, Trickling())):
            taken.extend(chunk)

    with pytest.raises(ApiError) as refused:
        anyio.run(take)
    assert refused.value.status == 408
    assert taken == b"first"


def test_there_is_no_room_before_the_body_is_taken_in(api: Warehouse) -> None:
    api.choose(OPEN_JOBS_EACH, 1)
    assert api.send(ndjson([patient(1)])).status_code == 202
    with mock.patch.object(bulk_import, "_keep", side_effect=AssertionError("taken in")):
        assert api.send(ndjson([patient(2)])).status_code == 429


# -- interruptions ----------------------------------------------------------------------------------------------------


def interrupted(api: Warehouse, *, after: int, by: type[Exception]) -> None:
    """The next import breaks off in the transaction behind `after` of them."""
    real, seen = importing._Run._write, []

    def breaking(run: Any, *given: Any) -> None:
        seen.append(1)
        if len(seen) > after:
            raise by
        real(run, *given)

    told = pytest.raises(by) if by in (Unavailable, Busy) else nullcontext()
    with mock.patch.object(importing._Run, "_write", breaking), told:
        api.step(Kind.IMPORT)


@pytest.mark.parametrize("by", [Unavailable, Busy, LeaseLost, OSError])
def test_it_goes_on_where_it_was(api: Warehouse, by: type[Exception]) -> None:
    bad = b"{broken\n"
    lines = ndjson([patient(n) for n in range(300)]) + bad + ndjson([patient(n) for n in range(300, 700)])
    status = api.send(lines).headers["Content-Location"]
    interrupted(api, after=2, by=by)
    for _ in range(4 if by is Busy else 0):  # however often: nothing is wrong with the job
        interrupted(api, after=0, by=by)
    answer = api.program("GET", status, role=Role.MANAGER)
    assert answer.status_code == 202
    assert answer.headers["X-Progress"].endswith("bytes)")
    with api.store.driver.reading(api.name) as connection:
        rows = connection.rows(Sql("SELECT place, done FROM bulk_job WHERE practice = ?", (api.name,)))
    assert json.loads(str(rows[0][0]))["line"] == 400
    api.work(Kind.IMPORT)
    found = api.program("GET", status, role=Role.MANAGER).json()
    assert found["extension"]["counts"] == {"created": 700, "refused": 1}
    assert found["error"][0]["count"] == 1


def test_one_that_fails_again_and_again_ends_with_a_sentence(api: Warehouse) -> None:
    status = api.send(ndjson([patient(1)])).headers["Content-Location"]
    for _ in range(3):
        interrupted(api, after=0, by=OSError)
    answer = api.program("GET", status, role=Role.MANAGER)
    assert answer.status_code == 500
    assert "ask for it anew" in answer.text.lower()
    assert answer.headers["Expires"]


def test_a_cancelled_import_stops_and_keeps_what_is_in(api: Warehouse) -> None:
    status = api.send(ndjson([patient(n) for n in range(700)])).headers["Content-Location"]
    real, seen = importing._Run._write, []

    def cancelled(run: Any, *given: Any) -> None:
        seen.append(1)
        if len(seen) == 2:
            assert api.program("DELETE", status, role=Role.MANAGER).status_code == 202
        real(run, *given)

    with mock.patch.object(importing._Run, "_write", cancelled):
        api.step(Kind.IMPORT)
    assert api.program("GET", status, role=Role.MANAGER).status_code == 404
    with api.store.reader(everything(api.name), reason="test") as reader:
        assert reader.resource_or_none(Ref("Patient", "p250"))
        assert not reader.resource_or_none(Ref("Patient", "p450"))
    assert not any(path.is_file() for path in api.folder.rglob("*"))
    assert not api.work(Kind.IMPORT)


def test_a_worker_that_was_asleep_writes_nothing_more(api: Warehouse) -> None:
    """Another one has the lease: the first is refused by the fence, and the work is done once."""
    api.send(ndjson([patient(n) for n in range(300)]))
    other = BulkRunner(api.store, api.files, Kind.IMPORT, "other", lease_seconds=30)
    real = importing._Run._write
    taken: list[int] = []

    def overtaken(run: Any, *given: Any) -> None:
        if not taken:
            taken.append(1)
            with api.store.driver.writing(api.name) as connection:
                past = connection.dialect.from_now(-timedelta(hours=1).total_seconds())
                connection.execute(Sql("UPDATE lease SET until = ") + past + Sql(" WHERE practice = ?", (api.name,)))
            other.drain(api.name)
        real(run, *given)

    with mock.patch.object(importing._Run, "_write", overtaken):
        assert api.step(Kind.IMPORT) is False
    with api.store.driver.reading(api.name) as connection:
        rows = connection.rows(Sql("SELECT state, place FROM bulk_job WHERE practice = ?", (api.name,)))
        versions = connection.rows(Sql("SELECT count(*) FROM version WHERE practice = ?", (api.name,)))
    assert rows[0][0] == "done"
    assert json.loads(str(rows[0][1]))["counts"] == {"created": 300}
    assert versions == [(300,)]
