"""Messages in a real browser: the count in the bar, live; read when seen; at every size."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from carewright.core.access.model import Role
from carewright.core.work.model import Pool, Priority
from carewright.skills.messages import actions
from carewright.skills.messages.threads import Outcome, Thread, Words
from tests.clinic import TEN_FORTY, Clinic, what_is_drawn
from tests.pages import Pages
from tests.screens import visits
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
FIRST = Words(by="Practitioner/lind", at=TEN_FORTY, words="Please ask for the old chart.\nFrom 2019 on.")
ASKED = Thread(topic="Old chart", first=FIRST, pool=Pool(role=Role.MA), due_at=TEN_FORTY + timedelta(hours=2))


def begun(clinic: Clinic, thread: Thread = ASKED, *, by: str = "lind") -> str:
    return actions.begin(clinic.writer(by), thread=thread).id


def said(clinic: Clinic, thread_id: str, by: str, words: str) -> None:
    whole = Words(by=f"Practitioner/{by}", at=TEN_FORTY, words=words)
    actions.answer(clinic.writer(by), thread_id=thread_id, words=whole)


def test_a_message_shows_in_the_bar_is_read_when_it_was_seen_and_answered(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    clinic = clinic_pages.clinic
    sign_in(page, "dana")
    page.goto("/board/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    bar = page.locator(".bar-end a[href='/messages/']")
    expect(bar).to_have_accessible_name("Messages")
    thread_id = begun(clinic)
    expect(bar).to_have_accessible_name("Messages 1 unread")
    page.keyboard.press("m")
    page.get_by_role("link", name="Old chart").press("Enter")
    page.wait_for_url(f"**/messages/thread/{thread_id}")
    expect(bar).to_have_accessible_name("Messages")
    said(clinic, thread_id, "lind", "And the EKG of May.")
    expect(page.get_by_text("And the EKG of May.")).to_be_visible()
    expect(page.locator("form[data-see]")).to_have_count(0)
    expect(bar).to_have_accessible_name("Messages")
    page.get_by_role("button", name="I’ve got it").click()
    page.get_by_label("Your answer").fill("Both are asked for.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator(".said-list .is-mine")).to_contain_text("Both are asked for.")
    page.get_by_label("What came of it").select_option("done")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("It was done")).to_be_visible()
    expect(page.get_by_label("Your answer: it opens this again")).to_be_visible()


def test_what_comes_while_the_tab_is_hidden_stays_unread(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    clinic = clinic_pages.clinic
    thread_id = begun(clinic)
    sign_in(page, "dana")
    page.add_init_script("Object.defineProperty(document, 'visibilityState', {get: () => window.hidden_ ?? 'hidden'})")
    page.goto(f"/messages/thread/{thread_id}")
    bar = page.locator(".bar-end a[href='/messages/']")
    expect(bar).to_have_accessible_name("Messages 1 unread")
    expect(page.locator("form[data-see]")).to_have_count(1)
    page.evaluate("window.hidden_ = 'visible'; document.dispatchEvent(new Event('visibilitychange'))")
    expect(bar).to_have_accessible_name("Messages")


@what_is_drawn
def test_the_pages_of_messages_can_be_read_by_everybody_at_every_size(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:
    clinic = clinic_pages.clinic
    long = visits.patient(clinic, "maria", family=visits.LONG, given="María Guadalupe", born="1961-07-30")
    about = replace(ASKED, topic="Form to sign before the trip", patient=f"Patient/{long}", to="Practitioner/dana",
                    pool=None, due_at=TEN_FORTY - timedelta(hours=1), priority=Priority.URGENT)  # fmt: skip
    thread_id = begun(clinic, about)
    begun(clinic)
    begun(clinic, replace(ASKED, topic="x" * 80, pool=Pool(role=Role.NURSE)), by="dana")
    over = begun(clinic, replace(ASKED, topic="Gloves, size S"), by="dana")
    actions.close(clinic.writer("lena"), thread_id=over, outcome=Outcome.DONE, words="Ordered, Thursday")
    said(clinic, thread_id, "dana", "Which page is missing? " * 8)
    sign_in(page, "dana")
    for path in ("/messages/", "/messages/?closed=1", f"/messages/thread/{thread_id}", f"/messages/thread/{over}",
                 f"/messages/new?template=1&patient={long}", "/messages/new"):  # fmt: skip
        page.goto(path)
        expect(page.locator("h2").first).to_be_visible()
        assert_readable(page)


@what_is_drawn
def test_the_manager_changes_the_templates(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, "mona")
    page.goto("/messages/templates")
    assert_accessible(page)
    page.get_by_label("About").first.fill("Prior authorization")
    page.get_by_role("button", name="Save the templates").click()
    expect(page.get_by_label("About").first).to_have_value("Prior authorization")
