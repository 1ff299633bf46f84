"""Orders and results, refills, and what a provider asks the MA of a visit for: from the wish to who was told."""

import re
from collections.abc import Mapping

from carewright.project.player.browser import Answer
from carewright.project.player.happenings import Happening
from carewright.project.player.page import Form, form, forms
from carewright.project.player.person import Person

AT_ONCE = 3
TESTS = ("cbc", "bmp", "potassium", "a1c", "lipids", "tsh", "urine-culture")
"""What is ordered: what a laboratory elsewhere measures. Keys of skills/orders/catalog.py."""
SHARE_COULD_NOT, SHARE_NO_GOOD, SHARE_CHASED = 0.05, 0.04, 0.1
SHARE_NOT_REACHED, SHARE_NO, SHARE_CANNOT = 0.2, 0.15, 0.1
SAYS = {"review-words": "All is as it was"}
_OPEN = re.compile(r'href="(/results/(?:order/)?[0-9a-f-]{36})"')
_REFILL = re.compile(r'href="(/refills/[0-9a-f-]{36})"')
_JOB = re.compile(r'name="job" value="([^"]+)"(?! disabled)')


def order_test(person: Person, patient: str, visit: str) -> int:
    """A provider orders a test for the patient in the room."""
    address = f"/results/new/{patient}"
    found = form(person.browser.get(address).text, to=address)
    if found is None:
        return 0
    key = f"test-{visit}"
    typed = {
        "test": person.rng.choice(TESTS), "reason": f"Look ({key})", "provider": f"Practitioner/{person.id}",
    }  # fmt: skip
    return person.tell("test", key, lambda: person.browser.submit(found, **typed), at="order test", is_named=True)


def see_to_results(person: Person) -> int:
    """Open a few of the list, and do what is owed next with them."""
    listed = list(dict.fromkeys(_OPEN.findall(person.browser.get("/results/list").text)))
    person.rng.shuffle(listed)
    return sum(_order(person, path) if "/order/" in path else _result(person, path) for path in listed[:AT_ONCE])


def _order(person: Person, path: str) -> int:
    page = person.browser.get(path).text
    if (hurdle := form(page, to="/could-not")) is not None and person.chance(SHARE_COULD_NOT):
        why = {"could-not-obstacle": "refused", "could-not-words": "Afraid of needles"}
        return not person.went_wrong(person.browser.submit(hurdle, **why), at="could not")
    if (again := form(page, to="/again")) is not None and person.chance(SHARE_NO_GOOD):
        return not person.went_wrong(person.browser.submit(again, **{"again-words": "Hemolyzed"}), at="again")
    step = form(page, to="/step")
    if step is None:
        return _chase(person, path, page)
    if person.went_wrong(person.browser.submit(step), at="order step"):
        return 0
    if step.fields.get("step-step") == "sent":
        person.world.send_out(path.rsplit("/", 1)[-1])
    return 1


def _chase(person: Person, path: str, page: str) -> int:
    """Ask where the result is, once a day; the laboratory looks for it then."""
    found = form(page, to="/ask")
    today = f"chased {person.world.local_now().date()}"
    if found is None or not (person.world.is_ending or person.chance(SHARE_CHASED)):
        return 0
    if not person.world.first_time(today, path):
        return 0
    if person.went_wrong(person.browser.submit(found, **{"ask-words": "They look for it"}), at="chase"):
        return 0
    person.world.send_out(path.rsplit("/", 1)[-1])
    return 1


def _result(person: Person, path: str) -> int:
    page = person.browser.get(path).text
    if review := form(page, to="/review"):
        return not person.went_wrong(person.browser.submit(review, **_chosen(person, review), **SAYS), at="review")
    told, tried = form(page, to="/told"), form(page, to="/tried")
    if told is not None and told.chosen("told-whom") and not person.chance(SHARE_NOT_REACHED):
        return not person.went_wrong(person.browser.submit(told, **_chosen(person, told)), at="told")
    if tried is not None and person.world.first_time(f"tried {person.world.local_now().date()}", path):
        return not person.went_wrong(person.browser.submit(tried, **{"tried-words": "No answer"}), at="tried")
    return 0


def _chosen(person: Person, found: Form) -> dict[str, str]:
    """Something for each field of a form in which nothing is chosen yet."""
    return {name: person.rng.choice(found.chosen(name)) for name in found.choices if found.chosen(name)}


# -- refills ----------------------------------------------------------------------------------------------------------


def ask_for_refill(person: Person, happening: Happening) -> None:
    """A pharmacy calls for a refill."""
    address = f"/refills/new/{happening.values['patient']}"
    found = form(person.browser.get(address).text, to=address)
    if found is None:
        return
    words = f"From the pharmacy ({happening.key})"
    typed = {"medicine": "other", "other": happening.values["says"], "words": words, "days_left": "5"}
    person.tell("refill", happening.key, lambda: person.browser.submit(found, **typed), at="refill")


def see_to_refills(person: Person) -> int:
    """Open a few of the list; prepare, answer, tell."""
    listed = list(dict.fromkeys(_REFILL.findall(person.browser.get("/refills/list").text)))
    person.rng.shuffle(listed)
    return sum(_refill(person, path) for path in listed[:AT_ONCE])


def _refill(person: Person, path: str) -> int:
    page = person.browser.get(path).text
    if prepare := form(page, to="/prepare"):
        said = {name: "yes" for name in prepare.choices if name.endswith(("as_written", "well"))}
        said |= {name: "no" for name in prepare.choices if name.endswith("pregnant")}
        said |= _named(prepare.fields, {"days": "30", "refills": "1", "days_left": "5", "pharmacy": "Maple Street"})
        prescribers = prepare.chosen("prescriber")
        said |= {"prescriber": prescribers[0]} if prescribers and not prepare.fields.get("prescriber") else {}
        return not person.went_wrong(person.browser.submit(prepare, **said, step="send"), at="prepare")
    if answer := _answer(person, page):
        return not person.went_wrong(person.browser.submit(answer[0], **answer[1]), at="answer refill")
    if tell := form(page, to="/tell"):
        return not person.went_wrong(person.browser.submit(tell, **_chosen(person, tell)), at="tell refill")
    return 0


def _answer(person: Person, page: str) -> tuple[Form, Mapping[str, str]] | None:
    """The prescriber's answer, as one of the forms that are offered: yes, yes with an amount, elsewhere, no."""
    offered = {found.fields.get("kind", ""): found for found in forms(page, to="/answer")}
    if "no" in offered and person.chance(SHARE_NO):
        return offered["no"], {"no-because": person.rng.choice(offered["no"].chosen("no-because"))}
    for kind in ("yes", "elsewhere"):
        if kind in offered:
            return offered[kind], {}
    if "change" in offered:
        looked = {name: "on" for name in offered["change"].choices if name.endswith("looked")}
        return offered["change"], {"change-days": "30", "change-refills": "0", **looked}
    return None


def _named(fields: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What is typed into the fields that are there and empty."""
    return {name: value for name, value in wanted.items() if name in fields and not fields[name]}


# -- the MA of a visit ------------------------------------------------------------------------------------------------


def ask_the_ma(person: Person, visit: str) -> int:
    """A provider presses a job on the page of a visit."""
    jobs = _JOB.findall(person.browser.part(f"/ask/visit/{visit}").text)
    if not jobs:
        return 0
    job = person.rng.choice(jobs)

    def press() -> Answer:
        return person.browser.post(f"/ask/visit/{visit}/ask", {"job": job}, by_script=True)

    return person.tell("ask", f"{visit}:{job}", press, at="ask the MA")


def answer_asks(person: Person) -> int:
    """What pops up: on it, or cannot."""
    calls = form(person.browser.part("/ask/mine").text, to="/on-it")
    if calls is None:
        return 0
    cannot = calls.action.replace("/on-it", "/cannot")
    if person.chance(SHARE_CANNOT):
        return not person.went_wrong(person.browser.post(cannot, {}, by_script=True), at="cannot")
    task = calls.action.split("/")[-2]
    if person.went_wrong(person.browser.post(calls.action, {}, by_script=True), at="on it"):
        return 0
    done = person.browser.post(f"/worklist/task/{task}/step", {"step": "done"})
    return not person.went_wrong(done, at="asked done")
