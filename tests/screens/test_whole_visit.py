"""One visit from the booking to the goodbye, in a real browser, by three people, on both engines and at both sizes.

The patient came from elsewhere: one of the imported synthetic records, with years of history.
"""

import re
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from carewright.core.store.model import Ref
from carewright.project.importing import Journal, import_files
from carewright.project.wiring import operator_access
from carewright.skills.scheduling import people
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import Session, Template
from carewright.skills.visit.fhir import from_fhir
from tests.pages import Pages
from tests.screens.conftest import SignIn

pytestmark = pytest.mark.browser
Accessible = Callable[[Page], None]
SIZES = [(1440, 900), (1024, 768)]


@pytest.fixture
def imported(clinic_pages: Pages, test_data: Path, tmp_path: Path) -> Ref:
    """A synthetic patient, imported whole."""
    clinic = clinic_pages.clinic
    bundle = min((test_data / "fhir" / "synthea").glob("*.json"))
    outcome = import_files(
        clinic.store, operator_access(clinic.practice), [bundle], journal=Journal(tmp_path / "journal.json")
    )
    assert outcome.refused == []
    return Ref("Patient", next(name for name in outcome.distinct if name.startswith("Patient/")).split("/")[1])


@pytest.fixture
def day(clinic_pages: Pages) -> Pages:
    """Dr. Lind sees patients from eight to five on weekdays."""
    people.forget()
    week = tuple(Session(weekday=n, starts=time(8), ends=time(17)) for n in range(5))
    template = Template(
        schedule="Schedule/lind",
        provider="Practitioner/lind",
        site="Location/main-st",
        zone="America/New_York",
        sessions=week,
    )
    clinic_pages.clinic.have(template_to_fhir(template))
    return clinic_pages


@pytest.fixture
def somebody(
    browser: Browser, address: str, sign_in: SignIn, request: pytest.FixtureRequest
) -> Callable[[str, tuple[int, int]], Page]:
    """A browser of their own for each person, at a size."""

    def opened(name: str, size: tuple[int, int]) -> Page:
        context = browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
        )
        request.addfinalizer(context.close)
        page = context.new_page()
        sign_in(page, name)
        return page

    return opened


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_from_the_booking_to_the_goodbye(
    day: Pages,
    imported: Ref,
    somebody: Callable[[str, tuple[int, int]], Page],
    assert_accessible: Accessible,
    size: tuple[int, int],
) -> None:
    clinic = day.clinic
    name = str(clinic.rows("patient", id=imported.id)[0]["name"])
    fay, dana, lind = (somebody(who, size) for who in ("fay", "dana", "lind"))
    _book(fay, name)
    assert_accessible(fay)
    fay.get_by_role("button", name=f"Check in {name}").click()
    expect(fay.get_by_role("row", name=re.compile(f"{re.escape(name)}.*Waiting"))).to_be_visible()
    (row,) = clinic.rows("visit", patient=imported.id, status="waiting")
    visit = Ref("Encounter", str(row["id"]))

    dana.goto("/board/")
    dana.get_by_role("button", name=f"Room {name}").click()
    choice = dana.locator("#board-dialog .room-choice button").first
    expect(choice).to_be_visible()
    assert_accessible(dana)
    choice.click()
    expect(dana.get_by_role("row", name=re.compile(f"{re.escape(name)}.*Rooming"))).to_be_visible()
    _room(dana, visit, assert_accessible)
    dana.get_by_role("button", name=re.compile("^Ready for")).click()
    dana.wait_for_url(lambda url: "/rooming/" not in url)

    lind.goto("/board/")
    lind.get_by_role("button", name=f"Provider is in {name}").click()
    expect(lind.get_by_role("row", name=re.compile(f"{re.escape(name)}.*With the provider"))).to_be_visible()
    lind.goto(f"/visit/{visit.id}")
    expect(lind.get_by_text("98.2 °F")).to_be_visible()
    assert_accessible(lind)
    lind.get_by_role("button", name="To check-out").click()

    expect(fay.locator("body")).to_contain_text(name)
    fay.goto(f"/checkout/{visit.id}")
    expect(fay.get_by_text("Checking out").first).to_be_visible()
    assert_accessible(fay)
    fay.get_by_role("button", name="Done", exact=True).click()
    expect(fay.get_by_role("button", name="Open again")).to_be_visible()
    encounter = clinic.resource(visit)
    assert encounter["status"] == "finished"
    stages = [stage.status.value for stage in from_fhir(encounter).stages]
    assert stages == ["waiting", "rooming", "ready", "with-provider", "checking-out", "done"]
    assert clinic.rows("appointment", patient=imported.id)[0]["status"] == "fulfilled"


def _book(page: Page, name: str) -> None:
    page.goto("/desk/")
    page.keyboard.press("n")
    expect(page.get_by_label("Name, birth date, phone or MRN")).to_be_focused()
    page.keyboard.type(name.split(",")[0])
    page.locator("#desk-found .hit").filter(has_text=name).click()
    page.get_by_label("In the patient’s words").fill("I am tired all the time")
    page.locator("#book-times input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-day")).to_contain_text(name)


def _room(page: Page, visit: Ref, assert_accessible: Accessible) -> None:
    """Name and birth date, allergies, vitals with a warning that is corrected."""
    page.goto(f"/rooming/{visit.id}/identity")
    page.get_by_role("button", name="Both match").click()
    page.wait_for_url(lambda url: "identity" not in url)
    page.goto(f"/rooming/{visit.id}/allergies")
    page.get_by_role("button", name=re.compile("^Asked today")).first.click()
    page.wait_for_url(lambda url: "allergies" not in url)
    page.goto(f"/rooming/{visit.id}/vitals")
    page.get_by_label("Temperature: unit").select_option("f")
    temperature = page.get_by_role("textbox", name="Temperature", exact=True)
    temperature.fill("101.8")
    page.keyboard.press("Tab")
    expect(page.locator("#temperature-state").get_by_text("Fever")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Measure again").click()
    expect(temperature).to_be_focused()
    page.keyboard.type("98.2")
    page.get_by_role("textbox", name="Pulse", exact=True).fill("72")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("98.2 °F").first).to_be_visible()
