"""Exports and imports in a real browser: read by everybody at every size, ended by the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens.bulk import have_jobs
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
NAME = "Riverbend Population Health Data Warehouse of the County"


@what_is_drawn
def test_the_page_can_be_read_by_everybody_and_ends_what_runs(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    sign_in(page, "mona")
    page.goto("/exports/")
    expect(page.get_by_text("No program is taking anything out")).to_be_visible()
    have_jobs(clinic_pages.clinic, whose=NAME, types=("Patient", "Observation"))
    expect(page.get_by_text("43%: 430 of 1000 records")).to_be_visible()  # the page asks again by itself
    assert_readable(page)
    rows = page.get_by_role("row")
    expect(rows).to_have_count(7)
    page.get_by_role("row").filter(has_text="43%").get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(6)
    expect(page.get_by_text("43%: 430 of 1000 records")).to_have_count(0)
