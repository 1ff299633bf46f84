"""A subscription that fails for good is somebody's to see to: one task, until it works again or is gone."""

from datetime import timedelta
from typing import Any

import pytest

from carewright.core.access.model import Role
from carewright.core.access.sessions import authenticate, revoke
from carewright.core.store.model import Ref, Refused
from carewright.core.subscriptions.model import OFF_SINCE
from carewright.core.subscriptions.owed import OWED
from carewright.core.work import actions, fhir
from carewright.core.work.model import End, WorkTask, derived_id
from tests.pages import open_pages
from tests.screens.filled import text_of
from tests.subscriptions.receiving import Receiver, Subscribing, subscription

AGAIN = {"status": "requested"}


def task_of(subs: Subscribing, made: str) -> WorkTask | None:
    clinic = subs.clinic
    with clinic.store.reader(clinic.access("mona"), reason="test") as reader:
        found = reader.resource_or_none(OWED.task_of(Ref("Subscription", made), OWED.legs[0]))
    return fhir.from_fhir(found) if found else None


def open_task(subs: Subscribing, made: str) -> WorkTask:
    found = task_of(subs, made)
    assert found is not None
    assert found.is_open
    return found


def a_day_without_an_answer(subs: Subscribing, receiver: Receiver) -> None:
    subs.turn()
    subs.task()
    receiver.answers += [500] * 3
    subs.turn()
    subs.clinic.now += timedelta(hours=25)
    subs.turn()


def off(subs: Subscribing, receiver: Receiver) -> str:
    """A subscription whose receiver has not answered for a day."""
    made = subs.subscribe(subs.token(), subscription(receiver.url, headers=["Authorization: Bearer hush"]))
    a_day_without_an_answer(subs, receiver)
    receiver.answers.clear()
    assert subs.status(made)[0] == "off"
    return made


def write(subs: Subscribing, made: str, **changes: Any) -> None:
    """Its subscriber writes it anew by the API."""
    token = subs.token()
    body = subs.ask("GET", f"/Subscription/{made}", token).json()
    answer = subs.ask("PUT", f"/Subscription/{made}", token, json={**body, **changes})
    assert answer.status_code == 200, answer.text


def test_the_task_is_the_manager_s_has_a_date_and_is_made_once(subs: Subscribing, receiver: Receiver) -> None:
    made = off(subs, receiver)
    first = open_task(subs, made)
    assert first.pool is not None
    assert (first.pool.role, first.focus) == (Role.MANAGER, f"Subscription/{made}")
    assert first.due_at is not None
    assert first.due_at == subs.clinic.now.replace(hour=15) + timedelta(days=1)  # eight hours of Tuesday, 16:40
    subs.turn(3)
    assert open_task(subs, made) == first
    with pytest.raises(Refused, match="still to be done"):
        actions.end(subs.clinic.writer("mona"), task_id=first.id, how=End.NOT_NEEDED, why="Later", at=subs.clinic.now)


def test_it_ends_when_the_receiver_answers_again_and_not_before(subs: Subscribing, receiver: Receiver) -> None:
    made = off(subs, receiver)
    receiver.answers += [500]
    write(subs, made, **AGAIN)
    subs.turn()
    assert (subs.status(made)[0], open_task(subs, made).is_open) == ("requested", True)
    subs.clinic.now += timedelta(minutes=1)
    subs.turn()
    assert subs.status(made) == ("active", "")
    ended = task_of(subs, made)
    assert ended is not None
    assert not ended.is_open
    assert OFF_SINCE not in subs.ask("GET", f"/Subscription/{made}", subs.token()).text


def test_failing_again_opens_the_same_task(subs: Subscribing, receiver: Receiver) -> None:
    made = off(subs, receiver)
    write(subs, made, **AGAIN)
    a_day_without_an_answer(subs, receiver)
    assert subs.status(made)[0] == "off"
    again = open_task(subs, made)
    assert again.id == derived_id(made, "program-not-told")
    assert again.due_at is not None
    assert again.due_at > subs.clinic.now


@pytest.mark.parametrize("way", ["remove", "switch off"])
def test_it_ends_when_the_program_wants_nothing_any_more(subs: Subscribing, receiver: Receiver, way: str) -> None:
    made = off(subs, receiver)
    if way == "remove":
        assert subs.ask("DELETE", f"/Subscription/{made}", subs.token(Role.MANAGER)).status_code == 204
    else:
        write(subs, made, status="off")
    ended = task_of(subs, made)
    assert ended is not None
    assert not ended.is_open


def test_one_that_was_mended_before_can_be_removed_too(subs: Subscribing, receiver: Receiver) -> None:
    made = off(subs, receiver)
    write(subs, made, **AGAIN)
    subs.turn()
    assert subs.ask("DELETE", f"/Subscription/{made}", subs.token(Role.MANAGER)).status_code == 204
    kept = task_of(subs, made)
    assert kept is not None
    assert (kept.focus, kept.produced) == ("", ())


def test_what_ends_as_it_was_meant_to_and_what_is_tried_asks_nobody(subs: Subscribing, receiver: Receiver) -> None:
    soon = (subs.clinic.store.clock.wall() + timedelta(minutes=5)).isoformat()
    ends = subs.subscribe(subs.token(), subscription(receiver.url, end=soon))
    fails = subs.subscribe(subs.token(), subscription(receiver.url))
    subs.turn()
    receiver.answers += [500] * 20
    subs.task()
    for _ in range(6):
        subs.clinic.now += timedelta(minutes=6)
        subs.turn()
    assert [subs.status(one)[0] for one in (ends, fails)] == ["off", "error"]
    assert [task_of(subs, one) for one in (ends, fails)] == [None, None]


def test_a_revoked_token_is_somebody_s_to_see_to(subs: Subscribing, receiver: Receiver) -> None:
    token = subs.token()
    made = subs.subscribe(token, subscription(receiver.url))
    subs.turn()
    session = authenticate(subs.clinic.store, token)
    assert session is not None
    revoke(subs.clinic.store, session)
    subs.turn()
    assert open_task(subs, made).code.code == "program-not-told"


def test_a_program_cannot_say_that_it_failed_or_that_it_did_not(
    subs: Subscribing, receiver: Receiver, other: Receiver
) -> None:
    forged: dict[str, Any] = {
        "error": "Made up",
        "extension": [{"url": OFF_SINCE, "valueInstant": "2020-01-01T00:00:00Z"}],
    }
    made = subs.subscribe(subs.token(), subscription(other.url, **forged))
    assert subs.status(made) == ("requested", "")
    assert task_of(subs, made) is None
    failed = off(subs, receiver)
    why = subs.status(failed)[1]
    write(subs, failed, **AGAIN, **{**forged, "error": "All is well"})
    assert subs.status(failed) == ("requested", why)
    assert open_task(subs, failed).is_open


def test_the_manager_finds_it_in_their_list_and_mends_it(subs: Subscribing, receiver: Receiver) -> None:
    made = off(subs, receiver)
    pages = open_pages(subs.clinic)
    mona, page = pages.client("mona"), f"/apps/subscriptions/{made}"
    assert "no longer told what happens" in text_of(mona.get("/worklist/"))
    assert f'href="{page}"' in mona.get(f"/worklist/task/{open_task(subs, made).id}").content.decode()
    assert f'href="{page}"' in mona.get("/apps").content.decode()
    shown = text_of(mona.get(page))
    for words in ("task-change", "127.0.0.1", "has not taken anything for a day", "Receiver", "Off: nothing is sent"):
        assert words in shown
    assert not {"/hook", "hush"} & set(shown.split())
    for _ in range(2):  # pressed twice
        assert mona.post(f"{page}/again").status_code == 302
    subs.turn()
    assert (receiver.kinds()[-1], subs.status(made)) == ("handshake", ("active", ""))
    following = subs.task()
    subs.turn()
    assert receiver.events()[-1][1] == following
    assert "Works" in text_of(mona.get(page))
    assert mona.post(f"{page}/again").status_code in (409, 422)
    for _ in range(2):
        assert mona.post(f"{page}/remove").status_code == 302
    assert mona.get(page)["Location"] == mona.post(f"{page}/remove")["Location"] == "/apps"
    assert "task-change" not in text_of(mona.get("/apps"))
