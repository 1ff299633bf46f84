"""The provider's page, the chart and check-out without a browser."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from carewright.core.store.model import Ref, Resource
from carewright.core.store.search.parse import parse
from carewright.core.terminology.coding import CONDITION_CLINICAL
from carewright.project.importing import Journal, import_files
from carewright.project.wiring import operator_access
from carewright.skills.registration.fhir import family_to_fhir
from tests.pages import Pages
from tests.screens import visits
from tests.screens.filled import form_at, text_of
from tests.screens.visits import Visit


@pytest.fixture
def visit(clinic_pages: Pages) -> Visit:
    return visits.with_provider(clinic_pages.clinic, visits.jonas(clinic_pages.clinic))


@pytest.fixture
def lind(clinic_pages: Pages) -> Any:
    return clinic_pages.client("lind")


def status(pages: Pages, visit: Visit) -> object:
    return pages.clinic.rows("visit", id=visit.encounter)[0]["status"]


def take(client: Any, visit: Visit, action: str) -> Any:
    page = f"/visit/{visit.encounter}"
    return client.post(f"{page}/take", {**form_at(client.get(page), f"{page}/take"), "action": action})


def test_the_provider_sees_what_is_typed_so_far(clinic_pages: Pages, lind: Any) -> None:
    visit = visits.rooming(clinic_pages.clinic, visits.jonas(clinic_pages.clinic), reason="Pulls at his ear")
    dana = clinic_pages.client("dana")
    room = f"/rooming/{visit.encounter}/vitals"
    dana.post(f"{room}/save", {**form_at(dana.get(room), f"{room}/save"), "spo2": "84"})
    page = text_of(lind.get(f"/visit/{visit.encounter}"))
    for words in ("Pulls at his ear", "84 %", "Dana Cole", "Nobody has written down who was told", "Not asked today"):
        assert words in page
    assert " where " not in page, "nobody said where"
    part = lind.get(f"/visit/{visit.encounter}/recorded")
    assert "84 %" in text_of(part)
    assert b"<html" not in part.content


def test_orders_back_and_to_the_end(clinic_pages: Pages, lind: Any, visit: Visit) -> None:
    for action, after in (
        ("orders_to_do", "orders"), ("orders_done", "ready"), ("provider_in", "with-provider"),
        ("send_to_check_out", "checking-out"), ("finish", "done"), ("reopen", "checking-out"),
    ):  # fmt: skip
        assert take(lind, visit, action).status_code == 302
        assert status(clinic_pages, visit) == after


def test_a_message_is_words_and_does_nothing(clinic_pages: Pages, lind: Any, visit: Visit) -> None:
    page, action = f"/visit/{visit.encounter}", f"/visit/{visit.encounter}/messages"
    assert "No drug, dose or specimen is acted on from a message" in text_of(lind.get(page))
    form = form_at(lind.get(page), action)
    typed = {**form, "words": "Give 5 mL ibuprofen, please"}
    for _ in range(2):
        assert lind.post(action, typed).status_code == 302
    with clinic_pages.clinic.store.reader(clinic_pages.clinic.access("lind"), reason="test") as reader:
        found = reader.resources(parse("Communication", [("encounter", f"Encounter/{visit.encounter}")]))
    assert [entry["payload"][0]["contentString"] for entry in found] == ["Give 5 mL ibuprofen, please"]
    tasks = {row["code"]: row for row in clinic_pages.clinic.rows("task", encounter=visit.encounter)}
    assert set(tasks) == {"room-patient", "see-patient", "see-visit-message"}, "somebody reads it, nobody acts on it"
    owed = tasks["see-visit-message"]
    assert (owed["pool_role"], owed["is_open"], "ibuprofen" in str(owed)) == ("ma", 1, False)
    assert lind.get(f"/messages/thread/{found[0]['id']}")["Location"] == page
    dana = clinic_pages.client("dana")
    room = f"/rooming/{visit.encounter}/"
    assert "Give 5 mL ibuprofen, please" in text_of(dana.get(room))
    dana.post(f"{room}messages/{found[0]['id']}", form_at(dana.get(room), f"{room}messages/{found[0]['id']}"))
    assert "Give 5 mL" not in text_of(dana.get(room))
    assert clinic_pages.clinic.rows("task", encounter=visit.encounter, code="see-visit-message", is_open=1) == []
    assert "seen to by Dana Cole" in text_of(lind.get(page))
    assert lind.post(action, {**form_at(lind.get(page), action), "words": " "}).status_code == 422


def test_a_message_for_another_patient_is_kept_for_them(clinic_pages: Pages, lind: Any, visit: Visit) -> None:
    clinic = clinic_pages.clinic
    ada = visits.rooming(clinic, visits.patient(clinic, "ada", family="Okafor", given="Ada", born="2021-03-02"))
    form = form_at(lind.get(f"/visit/{visit.encounter}"), f"/visit/{visit.encounter}/messages")
    answer = lind.post(f"/visit/{ada.encounter}/messages", {**form, "words": "Ear exam"})
    assert answer.status_code == 409
    assert "You typed this for Jonas Okafor, not Ada Okafor" in text_of(answer)
    kept = form_at(lind.get(f"/visit/{visit.encounter}?draft=use"), f"/visit/{visit.encounter}/messages")
    assert kept["words"].strip() == "Ear exam"


def _problem(n: int, about: Resource) -> Resource:
    """Every other one is over."""
    found = {"resourceType": "Condition", "subject": about, "code": {"text": f"Problem {n}"},
             "recordedDate": f"2026-01-{n % 28 + 1:02}"}  # fmt: skip
    resolved = {"coding": [{"system": CONDITION_CLINICAL, "code": "resolved"}]}
    return {**found, "clinicalStatus": resolved, "abatementDateTime": "2026-02"} if n % 2 else found


def _morning(n: int) -> str:
    return f"2026-{n // 28 + 1:02}-{n % 28 + 1:02}T10:00:00-05:00"


def chart_of(clinic_pages: Pages, *, conditions: int) -> str:
    """A chart as it may be imported: many records, some that say little."""
    patient = visits.jonas(clinic_pages.clinic)
    about = {"reference": f"Patient/{patient}"}
    medicine = {"subject": about, "medicationCodeableConcept": {"text": "amoxicillin 400 mg/5 mL"}}
    clinic_pages.clinic.have(
        *(_problem(n, about) for n in range(conditions)),
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", **medicine,
         "authoredOn": "2026-05-01", "dosageInstruction": [{"text": "5 mL twice a day"}]},
        {"resourceType": "MedicationStatement", "status": "entered-in-error", "subject": about,
         "medicationCodeableConcept": {"text": "not his"}},
        {"resourceType": "Immunization", "status": "completed", "patient": about, "lotNumber": "A12",
         "vaccineCode": {"coding": [{"code": "08", "display": "Hep B, adolescent or pediatric"}]},
         "occurrenceDateTime": "2025-08-21"},
        *(visits.weight(patient, f"{3 + n / 10:.1f}", at=_morning(n)) for n in range(150)),
    )  # fmt: skip
    return patient


def test_the_chart_shows_what_is_active_and_pages_what_is_long(clinic_pages: Pages, lind: Any) -> None:
    patient = chart_of(clinic_pages, conditions=60)
    began = time.thread_time()
    answer = lind.get(f"/chart/{patient}")
    assert time.thread_time() - began < 2
    page = text_of(answer)
    for words in ("Problem 54", "amoxicillin 400 mg/5 mL", "5 mL twice a day", "Hep B, adolescent or pediatric", "A12"):
        assert words in page
    assert "Problem 59" not in page
    assert "not his" not in page
    assert "Problem 59" in text_of(lind.get(f"/chart/{patient}/problems"))
    vitals = lind.get(f"/chart/{patient}/vitals")
    following = vitals.content.decode().partition('href="?after=')[2].partition('"')[0]
    assert following
    assert "3.0 kg" in text_of(lind.get(f"/chart/{patient}/vitals?after={following}"))
    assert lind.get(f"/chart/{patient}/nothing").status_code == 404
    assert lind.get("/chart/nobody").status_code == 404


def test_siblings_are_two_taps_away(clinic_pages: Pages, lind: Any) -> None:
    clinic = clinic_pages.clinic
    jonas = visits.jonas(clinic)
    ada = visits.patient(clinic, "ada", family="Okafor", given="Ada", born="2021-03-02", gender="female")
    here = visits.rooming(clinic, ada)
    clinic.have(family_to_fhir([f"Patient/{jonas}", f"Patient/{ada}"], name="Okafor"))
    html = lind.get(f"/chart/{jonas}").content.decode()
    assert f'href="/chart/{ada}"' in html
    assert f'href="/rooming/{here.encounter}/"' in html


def checking_out(clinic_pages: Pages, visit: Visit) -> None:
    visits.step(clinic_pages.clinic, visit, "send_to_check_out", minutes_ago=5)


def test_check_out_lists_what_is_left_and_holds_nobody(clinic_pages: Pages, visit: Visit) -> None:
    checking_out(clinic_pages, visit)
    fay = clinic_pages.client("fay")
    page = f"/checkout/{visit.encounter}"
    assert "Give the visit summary" in text_of(fay.get(page))
    form = form_at(fay.get(page), f"{page}/next-visit")
    typed = {**form, "amount": "3", "span": "months", "kind": "well-child", "reason": "18 months"}
    for _ in range(2):
        assert fay.post(f"{page}/next-visit", typed).status_code == 302
    shown = text_of(fay.get(page))
    assert "Asked for: Well child in 3 months" in shown
    assert shown.count("Book the next visit: Well child in 3 months") == 1
    given = form_at(fay.get(page), f"{page}/summary/given")
    assert fay.post(f"{page}/summary/given", given).status_code == 302
    assert "Given to the patient" in text_of(fay.get(page))
    assert fay.post(f"{page}/next-visit", {**form, "amount": "0"}).status_code == 422
    done = form_at(fay.get(page), f"{page}/done")
    assert fay.post(f"{page}/done", {**done, "action": "finish"}).status_code == 302
    assert status(clinic_pages, visit) == "done"


def test_the_summary_is_for_the_family_and_the_note_never_says_why(clinic_pages: Pages, visit: Visit) -> None:
    dana = clinic_pages.client("dana")
    summary = text_of(dana.get(f"/checkout/{visit.encounter}/summary"))
    for words in ("Okafor, Jonas", "Checkup", "Your allergies", "Lind Cole", "Printed 11/23/2026"):
        assert words in summary
    page = f"/checkout/{visit.encounter}"
    form = form_at(dana.get(page), f"{page}/note")
    assert dana.post(f"{page}/note", {**form, "first": "2026-11-24", "last": "2026-11-23"}).status_code == 422
    typed = {**form, "kind": "school", "first": "2026-11-23", "last": "2026-11-24", "limits": "no gym"}
    first, second = (dana.post(f"{page}/note", typed).headers["Location"] for _ in range(2))
    assert first == second
    note = text_of(dana.get(first))
    assert "Jonas Okafor was seen in our office on 11/23/2026." in note
    assert "from 11/23/2026 through 11/24/2026" in note
    assert "Checkup" not in note


def test_a_note_belongs_to_its_patient(clinic_pages: Pages, visit: Visit) -> None:
    dana, clinic = clinic_pages.client("dana"), clinic_pages.clinic
    page = f"/checkout/{visit.encounter}"
    written = dana.post(f"{page}/note", form_at(dana.get(page), f"{page}/note")).headers["Location"]
    ada = visits.rooming(clinic, visits.patient(clinic, "ada", family="Okafor", given="Ada", born="2021-03-02"))
    document = written.rpartition("/")[2]
    assert dana.get(written).status_code == 200
    assert dana.get(f"/checkout/{ada.encounter}/note/{document}").status_code == 404
    form = form_at(dana.get(page), f"{page}/next-visit")
    assert dana.post(f"/checkout/{ada.encounter}/next-visit", form).status_code == 409
    assert clinic.resource(Ref("DocumentReference", document))["subject"]["reference"] == f"Patient/{visit.patient}"


@pytest.mark.parametrize("name", ["fay", "bill", "mona", "priya"])
def test_who_may_do_what_at_check_out(clinic_pages: Pages, visit: Visit, name: str) -> None:
    checking_out(clinic_pages, visit)
    client, page = clinic_pages.client(name), f"/checkout/{visit.encounter}"
    html = client.get(page).content.decode()
    assert (f"{page}/next-visit" in html) == (name in ("fay", "mona"))
    assert (f"{page}/done" in html) == (name == "fay")
    assert client.post(f"{page}/summary/given", {}).status_code in ((302, 409) if name in ("fay", "mona") else (403,))


def test_a_chart_from_elsewhere_is_shown_fast_and_as_a_clinic_writes_it(
    clinic_pages: Pages, lind: Any, test_data: Path, tmp_path: Path
) -> None:
    """A Synthea bundle as it comes: a pressure of 107.46626052054289 mmHg, no flags, visits of another practice."""
    (bundle,) = (test_data / "fhir" / "synthea").glob("p11_*.json")
    entries = [entry["resource"] for entry in json.loads(bundle.read_text(encoding="utf-8"))["entry"]]
    (patient,) = (resource["id"] for resource in entries if resource["resourceType"] == "Patient")
    access = operator_access(clinic_pages.clinic.practice)
    import_files(clinic_pages.clinic.store, access, [bundle], journal=Journal(tmp_path / "journal"))
    began = time.thread_time()
    page = text_of(lind.get(f"/chart/{patient}"))
    assert time.thread_time() - began < 1.5
    for words in ("Feil, Jacki", "05/19/1968", "Prediabetes", "107/82 mmHg", "78.6 kg", "Encounter for check up"):
        assert words in page
    assert "107.466" not in page
    dana = clinic_pages.client("dana")
    visit = visits.rooming(clinic_pages.clinic, patient, well=False)
    room = f"/rooming/{visit.encounter}/vitals"
    saved = dana.post(
        f"{room}/save", {**form_at(dana.get(room), f"{room}/save"), "weight": "78.9", "weight-unit": "kg"}
    )
    assert saved.status_code == 302
    assert "78.9 kg" in text_of(lind.get(f"/chart/{patient}"))
