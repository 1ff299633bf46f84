"""A patient's photo in a real browser, through the real server, on both engines."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from carewright.workspaces.photo_page.forms import LARGEST_BYTES
from tests.pages import Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser


@pytest.fixture
def jonas(clinic_pages: Pages) -> str:
    clinic_pages.clinic.have(
        {"resourceType": "Patient", "id": "jonas", "gender": "male", "birthDate": "2025-08-21",
         "name": [{"family": "Okafor", "given": ["Jonas"]}]}
    )  # fmt: skip
    return "/photo/jonas"


def choose(page: Page, content: bytes) -> None:
    page.get_by_label("Or choose a picture").set_input_files(
        {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    page.get_by_role("button", name="Save the photo").click()


def test_a_photo_is_chosen_shown_and_taken_away(
    page: Page, jonas: str, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:
    made = io.BytesIO()
    Image.new("RGB", (900, 1200), "teal").save(made, "JPEG")
    sign_in(page, "fay")
    page.goto(jonas)
    assert_readable(page)
    choose(page, made.getvalue())
    shown = page.locator(".photo-large")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 256)
    assert_readable(page)
    page.get_by_role("button", name="Take the photo away").click()
    expect(page.get_by_text("No photo yet.")).to_be_visible()


def test_what_is_no_photo_is_refused_on_the_page(
    page: Page, jonas: str, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, "dana")
    page.goto(jonas)
    choose(page, b"a letter")
    expect(page.get_by_role("alert").filter(has_text="no picture that can be read")).to_be_visible()
    assert_accessible(page)
    choose(page, bytes(LARGEST_BYTES + 1))
    expect(page.get_by_role("alert").filter(has_text="too large: at most 12 MB")).to_be_visible()
