"""Next for you, STAT calls, referrals, a colleague who is sick: what people find on their lists, and put there."""

import re
from datetime import timedelta

from carewright.project.player import at_phone
from carewright.project.player.happenings import Happening, What
from carewright.project.player.page import form, forms
from carewright.project.player.person import Person

AT_ONCE = 4
SHARE_HELD, SHARE_PUT_BACK, SHARE_HANDED_OVER = 0.06, 0.06, 0.05
TAKERS = ("role:front-desk", "role:ma", "role:nurse", "role:provider")
_HAND_ON = re.compile(r'id="go-[^"]+" href="/worklist/task/([^"/]+)"')
_CALL = re.compile(r'href="(/phone/call/[0-9a-f-]{36})"')
_REFERRAL = re.compile(r'href="/referrals/([0-9a-f-]{36})"')
_TASK = re.compile(r"/worklist/task/([^/]+)/step")


def next_for_me(person: Person) -> int:
    """The first few of one's list: call back, take, begin, done; now and then put back, wait, hand over."""
    page = person.browser.get("/worklist/list").text
    done = sum(at_phone.call_back(person, path) for path in list(dict.fromkeys(_CALL.findall(page)))[:AT_ONCE])
    for found in [f for f in forms(page, to="/step") if _task(f.action) not in person.not_mine][:AT_ONCE]:
        task, step = _task(found.action), found.buttons["step"][0]
        if step == "done" and _otherwise(person, task):
            done += 1
            continue
        if person.went_wrong(person.browser.submit(found, step=step), at=f"task {step}"):
            person.not_mine.add(task)  # somebody was faster, or it is done elsewhere
        else:
            done += 1
    return done


def hand_on(person: Person) -> int:
    """What was sent on to this person because it was late, and is another's to do, goes to a group that may do it."""
    page = person.browser.get("/worklist/list").text
    done = 0
    for task in _HAND_ON.findall(page)[:AT_ONCE]:
        found = form(person.browser.get(f"/worklist/task/{task}").text, to="/change/hand-over")
        groups = [to for to in found.chosen("to") if to in TAKERS] if found else []
        if found is not None and groups:
            answer = person.browser.submit(found, to=person.rng.choice(groups))
            done += not person.went_wrong(answer, at="hand on")
    return done


def _task(address: str) -> str:
    found = _TASK.search(address)
    return found[1] if found else ""


def _otherwise(person: Person, task: str) -> bool:
    """Sometimes a task is not simply done."""
    for share, change, values in (
        (SHARE_HELD, "hold", {"waiting_on": "the pharmacy", "remind_at": "60"}),
        (SHARE_HANDED_OVER, "hand-over", {"to": "role:ma"}),
    ):
        if person.chance(share):
            found = form(person.browser.get(f"/worklist/task/{task}").text, to=f"/change/{change}")
            return found is not None and not person.went_wrong(person.browser.submit(found, **values), at=change)
    if person.chance(SHARE_PUT_BACK):
        return not person.went_wrong(
            person.browser.post(f"/worklist/task/{task}/step", {"step": "put-back"}), at="put back"
        )
    return False


def answer_stat(person: Person) -> int:
    """Take a STAT call, and do it."""
    calls = forms(person.browser.part("/worklist/stat").text, to="/answer")
    if not calls:
        return 0
    answer = person.browser.submit(calls[0])
    if person.went_wrong(answer, at="stat"):
        return 0
    if call := _CALL.search(person.browser.get(answer.location).text):
        return at_phone.call_back(person, call[1])
    task = calls[0].action.split("/")[-2]
    return not person.went_wrong(person.browser.post(f"/worklist/task/{task}/step", {"step": "done"}), at="stat done")


def ask(person: Person, happening: Happening) -> None:
    """A provider asks for something with the quick key: now, or today."""
    found = form(person.browser.get("/worklist/add").text, to="/worklist/add")
    if found is None:
        return
    typed = {"words": happening.words, "to": "role:ma"}
    typed |= {"priority": "stat"} if happening.what is What.STAT else {}
    person.tell("task", happening.key, lambda: person.browser.submit(found, **typed), at="ask")


def refer(person: Person, happening: Happening) -> None:
    """A provider refers a patient."""
    address = f"/referrals/new/{happening.values['patient']}"
    found = form(person.browser.get(address).text, to=address)
    if found is None:
        return
    typed = {"to": "Cardiology", "reason": happening.words, "provider": f"Practitioner/{person.id}"}
    if person.tell("referral", happening.key, lambda: person.browser.submit(found, **typed), at="refer", is_named=True):
        person.world.refer(happening.values["patient"])


def see_to_referrals(person: Person) -> int:
    """Take a referral one step on; some end otherwise."""
    listed = list(dict.fromkeys(_REFERRAL.findall(person.browser.get("/referrals/list").text)))
    if not listed:
        return 0
    page = person.browser.get(f"/referrals/{person.rng.choice(listed)}").text
    step, end = form(page, to="/step"), form(page, to="/end")
    wants_note = step is not None and step.fields.get("step") == "note-back" and not step.chosen("note")
    if end is not None and wants_note and (person.world.is_ending or person.chance(0.05)):
        values = {name: "The clinic does not answer" for name in end.fields if name.endswith("why")}
        return not person.went_wrong(person.browser.submit(end, **values), at="end referral")
    if step is None or wants_note:
        return 0
    when = person.world.local_now() + timedelta(days=1)
    values = {"on": when.date().isoformat(), "at": "09:30"} if step.fields.get("step") == "scheduled" else {}
    if step.chosen("note"):
        values["note"] = step.chosen("note")[0]
    return not person.went_wrong(person.browser.submit(step, **values), at="referral step")


def cover(person: Person, happening: Happening) -> None:
    """Somebody called in sick: the lead hands everything over with one confirmation."""
    assistants = sorted(person.world.colleagues - {person.id})
    if not assistants:
        return
    sick = assistants[len(happening.key) % len(assistants)]
    address = f"/team/cover/{sick}"
    found = next((f for f in forms(person.browser.get(address).text) if "why" in f.fields), None)
    if found is None or person.went_wrong(person.browser.submit(found, address=address), at="cover"):
        return
    tomorrow = person.world.local_now().replace(hour=6, minute=0) + timedelta(days=1)
    person.world.send_home(sick, until=tomorrow)
    person.world.told["sick"] += 1


def walk_in(person: Person, happening: Happening) -> None:
    """Somebody stands at the desk without an appointment."""
    address = f"/desk/book/{happening.values['patient']}"
    found = form(person.browser.get(f"{address}?walk_in=1").text, to=address)
    if found is None:
        return
    schedule = found.fields.get("schedule") or next(iter(found.chosen("schedule")), "")
    typed = {"schedule": schedule, "reason": happening.words}
    person.tell("walk-in", happening.key, lambda: person.browser.submit(found, **typed), at="walk-in")
