"""A critical value in the browser: it rings who was named, then who covers; the read-back ends it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from carewright.core.access.model import Role
from carewright.core.clock import Clock
from carewright.project.timers import TimerRunner
from tests.clinic import Clinic
from tests.pages import Pages, open_pages
from tests.screens import visits
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
DESKTOP, TABLET = (1440, 900), (1024, 768)


@pytest.fixture
def clinic_pages(clinic: Clinic) -> Pages:
    """With a second provider, who covers."""
    clinic.people["carla"] = Role.PROVIDER
    return open_pages(clinic)


def passes(clinic: Clinic, seconds: int) -> None:
    """The clinic's clock goes on, and the worker looks at it."""
    clinic.store.clock = Clock.set_to(clinic.store.now() + timedelta(seconds=seconds))
    runner = TimerRunner(clinic.store, "clock", covering=lambda reader, site, at: "Practitioner/carla")
    runner.drain(clinic.practice)


def test_unanswered_it_rings_the_covering_provider_and_ends_with_the_read_back(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_accessible: Callable[[Page], None],
    new_context: Callable[..., object], address: str,
) -> None:  # fmt: skip
    clinic = clinic_pages.clinic
    visit = visits.rooming(clinic, visits.jonas(clinic))
    lind, carla = (new_context(base_url=address).new_page() for _ in range(2))  # type: ignore[attr-defined] # a BrowserContext
    for whose, name, (width, height) in (
        (page, "dana", DESKTOP), (lind, "lind", TABLET), (carla, "carla", TABLET)
    ):  # fmt: skip
        whose.set_viewport_size({"width": width, "height": height})
        sign_in(whose, name)
        whose.goto("/board/")

    page.goto(f"/rooming/{visit.encounter}/vitals")
    page.get_by_role("textbox", name="SpO₂", exact=True).fill("84")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Whom did you tell?").select_option("Practitioner/lind")
    page.get_by_role("button", name="Ring them now").click()
    expect(page.locator("#ringing")).to_contain_text("Ringing Lind Cole since")
    expect(lind.locator("#stat")).to_contain_text("Critical value", timeout=3_000)
    expect(carla.locator("#stat")).not_to_contain_text("Critical value")
    assert not re.search("Jonas|Okafor|84", lind.locator("#stat").inner_text()), "room and job only"

    page.goto("/board/")
    expect(page.locator("#ringing")).to_contain_text("Ringing Lind Cole")  # it follows from page to page
    assert_accessible(page)
    passes(clinic, 61)
    expect(carla.locator("#stat")).to_contain_text("Critical value", timeout=3_000)
    expect(lind.locator("#stat")).not_to_contain_text("Critical value")
    expect(page.locator("#ringing")).to_contain_text("Ringing Carla Cole")
    expect(page.locator("#ringing")).to_contain_text("did not answer")

    carla.locator("#stat").get_by_role("button", name="Take it").click()
    carla.wait_for_url(re.compile("/worklist/"))
    assert_accessible(carla)
    expect(page.locator("#ringing")).to_contain_text("Carla Cole has answered")
    assert_accessible(page)
    page.get_by_role("button", name="They said it back").click()
    expect(page.locator("#ringing")).to_be_empty()
    page.goto(f"/rooming/{visit.encounter}/vitals")
    expect(page.get_by_text(re.compile("told Carla Cole"))).to_be_visible()
    advice = re.compile("oxygen|give |call 911|start ", re.IGNORECASE)
    assert not advice.search(page.locator("main").inner_text().replace("Oxygen saturation", ""))
