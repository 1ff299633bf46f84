"""Next for you in a real browser: by keyboard alone, live, at every size; a STAT in the middle of a blood pressure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions
from carewright.core.work.fhir import from_fhir
from carewright.core.work.model import TASK_CODE, Kind, Pool, Priority, WorkTask
from tests.clinic import TEN_FORTY, Clinic, what_is_drawn
from tests.pages import Pages
from tests.screens import visits
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
JOB = Coding(TASK_CODE, "job", "Job")
PLAIN = WorkTask(code=JOB, words="Call the lab", pool=Pool(role=Role.MA), due_at=TEN_FORTY + timedelta(hours=2))


def have(clinic: Clinic, task: WorkTask) -> str:
    return actions.add(clinic.writer("lind"), task=task).id


def stored(clinic: Clinic, task_id: str) -> WorkTask:
    return from_fhir(clinic.resource(Ref("Task", task_id)))


def adult(clinic: Clinic) -> str:
    """Somebody whose blood pressure is measured."""
    return visits.patient(clinic, "otto", family="Lang", given="Otto", born="1958-02-03")


@pytest.fixture
def busy(clinic_pages: Pages) -> Pages:
    """A morning: late, urgent, here, waiting, sent on; long words and a long name."""
    clinic = clinic_pages.clinic
    visit = visits.rooming(clinic, visits.jonas(clinic))
    long = visits.patient(clinic, "maria", family=visits.LONG, given="María Guadalupe", born="1961-07-30")
    have(clinic, replace(PLAIN, words="Repeat the blood pressure after five minutes of rest",
                         patient=f"Patient/{visit.patient}"))  # fmt: skip
    have(clinic, replace(PLAIN, words="Ask the cardiologist for the note of the visit in October",
                         patient=f"Patient/{long}", due_at=TEN_FORTY - timedelta(days=2)))  # fmt: skip
    have(clinic, replace(PLAIN, words="Order gloves", kind=Kind.CLERICAL, due_at=TEN_FORTY - timedelta(hours=3)))
    have(clinic, replace(PLAIN, words="School form to sign", priority=Priority.URGENT, patient=f"Patient/{long}"))
    for number in range(6):
        have(clinic, replace(PLAIN, words=f"Recall {number}", due_at=TEN_FORTY + timedelta(days=number + 1)))
    held = have(clinic, replace(PLAIN, words="Send the records"))
    actions.hold(clinic.writer(), task_id=held, waiting_on="the signed release", until=TEN_FORTY + timedelta(hours=1))
    return clinic_pages


@what_is_drawn
def test_the_pages_of_tasks_can_be_read_by_everybody_at_every_size(
    page: Page, busy: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:

    def look() -> None:
        assert_readable(page)

    sign_in(page, "dana")
    page.goto("/worklist/")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("the patient")
    have(busy.clinic, replace(PLAIN, words="EKG", priority=Priority.STAT))
    expect(page.get_by_role("button", name="Take it")).to_be_visible()
    page.get_by_text("Waiting on…", exact=False).first.click()
    look()
    page.get_by_role("link", name="Ask the cardiologist").click()
    expect(page.get_by_role("heading", name="How it stands")).to_be_visible()
    for words in ("Waiting on…", "Hand over", "It will not be done"):
        page.locator("summary", has_text=words).click()
    look()
    page.keyboard.press("Escape")
    page.locator("body").press("t")
    expect(page.get_by_role("dialog")).to_contain_text("About")
    look()


@what_is_drawn
def test_a_day_by_keyboard_alone(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    clinic = clinic_pages.clinic
    task_id = have(clinic, PLAIN)
    sign_in(page, "dana")
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.wait_for_url("**/worklist/")
    page.locator(".next-do button").focus()
    for words in ("Start", "Done"):
        page.keyboard.press("Enter")
        expect(page.locator(f"#go-{task_id}")).to_contain_text(words)
        expect(page.locator(f"#go-{task_id}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    assert stored(clinic, task_id).status == "completed"
    page.keyboard.press("t")
    expect(page.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.type("Water the plants")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="A new task")).not_to_be_visible()
    expect(page.get_by_role("heading", name="Water the plants")).to_be_visible()


def test_a_new_task_shows_by_itself_and_takes_neither_place_nor_focus(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    clinic = clinic_pages.clinic
    mine = [
        have(clinic, replace(PLAIN, words=f"Task {n}", due_at=TEN_FORTY + timedelta(hours=3 + n))) for n in range(3)
    ]
    sign_in(page, "dana")
    page.goto("/worklist/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    page.locator(f"#go-{mine[1]}").focus()
    have(clinic, replace(PLAIN, words="Behind them", due_at=TEN_FORTY + timedelta(hours=9)))
    expect(page.get_by_role("link", name="Behind them")).to_be_visible()
    expect(page.locator(f"#go-{mine[1]}")).to_be_focused()
    assert page.locator("#worklist .row-name").all_inner_texts() == ["Task 1", "Task 2", "Behind them"]
    have(clinic, replace(PLAIN, words="Before them", priority=Priority.ASAP))
    expect(page.get_by_role("heading", name="Before them")).to_be_visible()
    assert page.locator("#worklist .row-name").all_inner_texts() == ["Task 0", "Task 1", "Task 2", "Behind them"]
    expect(page.locator(f"#go-{mine[1]}")).to_be_focused()


def test_a_stat_during_a_half_typed_blood_pressure_and_back_to_the_same_field(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    clinic = clinic_pages.clinic
    clinic_name = visits.patient(clinic, "ada", family="Berg", given="Ada", born="1980-05-06", gender="female")
    other = visits.rooming(clinic, clinic_name, well=False, reason="Chest pain")
    here = visits.rooming(clinic, adult(clinic), well=False, reason="Dizzy")
    sign_in(page, "dana")
    page.goto(f"/rooming/{here.encounter}/vitals")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    field = page.locator("input[name=blood-pressure]")
    field.click()
    page.keyboard.type("11")
    stat = have(clinic, replace(PLAIN, words="EKG for Ada Berg", patient=f"Patient/{other.patient}",
                                priority=Priority.STAT))  # fmt: skip
    call = page.locator(".stat-call")
    expect(call).to_contain_text("Room 4")
    for name in ("Ada", "Berg", "EKG"):
        expect(call).not_to_contain_text(name)
    expect(field).to_be_focused()
    page.keyboard.type("8")
    page.keyboard.press("Alt+t")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/worklist/task/{stat}")
    expect(page.get_by_role("heading", name="EKG for Ada Berg")).to_be_visible()
    assert stored(clinic, stat).owner == "Practitioner/dana"
    page.goto("/board/")
    page.get_by_role("button", name="Back to Room 4").click()
    page.wait_for_url(f"**/rooming/{here.encounter}/vitals*")
    field = page.locator("input[name=blood-pressure]")
    expect(field).to_be_focused()
    expect(field).to_have_value("118")
    page.keyboard.press("Backspace")
    page.keyboard.type("6")
    expect(field).to_have_value("116")
    expect(page.get_by_role("button", name="Back to Room 4")).to_have_count(0)


def test_who_is_slower_stays_in_the_field(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    clinic = clinic_pages.clinic
    here = visits.rooming(clinic, adult(clinic), well=False, reason="Dizzy")
    stat = have(clinic, replace(PLAIN, priority=Priority.STAT))
    sign_in(page, "dana")
    page.goto(f"/rooming/{here.encounter}/vitals")
    field = page.locator("input[name=blood-pressure]")
    field.click()
    page.keyboard.type("118")
    button = page.get_by_role("button", name="Take it")
    expect(button).to_be_visible()
    page.evaluate("document.getElementById('stat').removeAttribute('data-live')")
    page.evaluate("document.body.addEventListener('live:tasks', (event) => event.stopImmediatePropagation(), true)")
    actions.start(clinic.writer("lena"), task_id=stat)
    button.click()
    page.wait_for_url(f"**/rooming/{here.encounter}/vitals?draft=use*")
    expect(field).to_be_focused()
    expect(field).to_have_value("118")
    assert stored(clinic, stat).owner == "Practitioner/lena"


def test_what_changes_before_the_page_listens_is_shown(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    clinic = clinic_pages.clinic
    sign_in(page, "dana")

    def change(route: Route) -> None:
        have(clinic, PLAIN)
        route.continue_()

    page.route("**/live?*", change, times=1)
    page.goto("/worklist/")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Call the lab")
