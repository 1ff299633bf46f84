"""The phone: a call from the first key to its end, and those who are called back."""

import re
from collections.abc import Mapping

from carewright.project.player.happenings import Happening, What
from carewright.project.player.page import Form, form
from carewright.project.player.person import Person

REASONS: Mapping[What, str] = {
    What.WORRIED_PARENT: "symptom", What.REFILL: "refill", What.RESULT_QUESTION: "result",
    What.APPOINTMENT_QUESTION: "appointment", What.CHEST_PAIN: "symptom",
}  # fmt: skip
ENDS: Mapping[What, str] = {What.WRONG_NUMBER: "wrong-number", What.HUNG_UP: "hung-up"}
SHARE_LEFT_OPEN = 0.1
SHARE_REACHED = 0.7
_FOUND = re.compile(r'name="patient" value="([^"]+)"')
_GO_ON = re.compile(r'href="(/phone/call/[^"]+/go-on)"')


def answer(person: Person, happening: Happening) -> None:
    """Take a call as the page asks: emergency, number, who, why; then send it on, or end it."""
    opened = form(person.browser.get("/phone/").text, to="/finish")
    if opened is None:
        return
    call, said = opened.fields["care_key"], happening.values
    typed = {
        "number": said["number"], "words": happening.words, "said_name": said["name"], "said_born": said["born"],
        "reason": REASONS.get(happening.what, ""),
    }  # fmt: skip
    person.world.ledger.sent("call", call)
    asked = {"red_flag": "chest"} if happening.what is What.CHEST_PAIN else {"emergency": "no"}
    first = person.browser.post("/phone/emergency", {**opened.fields, **typed, **asked}, by_script=True)
    if person.went_wrong(first, at="emergency question"):
        return
    person.world.ledger.promised("call", call, resource_id=call)
    if said["says_name"] and happening.what in REASONS:
        _identify(person, opened, typed, said["patient"])
    if person.chance(SHARE_LEFT_OPEN):
        return  # called away: the call is theirs to finish, and stands on their list
    end = ENDS.get(happening.what, "send-on")
    done = person.browser.submit(opened, **typed, end=end)
    person.went_wrong(done, at="call")


def _identify(person: Person, opened: Form, typed: Mapping[str, str], patient: str) -> None:
    page = person.browser.post("/phone/find", {**opened.fields, **typed}, by_script=True).text
    if patient in _FOUND.findall(page):
        sent = {**opened.fields, **typed, "patient": patient}
        person.went_wrong(person.browser.post("/phone/identify", sent, by_script=True), at="identify")


def call_back(person: Person, path: str) -> int:
    """What the page of a call asks of this person: take over, call back, write the letter, finish it."""
    page = person.browser.get(path).text
    if over := form(page, to="/take-over"):
        return not person.went_wrong(person.browser.submit(over), at="take over")
    letter = form(page, to="/step")
    if letter is not None and "letter" in letter.buttons.get("step", ()):
        return not person.went_wrong(person.browser.submit(letter, step="letter"), at="letter")
    if tried := form(page, to="/attempt"):
        reached = person.world.is_ending or person.rng.random() < SHARE_REACHED
        outcome = "reached" if reached else "no-answer"
        return not person.went_wrong(person.browser.submit(tried, outcome=outcome, words="Spoke"), at="call back")
    if left_half_way := form(page, to="/pick-up"):
        if person.went_wrong(person.browser.submit(left_half_way), at="pick up"):
            return 0
        page = person.browser.get(path).text
    if left := _GO_ON.search(page):
        opened = form(person.browser.get(left[1]).text, to="/finish")
        if opened is not None:
            fields = {"number": opened.fields.get("number") or "651-555-0199"}
            return not person.went_wrong(person.browser.submit(opened, **fields, end="send-on"), at="finish call")
    return 0
