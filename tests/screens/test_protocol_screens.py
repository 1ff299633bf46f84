"""The pages of protocols: read by everybody clinical, edited by a manager with a preview, refused with the line, gone
back to; in a real browser at the sizes of a desk and a tablet.
"""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carewright.skills.protocols import actions, library, queries
from carewright.skills.protocols.model import Version
from carewright.skills.scheduling import actions as scheduling
from carewright.skills.scheduling.codes import FOLLOW_UP, NURSE_VISIT
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import Session, Template
from carewright.skills.visit import actions as visit_actions
from tests.clinic import TEN_FORTY, what_is_drawn
from tests.pages import SITE, Pages
from tests.screens import visits
from tests.screens.conftest import SignIn
from tests.screens.filled import form_at, text_of

TEXT = library.texts()["diabetes"]
EDIT = "/protocols/diabetes/edit"


@pytest.fixture
def seeded(clinic_pages: Pages) -> Pages:
    actions.seed(clinic_pages.clinic.writer("mona"), at=clinic_pages.clinic.now)
    return clinic_pages


def current(pages: Pages) -> Version:
    with pages.clinic.store.reader(pages.clinic.access("mona"), reason="test") as reader:
        return queries.current(reader, "diabetes")


def sent(client: Any, do: str, **typed: str) -> Any:
    """The edit form, opened and sent with what was typed."""
    return client.post(EDIT, {**form_at(client.get(EDIT), EDIT), **typed, "do": do})


def test_a_manager_brings_them_in_and_everybody_clinical_reads_them(clinic_pages: Pages) -> None:
    mona, dana = clinic_pages.client("mona"), clinic_pages.client("dana")
    assert "No protocol yet" in text_of(dana.get("/protocols/"))
    assert mona.post("/protocols/bring-in").status_code == 302
    page = text_of(dana.get("/protocols/"))
    for words in ("Well child, 15 months", "Diabetes visit", "Chosen by hand", "By itself"):
        assert words in page
    one = text_of(dana.get("/protocols/tb-test-reading"))
    for words in ("Measure the TB test in millimeters", "Judgment", "Nurse", "48 to 72 hours", "came with the product"):
        assert words in one
    assert "Edit" not in one
    assert dana.get("/protocols/no-such").status_code == 404
    for method, path in (("get", EDIT), ("post", EDIT), ("post", "/protocols/diabetes/back"),
                         ("post", "/protocols/diabetes/use"), ("post", "/protocols/bring-in")):  # fmt: skip
        assert getattr(dana, method)(path).status_code == 403


def test_a_preview_saves_nothing_and_a_save_is_a_new_version(seeded: Pages) -> None:
    mona = seeded.client("mona")
    edited = TEXT.replace("title: Diabetes visit", "title: Sugar visit  # as we say it")
    shown = text_of(sent(mona, "preview", text=edited, age="40 years"))
    assert "7 tasks would come" in shown
    assert current(seeded).number == 1
    assert sent(mona, "save", text=edited.replace("\n", "\r\n"), note="As we say it").status_code == 302
    found = current(seeded)
    assert (found.number, found.text, found.by) == (2, edited, "Practitioner/mona")
    page = text_of(mona.get("/protocols/diabetes"))
    for words in ("Sugar visit", "Version 2", "Mona Cole", "As we say it", "What differs from version 1"):
        assert words in page
    differs = mona.get("/protocols/diabetes/versions/1")
    assert "title: Sugar visit # as we say it" in text_of(differs)
    form = form_at(differs, "/protocols/diabetes/back")
    assert mona.post("/protocols/diabetes/back", form).status_code == 302
    assert (current(seeded).number, current(seeded).text) == (3, TEXT)
    assert mona.post("/protocols/diabetes/back", form).status_code == 409, "the page was of version 2"
    assert mona.post("/protocols/diabetes/back", {"to": "x", "version": "3"}).status_code == 400


def test_the_preview_of_a_sample_visit_leaves_out_what_a_condition_leaves_out(seeded: Pages) -> None:
    mona = seeded.client("mona")
    address = "/protocols/annual-adult/edit"

    def look(age: str, sex: str) -> str:
        form = form_at(mona.get(address), address)
        return text_of(mona.post(address, {**form, "age": age, "sex": sex, "do": "preview"}))

    woman = look("70 years", "female")
    assert "11 tasks would come" not in woman
    assert "Date of the last bone density scan" in woman.partition("would not")[0]
    man = look("30 years", "male")
    assert "Date of the last mammogram" in man.partition("would not")[2]
    assert "would not get the protocol by itself" in look("12 years", "male")
    assert "Write an age such as" in look("old", "male")


def test_a_bad_one_is_refused_with_the_line_and_the_reason_and_nothing_is_lost(seeded: Pages) -> None:
    mona = seeded.client("mona")
    bad = TEXT.replace("for: ma", "for: doctor", 1) + "# my own remark\n"
    line = bad.splitlines().index("    for: doctor") + 1
    for do in ("save", "preview"):
        answer = sent(mona, do, text=bad, note="Try")
        assert answer.status_code == 422
        assert f"Line {line} : “doctor” is not known here" in text_of(answer)
        assert form_at(answer, EDIT)["text"].strip() == bad.strip()
        assert form_at(answer, EDIT)["note"] == "Try"
    assert current(seeded).number == 1
    assert sent(mona, "save", text=" ").status_code == 422


def test_two_who_edit_lose_nothing(seeded: Pages) -> None:
    mona, lena = seeded.client("mona"), seeded.client("lena")
    mine = form_at(mona.get(EDIT), EDIT)
    assert sent(lena, "save", text=TEXT + "# lena\n").status_code == 302
    answer = mona.post(EDIT, {**mine, "text": TEXT + "# mona\n", "do": "save"})
    assert answer.status_code == 409
    assert "Someone else changed this" in text_of(answer)
    assert "# lena" in text_of(answer)
    again = form_at(answer, EDIT)
    again["text"] = again["text"].removeprefix("\n")  # HTML leaves out the first line end of a text area
    assert "# mona" in again["text"]
    assert mona.post(EDIT, {**again, "do": "save"}).status_code == 302
    assert current(seeded).text == TEXT + "# mona\n"
    assert mona.post(EDIT, {**again, "do": "save"}).status_code == 302, "sent twice"
    assert current(seeded).number == 3


def test_a_manager_makes_a_new_one_and_one_like_another(seeded: Pages) -> None:
    mona, new = seeded.client("mona"), "/protocols/new"
    assert f'href="{new}"' in mona.get("/protocols/").content.decode()
    form = form_at(mona.get(new), new)
    text = form["text"].removeprefix("\n")
    assert text == library.starter()
    assert "1 task would come" in text_of(mona.post(new, {**form, "do": "preview"}))
    assert mona.get("/protocols/our-new-visit").status_code == 404
    bad = text.replace("for: ma ", "for: doctor ")
    line = next(n for n, words in enumerate(bad.splitlines(), 1) if "for: doctor" in words)
    wrong = mona.post(new, {**form, "text": bad, "do": "save"})
    assert wrong.status_code == 422
    assert f"Line {line} : “doctor” is not known here" in text_of(wrong)
    for _ in range(2):  # sent twice
        answer = mona.post(new, {**form, "do": "save"})
        assert (answer.status_code, answer["Location"]) == (302, "/protocols/our-new-visit")
    assert "Our new visit" in text_of(mona.get("/protocols/"))
    taken = mona.post(new, {**form_at(mona.get(new), new), "text": text, "do": "save"})
    assert taken.status_code == 422
    assert "Line 1 : There is a protocol “our-new-visit” already" in text_of(taken)
    assert "like=diabetes" in mona.get("/protocols/diabetes").content.decode()
    copy = form_at(mona.get(new + "?like=diabetes"), new)
    assert copy["text"].removeprefix("\n") == TEXT.replace("protocol: diabetes", "protocol: our-diabetes")
    assert mona.post(new, {**copy, "do": "save"})["Location"] == "/protocols/our-diabetes"
    assert mona.get(new + "?like=no-such").status_code == 404
    dana = seeded.client("dana")
    assert (dana.get(new).status_code, dana.post(new, {**form, "do": "save"}).status_code) == (403, 403)
    assert f'href="{new}"' not in dana.get("/protocols/").content.decode()


def test_one_that_is_no_longer_used(seeded: Pages) -> None:
    mona = seeded.client("mona")
    address = "/protocols/diabetes/use"
    mona.post(address, form_at(mona.get("/protocols/diabetes"), address))
    assert not current(seeded).active
    assert "No longer used" in text_of(mona.get("/protocols/diabetes"))
    mona.post(address, form_at(mona.get("/protocols/diabetes"), address))
    assert current(seeded).active
    assert mona.post(address, {}).status_code == 400


@pytest.mark.browser
@what_is_drawn
def test_the_pages_as_they_are_drawn(
    page: Page, seeded: Pages, sign_in: SignIn, assert_readable: Callable[[Page], None]
) -> None:
    actions.save(seeded.clinic.writer("mona"), name="diabetes", text=TEXT.replace("Diabetes visit", "Sugar visit"),
                 version=1, at=seeded.clinic.now, note="As we say it")  # fmt: skip
    visit = visits.arrived(seeded.clinic, visits.jonas(seeded.clinic)).encounter
    sign_in(page, "lena")
    for address in (
        "/protocols/",
        "/protocols/well-child-12-months",
        "/protocols/diabetes/versions/1",
        EDIT,
        "/protocols/new",
        f"/protocols/visit/{visit}",
    ):
        page.goto(address)
        assert_readable(page)


@pytest.mark.browser
def test_a_manager_edits_in_the_browser(
    page: Page, seeded: Pages, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, "mona")
    page.goto("/protocols/")
    page.get_by_role("link", name="Diabetes visit").click()
    page.get_by_role("link", name="Edit").click()
    area = page.get_by_label("The protocol’s text")
    bad = TEXT.replace("due: 20 minutes after start", "due: soon", 1)
    area.fill(bad)
    page.get_by_role("button", name="Save as a new version").click()
    line = bad.splitlines().index("    due: soon") + 1
    refused = page.get_by_role("alert").filter(has_text="A time is written")
    expect(refused).to_be_visible()
    assert_accessible(page)
    refused.get_by_role("link", name=f"Line {line}").click()
    assert area.evaluate("a => a.value.slice(a.selectionStart, a.selectionEnd)") == "    due: soon"
    expect(page.locator("[data-line-numbers]")).to_contain_text(str(len(bad.splitlines())))
    area.fill(bad.replace("due: soon", "due: 25 minutes after start"))
    page.get_by_label("Age").fill("40 years")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("7 tasks would come")).to_be_visible()
    expect(page.locator("#preview").get_by_text("25 minutes after the start").first).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Why this change").fill("More time")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Version 2")).to_be_visible()
    page.get_by_role("link", name="What differs from version 1").click()
    expect(page.locator(".diff ins")).to_contain_text("due: 25 minutes after start")
    page.get_by_role("button", name="Go back to version 1").click()
    expect(page.get_by_text("Back to version 1.")).to_be_visible()
    assert current(seeded).text == TEXT


def test_check_in_and_rooming_bring_the_tasks_without_being_asked(seeded: Pages) -> None:
    clinic = seeded.clinic
    patient = visits.patient(clinic, "ada", family="Okafor", given="Ada", born="1971-03-02", gender="female")
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9"}
    week = Template(schedule="Schedule/lind", provider="Practitioner/lind", site=f"Location/{SITE}",
                    zone="America/New_York", sessions=(Session(weekday=0, starts=time(8), ends=time(17)),))  # fmt: skip
    clinic.have(
        {"resourceType": "Condition", "subject": {"reference": f"Patient/{patient}"}, "code": {"coding": [coding]}},
        template_to_fhir(week),
    )
    booked = scheduling.book(
        clinic.writer("fay"), schedule="Schedule/lind", patient=f"Patient/{patient}", visit_type=FOLLOW_UP,
        starts_at=TEN_FORTY + timedelta(minutes=20), at=TEN_FORTY, reason="Sugar",
    )  # fmt: skip
    seeded.client("fay").post("/desk/check-in", {"appointment": booked.id})
    (visit,) = clinic.rows("visit", patient=patient)

    def tasks() -> dict[str, dict[str, object]]:
        return {str(row["code"]): row for row in clinic.rows("task", encounter=str(visit["id"]))}

    assert set(tasks()) == {"room-patient"}, "the desk may not see the problem list"
    room = {"action": "start_rooming", "version": str(visit["version"]), "room": "room-4"}
    assert seeded.client("dana").post(f"/board/visit/{visit['id']}/step", room).status_code == 302
    found = tasks()
    assert {task.code for task in library.protocols()["diabetes"].tasks} <= found.keys()
    assert (found["a1c-fingerstick"]["pool_role"], found["a1c-fingerstick"]["site"]) == ("ma", SITE)


def test_what_is_chosen_by_hand_for_a_visit(seeded: Pages) -> None:
    clinic = seeded.clinic
    patient = visits.patient(clinic, "ada", family="Okafor", given="Ada", born="1971-03-02", gender="female")
    ref = visit_actions.check_in(
        clinic.writer(), patient=f"Patient/{patient}", visit_type=NURSE_VISIT, at=TEN_FORTY, site="Organization/o"
    )
    dana, address = seeded.client("dana"), f"/protocols/visit/{ref.id}"
    shown = dana.get(address)
    assert "INR check" in text_of(shown)
    assert "Video visit" not in text_of(shown)
    form = form_at(shown, address)
    for status in (302, 422):  # the second time it is not offered any more
        assert dana.post(address, {**form, "protocol": "inr-check"}).status_code == status
    assert dana.post(address, {**form, "protocol": "telehealth"}).status_code == 422
    assert "INR check" in text_of(dana.get(address)).partition("Has them already")[2]
    assert {row["code"] for row in clinic.rows("task", encounter=ref.id)} >= {"inr-fingerstick", "inr-interpret"}
    jonas = visits.arrived(clinic, visits.jonas(clinic))
    answer = dana.post(f"/protocols/visit/{jonas.encounter}", {**form, "protocol": "well-child-15-months"})
    assert answer.status_code == 409, "a form of another patient"
    assert seeded.client("bill").get(address).status_code == 403
    assert dana.get("/protocols/visit/no-such").status_code == 404
    assert address in dana.get(f"/rooming/{ref.id}/").content.decode()
