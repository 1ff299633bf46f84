"""Orders and results in a real browser: from the order to the patient told, by the right people, at both sizes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carewright.core.store.model import Origin, Ref
from carewright.core.store.writer import Writer
from carewright.project.wiring import operator_access
from carewright.skills.results import codes
from carewright.skills.results.fhir import from_fhir
from tests.clinic import what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, jonas, patient

pytestmark = pytest.mark.browser


def comes(pages: Pages, patient_id: str, *, order: str = "", flag: str = "H", name: str = "report") -> None:
    """A metabolic panel as the laboratory sends it."""
    lab = Writer(pages.clinic.store, operator_access(pages.clinic.practice), origin=Origin.API)
    about: dict[str, Any] = {"subject": {"reference": f"Patient/{patient_id}"}}
    with lab.transaction(reason="test.lab") as tx:
        tx.put({
            "resourceType": "Observation", "id": f"{name}-potassium", "status": "final", **about,
            "category": [codes.RESULT_CATEGORIES[0].concept()], "code": {"text": "Potassium"},
            "valueQuantity": {"value": 5, "unit": "mmol/L"},
            "referenceRange": [{"low": {"value": 3}, "high": {"value": 4}}],
            "interpretation": [{"coding": [{"system": codes.INTERPRETATION, "code": flag}]}],
        })  # fmt: skip
        tx.put({
            "resourceType": "DiagnosticReport", "id": name, "status": "final", **about,
            "code": {"text": "Metabolic panel"}, "result": [{"reference": f"Observation/{name}-potassium"}],
            **({"basedOn": [{"reference": f"ServiceRequest/{order}"}]} if order else {}),
        })  # fmt: skip


def test_an_order_comes_back_is_reviewed_and_the_patient_is_told(
    page: Page, clinic_pages: Pages, sign_in: SignIn
) -> None:
    boy = jonas(clinic_pages.clinic)
    sign_in(page, "lind")
    page.goto(f"/chart/{boy}")
    page.get_by_role("link", name="Orders and results").click()
    page.get_by_role("link", name="New order").click()
    page.get_by_role("button", name="Save the order").click()
    expect(page.locator(".form-errors")).to_be_visible()
    page.get_by_label("What is ordered?").select_option("bmp")
    page.get_by_role("button", name="Save the order").click()
    expect(page.get_by_role("heading", name="To be collected")).to_be_visible()
    order = page.url.rsplit("/", 1)[1]
    page.context.clear_cookies()
    sign_in(page, "dana")
    page.goto("/results/")
    page.get_by_role("link", name="Okafor, Jonas").click()
    page.locator("summary", has_text="Couldn’t get it").click()
    page.get_by_label("Why not?").select_option("crying")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Crying").last).to_be_visible()
    page.get_by_role("button", name="It is collected").click()
    page.get_by_role("button", name="It is sent").click()
    expect(page.get_by_text("It comes by itself from the laboratory.")).to_be_visible()
    comes(clinic_pages, boy, order=order)
    page.reload()
    page.get_by_role("link", name="Open the result").click()
    expect(page.get_by_text("A provider reviews it. Until then say nothing of it.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, "lind")
    page.goto("/results/report")
    expect(page.get_by_role("row", name="Potassium 5 mmol/L 3 – 4 High")).to_be_visible()
    page.get_by_label("Release: an MA tells the patient").check()
    page.get_by_role("button", name="I have reviewed it").click()
    expect(page.get_by_text("Say what the patient is to be told.")).to_be_visible()
    page.get_by_label("Release: an MA tells the patient").check()
    page.get_by_label("What the patient is to be told").fill("A little high: come in again")
    page.get_by_role("button", name="I have reviewed it").click()
    page.context.clear_cookies()
    sign_in(page, "dana")
    page.goto("/results/report")
    expect(page.get_by_text("Tell them: A little high: come in again")).to_be_visible()
    page.get_by_label("The patient", exact=True).check()
    page.get_by_role("button", name="They are told").click()
    expect(page.get_by_text("Nothing more is to be done here.")).to_be_visible()
    found = from_fhir(clinic_pages.clinic.resource(Ref("DiagnosticReport", "report")))
    assert found is not None
    assert found.told is not None
    assert (found.told.by, found.told.facts["whom"]) == ("Practitioner/dana", "The patient")


def test_who_has_no_part_in_results_sees_none(clinic_pages: Pages) -> None:
    comes(clinic_pages, jonas(clinic_pages.clinic))
    for name in clinic_pages.clinic.people:
        client = clinic_pages.client(name)
        seen = name in {"dana", "lena", "nora", "lind"}
        assert (client.get("/results/report").status_code == 200) == seen, name
        assert (client.post("/results/report/review").status_code == 403) == (name != "lind"), name


def test_nobody_who_is_not_named_can_be_told(clinic_pages: Pages) -> None:
    comes(clinic_pages, jonas(clinic_pages.clinic))
    lind, dana = clinic_pages.client("lind"), clinic_pages.client("dana")
    lind.get("/results/report")
    assert dana.post("/results/report/told", {"told-whom": "patient", "told-how": "phone"}).status_code in (409, 422)
    found = from_fhir(clinic_pages.clinic.resource(Ref("DiagnosticReport", "report")))
    assert found is not None
    assert found.trail == ()


@what_is_drawn
def test_the_pages_of_results_can_be_read_by_everybody_at_every_size(
    page: Page, clinic_pages: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    woman = patient(clinic_pages.clinic, "long", family=LONG, given="María", born="1988-05-17", gender="female")
    comes(clinic_pages, woman, flag="HH")

    def look() -> None:
        assert_readable(page)

    sign_in(page, "lind")
    page.goto(f"/results/new/{woman}")
    look()
    page.get_by_label("What is ordered?").select_option("cbc")
    page.get_by_role("button", name="Save the order").click()
    expect(page.get_by_role("heading", name="To be collected")).to_be_visible()
    look()
    for path in ("/results/", "/results/report", f"/results/patient/{woman}"):
        page.goto(path)
        look()
