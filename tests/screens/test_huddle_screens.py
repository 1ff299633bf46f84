"""The huddle in a real browser: tomorrow's goes from empty to ready, others' presses arrive, it prints."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader

from carewright.core.store.model import Resource
from carewright.core.terminology.coding import CONDITION_CLINICAL, ICD10CM, Coding
from carewright.skills.previsit import codes
from carewright.skills.registration.codes import FALL_RISK
from carewright.skills.registration.fhir import flag_to_fhir
from carewright.skills.registration.model import BannerFlag
from carewright.skills.scheduling import codes as visit_types
from carewright.skills.scheduling import people
from carewright.skills.scheduling.fhir import to_fhir as booking_to_fhir
from carewright.skills.scheduling.model import Booking
from carewright.skills.staffing import actions as staffing
from tests.clinic import what_is_drawn
from tests.pages import SITE, Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG

pytestmark = pytest.mark.browser
TOMORROW = "/huddle/?day=2026-11-24"
AxeCheck = Callable[[Page], None]
PATIENTS = (
    ("rosa", "Santos", "Rosa", "1971-03-04", visit_types.FOLLOW_UP),
    ("jonas", "Okafor", "Jonas", "2025-08-21", visit_types.WELL_CHILD),
    ("maria", LONG, "María Guadalupe", "1950-02-11", visit_types.PHYSICAL),
    ("hoa", "Nguyễn", "Thị Hoa", "1988-01-02", visit_types.SICK),
)  # fmt: skip


def booked(key: str, type_: Coding, *, number: int) -> Resource:
    return booking_to_fhir(
        Booking(
            id=f"b-{key}", patient=f"Patient/{key}", provider=f"Practitioner/{('lind', 'nora')[number % 2]}",
            site=f"Location/{SITE}", schedule="Schedule/lind", minutes=20, type=type_, seat=number, reason="Recheck",
            starts_at=datetime(2026, 11, 24, 14 + number // 2, 20 * (number % 2), tzinfo=UTC),
        )
    )  # fmt: skip


@pytest.fixture
def tomorrow(clinic_pages: Pages) -> Pages:
    """Four patients of two providers; one has diabetes, an order without a result and no Spanish-speaking family."""
    people.forget()
    interpreter = {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}
    about = {"reference": "Patient/rosa"}
    clinic_pages.clinic.have(
        *(
            {"resourceType": "Patient", "id": key, "gender": "female", "birthDate": born,
             "name": [{"use": "official", "family": family, "given": [given]}],
             "communication": [{"preferred": True, "language": {"coding": [
                 {"system": "urn:ietf:bcp:47", "code": "es", "display": "Spanish"}]}}],
             **({"extension": [interpreter]} if key == "rosa" else {})}
            for key, family, given, born, _ in PATIENTS
        ),
        *(booked(key, type_, number=n) for n, (key, *_, type_) in enumerate(PATIENTS)),
        {"resourceType": "Condition", "id": "dm", "subject": about, "code": {"coding": [
            {"system": ICD10CM, "code": "E11.9"}]},
         "clinicalStatus": {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]}},
        {"resourceType": "ServiceRequest", "id": "xray", "status": "active", "intent": "order", "subject": about,
         "code": {"text": "Chest X-ray"}, "authoredOn": "2026-11-02"},
        {"resourceType": "ServiceRequest", "id": "eye", "status": "active", "intent": "order", "subject": about,
         "category": [codes.REFERRAL_CATEGORY.concept()], "code": {"text": "Eye clinic"}, "authoredOn": "2026-10-02"},
        {"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": about,
         "description": "Walk daily, A1c again in 3 months", "created": "2026-08-24"},
        flag_to_fhir(BannerFlag(id="fall", patient="Patient/maria", code=FALL_RISK)),
    )  # fmt: skip
    return clinic_pages


@what_is_drawn
def test_the_huddle_and_its_dialog_are_accessible_and_fit(
    page: Page, tomorrow: Pages, sign_in: SignIn, assert_readable: AxeCheck
) -> None:
    sign_in(page, "dana")
    page.goto(TOMORROW)
    expect(page.locator("#h-b-rosa")).to_contain_text("No result yet: Chest X-ray")
    expect(page.locator(".huddle-ready")).to_contain_text("0 of 4 ready")
    assert_readable(page)
    page.get_by_role("button", name="Santos, Rosa", exact=True).click()
    expect(page.locator("#huddle-dialog")).to_contain_text("No standing order covers this")
    assert_readable(page)


@what_is_drawn
def test_the_huddle_in_spanish_fits(new_context: Callable[..., BrowserContext], address: str, tomorrow: Pages) -> None:
    page = new_context(base_url=address, locale="es-MX", viewport={"width": 1024, "height": 768}).new_page()
    page.goto("/sign-in")
    page.locator("[name=login]").fill("dana")
    page.locator("[name=password]").fill("rooming at ten forty")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(TOMORROW)
    expect(page.locator(".huddle-ready")).to_contain_text("0 de 4 listos")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_tomorrow_s_huddle_from_empty_to_ready(page: Page, tomorrow: Pages, sign_in: SignIn) -> None:
    """By keyboard and mouse, until the bar is full; a press is one tap on the line."""
    sign_in(page, "dana")
    page.goto("/huddle/")
    expect(page.locator("#huddle")).to_contain_text("Nobody is booked on this day")
    page.get_by_role("link", name="Tomorrow").click()
    expect(page.locator(".huddle-ready")).to_contain_text("0 of 4 ready")
    for done, (key, *_) in enumerate(PATIENTS, start=1):
        line = page.locator(f"#h-b-{key}")
        for _ in range(20):
            before = line.inner_text()
            button = line.locator("td.next button")
            if not button.count():
                break
            button.focus()
            page.keyboard.press("Enter")
            expect(line).not_to_have_text(before, use_inner_text=True)
        expect(line).to_have_attribute("data-is-ready", "1")
        expect(page.locator(".huddle-ready")).to_contain_text(f"{done} of 4 ready")
    assert page.locator("#huddle-progress").evaluate("bar => bar.value === bar.max")
    page.reload()
    expect(page.locator(".huddle-ready")).to_contain_text("4 of 4 ready")


def test_what_another_has_seen_to_arrives_by_itself(
    page: Page, new_context: Callable[..., BrowserContext], address: str, tomorrow: Pages, sign_in: SignIn
) -> None:
    sign_in(page, "dana")
    page.goto(TOMORROW)
    other = new_context(base_url=address).new_page()
    sign_in(other, "fay")
    other.goto(TOMORROW)
    expect(other.locator("#h-b-rosa")).to_contain_text("Spanish interpreter")
    expect(other.locator("#huddle")).not_to_contain_text("Chest X-ray")
    other.get_by_role("button", name="Santos, Rosa", exact=True).click()
    other.get_by_role("button", name="Hand out Spanish interpreter").click()
    expect(other.locator("#huddle-dialog")).to_contain_text("Front desk has it")
    other.get_by_role("button", name="Seen to Spanish interpreter").click()
    expect(other.locator("#huddle-dialog")).to_contain_text("Seen to by Fay Cole")
    expect(page.locator("#h-b-rosa .row-done")).to_contain_text("1")


@pytest.mark.parametrize(
    ("whose", "hidden", "printed", "left_out"),
    [("Practitioner/nora", "rosa", "Nguyễn, Thị Hoa", "Santos"), ("pod:B", "hoa", "Santos, Rosa", "Nguyễn")],
)
def test_one_provider_or_pod_is_shown_and_printed(
    page: Page, tomorrow: Pages, sign_in: SignIn, tmp_path: Path, whose: str, hidden: str, printed: str, left_out: str
) -> None:
    staffing.set_day(
        tomorrow.clinic.writer("lena"), site=SITE, day=date(2026, 11, 24), practitioner="Practitioner/dana", pod="B",
        works_with="Practitioner/lind", lunch=None,
    )  # fmt: skip
    sign_in(page, "dana")
    page.goto(TOMORROW)
    page.get_by_label("Provider").select_option(whose)
    expect(page.locator(f"#h-b-{hidden}")).to_be_hidden()
    expect(page.locator(".huddle-ready")).to_contain_text("0 of 2 ready")
    with page.expect_download() as started:
        page.get_by_role("link", name="Print").click()
    saved = tmp_path / "packet.pdf"
    started.value.save_as(saved)
    texts = [one.extract_text() for one in PdfReader(saved).pages]
    assert len(texts) == 3
    assert printed in texts[0]
    assert left_out not in "".join(texts)
    assert started.value.suggested_filename == "huddle-2026-11-24.pdf"
