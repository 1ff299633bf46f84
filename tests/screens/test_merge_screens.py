"""Merging two charts in a real browser, on both engines: by keyboard alone, seen at both sizes, undone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from carewright.core.store.model import Ref
from carewright.skills.registration.rules.merging import survivor_of
from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, arrived, weight

pytestmark = pytest.mark.browser
WHY = "ID card seen, she moved in May"


@pytest.fixture
def twice(clinic_pages: Pages) -> Pages:
    """One woman with a long name registered twice, with visits and readings in both charts, and twins."""
    clinic = clinic_pages.clinic
    for key, family, phone, street in (
        ("one", LONG, "(612) 555-0142", "14 Old Mill Rd"),
        ("two", "de la Concepcion Villanueva", "(612) 555-0142", "The Residences at Riverbend, 2210 Long Lake Blvd"),
    ):
        clinic.have(
            {"resourceType": "Patient", "id": key, "gender": "female", "birthDate": "1988-05-17",
             "name": [{"use": "official", "family": family, "given": ["María", "Guadalupe"]}],
             "telecom": [{"system": "phone", "value": phone, "use": "mobile"}],
             "address": [{"use": "home", "line": [street], "city": "Riverbend", "state": "MN", "postalCode": "55401"}],
             "identifier": [{"system": "urn:lab", "value": f"LAB-{key}"}]},
            {"resourceType": "AllergyIntolerance", "id": f"allergy-{key}", "patient": {"reference": f"Patient/{key}"},
             "code": {"text": f"Allergen {key}"},
             "clinicalStatus": {"coding": [{"code": "active", "system":
                                "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]}},
            weight(key, "61.2", at="2026-05-04T10:00:00-04:00"),
        )  # fmt: skip
        arrived(clinic, key, well=False, reason="Cough")
    return clinic_pages


def survivor(pages: Pages, patient_id: str) -> str:
    return survivor_of(pages.clinic.resource(Ref("Patient", patient_id), name="lena"))


@what_is_drawn
def test_each_page_of_a_merge_can_be_read_by_everybody_at_every_size(
    page: Page, twice: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip

    def look() -> None:
        assert_readable(page)

    sign_in(page, "lena")
    page.goto("/merge/")
    expect(page.get_by_role("link", name="Compare")).to_be_visible()
    look()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Differs").first).to_be_visible()
    expect(page.get_by_text("Same").first).to_be_visible()
    look()
    page.get_by_role("button", name="Look once more").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("Choose the chart that stays.")
    look()
    page.get_by_role("radio").first.check()
    page.get_by_label("How do you know?").fill(WHY)
    page.get_by_role("button", name="Look once more").click()
    expect(page.get_by_text("born 05/17/1988")).to_have_count(2)
    look()
    page.get_by_role("button", name="It is one person: merge").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(WHY)
    look()
    page.goto("/chart/two")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("It was merged into this one")
    for words in ("Allergen one", "Allergen two"):
        expect(page.get_by_role("main").get_by_text(words)).to_be_visible()
    expect(page.locator("#c-visits").locator("xpath=../..").get_by_text("Cough")).to_have_count(2)
    look()
    page.goto("/merge/done/two")
    page.get_by_label("How do you know?").fill("Two cousins")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_role("heading", name="Two charts again")).to_be_visible()
    look()


def test_two_charts_are_merged_and_undone_by_the_keyboard_alone(page: Page, twice: Pages, sign_in: SignIn) -> None:
    sign_in(page, "mona")
    page.goto("/merge/")
    page.get_by_role("link", name="Compare").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type(WHY)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look once more")).to_be_visible()
    assert survivor(twice, "two") == survivor(twice, "one") == ""
    page.get_by_role("button", name="It is one person: merge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Merged")).to_be_visible()
    assert {survivor(twice, "one"), survivor(twice, "two")} == {"", "one"}
    page.get_by_label("How do you know?").focus()
    page.keyboard.type("Two cousins")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Two charts again")).to_be_visible()
    assert survivor(twice, "two") == ""


def test_of_two_who_merge_at_once_one_sees_the_others_merge(
    page: Page, twice: Pages, sign_in: SignIn, new_context: Callable[..., object], address: str
) -> None:
    other = new_context(base_url=address).new_page()  # type: ignore[attr-defined]  # a browser's context
    for who, which in (("lena", page), ("mona", other)):
        sign_in(which, who)
        which.goto("/merge/one/two")
        which.get_by_role("radio").nth(0 if which is page else 1).check()
        which.get_by_label("How do you know?").fill(WHY)
        which.get_by_role("button", name="Look once more").click()
    page.get_by_role("button", name="It is one person: merge").click()
    expect(page.get_by_role("heading", name="Merged")).to_be_visible()
    other.get_by_role("button", name="It is one person: merge").click()
    expect(other.get_by_role("heading", name="Merged")).to_be_visible()
    assert (survivor(twice, "one"), survivor(twice, "two")) == ("", "one")


def test_what_is_saved_at_a_visit_of_the_closed_chart_meanwhile_is_in_the_chart_that_stays(
    page: Page, twice: Pages, sign_in: SignIn, new_context: Callable[..., object], address: str
) -> None:
    """One merges while another has a form of the closed chart open: nothing typed there is lost."""
    clinic = twice.clinic
    visit = clinic.rows("visit", patient="two")[0]["id"]
    other = new_context(base_url=address).new_page()  # type: ignore[attr-defined]  # a browser's context
    sign_in(other, "dana")
    other.goto(f"/visit/{visit}")
    other.get_by_label("To the MA, in plain words").fill("Needs the long room")
    sign_in(page, "lena")
    page.goto("/merge/one/two")
    page.get_by_role("radio").first.check()
    page.get_by_label("How do you know?").fill(WHY)
    page.get_by_role("button", name="Look once more").click()
    page.get_by_role("button", name="It is one person: merge").click()
    expect(page.get_by_role("heading", name="Merged")).to_be_visible()
    other.get_by_role("button", name="Send").click()
    expect(other.get_by_text("Needs the long room", exact=True)).to_be_visible()
    expect(other.get_by_role("heading", level=1)).to_contain_text("Etxeberria")  # the banner is the one that stays
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="Messages")).to_be_visible()
