"""Asking the MA, on both engines: whom it reaches, what the pop-up says and does not say."""

from typing import Any

import pytest

from carewright.core.work import actions as work
from carewright.skills.visit import actions as visit_actions
from carewright.skills.visit import queries as visit_queries
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, open_pages
from tests.screens import visits
from tests.screens.filled import text_of
from tests.screens.visits import Visit

FRAGMENT: Any = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    return open_pages(clinic)


@pytest.fixture
def visit(pages: Pages) -> Visit:
    return visits.rooming(pages.clinic, visits.jonas(pages.clinic))


def ask(pages: Pages, visit: Visit, job: str = "ask-ekg", *, by: str = "lind") -> Any:
    return pages.client(by).post(f"/ask/visit/{visit.encounter}/ask", {"job": job}, **FRAGMENT)


def only_task(pages: Pages, visit: Visit) -> str:
    (row,) = pages.clinic.rows("ask", encounter=visit.encounter)
    return str(row["id"])


def test_the_pop_up_names_room_and_job_and_nothing_else(pages: Pages, visit: Visit) -> None:
    assert "waits for" in text_of(ask(pages, visit))
    answer = pages.client("dana").get("/ask/mine", **FRAGMENT)
    said = text_of(answer)
    assert "Room 4" in said
    assert "EKG" in said
    for hidden in ("Jonas", "Okafor", "Lind", visit.patient, visit.encounter):
        assert hidden not in answer.content.decode().replace(only_task(pages, visit), "")
    seen = answer.content.decode().partition('name="seen" value="')[2].partition('"')[0]
    assert pages.client("dana").get("/ask/mine", {"seen": seen}, **FRAGMENT).status_code == 204
    assert pages.client("lind").get("/ask/mine", **FRAGMENT).status_code == 403


def test_the_provider_sees_who_is_on_it_who_could_not_and_what_was_done(pages: Pages, visit: Visit) -> None:
    ask(pages, visit)
    task_id = only_task(pages, visit)
    dana, lena, panel = pages.client("dana"), pages.client("lena"), f"/ask/visit/{visit.encounter}"
    answer = dana.post(f"/ask/task/{task_id}/cannot", **FRAGMENT)
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "asks:changed")
    assert "could not: Dana Cole" in text_of(pages.client("lind").get(panel))
    assert "EKG" not in text_of(dana.get("/ask/mine", **FRAGMENT))
    assert "EKG" in text_of(lena.get("/ask/mine", **FRAGMENT)), "a lead is an MA too"
    assert lena.post(f"/ask/task/{task_id}/on-it", **FRAGMENT).status_code == 204
    assert "Lena Cole is on it, 10:40 AM" in text_of(pages.client("lind").get(panel))
    assert dana.post(f"/ask/task/{task_id}/on-it", **FRAGMENT).status_code == 204, "who is slower sees it go"
    work.done(pages.clinic.writer("lena"), task_id=task_id, at=TEN_FORTY)
    assert "done by Lena Cole" in text_of(pages.client("lind").get(panel))


def test_it_is_for_the_ma_who_has_the_visit_and_for_nobody_else(pages: Pages, visit: Visit) -> None:
    with pages.clinic.store.reader(pages.clinic.access("dana"), reason="test") as reader:
        version = visit_queries.open_visit(reader, visit.encounter).version
    visit_actions.assign(
        pages.clinic.writer(), encounter_id=visit.encounter, version=version, assistant="Practitioner/dana"
    )
    assert "waits for Dana Cole" in text_of(ask(pages, visit))
    assert "EKG" in text_of(pages.client("dana").get("/ask/mine", **FRAGMENT))
    assert "EKG" not in text_of(pages.client("lena").get("/ask/mine", **FRAGMENT))


def test_a_job_that_there_is_not_and_who_may_not_ask(pages: Pages, visit: Visit) -> None:
    assert ask(pages, visit, "ask-give-5-mg").status_code == 422
    assert ask(pages, visit, by="dana").status_code == 403
    assert pages.clinic.rows("ask", encounter=visit.encounter) == []
    assert ask(pages, visit, by="nora").status_code == 200


def test_it_stands_on_the_visit_page_and_in_the_boards_dialog(pages: Pages, visit: Visit) -> None:
    lind = pages.client("lind")
    panel = f'hx-get="/ask/visit/{visit.encounter}"'
    assert panel in lind.get(f"/visit/{visit.encounter}").content.decode()
    assert panel in lind.get(f"/board/visit/{visit.encounter}", **FRAGMENT).content.decode()
    assert panel not in pages.client("dana").get(f"/board/visit/{visit.encounter}", **FRAGMENT).content.decode()
    whole = lind.get(f"/ask/visit/{visit.encounter}")
    assert "Draw blood" in text_of(whole)
    assert lind.post(f"/ask/visit/{visit.encounter}/ask", {"job": "ask-blood"}).status_code == 302


def test_a_stat_of_a_known_job_says_the_job(pages: Pages, visit: Visit) -> None:
    dana = pages.client("dana")
    text = dana.get("/worklist/add", {"patient": visit.patient}).content.decode()
    hidden = {n: text.partition(f'name="{n}" value="')[2].partition('"')[0] for n in ("care_context", "care_key")}
    typed = {**hidden, "patient": visit.patient, "words": "EKG for Jonas", "job": "ask-ekg", "to": "role:ma",
             "due": "15", "priority": "stat"}  # fmt: skip
    assert dana.post("/worklist/add", typed).status_code == 302
    said = text_of(pages.client("lena").get("/worklist/stat", **FRAGMENT))
    assert "Room 4" in said
    assert "EKG" in said
    assert "Jonas" not in said
