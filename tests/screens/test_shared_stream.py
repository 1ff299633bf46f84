"""Thirty tabs of one browser share one event stream; a revocation ends it for all of them within five seconds."""

import time

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from carewright.core.access import sessions
from carewright.skills.emergency import actions as emergency
from carewright.skills.emergency.codes import AED
from tests.pages import SITE, Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
TABS = 30
REVOKED_WITHIN_S = 5
LIVE = "[data-live-state]"


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
def test_thirty_tabs_share_one_stream_and_a_revocation_ends_it(
    context: BrowserContext, clinic_pages: Pages, sign_in: SignIn
) -> None:
    clinic = clinic_pages.clinic
    streams: list[str] = []

    def count(request: Request) -> None:
        if "/live" in request.url and "/static/" not in request.url:
            streams.append(request.url)

    context.on("request", count)
    tabs = [context.new_page() for _ in range(TABS)]
    sign_in(tabs[0], "dana")
    for tab in tabs:
        tab.goto("/board/")
        expect(tab.locator(LIVE)).to_have_attribute("data-live-state", "live")
        if tab is tabs[0]:
            streams.clear()  # the page after the sign-in had one, which went with that page
    assert streams == [], "the first tab holds the stream, the others hear of it"

    emergency.call_for_help(
        clinic.writer("lena"), site=SITE, room="room-4", room_name="Room 4", job=AED.code, at=clinic.store.now()
    )
    for tab in tabs:
        expect(tab.locator("#alarms")).to_contain_text("Room 4")

    began = time.monotonic()
    assert sessions.revoke_all(clinic.store, practice=clinic.practice, actor="Practitioner/dana") == 1
    for tab in tabs:
        expect(tab.locator(LIVE)).to_have_attribute("data-live-state", "offline")
    assert time.monotonic() - began < REVOKED_WITHIN_S
    assert streams == []
