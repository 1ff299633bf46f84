"""What comes in on a day of the play, and what a page would send: the player's pure parts."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from carewright.project.player.happenings import AT_MOST, NORMAL, Caller, Happening, What, arrival, day
from carewright.project.player.laboratory import Message, report
from carewright.project.player.ledger import Ledger
from carewright.project.player.page import form, presses

ZONE = ZoneInfo("America/Chicago")
MONDAY = date(2026, 11, 23)
PATIENTS = [Caller(id=f"p{n}", name=f"Ada {n}", born=date(2019, 1, 1)) for n in range(5)]


def happened(*, seed: int = 1) -> tuple[Happening, ...]:
    return day(seed, MONDAY, rate=1, patients=PATIENTS, zone=ZONE)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert happened() == happened()
    assert happened() != happened(seed=2)


def test_every_kind_occurs_the_rate_multiplies_it_and_a_key_is_given_once() -> None:
    days = [day(1, MONDAY + timedelta(days=n), rate=3, patients=PATIENTS, zone=ZONE) for n in range(60)]
    listed = [happening for of_day in days for happening in of_day]
    counted = Counter(happening.what for happening in listed)
    assert set(counted) == set(What) == set(NORMAL)
    for what, kind in NORMAL.items():
        if what not in AT_MOST:
            assert abs(counted[what] - 180 * kind.a_day) <= 0.25 * 180 * kind.a_day, what
    assert len({happening.key for happening in listed}) == len(listed)


def test_some_come_late_and_some_never() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
    drawn = [arrival(1, f"a{n}", at) for n in range(400)]
    assert 5 <= sum(one.at is None for one in drawn) <= 40
    assert 40 <= sum(one.at is not None and one.at > at for one in drawn) <= 100


def test_a_form_sends_what_stands_in_it() -> None:
    page = """<form method="post" action="/a/step"><input type="hidden" name="care_key" value="k1">
    <input type="radio" name="how" value="x"><input type="radio" name="how" value="y" checked>
    <select name="room"><option value="">-</option><option value="r1" selected>1</option></select>
    <textarea name="words">said &amp; done</textarea><input type="file" name="paper">
    <button name="step" value="go">Go</button></form>
    <button hx-post="/b" hx-vals='{"version":3}'>Press</button>"""
    found = form(page, to="/step")
    assert found is not None
    assert dict(found.fields) == {"care_key": "k1", "how": "y", "room": "r1", "words": "said & done"}
    assert found.chosen("room") == ("r1",)
    assert found.choices["how"] == ("x", "y")
    assert found.buttons["step"] == ("go",)
    assert form(page, to="/other") is None
    assert list(presses(page)) == [("/b", '{"version":3}')]


def test_what_is_sent_is_promised_only_when_it_was_said() -> None:
    ledger = Ledger()
    ledger.sent("call", "a")
    ledger.sent("call", "b")
    ledger.promised("call", "b", resource_id="id-b")
    ledger.sent("call", "b")
    assert [(entry.key, entry.is_promised) for entry in ledger.of("call")] == [("a", False), ("b", True)]


def test_a_report_that_is_sent_again_is_the_same_and_names_its_order_and_every_value() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
    coding = {"system": "http://loinc.org", "code": "24321-2"}
    order = {
        "resourceType": "ServiceRequest", "id": "o1", "subject": {"reference": "Patient/p"},
        "code": {"coding": [coding]},
    }  # fmt: skip
    first = Message(at=at, order="o1", number=0, status="preliminary")
    sent = report(order, first, now=at)
    assert sent == report(order, first, now=at)
    *values, whole = sent
    assert len(values) == 4
    assert whole["result"] == [{"reference": f"Observation/{one['id']}"} for one in values]
    assert {one["basedOn"][0]["reference"] for one in sent} == {"ServiceRequest/o1"}
    assert {one["status"] for one in sent} == {"preliminary"}
    later = report(order, Message(at=at, order="o1", number=1, status="final"), now=at)
    assert [one["id"] for one in later] == [one["id"] for one in sent]
    assert later != sent
