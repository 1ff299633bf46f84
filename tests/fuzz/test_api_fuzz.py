"""The whole API under made-up requests: no 5xx, no hang, nothing that the asker may not see.

Requests come from schemathesis (a description made from the CapabilityStatement) and from records and searches with
something wrong in them. They go over a real connection to a real server, as a role and as programs confined to one
patient, into a practice in which hidden records and another practice's records carry markers (access_matrix).

`./run prove fuzz` asks for CARE_FUZZ_SECONDS (600) altogether; the suite for some seconds.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from carewright.core.access.model import Role
from carewright.core.bulk.files import BulkFiles
from carewright.core.store.store import Store
from carewright.fhirapi.app import create_app
from carewright.project.heads import BoundedHead
from tests.access_matrix.exchange import BASE, Asker, Situation
from tests.access_matrix.test_every_interaction import World
from tests.fuzz.odd_requests import REQUESTS, Request
from tests.fuzz.openapi import description

ANSWER_SECONDS = 25.0
"""An answer that takes longer is a hang: a statement may take 10 s, a write wait 20 s for its turn."""
NO_HTTP = "Invalid HTTP request received."
"""What the server says to bytes that are no request, before there is an API to ask."""
SHORTLY_SECONDS, FULL_SECONDS = 5.0, float(os.environ.get("CARE_FUZZ_SECONDS", "600"))
SITUATIONS = (Situation(role=Role.MA), Situation(role=Role.MANAGER), Situation(role=Role.LEAD_MA, confined=True))
NOT_SENT = (httpx.InvalidURL, UnicodeEncodeError)
"""What cannot even be put on the wire."""
EACH = settings(
    database=None, max_examples=20, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)  # fmt: skip


class Judge:
    """Sends requests as one situation and says what is wrong with an answer."""

    def __init__(self, client: httpx.Client, headers: dict[str, str], situation: Situation) -> None:
        self.client, self.headers, self.situation = client, headers, situation
        self.asked = 0
        self.first_seed = 1000 * SITUATIONS.index(situation)
        self.statuses: dict[int, int] = {}

    def ask(self, request: Request) -> httpx.Response:
        headers = {**request.headers, **self.headers}
        answer = self.client.request(request.method, BASE + request.path, headers=headers, content=request.content)
        self.judge(answer)
        return answer

    def judge(self, answer: httpx.Response) -> None:
        self.asked += 1
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        text = answer.text
        said = f"{answer.request.method} {answer.request.url}: {answer.status_code} {text[:600]}"
        assert answer.status_code < 500, said
        assert '"status":"500' not in text, said
        if answer.status_code >= 400 and answer.request.method != "HEAD" and text != NO_HTTP:
            assert answer.json()["resourceType"] == "OperationOutcome", said
        for letter, kind, variant in re.findall(r"zq([ab])x(\w+?)x(\w+?)x", text):
            assert letter == "a", f"of another practice: {said}"
            assert self.situation.sees(kind, variant), f"hidden {kind}/{variant}: {said}"


@contextmanager
def served(store: Store, files: BulkFiles) -> Iterator[str]:
    """The API of a store over a real connection, as the product serves it."""
    config = uvicorn.Config(
        create_app(store, files=files), port=0, http=BoundedHead, log_level="critical", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def judges(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Judge]]:
    """One judge for each situation, in a practice of its own."""
    store: Store = request.getfixturevalue(f"{request.param}_clinic_store")
    with (
        served(store, BulkFiles(tmp_path / "bulk", key=bytes(32))) as address,
        httpx.Client(base_url=address, timeout=ANSWER_SECONDS) as client,
    ):
        found = []
        for situation in SITUATIONS:
            world = World(store, client)  # type: ignore[arg-type] # its requests are httpx's either way
            asker = Asker(client=client, store=store, practice=world.a, situation=situation)  # type: ignore[arg-type]
            found.append(Judge(client, asker.headers, situation))
        yield found


def for_a_while(seconds: float, once: Callable[[int], None]) -> None:
    """Call with 0, 1, 2, … until the time is over; at least once."""
    over, number = time.monotonic() + seconds, 0
    while number == 0 or time.monotonic() < over:
        once(number)
        number += 1


def fuzz_with_almost_right_requests(judge: Judge, seconds: float) -> None:
    def once(number: int) -> None:
        @seed(judge.first_seed + number)
        @EACH
        @given(REQUESTS)
        def run(made: Request) -> None:
            with suppress(*NOT_SENT):
                judge.ask(made)

        run()

    for_a_while(seconds, once)


def fuzz_with_schemathesis(judge: Judge, seconds: float) -> None:
    statement = judge.client.get(f"{BASE}/metadata").json()
    schema = schemathesis.openapi.from_dict(description(statement))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]

    @cache
    def strategy(number: int) -> st.SearchStrategy[schemathesis.Case]:
        return operations[number].as_strategy(generation_mode=GenerationMode.POSITIVE)

    numbers = st.integers(0, len(operations) - 1)

    def once(number: int) -> None:
        @seed(judge.first_seed + number)
        @EACH
        @given(st.data())
        def run(data: st.DataObject) -> None:
            case = data.draw(strategy(data.draw(numbers)))
            sent = case.as_transport_kwargs(base_url=str(judge.client.base_url).rstrip("/") + BASE)
            headers = {**{k: v.encode("utf-8") for k, v in sent.pop("headers").items()}, **judge.headers}
            sent = {k: v for k, v in sent.items() if k in ("method", "url", "params", "json", "data")}
            with suppress(*NOT_SENT):
                judge.judge(judge.client.request(**sent, headers=headers))

        run()

    for_a_while(seconds, once)


def fuzz(judges: list[Judge], seconds: float) -> None:
    """Divide the time among the situations and the two sources of requests."""
    for judge in judges:
        for source in (fuzz_with_almost_right_requests, fuzz_with_schemathesis):
            source(judge, seconds / len(judges) / 2)
        assert {200, 400, 404} <= judge.statuses.keys(), "requests got through, and some were refused"
        print(judge.situation, judge.asked, dict(sorted(judge.statuses.items())))  # noqa: T201 - what a proof shows


def test_the_api_outlasts_made_up_requests(judges: list[Judge]) -> None:
    fuzz(judges, SHORTLY_SECONDS)


@pytest.mark.slow
def test_the_api_outlasts_made_up_requests_for_long(judges: list[Judge]) -> None:
    fuzz(judges, FULL_SECONDS / 2)  # once on each engine


def test_the_judge_finds_what_is_wrong() -> None:
    judge = Judge(httpx.Client(), {}, SITUATIONS[0])
    asked = httpx.Request("GET", "http://x/fhir/Patient")
    fine = httpx.Response(200, text='{"a":"zqaxPatientxopenx"}', request=asked)
    judge.judge(fine)
    for wrong in (
        httpx.Response(500, text="{}", request=asked),
        httpx.Response(400, json={"resourceType": "Patient"}, request=asked),
        httpx.Response(200, text='"zqbxPatientxopenx"', request=asked),
        httpx.Response(200, text='"zqaxPatientxsecretx"', request=asked),
        httpx.Response(200, text='{"entry":[{"response":{"status":"500 Internal Server Error"}}]}', request=asked),
    ):
        with pytest.raises(AssertionError):
            judge.judge(wrong)
