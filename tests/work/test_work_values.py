"""Tasks as values: they come back from FHIR as they went, valid; each step does what it says and refuses the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir.validation import validate
from carewright.core.terminology.coding import Coding
from carewright.core.work import escalation, fhir, lifecycle, trail
from carewright.core.work.hours import OFFICE, Hours
from carewright.core.work.model import TASK_CODE, End, Escalation, Kind, Place, Pool, Priority, WorkTask
from tests.work.conftest import NEW_YORK, local

NOW = local("2026-11-23 10:40")
CALL_BACK = Coding(TASK_CODE, "call-back", "Call back")
MA = Pool(role=Role.MA)
HOURS = Hours(zone=NEW_YORK, week=OFFICE)

FIRST, LAST = datetime(2026, 1, 1), datetime(2028, 1, 1)  # noqa: DTZ001 - hypothesis takes bounds without a zone
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
words = st.text("abc é", min_size=1, max_size=12).map(str.strip).filter(bool)
people = st.sampled_from(["Practitioner/dana", "Practitioner/lind"])
pools = st.builds(
    Pool, role=st.sampled_from([None, *Role]), pod=st.sampled_from(["", "a"]), language=st.sampled_from(["", "es"]),
    competency=st.sampled_from(["", "phlebotomy"]),
)  # fmt: skip


@st.composite
def tasks(draw: st.DrawFn) -> WorkTask:
    begin, due = sorted([draw(instants), draw(instants)])
    status = draw(st.sampled_from(["requested", "accepted", "in-progress", "on-hold", "completed", "cancelled"]))
    ended = {"completed": st.just(End.DONE), "cancelled": st.sampled_from([end for end in End if end is not End.DONE])}
    end = draw(ended[status]) if status in ended else None
    return WorkTask(
        id="t1",
        code=CALL_BACK,
        words=draw(st.just("") | words),
        status=status,
        priority=draw(st.sampled_from(Priority)),
        kind=draw(st.sampled_from(Kind)),
        patient="Patient/p1",
        encounter=draw(st.sampled_from(["", "Encounter/e1"])),
        focus=draw(st.sampled_from(["", "ServiceRequest/s1"])),
        site=draw(st.sampled_from(["", "main-st"])),
        owner=draw(st.just("") | people),
        pool=draw(st.none() | pools),
        due_at=draw(st.none() | st.just(due)),
        not_before=draw(st.none() | st.just(begin)),
        remind_at=draw(st.none() | instants),
        waiting_on=draw(words) if status == "on-hold" else "",
        waits_for=tuple(draw(st.lists(st.sampled_from(["Task/x", "Task/y"]), unique=True))),
        authored_at=draw(st.none() | instants),
        requester=draw(st.just("") | people),
        part_of=draw(st.sampled_from(["", "Task/t0"])),
        based_on=tuple(draw(st.lists(st.just("ServiceRequest/s2"), max_size=1))),
        asks_for=draw(st.sampled_from(["", "Observation"])),
        produced=tuple(draw(st.lists(st.just("Observation/o1"), max_size=1))),
        escalations=tuple(draw(st.lists(
            st.builds(Escalation, at=instants, role=st.sampled_from(Role), person=st.just("") | people,
                      next_at=st.none() | instants), max_size=2))),
        pinned_by=tuple(draw(st.lists(people, unique=True))),
        place=draw(st.none() | st.builds(Place, rank=st.integers(1, 9), by=people, why=words)),
        end=end,
        end_words=draw(words) if end and end is not End.DONE else "",
        duplicate_of=draw(st.sampled_from(["", "Task/t9"])),
        ended_at=draw(instants) if end else None,
    )  # fmt: skip


@given(tasks())
def test_a_task_comes_back_as_it_went_and_is_valid(task: WorkTask) -> None:
    resource = fhir.to_fhir(task)
    assert fhir.from_fhir(resource) == task
    assert fhir.from_fhir(fhir.to_fhir(task, onto=resource)) == task
    assert [issue for issue in validate(resource) if issue.severity in ("error", "fatal")] == []


@given(tasks())
def test_what_we_do_not_manage_is_kept(task: WorkTask) -> None:
    foreign = {"url": "https://example.org/theirs", "valueString": "x"}
    stored = fhir.to_fhir(task)
    stored = {**stored, "extension": [*stored["extension"], foreign], "note": [{"text": "keep me"}],
              "intent": "plan", "meta": {"versionId": "3"}}  # fmt: skip
    after = fhir.to_fhir(replace(task, owner="Practitioner/nora"), onto=stored)
    assert foreign in after["extension"]
    assert (after["note"], after["intent"], after["meta"]) == ([{"text": "keep me"}], "plan", {"versionId": "3"})
    assert fhir.from_fhir(after).owner == "Practitioner/nora"


@pytest.mark.parametrize(
    "foreign",
    [
        {"resourceType": "Task", "id": "x", "status": "requested", "intent": "order"},
        {"resourceType": "Task", "id": "x", "status": "requested", "intent": "order", "code": {"text": "Fax"},
         "restriction": {"period": {"start": "2027", "end": "2026"}}, "priority": "routine",
         "performerType": [{"coding": [{"system": "http://snomed.info/sct", "code": "224535009"}]}]},
        {"resourceType": "Task", "id": "x", "status": "completed", "intent": "plan",
         "restriction": {"period": {"end": "2026-11-24"}}},
    ],
)  # fmt: skip
def test_a_task_from_elsewhere_is_read_as_far_as_it_goes(foreign: dict[str, object]) -> None:
    task = fhir.from_fhir(foreign)
    assert task.pool is None
    assert task.code.display or task.code.code
    assert task.is_open == (foreign["status"] == "requested")


def test_a_date_without_a_time_is_due_at_the_end_of_the_day() -> None:
    task = fhir.from_fhir({"resourceType": "Task", "status": "requested", "intent": "order",
                           "restriction": {"period": {"end": "2026-11-24"}}})  # fmt: skip
    assert task.due_at == datetime(2026, 11, 25, tzinfo=UTC)


def asked(**values: object) -> WorkTask:
    return replace(WorkTask(id="t1", code=CALL_BACK, pool=MA, authored_at=NOW, patient="Patient/p1"), **values)  # type: ignore[arg-type] # any field


def test_a_task_goes_through_its_life() -> None:
    taken = lifecycle.take(asked(), by="Practitioner/dana")
    assert (taken.status, taken.owner) == ("accepted", "Practitioner/dana")
    held = lifecycle.hold(taken, waiting_on="the lab", until=NOW + timedelta(hours=1))
    assert (held.status, held.waiting_on) == ("on-hold", "the lab")
    back = lifecycle.resume(held)
    assert (back.status, back.waiting_on, back.remind_at) == ("accepted", "", None)
    assert lifecycle.put_back(back).owner == ""
    done = lifecycle.done(back, at=NOW, produced=["Observation/o1"])
    assert (done.status, done.end, done.produced, done.ended_at) == ("completed", End.DONE, ("Observation/o1",), NOW)
    again = lifecycle.reopen(done)
    assert (again.status, again.end, again.ended_at) == ("accepted", None, None)


@pytest.mark.parametrize("how", [end for end in End if end is not End.DONE])
def test_it_ends_otherwise_with_a_reason(how: End) -> None:
    ended = lifecycle.end(asked(), how=how, why=" moved to Ohio ", at=NOW)
    assert (ended.status, ended.end, ended.end_words) == ("cancelled", how, "moved to Ohio")
    with pytest.raises(lifecycle.NotNow, match="Say why"):
        lifecycle.end(asked(), how=how, why="  ", at=NOW)


def test_nobody_takes_what_somebody_has() -> None:
    with pytest.raises(lifecycle.NotNow, match="Someone else"):
        lifecycle.take(asked(owner="Practitioner/lena"), by="Practitioner/dana")


@pytest.mark.parametrize(
    "step",
    [
        lambda task: lifecycle.take(task, by="Practitioner/dana"),
        lambda task: lifecycle.hold(task, waiting_on="x", until=NOW),
        lambda task: lifecycle.hand_over(task, to="Practitioner/lena"),
        lambda task: lifecycle.done(task, at=NOW),
        lambda task: lifecycle.end(task, how=End.DIED, why="x", at=NOW),
        lambda task: lifecycle.split(task, ["a", "b"], at=NOW),
        lambda task: lifecycle.pin(task, by="Practitioner/dana"),
        lifecycle.resume,
        lifecycle.put_back,
    ],
)
def test_what_has_ended_takes_no_step(step: object) -> None:
    ended = lifecycle.done(asked(), at=NOW)
    with pytest.raises(lifecycle.NotNow, match="has ended"):
        step(ended)  # type: ignore[operator] # each is a function of a task


def test_given_to_one_person_it_has_no_pool_to_go_back_to() -> None:
    with pytest.raises(lifecycle.NotNow, match="one person"):
        lifecycle.put_back(asked(pool=None, owner="Practitioner/dana"))


def test_a_split_makes_parts_that_keep_whose_it_is() -> None:
    parts = lifecycle.split(asked(due_at=NOW + timedelta(hours=1), asks_for="Observation"), ["Fax", " Call "], at=NOW)
    assert [part.words for part in parts] == ["Fax", "Call"]
    assert {(part.part_of, part.pool, part.due_at, part.asks_for) for part in parts} == {
        ("Task/t1", MA, NOW + timedelta(hours=1), "")
    }
    assert {part.id for part in parts} == {""}, "whoever writes them names them"
    with pytest.raises(lifecycle.NotNow, match="two parts"):
        lifecycle.split(asked(), ["one", " "], at=NOW)


# -- lateness ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "alarm"),
    [
        (asked(), None),
        (asked(due_at=NOW), escalation.Alarm(at=NOW, why="late")),
        (asked(due_at=NOW, kind=Kind.QUIET), None),
        (asked(due_at=NOW, status="completed"), None),
        (asked(due_at=NOW + timedelta(1), status="on-hold", remind_at=NOW), escalation.Alarm(at=NOW, why="remind")),
        (asked(due_at=NOW, status="on-hold", remind_at=NOW + timedelta(1)), escalation.Alarm(at=NOW, why="late")),
        (asked(due_at=NOW, escalations=(Escalation(at=NOW, role=Role.NURSE, next_at=NOW + timedelta(1)),)),
         escalation.Alarm(at=NOW + timedelta(1), why="late")),
        (asked(due_at=NOW, escalations=(Escalation(at=NOW, role=Role.PROVIDER),)), None),
    ],
)  # fmt: skip
def test_when_the_clock_acts_next(task: WorkTask, alarm: escalation.Alarm | None) -> None:
    assert escalation.next_alarm(task) == alarm


@pytest.mark.parametrize(
    ("kind", "trail"),
    [
        (Kind.CLINICAL, [(Role.NURSE, ""), (Role.PROVIDER, "Practitioner/cover")]),
        (Kind.CRITICAL, [(Role.PROVIDER, "Practitioner/cover"), (Role.PROVIDER, "")]),
        (Kind.CLERICAL, [(Role.LEAD_MA, ""), (Role.MANAGER, "")]),
    ],
)
def test_a_late_task_climbs_its_ladder_and_stays_on_the_last_step(kind: Kind, trail: list[tuple[Role, str]]) -> None:
    task, at = asked(kind=kind, due_at=NOW, owner="Practitioner/dana"), NOW
    while (alarm := escalation.next_alarm(task)) is not None:
        at = alarm.at
        task = escalation.sent_on(task, at=at, hours=HOURS, covering="Practitioner/cover")
    assert [(sent.role, sent.person) for sent in task.escalations] == trail
    assert (task.owner, task.pool) == (trail[-1][1], Pool(role=trail[-1][0]))
    assert task.is_open


def test_clinical_patience_is_counted_in_open_hours_and_critical_by_the_wall() -> None:
    evening = local("2026-11-20 16:50")  # a Friday
    clinical = escalation.sent_on(asked(due_at=evening), at=evening, hours=HOURS)
    assert clinical.escalations[0].next_at == local("2026-11-23 08:20")
    critical = escalation.sent_on(asked(due_at=evening, kind=Kind.CRITICAL), at=evening, hours=HOURS, covering="P/x")
    assert critical.escalations[0].next_at == evening + timedelta(seconds=60)
    stat = escalation.sent_on(asked(due_at=evening, priority=Priority.STAT), at=evening, hours=HOURS)
    assert stat.escalations[0].next_at == evening + timedelta(minutes=5)


def test_the_covering_provider_is_not_called_for_what_was_theirs_already() -> None:
    task = asked(kind=Kind.CRITICAL, due_at=NOW, owner="Practitioner/cover")
    sent = escalation.sent_on(task, at=NOW, hours=HOURS, covering="Practitioner/cover")
    assert (sent.owner, sent.pool) == ("", Pool(role=Role.PROVIDER))


TRAIL = "https://example.org/trail"
ENTRIES = st.lists(st.sampled_from(["resulted", "taken-back", "told"]), max_size=6)


@given(own=ENTRIES, again=st.booleans(), new=ENTRIES)
def test_a_trail_stays_and_what_is_added_to_it_is_added_though_it_says_the_same(
    own: list[str], again: bool, new: list[str]
) -> None:
    """`again`: whoever writes the record sends the trail with it, as pages do; programs leave it out."""

    def record(steps: list[str]) -> dict[str, object]:
        return {"extension": [{"url": TRAIL, "valueCode": step} for step in steps]}

    sent = record([*own, *new]) if again else record([])
    after = trail.kept(record(own), sent, trail=TRAIL)
    assert [one["valueCode"] for one in after["extension"]] == ([*own, *new] if again else own)
