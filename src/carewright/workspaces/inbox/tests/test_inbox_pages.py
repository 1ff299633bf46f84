"""The pages of messages on both engines: who has what unread, files, templates, forms that do not belong."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from carewright.core.access.model import Role
from carewright.core.store.model import Ref
from carewright.core.work.model import Pool
from carewright.skills.incoming.rules import LARGEST_BYTES
from carewright.skills.messages.threads import Outcome, Thread, Words
from carewright.skills.messages.threads_fhir import from_fhir, to_fhir
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, open_pages
from tests.screens.filled import form_at, text_of

READERS = {"dana", "lena", "fay", "nora", "lind"}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
NEW = "/messages/new"
ASKED = {"to": "role:ma", "topic": "Old chart", "words": "Please ask for it.", "due": "today", "priority": "routine"}


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "ada", "name": [{"family": "Berg", "given": ["Ada"]}]},
        {"resourceType": "Patient", "id": "quiet", "name": [{"family": "Quiet"}], "meta": {"security": [RESTRICTED]}},
    )
    return opened


def png() -> bytes:
    made = io.BytesIO()
    Image.new("L", (40, 40), "white").save(made, "PNG")
    return made.getvalue()


def begin(pages: Pages, name: str = "lind", *, patient: str = "", **changed: Any) -> str:
    client = pages.client(name)
    asked = f"{NEW}?patient={patient}" if patient else NEW
    answer = client.post(NEW, form_at(client.get(asked), NEW) | ASKED | changed)
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"]).rpartition("/")[2]


def do(client: Any, thread_id: str, step: str, **typed: Any) -> Any:
    path = f"/messages/thread/{thread_id}/{step}"
    return client.post(path, form_at(client.get(f"/messages/thread/{thread_id}"), path) | typed)


def stored(pages: Pages, thread_id: str) -> Thread:
    found = from_fhir(pages.clinic.resource(Ref("Communication", thread_id)))
    assert found is not None
    return found


def unread(pages: Pages, name: str) -> str:
    return text_of(pages.client(name).get("/messages/unread")).strip()


def test_a_question_is_asked_read_answered_and_closed_and_each_knows_what_is_new(pages: Pages) -> None:
    thread_id = begin(pages)
    dana, lind = pages.client("dana"), pages.client("lind")
    assert (unread(pages, "dana"), unread(pages, "lena"), unread(pages, "lind")) == ("1 unread", "1 unread", "")
    assert "For anybody in your role" in text_of(dana.get("/messages/"))
    assert unread(pages, "dana") == "1 unread", "a list was not read"
    dana.get(f"/messages/thread/{thread_id}")
    assert unread(pages, "dana") == "1 unread", "to ask for a page changes nothing"
    assert do(dana, thread_id, "see").status_code == 302
    assert unread(pages, "dana") == ""
    assert do(dana, thread_id, "give", to="Practitioner/dana").status_code == 302
    assert (unread(pages, "lena"), unread(pages, "lind")) == ("", "1 unread")
    assert do(dana, thread_id, "answer", words="It is on its way.").status_code == 302
    assert "It is on its way." in text_of(lind.get(f"/messages/thread/{thread_id}"))
    do(lind, thread_id, "see")
    assert do(dana, thread_id, "close", outcome="done", note="Scanned").status_code == 302
    assert stored(pages, thread_id).outcome is Outcome.DONE
    assert unread(pages, "lind") == "1 unread"
    assert "Scanned" in text_of(lind.get(f"/messages/thread/{thread_id}"))
    assert "Old chart" not in text_of(dana.get("/messages/"))
    assert "Old chart" in text_of(dana.get("/messages/?closed=1"))


def test_nothing_is_closed_over_words_that_were_not_shown(pages: Pages) -> None:
    thread_id = begin(pages)
    dana = pages.client("dana")
    path = f"/messages/thread/{thread_id}/close"
    shown = form_at(dana.get(f"/messages/thread/{thread_id}"), path)
    do(pages.client("lind"), thread_id, "answer", words="No: the other one.")
    late = dana.post(path, shown | {"outcome": "done"})
    assert late.status_code == 422
    assert "Something came while you were here" in text_of(late)
    assert "No: the other one." in text_of(late)
    assert stored(pages, thread_id).is_open
    assert dana.post(path, form_at(late, path) | {"outcome": "done"}).status_code == 302


def test_what_is_missing_is_said_and_what_was_typed_stays(pages: Pages) -> None:
    client = pages.client("lind")
    for wrong in ({"to": ""}, {"topic": " "}, {"words": ""}, {"words": "x" * 2001}, {"to": "role:biller"}):
        answer = client.post(NEW, form_at(client.get(NEW), NEW) | ASKED | wrong)
        assert answer.status_code == 422
        assert "Please ask for it." in answer.content.decode() or "words" in wrong
    assert pages.clinic.rows("message_thread") == []


def test_a_form_sent_twice_is_one_message(pages: Pages) -> None:
    client = pages.client("lind")
    typed = form_at(client.get(NEW), NEW) | ASKED
    assert [client.post(NEW, typed).status_code for _ in range(2)] == [302, 302]
    (row,) = pages.clinic.rows("message_thread")
    path = f"/messages/thread/{row['id']}/answer"
    typed = form_at(client.get(f"/messages/thread/{row['id']}"), path) | {"words": "And the ECG."}
    assert [client.post(path, typed).status_code for _ in range(2)] == [302, 302]
    assert len(pages.clinic.rows("message_reply")) == 1


def test_a_template_fills_the_form_and_the_manager_changes_them(pages: Pages) -> None:
    lind, mona, path = pages.client("lind"), pages.client("mona"), "/messages/templates"
    filled = form_at(lind.get(NEW, {"template": "1"}), NEW)
    assert (filled["topic"], filled["to"]) == ("Form to sign", "role:provider")
    assert form_at(lind.get(NEW, {"template": "99"}), NEW)["topic"] == ""
    lines = form_at(mona.get(path), path)
    assert lines["line-1-topic"] == "Form to sign"
    assert mona.post(path, lines | {"line-1-topic": "", "line-1-words": "x"}).status_code == 422
    assert mona.post(path, lines | {"line-1-topic": lines["line-0-topic"]}).status_code == 422
    gone = {"line-0-topic": "", "line-0-words": "", "line-1-topic": "School form", "line-1-role": "ma"}
    assert mona.post(path, lines | gone).status_code == 302
    assert mona.post(path, lines | {"line-2-topic": "Mine too"}).status_code == 422, "somebody was first"
    filled = form_at(lind.get(NEW, {"template": "0"}), NEW)
    assert (filled["topic"], filled["to"]) == ("School form", "role:ma")
    assert lind.get(path).status_code == 403


def test_a_file_is_what_its_bytes_are_and_is_saved_not_opened(pages: Pages) -> None:
    sent = [SimpleUploadedFile("Ada's form.exe", png()), SimpleUploadedFile("b.png", png())]
    thread_id = begin(pages, attached=sent)
    assert [file.content_type for file in stored(pages, thread_id).first.files] == ["image/png"] * 2
    answer = pages.client("dana").get(f"/messages/file/{thread_id}/0")
    assert answer.content == png()
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert pages.client("dana").get(f"/messages/file/{thread_id}/2").status_code == 404
    reply = do(pages.client("dana"), thread_id, "answer", words="Here", attached=SimpleUploadedFile("c.png", png()))
    assert reply.status_code == 302
    (row,) = pages.clinic.rows("message_reply")
    assert pages.client("lind").get(f"/messages/file/{row['id']}/0").content == png()


@pytest.mark.parametrize(
    ("attached", "words"),
    [
        (b"MZ this is a program", "This is no PDF, picture"),
        (b"", "empty"),
        (b"x" * (LARGEST_BYTES + 1), "too large"),
    ],
    ids=["program", "empty", "too large"],
)
def test_a_file_that_is_not_taken_says_why_and_nothing_is_written(pages: Pages, attached: bytes, words: str) -> None:
    client = pages.client("lind")
    typed = form_at(client.get(NEW), NEW) | ASKED | {"attached": SimpleUploadedFile("a.pdf", attached)}
    answer = client.post(NEW, typed)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Please ask for it." in answer.content.decode()
    assert pages.clinic.rows("message_thread") == []


def test_a_file_is_had_by_whoever_may_read_the_message(pages: Pages) -> None:
    thread_id = begin(pages, attached=SimpleUploadedFile("a.png", png()))
    for name in pages.clinic.people:
        answer = pages.client(name).get(f"/messages/file/{thread_id}/0")
        assert (answer.status_code == 200) == (name in READERS), name


def test_a_message_about_somebody_is_of_their_chart(pages: Pages) -> None:
    thread_id = begin(pages, patient="ada")
    assert stored(pages, thread_id).patient == "Patient/ada"
    page = pages.client("dana").get(f"/messages/thread/{thread_id}")
    assert "Berg" in text_of(page)
    hidden = begin(pages, patient="quiet")
    record = pages.clinic.resource(Ref("Communication", hidden))
    assert RESTRICTED in record["meta"]["security"]
    path = f"/messages/thread/{hidden}/answer"
    wrong = form_at(page, f"/messages/thread/{thread_id}/answer") | {"words": "For Ada"}
    assert pages.client("dana").post(path, wrong).status_code == 409
    assert pages.clinic.rows("message_reply") == []


def test_a_lead_answers_what_is_for_the_mas_and_a_task_leads_here(pages: Pages) -> None:
    thread_id = begin(pages)
    lena = pages.client("lena")
    assert "Old chart" in text_of(lena.get("/messages/"))
    (task,) = pages.clinic.rows("task", focus=f"Communication/{thread_id}")
    assert f"/messages/thread/{thread_id}" in lena.get(f"/worklist/task/{task['id']}").content.decode()


def test_the_bar_asks_how_many_wait_and_says_so_in_words(pages: Pages) -> None:
    begin(pages)
    page = pages.client("dana").get("/messages/").content.decode()
    assert 'hx-get="/messages/unread"' in page
    assert 'data-live="messages"' in page
    assert pages.client("bill").get("/messages/unread").status_code == 403


def test_what_a_patient_wrote_is_shown_as_the_patients(pages: Pages) -> None:
    first = Words(by="Patient/ada", at=TEN_FORTY, words="May I eat before?")
    asked = Thread(
        topic="Before the test", first=first, pool=Pool(role=Role.MA), due_at=TEN_FORTY, patient="Patient/ada"
    )
    (ref,) = pages.clinic.have(to_fhir(asked))
    dana = pages.client("dana")
    assert "The patient" in text_of(dana.get("/messages/"))
    shown = text_of(dana.get(f"/messages/thread/{ref.id}"))
    assert "The patient" in shown
    assert "May I eat before?" in shown
    assert do(dana, ref.id, "answer", words="Water only.").status_code == 302
    assert stored(pages, ref.id).first.by == "Patient/ada"
