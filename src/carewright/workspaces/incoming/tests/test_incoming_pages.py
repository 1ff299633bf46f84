"""The pages of papers on both engines: the file and who may have it, the second look, forms that do not belong."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from carewright.core.store.model import Ref
from carewright.shell import runtime
from carewright.skills.incoming import actions
from carewright.skills.incoming.fhir import from_fhir
from carewright.skills.incoming.model import CameAs, Paper, Stage
from carewright.skills.incoming.rules import LARGEST_BYTES
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, open_pages
from tests.screens.filled import form_at, text_of

SORTERS = {"dana", "lena", "fay", "nora", "lind", "mona"}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(
        *({"resourceType": "Patient", "id": key, "birthDate": born, "gender": "male",
           "name": [{"family": "Okafor", "given": [key.title()]}]}
          for key, born in (("jonas", "2025-08-21"), ("jonah", "1990-01-02"))),
        {"resourceType": "Patient", "id": "quiet", "name": [{"family": "Quiet"}], "meta": {"security": [RESTRICTED]}},
    )  # fmt: skip
    return opened


def png(side: int = 300) -> bytes:
    made = io.BytesIO()
    Image.new("L", (side, side), "white").save(made, "PNG")
    return made.getvalue()


def came(pages: Pages) -> str:
    taken = actions.take_in(
        pages.clinic.writer("fay"), blobs=runtime.blobs(), sent=png(), came_as=CameAs.FAX, at=TEN_FORTY
    )
    assert taken.ref is not None
    return taken.ref.id


def paper_of(pages: Pages, paper: str) -> Paper:
    found = from_fhir(pages.clinic.resource(Ref("DocumentReference", paper)))
    assert found is not None
    return found


def step(client: Any, paper: str, name: str, *, page: str = "", **typed: str) -> Any:
    path = f"/incoming/{paper}/{name}"
    return client.post(path, form_at(client.get(page or f"/incoming/{paper}"), path) | typed)


def test_the_file_is_what_its_bytes_are_and_may_do_nothing(pages: Pages) -> None:
    answer = pages.client("dana").get(f"/incoming/{came(pages)}/file")
    assert answer.content == png()
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy


def test_only_those_who_sort_papers_see_one(pages: Pages) -> None:
    paper = came(pages)
    for name in pages.clinic.people:
        client = pages.client(name)
        for path in ("/incoming/", f"/incoming/{paper}", f"/incoming/{paper}/file", "/incoming/patient/jonas"):
            assert (client.get(path).status_code == 200) == (name in SORTERS), (name, path)
        assert (client.post(f"/incoming/{paper}/drop").status_code == 403) == (name not in SORTERS), name


def test_the_paper_of_somebody_who_is_not_to_be_seen_is_as_if_there_were_none(pages: Pages) -> None:
    paper = came(pages)
    actions.match(pages.clinic.writer("dana"), paper_id=paper, version=1, patient_id="quiet")
    desk = pages.client("fay")
    for path in (f"/incoming/{paper}", f"/incoming/{paper}/file", "/incoming/patient/quiet"):
        assert desk.get(path).status_code == 404, path
    assert pages.client("dana").get(f"/incoming/{paper}/file").status_code == 200


def test_the_second_look_names_the_patient_and_matches(pages: Pages) -> None:
    paper, client = came(pages), pages.client("fay")
    look = client.get(f"/incoming/{paper}/match/jonas")
    assert "Okafor, Jonas" in text_of(look)
    assert "born 08/21/2025" in text_of(look)
    answer = step(client, paper, "match/jonas", page=f"/incoming/{paper}/match/jonas", kind="lab",
                  route="provider:Practitioner/lind", title="CBC")  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (302, "/incoming/")
    found = paper_of(pages, paper)
    assert (found.patient, found.stage, found.title) == ("Patient/jonas", Stage.SIGN, "CBC")


def test_what_was_looked_at_for_jonas_is_not_put_into_jonahs_chart(pages: Pages) -> None:
    paper, client = came(pages), pages.client("fay")
    typed = form_at(client.get(f"/incoming/{paper}/match/jonas"), f"/incoming/{paper}/match/jonas")
    answer = client.post(f"/incoming/{paper}/match/jonah", typed)
    assert answer.status_code == 409
    assert "You typed this for Jonas Okafor, not Jonah Okafor" in text_of(answer)
    assert paper_of(pages, paper).stage is Stage.MATCH


def test_naming_without_a_route_is_refused_with_what_was_typed(pages: Pages) -> None:
    paper, client = came(pages), pages.client("fay")
    answer = step(client, paper, "match/jonas", page=f"/incoming/{paper}/match/jonas", kind="lab", title="CBC")
    assert answer.status_code == 422
    assert "Say both" in text_of(answer)
    assert 'value="CBC"' in answer.content.decode()


def test_from_unnamed_to_filed_by_the_desk(pages: Pages) -> None:
    paper, client = came(pages), pages.client("fay")
    step(client, paper, "match/jonas", page=f"/incoming/{paper}/match/jonas")
    assert paper_of(pages, paper).stage is Stage.NAME
    assert step(client, paper, "route").status_code == 422
    step(client, paper, "route", kind="form", route="desk")
    step(client, paper, "finish", **{"finish-note": "Sent back to the school"})
    found = paper_of(pages, paper)
    assert (found.stage, found.note) == (Stage.FILED, "Sent back to the school")
    assert "Seen to by Fay Cole" in text_of(client.get(f"/incoming/{paper}"))
    assert "Form to fill in" in text_of(client.get("/incoming/patient/jonas"))


def test_who_is_no_provider_is_offered_no_signature_and_cannot_sign(pages: Pages) -> None:
    paper, desk, provider = came(pages), pages.client("fay"), pages.client("lind")
    step(desk, paper, "match/jonas", page=f"/incoming/{paper}/match/jonas", kind="lab",
         route="provider:Practitioner/lind")  # fmt: skip
    assert "Sign it" not in text_of(desk.get(f"/incoming/{paper}"))
    typed = form_at(provider.get(f"/incoming/{paper}"), f"/incoming/{paper}/finish")
    assert desk.post(f"/incoming/{paper}/finish", typed).status_code in (403, 409, 422)
    assert paper_of(pages, paper).stage is Stage.SIGN
    assert provider.post(f"/incoming/{paper}/finish", typed).status_code == 302
    assert paper_of(pages, paper).done_by == "Practitioner/lind"


def test_out_of_the_wrong_chart_and_no_patients_paper(pages: Pages) -> None:
    paper, client = came(pages), pages.client("dana")
    step(client, paper, "match/jonas", page=f"/incoming/{paper}/match/jonas")
    assert step(client, paper, "unmatch").status_code == 422
    step(client, paper, "unmatch", **{"unmatch-why": "Other birth date"})
    assert paper_of(pages, paper).stage is Stage.MOVED
    back = next(str(row["id"]) for row in pages.clinic.rows("paper", is_open=1))
    step(client, back, "drop", **{"drop-why": "Advertising"})
    assert paper_of(pages, back).stage is Stage.DROPPED
    assert "No paper waits" in text_of(client.get("/incoming/"))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"<script>", "no PDF"), (b"", "empty"), (None, "Choose a file first"), (bytes(LARGEST_BYTES + 1), "too large")],
    ids=["script", "empty", "none", "huge"],
)
def test_what_is_no_paper_is_refused_in_words(pages: Pages, content: bytes | None, words: str) -> None:
    client = pages.client("fay")
    typed: dict[str, Any] = form_at(client.get("/incoming/"), "/incoming/upload")
    typed.pop("paper", None)
    if content is not None:
        typed["paper"] = SimpleUploadedFile("fax.pdf", content, content_type="application/pdf")
    answer = client.post("/incoming/upload", typed)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert pages.clinic.rows("paper") == []


def test_a_post_without_the_token_of_the_page_changes_nothing(pages: Pages) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies = pages.client("dana").cookies
    assert client.post("/incoming/upload", {"paper": SimpleUploadedFile("a.png", png())}).status_code == 403
    assert pages.clinic.rows("paper") == []


def test_another_document_is_no_paper(pages: Pages) -> None:
    pages.clinic.have({
        "resourceType": "DocumentReference", "id": "note", "status": "current",
        "subject": {"reference": "Patient/jonas"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGk="}}],
    })  # fmt: skip
    assert pages.client("dana").get("/incoming/note").status_code == 404
    assert pages.client("dana").get("/incoming/note/file").status_code == 404
