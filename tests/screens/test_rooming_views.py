"""The rooming page without a browser: what it saves, what it refuses to mix up, and who may open it."""

from datetime import timedelta
from typing import Any

import pytest

from carewright.core.store.model import Conflict, Ref
from carewright.core.work import actions as work
from carewright.core.work.tasks import ALLERGIES_ASKED, CRITICAL_VITAL_TOLD, NAME_AND_BIRTH_DATE, of_visit
from carewright.shell.forms import PatientContext
from carewright.skills.critical_calls import actions as critical_calls
from carewright.skills.vitals import actions as vitals_actions
from carewright.skills.vitals import queries as vitals
from carewright.skills.vitals.model import Kind
from tests.pages import Pages
from tests.screens import visits
from tests.screens.filled import form_at, text_of
from tests.screens.visits import Visit

CLINICAL = {"dana", "lena", "nora", "lind"}


@pytest.fixture
def visit(clinic_pages: Pages) -> Visit:
    return visits.rooming(clinic_pages.clinic, visits.jonas(clinic_pages.clinic))


@pytest.fixture
def dana(clinic_pages: Pages) -> Any:
    return clinic_pages.client("dana")


def at(visit: Visit, rest: str = "") -> str:
    return f"/rooming/{visit.encounter}/{rest}"


def readings(pages: Pages, visit: Visit) -> list[Any]:
    with pages.clinic.store.reader(pages.clinic.access("dana"), reason="test") as reader:
        return [entry.reading for entry in vitals.of_visit(reader, visit.encounter)]


def send_vitals(client: Any, visit: Visit, form: dict[str, str] | None = None, **typed: str) -> Any:
    form = form or form_at(client.get(at(visit, "vitals")), at(visit, "vitals/save"))
    return client.post(at(visit, "vitals/save"), {**form, **{k.replace("_", "-"): v for k, v in typed.items()}})


def status_of(pages: Pages, visit: Visit, task: Any) -> str:
    with pages.clinic.store.reader(pages.clinic.access("dana"), reason="test") as reader:
        found = reader.resource_or_none(of_visit(visit.encounter, task))
    return str(found["status"]) if found else ""


@pytest.mark.parametrize("name", ["dana", "lena", "nora", "lind", "fay", "bill", "mona", "priya", "audra"])
def test_only_those_who_take_care_of_patients_open_it(clinic_pages: Pages, visit: Visit, name: str) -> None:
    client = clinic_pages.client(name)
    expected = 200 if name in CLINICAL else 403
    for page in (at(visit), at(visit, "vitals"), f"/visit/{visit.encounter}", f"/chart/{visit.patient}"):
        assert client.get(page).status_code == expected, page
    assert client.get(f"/checkout/{visit.encounter}").status_code == (403 if name == "audra" else 200)


def test_nobody_opens_it_without_signing_in(clinic_pages: Pages, visit: Visit) -> None:
    assert clinic_pages.client().get(at(visit)).status_code == 302


def test_every_page_about_the_patient_says_who_it_is(dana: Any, visit: Visit) -> None:
    for step in ("identity", "reason", "medicines", "allergies", "vitals", "screening"):
        page = text_of(dana.get(at(visit, step)))
        assert "Okafor, Jonas" in page
        assert "08/21/2025" in page
        assert "Allergies: not asked yet" in page


def test_vitals_are_saved_as_typed_and_shown_with_who_and_when(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    answer = send_vitals(
        dana, visit, weight="22", weight_minor="11", weight_unit="lb_oz", temperature="98,6", temperature_unit="f"
    )
    assert answer.status_code == 302
    found = {reading.kind: reading for reading in readings(clinic_pages, visit)}
    assert found[Kind.WEIGHT].shown == "22 lb 11 oz"
    assert found[Kind.TEMPERATURE].shown == "98.6 °F"
    page = text_of(dana.get(at(visit, "vitals")))
    assert "22 lb 11 oz (10.3 kg)" in page
    assert "10:40 AM , Dana Cole" in page or "10:40 AM, Dana Cole" in page


def test_a_unit_typed_with_the_number_wins(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    send_vitals(dana, visit, weight="22.5 lb", weight_unit="kg")
    assert [reading.shown for reading in readings(clinic_pages, visit)] == ["22.5 lb"]


def test_what_cannot_be_read_is_kept_in_the_field_and_explained(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    answer = send_vitals(dana, visit, weight="ten", temperature="37.0")
    assert answer.status_code == 422
    assert form_at(answer, at(visit, "vitals/save"))["weight"] == "ten"
    assert "Write a number" in text_of(answer)
    assert readings(clinic_pages, visit) == []


def test_the_same_form_sent_twice_is_saved_once(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/save"))
    assert send_vitals(dana, visit, form, spo2="98").status_code == 302
    assert send_vitals(dana, visit, form, spo2="98").status_code == 302
    assert len(readings(clinic_pages, visit)) == 1


def test_a_warning_offers_what_helps_and_blocks_nothing(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/save"))
    checked = dana.post(at(visit, "vitals/check/weight"), {**form, "weight": "19.4", "weight-unit": "kg"})
    words = text_of(checked)
    assert "+104% since 9.5 kg" in words
    for button in ("Measure again", "It is right", "19.4 lb = 8.80 kg"):
        assert button in words
    assert readings(clinic_pages, visit) == []
    right = dana.post(at(visit, "vitals/check/weight") + "?right=1", {**form, "weight": "19.4", "weight-unit": "kg"})
    assert "You looked again: it is right" in text_of(right)
    assert (
        send_vitals(dana, visit, form, weight="19.4", weight_unit="kg", again="weight")
        .headers["Location"]
        .endswith("vitals?again=weight")
    )
    send_vitals(dana, visit, weight="9.8", weight_unit="kg")
    assert [reading.shown for reading in readings(clinic_pages, visit)] == ["19.4 kg", "9.8 kg"]


def test_half_a_blood_pressure_is_not_judged_yet(dana: Any, clinic_pages: Pages) -> None:
    key = visits.patient(clinic_pages.clinic, "ada", family="Okafor", given="Ada", born="1990-02-07", gender="female")
    visit = visits.rooming(clinic_pages.clinic, key)
    first = dana.post(at(visit, "vitals/check/blood-pressure"), {"blood-pressure": "210"})
    assert "very high" not in text_of(first)
    both = dana.post(at(visit, "vitals/check/blood-pressure"), {"blood-pressure": "210", "blood-pressure-lower": "118"})
    assert "very high" in text_of(both)


def test_could_not_get_it_says_why(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    send_vitals(dana, visit, spo2_why="crying")
    assert "Couldn't get it: crying" in text_of(dana.get(at(visit, "vitals")))


def test_charted_by_mistake_stays_readable(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    send_vitals(dana, visit, weight="10.3", weight_unit="kg")
    (reading,) = readings(clinic_pages, visit)
    form = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/save"))
    answer = dana.post(
        at(visit, f"vitals/{reading.id}/mistake"), {**form, "version": "1"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "Charted by mistake" in text_of(answer)
    assert [r.status for r in readings(clinic_pages, visit)] == ["entered-in-error"]


def test_the_second_to_record_a_sign_sees_the_difference_and_loses_nothing(
    clinic_pages: Pages, dana: Any, visit: Visit
) -> None:
    lena = clinic_pages.client("lena")
    hers = form_at(lena.get(at(visit, "vitals")), at(visit, "vitals/save"))
    send_vitals(dana, visit, weight="10.3", weight_unit="kg")
    answer = send_vitals(lena, visit, hers, weight="10.4", weight_unit="kg", spo2="97")
    assert answer.status_code == 409
    assert "Someone else changed this" in text_of(answer)
    again = form_at(answer, at(visit, "vitals/save"))
    assert (again["weight"], again["spo2"]) == ("10.4", "97")
    assert [reading.shown for reading in readings(clinic_pages, visit)] == ["10.3 kg"]
    assert send_vitals(lena, visit, again).status_code == 302
    assert sorted(reading.shown for reading in readings(clinic_pages, visit)) == ["10.3 kg", "10.4 kg", "97 %"]


def test_two_corrections_of_one_reading(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    send_vitals(dana, visit, weight="10.3", weight_unit="kg")
    (reading,) = readings(clinic_pages, visit)
    change = at(visit, f"vitals/{reading.id}/change")
    lena = clinic_pages.client("lena")
    hers, his = form_at(lena.get(change), change), form_at(dana.get(change), change)
    assert dana.post(change, {**his, "weight": "10.5"}).status_code == 302
    answer = lena.post(change, {**hers, "weight": "10.6"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Someone else changed this" in page
    assert "10.5 kg" in page
    assert "10.6 kg" in page
    again = form_at(answer, change)
    assert again["weight"] == "10.6"
    assert lena.post(change, again).status_code == 302
    assert [r.shown for r in readings(clinic_pages, visit)] == ["10.6 kg"]


def test_a_form_of_another_patient_is_kept_for_that_patient(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    clinic = clinic_pages.clinic
    ada = visits.rooming(clinic, visits.patient(clinic, "ada", family="Okafor", given="Ada", born="2021-03-02"))
    typed_for_jonas = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/save"))
    answer = send_vitals(dana, ada, typed_for_jonas, weight="10.3", weight_unit="kg")
    assert answer.status_code == 409
    page = text_of(answer)
    assert "You typed this for Jonas Okafor, not Ada Okafor" in page
    assert at(visit, "vitals") in answer.content.decode()
    assert readings(clinic_pages, ada) == readings(clinic_pages, visit) == []
    kept = form_at(dana.get(at(visit, "vitals") + "?draft=use"), at(visit, "vitals/save"))
    assert kept["weight"] == "10.3"


@pytest.mark.parametrize(
    "step", ["reason/save", "allergies/add", "allergies/asked", "name-and-birth-date", "tick/medicines", "take"]
)
def test_no_form_of_another_patient_is_taken(clinic_pages: Pages, dana: Any, visit: Visit, step: str) -> None:
    clinic = clinic_pages.clinic
    ada = visits.rooming(clinic, visits.patient(clinic, "ada", family="Okafor", given="Ada", born="2021-03-02"))
    pages = {
        "reason/save": "reason",
        "name-and-birth-date": "identity",
        "tick/medicines": "medicines",
        "take": "identity",
    }
    form = form_at(dana.get(at(visit, pages.get(step, "allergies"))), at(visit, step))
    before = clinic.resource(Ref("Encounter", ada.encounter))["meta"]["versionId"]
    typed = {"words": "x", "substance": "latex", "action": "provider_in_anyway"}
    answer = dana.post(at(ada, step), {**form, **typed})
    assert answer.status_code == 409
    assert clinic.resource(Ref("Encounter", ada.encounter))["meta"]["versionId"] == before
    assert clinic.rows("task", encounter=ada.encounter, status="completed") == []
    assert clinic.rows("allergy", patient=ada.patient) == []


def test_an_expired_form_is_shown_again_with_what_was_typed(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/save"))
    opened = PatientContext.from_signed(form["care_context"])
    form["care_context"] = PatientContext(
        practice=opened.practice, patient=opened.patient, user=opened.user, versions=opened.versions,
        expires_at=opened.expires_at - timedelta(days=2),
    ).signed()  # fmt: skip
    answer = send_vitals(dana, visit, form, weight="10.3", weight_unit="kg")
    assert answer.status_code == 422
    assert send_vitals(dana, visit, form_at(answer, at(visit, "vitals/save"))).status_code == 302
    assert [r.shown for r in readings(clinic_pages, visit)] == ["10.3 kg"]


def take(client: Any, visit: Visit, action: str, page: str = "identity") -> Any:
    form = form_at(client.get(at(visit, page)), at(visit, "take"))
    return client.post(at(visit, "take"), {**form, "action": action})


def test_where_a_temperature_was_taken_is_said_where_it_was_written(dana: Any, visit: Visit) -> None:
    answer = send_vitals(dana, visit, temperature="98.6", temperature_unit="f", temperature_how="ear", spo2="98")
    assert answer.status_code == 302
    page = text_of(dana.get(at(visit, "vitals")))
    assert "98.6 °F (37.0 °C) ear 10:4" in page
    assert "98 % 10:4" in page


def test_three_things_hold_ready_and_each_is_named_with_a_link(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    send_vitals(dana, visit, spo2="84")
    answer = take(dana, visit, "mark_ready")
    assert answer.status_code == 422
    page, html = text_of(answer), answer.content.decode()
    for words in ("Name and birth date not checked yet.", "Allergies not asked today.", "SpO₂: say whom you told"):
        assert words in page
    for link in (at(visit, "identity"), at(visit, "allergies"), at(visit, "vitals") + "#tell"):
        assert f'href="{link}"' in html
    identity = form_at(dana.get(at(visit, "identity")), at(visit, "name-and-birth-date"))
    assert dana.post(at(visit, "name-and-birth-date"), identity).status_code == 302
    asked = form_at(dana.get(at(visit, "allergies")), at(visit, "allergies/asked"))
    assert dana.post(at(visit, "allergies/asked"), {**asked, "asked": "1"}).status_code == 302
    tell = form_at(dana.get(at(visit, "vitals")), at(visit, "vitals/tell"))
    assert dana.post(at(visit, "vitals/tell"), {**tell, "whom": ""}).status_code == 422
    assert dana.post(at(visit, "vitals/tell"), {**tell, "whom": "Practitioner/lind"}).status_code == 302
    for task in (NAME_AND_BIRTH_DATE, ALLERGIES_ASKED, CRITICAL_VITAL_TOLD):
        assert status_of(clinic_pages, visit, task) == "completed"
    assert "Dana Cole told Lind Cole, 10:4" in text_of(dana.get(at(visit, "vitals")))
    assert take(dana, visit, "mark_ready").status_code == 302
    assert clinic_pages.clinic.rows("visit", id=visit.encounter)[0]["status"] == "ready"


def test_the_provider_goes_in_whatever_is_open(clinic_pages: Pages, visit: Visit) -> None:
    lind = clinic_pages.client("lind")
    assert take(lind, visit, "provider_in_anyway").status_code == 302
    assert clinic_pages.clinic.rows("visit", id=visit.encounter)[0]["status"] == "with-provider"


def test_a_step_from_an_old_page_is_not_taken(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "identity")), at(visit, "take"))
    take(clinic_pages.client("lind"), visit, "provider_in_anyway")
    answer = dana.post(at(visit, "take"), {**form, "action": "back_to_waiting"})
    assert answer.status_code == 409
    assert "moved this visit on" in text_of(answer)


def test_a_line_is_ticked_and_opened_again(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "medicines")), at(visit, "tick/medicines"))
    assert dana.post(at(visit, "tick/medicines"), form).status_code == 302
    assert "Done by Dana Cole" in text_of(dana.get(at(visit, "medicines")))
    dana.post(at(visit, "tick/medicines"), {**form, "undo": "1"})
    assert "Done by" not in text_of(dana.get(at(visit, "medicines")))


def test_the_reason_of_two_writers(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    lena = clinic_pages.client("lena")
    hers = form_at(lena.get(at(visit, "reason")), at(visit, "reason/save"))
    his = form_at(dana.get(at(visit, "reason")), at(visit, "reason/save"))
    assert dana.post(at(visit, "reason/save"), {**his, "words": "Pulls at his ear"}).status_code == 302
    answer = lena.post(at(visit, "reason/save"), {**hers, "words": "Fever since Sunday"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Pulls at his ear" in page
    again = form_at(answer, at(visit, "reason/save"))
    assert again["words"].strip() == "Fever since Sunday"
    assert lena.post(at(visit, "reason/save"), again).status_code == 302


def test_a_warning_sign_in_the_words_asks_to_tell_somebody(dana: Any, visit: Visit) -> None:
    prompt = dana.post(at(visit, "reason/check"), {"words": "He had a seizure this morning"})
    assert "Tell the provider or nurse now" in text_of(prompt)
    assert "Tell" not in text_of(dana.post(at(visit, "reason/check"), {"words": "Checkup"}))


def test_allergies_are_added_once_and_asked_by_name(clinic_pages: Pages, dana: Any, visit: Visit) -> None:
    form = form_at(dana.get(at(visit, "allergies")), at(visit, "allergies/add"))
    typed = {**form, "substance": "amoxicillin", "reaction": "hives"}
    assert dana.post(at(visit, "allergies/add"), typed).status_code == 302
    assert dana.post(at(visit, "allergies/add"), typed).status_code == 302
    fresh = form_at(dana.get(at(visit, "allergies")), at(visit, "allergies/add"))
    again = dana.post(at(visit, "allergies/add"), {**fresh, "substance": "Amoxicillin"})
    assert again.status_code == 422
    assert "listed already" in text_of(again)
    assert len(clinic_pages.clinic.rows("allergy", patient=visit.patient)) == 1
    asked = form_at(dana.get(at(visit, "allergies")), at(visit, "allergies/asked"))
    assert dana.post(at(visit, "allergies/asked"), {**asked, "couldnt": "1", "could_not": ""}).status_code == 422
    dana.post(at(visit, "allergies/asked"), {**asked, "couldnt": "1", "could_not": "no interpreter"})
    page = text_of(dana.get(at(visit, "allergies")))
    assert "Couldn't ask: no interpreter (Dana Cole" in page
    assert "Allergy: amoxicillin (hives)" in page
    assert status_of(clinic_pages, visit, ALLERGIES_ASKED) == ""


def test_a_call_ends_together_with_what_holds_the_room(
    clinic_pages: Pages, visit: Visit, dana: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A strip that is empty while the room still waits would send the assistant to a page that says the opposite."""
    clinic = clinic_pages.clinic
    send_vitals(dana, visit, spo2="84")
    call = critical_calls.ring(
        clinic.writer("dana"), encounter_id=visit.encounter, patient=f"Patient/{visit.patient}", site="main",
        whom="Practitioner/lind", at=clinic.now,
    )  # fmt: skip
    work.start(clinic.writer("lind"), task_id=call)

    def somebody_else_was_quicker(*_: object, **__: object) -> None:
        raise Conflict(of_visit(visit.encounter, CRITICAL_VITAL_TOLD), expected=1, current=None)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(vitals_actions, "plan_tell", somebody_else_was_quicker)
        assert dana.post(f"/critical/{call}/read-back").status_code == 409
    assert clinic.resource(Ref("Task", call))["status"] == "in-progress"
    assert status_of(clinic_pages, visit, CRITICAL_VITAL_TOLD) == "requested"

    assert dana.post(f"/critical/{call}/read-back").status_code == 302
    assert clinic.resource(Ref("Task", call))["status"] == "completed"
    assert status_of(clinic_pages, visit, CRITICAL_VITAL_TOLD) == "completed"
