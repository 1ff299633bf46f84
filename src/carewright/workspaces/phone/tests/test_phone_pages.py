"""The phone through its pages, on both engines: what is asked, what is refused, who is named."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.settings import values
from carewright.core.store.model import Ref
from carewright.skills.calls import actions
from carewright.skills.calls.skill import FALLBACK
from carewright.skills.staffing import actions as staffing
from carewright.skills.staffing.model import Absence, Why
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, Pages, open_pages

HTMX = {"HX-Request": "true"}
KEY = re.compile(r'name="care_key" value="([0-9a-f-]+)"')
CONTEXT = re.compile(r'name="care_context" value="([^"]+)"')
WEIGHS = re.compile(
    r"\b(severe|severity|mild|moderate|how bad|how long|since when|scale|aspirin|lie down|drink|ice pack|urgent care|"
    r"emergency room|probably|wait until|do not worry|take a|rest)\b",
    re.IGNORECASE,
)


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    opened = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "jonas", "gender": "male", "birthDate": "2011-08-21",
         "name": [{"family": "Okafor", "given": ["Jonas"]}]},
        {"resourceType": "RelatedPerson", "id": "ada", "patient": {"reference": "Patient/jonas"},
         "relationship": [{"text": "mother"}], "name": [{"family": "Okafor", "given": ["Ada"]}]},
    )  # fmt: skip
    return opened


class Phone:
    """One person with one call on the line."""

    def __init__(self, pages: Pages, name: str = "dana") -> None:
        self.client = pages.client(name)
        self.page = self.client.get("/phone/").content.decode()
        self.hidden = {"care_key": KEY.findall(self.page)[0], "care_context": CONTEXT.findall(self.page)[0]}

    @property
    def call_id(self) -> str:
        return str(self.hidden["care_key"])

    def post(self, step: str, **typed: str) -> Any:
        return self.client.post(f"/phone/{step}", {**self.hidden, **typed}, headers=HTMX)

    def finish(self, **typed: str) -> Any:
        return self.client.post("/phone/finish", {**self.hidden, **typed})

    def identify(self, name: str = "Jonas Okafor", born: str = "08/21/2011", patient: str = "jonas") -> Any:
        return self.post("identify", said_name=name, said_born=born, patient=patient)

    def of_call(self, where: str, **typed: str) -> Any:
        page = self.client.get(f"/phone/call/{self.call_id}").content.decode()
        hidden = {"care_key": KEY.findall(page)[0], "care_context": CONTEXT.findall(page)[0]}
        return self.client.post(f"/phone/call/{self.call_id}/{where}", {**hidden, **typed})


def row(clinic: Clinic, phone: Phone) -> dict[str, object]:
    (found,) = clinic.rows("phone_call", id=phone.call_id)
    return found


def owed(clinic: Clinic, phone: Phone) -> list[dict[str, object]]:
    return clinic.rows("task", focus=f"Communication/{phone.call_id}", is_open=1)


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))


def test_the_emergency_comes_first_then_number_and_place_then_who_and_why(pages: Pages) -> None:
    page = Phone(pages).page
    places = [page.index(f'name="{name}"') for name in ("emergency", "number", "place", "said_name", "reason", "words")]
    assert places == sorted(places)


def test_no_choice_and_no_word_of_any_state_of_the_page_weighs_or_advises(pages: Pages) -> None:
    """Every string and every choice that the phone can show, read for advice and for questions of how bad it is."""
    seen = []
    for flag in ("", "chest", "harm"):
        phone = Phone(pages)
        seen += [phone.page, phone.post("emergency", emergency="yes", red_flag=flag).content.decode()]
    quiet = Phone(pages)
    seen += [
        quiet.post("emergency", emergency="no").content.decode(),
        quiet.post("find", said_name="Jo", said_born="").content.decode(),
        quiet.identify().content.decode(),
        quiet.post("caller", caller="patient").content.decode(),
    ]
    quiet.finish(number="1", reason="symptom", words="")
    seen += [quiet.client.get(f"/phone/call/{quiet.call_id}").content.decode(),
             quiet.client.get("/phone/calls").content.decode()]  # fmt: skip
    said = words_of(" ".join(seen))
    assert "Call 911 now. I stay on the line with you." in said
    assert "Call 911 or 988 now." in said
    assert WEIGHS.findall(said) == []
    expected = ["symptom", "refill", "result", "appointment", "records", "billing", "wrong-number", "other"]
    assert list(dict.fromkeys(re.findall(r'name="reason" value="([^"]*)"', quiet.page))) == expected


def test_what_is_typed_is_kept_and_the_answer_says_when(pages: Pages) -> None:
    phone = Phone(pages)
    assert "saved_at" in phone.post("keep", number="5").json()
    phone.post("keep", number="555-0142", place="12 Elm St", words="It hurts")
    assert row(pages.clinic, phone)["place"] == "12 Elm St"
    empty = Phone(pages)
    assert empty.post("keep").status_code == 200
    assert pages.clinic.rows("phone_call", id=empty.call_id) == []


def test_a_form_that_is_not_this_persons_keeps_nothing(pages: Pages) -> None:
    phone, other = Phone(pages), Phone(pages, "fay")
    phone.post("keep", number="555-0142")
    stolen = {**other.hidden, "care_key": phone.call_id}
    assert other.client.post("/phone/keep", {**stolen, "number": "1"}).status_code == 409
    assert other.client.post("/phone/keep", {**phone.hidden, "number": "1"}).status_code == 409
    assert other.client.post("/phone/keep", {**other.hidden, "care_key": "x", "number": "1"}).status_code == 409
    assert row(pages.clinic, phone)["number"] == "555-0142"


@pytest.mark.parametrize(
    ("name", "born", "shown"),
    [
        ("Jonas Okafor", "08/21/2011", True), ("Jonas Okafor", "08/22/2011", False), ("Okafor", "08/21/2011", False),
        ("Jonas", "08/21/2011", False), ("Jonas Okafor", "", False),
    ],
)  # fmt: skip
def test_nobody_is_shown_before_name_and_birth_date_match(pages: Pages, name: str, born: str, shown: bool) -> None:
    phone = Phone(pages)
    assert ("Okafor, Jonas" in phone.post("find", said_name=name, said_born=born).content.decode()) is shown
    answer = phone.identify(name=name, born=born)
    assert answer.status_code == (200 if shown else 404)
    found = pages.clinic.rows("phone_call", id=phone.call_id)
    assert [one["patient"] for one in found] == (["jonas"] if shown else [])


def test_the_identity_check_is_in_the_trail_before_the_chart_is_shown(pages: Pages) -> None:
    phone = Phone(pages)
    phone.post("keep", number="1")
    assert "Okafor" not in phone.client.get(f"/phone/call/{phone.call_id}").content.decode()
    phone.identify()
    page = phone.client.get(f"/phone/call/{phone.call_id}").content.decode()
    assert "Okafor, Jonas" in page
    assert "Name and birth date said, both match" in page


def test_a_caller_who_is_not_on_the_list_is_told_nothing(pages: Pages) -> None:
    phone = Phone(pages)
    assert "do not say whether they are a patient here" in phone.identify().content.decode()
    for caller in ("somebody-else", "listed:RelatedPerson/ada"):
        assert "do not say whether" in phone.post("caller", caller=caller).content.decode()
    assert phone.post("caller", caller="listed:Patient/jonas").status_code == 404
    assert phone.post("caller", caller="anybody").status_code == 422


def test_a_call_back_needs_a_number_and_what_was_typed_stays(pages: Pages) -> None:
    phone = Phone(pages)
    answer = phone.finish(reason="refill", words="The blue pills")
    assert answer.status_code == 422
    assert "Ask for the number to call back." in answer.content.decode()
    assert "The blue pills" in answer.content.decode()
    assert phone.finish(number="555-0142", reason="refill", words="The blue pills").status_code == 302
    (task,) = owed(pages.clinic, phone)
    assert (task["code"], task["pool_role"]) == ("phone-call-back", "ma")
    assert phone.finish(number="555-0142", reason="billing").status_code == 422


def away(clinic: Clinic, name: str, role: Role) -> None:
    clinic.have({
        "resourceType": "PractitionerRole", "id": f"role-{name}", "active": False,
        "practitioner": {"reference": f"Practitioner/{name}"}, "location": [{"reference": f"Location/{SITE}"}],
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": role.value}]}],
    })  # fmt: skip


def test_a_symptom_goes_to_the_nurse_and_without_one_to_somebody_by_name(pages: Pages) -> None:
    clinic = pages.clinic
    phone = Phone(pages)
    assert "Nurse on duty: Nora Cole" in phone.page
    phone.finish(number="1", reason="symptom")
    (task,) = owed(clinic, phone)
    assert (task["pool_role"], task["owner"]) == ("nurse", "")
    away(clinic, "nora", Role.NURSE)
    covered = Phone(pages)
    assert "No nurse on duty. Goes to Lind Cole by name." in covered.page
    covered.finish(number="1", reason="symptom")
    (task,) = owed(clinic, covered)
    assert task["owner"] == "Practitioner/lind"
    values.change(clinic.store, FALLBACK, clinic.access("mona"), scope="practice", value="Practitioner/nora")
    named = Phone(pages)
    assert "Goes to Nora Cole by name." in named.page
    named.finish(number="1", reason="result")
    (task,) = owed(clinic, named)
    assert task["owner"] == "Practitioner/nora"


def test_without_a_nurse_an_emergency_is_somebodys_by_name_at_once(pages: Pages) -> None:
    clinic = pages.clinic
    away(clinic, "nora", Role.NURSE)
    phone = Phone(pages)
    phone.post("emergency", emergency="yes", number="555-0142")
    (task,) = owed(clinic, phone)
    assert (task["code"], task["owner"], task["priority"]) == ("phone-nurse-now", "Practitioner/lind", "stat")
    assert "phone-nurse-now" in {task["code"] for task in clinic.rows("task", owner="Practitioner/lind", is_open=1)}


def test_somebody_who_is_away_is_not_named_as_the_fallback(pages: Pages) -> None:
    clinic = pages.clinic
    values.change(clinic.store, FALLBACK, clinic.access("mona"), scope="practice", value="Practitioner/nora")
    absence = Absence(practitioner="Practitioner/nora", first=TEN_FORTY.date(), last=TEN_FORTY.date(), why=Why.SICK)
    staffing.mark_absent(clinic.writer("lena"), site=SITE, absence=absence)
    assert "No nurse on duty. Goes to Lind Cole by name." in Phone(pages).page


def test_who_may_take_the_emergency_caller(pages: Pages) -> None:
    phone = Phone(pages)
    phone.post("emergency", emergency="yes", number="555-0142", place="12 Elm St")
    (task,) = owed(pages.clinic, phone)
    assert (task["code"], task["priority"], task["kind"]) == ("phone-nurse-now", "stat", "critical")
    assert task["due_at"] is not None
    assert task["due_at"] - task["authored_at"] == timedelta(seconds=60)  # type: ignore[operator] # instants
    url = f"/phone/call/{phone.call_id}/take-over"
    assert phone.client.post(url).status_code == 409
    assert "I have the caller" not in phone.client.get("/phone/calls").content.decode()
    nurse = pages.client("nora")
    assert "I have the caller" in nurse.get("/phone/calls").content.decode()
    assert nurse.post(url).status_code == 302
    assert "Nora Cole has the caller" in phone.client.get(f"/phone/call/{phone.call_id}/nurse").content.decode()


def test_an_attempt_pressed_twice_is_one_attempt_and_detailed_voicemail_needs_the_patients_yes(pages: Pages) -> None:
    phone = Phone(pages)
    phone.identify()
    phone.finish(number="555-0142", reason="refill")
    assert phone.of_call("attempt", outcome="detailed-voicemail").status_code == 422
    page = phone.client.get(f"/phone/call/{phone.call_id}").content.decode()
    sent = {"care_key": KEY.findall(page)[0], "care_context": CONTEXT.findall(page)[0], "outcome": "no-answer"}
    for _ in range(2):
        assert phone.client.post(f"/phone/call/{phone.call_id}/attempt", sent).status_code == 302
    assert row(pages.clinic, phone)["attempts"] == 1
    assert phone.of_call("step", step="not-needed").status_code == 409
    assert phone.of_call("step", step="not-needed", words="Came by").status_code == 302
    assert owed(pages.clinic, phone) == []


def whom(client: Any, **typed: object) -> Any:
    page = client.get("/phone/whom/jonas").content.decode()
    hidden = {"care_key": KEY.findall(page)[0], "care_context": CONTEXT.findall(page)[0]}
    return client.post("/phone/whom/jonas/save", {**hidden, "voicemail": "detailed", "said_by": "Jonas", **typed})


def test_whom_may_i_tell_is_written_down_with_its_history(pages: Pages) -> None:
    dana = pages.client("dana")
    before = dana.get("/phone/whom/jonas").content.decode()
    stale = {"care_key": str(uuid.uuid4()), "care_context": CONTEXT.findall(before)[0]}
    assert whom(dana, **{"may-ada": ["appointments", "care"]}).status_code == 302
    assert whom(dana, new_phone="555-0100").status_code == 422
    answer = whom(dana, new_name="Pat Okafor", new_relationship="father", new_may=["billing"])
    assert answer.status_code == 302
    page = words_of(dana.get("/phone/whom/jonas").content.decode())
    assert "Ada Okafor: Appointments, Results and care" in page
    assert "Pat Okafor: Bills" in page
    late = dana.post("/phone/whom/jonas/save", {**stale, "voicemail": "call-back-only", "said_by": "Jonas"})
    assert late.status_code == 409
    assert "Someone else changed this" in late.content.decode()
    consent = pages.clinic.resource(Ref("Consent", "whom-jonas"))
    assert consent["provision"]["type"] == "deny"
    phone = Phone(pages)
    phone.identify()
    told = phone.post("caller", caller="listed:RelatedPerson/ada").content.decode()
    assert "do not say whether" in told, "what the last answer leaves out is taken back"


def test_a_page_of_a_call_that_has_ended_says_so_and_changes_nothing(pages: Pages) -> None:
    phone = Phone(pages)
    phone.finish(end="wrong-number")
    before = row(pages.clinic, phone)
    for step, typed in (("emergency", {"emergency": "yes"}), ("keep", {"number": "1"})):
        assert phone.post(step, **typed).status_code == 409
    assert phone.identify().status_code == 409
    assert row(pages.clinic, phone) == before
    assert phone.client.get(f"/phone/call/{phone.call_id}/go-on").status_code == 302


def test_the_nurses_list_leads_to_the_call(pages: Pages) -> None:
    phone = Phone(pages)
    phone.post("emergency", emergency="yes")
    nurse = pages.client("nora")
    assert "Emergency on the phone: take the caller now" in nurse.get("/worklist/stat").content.decode()
    (task,) = owed(pages.clinic, phone)
    assert f"/phone/call/{phone.call_id}" in nurse.get(f"/worklist/task/{task['id']}").content.decode()


def test_a_call_that_a_colleague_left_can_be_gone_on_with(pages: Pages) -> None:
    call_id = str(uuid.uuid4())
    actions.keep(pages.clinic.writer("fay"), call_id=call_id, site=SITE, number="555-0142", at=pages.clinic.later())
    dana = pages.client("dana")
    page = dana.get(f"/phone/call/{call_id}").content.decode()
    assert "Go on with it for them" in page
    done = dana.post(f"/phone/call/{call_id}/pick-up")
    assert done["Location"] == f"/phone/call/{call_id}/go-on"
    assert "555-0142" in dana.get(done["Location"]).content.decode()
    assert "pick-up" not in dana.get(f"/phone/call/{call_id}").content.decode()
