"""What holds whatever people, programs and the clock do to tasks, by stateful hypothesis on both engines.

1 no open task is nobody's · 2 a record that is not final has one open task, with somebody and a date · 3 what a done
task asked for is there · 4 an escalation is never lost · 5 an event makes one task · 6 nothing stays late unnoticed

Each of the guards, effects and claims behind them is then taken out, and the machine must find that it is missing.
In the suite some dozens of runs; `./run prove work` takes two thousand of fifty steps on each engine.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from carewright.core.access.model import AccessDenied, Role
from carewright.core.fhir.model import Resource
from carewright.core.store.model import Origin, Ref, StoreError
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.core.store.transaction import Transaction
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions, fhir
from carewright.core.work.lifecycle import NotNow
from carewright.core.work.model import TASK_CODE, End, Kind, Pool, Priority, WorkTask
from carewright.project.timers import TimerRunner
from carewright.project.wiring import operator_access
from tests.clinic import Clinic
from tests.work.conftest import SITE
from tests.work.loop import LEGS, leg_of, request, with_loop

REFUSALS = (StoreError, AccessDenied, NotNow)
CODE = Coding(TASK_CODE, "asked", "Asked for")
PEOPLE = st.sampled_from(["dana", "lena", "nora", "lind", "fay", "mona"])
POOLS = st.sampled_from([Pool(role=Role.MA), Pool(role=Role.NURSE), Pool(role=None), Pool(role=Role.MA, pod="a")])
WHICH = st.integers(0, 1_000)
LEG = st.sampled_from([*LEGS])


@contextmanager
def may_refuse() -> Iterator[None]:
    """A step that the product refuses changes nothing; the invariants look at what stands."""
    with suppress(*REFUSALS):
        yield


@dataclass
class Practice:
    """A practice of one run, and what the machine remembers of it."""

    clinic: Clinic
    tasks: list[str] = field(default_factory=list)
    records: list[Ref] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)
    events: set[int] = field(default_factory=set)

    def writer(self, name: str, *, origin: Origin = Origin.SCREEN) -> Writer:
        return Writer(self.clinic.store, self.clinic.access(name), origin=origin)

    def everything(self, *, origin: Origin = Origin.API) -> Writer:
        return Writer(self.clinic.store, operator_access(self.clinic.practice), origin=origin)

    def task_ids(self) -> list[str]:
        """In the order in which they were made, so that a run can be replayed though ids are random."""
        with self.clinic.store.driver.reading(self.clinic.practice) as connection:
            made = Sql("SELECT id, seq FROM feed WHERE practice = ? AND type = 'Task' AND version = 1 ORDER BY seq",
                       (self.clinic.practice,))  # fmt: skip
            return [str(row[0]) for row in connection.rows(made)]

    def rows(self, projection: str, **where: object) -> list[dict[str, object]]:
        with self.clinic.store.reader(operator_access(self.clinic.practice), reason="test.look") as reader:
            return reader.rows(projection, where=where)

    def stored(self, ref: Ref) -> Resource:
        with self.clinic.store.reader(operator_access(self.clinic.practice), reason="test.look") as reader:
            return reader.resource(ref)


class Working(RuleBasedStateMachine):
    """A clinic at work. `store` and `people` are set by the test."""

    store: ClassVar[Store]
    people: ClassVar[dict[str, Role]]

    @initialize()
    def open_clinic(self) -> None:
        practice = f"w{uuid.uuid4().hex[:12]}"
        self.store.ensure_practice(practice, "At work")
        clinic = Clinic(store=self.store, practice=practice, people=dict(self.people))
        self.store.clock = type(self.store.clock)(wall=lambda: clinic.now)
        self.at = Practice(clinic)
        clinic.have({"resourceType": "Patient", "id": "p0"}, {"resourceType": "Patient", "id": "p1"})

    def some_task(self, which: int) -> str:
        ids = self.at.task_ids()
        return ids[which % len(ids)] if ids else "none"

    # -- what people do ---------------------------------------------------------------------------------------------

    @rule(
        who=PEOPLE, pool=st.none() | POOLS, owner=st.sampled_from(["", "Practitioner/nora"]),
        kind=st.sampled_from(Kind), priority=st.sampled_from(Priority), due=st.none() | st.integers(-60, 3000),
        asks_for=st.sampled_from(["", "Observation"]),
    )  # fmt: skip
    def ask(
        self, who: str, pool: Pool | None, owner: str, kind: Kind, priority: Priority, due: int | None, asks_for: str
    ) -> None:
        now = self.at.clinic.now
        due_at = now + timedelta(minutes=due) if due is not None else None
        task = WorkTask(
            code=CODE, pool=pool, owner=owner, kind=kind, priority=priority, due_at=due_at, asks_for=asks_for,
            patient="Patient/p0", site=SITE,
        )  # fmt: skip
        with may_refuse():
            actions.add(self.at.writer(who), task=task)

    @rule(who=PEOPLE, number=st.integers(0, 2))
    def something_comes_in(self, who: str, number: int) -> None:
        task = WorkTask(code=CODE, words=f"event {number}", pool=Pool(role=Role.MA))
        actions.add(self.at.writer(who), task=task, event=f"event {number}")
        self.at.events.add(number)

    @rule(who=PEOPLE, which=WHICH)
    def take(self, who: str, which: int) -> None:
        with may_refuse():
            actions.take(self.at.writer(who), task_id=self.some_task(which))

    @rule(who=PEOPLE, which=WHICH)
    def put_back(self, who: str, which: int) -> None:
        with may_refuse():
            actions.put_back(self.at.writer(who), task_id=self.some_task(which))

    @rule(who=PEOPLE, which=WHICH, to=st.sampled_from(["", "Practitioner/dana"]), pool=st.none() | POOLS)
    def hand_over(self, who: str, which: int, to: str, pool: Pool | None) -> None:
        with may_refuse():
            actions.hand_over(self.at.writer(who), task_id=self.some_task(which), to=to, pool=pool)

    @rule(who=PEOPLE, which=WHICH, minutes=st.integers(-5, 600))
    def hold(self, who: str, which: int, minutes: int) -> None:
        until = self.at.clinic.now + timedelta(minutes=minutes)
        with may_refuse():
            actions.hold(self.at.writer(who), task_id=self.some_task(which), waiting_on="the lab", until=until)

    @rule(who=PEOPLE, which=WHICH, hours=st.integers(0, 80))
    def defer(self, who: str, which: int, hours: int) -> None:
        until = self.at.clinic.now + timedelta(hours=hours)
        with may_refuse():
            actions.defer(self.at.writer(who), task_id=self.some_task(which), until=until)

    @rule(who=PEOPLE, which=WHICH, records=st.booleans())
    def done(self, who: str, which: int, records: bool) -> None:
        produced: list[str] = []
        if records:
            observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                           "subject": {"reference": "Patient/p0"}}  # fmt: skip
            produced = [str(ref) for ref in self.at.clinic.have(observation)]
        with may_refuse():
            actions.done(self.at.writer(who), task_id=self.some_task(which), at=self.at.clinic.now, produced=produced)

    @rule(who=PEOPLE, which=WHICH, how=st.sampled_from([end for end in End if end is not End.DONE]))
    def end(self, who: str, which: int, how: End) -> None:
        with may_refuse():
            actions.end(
                self.at.writer(who), task_id=self.some_task(which), how=how, why="as said", at=self.at.clinic.now
            )

    @rule(who=PEOPLE, which=WHICH)
    def split(self, who: str, which: int) -> None:
        with may_refuse():
            actions.split(self.at.writer(who), task_id=self.some_task(which), parts=["one", "two"])

    @rule(who=PEOPLE, which=WHICH, into=WHICH)
    def merge(self, who: str, which: int, into: int) -> None:
        with may_refuse():
            actions.merge(
                self.at.writer(who), duplicate_id=self.some_task(which), into_id=self.some_task(into), why="twice"
            )

    # -- records that are owed something ----------------------------------------------------------------------------

    @rule(leg=LEG)
    def order(self, leg: str) -> None:
        with self.at.everything(origin=Origin.SCREEN).transaction(reason="test.order") as tx:
            self.at.records.append(tx.create(request(leg)))

    @rule(which=WHICH, leg=LEG, status=st.sampled_from(["active", "active", "active", "completed", "revoked"]))
    def move_on(self, which: int, leg: str, status: str) -> None:
        if self.at.records:
            ref = self.at.records[which % len(self.at.records)]
            with self.at.everything().transaction(reason="test.move-on") as tx:
                tx.put(request(leg, status=status, id=ref.id))

    # -- what programs try ------------------------------------------------------------------------------------------

    @rule(which=WHICH, what=st.sampled_from(["nobody", "no trail", "done", "by mistake", "another patient's"]))
    def write_past_the_actions(self, which: int, what: str) -> None:
        late = {str(row["id"]) for row in self.at.rows("task", is_open=1) if row["level"]}
        ids = [task_id for task_id in self.at.task_ids() if what != "no trail" or task_id in late]
        if not ids:
            return
        stored = self.at.stored(Ref("Task", ids[which % len(ids)]))
        without = {"nobody": ("owner", "performerType"), "no trail": ("extension",)}.get(what, ())
        changed: dict[str, Any] = {name: value for name, value in stored.items() if name not in without}
        if what == "done":
            changed["status"] = "completed"
        elif what == "by mistake":
            changed["status"] = "entered-in-error"
        elif what == "another patient's":
            (ref,) = self.at.clinic.have({"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                                          "subject": {"reference": "Patient/p1"}})  # fmt: skip
            output = {"type": fhir.PRODUCED.concept(), "valueReference": {"reference": str(ref)}}
            changed |= {"status": "completed", "output": [output]}
        with may_refuse(), self.at.everything().transaction(reason="test.past") as tx:
            tx.update(changed, version=int(stored["meta"]["versionId"]))

    # -- the clock --------------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 5, 61, 600, 3000]))
    def time_passes(self, minutes: int) -> None:
        now = self.at.clinic.later(minutes)
        runner = TimerRunner(self.store, f"clock-{uuid.uuid4().hex[:6]}")
        runner.drain(self.at.clinic.practice)
        late = [row for row in self.at.rows("deadline") if row["at"] <= now]  # type: ignore[operator] # instants
        assert late == [], "6: what is due was acted on"

    # -- what holds -------------------------------------------------------------------------------------------------

    @invariant()
    def no_open_task_is_nobodys(self) -> None:
        if hasattr(self, "at"):
            for row in self.at.rows("task", is_open=1):
                assert row["owner"] or row["pool_role"], "1: an open task is nobody's"

    @invariant()
    def each_record_is_followed(self) -> None:
        if not hasattr(self, "at"):
            return
        for ref in self.at.records:
            leg = leg_of(self.at.stored(ref))
            rows = [row for row in self.at.rows("task", focus=str(ref)) if row["part_of"] == ""]
            is_open = [row for row in rows if row["is_open"]]
            assert len({row["code"] for row in rows}) == len(rows), "2: a leg has two tasks"
            if leg is None:
                assert is_open == [], "2: a record that is over is still followed"
                continue
            assert [row["code"] for row in is_open] == [leg.code.code], "2: the leg has one open task"
            assert is_open[0]["due_at"] is not None, "2: and a date"

    @invariant()
    def what_was_asked_for_is_there(self) -> None:
        if not hasattr(self, "at"):
            return
        for row in self.at.rows("task", status="completed"):
            task = fhir.from_fhir(self.at.stored(Ref("Task", str(row["id"]))))
            if task.asks_for:
                records = [self.at.stored(ref) for one in task.produced if (ref := Ref.local(one)) is not None]
                assert any(
                    r["resourceType"] == task.asks_for and r["subject"]["reference"] == task.patient for r in records
                ), "3: done, and what it asked for is not there"

    @invariant()
    def no_escalation_is_lost(self) -> None:
        if not hasattr(self, "at"):
            return
        for row in self.at.rows("task"):
            task_id, level = str(row["id"]), int(str(row["level"]))
            if row["is_open"]:
                before = 0 if self.reopened(task_id, row) else self.at.levels.get(task_id, 0)
                assert level >= before, "4: an escalation was lost"
                self.at.levels[task_id] = level
            else:
                self.at.levels.pop(task_id, None)

    def reopened(self, task_id: str, row: dict[str, object]) -> bool:
        """A leg that begins anew has a new date: what was late before is over."""
        return bool(row["focus"]) and task_id not in self.at.levels

    @invariant()
    def an_event_makes_one_task(self) -> None:
        if hasattr(self, "at"):
            for number in self.at.events:
                rows = [r for r in self.at.rows("task", words=f"event {number}") if r["part_of"] == ""]
                assert len(rows) == 1, "5: an event made two tasks"


def machine(clinic: Clinic, *, without: str = "") -> type[Working]:
    found = type("At work", (Working,), {"store": with_loop(clinic.store, without=without), "people": clinic.people})
    assert issubclass(found, Working)
    return found


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.mark.parametrize(
    ("runs", "steps"), [pytest.param(12, 30, id="short"), pytest.param(2_000, 50, id="long", marks=pytest.mark.slow)]
)
def test_tasks_hold_whatever_happens(clinic: Clinic, runs: int, steps: int) -> None:
    kept = settings(
        max_examples=runs, stateful_step_count=steps, suppress_health_check=QUIET, database=None,
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    run_state_machine_as_test(machine(clinic), settings=kept)


MANY = settings(
    max_examples=300, stateful_step_count=50, suppress_health_check=QUIET, database=None,
    phases=[Phase.generate], report_multiple_bugs=False, derandomize=True,
)  # fmt: skip


def broken(found: type[Working]) -> str:
    """Which invariants the machine finds broken at one moment; nothing if it finds none."""
    try:
        run_state_machine_as_test(found, settings=MANY)
    except AssertionError as error:
        return str(error)
    except ExceptionGroup as several:
        failed, rest = several.split(AssertionError)
        assert rest is None
        return " ".join(str(error) for error in (failed.exceptions if failed else ()))
    return ""


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("task-owned", "1:"),
        ("loop-owed", "2:"),
        ("loop-done", "2:"),
        ("task-asks-for", "3:"),
        ("task-trail", "4:"),
    ],
)
@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
def test_each_guard_and_effect_is_needed(clinic: Clinic, hook: str, said: str) -> None:
    """Without it the machine finds a way to break what it holds."""
    assert said in broken(machine(clinic, without=hook))


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
def test_the_claim_is_needed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Transaction.claim
    monkeypatch.setattr(
        Transaction, "claim",
        lambda self, kind, key, *, holder: claim(self, kind, f"{key} {uuid.uuid4()}", holder=holder),
    )  # fmt: skip
    assert "5:" in broken(machine(clinic))


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
def test_the_clock_is_needed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimerRunner, "drain", lambda self, practice: 0)
    assert "6:" in broken(machine(clinic))
