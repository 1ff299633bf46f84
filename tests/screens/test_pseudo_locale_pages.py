"""The pages of a visit in a language that nobody speaks: no English is left on them but what is in the chart.

The chart of this test is written in Greek, so a Latin letter outside a translated string is a sentence of ours that was
never translated. Rules, refusals and names of our own codes are among them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carewright.core.store.model import Ref, Resource
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import BCP47, CONDITION_CLINICAL, Coding
from carewright.skills.allergies import actions as allergies
from carewright.skills.allergies.model import NOT_NAMED, Allergy, Reaction
from carewright.skills.checkout import actions as checkout
from carewright.skills.checkout.model import NextVisit
from carewright.skills.registration import actions as registration
from carewright.skills.registration.codes import FLAGS
from carewright.skills.registration.model import BannerFlag
from carewright.skills.rooms import actions as rooms
from carewright.skills.rooms.rules import WAITS
from carewright.skills.scheduling import actions as scheduling
from carewright.skills.scheduling import codes, people
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.model import VISIT_TYPES, Session, Template
from carewright.skills.visit import actions as visits
from carewright.workspaces.rooming.checklist import lines_for
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import Pages, configure_django
from tests.pseudo_locale import PseudoTranslation, left_in_english, pseudo
from tests.screens.bulk import have_jobs
from tests.screens.filled import form_at
from tests.screens.visits import Visit, step, weight

pytestmark = pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
"""What a page says does not depend on the engine, and the whole visit is gone through on both elsewhere."""

NEW_YORK = ZoneInfo("America/New_York")
SPANISH = "es"
KNOWN = frozenset({
    "Carewright", "Esc", "AM", "PM",
    "kg", "lb", "oz", "g", "cm", "ft", "in", "mmHg", "min", "m", "C", "F",
})  # fmt: skip
"""What stays: our name, a key, the time as the clinic writes it, units."""
STATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("waiting", ()),
    ("rooming", ("start_rooming",)),
    ("with-provider", ("start_rooming", "provider_in_anyway")),
    ("orders", ("start_rooming", "provider_in_anyway", "orders_to_do")),
    ("checking-out", ("start_rooming", "provider_in_anyway", "send_to_check_out")),
)
CRITICAL = {"spo2": "84", "heart-rate": "250", "temperature": "40.4", "temperature-unit": "c"}
ODD = (
    {"weight": "40", "weight-unit": "kg"}, {"weight": "900", "weight-unit": "kg"}, {"weight": "7ο"},
    {"weight": "8", "weight-unit": "lb_oz", "weight-minor": "17"}, {"weight": "8.5", "weight-unit": "lb_oz"},
    {"length": "20", "length-unit": "cm"}, {"head-circumference": "20", "head-circumference-unit": "cm"},
    {"temperature": "38.4", "temperature-unit": "c"}, {"temperature": "98.6", "temperature-unit": "c"},
    {"temperature": "35.2", "temperature-unit": "c"}, {"heart-rate": "30"}, {"heart-rate": "185"},
    {"respiratory-rate": "90"}, {"spo2": "93"}, {"spo2": "101"},
)  # fmt: skip
PRESSURES = (("76", "118"), ("190", "125"), ("80", "40"), ("150", "95"))


@dataclass(frozen=True)
class Day:
    """A clinic with a patient in each state, all of it written in Greek."""

    pages: Pages
    visits: dict[str, Visit]
    appointments: dict[str, Ref]

    def client(self, name: str) -> Any:
        client = self.pages.client(name)
        client.cookies["care_language"] = SPANISH
        return client


@pytest.fixture
def pseudo_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever chose Spanish sees the language that nobody speaks, of what there is in Spanish."""
    configure_django()
    from django.utils.translation import trans_real

    catalogue = vars(trans_real.translation(SPANISH))["_catalog"]

    def known(message: str) -> bool:
        return message in catalogue or (message, 0) in catalogue

    monkeypatch.setitem(vars(trans_real)["_translations"], SPANISH, PseudoTranslation(SPANISH, known=known))


@pytest.fixture
def day(clinic_pages: Pages) -> Day:
    clinic = clinic_pages.clinic
    _write_in_greek(clinic)
    visits_by_state = {state: _visit(clinic, n, state, actions) for n, (state, actions) in enumerate(STATES)}
    for kind in WAITS:
        visit = visits_by_state["orders"]
        rooms.start_wait(
            clinic.writer(), encounter_id=visit.encounter, patient=f"Patient/{visit.patient}", code=kind.coding.code,
            at=TEN_FORTY,
        )  # fmt: skip
    booked = {state: _booked(clinic, n) for n, state in enumerate(("booked", "late", "cancelled", "noshow"))}
    return Day(pages=clinic_pages, visits=visits_by_state, appointments=booked)


def _write_in_greek(clinic: Clinic) -> None:
    """The site, its rooms and its people, and a week in which the provider sees patients."""
    from carewright.shell import sites
    from carewright.shell.accounts.models import User

    places = (("main-st", "Κέντρο"), ("lakeview", "Λίμνη"), ("room-1", "Αίθουσα 1"), ("room-4", "Αίθουσα 4"))
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        found = [{**reader.resource(Ref("Location", key)), "name": name} for key, name in places]
    weekdays = tuple(Session(weekday=n, starts=time(8), ends=time(17), seats=4) for n in range(5))
    week = Template(
        schedule="Schedule/lind", provider="Practitioner/lind", site="Location/main-st", zone="America/New_York",
        sessions=weekdays,
    )  # fmt: skip
    practitioners: list[Resource] = [
        {"resourceType": "Practitioner", "id": name, "name": [{"family": "Κόλε", "given": ["Δανάη"]}]}
        for name in clinic.people
    ]
    clinic.have(*(_without_meta(place) for place in found), *practitioners, template_to_fhir(week))
    User.objects.update(display="Δανάη Κόλε")
    sites.forget()
    people.forget()


def _without_meta(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "meta"}


def _visit(clinic: Clinic, number: int, state: str, actions: tuple[str, ...]) -> Visit:
    """A child of 15 months with everything in the banner, so many minutes into the visit."""
    patient = f"{state}-{clinic.practice}"
    clinic.have(
        _patient(patient, family="Παπαδοπούλου" + "α" * number),
        weight(patient, "9.5", at="2026-08-24T10:00:00-04:00"),
        {"resourceType": "Condition", "id": f"c-{patient}", "subject": {"reference": f"Patient/{patient}"},
         "clinicalStatus": Coding(CONDITION_CLINICAL, "active").concept(), "code": {"text": "Άσθμα"}},
    )  # fmt: skip
    writer = clinic.writer("nora")
    for flag in FLAGS:
        registration.raise_flag(writer, flag=BannerFlag(patient=f"Patient/{patient}", code=flag))
    for substance, words in (("Πενικιλίνη", "εξάνθημα"), ("Φιστίκι", NOT_NAMED)):
        reaction = Reaction(words=words, severity="severe")
        told = Allergy(patient=f"Patient/{patient}", substance=substance, reactions=(reaction,))
        allergies.add(writer, allergy=told, at=TEN_FORTY)
    ref = visits.check_in(
        clinic.writer(), patient=f"Patient/{patient}", visit_type=VISIT_TYPES[number].coding,
        at=TEN_FORTY - timedelta(minutes=60), site="Organization/main-st", provider="Practitioner/lind",
        reason="" if number % 2 else "Πονάει το αυτί",
    )  # fmt: skip
    visit = Visit(patient=patient, encounter=ref.id)
    for count, action in enumerate(actions):
        step(clinic, visit, action, minutes_ago=50 - count, room="room-4" if action == "start_rooming" else None)
    return visit


def _patient(patient_id: str, *, family: str) -> Resource:
    return {
        "resourceType": "Patient", "id": patient_id, "gender": "female", "birthDate": "2025-08-21",
        "name": [{"use": "official", "family": family, "given": ["Ελένη"]}],
        "communication": [{"language": Coding(BCP47, "es", "Spanish").concept("Spanish"), "preferred": True}],
    }  # fmt: skip


def _booked(clinic: Clinic, number: int) -> Ref:
    patient = f"b{number}-{clinic.practice}"
    clinic.have(_patient(patient, family="Νικολάου" + "υ" * number))
    kind = VISIT_TYPES[-1 - number].coding
    return scheduling.book(
        clinic.writer("fay"), schedule="Schedule/lind", patient=f"Patient/{patient}", visit_type=kind,
        starts_at=datetime(2026, 11, 23, 10, 20, tzinfo=NEW_YORK), at=TEN_FORTY - timedelta(hours=3),
    )  # fmt: skip


def english(answer: Any, *, status: int = 200) -> set[str]:
    """The English words that are left on a page."""
    assert answer.status_code == status, answer.content.decode()[:500]
    return left_in_english(answer.content.decode(), known=KNOWN)


def english_on(client: Any, *pages: str) -> dict[str, set[str]]:
    """The pages on which English is left, and what."""
    return {page: words for page in pages if (words := english(client.get(page)))}


@pytest.mark.usefixtures("pseudo_locale")
def test_the_board_and_its_dialogs(day: Day) -> None:
    dialogs = (f"/board/visit/{v.encounter}{part}" for v in day.visits.values() for part in ("", "/changes", "/room"))
    pages = ("/board/", "/board/rail", "/board/room/room-1", "/board/room/room-4", *dialogs)
    assert english_on(day.client("dana"), *pages) == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_a_step_that_the_table_does_not_have(day: Day) -> None:
    dana, visit = day.client("dana"), day.visits["waiting"]
    page = f"/board/visit/{visit.encounter}/step"
    assert english(dana.post(page, {"action": "finish", "version": "1"}), status=409) == set()
    roomed = {"action": "start_rooming", "version": "1", "room": "room-1"}
    assert english(day.client("fay").post(page, roomed), status=409) == set()


@pytest.mark.usefixtures("pseudo_locale")
def test_exports_and_imports(day: Day) -> None:
    clinic = day.pages.clinic
    have_jobs(clinic, whose="Πρόγραμμα")
    assert english_on(day.client("mona"), "/exports/", "/exports/list") == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_the_rooming_page_and_what_holds_ready(day: Day) -> None:
    dana, visit = day.client("dana"), day.visits["rooming"]
    base = f"/rooming/{visit.encounter}"
    assert english_on(dana, base + "/", *(f"{base}/{line.key}" for line in lines_for(codes.PHYSICAL.code))) == {}
    save_vitals(dana, visit, **CRITICAL)
    assert english_on(dana, f"{base}/vitals", f"/visit/{visit.encounter}/recorded") == {}
    step_form = form_at(dana.get(f"{base}/vitals"), f"{base}/take")
    assert english(dana.post(f"{base}/take", {**step_form, "action": "mark_ready"}), status=422) == set()
    telling = form_at(dana.get(f"{base}/vitals"), f"{base}/vitals/tell")
    answer = dana.post(f"{base}/vitals/tell", {**telling, "whom": "Practitioner/lind", "when": "10:39"})
    assert answer.status_code == 302
    assert english_on(dana, f"{base}/vitals", f"/visit/{visit.encounter}", f"/chart/{visit.patient}/vitals") == {}


def save_vitals(client: Any, visit: Visit, **typed: str) -> None:
    page = f"/rooming/{visit.encounter}/vitals"
    form = form_at(client.get(page), f"{page}/save")
    assert client.post(f"{page}/save", {**form, **typed}).status_code == 302


@pytest.mark.usefixtures("pseudo_locale")
@pytest.mark.parametrize("born", ["2026-11-01", "2025-08-21", "2014-02-03", "1950-01-02"])
def test_what_the_rules_say_of_a_number(day: Day, born: str) -> None:
    dana, clinic = day.client("dana"), day.pages.clinic
    patient = f"odd-{clinic.practice}"
    clinic.have({**_patient(patient, family="Δήμου"), "birthDate": born})
    if born < "2026":
        clinic.have(weight(patient, "18.0", at="2026-08-24T10:00:00-04:00"))
    visit = _rooming(clinic, patient)
    page = f"/rooming/{visit.encounter}/vitals"
    form = form_at(dana.get(page), f"{page}/save")
    left = {}
    for typed in (CRITICAL, *ODD, *({"blood-pressure": a, "blood-pressure-lower": b} for a, b in PRESSURES)):
        for kind in {name for name in typed if not name.endswith(("-unit", "-minor", "-lower"))}:
            answer = dana.post(f"{page}/check/{kind}", {**form, **typed})
            if words := english(answer):
                left[kind, typed[kind]] = words
    assert left == {}
    assert english(dana.post(f"{page}/save", {**form, "weight": "900", "weight-unit": "kg"}), status=422) == set()


def _rooming(clinic: Clinic, patient: str) -> Visit:
    ref = visits.check_in(
        clinic.writer(), patient=f"Patient/{patient}", visit_type=codes.SICK, at=TEN_FORTY - timedelta(minutes=9),
        site="Organization/main-st", provider="Practitioner/lind",
    )  # fmt: skip
    visit = Visit(patient=patient, encounter=ref.id)
    step(clinic, visit, "start_rooming", minutes_ago=5, room="room-1")
    return visit


@pytest.mark.usefixtures("pseudo_locale")
def test_an_allergy_that_is_listed_already(day: Day) -> None:
    dana, visit = day.client("dana"), day.visits["rooming"]
    page = f"/rooming/{visit.encounter}/allergies"
    form = form_at(dana.get(page), f"{page}/add")
    answer = dana.post(f"{page}/add", {**form, "substance": "Πενικιλίνη"})
    assert english(answer, status=422) == set()


@pytest.mark.usefixtures("pseudo_locale")
def test_words_that_ask_to_tell_somebody(day: Day) -> None:
    dana, visit = day.client("dana"), day.visits["rooming"]
    page = f"/rooming/{visit.encounter}/reason"
    answer = dana.post(f"{page}/check", {"words": "chest pain"})
    assert english(answer) == {"chest", "pain"}, "the patient's own words, and nothing else"


@pytest.mark.usefixtures("pseudo_locale")
def test_the_visit_page_and_the_chart(day: Day) -> None:
    lind = day.client("lind")
    for visit in day.visits.values():
        chart = f"/chart/{visit.patient}"
        parts = (f"{chart}/{part}" for part in ("problems", "medicines", "vaccines", "vitals", "visits"))
        assert english_on(lind, f"/visit/{visit.encounter}", chart, *parts) == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_the_team_and_two_charts_of_one_person(day: Day) -> None:
    lena, (one, other) = day.client("lena"), [visit.patient for visit in list(day.visits.values())[:2]]
    pages = ("/team/", "/team/person/dana", "/team/cover/dana", "/team/short", "/team/add")
    assert english_on(lena, *pages, "/merge/", f"/merge/{one}/{other}") == {}


@pytest.mark.usefixtures("pseudo_locale")
@pytest.mark.parametrize(("amount", "span"), [(1, "days"), (2, "weeks"), (3, "months"), (1, "years")])
def test_check_out_and_the_summary(day: Day, amount: int, span: Any) -> None:
    lind, visit = day.client("lind"), day.visits["checking-out"]
    wanted = NextVisit(
        patient=f"Patient/{visit.patient}", provider="Practitioner/lind", on=date(2026, 11, 23), amount=amount,
        span=span, type=codes.FOLLOW_UP,
    )  # fmt: skip
    checkout.ask_for_next_visit(day.pages.clinic.writer("lind"), request=wanted)
    page = f"/checkout/{visit.encounter}"
    assert english_on(lind, page, f"{page}/summary") == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_what_is_printed_for_a_patient_is_in_the_language_of_the_patient(day: Day) -> None:
    """In Spanish for a family that speaks it, whoever prints it; in English for everybody else."""
    visit = day.visits["checking-out"]
    page = f"/checkout/{visit.encounter}/summary"
    printed = day.pages.client("lind").get(page).content.decode()
    assert '<div lang="es">' in printed
    assert f"<h3>{pseudo('Your visit')}</h3>" in printed
    assert "<h1>Visit summary</h1>" in printed
    clinic = day.pages.clinic
    before = clinic.resource(Ref("Patient", visit.patient))
    clinic.have({k: v for k, v in before.items() if k not in ("meta", "communication")})
    sheet = day.client("lind").get(page).content.decode()
    assert '<div lang="en">' in sheet
    assert "<h3>Your visit</h3>" in sheet
    assert f"<h1>{pseudo('Visit summary')}</h1>" in sheet


@pytest.mark.usefixtures("pseudo_locale")
def test_the_desk_and_its_dialogs(day: Day) -> None:
    fay, clinic = day.client("fay"), day.pages.clinic
    writer = clinic.writer("fay")
    scheduling.cancel(writer, appointment_id=day.appointments["cancelled"].id, version=1, by=codes.BY_PATIENT)
    scheduling.mark_no_show(writer, appointment_id=day.appointments["noshow"].id, version=1, at=TEN_FORTY)
    dialogs = (f"/desk/appointment/{ref.id}" for ref in day.appointments.values())
    booking = (f"/desk/book/{day.visits['waiting'].patient}", "/desk/find", "/desk/patient", "/desk/times")
    assert english_on(fay, "/desk/", "/desk/day", *dialogs, *booking) == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_what_the_desk_is_refused(day: Day) -> None:
    fay, clinic = day.client("fay"), day.pages.clinic
    arrived, late = (f"/desk/appointment/{day.appointments[key].id}" for key in ("booked", "late"))
    fay.post("/desk/check-in", {"appointment": day.appointments["booked"].id})
    version = clinic.rows("appointment", name="fay", id=day.appointments["booked"].id)[0]["version"]
    seven = {"starts_at": "2026-11-23T07:00:00-05:00"}
    answers: tuple[Callable[[], Any], ...] = (
        lambda: fay.post(f"{arrived}/cancel", {"version": version, "by": "pat"}),
        lambda: fay.post(f"{arrived}/step", {"version": version, "step": "no-show"}),
        lambda: fay.post(f"{arrived}/step", {"version": version, "step": "undo-book"}),
        lambda: fay.post(f"{arrived}/step", {"version": version, "step": "undo-cancel"}),
        lambda: fay.post(f"{arrived}/move", {"version": version, "starts_at": "2026-11-23T14:00:00-05:00"}),
        lambda: fay.post(f"{late}/move", {"version": 1, **seven}),
    )
    for answer in answers:
        assert english(answer(), status=409) == set()


@pytest.mark.usefixtures("pseudo_locale")
def test_somebody_like_this_is_registered_already(day: Day) -> None:
    fay = day.client("fay")
    typed = {"family": "Παπαδοπούλου", "given": "Ελένη", "birth_date": "2025-08-21", "gender": "female"}
    typed = form_at(fay.get("/desk/patient"), "/desk/patient") | typed
    assert english(fay.post("/desk/patient", typed), status=409) == set()


@pytest.mark.usefixtures("pseudo_locale")
def test_english_in_a_translated_sentence_is_found(day: Day) -> None:
    assert left_in_english("<p>⟦Wéíght~~⟧ ⟦hígh fór 3 days~~⟧ §1 mmHg</p>", known=KNOWN) == {"days"}
    assert left_in_english("<p>Forgotten ⟦Wéíght~~⟧</p>") == {"Forgotten"}


@pytest.mark.usefixtures("pseudo_locale", "clinic_pages")
def test_a_name_that_no_catalogue_holds_is_found() -> None:
    from django.template import engines
    from django.utils import translation

    template = engines["django"].from_string("<p>{{ known|term }}</p><p>{{ forgotten|term }}</p>")
    with translation.override(SPANISH):
        html = str(template.render({"known": codes.WELL_CHILD.display, "forgotten": "Forgotten kind"}))
    assert left_in_english(html, known=KNOWN) == {"Forgotten", "kind"}


@pytest.mark.usefixtures("pseudo_locale")
def test_a_call_for_help_and_its_record(day: Day) -> None:
    from carewright.skills.emergency import actions as emergency
    from carewright.skills.emergency.codes import JOBS

    dana, clinic = day.client("dana"), day.pages.clinic
    access = clinic.access("dana")
    writer = Writer(clinic.store, replace(access, actor=replace(access.actor, display="Δανάη Κόλε")))
    for job in JOBS:
        ref = emergency.call_for_help(
            writer, site="main-st", room="room-4", room_name="Αίθουσα 4", job=job.code, at=TEN_FORTY
        )
        emergency.answer(writer, call_id=ref.id, at=TEN_FORTY)
        emergency.note(writer, call_id=ref.id, words="Οξυγόνο", at=TEN_FORTY)
        assert english_on(dana, f"/emergency/{ref.id}", "/emergency/open") == {}
        emergency.end(writer, call_id=ref.id, at=TEN_FORTY)
        assert english_on(dana, f"/emergency/{ref.id}") == {}


@pytest.mark.usefixtures("pseudo_locale")
def test_the_pages_of_the_shell(day: Day) -> None:
    dana = day.client("dana")
    assert english(dana.get("/", follow=True)) == set()
    assert english(dana.post("/search", {"q": "Παπαδοπούλου"})) == set()
    pages = ("/search", "/account/pin", "/account/password", "/account/site", "/account/two-steps")
    assert english_on(dana, *pages) == {}
    assert english(dana.get("/chart/nobody"), status=404) == set()
    assert english(day.client("bill").get("/rooming/nobody/"), status=403) == set()
