"""The manager's page of a program that is no longer told: read by everybody at every size, in every language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from carewright.core.store.model import Origin
from carewright.core.subscriptions.model import OFF_SINCE
from carewright.core.subscriptions.topics import BASE
from tests.clinic import Clinic, what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.test_pseudo_locale_pages import Day, day, english_on, pseudo_locale

__all__ = ["day", "pseudo_locale"]
HOST = "notices.population-health.riverbend-county.example"
STATUSES = ("requested", "active", "error", "off")


def have_subscriptions(clinic: Clinic, *, host: str = HOST, reason: str = "Tell the data warehouse") -> None:
    """One of each status, as the server has written them; that which is off has failed."""
    with clinic.writer("mona", origin=Origin.SYSTEM).transaction(reason="test.have") as tx:
        for status in STATUSES:
            since = [{"url": OFF_SINCE, "valueInstant": "2026-11-22T10:00:00Z"}] if status == "off" else []
            tx.put({
                "resourceType": "Subscription", "id": f"s-{status}", "status": status, "reason": reason,
                "criteria": f"{BASE}/task-change", "channel": {"type": "rest-hook", "endpoint": f"https://{host}/hook"},
                **({"error": "4.4", "extension": since} if since else {}),
            })  # fmt: skip


@pytest.mark.browser
@what_is_drawn
def test_the_page_can_be_read_by_everybody_and_removes(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    have_subscriptions(clinic_pages.clinic)
    sign_in(page, "mona")
    page.goto("/apps")
    expect(page.get_by_text("Off: nothing is sent")).to_be_visible()
    assert_readable(page)
    page.get_by_role("link", name="Look at it").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("this program hears nothing")).to_be_visible()
    assert_readable(page)
    page.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Look at it")).to_have_count(len(STATUSES) - 1)


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("pseudo_locale")
def test_every_status_is_said_in_every_language(day: Day) -> None:
    have_subscriptions(day.pages.clinic, host="4.4.4.4", reason="Α")
    paths = [f"/apps/subscriptions/s-{status}" for status in STATUSES]
    found = english_on(day.client("mona"), "/apps", *paths)
    assert all(words <= {"task", "change"} for words in found.values()), found
