"""Protocols in the store, on both engines: brought in, edited, gone back, applied once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref, Refused
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, Kind
from carewright.skills.protocols import actions, library, queries
from carewright.skills.protocols.ended import VISIT_ENDED
from carewright.skills.protocols.model import MadeBy, Version
from carewright.skills.protocols.rules.choosing import Card
from carewright.skills.protocols.rules.located import BadText
from carewright.skills.scheduling.codes import FOLLOW_UP, NURSE_VISIT, WELL_CHILD
from carewright.skills.visit import actions as visits
from tests.clinic import Clinic

ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


@pytest.fixture
def seeded(clinic: Clinic) -> Clinic:
    actions.seed(clinic.writer("mona"), at=clinic.now)
    return clinic


def visit(clinic: Clinic, *, born: str = "2025-08-21", kind=WELL_CHILD, problem: str = "", **patient: object) -> Ref:
    (ref,) = clinic.have({"resourceType": "Patient", "gender": "female", "birthDate": born, **patient})
    if problem:
        coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": problem}
        clinic.have(
            {"resourceType": "Condition", "clinicalStatus": ACTIVE, "subject": {"reference": str(ref)},
             "code": {"coding": [coding]}}
        )  # fmt: skip
    return visits.check_in(
        clinic.writer(), patient=str(ref), visit_type=kind, at=clinic.now, site="Organization/o", reason="Checkup"
    )


def current(clinic: Clinic, name: str = "diabetes") -> Version:
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        return queries.current(reader, name)


def cards(clinic: Clinic) -> list[Card]:
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        return queries.cards(reader)


def save(clinic: Clinic, text: str, **more: object) -> None:
    asked = {"name": "diabetes", "version": current(clinic).number, "at": clinic.later(), **more}
    actions.save(clinic.writer(str(more.pop("by", "mona"))), text=text, **{k: v for k, v in asked.items() if k != "by"})  # type: ignore[arg-type] # any field


def tasks_of(clinic: Clinic, encounter: Ref) -> dict[str, dict[str, object]]:
    """The tasks of a visit that its protocols brought, by code."""
    rows = clinic.rows("task", encounter=encounter.id)
    return {str(row["code"]): row for row in rows if row["code"] != "room-patient"}


EDITED = library.texts()["diabetes"].replace("title: Diabetes visit", "title: Sugar visit  # our own")


def test_a_practice_without_protocols_works(clinic: Clinic) -> None:
    assert actions.apply_to_visit(clinic.writer(), encounter_id=visit(clinic).id, at=clinic.now) == []
    with pytest.raises(NotFound):
        actions.apply(clinic.writer(), name="diabetes", subject=visit(clinic), at=clinic.now)


def test_seeding_twice_writes_nothing_and_never_over_an_edit(seeded: Clinic) -> None:
    assert len(cards(seeded)) == len(library.protocols())
    assert actions.seed(seeded.writer("lena"), at=seeded.now) == 0
    save(seeded, EDITED)
    assert actions.seed(seeded.writer("mona"), at=seeded.now) == 0
    assert current(seeded).protocol.title == "Sugar visit"
    assert current(seeded).made_by is MadeBy.PRACTICE


def test_a_newer_product_brings_its_own_texts_up_to_date(seeded: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {**library.texts(), "diabetes": library.texts()["diabetes"] + "# newer\n"}
    monkeypatch.setattr(library, "texts", lambda: newer)
    assert actions.seed(seeded.writer("mona"), at=seeded.later()) == 1
    assert (current(seeded).label, current(seeded).made_by) == ("2", MadeBy.PRODUCT)


def test_an_edit_is_a_new_version_and_one_can_go_back(seeded: Clinic) -> None:
    save(seeded, EDITED, note="As we say it")
    found = current(seeded)
    assert (found.label, found.note, found.by, found.text) == ("2", "As we say it", "Practitioner/mona", EDITED)
    actions.roll_back(seeded.writer("lena"), name="diabetes", to=1, version=2, at=seeded.later())
    back = current(seeded)
    assert (back.label, back.protocol, back.text) == ("3", library.protocols()["diabetes"], library.texts()["diabetes"])
    assert back.note == "Back to version 1."
    with seeded.store.reader(seeded.access("dana"), reason="test") as reader:
        assert [v.label for v in queries.versions(reader, "diabetes")] == ["3", "2", "1"]
    with pytest.raises(NotFound):
        actions.roll_back(seeded.writer("lena"), name="diabetes", to=9, version=3, at=seeded.now)


def test_nothing_is_written_of_a_bad_text_a_stale_page_or_a_second_sending(seeded: Clinic) -> None:
    with pytest.raises(BadText, match="line 1: This is the protocol"):
        save(seeded, EDITED.replace("protocol: diabetes", "protocol: sugar"))
    save(seeded, EDITED, form_key="k1")
    with pytest.raises(KeyTaken):
        save(seeded, EDITED, form_key="k1")
    with pytest.raises(Conflict):
        save(seeded, EDITED, version=1)
    assert current(seeded).number == 2


def test_who_may_what(seeded: Clinic) -> None:
    for name in ("dana", "nora", "lind", "fay", "bill"):
        with pytest.raises(AccessDenied):
            save(seeded, EDITED, by=name)
        with pytest.raises(AccessDenied):
            actions.seed(seeded.writer(name), at=seeded.now)
    encounter = visit(seeded)
    for name in ("mona", "bill", "priya"):
        with pytest.raises(AccessDenied):
            actions.apply_to_visit(seeded.writer(name), encounter_id=encounter.id, at=seeded.now)


def test_a_visit_gets_the_tasks_of_its_age_once(seeded: Clinic) -> None:
    encounter = visit(seeded)
    at = seeded.later(5)
    assert actions.apply_to_visit(seeded.writer("fay"), encounter_id=encounter.id, at=at, site="main-st") == [
        "well-child-15-months"
    ]
    found = tasks_of(seeded, encounter)
    assert set(found) == {task.code for task in library.protocols()["well-child-15-months"].tasks}
    assert actions.apply_to_visit(seeded.writer(), encounter_id=encounter.id, at=seeded.later()) == []
    assert tasks_of(seeded, encounter) == found
    weight = found["weight-and-length"]
    assert (weight["pool_role"], weight["is_open"], weight["site"]) == ("ma", 1, "main-st")
    assert weight["due_at"] == at + timedelta(minutes=10), "15 minutes after the start"
    assert found["vaccines-due"]["due_at"] == at, "nothing is late before it exists"
    assert found["next-checkup"]["kind"] == Kind.CLERICAL
    task = work_fhir.from_fhir(seeded.resource(Ref("Task", str(weight["id"]))))
    assert task.based_on == ("PlanDefinition/protocol-well-child-15-months",)
    assert task.instantiates.endswith("/protocol-well-child-15-months|1")


def test_what_the_desk_may_not_see_is_made_up_for_at_rooming(seeded: Clinic) -> None:
    encounter = visit(seeded, born="1970-01-01", kind=FOLLOW_UP, problem="E11.9")
    assert actions.apply_to_visit(seeded.writer("fay"), encounter_id=encounter.id, at=seeded.now) == []
    assert actions.apply_to_visit(seeded.writer("dana"), encounter_id=encounter.id, at=seeded.now) == ["diabetes"]
    assert "a1c-fingerstick" in tasks_of(seeded, encounter)


def test_one_task_where_two_protocols_ask_for_the_same(seeded: Clinic) -> None:
    encounter = visit(seeded, born="1970-01-01", kind=NURSE_VISIT)
    for name in ("vaccine-visit", "injection-visit"):
        actions.apply(seeded.writer(), name=name, subject=encounter, at=seeded.now)
    rows = seeded.rows("task", encounter=encounter.id)
    assert len([row for row in rows if row["code"] == "watch-15-minutes"]) == 1
    assert {"vaccine-give", "injection-give"} <= tasks_of(seeded, encounter).keys()


def test_what_is_about_a_request_or_an_appointment(seeded: Clinic) -> None:
    (patient,) = seeded.have({"resourceType": "Patient", "birthDate": "1970-01-01"})
    call, booked = seeded.have(
        {"resourceType": "Communication", "status": "completed", "subject": {"reference": str(patient)}},
        {"resourceType": "Appointment", "status": "booked", "start": "2026-11-25T09:00:00-05:00",
         "end": "2026-11-25T09:20:00-05:00",
         "participant": [{"actor": {"reference": str(patient)}, "status": "accepted"}]},
    )  # fmt: skip
    made = actions.apply(seeded.writer(), name="refill", subject=call, at=seeded.now)
    tasks = [work_fhir.from_fhir(seeded.resource(ref)) for ref in made]
    assert {task.focus for task in tasks} == {str(call)}
    assert [task.due_at for task in tasks if task.code.code == "refill-decide"] == [seeded.now + timedelta(days=1)]
    ahead = actions.apply(seeded.writer(), name="telehealth", subject=booked, at=seeded.now)
    due = {t.code.code: t.due_at for t in (work_fhir.from_fhir(seeded.resource(ref)) for ref in ahead)}
    assert due["visit-link"] == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def test_a_task_is_as_sensitive_as_its_visit(seeded: Clinic) -> None:
    encounter = visit(seeded, meta={"security": [RESTRICTED]})
    actions.apply_to_visit(seeded.writer("dana"), encounter_id=encounter.id, at=seeded.now)
    row = tasks_of(seeded, encounter)["weight-and-length"]
    assert seeded.resource(Ref("Task", str(row["id"])))["meta"]["security"] == [RESTRICTED]


def test_a_retired_protocol_brings_nothing(seeded: Clinic) -> None:
    encounter = visit(seeded)
    name = "well-child-15-months"
    actions.use(seeded.writer("mona"), name=name, active=False, version=1, at=seeded.now)
    assert actions.apply_to_visit(seeded.writer(), encounter_id=encounter.id, at=seeded.now) == []
    with pytest.raises(Refused, match="no longer used"):
        actions.apply(seeded.writer(), name=name, subject=encounter, at=seeded.now)
    assert actions.seed(seeded.writer("mona"), at=seeded.now) == 0
    actions.use(seeded.writer("mona"), name=name, active=True, version=2, at=seeded.now)
    assert actions.apply_to_visit(seeded.writer(), encounter_id=encounter.id, at=seeded.now) == [name]


def test_two_who_apply_at_the_same_moment_make_each_task_once(seeded: Clinic) -> None:
    """At check-in and on another device: both come through, and nothing is there twice."""
    for _ in range(3):
        encounter = visit(seeded, born="1970-01-01", kind=NURSE_VISIT)
        made: list[set[Ref]] = []
        failed: list[Exception] = []
        barrier = threading.Barrier(4)

        def both(name: str, encounter: Ref = encounter, barrier=barrier, made=made, failed=failed) -> None:
            try:
                barrier.wait()
                made.append(set(actions.apply(seeded.writer(), name=name, subject=encounter, at=seeded.now)))
            except Exception as error:  # noqa: BLE001 - whatever goes wrong in a thread is told below
                failed.append(error)

        names = ("vaccine-visit", "injection-visit", "vaccine-visit", "injection-visit")
        threads = [threading.Thread(target=both, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        wanted = {task.code for name in names for task in library.protocols()[name].tasks}
        rows = [row for row in seeded.rows("task", encounter=encounter.id) if row["code"] != "room-patient"]
        assert sorted(str(row["code"]) for row in rows) == sorted(wanted)
        assert all(row["version"] == 1 for row in rows)
        assert {ref for refs in made for ref in refs} == {Ref("Task", str(row["id"])) for row in rows}


def take(clinic: Clinic, encounter: Ref, action: str) -> None:
    version = int(clinic.resource(encounter)["meta"]["versionId"])
    visits.take_step(
        clinic.writer(), encounter_id=encounter.id, action=action, at=clinic.later(), version=version, room=None
    )


def test_what_was_brought_ends_with_a_visit_that_nobody_was_seen_at_and_comes_back(seeded: Clinic) -> None:
    encounter = visit(seeded, born="1970-01-01", kind=NURSE_VISIT)
    actions.apply(seeded.writer(), name="inr-check", subject=encounter, at=seeded.now)
    take(seeded, encounter, "patient_left")
    found = tasks_of(seeded, encounter)
    assert {code for code, row in found.items() if row["is_open"]} == {"inr-interpret"}, "a judgment stays owed"
    ended = work_fhir.from_fhir(seeded.resource(Ref("Task", str(found["inr-fingerstick"]["id"]))))
    assert (ended.end_words, ended.status) == (VISIT_ENDED, "cancelled")
    take(seeded, encounter, "came_back")
    assert all(row["is_open"] for row in tasks_of(seeded, encounter).values())


def put(clinic: Clinic, ref: Ref, **values: object) -> None:
    with clinic.writer().transaction(reason="test.put") as tx:
        tx.put({**clinic.resource(ref), **values})


def test_what_was_not_done_in_the_room_ends_when_the_patient_goes_home_and_says_so(seeded: Clinic) -> None:
    encounter = visit(seeded, born="1970-01-01", kind=NURSE_VISIT)
    actions.apply(seeded.writer(), name="inr-check", subject=encounter, at=seeded.now)
    brought = {code: Ref("Task", str(row["id"])) for code, row in tasks_of(seeded, encounter).items()}
    put(seeded, brought["inr-questions"], status="completed", owner={"reference": "Practitioner/dana"})
    put(seeded, encounter, status="finished")
    found = {code: work_fhir.from_fhir(seeded.resource(ref)) for code, ref in brought.items()}
    assert found["inr-questions"].end is End.DONE, "what was done stays done"
    assert (found["inr-fingerstick"].end, found["inr-fingerstick"].end_words) == (End.NOT_DONE, VISIT_ENDED)
    assert found["inr-interpret"].is_open, "a judgment stays owed"
    assert found["tell-the-plan"].is_open, "and so does telling the patient of it"
    put(seeded, encounter, status="in-progress")
    assert work_fhir.from_fhir(seeded.resource(brought["inr-fingerstick"])).is_open


def test_what_was_brought_ends_with_a_visit_that_was_checked_in_by_mistake(seeded: Clinic) -> None:
    encounter = visit(seeded, born="1970-01-01", kind=NURSE_VISIT)
    actions.apply(seeded.writer(), name="inr-check", subject=encounter, at=seeded.now)
    take(seeded, encounter, "remove_walk_in")
    assert not [row for row in tasks_of(seeded, encounter).values() if row["is_open"]]


def test_a_new_one_is_begun_under_its_own_name_once(seeded: Clinic) -> None:
    text = library.starter()
    made = actions.begin(seeded.writer("lena"), text=text, at=seeded.now, note="Agreed", form_key="f1")
    assert made.name == "our-new-visit"
    with seeded.store.reader(seeded.access("dana"), reason="test") as reader:
        found = queries.current(reader, made.name)
        assert made.name in {card.name for card in queries.cards(reader)}
    assert (found.number, found.label, found.made_by, found.text) == (1, "1", MadeBy.PRACTICE, text)
    with pytest.raises(KeyTaken):
        actions.begin(seeded.writer("lena"), text=text, at=seeded.now, form_key="f1")
    for taken in (text, library.texts()["diabetes"]):
        with pytest.raises(BadText, match="line 1: There is a protocol"):
            actions.begin(seeded.writer("lena"), text=taken, at=seeded.now, form_key="f2")
    copied = library.copy_of(library.texts()["diabetes"])
    assert actions.begin(seeded.writer("mona"), text=copied, at=seeded.now).name == "our-diabetes"
    with pytest.raises(BadText, match="cannot be the name"):
        actions.begin(seeded.writer("mona"), text=text.replace("our-new-visit", "new"), at=seeded.now)
    with pytest.raises(AccessDenied):
        actions.begin(seeded.writer("dana"), text=text.replace("our-new-visit", "mine"), at=seeded.now)
    actions.seed(seeded.writer("mona"), at=seeded.now)
    with seeded.store.reader(seeded.access("dana"), reason="test") as reader:
        assert queries.current(reader, made.name).number == 1


def test_a_new_one_brings_its_tasks_to_visits(seeded: Clinic) -> None:
    text = library.starter().replace("by_hand: yes ", "").replace("[nurse-visit]", "[follow-up]")
    actions.begin(seeded.writer("mona"), text=text, at=seeded.now)
    ref = visit(seeded, kind=FOLLOW_UP)
    assert "our-new-visit" in actions.apply_to_visit(seeded.writer("dana"), encounter_id=ref.id, at=seeded.now)


def test_two_who_begin_the_same_name_at_once_make_one(seeded: Clinic) -> None:
    outcomes: list[str] = []

    def begin() -> None:
        try:
            outcomes.append(actions.begin(seeded.writer("mona"), text=library.starter(), at=seeded.now).name)
        except BadText as bad:
            outcomes.append(str(bad.faults[0].line))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["1", "1", "1", "our-new-visit"]
