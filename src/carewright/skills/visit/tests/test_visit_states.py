"""The state table: every step, who may take it, and that the document says the same as the code."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from carewright.core.access.model import Role
from carewright.core.sentences import quoted
from carewright.core.terminology.coding import Coding, own_system
from carewright.skills.visit import fhir, rules
from carewright.skills.visit.model import (
    CriticalVital,
    NotAllowed,
    Readiness,
    RoomUse,
    Stage,
    Told,
    Transition,
    Visit,
    VisitStatus,
)
from carewright.skills.visit.rules import STATES, TRANSITIONS

S = VisitStatus
TEN_FORTY = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
SICK_VISIT = Coding(own_system("visit-type"), "sick", "Sick visit")
DOC = Path(__file__).parents[5] / "docs" / "visit-states.md"

APPOINTMENT = {"booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in"}
ENCOUNTER = {"arrived", "in-progress", "finished", "cancelled", "entered-in-error"}
TASK = {"requested", "in-progress", "on-hold", "completed", "cancelled"}


def waiting_visit() -> Visit:
    return Visit(patient="Patient/1", type=SICK_VISIT, stages=(Stage(status=S.WAITING, since=TEN_FORTY),))


def rows_of(heading: str) -> list[list[str]]:
    """The body rows of the first table under a heading of the document, cell by cell."""
    section = DOC.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_document_shows_the_statuses_of_the_code() -> None:
    assert rows_of("Statuses") == [
        [
            f"`{row.status}`",
            row.words,
            f"`{row.appointment}`",
            f"`{row.encounter}`" if row.encounter else "–",
            {"none": "–", "active": "the room, `active`", "completed": "all `completed`"}[row.room],
            row.turn,
            "yes" if row.end else "",
        ]
        for row in STATES.values()
    ]


def test_the_document_shows_the_steps_of_the_code() -> None:
    def tasks(step: Transition) -> str:
        named = [f"{code.code} → `{status}`" for code, status in step.tasks]
        return "; ".join(named + (["open ones → `cancelled`"] if step.cancels_tasks else [])) or "–"

    assert rows_of("Steps") == [
        [
            f"`{step.action}`",
            step.words,
            ", ".join(f"`{source}`" for source in step.sources),
            f"`{step.target}`",
            "everyone" if Role.FRONT_DESK in step.roles else "clinical",
            tasks(step),
            "yes" if step.back else "",
        ]
        for step in TRANSITIONS
    ]


def test_every_status_has_a_row_and_uses_fhir_words() -> None:
    assert set(STATES) == set(VisitStatus)
    assert {row.appointment for row in STATES.values()} <= APPOINTMENT
    assert {rules.encounter_status(status) for status in VisitStatus} <= ENCOUNTER
    assert {status for step in TRANSITIONS for _, status in step.tasks} <= TASK


def test_every_status_can_be_reached_and_reaches_an_end_by_forward_steps() -> None:
    reached = set(rules.STARTS)
    for _ in VisitStatus:
        reached |= {step.target for step in TRANSITIONS if reached & set(step.sources)}
    assert reached == set(VisitStatus)
    ending = {status for status, row in STATES.items() if row.end}
    for _ in VisitStatus:
        ending |= {source for step in TRANSITIONS if not step.back and step.target in ending for source in step.sources}
    assert ending == set(VisitStatus)


def test_no_action_is_declared_twice_for_a_status() -> None:
    steps = [(source, step.action) for step in TRANSITIONS for source in step.sources]
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize(
    ("status", "action", "role", "target"),
    [
        (S.BOOKED, "check_in", Role.FRONT_DESK, S.WAITING),
        (S.NO_SHOW, "check_in", Role.MA, S.WAITING),
        (S.WAITING, "start_rooming", Role.MA, S.ROOMING),
        (S.ROOMING, "mark_ready", Role.LEAD_MA, S.READY),
        (S.WAITING, "provider_in_anyway", Role.PROVIDER, S.WITH_PROVIDER),
        (S.ROOMING, "provider_in_anyway", Role.MA, S.WITH_PROVIDER),
        (S.ORDERS, "orders_done", Role.NURSE, S.READY),
        (S.CHECKING_OUT, "finish", Role.FRONT_DESK, S.DONE),
        (S.READY, "patient_left", Role.FRONT_DESK, S.LEFT),
        (S.ORDERS, "left_early", Role.MA, S.DONE),
        (S.WAITING, "undo_check_in", Role.FRONT_DESK, S.BOOKED),
        (S.READY, "back_to_rooming", Role.PROVIDER, S.ROOMING),
        (S.DONE, "reopen", Role.PROVIDER, S.CHECKING_OUT),
    ],
)
def test_a_step_leads_where_the_table_says(status: S, action: str, role: Role, target: S) -> None:
    assert rules.next_status(status, action, roles={role}) is target


@given(st.sampled_from(VisitStatus), st.sampled_from([t.action for t in TRANSITIONS]), st.sets(st.sampled_from(Role)))
def test_what_the_table_does_not_hold_is_refused_with_a_reason(status: S, action: str, roles: set[Role]) -> None:
    allowed = [t for t in TRANSITIONS if t.action == action and status in t.sources and t.roles & roles]
    if allowed:
        assert rules.next_status(status, action, roles=roles) is allowed[0].target
        assert allowed[0] in rules.actions_from(status, roles=roles)
    else:
        with pytest.raises(NotAllowed) as refused:
            rules.next_status(status, action, roles=roles)
        assert str(refused.value.reason).endswith(".")


@pytest.mark.parametrize("role", [Role.BILLER, Role.MANAGER, Role.PRIVACY_OFFICER, Role.AUDITOR])
def test_roles_outside_the_clinic_floor_move_no_visit(role: Role) -> None:
    assert all(not rules.actions_from(status, roles={role}) for status in VisitStatus)


def test_the_front_desk_does_not_room_and_is_told_who_does() -> None:
    with pytest.raises(NotAllowed, match="Medical assistant, Lead medical assistant, Nurse, Provider"):
        rules.next_status(S.WAITING, "start_rooming", roles={Role.FRONT_DESK})


def test_only_three_things_hold_ready() -> None:
    fever = CriticalVital(words=quoted("Temperature 38.4 °C at 5 weeks"))
    told = Told(whom="Practitioner/9", name="Dr. Lind", at=TEN_FORTY)
    nothing_done = Readiness(critical_vitals=(fever,))
    assert [hold.code.code for hold in rules.holds(nothing_done)] == [
        "name-and-birth-date", "allergies-asked", "critical-vital-told",
    ]  # fmt: skip
    with pytest.raises(NotAllowed, match="say whom you told, and when"):
        rules.check_ready(
            "mark_ready", Readiness(identity_checked=True, allergies_asked=True, critical_vitals=(fever,))
        )
    done = Readiness(
        identity_checked=True, allergies_asked=True, critical_vitals=(CriticalVital(words=fever.words, told=told),)
    )
    assert rules.holds(done) == ()
    rules.check_ready("mark_ready", done)


@pytest.mark.parametrize("action", sorted({t.action for t in TRANSITIONS} - {"mark_ready"}))
def test_nothing_but_ready_is_ever_held(action: str) -> None:
    rules.check_ready(action, Readiness(critical_vitals=(CriticalVital(words=quoted("SpO₂ 84 %")),)))


def test_the_provider_going_in_leaves_the_rooming_task_open() -> None:
    step = rules.transition(S.ROOMING, "provider_in_anyway", roles={Role.PROVIDER})
    assert rules.task_statuses(step, {"room-patient": "in-progress"}) == {
        "room-patient": "in-progress", "see-patient": "in-progress",
    }  # fmt: skip


def test_a_patient_who_leaves_leaves_no_open_task() -> None:
    step = rules.transition(S.READY, "patient_left", roles={Role.MA})
    before = {"room-patient": "completed", "see-patient": "requested"}
    assert rules.task_statuses(step, before) == {"room-patient": "completed", "see-patient": "cancelled"}


def test_rooming_names_a_room_and_check_out_frees_it() -> None:
    visit = waiting_visit()
    room = rules.transition(S.WAITING, "start_rooming", roles={Role.MA})
    with pytest.raises(ValueError, match="names the room"):
        rules.advance(visit, room, at=TEN_FORTY)
    visit = rules.advance(visit, room, at=TEN_FORTY, room="Location/4")
    assert visit.room == "Location/4"
    visit = rules.move(visit, to="Location/7", at=TEN_FORTY + timedelta(minutes=2))
    assert visit.room == "Location/7"
    assert [stay.location for stay in visit.rooms] == ["Location/4", "Location/7"]
    assert rules.move(visit, to="Location/7", at=TEN_FORTY + timedelta(minutes=3)) == visit
    anyway = rules.transition(S.ROOMING, "provider_in_anyway", roles={Role.PROVIDER})
    out = rules.transition(S.WITH_PROVIDER, "send_to_check_out", roles={Role.PROVIDER})
    visit = rules.advance(visit, anyway, at=TEN_FORTY + timedelta(minutes=4))
    visit = rules.advance(visit, out, at=TEN_FORTY + timedelta(minutes=20))
    assert visit.room is None
    assert all(stay.until is not None for stay in visit.rooms)


def test_time_does_not_run_backwards() -> None:
    step = rules.transition(S.WAITING, "patient_left", roles={Role.MA})
    with pytest.raises(ValueError, match="lies before"):
        rules.advance(waiting_visit(), step, at=TEN_FORTY - timedelta(seconds=1))


class VisitMachine(RuleBasedStateMachine):
    """Random steps, by random people, at random moments: the history stays whole and FHIR keeps all of it."""

    visit: Visit
    tasks: dict[str, str]

    @initialize()
    def arrive(self) -> None:
        self.visit = waiting_visit()
        self.tasks = {"room-patient": "requested"}

    @rule(data=st.data(), role=st.sampled_from(Role), minutes=st.integers(0, 90))
    def step(self, data: st.DataObject, role: Role, minutes: int) -> None:
        steps = rules.actions_from(self.visit.status, roles={role})
        if not steps:
            return
        step = data.draw(st.sampled_from(steps))
        at = self._latest() + timedelta(minutes=minutes)
        self.visit = rules.advance(
            self.visit, step, at=at, room=data.draw(st.sampled_from(["Location/1", "Location/2"]))
        )
        self.tasks = rules.task_statuses(step, self.tasks)
        if STATES[self.visit.status].encounter is None:
            self.arrive()  # a struck Encounter stays as it is; the next arrival makes a new one

    @rule(minutes=st.integers(0, 30), to=st.sampled_from(["Location/1", "Location/3"]))
    def change_room(self, minutes: int, to: str) -> None:
        if STATES[self.visit.status].room is RoomUse.ACTIVE:
            self.visit = rules.move(self.visit, to=to, at=self._latest() + timedelta(minutes=minutes))

    def _latest(self) -> datetime:
        return max([self.visit.since, *(stay.since for stay in self.visit.rooms)])

    @invariant()
    def history_is_contiguous_and_round_trips(self) -> None:
        encounter = fhir.to_fhir(self.visit)
        history = encounter["statusHistory"]
        assert all(a["period"]["end"] == b["period"]["start"] for a, b in pairwise(history))
        assert [i for i, entry in enumerate(history) if "end" not in entry["period"]] == [len(history) - 1]
        assert history[-1]["status"] == encounter["status"]
        assert ("end" in encounter["period"]) == (encounter["status"] in {"finished", "cancelled", "entered-in-error"})
        assert fhir.from_fhir(encounter) == self.visit

    @invariant()
    def a_room_is_held_only_in_rooms_statuses_and_ends_leave_no_task_open(self) -> None:
        if STATES[self.visit.status].room is not RoomUse.ACTIVE:
            assert self.visit.room is None
        assert sum(stay.until is None for stay in self.visit.rooms) <= 1
        if self.visit.status is S.LEFT:
            assert not rules.OPEN_TASK_STATUSES & set(self.tasks.values())


TestVisitMachine = VisitMachine.TestCase
TestVisitMachine.settings = settings(max_examples=60, stateful_step_count=25)


def test_the_document_names_no_unknown_status() -> None:
    named = set(re.findall(r"`([a-z-]+)`", "".join(cell for row in rows_of("Steps") for cell in row[2:4])))
    assert named <= {status.value for status in VisitStatus}
