"""The huddle over HTTP: what each role is shown, what a press does once, what is printed, what the night hands out."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from carewright.core.access.model import Role
from carewright.core.clock import Clock
from carewright.core.store import reindex
from carewright.core.store.model import Ref, Resource
from carewright.core.terminology.coding import CONDITION_CLINICAL, ICD10CM
from carewright.core.work.hours import Hours
from carewright.project.wiring import huddle_filler, operator_access
from carewright.project.worker import Worker
from carewright.skills.previsit import codes
from carewright.skills.previsit.skill import MANIFEST
from carewright.skills.scheduling.codes import FOLLOW_UP, NEW_PATIENT, WELL_CHILD
from carewright.skills.scheduling.fhir import to_fhir as booking_to_fhir
from carewright.skills.scheduling.model import Booking
from carewright.skills.standing_orders.fhir import to_fhir as order_to_fhir
from carewright.skills.standing_orders.model import StandingOrder
from carewright.workspaces.huddle import night
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, Pages, open_pages

TOMORROW = "2026-11-24"
ACTIVE = {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]}
NAMES = {"ng": ("Nguyễn", "Thị Hoa"), "lu": ("Łukasz", "Ada"), "li": ("李", "An")}


def booking(key: str, *, hour: int, type_: Any = FOLLOW_UP, provider: str = "lind", seat: int = 0) -> Resource:
    starts_at = datetime(2026, 11, 24, hour + 5, tzinfo=UTC)  # New York, winter
    return booking_to_fhir(
        Booking(
            id=f"b-{key}", patient=f"Patient/{key}", provider=f"Practitioner/{provider}", site=f"Location/{SITE}",
            schedule=f"Schedule/{provider}", starts_at=starts_at, minutes=20, type=type_, seat=seat, reason="Recheck",
        )
    )  # fmt: skip


def filled(clinic: Clinic) -> None:
    """A woman of 55 with diabetes and an order without a result; a boy; somebody whose name the font lacks."""
    about = {"reference": "Patient/ng"}
    born = {"ng": "1971-03-04", "lu": "2025-08-21", "li": "1990-01-02"}
    interpreter = {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}
    clinic.have(
        *(
            {"resourceType": "Patient", "id": key, "gender": "female", "birthDate": born[key],
             "name": [{"use": "official", "family": family, "given": [given]}],
             **({"extension": [interpreter]} if key == "ng" else {})}
            for key, (family, given) in NAMES.items()
        ),
        {"resourceType": "Condition", "id": "dm", "subject": about, "clinicalStatus": ACTIVE,
         "code": {"coding": [{"system": ICD10CM, "code": "E11.9"}]}},
        {"resourceType": "ServiceRequest", "id": "order", "status": "active", "intent": "order", "subject": about,
         "code": {"text": "Chest X-ray"}, "authoredOn": "2026-11-02"},
        {"resourceType": "ServiceRequest", "id": "referral", "status": "active", "intent": "order", "subject": about,
         "category": [codes.REFERRAL_CATEGORY.concept()], "code": {"text": "Eye clinic"}, "authoredOn": "2026-10-02"},
        {"resourceType": "Observation", "id": "bp", "status": "final", "subject": about,
         "code": codes.BP_PANEL.concept(), "effectiveDateTime": "2026-08-24T09:00:00-04:00",
         "component": [{"code": codes.SYSTOLIC.concept(), "valueQuantity": {"value": 148}},
                       {"code": codes.DIASTOLIC.concept(), "valueQuantity": {"value": 86}}]},
        {"resourceType": "DiagnosticReport", "id": "mg", "status": "final", "subject": about,
         "code": codes.MAMMOGRAM.concept(), "effectiveDateTime": "2026-01-05"},
        {"resourceType": "Coverage", "id": "cover", "status": "active", "beneficiary": about,
         "payor": [{"display": "State plan"}], "period": {"end": "2026-10-31"}},
        {"resourceType": "Consent", "id": "privacy", "status": "active", "patient": about, "dateTime": "2020-01-02",
         "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                               "code": "patient-privacy"}]},
         "category": [codes.PRIVACY_NOTICE.concept()], "policyRule": {"text": "Privacy notice"}},
        {"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", "subject": about,
         "description": "Walk daily, recheck in 3 months", "created": "2026-08-24"},
        booking("ng", hour=9), booking("lu", hour=10, type_=WELL_CHILD),
        booking("li", hour=9, type_=NEW_PATIENT, provider="nora"),
    )  # fmt: skip


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    filled(clinic)
    return opened


def page_of(pages: Pages, name: str, path: str = f"/huddle/?day={TOMORROW}") -> str:
    answer = pages.client(name).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def press(pages: Pages, act: str, need: str, *, by: str = "dana", line: str = "b-ng") -> Any:
    return pages.client(by).post(f"/huddle/line/{line}/step", {"act": act, "need": need}, headers={"HX-Request": "1"})


def prep_tasks(pages: Pages) -> list[dict[str, object]]:
    return [row for row in pages.clinic.rows("task") if str(row["id"]).startswith("prep-")]


def test_a_line_says_what_is_needed_and_why(pages: Pages) -> None:
    text = page_of(pages, "dana", "/huddle/line/b-ng")
    for words in (
        "No result yet: Chest X-ray", "No note back: Eye clinic", "A1c is due", "Colon screening is due",
        "Cervical screening is due", "Blood pressure again: 148/86 last time", "Consent to treatment",
        "Insurance has ended", "Walk daily, recheck in 3 months", "Nguyễn, Thị Hoa",
    ):  # fmt: skip
        assert words in text
    assert "Mammogram is due" not in text
    assert "Privacy notice" not in text


def test_the_front_desk_is_shown_what_is_the_desks_and_nothing_of_the_chart(pages: Pages) -> None:
    for path in (f"/huddle/?day={TOMORROW}", "/huddle/line/b-ng", f"/huddle/changes?day={TOMORROW}&since=0.0"):
        text = page_of(pages, "fay", path)
        assert "Insurance has ended" in text
        for hidden in ("A1c", "Chest X-ray", "Eye clinic", "148/86", "Walk daily", "screening", "Growth scale"):
            assert hidden not in text
    assert press(pages, "hand-out", "gap:a1c", by="fay").status_code == 204
    assert prep_tasks(pages) == []


@pytest.mark.parametrize("name", ["bill", "priya", "audra"])
def test_who_meets_no_patient_sees_no_huddle(pages: Pages, name: str) -> None:
    client = pages.client(name)
    for path in ("/huddle/", f"/huddle/print?day={TOMORROW}", "/huddle/line/b-ng"):
        assert client.get(path).status_code == 403


def test_a_need_that_is_pressed_twice_by_two_people_makes_one_task(pages: Pages) -> None:
    assert press(pages, "hand-out", "result:order").status_code == 204
    assert press(pages, "hand-out", "result:order", by="lena").status_code == 204
    (task,) = prep_tasks(pages)
    assert (task["code"], task["is_open"], task["pool_role"]) == ("prep-result", 1, "ma")
    assert task["focus"] == "Appointment/b-ng"
    assert press(pages, "see-to", "result:order", by="lena").status_code == 204
    (task,) = prep_tasks(pages)
    assert (task["is_open"], task["owner"]) == (0, "Practitioner/lena")
    assert "Seen to by" in page_of(pages, "dana", "/huddle/line/b-ng")
    assert press(pages, "not-seen-to", "result:order").status_code == 204
    (task,) = prep_tasks(pages)
    assert task["is_open"] == 1


def test_seen_to_without_having_been_handed_out_is_one_task_that_is_done(pages: Pages) -> None:
    for _ in range(2):
        assert press(pages, "see-to", "consent:treatment").status_code == 204
    (task,) = prep_tasks(pages)
    assert (task["is_open"], task["ended_as"], task["owner"]) == (0, "done", "Practitioner/dana")


def test_what_needs_an_order_is_not_handed_out_without_one(pages: Pages) -> None:
    assert press(pages, "hand-out", "gap:a1c").status_code == 404
    assert prep_tasks(pages) == []
    assert press(pages, "ask-for-order", "gap:a1c").status_code == 204
    assert [row["code"] for row in pages.clinic.rows("task") if row["pool_role"] == "provider"] == ["sign-order"]


def test_a_standing_order_is_named_with_its_signer_and_kept_with_the_task(pages: Pages) -> None:
    order = StandingOrder(
        id="so-a1c", name="A1c", allows=codes.OFFER_A1C, words="Fingerstick A1c", signer="Practitioner/lind",
        signer_name="Dr. Lind", first_day=date(2026, 1, 1), last_day=date(2026, 12, 31), roles=frozenset({Role.MA}),
        signed_on=date(2026, 1, 1),
    )  # fmt: skip
    pages.clinic.have(order_to_fhir(order))
    assert "Under Dr. Lind’s A1c order" in page_of(pages, "dana", "/huddle/line/b-ng")
    assert "Under Dr. Lind’s A1c order" not in page_of(pages, "nora", "/huddle/line/b-ng")
    assert press(pages, "hand-out", "gap:a1c").status_code == 204
    (task,) = prep_tasks(pages)
    stored = pages.clinic.resource(Ref("Task", str(task["id"])))
    assert stored["basedOn"] == [{"reference": "ActivityDefinition/so-a1c"}]
    assert (task["code"], task["patient"]) == ("offer-a1c", "ng")


def test_an_unknown_act_or_line_is_refused(pages: Pages) -> None:
    assert press(pages, "burn", "gap:a1c").status_code == 400
    assert press(pages, "see-to", "gap:nothing").status_code == 204
    assert press(pages, "see-to", "gap:a1c", line="b-nobody").status_code == 404
    assert prep_tasks(pages) == []


def test_tomorrow_goes_from_empty_to_ready_as_things_are_seen_to(pages: Pages) -> None:
    assert "<b data-ready>0</b> of <b data-total>3</b>" in page_of(pages, "dana")
    for need in ("form:development", "consent:treatment", "consent:privacy", "insurance:insurance"):
        press(pages, "see-to", need, line="b-lu")
    assert "<b data-ready>0</b>" in page_of(pages, "dana")
    press(pages, "see-to", "room:room", line="b-lu")
    assert "<b data-ready>1</b> of <b data-total>3</b>" in page_of(pages, "dana")


def test_a_result_that_comes_back_takes_its_chip_away(pages: Pages) -> None:
    report = {
        "resourceType": "DiagnosticReport", "id": "back", "status": "preliminary", "code": {"text": "Chest X-ray"},
        "subject": {"reference": "Patient/ng"}, "basedOn": [{"reference": "ServiceRequest/order"}],
    }  # fmt: skip
    pages.clinic.have(report)
    assert page_of(pages, "dana", "/huddle/line/b-ng").count('need-words">No result yet: Chest X-ray') == 1
    pages.clinic.have({**report, "id": "final", "status": "final"})
    assert "No result yet" not in page_of(pages, "dana", "/huddle/line/b-ng")


def printed(pages: Pages, name: str, query: str = "") -> list[str]:
    answer = pages.client(name).get(f"/huddle/print?day={TOMORROW}{query}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == f'attachment; filename="huddle-{TOMORROW}.pdf"'
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_the_packet_has_a_page_per_provider_and_blank_forms_and_says_shred(pages: Pages) -> None:
    lind, nora, rooming, calls = printed(pages, "dana")
    assert all("shred this page" in page and "of 4" in page for page in (lind, nora, rooming, calls))
    for words in ("9:00 AM", "Nguyễn, Thị Hoa", "03/04/1971", "A1c is due", "Łukasz, Ada", "11/24/2026 · Main St"):
        assert words in lind
    assert "Nguyễn" not in nora
    assert "¤" in nora
    assert "a letter that cannot be printed" in nora
    assert "Blood pressure 2, arm" in rooming
    assert "Call-back number" in calls


def test_the_packet_says_the_allergies_the_gravest_first_for_nobody_can_look_them_up(pages: Pages) -> None:
    status = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                          "code": "active"}]}  # fmt: skip
    pages.clinic.have(*(
        {"resourceType": "AllergyIntolerance", "clinicalStatus": status, "code": {"text": words}, **more,
         "patient": {"reference": "Patient/ng"}}
        for words, more in (("Dust", {}), ("Penicillin", {"criticality": "high"}), ("Penicillin", {}))
    ))  # fmt: skip
    lind = " ".join(printed(pages, "dana", "&provider=Practitioner/lind")[0].split())
    assert "Allergies: Penicillin, Dust" in lind
    assert "Where no allergies are named, the chart has none: ask." in lind, "an empty list is not none"


def test_the_packet_of_the_desk_says_nothing_of_the_chart(pages: Pages) -> None:
    lind = printed(pages, "fay", "&provider=Practitioner/lind")[0]
    assert "Insurance has ended" in lind
    assert "A1c" not in lind
    assert "Chest X-ray" not in lind


def test_a_full_day_of_one_provider_fit_on_one_page(pages: Pages) -> None:
    for number in range(22):
        key = f"x{number}"
        pages.clinic.have(
            {"resourceType": "Patient", "id": key, "gender": "male", "birthDate": "1950-01-02",
             "name": [{"family": f"Family{number}", "given": ["Jo"]}]},
            booking(key, hour=8 + number // 3, seat=number),
        )  # fmt: skip
    texts = printed(pages, "dana", "&provider=Practitioner/lind")
    assert len(texts) == 3  # the day, a rooming sheet, a call sheet
    assert "24 patients" in texts[0]
    assert "Family21" in texts[0]


def test_the_night_hands_out_once_what_takes_others_time(pages: Pages) -> None:
    clinic = pages.clinic
    access = operator_access(clinic.practice)
    evening = TEN_FORTY + timedelta(hours=9)  # 7:40 PM
    assert night.fill(clinic.store, access, now=TEN_FORTY) == 0
    made = night.fill(clinic.store, access, now=evening)
    handed = sorted(str(row["code"]) for row in prep_tasks(pages))
    assert made == len(handed)
    assert handed == ["prep-insurance"] * 3 + ["prep-interpreter", "prep-referral", "prep-result"]
    assert night.fill(clinic.store, access, now=evening) == 0
    task = next(row for row in prep_tasks(pages) if row["code"] == "prep-interpreter")
    assert task["pool_role"] == "front-desk"
    assert task["due_at"] == datetime(2026, 11, 24, 14, tzinfo=UTC)


def test_the_night_fills_the_next_day_on_which_the_site_is_open(pages: Pages) -> None:
    friday, hours = date(2026, 11, 20), Hours(zone=ZoneInfo("America/New_York"))
    assert night.next_working_day(hours, friday) == date(2026, 11, 23)
    assert night.next_working_day(Hours(zone=hours.zone, week={}), friday) is None


def test_the_rows_equal_a_rebuild(pages: Pages) -> None:
    for projection in MANIFEST.projections:
        assert pages.clinic.rows(projection.name)[0:1] or projection.name == "prep_form"
        assert list(reindex.differences(pages.clinic.store, pages.clinic.practice, projection.name)) == []


def test_only_the_changed_lines_are_sent(pages: Pages) -> None:
    client = pages.client("dana")
    text = client.get(f"/huddle/?day={TOMORROW}").content.decode()
    since = text.partition('data-since="')[2].partition('"')[0]
    assert client.get(f"/huddle/changes?day={TOMORROW}&since={since}").status_code == 204
    press(pages, "see-to", "room:room", line="b-lu")
    changed = client.get(f"/huddle/changes?day={TOMORROW}&since={since}").content.decode()
    assert 'id="h-b-lu"' in changed
    assert 'id="h-b-ng"' not in changed
    assert client.get("/huddle/changes?since=x").status_code == 400


def test_a_day_that_is_none_is_today(pages: Pages) -> None:
    assert "Nobody is booked on this day" in page_of(pages, "dana", "/huddle/?day=soon")


def test_the_worker_fills_the_huddle_by_the_clock_of_the_product(pages: Pages) -> None:
    store = pages.clinic.store
    store.clock = Clock(wall=lambda: TEN_FORTY + timedelta(hours=9))
    worker = Worker(store, fill_huddles=huddle_filler(store))
    worker.fill()
    assert len(prep_tasks(pages)) == 6
    worker.fill()
    assert len(prep_tasks(pages)) == 6
