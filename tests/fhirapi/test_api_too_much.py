"""How large, how long and how often: each bound of the API is answered in words that say what helps."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from carewright.core.access.model import Role
from carewright.core.store.drivers import postgresql, sqlite
from carewright.core.store.drivers.base import Driver
from carewright.core.store.model import TooCostly
from carewright.core.store.sql import Row, Sql
from carewright.core.store.store import Store
from carewright.fhirapi import actions, batch, bounds, calls
from carewright.fhirapi.app import create_app
from carewright.fhirapi.bounds import MAX_TARGET_BYTES, Rate
from carewright.fhirapi.calls import MAX_FORM_BYTES
from carewright.fhirapi.outcomes import ApiError
from tests import loops
from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000000) SELECT max(i) FROM n"


def test_a_long_address_is_414_and_says_where_a_long_search_goes(api: Practice) -> None:
    answer = api.ask("GET", f"/Patient?name={'a' * MAX_TARGET_BYTES}")
    assert (answer.status_code, issue(answer)["code"]) == (414, "too-long")
    assert "_search" in issue(answer)["diagnostics"]
    by_post = api.ask("POST", "/Patient/_search", content=f"name={'a' * MAX_TARGET_BYTES}", headers=FORM)
    assert by_post.status_code == 200


@pytest.mark.parametrize("headers", [{"X-Long": "a" * 40_000}, {f"X-{n}": "a" for n in range(150)}])
def test_too_many_or_too_long_headers_are_431(api: Practice, headers: dict[str, str]) -> None:
    answer = api.ask("GET", "/Patient", headers=headers)
    assert (answer.status_code, issue(answer)["code"]) == (431, "too-long")


def test_a_search_form_has_a_bound_of_its_own(api: Practice) -> None:
    answer = api.ask("POST", "/Patient/_search", content="name=" + "a" * MAX_FORM_BYTES, headers=FORM)
    assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["name=a"] * 51),
        "&".join(["_include=Patient:organization"] * 21),
        "_sort=" + ",".join(["birthdate"] * 6),
    ],
)
def test_a_search_of_very_many_parts_is_refused(api: Practice, query: str) -> None:
    answer = api.ask("GET", f"/Patient?{query}")
    assert answer.status_code == 400
    assert "at most" in issue(answer)["diagnostics"]


def test_an_entry_s_address_has_the_bound_of_an_address(api: Practice) -> None:
    entry = {"request": {"method": "GET", "url": f"Patient?name={'a' * MAX_TARGET_BYTES}"}}
    answer = api.ask("POST", "", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert answer.status_code == 400
    assert "Entry 0" in issue(answer)["diagnostics"]


def test_a_batch_stops_beginning_entries_after_its_time(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_SECONDS", -1.0)
    entry = {"request": {"method": "POST", "url": "Patient"}, "resource": patient()}
    answer = api.ask("POST", "", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    found = answer.json()["entry"][0]["response"]
    assert found["status"].startswith("503")
    assert "not begun" in found["outcome"]["issue"][0]["diagnostics"]


def test_a_body_that_trickles_in_is_408(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "BODY_SECONDS", 0.2)
    app, token = create_app(api.store), api.token(Role.MA)
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/fhir+json")]
    scope = {
        "type": "http", "method": "POST", "path": "/fhir/Patient", "query_string": b"", "headers": headers,
        "root_path": "", "scheme": "http", "server": ("testserver", 80), "raw_path": b"/fhir/Patient",
    }  # fmt: skip
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    loops.run(app(scope, receive, send), reads=api.store.driver)
    assert sent[0]["status"] == 408


def test_a_write_that_waits_too_long_for_its_turn_is_told_so(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    api.create(patient())
    monkeypatch.setattr(actions, "TURN_SECONDS", 0.1)
    api.client.app.state.writers.total_tokens = 1  # type: ignore[attr-defined] # Starlette's
    held = object()
    assert api.client.portal is not None
    api.client.portal.call(_hold, api, held)
    try:
        answer = api.ask("POST", "/Patient", json=patient())
    finally:
        api.client.portal.call(_let_go, api, held)
    assert (answer.status_code, issue(answer)["code"]) == (503, "transient")
    assert answer.headers["retry-after"]
    assert api.ask("POST", "/Patient", json=patient()).status_code == 201


async def _hold(api: Practice, who: object) -> None:
    api.client.app.state.writers.acquire_on_behalf_of_nowait(who)  # type: ignore[attr-defined] # Starlette's


async def _let_go(api: Practice, who: object) -> None:
    api.client.app.state.writers.release_on_behalf_of(who)  # type: ignore[attr-defined] # Starlette's


async def _rows(driver: Driver, statement: Sql) -> list[Row]:
    async with driver.reading_async("") as connection:
        return await connection.rows(statement)


def test_a_statement_that_takes_too_long_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (postgresql, sqlite):
        monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(TooCostly, match="_count"):
        loops.run(_rows(store.driver, Sql(ENDLESS)), reads=store.driver)
    assert time.monotonic() - begun < 20  # it would have taken many minutes
    assert loops.run(_rows(store.driver, Sql("SELECT 1")), reads=store.driver) == [(1,)]


def test_what_takes_too_long_is_503_and_says_what_to_narrow(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **named: object) -> Iterator[Sql]:
        raise TooCostly(10)

    monkeypatch.setattr("carewright.core.store.reads.search", slow)
    answer = api.ask("GET", "/Patient?name=a")
    assert (answer.status_code, issue(answer)["code"]) == (503, "too-costly")
    assert "name a patient" in issue(answer)["diagnostics"]
    assert "retry-after" not in answer.headers  # the same again would take as long again


def test_a_token_that_asks_too_often_is_429_and_no_other_one_is(api: Practice) -> None:
    with TestClient(create_app(api.store, rate=0.5)) as client:

        def ask(token: str) -> httpx.Response:
            answer: httpx.Response = client.get("/fhir/Patient/x", headers={"Authorization": f"Bearer {token}"})
            return answer

        wild, quiet = api.token(Role.MA), api.token(Role.MA)
        assert [ask(wild).status_code for _ in range(2)] == [404, 404]
        refused = ask(wild)
        assert (refused.status_code, issue(refused)["code"]) == (429, "throttled")
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        assert ask(quiet).status_code == 404


def test_a_bucket_fills_again_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    rate = Rate(2.0, clock=lambda: now[0])
    for _ in range(8):
        rate.spend(b"a")
    with pytest.raises(ApiError):
        rate.spend(b"a")
    now[0] = 0.5
    rate.spend(b"a")
    with pytest.raises(ApiError):
        rate.spend(b"a")
    monkeypatch.setattr(bounds, "MAX_TOKENS", 3)
    for token in (b"b", b"c", b"d"):
        rate.spend(token)
    rate.spend(b"a")  # forgotten, and so full again
