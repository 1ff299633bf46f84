"""Apps in a real browser: the pages, and two SMART clients that we did not write, from a chart and from outside.

`fhirclient` of npm runs in the browser, at an origin of its own; `fhirclient` of PyPI runs beside it and is told where
the browser was sent.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carewright.core.smart import clients
from carewright.core.smart.model import Client, ClientKind
from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.smart_apps import Site, living
from tests.screens.visits import weight

pytestmark = pytest.mark.browser
SCOPE = "openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs offline_access"
LIMITED = "user/Observation.rs?category=vital-signs"
EHR = "openid fhirUser launch patient/Patient.rs patient/Observation.rs online_access"


@pytest.fixture
def charts(clinic_pages: Pages) -> Pages:
    for key, family in (("ada", "Okafor"), ("ben", "Lindqvist")):
        clinic_pages.clinic.have(
            {"resourceType": "Patient", "id": key, "gender": "female", "birthDate": "1988-05-17",
             "name": [{"use": "official", "family": family, "given": [key.title()]}]},
            weight(key, "61.2", at="2026-05-04T10:00:00-04:00"),
        )  # fmt: skip
    return clinic_pages


@pytest.fixture
def site() -> Iterator[Site]:
    with living() as found:
        yield found


def registered(
    pages: Pages, site: Site, *, name: str = "Growth charts", kind: ClientKind = ClientKind.PUBLIC
) -> tuple[Client, str]:
    wanted = clients.Wanted(
        name="Growth charts", kind=kind, scopes=f"{SCOPE} launch online_access user/Patient.rs {LIMITED}",
        redirect_uris=(f"{site.url}/back.html", f"{site.url}/python"), launch_url=f"{site.url}/launch.html",
    )  # fmt: skip
    return clients.register(pages.clinic.store, pages.clinic.access("mona"), wanted)


def pick(page: Page, family: str = "Okafor") -> None:
    page.get_by_label("Find a chart: name, birth date, phone or MRN").fill(family.lower())
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"This one {family}, Ada").click()


def said(page: Page) -> dict[str, Any]:
    expect(page).to_have_title("Done")
    found: dict[str, Any] = json.loads(page.locator("#said").inner_text())
    return found


@pytest.mark.npm
def test_smart_s_own_client_starts_from_a_chart(
    page: Page, charts: Pages, sign_in: SignIn, site: Site, fhirclient_js: bytes
) -> None:
    client, _ = registered(charts, site)
    site.script, site.client_id, site.scope = fhirclient_js, client.client_id, EHR
    sign_in(page, "dana")
    page.goto("/chart/ada")
    page.get_by_role("link", name="Apps", exact=True).click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Start Growth charts").click()
    app = opened.value
    expect(app.get_by_role("heading", name="What may Growth charts do?")).to_be_visible()
    app.get_by_role("button", name="Allow", exact=True).click()
    found = said(app)
    assert found == {
        "patient": "Okafor", "observations": 1, "user": "Practitioner/dana", "banner": True, "turned": True,
        "again": "ada",
    }  # fmt: skip
    assert not any("Okafor" in asked or "ada" in asked.lower() for asked in site.asked), "no patient in an address"


@pytest.mark.npm
def test_smart_s_own_client_starts_by_itself(
    page: Page, charts: Pages, sign_in: SignIn, site: Site, fhirclient_js: bytes, address: str
) -> None:
    client, _ = registered(charts, site)
    site.script, site.client_id, site.scope = fhirclient_js, client.client_id, SCOPE
    site.iss = f"{address}/p/{charts.clinic.practice}/fhir"
    sign_in(page, "dana")
    page.goto(f"{site.url}/standalone.html")
    pick(page)
    page.get_by_label("Go on for 90 days").uncheck()
    page.get_by_role("button", name="Allow", exact=True).click()
    found = said(page)
    assert (found["patient"], found["observations"], found["user"]) == ("Okafor", 1, "Practitioner/dana")
    assert found["turned"] is False, "what was taken off is not given"


@pytest.mark.parametrize("start", ["from a chart", "by itself"])
def test_the_python_client_starts(
    page: Page, charts: Pages, sign_in: SignIn, site: Site, address: str, start: str
) -> None:
    from fhirclient import client as smart

    registration, secret = registered(charts, site, kind=ClientKind.SECRET)
    settings = {
        "app_id": registration.client_id, "app_secret": secret, "redirect_uri": f"{site.url}/python",
        "api_base": f"{address}/p/{charts.clinic.practice}/fhir",
        "scope": EHR if start == "from a chart" else SCOPE,
    }  # fmt: skip
    sign_in(page, "dana")
    if start == "from a chart":
        page.goto("/apps/of/ada")
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Start Growth charts").click()
        opened.value.wait_for_url(f"{site.url}/launch.html**")
        settings["launch_token"] = opened.value.url.partition("launch=")[2]
    app = smart.FHIRClient(settings=settings)
    assert app.prepare() is False
    page.goto(app.authorize_url)
    if start == "by itself":
        pick(page)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(f"{site.url}/python**")
    app.handle_callback(page.url)
    assert app.ready
    assert app.patient_id == "ada"
    assert app.patient.name[0].family == "Okafor"
    before = app.server.auth.access_token
    assert app.reauthorize()
    assert app.server.auth.access_token != before


Look = Callable[[], None]


@pytest.fixture
def look(page: Page, assert_readable: Callable[[Page], None]) -> Look:
    """The page can be read by everybody, and is no wider than the screen."""
    return lambda: assert_readable(page)


@what_is_drawn
def test_registering_can_be_read_by_everybody_at_every_size(
    page: Page, charts: Pages, sign_in: SignIn, site: Site, look: Look
) -> None:
    sign_in(page, "mona")
    page.goto("/apps")
    expect(page.get_by_text("Nothing is registered")).to_be_visible()
    look()
    page.get_by_role("link", name="Register one").click()
    look()
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    look()
    name = "Growth charts of the Children’s Hospital of the Upper Valley"
    page.get_by_role("main").get_by_role("textbox", name="Name").fill(name)
    page.get_by_label("An app on a server, with a secret").check()
    page.get_by_label("The most that it may ask for").fill(f"{SCOPE} user/Observation.rs?category=vital-signs")
    page.get_by_label("Sent back to").fill(f"{site.url}/python")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_text("The secret is shown this once")).to_be_visible()
    look()
    page.get_by_role("main").get_by_role("link", name="Apps and programs").click()
    expect(page.get_by_role("button", name="Disable Growth charts")).to_be_visible()
    look()


@what_is_drawn
def test_allowing_can_be_read_by_everybody_at_every_size(
    page: Page, charts: Pages, sign_in: SignIn, site: Site, look: Look, address: str
) -> None:
    from fhirclient import client as smart

    client, _ = registered(charts, site)
    sign_in(page, "dana")
    page.goto("/apps/of/ada")
    look()
    app = smart.FHIRClient(settings={
        "app_id": client.client_id, "redirect_uri": f"{site.url}/python", "scope": f"{SCOPE} {LIMITED}",
        "api_base": f"{address}/p/{charts.clinic.practice}/fhir",
    })  # fmt: skip
    app.prepare()
    page.goto(app.authorize_url)
    expect(page.get_by_label("Find a chart: name, birth date, phone or MRN")).to_be_focused()
    look()
    page.keyboard.type("okafor")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose the patient")).to_be_visible()
    look()
    page.get_by_role("button", name="This one Okafor, Ada").click()
    expect(page.get_by_text("only where category=vital-signs")).to_be_visible()
    look()
    for box in page.get_by_role("checkbox").all():
        if box.is_enabled():
            box.uncheck()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    look()
    page.get_by_role("button", name="Do not allow").click()
    page.wait_for_url(f"{site.url}/python?error=access_denied**")
    page.goto(f"/p/{charts.clinic.practice}/authorize?client_id=nobody")
    expect(page.get_by_role("heading", name="The app cannot go on")).to_be_visible()
    look()
