"""Calling for help, answering, and what screens show of it, on both engines."""

import threading

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import NotFound, Ref
from carewright.skills.emergency import actions, queries
from carewright.skills.emergency.model import Event
from tests.clinic import Clinic
from tests.pages import Pages

HTMX = {"HX-Request": "true"}


def call(clinic: Clinic, name: str = "dana", *, site: str = "main-st") -> Ref:
    return actions.call_for_help(
        clinic.writer(name), site=site, room="room-4", room_name="Room 4", job="emergency-code-team", at=clinic.later()
    )


def test_a_call_is_on_its_site_until_it_is_over_and_has_a_timed_record(clinic: Clinic) -> None:
    ref = call(clinic)
    actions.answer(clinic.writer("lena"), call_id=ref.id, at=clinic.later())
    actions.note(clinic.writer("lind"), call_id=ref.id, words="AED on, no shock advised", at=clinic.later())
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        (shown,) = queries.open_calls(reader, site="main-st")
        assert queries.open_calls(reader, site="lakeview") == []
    assert (shown.room_name, shown.job, shown.called_by, shown.coming) == (
        "Room 4", "emergency-code-team", "Dana", ("Lena",),
    )  # fmt: skip
    actions.end(clinic.writer("lind"), call_id=ref.id, at=clinic.later())
    actions.note(clinic.writer("nora"), call_id=ref.id, words="Handed over to the ambulance", at=clinic.later())
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        assert queries.open_calls(reader, site="main-st") == []
        record = queries.record(reader, ref.id)
    assert [line.event for line in record.lines] == [
        Event.CALLED, Event.COMING, Event.NOTED, Event.OVER, Event.NOTED,
    ]  # fmt: skip
    assert [line.at for line in record.lines] == sorted(line.at for line in record.lines)


@pytest.mark.parametrize("name", ["bill", "audra", "fay", "priya"])
def test_everybody_may_call_and_nobody_gets_more_by_it(clinic: Clinic, name: str) -> None:
    ref = call(clinic, name)
    actions.answer(clinic.writer(name), call_id=ref.id, at=clinic.later())
    if name in ("bill", "audra", "priya"):
        task = {"resourceType": "Task", "status": "requested", "intent": "order"}
        with pytest.raises(AccessDenied), clinic.writer(name).transaction(reason="test.more") as tx:
            tx.create(task)


def test_answers_at_the_same_moment_are_all_kept(clinic: Clinic) -> None:
    ref = call(clinic)
    names = ["dana", "lena", "fay", "nora", "lind", "mona"]
    at = clinic.later()
    threads = [
        threading.Thread(target=lambda name=name: actions.answer(clinic.writer(name), call_id=ref.id, at=at))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        assert sorted(queries.record(reader, ref.id).coming) == sorted(name.title() for name in names)


def test_a_task_that_is_no_call_is_not_answered(clinic: Clinic) -> None:
    (other,) = clinic.have({"resourceType": "Task", "status": "requested", "intent": "order"})
    with pytest.raises(NotFound):
        actions.answer(clinic.writer(), call_id=other.id, at=clinic.later())
    with pytest.raises(NotFound):
        actions.end(clinic.writer(), call_id="nowhere", at=clinic.later())
    with pytest.raises(ValueError, match="says something"):
        actions.note(clinic.writer(), call_id=other.id, words="  ", at=clinic.later())
    with pytest.raises(ValueError, match="no job"):
        actions.call_for_help(clinic.writer(), site="main-st", room="r", room_name="R", job="pizza", at=clinic.later())


def test_the_button_of_a_page_calls_and_every_screen_of_the_site_shows_room_and_job(pages: Pages) -> None:
    dana, fay = pages.client("dana"), pages.client("fay")
    page = dana.get("/search").content.decode()
    assert all(words in page for words in ("Room 4", "Code team", "Bring the AED", "Needs help now"))
    sent = dana.post("/emergency/", {"room": "room-4", "job": "emergency-aed"}, headers=HTMX)
    assert (sent.status_code, sent["HX-Trigger"]) == (204, "live:emergency")
    shown = fay.get("/emergency/open", headers=HTMX).content.decode()
    assert all(words in shown for words in ("Room 4", "Bring the AED", "Dana Cole", "10:40 AM", "I’m coming"))
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    assert fay.get(f"/emergency/open?seen={seen}", headers=HTMX).status_code == 204
    (row,) = pages.clinic.rows("emergency")
    assert "Coming: Fay Cole" in fay.post(f"/emergency/{row['id']}/coming", headers=HTMX).content.decode()
    assert fay.get(f"/emergency/open?seen={seen}", headers=HTMX).status_code == 200
    record = dana.post(f"/emergency/{row['id']}/note", {"words": "AED on"}, follow=True).content.decode()
    assert "AED on" in record
    assert "Fay Cole" in record
    gone = dana.post(f"/emergency/{row['id']}/over", headers=HTMX).content.decode()
    assert "Room 4" not in gone


def test_a_locked_screen_shows_it_too_without_the_buttons(pages: Pages) -> None:
    dana, fay = pages.client("dana"), pages.client("fay")
    fay.post("/lock", headers=HTMX)
    dana.post("/emergency/", {"room": "room-4", "job": "emergency-aed"}, headers=HTMX)
    shown = fay.get("/emergency/open", headers=HTMX).content.decode()
    assert "Room 4" in shown
    assert "<button" not in shown


def test_without_scripts_the_record_opens(pages: Pages) -> None:
    answer = pages.client("dana").post("/emergency/", {"room": "room-1", "job": "emergency-help"}, follow=True)
    assert answer.status_code == 200
    assert "Called for help" in answer.content.decode()


@pytest.mark.parametrize("wrong", [{"room": "elsewhere", "job": "emergency-aed"}, {"room": "room-4", "job": "x"}, {}])
def test_a_call_without_a_room_or_job_says_so(pages: Pages, wrong: dict[str, str]) -> None:
    assert pages.client("dana").post("/emergency/", wrong).status_code == 422
