"""Refills in a real browser: from a call to the patient told; one click for the prescriber; no yes for some."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from carewright.core.store.model import Ref
from carewright.skills.calls.fhir import to_fhir as call_to_fhir
from carewright.skills.calls.model import PhoneCall, State
from carewright.skills.refills import actions
from carewright.skills.refills.fhir import from_fhir, order_id
from carewright.skills.refills.model import Answer, Asker, Asking, Refill, Said, Stage, Supply, Via
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, patient

pytestmark = pytest.mark.browser
MONTH = Supply(days=30, refills=0)
FOUND = actions.Found(
    pharmacy="Main St Pharmacy", prescriber="Practitioner/lind", days_left=4, said=Said(as_written=True, well=True)
)


def has(pages: Pages, medicine: str, *, family: str = "Adams", key: str = "lou") -> str:
    """A man who takes a medicine and has called about it; his id."""
    man = patient(pages.clinic, key, family=family, given="Lou", born="1966-01-01")
    pages.clinic.have(
        {"resourceType": "MedicationStatement", "id": f"m-{man}", "status": "active",
         "subject": {"reference": f"Patient/{man}"}, "medicationCodeableConcept": {"text": medicine},
         "dosage": [{"text": "1 tablet daily"}]},
        call_to_fhir(PhoneCall(id=f"call-{man}", site="main-st", at=TEN_FORTY, by="Practitioner/dana", number="1",
                               patient=f"Patient/{man}", reason="refill", state=State.OWED)),
    )  # fmt: skip
    return man


def asked(pages: Pages, man: str, medicine: str, *, days_left: int | None = None) -> str:
    asking = Asking(at=TEN_FORTY, by="Practitioner/dana", via=Via.PHONE, asker=Asker.PATIENT)
    refill = Refill(
        patient=f"Patient/{man}", medicine=medicine, asked=(asking,), on_file=f"MedicationStatement/m-{man}",
        site="main-st", days_left=days_left,
    )  # fmt: skip
    return actions.ask(pages.clinic.writer("dana"), refill=refill)[0].id


def prepared(pages: Pages, man: str, medicine: str, supply: Supply | None) -> str:
    refill = asked(pages, man, medicine)
    actions.prepare(pages.clinic.writer("dana"), refill_id=refill, version=1, found=FOUND, supply=supply, note="",
                    at=TEN_FORTY, today=TEN_FORTY.date())  # fmt: skip
    return refill


def stands(pages: Pages, refill: str) -> Refill:
    found = from_fhir(pages.clinic.resource(Ref("MedicationRequest", refill)))
    assert found is not None
    return found


def test_a_call_about_a_refill_ends_with_one_click_of_the_prescriber_and_the_patient_told(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    man = has(clinic_pages, "Lisinopril 10 mg")
    sign_in(page, "dana")
    page.goto(f"/phone/call/call-{man}")
    page.get_by_role("link", name="Enter the refill request").click()
    page.get_by_label("Which medicine?").select_option(label="Lisinopril 10 mg · 1 tablet daily")
    page.get_by_role("button", name="Save the request").click()
    expect(page.get_by_text("Ask how it is taken.")).to_be_visible()
    refill = page.url.rsplit("/", 1)[1]
    page.get_by_label("Whose yes or no?").select_option("Practitioner/lind")
    page.get_by_role("button", name="Send it to the prescriber").click()
    expect(page.get_by_text("Something is still missing.")).to_be_visible()
    page.get_by_label("Taken as the label says?").select_option("yes")
    page.get_by_label("No trouble with it?").select_option("yes")
    page.get_by_label("Days left").fill("4")
    page.get_by_label("Pharmacy").fill("Main St Pharmacy")
    page.get_by_role("button", name="Send it to the prescriber").click()
    expect(page.get_by_text("It is with the prescriber.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, "lind")
    page.goto("/worklist/")
    page.get_by_role("link", name="Yes or no to a refill").first.click()
    page.get_by_role("link", name="Open where it is done").click()
    expect(page.get_by_role("button", name="Yes: 30 days, 0 refills")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_text("To be told")).to_be_visible()
    order = clinic_pages.clinic.resource(Ref("MedicationRequest", order_id(refill)))
    assert order["requester"]["reference"] == "Practitioner/lind"
    page.context.clear_cookies()
    sign_in(page, "dana")
    page.goto("/refills/")
    page.keyboard.press("n")
    for _ in range(2):
        page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Answered, and everybody was told.")).to_be_visible()
    assert stands(clinic_pages, refill).stage is Stage.ENDED


def test_a_controlled_drug_has_no_yes_and_a_key_answers_nothing(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    man = has(clinic_pages, "Oxycodone 5 mg")
    refill = prepared(clinic_pages, man, "Oxycodone 5 mg", None)
    sign_in(page, "lind")
    page.goto(f"/refills/{refill}")
    expect(page.get_by_text("A controlled drug has no yes here.")).to_be_visible()
    expect(page.get_by_role("button", name="Yes")).to_have_count(0)
    page.keyboard.press("y")
    page.get_by_role("button", name="I have prescribed it there").click()
    expect(page.get_by_text("To be told")).to_be_visible()
    said = stands(clinic_pages, refill).decision
    assert said is not None
    assert said.answer is Answer.ELSEWHERE


def test_a_key_pressed_twice_answers_one_request(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    first = prepared(clinic_pages, has(clinic_pages, "Lisinopril 10 mg"), "Lisinopril 10 mg", MONTH)
    other = has(clinic_pages, "Amlodipine 5 mg", family="Baker", key="ben")
    second = prepared(clinic_pages, other, "Amlodipine 5 mg", MONTH)
    sign_in(page, "lind")
    page.goto(f"/refills/{first}")
    page.keyboard.press("y")
    page.wait_for_url(lambda url: second in url)
    page.keyboard.press("y")
    expect(page.get_by_role("button", name="Yes: 30 days")).to_be_disabled()
    assert stands(clinic_pages, second).decision is None
    expect(page.get_by_role("button", name="Yes: 30 days")).to_be_enabled()
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Refills")).to_be_visible()
    assert stands(clinic_pages, second).stage is Stage.ANSWERED


@what_is_drawn
def test_the_pages_of_refills_can_be_read_by_everybody_at_every_size(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    woman = has(clinic_pages, "Insulin glargine 100 units/mL", family=LONG, key="long")
    urgent = asked(clinic_pages, woman, "Insulin glargine 100 units/mL", days_left=1)
    fits = prepared(clinic_pages, has(clinic_pages, "Lisinopril 10 mg"), "Lisinopril 10 mg", MONTH)
    controlled = prepared(clinic_pages, has(clinic_pages, "Oxycodone 5 mg", key="o"), "Oxycodone 5 mg", None)
    other = prepared(clinic_pages, has(clinic_pages, "Zorblaxin 5 mg", key="z"), "Zorblaxin 5 mg", None)

    def look(path: str) -> None:
        page.goto(path)
        page.evaluate("for (const one of document.querySelectorAll('.refill-page details')) one.open = true")
        assert_readable(page)

    sign_in(page, "dana")
    for path in ("/refills/", f"/refills/new/{woman}?call=call-{woman}", f"/refills/{urgent}", f"/refills/{fits}"):
        look(path)
    page.context.clear_cookies()
    sign_in(page, "lind")
    for refill in (fits, controlled, other):
        look(f"/refills/{refill}")
    actions.decide(clinic_pages.clinic.writer("lind"), refill_id=fits, version=2, answer=Answer.YES, at=TEN_FORTY)
    look(f"/refills/{fits}")
