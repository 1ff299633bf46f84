"""Rooming in a real browser: by keyboard alone, fields checked as they are left, nothing inaccessible or too wide."""

import gzip
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from carewright.skills.allergies.fhir import to_fhir as allergy_to_fhir
from carewright.skills.allergies.model import Allergy, Reaction
from carewright.skills.registration import codes
from carewright.skills.registration.fhir import flag_to_fhir
from carewright.skills.registration.model import BannerFlag
from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens import visits
from tests.screens.conftest import SignIn
from tests.screens.visits import Visit

pytestmark = pytest.mark.browser
Accessible = Callable[[Page], None]


@pytest.fixture
def visit(clinic_pages: Pages) -> Visit:
    return visits.rooming(clinic_pages.clinic, visits.jonas(clinic_pages.clinic))


def room(visit: Visit, step: str = "") -> str:
    return f"/rooming/{visit.encounter}/{step}"


FLAGS = (codes.MASK_NOW, codes.LATEX, codes.WHEELCHAIR)
ALLERGIES = ("penicillin", "sulfamethoxazole-trimethoprim", "shellfish", "bee venom", "latex", "peanut")


def wide(clinic_pages: Pages) -> Visit:
    """Somebody with a long name, many flags and allergies, and odd characters in the reason."""
    clinic = clinic_pages.clinic
    key = visits.patient(
        clinic, "maria", family=visits.LONG, given="María Guadalupe", born="1961-07-30", gender="female"
    )
    about = f"Patient/{key}"
    arm = BannerFlag(patient=about, code=codes.NOT_THIS_ARM, words="Left arm: mastectomy 2019")
    reaction = (Reaction(words="throat swelling", severity="severe"),)
    clinic.have(
        *(flag_to_fhir(flag) for flag in (arm, *(BannerFlag(patient=about, code=code) for code in FLAGS))),
        *(allergy_to_fhir(Allergy(patient=about, substance=name, reactions=reaction)) for name in ALLERGIES),
    )
    return visits.rooming(clinic, key, well=False, reason="Says: “it hurts <b>here</b> & there”, since Sunday")


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_role("textbox", name=label, exact=True).fill(text)


@what_is_drawn
def test_no_page_of_a_visit_is_inaccessible_or_too_wide(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Accessible
) -> None:
    visit = wide(clinic_pages)
    sign_in(page, "dana")
    page.emulate_media(reduced_motion="reduce")  # a fading word has no contrast yet
    addresses = [room(visit, step) for step in ("identity", "reason", "medicines", "allergies", "vitals")]
    addresses += [f"/visit/{visit.encounter}", f"/checkout/{visit.encounter}", f"/chart/{visit.patient}"]
    addresses += [f"/chart/{visit.patient}/{part}" for part in ("problems", "vitals", "visits")]
    for address in [*addresses, f"/checkout/{visit.encounter}/summary"]:
        page.goto(address)
        assert_readable(page)


@what_is_drawn
def test_warnings_critical_readings_and_errors_are_accessible(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Accessible
) -> None:
    visit = wide(clinic_pages)
    sign_in(page, "dana")
    page.emulate_media(reduced_motion="reduce")  # a fading word has no contrast yet
    page.goto(room(visit, "vitals"))
    fill(page, "Weight", "ten")
    page.get_by_label("Temperature: unit").select_option("f")
    fill(page, "Temperature", "101.8")
    fill(page, "SpO₂", "84")
    fill(page, "Pulse", "210")
    page.keyboard.press("Tab")
    expect(page.locator("#weight-state").get_by_text("Write a number")).to_be_visible()
    expect(page.locator("#spo2-state").get_by_text("Tell the provider now")).to_be_visible()
    assert_readable(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    assert_readable(page)
    fill(page, "Weight", "72.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Whom did you tell?")).to_be_visible()
    assert_readable(page)
    page.get_by_role("button", name="Ready for Lind Cole").click()
    expect(page.get_by_role("alert").filter(has_text="Not ready yet")).to_be_visible()
    assert_readable(page)


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the control with that name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type] # any role
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}.")


def test_a_whole_rooming_by_keyboard_alone(page: Page, clinic_pages: Pages, visit: Visit, sign_in: SignIn) -> None:
    sign_in(page, "dana")
    page.goto(room(visit, "identity"))
    tab_to(page, "Both match")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("who-came"))
    page.goto(room(visit, "allergies"))
    tab_to(page, "Asked today: no known allergies")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("vitals"))
    tab_to(page, "Weight", "textbox")
    page.keyboard.type("19.4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Length", exact=True)).to_be_focused()
    expect(page.locator("#weight-state").get_by_text("+104% since 9.5 kg")).to_be_visible()
    expect(page.get_by_role("textbox", name="Length", exact=True)).to_be_focused()
    page.keyboard.type("79.4")
    page.get_by_role("textbox", name="Weight", exact=True).focus()
    tab_to(page, "19.4 lb = 8.80 kg")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Weight: unit")).to_have_value("lb")
    expect(page.get_by_role("textbox", name="Weight", exact=True)).to_be_focused()
    expect(page.locator("#weight-state").get_by_text("In range")).to_be_visible()
    tab_to(page, "Save", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("19.4 lb", exact=True)).to_be_visible()
    tab_to(page, "Ready for Lind Cole")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/rooming/" not in url)
    assert clinic_pages.clinic.rows("visit", id=visit.encounter)[0]["status"] == "ready"


def test_measure_again_keeps_both_and_a_mistake_is_taken_back_in_place(
    page: Page, clinic_pages: Pages, visit: Visit, sign_in: SignIn
) -> None:
    sign_in(page, "dana")
    page.goto(room(visit, "vitals"))
    fill(page, "Weight", "19.4")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Measure again").click()
    expect(page.get_by_role("textbox", name="Weight", exact=True)).to_be_focused()
    expect(page.get_by_role("textbox", name="Weight", exact=True)).to_have_value("")
    page.keyboard.type("9.8")
    fill(page, "Pulse", "126")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#weight-saved li")).to_have_count(2)
    fill(page, "Temperature", "37.0")
    page.get_by_role("button", name="19.4 kg: charted by mistake").click()
    expect(page.locator("#weight-saved li.struck")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Temperature", exact=True)).to_have_value("37.0")


def test_it_is_right_is_kept_with_the_reading_and_only_for_that_number(
    page: Page, clinic_pages: Pages, visit: Visit, sign_in: SignIn
) -> None:
    sign_in(page, "dana")
    page.goto(room(visit, "vitals"))
    fill(page, "Weight", "19.4")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="It is right").click()
    expect(page.locator("#weight-state").get_by_text("You looked again: it is right")).to_be_visible()
    expect(page.get_by_role("textbox", name="Weight", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="It is right")).to_be_visible()
    page.get_by_role("button", name="It is right").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#weight-saved").get_by_text("looked at again")).to_be_visible()
    page.goto(f"/visit/{visit.encounter}")
    expect(page.get_by_text("looked at again")).to_be_visible()


def test_two_part_units_appear_where_they_are_chosen(page: Page, visit: Visit, sign_in: SignIn) -> None:
    sign_in(page, "dana")
    page.goto(room(visit, "vitals"))
    ounces = page.get_by_label("Weight: ounces or inches")
    expect(ounces).to_be_hidden()
    page.get_by_label("Weight: unit").select_option("lb_oz")
    expect(ounces).to_be_visible()
    fill(page, "Weight", "22")
    ounces.fill("11")
    page.keyboard.press("Tab")
    expect(page.locator("#weight-state").get_by_text("In range")).to_be_visible()


def test_what_is_typed_survives_a_closed_page(page: Page, visit: Visit, sign_in: SignIn) -> None:
    sign_in(page, "dana")
    page.goto(room(visit, "vitals"))
    page.get_by_role("textbox", name="Weight", exact=True).press_sequentially("9.8")
    expect(page.locator("[data-draft-status=vitals]")).to_contain_text("10:4", timeout=5000)
    page.goto(room(visit, "identity"))
    page.goto(room(visit, "vitals"))
    page.get_by_role("link", name="Use it").click()
    expect(page.get_by_role("textbox", name="Weight", exact=True)).to_have_value("9.8")


def test_the_provider_sees_a_reading_while_the_page_is_open(
    page: Page,
    clinic_pages: Pages,
    visit: Visit,
    sign_in: SignIn,
    new_context: Callable[..., BrowserContext],
    address: str,
) -> None:
    sign_in(page, "lind")
    page.goto(f"/visit/{visit.encounter}")
    expect(page.get_by_text("Nothing measured yet.")).to_be_visible()
    other = new_context(base_url=address).new_page()
    sign_in(other, "dana")
    other.goto(room(visit, "vitals"))
    fill(other, "Pulse", "126")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("126 /min")).to_be_visible(timeout=5000)


def test_pages_are_within_their_budget(page: Page, visit: Visit, sign_in: SignIn) -> None:
    """60 KB gzipped at first load with everything it needs, 20 KB after that."""
    sign_in(page, "dana")
    for path in (room(visit, "vitals"), f"/chart/{visit.patient}", f"/visit/{visit.encounter}"):
        html = page.request.get(path).body()
        assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html.decode()))
        weights = {address: len(gzip.compress(page.request.get(address).body())) for address in assets}
        assert len(gzip.compress(html)) < 20_000, path
        assert len(gzip.compress(html)) + sum(weights.values()) < 60_000, (path, weights)
