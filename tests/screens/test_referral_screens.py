"""Referrals in a real browser: the whole loop by the right people, what stood in the way, both sizes."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from carewright.core.store.model import Ref
from carewright.shell import runtime
from carewright.skills.incoming import actions as papers
from carewright.skills.incoming.actions import Naming
from carewright.skills.incoming.model import CameAs, Route
from carewright.skills.referrals import actions
from carewright.skills.referrals.fhir import from_fhir
from carewright.skills.referrals.model import Hindrance, Referral, Step, Taken
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, jonas, patient

pytestmark = pytest.mark.browser


def stands(pages: Pages, referral: str) -> Referral:
    found = from_fhir(pages.clinic.resource(Ref("ServiceRequest", referral)))
    assert found is not None
    return found


def referred(pages: Pages, patient_id: str, *, urgent: bool = False) -> str:
    needed = Taken(step=Step.NEEDED, at=TEN_FORTY, by="Practitioner/lind")
    referral = Referral(
        patient=f"Patient/{patient_id}", provider="Practitioner/lind", to="Lakeview Cardiology", reason="Murmur",
        taken=(needed,), urgent=urgent, site="main-st",
    )  # fmt: skip
    return actions.refer(pages.clinic.writer("dana"), referral=referral).id


def note_in(pages: Pages, patient_id: str) -> None:
    """A consult note that came by fax and was put into the chart."""
    made = io.BytesIO()
    Image.new("L", (300, 400), "white").save(made, "PNG")
    taken = papers.take_in(pages.clinic.writer("fay"), blobs=runtime.blobs(), sent=made.getvalue(),
                           came_as=CameAs.FAX, at=TEN_FORTY, site="main-st")  # fmt: skip
    assert taken.ref is not None
    naming = Naming(kind="consult", route=Route.SIGN, to="Practitioner/lind", title="Dr. Ortiz")
    papers.match(pages.clinic.writer("fay"), paper_id=taken.ref.id, version=1, patient_id=patient_id, naming=naming)


def test_the_loop_is_closed_from_needed_to_reviewed_by_the_right_people(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    boy = jonas(clinic_pages.clinic)
    sign_in(page, "dana")
    page.goto("/referrals/")
    page.keyboard.press("n")
    page.keyboard.type("okafor jonas")
    page.locator("#loop-found").get_by_role("link", name="Okafor, Jonas").click()
    page.get_by_role("textbox", name="To whom?").fill("Lakeview Cardiology")
    page.get_by_role("textbox", name="Why?").fill("Murmur")
    page.get_by_label("Which provider refers?").select_option("Practitioner/lind")
    page.get_by_label("The insurance has to authorize it first").check()
    page.get_by_role("button", name="Save the referral").click()
    expect(page.get_by_role("heading", name="To be authorized")).to_be_visible()
    referral = page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="It is authorized").click()
    page.get_by_role("button", name="It is sent").click()
    page.get_by_role("button", name="The appointment is made").click()
    expect(page.locator(".form-errors")).to_contain_text("Say when the appointment is")
    page.get_by_label("Appointment on").fill("2026-12-01")
    page.get_by_label("at", exact=True).fill("09:30")
    page.get_by_role("button", name="The appointment is made").click()
    expect(page.get_by_role("heading", name="Did the patient go?")).to_be_visible()
    assert stands(clinic_pages, referral).seen_at is not None
    page.get_by_role("button", name="The patient was seen").click()
    expect(page.get_by_text("No paper is in this chart yet.")).to_be_visible()
    note_in(clinic_pages, boy)
    page.reload()
    page.get_by_label("Note from a specialist · Dr. Ortiz").check()
    page.get_by_role("button", name="The note is back").click()
    expect(page.get_by_text("A provider reviews it.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, "lind")
    page.goto("/referrals/")
    page.get_by_role("link", name="Okafor, Jonas").click()
    expect(page.get_by_role("link", name="Open the note that came back")).to_be_visible()
    page.get_by_role("button", name="I have reviewed it").click()
    expect(page.get_by_text("The loop is closed.")).to_be_visible()
    assert clinic_pages.clinic.resource(Ref("ServiceRequest", referral))["status"] == "completed"


def test_what_stood_in_the_way_and_how_it_ended(page: Page, clinic_pages: Pages, sign_in: SignIn) -> None:
    referral = referred(clinic_pages, jonas(clinic_pages.clinic))
    sign_in(page, "fay")
    page.goto(f"/referrals/{referral}")
    page.locator("summary", has_text="Something stands in the way").click()
    page.get_by_label("What stands in the way?").select_option("transport")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_label("What was done?").fill("Ride booked")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Done: Ride booked")).to_be_visible()
    page.locator("summary", has_text="End this referral").click()
    page.get_by_role("button", name="End it").click()
    expect(page.locator(".form-errors")).to_contain_text("Say why, in a few words.")
    page.get_by_label("How did it end?").select_option("moved")
    page.get_by_label("Why?").fill("Moved to Ohio")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("This loop ended without being closed: Moved to Ohio")).to_be_visible()
    found = stands(clinic_pages, referral)
    assert (found.end, found.barriers[0].kind) == ("moved", Hindrance.TRANSPORT)


def test_the_slower_of_two_is_told_and_a_late_leg_says_by_how_much(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    referral = referred(clinic_pages, jonas(clinic_pages.clinic))
    sign_in(page, "dana")
    page.goto(f"/referrals/{referral}")
    actions.advance(clinic_pages.clinic.writer("fay"), referral_id=referral, version=1, step=Step.SENT, at=TEN_FORTY)
    page.get_by_role("button", name="It is sent").click()
    expect(page.get_by_text("This step was taken already")).to_be_visible()
    seen_at = TEN_FORTY - timedelta(days=3, hours=2)
    actions.advance(clinic_pages.clinic.writer("fay"), referral_id=referral, version=2, step=Step.SCHEDULED,
                    at=TEN_FORTY, seen_at=seen_at)  # fmt: skip
    page.goto("/referrals/")
    expect(page.get_by_text("Late by 2 days")).to_be_visible()


def test_who_has_no_part_in_referrals_sees_none(clinic_pages: Pages) -> None:
    referral = referred(clinic_pages, jonas(clinic_pages.clinic))
    for name in clinic_pages.clinic.people:
        client = clinic_pages.client(name)
        seen = name in {"dana", "lena", "fay", "nora", "lind", "mona"}
        assert (client.get(f"/referrals/{referral}").status_code == 200) == seen, name
        assert (client.post(f"/referrals/{referral}/step").status_code == 403) == (not seen), name


@what_is_drawn
def test_the_pages_of_referrals_can_be_read_by_everybody_at_every_size(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    clinic = clinic_pages.clinic
    woman = patient(clinic, "long", family=LONG, given="María Guadalupe", born="1988-05-17", gender="female")
    referral = referred(clinic_pages, woman, urgent=True)
    referred(clinic_pages, jonas(clinic))
    actions.hinder(clinic.writer("dana"), referral_id=referral, version=1, kind=Hindrance.AFRAID, words="Of needles",
                   at=TEN_FORTY)  # fmt: skip
    note_in(clinic_pages, woman)

    def look() -> None:
        assert_readable(page)

    sign_in(page, "lind")
    page.goto("/referrals/")
    expect(page.get_by_role("heading", name="To be sent")).to_be_visible()
    look()
    page.goto(f"/referrals/new/{woman}")
    page.get_by_role("button", name="Save the referral").click()
    look()
    page.goto(f"/referrals/{referral}")
    look()
    for step in (Step.SENT, Step.SCHEDULED, Step.SEEN):
        actions.advance(clinic.writer("dana"), referral_id=referral, version=stands(clinic_pages, referral).version,
                        step=step, at=TEN_FORTY, seen_at=TEN_FORTY)  # fmt: skip
    page.goto(f"/referrals/{referral}")
    expect(page.get_by_label("Note from a specialist")).to_be_visible()
    look()
