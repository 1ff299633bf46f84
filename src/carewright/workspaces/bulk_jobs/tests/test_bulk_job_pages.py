"""The page of exports and imports, on both engines: who sees it, what it says, what it ends."""

import html
import re

import pytest

from carewright.core.bulk.files import BulkFiles
from carewright.core.store import bulk_jobs
from carewright.core.store.sql import Sql
from tests.clinic import Clinic
from tests.pages import Pages, open_pages
from tests.screens.bulk import have_jobs


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    return open_pages(clinic)


def words(answer: object) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())  # type: ignore[attr-defined] # Django's answer
    return re.sub(r"\s+", " ", html.unescape(text))


def test_it_says_whose_each_is_and_how_far(pages: Pages) -> None:
    have_jobs(pages.clinic, whose="Warehouse", types=("Patient", "Observation"))
    said = words(pages.client("mona").get("/exports/list"))
    for part in (
        "Export of everything Patient, Observation", "Export of all patients", "Export of a group", "Import",
        "Warehouse", "Waits for its turn", "43%: 430 of 1000 records", "31%: 3 of 10 MB", "12 records", "Done",
        "Could not be done", "3 lines were refused", "Thrown away",
    ):  # fmt: skip
        assert part in said, part
    assert said.index("Waits for its turn") < said.index("Done"), "what is under way comes first"


def test_who_oversees_the_practice_ends_them_and_nobody_else_sees_them(pages: Pages) -> None:
    made = have_jobs(pages.clinic, whose="Warehouse")
    for name in ("dana", "lena", "fay", "nora", "lind", "bill", "audra"):
        client = pages.client(name)
        assert client.get("/exports/").status_code == 403, name
        assert client.post(f"/exports/{made[0].id}/end").status_code == 403, name
    priya = pages.client("priya")
    for job in made[:2]:
        assert priya.post(f"/exports/{job.id}/end").status_code == 302
        assert priya.post(f"/exports/{job.id}/end").status_code == 302, "twice is once"
    store = pages.clinic.store
    with store.driver.reading(pages.clinic.practice) as connection:
        assert len(bulk_jobs.every(connection, pages.clinic.practice)) == len(made) - 2
        rows = connection.rows(
            Sql("SELECT actor FROM audit WHERE practice = ? AND reason = 'bulk.cancel'", (pages.clinic.practice,))
        )
    assert rows == [("Practitioner/priya",)] * 2


def test_the_files_go_with_it(pages: Pages) -> None:
    from carewright.shell import runtime

    files: BulkFiles = runtime.bulk_files()
    (job, *_) = have_jobs(pages.clinic, whose="Warehouse")
    with files.writing(job.practice, job.id, "Patient-1.ndjson.1") as writer:
        writer.write(b"{}\n")
    pages.client("mona").post(f"/exports/{job.id}/end")
    assert job.id not in files.jobs(job.practice)
