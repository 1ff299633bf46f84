"""A photo through its pages, on both engines: taken, seen, replaced, taken away; what is refused; who may."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from carewright.core.store.model import Ref
from carewright.skills.photo.fhir import photo_of
from carewright.workspaces.photo_page.forms import LARGEST_BYTES
from tests.clinic import Clinic
from tests.pages import Pages, open_pages
from tests.screens.filled import form_at, text_of

AT_WORK = {"fay", "dana", "lena", "nora", "lind", "mona"}
TAKE, REMOVE, PICTURE = "/photo/jonas/take", "/photo/jonas/remove", "/photo/jonas/picture"


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(
        *(
            {"resourceType": "Patient", "id": given.lower(), "gender": "male", "birthDate": "2025-08-21",
             "name": [{"family": "Okafor", "given": [given]}]}
            for given in ("Jonas", "Ada")
        )
    )  # fmt: skip
    return opened


def jpeg(color: str = "gray", *, side: int = 600) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side), color).save(made, "JPEG", comment=b"taken at home")
    return made.getvalue()


def send(client: Any, content: bytes | None, *, field: str = "chosen", to: str = TAKE, name: str = "IMG_1.jpg") -> Any:
    typed: dict[str, Any] = form_at(client.get("/photo/jonas"), TAKE)
    for empty in ("taken", "chosen"):
        typed.pop(empty, None)
    if content is not None:
        typed[field] = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return client.post(to, typed)


@pytest.mark.parametrize("field", ["taken", "chosen"])
def test_a_photo_is_taken_seen_and_taken_away(pages: Pages, field: str) -> None:
    desk, assistant = pages.client("fay"), pages.client("dana")
    assert "No photo yet" in text_of(desk.get("/photo/jonas"))
    assert assistant.get(PICTURE).status_code == 404
    assert send(desk, jpeg(), field=field).status_code == 302
    shown = assistant.get("/chart/jonas").content.decode()
    assert f'src="{PICTURE}"' in shown
    picture = assistant.get(PICTURE)
    with Image.open(io.BytesIO(picture.content)) as kept:
        assert kept.size == (256, 256)
    assert b"taken at home" not in picture.content
    removed = assistant.post(REMOVE, form_at(assistant.get("/photo/jonas"), REMOVE))
    assert removed.status_code == 302
    assert desk.get(PICTURE).status_code == 404
    assert "photo" not in pages.clinic.resource(Ref("Patient", "jonas"))


def test_the_picture_is_kept_by_no_cache_and_is_nothing_but_a_picture(pages: Pages) -> None:
    client = pages.client("dana")
    send(client, jpeg())
    answer = client.get(PICTURE)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_another_photo_takes_the_place_of_the_first_and_the_history_keeps_both(pages: Pages) -> None:
    client = pages.client("dana")
    send(client, jpeg("red"))
    first = photo_of(pages.clinic.resource(Ref("Patient", "jonas")))
    send(client, jpeg("blue"))
    patient = pages.clinic.resource(Ref("Patient", "jonas"))
    assert len(patient["photo"]) == 1
    assert photo_of(patient) != first
    assert patient["meta"]["versionId"] == "3"
    send(client, jpeg("blue"))  # the same again: nothing to write
    assert pages.clinic.resource(Ref("Patient", "jonas"))["meta"]["versionId"] == "3"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<script>alert(1)</script>", "no picture that can be read"),
        (b"%PDF-1.7 a letter", "no picture that can be read"),
        (jpeg()[:500], "no picture that can be read"),
        (b"", "empty"),
        (None, "Take or choose a picture first"),
        (jpeg(side=16), "too small"),
        (bytes(LARGEST_BYTES + 1), "too large"),
    ],
    ids=["script", "pdf", "cut", "empty", "none", "speck", "huge"],
)
def test_what_is_no_photo_is_refused_in_words(pages: Pages, content: bytes | None, words: str) -> None:
    client = pages.client("fay")
    answer = send(client, content)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "photo" not in pages.clinic.resource(Ref("Patient", "jonas"))
    assert send(client, jpeg()).status_code == 302


def test_a_photo_for_jonas_is_not_put_on_ada(pages: Pages) -> None:
    client = pages.client("dana")
    answer = send(client, jpeg(), to="/photo/ada/take")
    assert answer.status_code == 409
    assert "You typed this for Jonas Okafor, not Ada Okafor" in text_of(answer)
    assert "photo" not in pages.clinic.resource(Ref("Patient", "ada"))


def test_a_photo_does_not_depend_on_what_else_was_changed_meanwhile(pages: Pages) -> None:
    client = pages.client("dana")
    typed: dict[str, Any] = form_at(client.get("/photo/jonas"), TAKE)
    patient = pages.clinic.resource(Ref("Patient", "jonas"))
    with pages.clinic.writer("fay").transaction(reason="test.change") as tx:
        tx.update({**patient, "telecom": [{"system": "phone", "value": "555 0100"}]}, version=1)
    answer = client.post(TAKE, {**typed, "taken": "", "chosen": SimpleUploadedFile("a.jpg", jpeg())})
    assert answer.status_code == 302
    after = pages.clinic.resource(Ref("Patient", "jonas"))
    assert after["telecom"][0]["value"] == "555 0100"
    assert photo_of(after) is not None


def test_a_post_without_the_token_of_the_page_changes_nothing(pages: Pages) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies = pages.client("dana").cookies
    assert client.post(TAKE, {"chosen": SimpleUploadedFile("a.jpg", jpeg())}).status_code == 403
    assert "photo" not in pages.clinic.resource(Ref("Patient", "jonas"))


def test_who_does_not_meet_patients_sees_no_photo(pages: Pages) -> None:
    send(pages.client("dana"), jpeg())
    for name in pages.clinic.people:
        client = pages.client(name)
        assert (client.get(PICTURE).status_code == 200) == (name in AT_WORK), name
        assert (client.get("/photo/jonas").status_code == 200) == (name in AT_WORK), name
        assert (client.post(REMOVE).status_code == 403) == (name not in AT_WORK), name


def test_the_photo_of_somebody_who_is_not_to_be_seen_is_as_if_there_were_none(pages: Pages) -> None:
    send(pages.client("dana"), jpeg())
    patient = pages.clinic.resource(Ref("Patient", "jonas"))
    restricted = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    with pages.clinic.writer("lind").transaction(reason="test.restrict") as tx:
        tx.update({**patient, "meta": {**patient["meta"], "security": [restricted]}}, version=2)
    assert pages.client("dana").get(PICTURE).status_code == 200
    desk = pages.client("fay")
    for path in (PICTURE, "/photo/jonas"):
        assert desk.get(path).status_code == desk.get(path.replace("jonas", "nobody")).status_code == 404


def test_a_file_that_a_record_from_elsewhere_names_is_not_shown(pages: Pages) -> None:
    named = {"contentType": "image/jpeg", "url": "ni:///sha-256;" + "A" * 43}
    pages.clinic.have({"resourceType": "Patient", "id": "odd", "name": [{"family": "Odd"}], "photo": [named]})
    assert pages.client("dana").get("/photo/odd/picture").status_code == 404
