"""Sign-in, lock, drafts and emergency, as somebody at the screen meets them."""

import io
import re
import time
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages import PASSWORD, PIN, Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
CRITICAL = (0xA3, 0x16, 0x1F)
Accessible = Callable[[Page], None]


@pytest.fixture
def somebody_else(new_context: Callable[..., BrowserContext], address: str) -> Page:
    """Another browser."""
    return new_context(base_url=address).new_page()


@pytest.fixture
def family(clinic_pages: Pages) -> None:
    clinic_pages.clinic.have(
        {"resourceType": "Patient", "id": "jonas", "name": [{"family": "Okafor", "given": ["Jonas"]}]},
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Okafor", "given": ["Ada"]}]},
    )


def test_signing_in_and_out_by_keyboard_alone(page: Page, clinic_pages: Pages, assert_accessible: Accessible) -> None:
    page.goto("/search")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/search$"))
    expect(page.get_by_label("Your sign-in name")).to_be_focused()
    assert_accessible(page)
    page.keyboard.type("dana")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="do not go together")).to_be_visible()
    expect(page.get_by_label("Your sign-in name")).to_have_value("dana")
    assert_accessible(page)
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search$"))
    assert_accessible(page)
    page.locator(".bar-end summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sign-in$"))
    page.goto("/search")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_too_many_wrong_tries_are_said_to_be(page: Page, clinic_pages: Pages, assert_accessible: Accessible) -> None:
    for _ in range(5):
        page.goto("/sign-in")
        page.get_by_label("Your sign-in name").fill("dana")
        page.get_by_label("Password").fill("wrong")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Too many wrong tries")).to_be_visible()
    assert_accessible(page)


def test_demo_people_are_listed_only_in_the_demonstration(page: Page, clinic_pages: Pages, settings_demo: None) -> None:
    page.goto("/sign-in")
    expect(page.get_by_role("heading", name="Demonstration practice")).to_be_visible()
    expect(page.get_by_text("dana", exact=True)).to_be_visible()


@pytest.fixture
def settings_demo(clinic_pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "CARE_DEMO", True)


def test_the_lock_gives_back_the_field_and_what_was_typed(page: Page, sign_in: SignIn, planted_form: str) -> None:
    sign_in(page, "dana")
    page.goto(f"{planted_form}jonas")
    field = page.get_by_label("Weight")
    field.click()
    page.keyboard.type("19.4 l")
    page.keyboard.press("ArrowLeft")
    page.evaluate("document.dispatchEvent(new CustomEvent('care:lock'))")
    page.request.post("/lock", headers={"X-Requested-With": "fetch", "X-CSRFToken": _csrf(page)})
    expect(page.get_by_role("dialog", name="Locked")).to_be_visible()
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That PIN is not right")).to_be_visible()
    page.keyboard.type(PIN)
    begun = time.monotonic()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Locked")).to_be_hidden()
    assert time.monotonic() - begun < 3
    expect(field).to_be_focused()
    page.keyboard.type("x")
    expect(field).to_have_value("19.4 xl")


def test_a_reload_behind_the_lock_shows_the_lock_and_then_the_page(
    page: Page, sign_in: SignIn, assert_accessible: Accessible
) -> None:
    sign_in(page, "dana")
    page.request.post("/lock", headers={"X-Requested-With": "fetch", "X-CSRFToken": _csrf(page)})
    page.goto("/search")
    expect(page.get_by_label("PIN")).to_be_focused()
    assert_accessible(page)
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Find a patient")).to_be_visible()


def test_what_is_typed_survives_a_reload(
    page: Page, sign_in: SignIn, planted_form: str, assert_accessible: Accessible
) -> None:
    sign_in(page, "dana")
    page.goto(f"{planted_form}jonas")
    page.get_by_label("Weight").press_sequentially("19.4 lb")
    expect(page.locator("[data-draft-status]")).to_contain_text("Draft kept", timeout=4000)
    page.reload()
    expect(page.get_by_text(re.compile(r"You typed this at 10:4\d AM – use it\?"))).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Use it").click()
    expect(page.get_by_label("Weight")).to_have_value("19.4 lb")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved 19.4 lb for jonas")).to_be_visible()
    page.goto(f"{planted_form}jonas")
    expect(page.get_by_text("use it?")).to_have_count(0)


def test_a_draft_that_arrives_behind_the_saving_is_not_offered(page: Page, sign_in: SignIn, planted_form: str) -> None:
    sign_in(page, "dana")
    page.goto(f"{planted_form}jonas")
    page.evaluate("""() => {
      window.late = null;
      window.fetch = (url, { body }) => { late ??= [url, Object.fromEntries(body)]; return new Promise(() => {}); };
    }""")
    page.get_by_label("Weight").press_sequentially("19.4 lb")
    expect(page.locator("[data-draft-status]")).to_have_text("Keeping a draft…")
    address, typed = page.evaluate("late")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved 19.4 lb for jonas")).to_be_visible()
    page.goto(f"{planted_form}jonas")
    late = page.request.post(address, form=typed, headers={"X-Requested-With": "fetch", "X-CSRFToken": _csrf(page)})
    assert "saved_at" in late.json()
    page.reload()
    expect(page.get_by_text("use it?")).to_have_count(0)


def test_a_form_of_jonas_in_the_tab_of_ada_is_kept_for_jonas(
    page: Page, sign_in: SignIn, planted_form: str, family: None, assert_accessible: Accessible
) -> None:
    """Two tabs; the one of Ada sends what had been opened for Jonas."""
    sign_in(page, "dana")
    page.goto(f"{planted_form}jonas")
    of_jonas = page.locator("[name=care_context]").input_value()
    tab = page.context.new_page()
    tab.goto(f"{planted_form}ada")
    tab.locator("[name=care_context]").evaluate("(field, value) => { field.value = value }", of_jonas)
    tab.get_by_label("Weight").fill("19.4 lb")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_role("heading", name="You typed this for Jonas Okafor, not Ada Okafor")).to_be_visible()
    assert_accessible(tab)
    tab.get_by_role("link", name="Open the right chart").click()
    expect(tab).to_have_url(re.compile(f"{planted_form}jonas"))
    expect(tab.get_by_label("Weight")).to_have_value("19.4 lb")
    page.goto(f"{planted_form}ada")
    expect(page.get_by_label("Weight")).to_have_value("")
    expect(page.get_by_text("use it?")).to_have_count(0)


def test_a_call_for_help_reaches_another_browser_within_two_seconds(
    page: Page, somebody_else: Page, sign_in: SignIn, assert_accessible: Accessible
) -> None:
    sign_in(page, "dana")
    sign_in(somebody_else, "fay")
    for screen in (page, somebody_else):
        screen.goto("/account/pin")
        expect(screen.locator("[data-live-state=live]")).to_be_attached()
    page.get_by_role("button", name="Emergency").click()
    page.get_by_label("Room", exact=True).select_option("Room 4")
    assert_accessible(page)
    begun = time.monotonic()
    page.get_by_role("button", name="Bring the AED").click()
    alarm = somebody_else.locator(".alarm-call")
    expect(alarm).to_be_visible(timeout=2000)
    assert time.monotonic() - begun < 2
    expect(alarm).to_contain_text("Room 4")
    expect(alarm).to_contain_text("Bring the AED")
    expect(page.locator(".alarm-call")).to_be_visible()
    assert_accessible(somebody_else)
    alarm.get_by_role("button", name="I’m coming").click()
    expect(page.locator(".alarm-call")).to_contain_text("Coming: Fay Cole", timeout=3000)
    page.locator(".alarm-call").get_by_role("link", name="Record").click()
    expect(page.get_by_role("cell", name="Called for help")).to_be_visible()
    assert_accessible(page)
    page.locator("main").get_by_role("button", name="Over").click()
    expect(somebody_else.locator(".alarm-call")).to_have_count(0, timeout=3000)


def test_a_call_shows_above_the_lock(page: Page, somebody_else: Page, sign_in: SignIn) -> None:
    sign_in(page, "dana")
    sign_in(somebody_else, "fay")
    somebody_else.locator(".bar-end summary").click()
    somebody_else.get_by_role("button", name="Lock", exact=True).click()
    expect(somebody_else.get_by_role("dialog", name="Locked")).to_be_visible()
    page.get_by_role("button", name="Emergency").click()
    page.get_by_label("Room", exact=True).select_option("Room 1")
    page.get_by_role("button", name="Code team").click()
    shown = somebody_else.locator(".alarm-call")
    expect(shown).to_be_visible(timeout=7000)
    with Image.open(io.BytesIO(shown.screenshot())) as seen:
        colors = seen.convert("RGB").getcolors(maxcolors=1 << 24) or []
    assert max(colors)[1] == CRITICAL, "something lies above the call"


def _csrf(page: Page) -> str:
    return next(str(c["value"]) for c in page.context.cookies() if c["name"] == "care_csrf")
