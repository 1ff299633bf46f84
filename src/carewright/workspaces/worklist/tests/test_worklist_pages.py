"""Next for you, one task, and a new one: as pages, on both engines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions
from carewright.core.work.fhir import from_fhir
from carewright.core.work.model import TASK_CODE, End, Escalation, Kind, Pool, Priority, WorkTask
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import OTHER_SITE, Pages, open_pages

JOB = Coding(TASK_CODE, "job", "Job")
PLAIN = WorkTask(code=JOB, words="Call the lab", pool=Pool(role=Role.MA), due_at=TEN_FORTY + timedelta(hours=2))
FRAGMENT = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    found = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Berg", "given": ["Ada"]}], "gender": "female",
         "birthDate": "1980-05-06"}
    )  # fmt: skip
    return found


def have(pages: Pages, task: WorkTask, *, by: str = "lind") -> str:
    return actions.add(pages.clinic.writer(by), task=task).id


def stored(pages: Pages, task_id: str) -> WorkTask:
    return from_fhir(pages.clinic.resource(Ref("Task", task_id)))


def form(client: Any, task_id: str, change: str, **typed: str) -> Any:
    """Send one of the task page's forms, as the page drew it."""
    page = client.get(f"/worklist/task/{task_id}")
    kind = {"place": f"/worklist/task/{task_id}/place"}.get(change, f"/worklist/task/{task_id}/change/{change}")
    part = page.content.decode().partition(f'id="f-{change}"')[2].partition("</form>")[0]
    hidden = {
        name: part.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("care_context", "care_key")
    }
    assert hidden["care_context"], f"no form to {change}"
    return client.post(kind, {**hidden, **typed})


def test_what_was_sent_on_reaches_who_works_at_another_site_and_says_where_it_is_from(pages: Pages) -> None:
    """A site may have no lead and no manager: what was late there was sent on to nobody's list."""
    late = replace(PLAIN, site=OTHER_SITE, due_at=TEN_FORTY - timedelta(hours=3))
    have(pages, replace(late, words="Count the gowns"))
    sent = replace(late, words="Call the plan", pool=Pool(role=Role.LEAD_MA),
                   escalations=(Escalation(at=TEN_FORTY - timedelta(hours=1), role=Role.LEAD_MA),))  # fmt: skip
    have(pages, sent)
    text = pages.client("lena").get("/worklist/").content.decode()
    assert "Call the plan" in text
    assert '<span class="room">Lakeview</span>' in text
    assert "Count the gowns" not in text


def test_the_list_says_what_is_next_and_why(pages: Pages) -> None:
    have(pages, PLAIN)
    have(pages, replace(PLAIN, words="Repeat the blood pressure", patient="Patient/ada",
                        due_at=TEN_FORTY - timedelta(hours=1)))  # fmt: skip
    text = pages.client("dana").get("/worklist/").content.decode()
    assert text.index("Repeat the blood pressure") < text.index("Call the lab")
    assert "Berg, Ada" in text
    assert "Late by 1 hour." in text
    assert "Due today." in text
    assert "Any Medical assistant" in text
    assert "Repeat the blood pressure" not in pages.client("fay").get("/worklist/").content.decode()


def test_a_lead_is_an_ma_too_and_a_language_finds_who_speaks_it(pages: Pages) -> None:
    have(pages, PLAIN)
    have(pages, replace(PLAIN, words="Call back in Spanish", pool=Pool(role=Role.MA, language="es")))
    spanish = Coding("urn:ietf:bcp:47", "es", "Spanish").concept()
    pages.clinic.have(
        {"resourceType": "Practitioner", "id": "lena", "name": [{"family": "Cole", "given": ["Lena"]}],
         "communication": [spanish]}
    )  # fmt: skip
    lena, dana = (pages.client(name).get("/worklist/").content.decode() for name in ("lena", "dana"))
    assert "Call the lab" in lena
    assert "Call the lab" in dana
    assert "Call back in Spanish" in lena
    assert "Call back in Spanish" not in dana


def test_a_task_goes_through_its_day(pages: Pages) -> None:
    task_id, dana = have(pages, PLAIN), pages.client("dana")

    def step(name: str) -> None:
        answer = dana.post(f"/worklist/task/{task_id}/step", {"step": name}, **FRAGMENT)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "worklist:changed")

    step("take")
    assert stored(pages, task_id).owner == "Practitioner/dana"
    step("pin")
    assert stored(pages, task_id).pinned_by == ("Practitioner/dana",)
    assert "Pinned by you." in dana.get("/worklist/list").content.decode()
    step("put-back")
    assert stored(pages, task_id).owner == ""
    step("take")
    step("start")
    assert stored(pages, task_id).status == "in-progress"
    step("done")
    assert stored(pages, task_id).end is End.DONE
    assert "Call the lab" not in dana.get("/worklist/list").content.decode()
    history = dana.get(f"/worklist/task/{task_id}").content.decode()
    for words in ("Put back", "Started", "Added", "Dana Cole", "Lind Cole"):
        assert words in history


def test_a_step_that_cannot_be_taken_says_why(pages: Pages) -> None:
    task_id = have(pages, PLAIN)
    actions.take(pages.clinic.writer("lena"), task_id=task_id)
    answer = pages.client("dana").post(f"/worklist/task/{task_id}/step", {"step": "take"}, **FRAGMENT)
    assert answer.status_code == 409
    assert "Someone else has it already" in answer.content.decode()
    nothing = pages.client("dana").post(f"/worklist/task/{task_id}/step", {"step": "burn"}, **FRAGMENT)
    assert nothing.status_code == 422


def test_a_version_that_was_not_seen_is_not_changed(pages: Pages) -> None:
    task_id = have(pages, PLAIN)
    actions.pin(pages.clinic.writer("lena"), task_id=task_id)
    answer = pages.client("dana").post(f"/worklist/task/{task_id}/step", {"step": "take", "version": "1"}, **FRAGMENT)
    assert answer.status_code == 409
    assert stored(pages, task_id).owner == ""


def test_it_waits_and_says_what_on(pages: Pages) -> None:
    task_id, dana = have(pages, PLAIN), pages.client("dana")
    assert form(dana, task_id, "hold", waiting_on="", remind_at="60").status_code == 422
    assert form(dana, task_id, "hold", waiting_on="the courier", remind_at="60").status_code == 302
    held = stored(pages, task_id)
    assert (held.status, held.waiting_on) == ("on-hold", "the courier")
    assert held.remind_at is not None
    assert abs(held.remind_at - TEN_FORTY - timedelta(hours=1)) < timedelta(minutes=2)
    listed = dana.get("/worklist/list").content.decode()
    assert "Waiting on: the courier" in listed.partition('id="waiting"')[2]


def test_it_is_handed_to_a_person_or_a_role(pages: Pages) -> None:
    task_id, dana = have(pages, PLAIN), pages.client("dana")
    assert form(dana, task_id, "hand-over", to="Practitioner/lena").status_code == 302
    assert stored(pages, task_id).owner == "Practitioner/lena"
    assert form(pages.client("lena"), task_id, "hand-over", to="role:nurse").status_code == 302
    handed = stored(pages, task_id)
    assert (handed.owner, handed.pool) == ("", Pool(role=Role.NURSE))
    assert "Call the lab" in pages.client("nora").get("/worklist/").content.decode()


def test_it_is_split_made_one_or_ended_with_a_reason(pages: Pages) -> None:
    about = replace(PLAIN, patient="Patient/ada")
    whole, twice, gone = have(pages, about), have(pages, about), have(pages, about)
    dana = pages.client("dana")
    assert form(dana, whole, "split", parts="Draw\nSend").status_code == 302
    assert stored(pages, whole).status == "on-hold"
    assert form(dana, twice, "merge", into=gone, why="The same call").status_code == 302
    assert stored(pages, twice).duplicate_of == f"Task/{gone}"
    assert form(dana, gone, "end", how="moved", why="").status_code == 422
    assert form(dana, gone, "end", how="moved", why="Lives in Ohio now").status_code == 302
    ended = stored(pages, gone)
    assert (ended.end, ended.end_words) == (End.MOVED, "Lives in Ohio now")
    assert "Lives in Ohio now" in dana.get(f"/worklist/task/{gone}").content.decode()


def test_only_the_lead_puts_a_task_in_place_and_says_why(pages: Pages) -> None:
    first, second = have(pages, PLAIN), have(pages, replace(PLAIN, words="Order gloves"))
    dana, lena = pages.client("dana"), pages.client("lena")
    assert "Put in place" not in dana.get(f"/worklist/task/{second}").content.decode()
    assert dana.post(f"/worklist/task/{second}/place", {"rank": "1", "why": "x"}).status_code == 403
    assert form(lena, second, "place", rank="1", why="").status_code == 422
    assert form(lena, second, "place", rank="1", why="The box is empty").status_code == 302
    text = dana.get("/worklist/").content.decode()
    assert text.index("Order gloves") < text.index("Call the lab")
    assert "Put here by the lead: The box is empty" in text
    assert stored(pages, first).place is None


def test_a_task_that_was_sent_on_says_to_whom_and_when(pages: Pages) -> None:
    from carewright.core.work.escalation import sent_on
    from carewright.core.work.fhir import to_fhir
    from carewright.core.work.hours import hours_of

    late = replace(PLAIN, id="late", kind=Kind.CLINICAL, due_at=TEN_FORTY - timedelta(minutes=5))
    sent = sent_on(late, at=TEN_FORTY, hours=hours_of(None))
    pages.clinic.have({**to_fhir(sent), "id": "late"})
    nora = pages.client("nora")
    for address in ("/worklist/", "/worklist/task/late"):
        assert "Sent to the nurse, 10:40 AM" in nora.get(address).content.decode()


def test_a_new_task_needs_one_key_and_three_answers(pages: Pages) -> None:
    dana = pages.client("dana")
    page = dana.get("/worklist/add", {"patient": "ada"})
    text = page.content.decode()
    hidden = {n: text.partition(f'name="{n}" value="')[2].partition('"')[0] for n in ("care_context", "care_key")}
    typed = {**hidden, "patient": "ada", "to": "role:nurse", "due": "60", "priority": "urgent"}
    assert dana.post("/worklist/add", {**typed, "words": ""}).status_code == 422
    for _ in range(2):
        assert dana.post("/worklist/add", {**typed, "words": "Look at the rash"}).status_code == 302
    (row,) = pages.clinic.rows("task", words="Look at the rash")
    assert (row["patient"], row["pool_role"], row["priority"]) == ("ada", "nurse", "urgent")
    assert (row["requester"], row["site"]) == ("Practitioner/dana", "main-st")


def test_a_stat_calls_by_room_and_job_and_parks_the_page(pages: Pages) -> None:
    task_id = have(pages, replace(PLAIN, words="EKG for Ada, chest pain", patient="Patient/ada",
                                  priority=Priority.STAT))  # fmt: skip
    dana = pages.client("dana")
    call = dana.get("/worklist/stat", **FRAGMENT).content.decode()
    assert "Something to do" in call
    for said in ("Ada", "Berg", "chest pain"):
        assert said not in call
    seen = call.partition('name="seen" value="')[2].partition('"')[0]
    assert dana.get("/worklist/stat", {"seen": seen}, **FRAGMENT).status_code == 204
    assert dana.get("/worklist/stat", {"seen": "other"}, **FRAGMENT).status_code == 200
    answer = dana.post(f"/worklist/task/{task_id}/answer", {"path": "/board/", "field": "search"})
    assert answer["Location"] == f"/worklist/task/{task_id}"
    assert stored(pages, task_id).status == "in-progress"
    assert "Back to Flow board" in dana.get("/desk/").content.decode()
    assert "Back to" not in pages.client("lena").get("/desk/").content.decode()
    assert dana.post("/parked/back")["Location"] == "/board/?draft=use#search"
    assert "Back to" not in dana.get("/desk/").content.decode()


def test_who_is_slower_goes_back_to_the_field_and_nothing_is_parked(pages: Pages) -> None:
    task_id = have(pages, replace(PLAIN, priority=Priority.STAT))
    actions.start(pages.clinic.writer("lena"), task_id=task_id)
    dana = pages.client("dana")
    answer = dana.post(f"/worklist/task/{task_id}/answer", {"path": "/board/", "field": "search"})
    assert answer["Location"] == "/board/?draft=use#search"
    assert "Back to" not in dana.get("/desk/").content.decode()


def test_a_second_stat_leads_back_to_the_first(pages: Pages) -> None:
    dana = pages.client("dana")
    for place in ("/board/", "https://elsewhere.example/board/", "//elsewhere.example", "/desk/"):
        task_id = have(pages, replace(PLAIN, priority=Priority.STAT))
        dana.post(f"/worklist/task/{task_id}/answer", {"path": place, "field": "<script>"})
    assert dana.post("/parked/back")["Location"] == "/desk/?draft=use"
    assert "elsewhere" not in dana.post("/parked/back")["Location"]
    assert dana.post("/parked/back")["Location"] in ("/board/?draft=use", "/")


def test_many_calls_do_not_cover_the_page(pages: Pages) -> None:
    for _ in range(5):
        have(pages, replace(PLAIN, priority=Priority.STAT))
    call = pages.client("dana").get("/worklist/stat", **FRAGMENT).content.decode()
    assert call.count("Take it") == 2
    assert "3 more STAT" in call


def test_what_is_late_and_another_roles_is_handed_over_not_taken(pages: Pages) -> None:
    known = pages.clinic.store.registry.task_codes["sign-standing-order"]
    sign = Coding(TASK_CODE, known.code, known.display)
    late = have(pages, replace(PLAIN, code=sign, words="", pool=Pool(role=Role.MANAGER)))
    mona = pages.client("mona")
    assert "Hand it over" in mona.get("/worklist/list", **FRAGMENT).content.decode()
    page = mona.get(f"/worklist/task/{late}").content.decode()
    assert 'value="take"' not in page
    assert mona.post(f"/worklist/task/{late}/step", {"step": "take"}).status_code == 403
    assert form(mona, late, "hand-over", to="Practitioner/lind").status_code == 302
    assert stored(pages, late).owner == "Practitioner/lind"
