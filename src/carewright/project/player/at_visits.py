"""Visits: patients come in, are roomed, seen and sent home; rooms are turned over. All of it from the desk's list and
the board, as each person sees them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

from carewright.project.player import at_orders
from carewright.project.player.browser import Answer
from carewright.project.player.page import Form, form, forms, presses
from carewright.project.player.person import Person

LEFT_OPEN = ("patient_left", "left_early")
"""How the board offers to end a visit of an earlier day."""
NOT_HERE_AFTER = timedelta(minutes=30)
SHARE_WITH_ORDERS, SHARE_WITH_NEXT_VISIT, SHARE_WITH_VITALS, SHARE_WITH_TEST, SHARE_WITH_ASK = 0.3, 0.4, 0.6, 0.25, 0.15
SHARE_LEFT_FOR_LATER = 0.2
AT_ONCE = 3
TYPICAL = {
    "temperature": "98.6", "heart-rate": "92", "respiratory-rate": "20", "spo2": "98", "blood-pressure": "112",
    "blood-pressure-lower": "70",
}  # fmt: skip
_LINE = re.compile(r'<tr role="row" id="l-([^"]+)".*?</tr>', re.DOTALL)
_ROW = re.compile(r'<tr role="row" id="[^"]+" data-patient="([^"]*)".*?</tr>', re.DOTALL)
_ROOM = re.compile(r'hx-get="(/board/visit/[^"/]+/room)"')
_VISIT = re.compile(r"/(?:board/visit|rooming|visit)/([0-9a-f-]{36})")
_DONE_THERE = re.compile(r'id="go-[^"]+" href="(/(?:visit|rooming|messages/thread)/[0-9a-f-]{36})/?"')
_TILE = re.compile(r'hx-get="/board/room/([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the board: the patient and the visit, and what may be pressed (action → address, version)."""

    patient: str
    visit: str
    provider: str
    choose_room: str
    is_roomed: bool
    presses: dict[str, tuple[str, str]]


def board(person: Person) -> tuple[list[Row], str]:
    """The rows of the board as this person sees it, and the page."""
    page = person.browser.get("/board/").text
    return list(_rows(page)), page


def receive(person: Person) -> int:
    """Check in whoever has come; after a while, write down who has not."""
    page = person.browser.get("/desk/day").text
    done = 0
    for line in _LINE.finditer(page):
        appointment = line[1]
        comes = person.world.arrivals.get(appointment)
        if comes is None or f'id="in-{appointment}"' not in line[0]:
            continue
        if comes.at is not None and comes.at <= person.world.now():
            done += _check_in(person, appointment)
        elif comes.at is None and comes.due + NOT_HERE_AFTER <= person.world.now():
            done += _no_show(person, appointment)
    return done


def _check_in(person: Person, appointment: str) -> int:
    def press() -> Answer:
        return person.browser.post("/desk/check-in", {"appointment": appointment}, by_script=True)

    return person.tell("visit", appointment, press, at="check-in")


def _no_show(person: Person, appointment: str) -> int:
    found = form(person.browser.part(f"/desk/appointment/{appointment}").text, to="/step")
    if found is None or "no-show" not in found.buttons.get("step", ()):
        return 0
    return not person.went_wrong(person.browser.submit(found, step="no-show"), at="no-show")


def room_patients(person: Person) -> int:
    """Bring somebody who waits to a room, go on with a rooming, do what the provider has asked for."""
    rows, _ = board(person)
    person.rng.shuffle(rows)
    for row in rows:
        if "orders_done" in row.presses:
            _see_to_messages(person, row.visit)
            return _press(person, row, "orders_done")
        if row.is_roomed:
            return room_one(person, row.visit)
        if row.choose_room:
            return _to_a_room(person, row)
    return 0


def _to_a_room(person: Person, row: Row) -> int:
    choices = [f for f in forms(person.browser.part(row.choose_room).text) if f.buttons.get("room")]
    if not choices:
        return 0
    first: Form = choices[0]
    answer = person.browser.submit(first, room=first.buttons["room"][0])
    return 0 if person.went_wrong(answer, at="room") else room_one(person, row.visit)


def room_one(person: Person, visit: str) -> int:
    """The rooming page, line by line, then ready."""
    base = f"/rooming/{visit}"
    page = person.browser.get(f"{base}/identity").text
    if found := form(page, to="/name-and-birth-date"):
        person.went_wrong(person.browser.submit(found), at="identity")
    if asked := form(person.browser.get(f"{base}/allergies").text, to="/allergies/asked"):
        person.went_wrong(person.browser.submit(asked, asked="1"), at="allergies")
    if person.chance(SHARE_WITH_VITALS):
        _take_vitals(person, base)
    _do_what_protocols_brought(person, page)
    ready = form(page, to="/take")
    if ready is None or "mark_ready" not in ready.buttons.get("action", ()):
        return 0
    answer = person.browser.submit(ready, action="mark_ready")
    if not answer.is_done and (tell := form(person.browser.get(f"{base}/vitals").text, to="/vitals/tell")):
        whom = {"whom": tell.chosen("whom")[0]} if tell.chosen("whom") else {}
        person.went_wrong(person.browser.submit(tell, **whom), at="tell")
        return 1
    return not person.went_wrong(answer, at="ready")


def _take_vitals(person: Person, base: str) -> None:
    found = form(person.browser.get(f"{base}/vitals").text, to="/vitals/save")
    if found is None:
        return
    typed = {name: value for name, value in TYPICAL.items() if name in found.fields}
    sure = {f"{name}-right": "1" for name in typed if f"{name}-right" in found.fields}
    person.went_wrong(person.browser.submit(found, **typed, **sure, stay="1"), at="vitals")


def _do_what_protocols_brought(person: Person, page: str) -> None:
    """Each task in turn: asked for an order where none covers it, else done; some are left for the next line."""
    for found in forms(page):
        press = next((do for do in found.buttons.get("do", ()) if do != "again"), "")
        if "/brought/" not in found.action or not press or person.chance(SHARE_LEFT_FOR_LATER):
            continue
        person.went_wrong(person.browser.submit(found, do=press), at=f"brought {press}")


def see_to_what_is_left(person: Person) -> int:
    """What one's list says is done on the page of a visit, and is: its messages, and what its protocols brought."""
    listed = dict.fromkeys(_DONE_THERE.findall(person.browser.get("/worklist/list").text))
    for path in list(listed)[:AT_ONCE]:
        found = person.browser.get(path)
        page = (person.browser.get(found.location) if found.location else found).text
        _press_seen_to(person, page)
        _do_what_protocols_brought(person, page)
        if (close := form(page, to="/close")) is not None:
            person.went_wrong(person.browser.submit(close, outcome="done", note="Done"), at="close thread")
    return len(listed)


def _see_to_messages(person: Person, visit: str) -> None:
    _press_seen_to(person, person.browser.get(f"/rooming/{visit}/identity").text)


def _press_seen_to(person: Person, page: str) -> None:
    for found in forms(page):
        if "/messages/" in found.action:
            person.went_wrong(person.browser.submit(found), at="seen to")


def see_patients(person: Person) -> int:
    """Go in to one's own patients, ask for something, send them to check-out."""
    rows, _ = board(person)
    mine = [row for row in rows if person.world.is_ending or row.provider in ("", f"Practitioner/{person.id}")]
    done = 0
    for row in mine:
        if "provider_in" in row.presses:
            done += _press(person, row, "provider_in")
        elif "send_to_check_out" in row.presses:
            if person.chance(SHARE_WITH_TEST) and person.world.first_time("test", row.visit):
                done += at_orders.order_test(person, row.patient, row.visit)
            if person.chance(SHARE_WITH_ASK) and person.world.first_time("ask", row.visit):
                done += at_orders.ask_the_ma(person, row.visit)
            wants = person.chance(SHARE_WITH_ORDERS) and person.world.first_time("orders", row.visit)
            done += _ask_for_orders(person, row) if wants else _press(person, row, "send_to_check_out")
    return done


def _ask_for_orders(person: Person, row: Row) -> int:
    page = person.browser.get(f"/visit/{row.visit}").text
    message, step = form(page, to=f"/visit/{row.visit}/messages"), form(page, to="/take")
    if message is not None:
        key = f"message-{row.visit}"
        words = f"Urine cup, then call me ({key})"
        person.tell("message", key, lambda: person.browser.submit(message, words=words), at="message")
    if step is None or "orders_to_do" not in step.buttons.get("action", ()):
        return 0
    return not person.went_wrong(person.browser.submit(step, action="orders_to_do"), at="orders")


def check_out(person: Person) -> int:
    """Whoever is done goes home; for some the next visit is asked for. What was left open yesterday is ended."""
    rows, _ = board(person)
    done = 0
    for row in rows:
        if left := next((action for action in LEFT_OPEN if action in row.presses), ""):
            done += _press(person, row, left)
        if "finish" not in row.presses:
            continue
        if person.chance(SHARE_WITH_NEXT_VISIT) and person.world.first_time("next-visit", row.visit):
            _ask_for_next_visit(person, row.visit)
        done += _press(person, row, "finish")
    return done


def _ask_for_next_visit(person: Person, visit: str) -> None:
    found = form(person.browser.get(f"/checkout/{visit}").text, to="/next-visit")
    if found is None:
        return
    key = f"next-visit-{visit}"
    kind = found.fields.get("kind") or found.chosen("kind")[0]
    typed = {"amount": "3", "kind": kind, "reason": f"Look ({key})"}
    person.tell("order", key, lambda: person.browser.submit(found, **typed), at="next visit")


def turn_over_rooms(person: Person) -> int:
    """Take one empty room on: cleaned, stocked, ready."""
    _, page = board(person)
    rooms = _TILE.findall(page)
    if not rooms:
        return 0
    room = person.rng.choice(rooms)
    found = form(person.browser.part(f"/board/room/{room}").text, to="/step")
    steps = [
        step for step in (found.buttons.get("action", ()) if found else ()) if step in ("clean", "stock", "make_ready")
    ]
    if found is None or not steps:
        return 0
    return not person.went_wrong(person.browser.submit(found, action=steps[0]), at="room step")


def _press(person: Person, row: Row, action: str) -> int:
    address, version = row.presses[action]
    answer = person.browser.post(address, {"action": action, "version": version}, by_script=True)
    return not person.went_wrong(answer, at=action)


def _rows(page: str) -> Iterator[Row]:
    for found in _ROW.finditer(page):
        text = unescape(found[0])
        visit, room = _VISIT.search(text), _ROOM.search(text)
        if visit is None:
            continue
        provider = re.search(r'data-provider="([^"]*)"', text)
        yield Row(
            patient=found[1], visit=visit[1], provider=provider[1] if provider else "",
            choose_room=room[1] if room else "", is_roomed='href="/rooming/' in text, presses=dict(_pressed(found[0])),
        )  # fmt: skip


def _pressed(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for address, values in presses(text):
        said = json.loads(values)
        if "action" in said:
            yield said["action"], (address, str(said.get("version", "")))
