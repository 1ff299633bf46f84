"""From a change to the receiver: handshake, events in order, again after a failure, never what may not be seen."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import Role
from carewright.core.access.sessions import CLIENT, authenticate, revoke
from carewright.core.smart import clients
from carewright.core.smart.model import ClientKind
from carewright.core.store import consumers, subscription_rows
from carewright.core.store.drivers.base import Connection
from carewright.core.store.sql import Sql
from carewright.core.subscriptions import model
from carewright.project import subscription_turns, subscriptions
from tests.subscriptions.receiving import Receiver, Subscribing, parameter, subscription


def test_a_handshake_then_events_in_their_order(subs: Subscribing, receiver: Receiver) -> None:
    subs.task()
    made = subs.subscribe(subs.token(), subscription(receiver.url, headers=["Authorization: Bearer hush"]))
    subs.turn()
    assert receiver.kinds() == ["handshake"]
    assert subs.status(made) == ("active", "")
    first, second = subs.task(), subs.task("p2")
    subs.turn(2)
    assert receiver.events() == [(1, first), (2, second)]  # and not the one of before
    assert {headers["Authorization"] for headers in receiver.headers} == {"Bearer hush"}
    bundle = receiver.got[-1]
    assert (bundle["type"], parameter(bundle, "topic")) == ("history", subscription("")["criteria"])
    assert parameter(bundle, "events-since-subscription-start") == "2"
    assert [entry["fullUrl"] for entry in bundle["entry"][1:]] == [
        f"http://testserver/fhir/{r}" for r in (first, second)
    ]
    assert all("resource" not in entry for entry in bundle["entry"][1:])


@pytest.mark.parametrize(("content", "shown"), [("empty", 0), ("id-only", 1), ("full-resource", 1)])
def test_the_content_is_what_was_asked_for(subs: Subscribing, receiver: Receiver, content: str, shown: int) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url, content=content))
    subs.turn()
    task = subs.task()
    subs.turn()
    entries = receiver.got[-1]["entry"][1:]
    assert len(entries) == shown
    assert [entry["resource"]["id"] for entry in entries if "resource" in entry] == (
        [task.partition("/")[2]] if content == "full-resource" else []
    )
    assert (task in str(receiver.got[-1])) == (content != "empty")


def test_filters_narrow_by_patient_and_code(subs: Subscribing, receiver: Receiver) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url, filters=["Task?patient=Patient/p2&status=ready"]))
    subs.turn()
    subs.task("p1", status="ready")
    subs.task("p2")
    wanted = subs.task("p2", status="ready")
    subs.turn()
    assert [focus for _, focus in receiver.events()] == [wanted]


def test_visits_and_results_are_told(subs: Subscribing, receiver: Receiver) -> None:
    token = subs.token()
    for topic in ("encounter-start", "encounter-end", "new-result"):
        subs.subscribe(token, subscription(receiver.url, topic))
    subs.turn()
    visit: dict[str, Any] = {"resourceType": "Encounter", "id": "v1", "status": "arrived", "class": {"code": "AMB"},
             "subject": {"reference": "Patient/p1"}}  # fmt: skip
    result: dict[str, Any] = {"resourceType": "DiagnosticReport", "id": "r1", "status": "registered",
              "code": {"text": "Urine"}, "subject": {"reference": "Patient/p1"}}  # fmt: skip
    for step in (visit, result, {**visit, "status": "in-progress"}, {**result, "status": "final"},
                 {**visit, "status": "finished"}, {**result, "status": "corrected", "conclusion": "x"}):  # fmt: skip
        subs.clinic.have(step)
    subs.turn(2)
    assert sorted(receiver.events()) == [
        (1, "DiagnosticReport/r1"), (1, "Encounter/v1"), (1, "Encounter/v1"), (2, "DiagnosticReport/r1")
    ]  # fmt: skip


def test_a_failure_is_tried_again_under_the_same_number_and_blocks_nobody(
    subs: Subscribing, receiver: Receiver, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription_turns, "FIRST_PAUSE_SECONDS", 0.0)
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.subscribe(subs.token(), subscription(other.url))
    subs.turn()
    receiver.answers += [500, 307, 404, 500, 500]
    tasks = [subs.task() for _ in range(3)]
    subs.turn(4)
    assert (receiver.events(), other.events()) == ([], list(enumerate(tasks, 1)))
    assert subs.status(made)[0] == "active"
    subs.turn()
    assert subs.status(made) == ("error", "The receiver does not answer, or not with 2xx; it is tried again.")
    subs.turn()
    assert receiver.events() == list(enumerate(tasks, 1))
    assert subs.status(made) == ("active", "")


def test_a_pause_grows_and_a_day_without_an_answer_is_the_end(subs: Subscribing, receiver: Receiver) -> None:
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    subs.task()
    receiver.answers += [500] * 100
    subs.turn(5)
    assert len(receiver.answers) == 99  # it waits
    for hours in (1, 25):
        subs.clinic.now += timedelta(hours=hours)
        subs.turn()
    assert subs.status(made) == ("off", "The receiver has not taken anything for a day.")
    left = len(receiver.answers)
    subs.turn(2)
    assert len(receiver.answers) == left


def test_a_redirect_is_not_followed(subs: Subscribing, receiver: Receiver) -> None:
    receiver.answers.append(307)
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    assert (receiver.got, subs.status(made)[0]) == ([], "requested")


def test_a_slow_receiver_holds_up_nobody(subs: Subscribing, receiver: Receiver, other: Receiver) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url))
    subs.subscribe(subs.token(), subscription(other.url))
    subs.turn()
    receiver.gate.clear()
    task = subs.task()
    try:
        for _ in range(40):
            subs.runner.step()
            if other.events():
                break
            time.sleep(0.1)
        assert (other.events(), receiver.events()) == ([(1, task)], [])
    finally:
        receiver.gate.set()


def test_what_the_subscriber_may_not_see_at_the_moment_of_sending_is_not_sent(
    subs: Subscribing, receiver: Receiver
) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url, content="full-resource"))
    subs.turn()
    hidden, shown = subs.task(), subs.task()
    very = [{"system": CONFIDENTIALITY, "code": "V"}]
    receiver.answers.append(500)
    subs.turn()  # numbered, not taken
    subs.clinic.have({"resourceType": "Task", "id": hidden.partition("/")[2], "status": "requested", "intent": "order",
                      "for": {"reference": "Patient/p1"}, "meta": {"security": very}})  # fmt: skip
    subs.task("p2", meta={"security": very})
    subs.clinic.now += timedelta(minutes=1)
    subs.turn(2)
    assert receiver.events() == [(2, shown)]
    assert hidden not in str(receiver.got)


def test_a_role_that_may_not_read_tasks_is_told_of_none(subs: Subscribing, receiver: Receiver) -> None:
    token = subs.token(Role.MANAGER, scopes="user/Subscription.cruds user/Patient.rs")
    subs.subscribe(token, subscription(receiver.url))
    subs.turn()
    subs.task()
    subs.turn(2)
    assert receiver.kinds() == ["handshake"]


def test_a_revoked_token_ends_the_subscription_at_once(subs: Subscribing, receiver: Receiver) -> None:
    token = subs.token()
    made = subs.subscribe(token, subscription(receiver.url))
    subs.turn()
    subs.task()
    session = authenticate(subs.clinic.store, token)
    assert session is not None
    revoke(subs.clinic.store, session)
    subs.turn()
    assert (receiver.kinds(), subs.status(made)[0]) == (["handshake"], "off")
    assert "revoked" in subs.status(made)[1]


def test_a_new_token_goes_on_where_the_old_one_stopped_and_off_begins_anew(
    subs: Subscribing, receiver: Receiver
) -> None:
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    first = subs.task()
    renewed = {**subscription(receiver.url), "id": made}
    assert subs.ask("PUT", f"/Subscription/{made}", subs.token(), json=renewed).status_code == 200
    subs.turn(2)
    assert receiver.events() == [(1, first)]
    for status in ("off", "requested"):
        assert subs.ask("PUT", f"/Subscription/{made}", subs.token(), json={**renewed, "status": status}).is_success
        subs.task()
    subs.turn(2)
    last = subs.task()
    subs.turn()
    assert receiver.events() == [(1, first), (2, last)]
    assert receiver.kinds().count("handshake") == 3


def test_a_heartbeat_says_that_nothing_has_happened(subs: Subscribing, receiver: Receiver) -> None:
    beat = {"extension": [{"url": model.HEARTBEAT, "valueUnsignedInt": 20}]}
    subs.subscribe(subs.token(), subscription(receiver.url, channel=beat))
    subs.turn(3)
    assert receiver.kinds() == ["handshake"]
    subs.clinic.now += timedelta(seconds=21)
    subs.turn(2)
    assert receiver.kinds() == ["handshake", "heartbeat"]


def test_an_end_ends_it(subs: Subscribing, receiver: Receiver) -> None:
    end = (subs.clinic.now + timedelta(hours=1)).isoformat()
    made = subs.subscribe(subs.token(), subscription(receiver.url, end=end))
    subs.turn()
    subs.clinic.now += timedelta(hours=2)
    subs.task()
    subs.turn()
    assert (receiver.kinds(), subs.status(made)) == (["handshake"], ("off", "It has come to its end."))


def test_whoever_dies_after_sending_sends_it_again_under_the_same_number(
    subs: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    tasks = [subs.task() for _ in range(3)]
    subs.turn()
    with subs.clinic.store.driver.writing(subs.clinic.practice) as connection:
        _forget_that_it_was_taken(connection, subs.clinic.practice)
    subs.turn()
    assert receiver.events() == [*enumerate(tasks, 1), *enumerate(tasks, 1)]


def _forget_that_it_was_taken(connection: Connection, practice: str) -> None:
    connection.execute(Sql("UPDATE subscription_state SET delivered = 0 WHERE practice = ?", (practice,)))


def test_another_process_does_not_send_beside_the_one_that_holds_the_lease(
    subs: Subscribing, receiver: Receiver
) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    second = subscriptions.SubscriptionRunner(subs.clinic.store, "another")
    subs.task()
    second.step(wait=True)
    assert receiver.events() == []
    subs.turn()
    assert len(receiver.events()) == 1
    second.close()


def test_more_than_a_notice_holds_goes_out_in_several(subs: Subscribing, receiver: Receiver) -> None:
    most = {"extension": [{"url": model.MOST, "valuePositiveInt": 2}]}
    subs.subscribe(subs.token(), subscription(receiver.url, channel=most))
    subs.turn()
    tasks = [subs.task() for _ in range(5)]
    subs.turn(2)
    assert receiver.events() == list(enumerate(tasks, 1))
    assert [len(bundle["entry"]) - 1 for bundle in receiver.got] == [0, 2, 2, 1]


def test_too_many_that_wait_are_the_end(subs: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_turns, "MAX_WAITING", 2)
    made = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    for _ in range(3):
        subs.task()
    receiver.answers.append(500)
    subs.turn()
    subs.clinic.now += timedelta(minutes=1)
    subs.turn()
    assert subs.status(made)[0] == "off"


def test_old_events_and_what_is_gone_are_thrown_away(
    subs: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, practice = subs.token(), subs.clinic.practice
    made = subs.subscribe(token, subscription(receiver.url))
    subs.turn()
    subs.task()
    subs.turn()
    subs.task()
    receiver.answers.append(500)
    subs.turn()
    assert subs.runner.purge(practice) == 0
    monkeypatch.setattr(subscriptions, "KEPT_FOR", timedelta(days=-3650))
    assert subs.runner.purge(practice) == 1, "the one that waits is kept"
    assert subs.ask("DELETE", f"/Subscription/{made}", token).status_code == 204
    assert subs.runner.purge(practice) == 2
    with subs.clinic.store.driver.reading(practice) as connection:
        assert subscription_rows.states(connection, practice) == []


def test_a_registered_program_is_told_beyond_its_short_tokens_until_it_is_disabled(
    subs: Subscribing, receiver: Receiver
) -> None:
    store, manager = subs.clinic.store, subs.clinic.access("mona")
    with_key = {"keys": [ECKey.generate_key("P-384", auto_kid=True).as_dict(private=False)]}
    wanted = clients.Wanted(name="Portal", kind=ClientKind.BACKEND, scopes="system/*.cruds", jwks=json.dumps(with_key),
                            roles=frozenset({Role.PROVIDER}))  # fmt: skip
    client, _ = clients.register(store, manager, wanted)
    short = subs.token(
        actor=client.actor, expires_at=store.clock.wall() + timedelta(minutes=5), data={CLIENT: client.client_id}
    )
    made = subs.subscribe(short, subscription(receiver.url))
    subs.turn()
    subs.clinic.now += timedelta(hours=1)
    task = subs.task()
    subs.turn()
    assert receiver.events() == [(1, task)]
    clients.disable(store, manager, client.client_id)
    subs.task()
    subs.turn()
    assert (receiver.events(), subs.status(made)[0]) == ([(1, task)], "off")
    assert "disabled" in subs.status(made)[1]


def test_what_comes_while_the_feed_is_read_has_one_number(
    subs: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    first = subs.task()
    late: list[str] = []
    look, writing = consumers.head, threading.Lock()

    def head(connection: Connection, practice: str) -> tuple[int, int]:
        found = look(connection, practice)
        if len(late) < 3 and writing.acquire(blocking=False):  # other threads look as well
            late.append(subs.task())  # behind the head that was looked at, before the feed is read
            writing.release()
        return found

    monkeypatch.setattr(consumers, "head", head)
    for _ in range(40):
        subs.turn()
    assert receiver.events() == list(enumerate([first, *late], 1))
