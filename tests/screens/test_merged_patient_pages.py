"""A patient who was registered twice, after the merge: every workspace shows what was written in either chart, under
the chart that stays, and a page of the closed one that was open meanwhile loses nothing. On both engines."""

import re
from datetime import timedelta

import pytest

from carewright.core.access.model import Role
from carewright.core.store.model import Ref, Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import TASK_CODE, Pool, WorkTask
from carewright.skills.calls.fhir import to_fhir as phone_to_fhir
from carewright.skills.calls.model import PhoneCall, State
from carewright.skills.contacts import actions as contact_actions
from carewright.skills.contacts import queries as contacts
from carewright.skills.contacts.model import Contacts, Voicemail
from carewright.skills.incoming import actions as incoming
from carewright.skills.incoming.model import NotPossible
from carewright.skills.messages import actions as messages
from carewright.skills.messages.threads import Thread, Words
from carewright.skills.referrals.fhir import from_fhir as referral_from_fhir
from carewright.skills.registration import actions, queries
from carewright.skills.registration.codes import MASK_NOW
from carewright.skills.registration.fhir import family_to_fhir, flag_to_fhir
from carewright.skills.registration.model import BannerFlag
from carewright.skills.scheduling import queries as scheduling
from tests.access_matrix.two_clinics import fill, marker
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import SITE, Pages, open_pages
from tests.screens.filled import form_at, text_of

CLOSED = marker("a", "patient", "near")


@pytest.fixture
def pages(clinic: Clinic) -> Pages:
    """`near` has a whole day and a whole chart; `stays` was registered beside it and has nothing."""
    fill(clinic, "a")
    opened = open_pages(clinic)
    clinic.have(
        {"resourceType": "Patient", "id": "stays", "gender": "male", "birthDate": "1971-08-21",
         "name": [{"family": "Survivor", "given": ["Adaeze"]}]},
        {"resourceType": "Patient", "id": "brother", "gender": "male", "birthDate": "2011-08-21",
         "name": [{"family": "Survivor", "given": ["Brother"]}]},
        family_to_fhir(["Patient/near", "Patient/brother"], name="Survivors", group_id="brothers"),
        flag_to_fhir(BannerFlag(code=MASK_NOW, patient="Patient/near")) | {"id": "mask-near"},
    )  # fmt: skip
    return opened


def merge(clinic: Clinic) -> None:
    read = {
        f"Patient/{one}": int(clinic.resource(Ref("Patient", one))["meta"]["versionId"]) for one in ("stays", "near")
    }
    actions.merge_charts(clinic.writer("lena"), keep="stays", retire="near", versions=read, reason="The same ID card.")


def add_task(clinic: Clinic, patient: str, words: str) -> str:
    task = WorkTask(
        code=Coding(TASK_CODE, "other", "Something else"), words=words, patient=f"Patient/{patient}", site=SITE,
        pool=Pool(role=Role.MA), due_at=TEN_FORTY,
    )  # fmt: skip
    ref = work.add(clinic.writer("lena"), task=task)
    assert ref is not None
    return ref.id


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("dana", "/board/"), ("fay", "/desk/"), ("dana", "/huddle/"), ("dana", "/worklist/"), ("dana", "/phone/calls"),
        ("dana", "/referrals/"), ("dana", "/incoming/patient/near"), ("dana", "/chart/near"),
    ],
)  # fmt: skip
def test_a_workspace_shows_what_was_written_in_the_closed_chart_as_the_persons(
    pages: Pages, name: str, path: str
) -> None:
    add_task(pages.clinic, "near", "Call back about the form")
    pages.clinic.have(_call())
    client = pages.client(name)
    before = text_of(client.get(path, follow=True))
    assert CLOSED in before
    assert "Adaeze" not in before
    merge(pages.clinic)
    after = text_of(client.get(path, follow=True))
    assert "Adaeze" in after
    told = f"You opened the chart of Zwarth, {CLOSED}" if path == "/chart/near" else ""
    assert told in after
    assert CLOSED not in (after.replace(told, "") if told else after)
    assert set(_facts(before)) <= set(_facts(after))


def _facts(text: str) -> list[str]:
    """The markers of what `near`'s records say, without the name."""
    return [found for found in re.findall(r"zqax[a-z]+?xnear", text) if found != CLOSED]


def _call() -> Resource:
    """A call about `near` that nobody has seen to."""
    call = PhoneCall(
        id="open-call", at=TEN_FORTY, by="Practitioner/dana", patient="Patient/near", site=SITE, number="617-555-0142",
        place="at home", words="Asks for the form", state=State.OWED,
    )  # fmt: skip
    return phone_to_fhir(call)


def test_the_reader_widens_a_patient_to_all_charts_and_names_the_one_that_stands(pages: Pages) -> None:
    clinic = pages.clinic
    only = add_task(clinic, "stays", "Send the form")
    merge(clinic)
    for asked in ("near", "stays", ("near",), ("stays", "brother")):
        rows = clinic.rows("task", patient=asked, is_open=1)
        assert {row["patient"] for row in rows} == {"stays"}
        assert {only, "task-near"} <= {row["id"] for row in rows}
    assert {row["patient"] for row in clinic.rows("visit", patient="stays")} == {"stays"}
    assert not [row for row in clinic.rows("message_thread", patient="") if row["patient"]]
    with clinic.store.reader(clinic.access("dana"), reason="test.rows") as reader:
        booked = scheduling.of_patient(reader, "stays", since=TEN_FORTY - timedelta(days=1))
        assert [row["patient"] for row in booked] == ["stays"]
        latest = reader.latest("task", where={"patient": ("near", "stays")}, by=("patient",), column=("authored_at",))
        assert [row["patient"] for row in latest] == ["stays"]
        assert queries.patients(reader, ["near", "brother"])["near"].id == "stays"
        family = queries.family(reader, "stays")
        assert {"Patient/stays", "Patient/brother"} <= set(family)
        assert "Patient/near" not in family
        assert reader.are_one("near", "stays")
        assert not reader.are_one("brother", "stays")
        assert not reader.are_one("", "")


def test_after_the_undo_each_chart_has_its_own_again(pages: Pages) -> None:
    clinic = pages.clinic
    only = add_task(clinic, "stays", "Send the form")
    merge(clinic)
    read = {
        f"Patient/{one}": int(clinic.resource(Ref("Patient", one))["meta"]["versionId"]) for one in ("stays", "near")
    }
    actions.unmerge_charts(clinic.writer("lena"), retire="near", versions=read, reason="Two cousins.")
    assert [row["id"] for row in clinic.rows("task", patient="stays", is_open=1)] == [only]
    assert "task-near" in {row["id"] for row in clinic.rows("task", patient="near", is_open=1)}


def test_the_family_on_the_chart_is_the_others_never_oneself_under_the_closed_chart(pages: Pages) -> None:
    merge(pages.clinic)
    client = pages.client("dana")
    page = client.get("/chart/stays").content.decode()
    assert 'href="/chart/brother"' in page
    assert 'href="/chart/near"' not in page
    assert 'href="/chart/stays"' in client.get("/chart/brother").content.decode()


@pytest.mark.parametrize("field", ["to", "reason"])
def test_a_form_that_was_open_for_the_closed_chart_is_saved_for_the_person(pages: Pages, field: str) -> None:
    """What is missing is asked for with the rest still there; then it is the surviving chart's."""
    client = pages.client("dana")
    form = form_at(client.get("/referrals/new/near"), "/referrals/new/near")
    merge(pages.clinic)
    typed = form | {"provider": "Practitioner/lind", "to": "Lakeside Cardiology", "reason": "Murmur"}
    again = client.post("/referrals/new/near", typed | {field: ""})
    assert again.status_code == 422
    kept = form_at(again, "/referrals/new/stays")
    assert {"Lakeside Cardiology", "Murmur"} & set(kept.values())
    answer = client.post("/referrals/new/near", typed)
    assert answer.status_code == 302
    made = referral_from_fhir(pages.clinic.resource(Ref("ServiceRequest", answer["Location"].rsplit("/", 1)[1])))
    assert made is not None
    assert made.patient == "Patient/stays"


def test_what_was_typed_for_the_closed_chart_is_offered_at_the_one_that_stays(pages: Pages) -> None:
    client = pages.client("dana")
    form = form_at(client.get("/phone/whom/near"), "/phone/whom/near/save")
    kept = client.post("/drafts/contacts", form | {"said_by": "Her sister Ngozi"})
    assert kept.status_code < 300, kept.content
    merge(pages.clinic)
    page = client.get("/phone/whom/stays?draft=use").content.decode()
    assert "Her sister Ngozi" in page


def test_an_answer_of_the_closed_chart_does_not_write_over_one_that_nobody_looked_at(pages: Pages) -> None:
    client = pages.client("dana")
    form = form_at(client.get("/phone/whom/near"), "/phone/whom/near/save")
    other = form_at(client.get("/phone/whom/stays"), "/phone/whom/stays/save")
    answered = {"voicemail": "detailed", "said_by": "The patient"}
    for sent in (form, other):
        del sent["new_may"]  # a box that nobody ticks
    assert client.post("/phone/whom/stays/save", other | answered).status_code == 302
    merge(pages.clinic)
    answer = client.post("/phone/whom/near/save", form | answered)
    assert answer.status_code == 409


def test_a_message_about_the_closed_chart_is_found_with_the_person(pages: Pages) -> None:
    first = Words(by="Practitioner/lena", at=TEN_FORTY, words="Please call the family.")
    thread = Thread(
        topic="A call", first=first, pool=Pool(role=Role.MA), due_at=TEN_FORTY, patient="Patient/near", site=SITE
    )
    ref = messages.begin(pages.clinic.writer("lena"), thread=thread)
    merge(pages.clinic)
    assert ref.id in {row["id"] for row in pages.clinic.rows("message_thread", patient="stays")}


@pytest.mark.parametrize("last", ["near", "stays"])
def test_whom_may_i_tell_is_what_was_said_last_in_either_chart(pages: Pages, last: str) -> None:
    clinic = pages.clinic
    for key in ("near", "stays"):
        at = clinic.now + timedelta(minutes=10 if key == last else 1)
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            before = contacts.answer(reader, key)
        said = Contacts(id=before.contacts.id, patient=f"Patient/{key}", voicemail=Voicemail.DETAILED
                        if key == last else Voicemail.CALL_BACK_ONLY)  # fmt: skip
        contact_actions.save(clinic.writer("dana"), contacts=said, version=before.version, at=at)
    merge(clinic)
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert contacts.answer(reader, "stays").contacts.voicemail is Voicemail.DETAILED


def test_two_tasks_of_one_person_can_be_one_and_a_paper_is_not_moved_to_itself(pages: Pages) -> None:
    clinic = pages.clinic
    one, other = add_task(clinic, "near", "Call back"), add_task(clinic, "stays", "Call them back")
    with pytest.raises(NotNow):
        work.merge(clinic.writer("lena"), duplicate_id=one, into_id=other, why="The same call")
    merge(clinic)
    work.merge(clinic.writer("lena"), duplicate_id=one, into_id=other, why="The same call")
    assert [row["is_open"] for row in clinic.rows("task", id=one)] == [0]
    with pytest.raises(NotPossible):
        incoming.move(clinic.writer("dana"), paper_id="paper-near", version=1, why="Wrong chart", patient_id="stays")


def test_the_desk_books_and_checks_in_for_the_chart_that_stands(pages: Pages) -> None:
    merge(pages.clinic)
    page = pages.client("fay").get("/desk/book/near")
    assert "Survivor" in text_of(page)
    assert form_at(page, "/desk/book/stays")
