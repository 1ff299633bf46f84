"""Subscriptions at the door: what may be asked for, whose headers stay secret, $status and $events, the statement."""

import logging
from typing import Any

import pytest

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.store.sql import Sql
from carewright.core.subscriptions.model import FILTER, PROFILE
from carewright.core.subscriptions.topics import BASE as TOPIC
from carewright.core.subscriptions.topics import TOPICS
from carewright.fhirapi import subscriptions as door
from tests.fhirapi.practice import issue
from tests.store.people import everything
from tests.subscriptions.receiving import Receiver, Subscribing, parameter, subscription

SECRET = "Bearer verysecretword"
SOMEBODY = "user:word"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"criteria": "Observation?code=1"}, "criteria is one of"),
        ({"status": "active"}, "requested or off"),
        ({"channel": {"type": "email", "endpoint": "mailto:x@y.example"}}, "rest-hook"),
        ({"channel": {"type": "rest-hook"}}, "rest-hook with an endpoint"),
        ({"channel": {"payload": "application/fhir+xml"}}, "application/fhir+json"),
        ({"filters": ["Task?authored-on=2026"]}, "Task is filtered by"),
        ({"filters": ["Patient?name=x"]}, "A filter is like Task?patient="),
        ({"filters": ["Task?patient=http://x/Patient/1"]}, "Type/id"),
        ({"headers": ["Host: elsewhere.example"]}, "A header is like"),
        ({"headers": ["X: a\r\nY: b"]}, "A header is like"),
        ({"headers": [f"X-{n}: a" for n in range(11)]}, "at most 10 headers"),
    ],
)
def test_what_is_not_offered_is_refused_in_words(
    subs: Subscribing, receiver: Receiver, change: dict[str, Any], says: str
) -> None:
    if change.get("channel", {}).get("type") == "rest-hook":
        body = {**subscription(receiver.url), **change}
    else:
        body = subscription(receiver.url, **change)
    answer = subs.ask("POST", "/Subscription", subs.token(), json=body)
    assert answer.status_code == 422, answer.text
    assert says in " ".join(one["diagnostics"] for one in answer.json()["issue"])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://receiver.example/hook", "https://127.0.0.1/hook", "https://10.0.0.8/x", "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data", "https://localhost/x", f"https://{SOMEBODY}@receiver.example/x",
        "ftp://receiver.example/x", "https://[::ffff:10.0.0.1]/", "https://receiver.example:99999/", "https:///x",
        "http://127.0.0.1:1/hook",
    ],
)  # fmt: skip
def test_an_endpoint_is_https_and_public_unless_it_is_allowed(subs: Subscribing, endpoint: str) -> None:
    answer = subs.ask("POST", "/Subscription", subs.token(), json=subscription(endpoint))
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Subscription.channel"])
    assert endpoint not in answer.text


def test_who_holds_no_right_to_subscribe_does_not(subs: Subscribing, receiver: Receiver) -> None:
    for role in (Role.MA, Role.FRONT_DESK, Role.BILLER, Role.AUDITOR):
        answer = subs.ask("POST", "/Subscription", subs.token(role), json=subscription(receiver.url))
        assert answer.status_code == 403, role
    confined = subs.token(scopes="patient/*.cruds", patient="p1")
    assert subs.ask("POST", "/Subscription", confined, json=subscription(receiver.url)).status_code == 403


def test_a_header_is_in_no_answer_no_log_and_no_row(
    subs: Subscribing, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    token, entry = subs.token(), {"method": "POST", "url": "Subscription"}
    body = subscription(receiver.url, headers=[f"Authorization: {SECRET}"])
    with caplog.at_level(logging.DEBUG):
        answer = subs.ask("POST", "/Subscription", token, json=body)
        made = answer.json()["id"]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": entry, "resource": body}]}
        said = [answer.text, subs.ask("POST", "", token, json=bundle).text]
        subs.turn()
        paths = ("", f"/{made}", f"/{made}/_history", f"/{made}/$status", f"/{made}/$events", "/_history")
        said += [subs.ask("GET", f"/Subscription{path}", subs.token(Role.MANAGER)).text for path in paths]
        answer = subs.ask("POST", "/Subscription", token, json={**body, "criteria": f"{SECRET} x"})
        said.append(answer.text)
    assert {headers["Authorization"] for headers in receiver.headers} == {SECRET}
    assert "verysecretword" not in "\n".join(said)
    assert not [r for r in caplog.records if r.name.startswith("carewright") and "verysecretword" in r.getMessage()]
    with subs.clinic.store.driver.reading(subs.clinic.practice) as connection:
        rows = connection.rows(Sql("SELECT body FROM version WHERE practice = ?", (subs.clinic.practice,)))
        rows += connection.rows(Sql("SELECT detail FROM audit WHERE practice = ?", (subs.clinic.practice,)))
    assert "verysecretword" not in str(rows)


def test_a_sealed_header_stays_with_its_subscriber_and_endpoint(
    subs: Subscribing, receiver: Receiver, other: Receiver
) -> None:
    token = subs.token()
    made = subs.subscribe(token, subscription(receiver.url, headers=[f"Authorization: {SECRET}"]))
    read = subs.ask("GET", f"/Subscription/{made}", token).json()
    assert subs.ask("PUT", f"/Subscription/{made}", token, json=read).status_code == 200
    subs.turn()
    assert receiver.headers[-1]["Authorization"] == SECRET
    read = {**subs.ask("GET", f"/Subscription/{made}", token).json(), "status": "requested"}
    elsewhere = {**read, "channel": {**read["channel"], "endpoint": other.url}}
    stranger = subs.token(Role.MANAGER, actor="Device/stranger")
    patch = [{"op": "replace", "path": "/channel/endpoint", "value": other.url},
             {"op": "replace", "path": "/status", "value": "requested"}]  # fmt: skip
    kind = {"Content-Type": "application/json-patch+json"}
    copied = {name: value for name, value in read.items() if name != "id"}
    for answer in (
        subs.ask("PUT", f"/Subscription/{made}", token, json=elsewhere),
        subs.ask("PUT", f"/Subscription/{made}", stranger, json=read),
        subs.ask("PUT", f"/Subscription/{made}", stranger, json=elsewhere),
        subs.ask("POST", "/Subscription", stranger, json=copied),
        subs.ask("PATCH", f"/Subscription/{made}", token, json=patch, headers=kind),
    ):
        assert answer.status_code == 422, answer.text
        assert "sealed" in issue(answer)["diagnostics"]
    subs.turn()
    assert other.headers == []


def test_whoever_writes_it_last_is_who_it_is_for(subs: Subscribing, receiver: Receiver) -> None:
    """A colleague who changes a subscription takes it over: it is sent what they may see."""
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    narrow = subs.token(Role.MANAGER, actor="Device/narrow", scopes="user/Subscription.cruds")
    body = {**subscription(receiver.url), "id": made}
    assert subs.ask("PUT", f"/Subscription/{made}", narrow, json=body).status_code == 200
    subs.turn()
    subs.task()
    subs.turn(2)
    assert receiver.events() == []


def test_status_and_events_are_told_to_who_may_see_them(subs: Subscribing, receiver: Receiver) -> None:
    token = subs.token()
    made = subs.subscribe(token, subscription(receiver.url))
    subs.turn()
    very = [{"system": CONFIDENTIALITY, "code": "V"}]
    tasks = [subs.task() for _ in range(3)]
    subs.turn()
    subs.clinic.have({"resourceType": "Task", "id": tasks[1].partition("/")[2], "status": "requested",
                      "intent": "order", "for": {"reference": "Patient/p1"}, "meta": {"security": very}})  # fmt: skip
    status = subs.ask("GET", f"/Subscription/{made}/$status", token).json()
    assert (parameter(status, "status"), parameter(status, "events-since-subscription-start")) == ("active", "3")
    listed = subs.ask("GET", "/Subscription/$status?status=active", token).json()
    assert (listed["type"], listed["total"]) == ("searchset", 1)
    found = subs.ask("GET", f"/Subscription/{made}/$events?eventsSinceNumber=2&content=full-resource", token).json()
    assert [entry["resource"]["id"] for entry in found["entry"][1:]] == [tasks[2].partition("/")[2]]
    assert parameter(found, "type") == "query-event"
    posted = {"resourceType": "Parameters", "parameter": [{"name": "eventsUntilNumber", "valueString": "1"}]}
    found = subs.ask("POST", f"/Subscription/{made}/$events", token, json=posted).json()
    assert len(found["entry"]) == 2
    blind = subs.token(Role.MANAGER, scopes="user/Subscription.rs")
    assert len(subs.ask("GET", f"/Subscription/{made}/$events", blind).json()["entry"]) == 1
    assert subs.ask("GET", f"/Subscription/{made}/$events", subs.token(Role.MA)).status_code in (403, 404)
    assert subs.ask("GET", f"/Subscription/{made}/$events?eventsSinceNumber=x", token).status_code == 400


def test_the_statement_names_the_topics_and_each_is_explained(subs: Subscribing) -> None:
    statement = subs.client.get("/fhir/metadata").json()
    offered = next(one for one in statement["rest"][0]["resource"] if one["type"] == "Subscription")
    assert [one["valueCanonical"] for one in offered["extension"]] == list(TOPICS)
    assert PROFILE in offered["supportedProfile"]
    assert {"status", "events"} <= {one["name"] for one in offered["operation"]}
    assert all(url.startswith(TOPIC) for url in TOPICS)


def test_a_practice_has_so_many_subscriptions_and_no_more(
    subs: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_SUBSCRIPTIONS", 1)
    token = subs.token()
    made = subs.subscribe(token, subscription(receiver.url))
    more = subs.ask("POST", "/Subscription", token, json=subscription(receiver.url))
    assert (more.status_code, "at most 1" in issue(more)["diagnostics"]) == (422, True)
    again = {**subscription(receiver.url), "id": made}
    assert subs.ask("PUT", f"/Subscription/{made}", token, json=again).status_code == 200
    assert subs.ask("DELETE", f"/Subscription/{made}", token).status_code == 204
    subs.subscribe(token, subscription(receiver.url))


def test_a_filter_by_a_merged_chart_finds_both(subs: Subscribing, receiver: Receiver) -> None:
    filters = ["Task?patient=p1,Patient/p9"]
    made = subs.ask("POST", "/Subscription", subs.token(), json=subscription(receiver.url, filters=filters)).json()
    assert made["_criteria"]["extension"][0] == {"url": FILTER, "valueString": filters[0]}
    subs.turn()
    with subs.clinic.store.writer(everything(subs.clinic.practice)).transaction(reason="test.merge") as tx:
        tx.merge(Ref("Patient", "p2"), survivor=Ref("Patient", "p1"))
    task = subs.task("p2")
    subs.turn()
    assert [focus for _, focus in receiver.events()] == [task]
