"""Papers in, in a real browser: a fax in the right chart within 20 seconds, looked at, signed, moved; by keyboard."""

import io
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from carewright.core.store.model import Ref
from carewright.shell import runtime
from carewright.skills.incoming import actions
from carewright.skills.incoming.actions import Naming
from carewright.skills.incoming.fhir import from_fhir
from carewright.skills.incoming.model import CameAs, Route, Stage
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import Pages
from tests.screens.conftest import SignIn
from tests.screens.visits import LONG, jonas, patient

pytestmark = pytest.mark.browser
SECONDS = 20


def fax(words: str) -> bytes:
    sheet = Image.new("L", (850, 1100), "white")
    ImageDraw.Draw(sheet).multiline_text((80, 80), f"RIVERBEND LAB\n\n{words}\n\nHemoglobin 11.2 g/dL", "black")
    made = io.BytesIO()
    sheet.save(made, "PNG")
    return made.getvalue()


def came(pages: Pages, words: str = "Okafor, Jonas  08/21/2025", *, hours_ago: float = 0.5) -> str:
    taken = actions.take_in(
        pages.clinic.writer("fay"), blobs=runtime.blobs(), sent=fax(words), came_as=CameAs.FAX,
        at=TEN_FORTY - timedelta(hours=hours_ago), site="main-st",
    )  # fmt: skip
    assert taken.ref is not None
    return taken.ref.id


def paper_of(pages: Pages, paper: str) -> Any:
    return from_fhir(pages.clinic.resource(Ref("DocumentReference", paper)))


@pytest.fixture
def here(clinic_pages: Pages) -> Pages:
    jonas(clinic_pages.clinic)
    patient(clinic_pages.clinic, "twin", family="Okafor", given="Jonah", born="2025-08-21")
    patient(clinic_pages.clinic, "long", family=LONG, given="María Guadalupe", born="1988-05-17", gender="female")
    return clinic_pages


def test_a_fax_is_in_the_right_chart_within_twenty_seconds_by_keyboard(
    page: Page, here: Pages, sign_in: SignIn
) -> None:
    paper = came(here)
    sign_in(page, "fay")
    page.goto("/incoming/")
    expect(page.get_by_role("heading", name="Whose is it?")).to_be_visible()
    began = time.monotonic()
    page.keyboard.press("n")
    expect(page.get_by_role("img", name="The paper, as it came")).to_be_visible()
    expect(page.get_by_label("Name, birth date, phone or MRN")).to_be_focused()
    page.keyboard.type("okafor 08/21/2025")
    expect(page.locator("#paper-found .hit")).to_have_count(2)
    page.locator("#paper-found").get_by_role("link", name="Okafor, Jonas").press("Enter")
    expect(page.get_by_text("born 08/21/2025")).to_be_visible()
    expect(page.locator(".look-name")).to_have_text("Okafor, Jonas")
    page.get_by_label("What is it?").select_option("lab")
    page.get_by_label("Who sees to it?").select_option("provider:Practitioner/lind")
    page.get_by_role("button", name="Yes: put it in this chart").press("Enter")
    expect(page.get_by_role("heading", name="To sign")).to_be_visible()
    took = time.monotonic() - began
    assert took <= SECONDS, took
    found = paper_of(here, paper)
    assert (found.stage, found.patient) == (Stage.SIGN, f"Patient/jonas-{here.clinic.practice}")


def test_it_is_found_without_scripts_too(here: Pages) -> None:
    from tests.screens.filled import form_at

    paper = came(here)
    client = here.client("dana")
    path = f"/incoming/{paper}/find"
    answer = client.post(path, {**form_at(client.get(f"/incoming/{paper}"), path), "q": "okafor jonas"})
    assert f"/incoming/{paper}/match/jonas-{here.clinic.practice}" in answer.content.decode()


def test_the_provider_signs_and_a_wrong_one_is_moved_with_the_reason(page: Page, here: Pages, sign_in: SignIn) -> None:
    paper, practice = came(here), here.clinic.practice
    actions.match(
        here.clinic.writer("fay"), paper_id=paper, version=1, patient_id=f"twin-{practice}",
        naming=Naming(kind="lab", route=Route.SIGN, to="Practitioner/lind"),
    )  # fmt: skip
    sign_in(page, "lind")
    page.goto(f"/incoming/{paper}")
    page.get_by_role("button", name="Sign it").click()
    expect(page.get_by_text("No paper waits")).to_be_visible()
    assert paper_of(here, paper).stage is Stage.FILED
    page.goto(f"/incoming/{paper}")
    page.get_by_text("Move it to another chart").click()
    page.get_by_label("Name, birth date, phone or MRN").fill("okafor jonas")
    page.locator("#paper-found").get_by_role("link", name="Okafor, Jonas").click()
    expect(page.get_by_role("heading", name="Out of this chart")).to_be_visible()
    page.get_by_role("button", name="Yes: move it").click()
    expect(page.locator(".form-errors")).to_contain_text("Say why, in a few words.")
    page.get_by_label("Why?").fill("It says Jonas, not Jonah")
    page.get_by_role("button", name="Yes: move it").click()
    expect(page.get_by_text("It was in another place before: It says Jonas, not Jonah")).to_be_visible()
    assert paper_of(here, paper).stage is Stage.MOVED
    page.goto(f"/incoming/patient/twin-{practice}")
    expect(page.get_by_text("Charted by mistake")).to_be_visible()
    page.get_by_role("link", name="Lab result").click()
    expect(page.get_by_text("The file is not here any more")).to_be_visible()


def test_of_two_who_match_one_paper_the_slower_is_told(page: Page, here: Pages, sign_in: SignIn) -> None:
    paper, practice = came(here), here.clinic.practice
    sign_in(page, "dana")
    page.goto(f"/incoming/{paper}/match/twin-{practice}")
    actions.match(here.clinic.writer("fay"), paper_id=paper, version=1, patient_id=f"jonas-{practice}")
    page.get_by_role("button", name="Yes: put it in this chart").click()
    expect(page.get_by_text("Someone else changed this paper just now.")).to_be_visible()
    expect(page.get_by_label("Patient: Okafor, Jonas")).to_be_visible()
    assert paper_of(here, paper).patient == f"Patient/jonas-{practice}"


def test_a_file_from_this_computer_is_taken_in_once(page: Page, here: Pages, sign_in: SignIn) -> None:
    sign_in(page, "dana")
    for _ in range(2):
        page.goto("/incoming/")
        page.get_by_label("Fax, scan or recording").set_input_files(
            {"name": "scan.png", "mimeType": "image/png", "buffer": fax("once")}
        )
        page.get_by_label("How it came").select_option("paper")
        page.get_by_role("button", name="Take it in").click()
        expect(page.get_by_role("heading", name="Paper, scanned")).to_be_visible()
    assert len(here.clinic.rows("paper")) == 1
    page.goto("/incoming/")
    page.get_by_label("Fax, scan or recording").set_input_files(
        {"name": "scan.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}
    )
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator(".form-errors")).to_contain_text("This is no PDF")


@what_is_drawn
def test_the_pages_of_papers_can_be_read_by_everybody_at_every_size(
    page: Page, here: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:  # fmt: skip
    practice = here.clinic.practice
    old, routed = came(here, "old", hours_ago=70), came(here, "routed")
    came(here, "new")
    naming = Naming(kind="discharge", route=Route.SIGN, to="Practitioner/lind", title="Lakeview, three days")
    actions.match(here.clinic.writer("fay"), paper_id=routed, version=1, patient_id=f"long-{practice}", naming=naming)

    def look() -> None:
        assert_readable(page)

    sign_in(page, "lind")
    page.goto("/incoming/")
    expect(page.get_by_text("To sign")).to_be_visible()
    look()
    page.goto(f"/incoming/{old}")
    page.get_by_label("Name, birth date, phone or MRN").fill("okafor")
    expect(page.locator("#paper-found .hit")).to_have_count(2)
    look()
    page.goto(f"/incoming/{old}/match/long-{practice}")
    look()
    page.goto(f"/incoming/{routed}")
    expect(page.get_by_role("button", name="Sign it")).to_be_visible()
    look()
    page.goto(f"/incoming/{old}/match/long-{practice}")
    page.get_by_label("What is it?").select_option("lab")
    page.get_by_role("button", name="Yes: put it in this chart").click()
    expect(page.locator(".form-errors")).to_contain_text("Say both")
    look()
    page.goto(f"/incoming/patient/long-{practice}")
    look()
