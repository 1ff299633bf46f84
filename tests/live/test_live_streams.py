"""Streams end to end on both engines: who hears what, how soon, and when a stream ends."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest

from carewright.core.access.model import Role
from carewright.core.access.sessions import SESSION_COOKIE, SessionKind, authenticate, lock, revoke
from carewright.live import app as live_app
from carewright.live import hub as live_hub
from tests.live.listening import Feed
from tests.store.people import heart_rate, patient

VISIT = {"resourceType": "Encounter", "status": "arrived", "class": {"code": "AMB"}}


def get(feed: Feed, secret: str | None, path: str = "/live/events") -> httpx.Response:
    headers = {"Cookie": f"{SESSION_COOKIE}={secret}"} if secret else {}
    return httpx.get(feed.url + path, headers=headers)


def test_a_write_reaches_an_open_page_at_once(feed: Feed) -> None:
    with feed.listen(feed.secret()) as stream:
        assert (stream.status, stream.content_type) == (200, "text/event-stream; charset=utf-8")
        for _ in range(3):
            begun = time.monotonic()
            ref = feed.write(patient(name="Verysecretname"))
            event = stream.next()
            assert event is not None
            assert event.at - begun < 3  # a second at most (./run bench board), and what a busy test machine adds
            assert event.kind == "change"
            assert event.data == {"topics": ["Patient", "board", f"patient/{ref.id}"], "version": event.id}
        assert "Verysecret" not in "\n".join(stream.lines)


def test_a_stream_tells_only_the_topics_that_it_was_opened_for(feed: Feed) -> None:
    with feed.listen(feed.secret(), path="/live?topics=Encounter,other") as stream:
        feed.write(patient())
        assert stream.quiet(1.5)
        feed.write(VISIT)
        event = stream.next()
        assert event is not None
        assert event.data["topics"] == ["Encounter"]


def test_nobody_hears_of_what_they_may_not_see(feed: Feed) -> None:
    feed.store.ensure_practice("live-other", "Another practice")
    desk = feed.secret(Role.FRONT_DESK)
    other = feed.secret(Role.MA, practice="live-other")
    with feed.listen(desk) as at_desk, feed.listen(other) as elsewhere, feed.listen(feed.secret()) as in_room:
        feed.write(heart_rate("Patient/x"))
        labelled = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]}
        feed.write(patient(meta=labelled))
        told: set[str] = set()
        while not {"Observation", "Patient"} <= told:
            event = in_room.next()
            assert event is not None
            told.update(event.data["topics"])
        assert at_desk.quiet(1.5)
        assert elsewhere.quiet(0.1)
        feed.write(patient())
        event = at_desk.next()
        assert event is not None
        assert event.data["topics"][:2] == ["Patient", "board"]


def test_many_changes_go_out_together(feed: Feed) -> None:
    with feed.listen(feed.secret(), path="/live/events?topics=board") as stream:
        begun = time.monotonic()
        writes = 0
        while time.monotonic() - begun < 1:
            feed.write(VISIT)
            writes += 1
        time.sleep(1)
        events = list(iter(lambda: None if stream.arrived.empty() else stream.next(0.1), None))
        assert writes > len(events) > 0
        # Counted over the whole: one alone may be heard late, and the next one soon behind it.
        assert len(events) <= (events[-1].at - begun) / 0.25 + 2
        assert all(event.data["topics"] == ["board"] for event in events)


def test_a_page_that_was_away_hears_what_changed_meanwhile(feed: Feed) -> None:
    secret = feed.secret()
    feed.write(patient())
    with feed.listen(secret) as stream:
        position = stream.id
        assert position
    ref = feed.write(VISIT)
    assert ref
    with feed.listen(secret, headers={"Last-Event-ID": position}) as stream:
        event = stream.next()
        assert event is not None
        assert event.data["topics"] == ["Encounter", "board"]
        position = event.id
    with feed.listen(secret, path=f"/live/events?after={position}") as stream:
        assert stream.quiet(1)


def test_a_page_that_was_just_made_is_told_what_changed_since(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its position may be ahead of what the other streams have heard so far."""
    secret = feed.secret()
    with feed.listen(secret) as other:
        monkeypatch.setattr(feed.store.driver, "announce", lambda: None)
        feed.write(patient())
        made = feed.store.feed_position(feed.practice)
        with feed.listen(secret, path=f"/live?after={made}") as stream:
            assert stream.quiet(0.1), "what the page shows already is not told again"
            feed.write(VISIT)
            event = stream.next()
            assert event is not None
            assert (event.kind, event.data["topics"]) == ("change", ["Encounter", "board"])
        told = other.next()
        assert told is not None
        assert told.kind == "change"


def test_a_page_that_was_away_too_long_is_told_to_start_over(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = feed.secret()
    with feed.listen(secret) as stream:
        position = stream.id
    monkeypatch.setattr(live_hub, "PAGE", 2)
    monkeypatch.setattr(live_hub, "CATCH_UP", 4)
    for _ in range(4):
        feed.write(VISIT)
    with feed.listen(secret, headers={"Last-Event-ID": position}) as stream:
        event = stream.next()
        assert event is not None
        assert event.kind == "reset"
        ahead = ".".join(str(int(part) + 10**6) for part in event.id.split("."))
    with feed.listen(secret, headers={"Last-Event-ID": ahead}) as stream:
        event = stream.next()
        assert event is not None
        assert event.kind == "reset"


@pytest.mark.parametrize(("end", "reason"), [(revoke, "over"), (lock, "locked")])
def test_a_stream_ends_within_five_seconds_of_a_lock_or_revocation(feed: Feed, end, reason: str) -> None:
    secret = feed.secret()
    session = authenticate(feed.store, secret)
    assert session is not None
    with feed.listen(secret) as stream, feed.listen(feed.secret()) as another:
        begun = time.monotonic()
        end(feed.store, session)
        event = stream.next(5)
        assert event is not None
        assert (event.kind, event.data) == ("end", {"reason": reason})
        assert stream.next(5 - (time.monotonic() - begun)) is None
        assert another.quiet(0.1)
    assert get(feed, secret).status_code == (401 if reason == "over" else 403)


def test_a_session_that_expires_ends_its_stream(feed: Feed) -> None:
    secret = feed.secret(expires_at=feed.store.clock.wall() + timedelta(seconds=1))
    with feed.listen(secret) as stream:
        event = stream.next(6)
        assert event is not None
        assert event.data == {"reason": "over"}


def test_only_a_signed_in_person_may_listen(feed: Feed) -> None:
    token = feed.secret(kind=SessionKind.TOKEN, scopes="user/*.rs")
    assert [get(feed, secret).status_code for secret in (None, "guessed", token)] == [401, 401, 401]


@pytest.mark.parametrize(
    "query", ["topics=a%20b/%2e%2e/c", "topics=" + "x" * 200, "after=yesterday", "after=1.2.3", "topics=1"]
)
def test_what_cannot_be_listened_to_is_400(feed: Feed, query: str) -> None:
    assert get(feed, feed.secret(), f"/live/events?{query}").status_code == 400


def test_one_sign_on_keeps_a_bounded_number_of_streams(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_app, "MAX_STREAMS", 2)
    secret = feed.secret()
    with feed.listen(secret), feed.listen(secret):
        assert get(feed, secret).status_code == 429
        with feed.listen(feed.secret()) as other:
            assert other.status == 200
    deadline = time.monotonic() + 5
    while feed.open_streams() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert feed.open_streams() == 0
    with feed.listen(secret) as again:
        assert again.status == 200


def test_open_streams_do_not_hold_the_servers_shutdown(feed: Feed) -> None:
    with feed.listen(feed.secret()) as stream:
        begun = time.monotonic()
        feed.stop()
        assert stream.next(5) is None
        assert time.monotonic() - begun < 3


def test_nothing_runs_while_nobody_listens(feed: Feed) -> None:
    def following() -> bool:
        return any(task.get_name() == "live-hub" for task in asyncio.all_tasks(feed.loop()))

    assert not following()
    with feed.listen(feed.secret()):
        assert following()
    deadline = time.monotonic() + 5
    while following() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not following()


def test_a_lost_announcement_costs_a_second_and_no_more(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    with feed.listen(feed.secret()) as stream:
        monkeypatch.setattr(feed.store.driver, "announce", lambda: None)
        begun = time.monotonic()
        feed.write(patient())
        event = stream.next()
        assert event is not None
        assert event.at - begun < 2
