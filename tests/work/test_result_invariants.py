"""What holds of orders and results whatever people and laboratories do, by stateful hypothesis on both engines.

1 an order or result that is not final has one open task, with somebody and a date; one that is over has none
2 an order is done when its result is in the chart, and then at once · 3 a review is a provider's, and nobody else tells
what they did not release · 4 what the result says now was reviewed, or its review is owed

Results come late, twice, corrected and taken back. Each guard and effect behind it is then taken out, and the machine
must find that it is missing. `./run prove work` takes the long form, and the holes that take long to find.
"""

import uuid
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.store.model import Ref
from carewright.core.store.store import Store
from carewright.core.work.model import End
from carewright.core.work.trail import Entry
from carewright.skills.orders import actions as orders
from carewright.skills.orders import rules as order_rules
from carewright.skills.orders.fhir import from_fhir as order_of
from carewright.skills.orders.model import Kind as OrderKind
from carewright.skills.orders.model import NotPossible as OrderNotPossible
from carewright.skills.orders.model import Order, Step
from carewright.skills.results import actions as results
from carewright.skills.results import codes
from carewright.skills.results import rules as result_rules
from carewright.skills.results.fhir import from_fhir as result_of
from carewright.skills.results.fhir import with_entries
from carewright.skills.results.model import Event, How, NotPossible, Outcome
from tests.clinic import Clinic
from tests.work.loop import with_loop
from tests.work.test_work_invariants import MANY, QUIET, WHICH, Practice, may_refuse

PEOPLE = st.sampled_from(["dana", "nora", "lind"])
SAID = st.sampled_from(["4.1", "7.1"])


class Answering(RuleBasedStateMachine):
    """A clinic and a laboratory. `store` and `people` are set by the test."""

    store: ClassVar[Store]
    people: ClassVar[dict[str, Role]]

    @initialize()
    def open_clinic(self) -> None:
        practice = f"r{uuid.uuid4().hex[:12]}"
        self.store.ensure_practice(practice, "Results")
        clinic = Clinic(store=self.store, practice=practice, people=dict(self.people))
        self.store.clock = type(self.store.clock)(wall=lambda: clinic.now)
        self.at = Practice(clinic)
        self.orders: list[Ref] = []
        self.reports: list[Ref] = []
        self.reviewed: dict[Ref, object] = {}
        clinic.have({"resourceType": "Patient", "id": "p0"})

    @rule(who=st.sampled_from(["dana", "lind"]), kind=st.sampled_from(OrderKind))
    def place(self, who: str, kind: OrderKind) -> None:
        made = Order(patient="Patient/p0", provider="Practitioner/lind", words="Panel", kind=kind)
        self.orders.append(orders.place(self.at.writer(who), order=made, at=self.at.clinic.now))

    @rule(who=PEOPLE, which=WHICH, ending=st.booleans())
    def move_on(self, who: str, which: int, ending: bool) -> None:
        if not self.orders:
            return
        ref = self.orders[which % len(self.orders)]
        order, now = order_of(self.at.stored(ref)), self.at.clinic.now
        assert order is not None
        step = order.next_step or Step.DONE
        about: dict[str, Any] = {"order_id": ref.id, "version": order.version, "at": now}
        with may_refuse():
            try:
                if ending and which % 5 == 0:
                    orders.end(self.at.writer(who), **about, how=End.NOT_NEEDED, why="So")
                else:
                    orders.step(self.at.writer(who), **about, step=step)
            except OrderNotPossible:
                pass

    @rule(
        which=WHICH, number=st.integers(0, 2), said=SAID, names=st.booleans(),
        status=st.sampled_from(["final", "corrected", "preliminary", "entered-in-error"]),
    )  # fmt: skip
    def comes(self, which: int, number: int, said: str, names: bool, status: str) -> None:
        """A report with its observation in one bundle; the number may have come before."""
        report, inside = Ref("DiagnosticReport", f"report{number}"), f"value{number}"
        sent: Resource = {
            "resourceType": "DiagnosticReport", "id": report.id, "status": status, "code": {"text": "Panel"},
            "subject": {"reference": "Patient/p0"}, "result": [{"reference": f"Observation/{inside}"}],
        }  # fmt: skip
        if names and self.orders:
            sent["basedOn"] = [{"reference": str(self.orders[which % len(self.orders)])}]
        with may_refuse(), self.at.everything().transaction(reason="test.comes") as tx:
            tx.put(self.value(inside, said))
            tx.put(sent)
        self.reports = list(dict.fromkeys([*self.reports, report]))

    @rule(number=st.integers(0, 2), said=SAID)
    def corrected(self, number: int, said: str) -> None:
        with may_refuse(), self.at.everything().transaction(reason="test.corrected") as tx:
            tx.put(self.value(f"value{number}", said))
        self.reports = list(dict.fromkeys([*self.reports, Ref("Observation", f"value{number}")]))

    def value(self, name: str, said: str) -> Resource:
        flag = {"coding": [{"system": codes.INTERPRETATION, "code": "HH" if said == "7.1" else "N"}]}
        return {
            "resourceType": "Observation", "id": name, "status": "final", "code": {"text": "Potassium"},
            "category": [codes.RESULT_CATEGORIES[0].concept()], "subject": {"reference": "Patient/p0"},
            "valueString": said, "interpretation": [flag],
        }  # fmt: skip

    @rule(who=PEOPLE, which=WHICH, outcome=st.sampled_from(Outcome), past=st.booleans())
    def review(self, who: str, which: int, outcome: Outcome, past: bool) -> None:
        self.done_to_a_result(which, who, Event.REVIEWED, outcome=outcome, past=past)

    @rule(who=PEOPLE, which=WHICH, past=st.booleans())
    def tell(self, who: str, which: int, past: bool) -> None:
        self.done_to_a_result(which, who, Event.TOLD, outcome=Outcome.TELL, past=past)

    def done_to_a_result(self, which: int, who: str, event: Event, *, outcome: Outcome, past: bool) -> None:
        """By the action, or by writing the record past it."""
        if not self.reports:
            return
        ref, now, writer = self.reports[which % len(self.reports)], self.at.clinic.now, self.at.writer(who)
        stored = self.at.stored(ref)
        result = result_of(stored)
        assert result is not None
        says = self.says(stored)
        with may_refuse():
            try:
                if past:
                    facts = {"digest": result.digest, "outcome": outcome.value, "whom": "x", "how": "phone"}
                    entry = Entry(step=event, at=now, by=f"Practitioner/{who}", words="Well", facts=facts)
                    with writer.transaction(reason="test.past") as tx:
                        tx.put(with_entries(stored, [entry]))
                elif event is Event.TOLD:
                    results.tell(writer, ref=ref, version=result.version, whom="Patient", how=How.PHONE, at=now)
                else:
                    results.review(writer, ref=ref, version=result.version, outcome=outcome, words="Well", at=now)
                if event is Event.REVIEWED:
                    self.reviewed[ref] = says
            except NotPossible:
                pass

    @rule(which=WHICH)
    def end_its_task(self, which: int) -> None:
        """A program says that the task is done, or the order, though nothing has happened."""
        tasks = self.at.task_ids()
        refs = [*(Ref("Task", one) for one in tasks), *self.orders]
        if refs:
            stored = self.at.stored(refs[which % len(refs)])
            with may_refuse(), self.at.everything().transaction(reason="test.past") as tx:
                tx.put({**stored, "status": "completed"})

    def says(self, stored: Resource) -> object:
        """What a result says, read without the product's digest."""
        inside = [self.at.stored(Ref("Observation", one["reference"].partition("/")[2]))
                  for one in stored.get("result", ())]  # fmt: skip
        return [stored.get("valueString"), *(one["valueString"] for one in inside)]

    @invariant()
    def each_is_followed(self) -> None:
        for ref in [*self.orders, *self.reports] if hasattr(self, "at") else []:
            stored = self.at.stored(ref)
            leg = (order_rules if ref.type == "ServiceRequest" else result_rules).leg_of(stored)
            is_open = self.at.rows("task", focus=str(ref), is_open=1)
            assert [row["code"] for row in is_open] == ([leg.code.code] if leg else []), (
                "1: one task, or none at the end"
            )
            assert all(row["due_at"] and (row["owner"] or row["pool_role"]) for row in is_open), "1: somebody, a date"

    @invariant()
    def an_order_ends_with_its_result(self) -> None:
        for ref in self.orders if hasattr(self, "at") else []:
            order = order_of(self.at.stored(ref))
            assert order is not None
            reports = [self.at.stored(one) for one in self.reports]
            answered = any(order_rules.answers(one, order) for one in reports)
            assert not (answered and order.is_open), "2: its result is here and it is still waited for"
            if order.status == "completed" and order.kind in (OrderKind.LABORATORY, OrderKind.IMAGING):
                assert answered, "2: done without its result"

    @invariant()
    def reviews_are_a_providers_and_what_is_kept_back_is_not_told(self) -> None:
        for ref in self.reports if hasattr(self, "at") else []:
            result = result_of(self.at.stored(ref))
            assert result is not None
            released = False
            for entry in result.trail:
                if entry.step == Event.REVIEWED:
                    assert entry.by == "Practitioner/lind", "3: reviewed by somebody who is no provider"
                    released = entry.facts["outcome"] == Outcome.TELL
                assert entry.step != Event.TOLD or released or entry.by == "Practitioner/lind", "3: not released"

    @invariant()
    def what_it_says_now_was_reviewed(self) -> None:
        for ref in self.reports if hasattr(self, "at") else []:
            stored = self.at.stored(ref)
            result = result_of(stored)
            assert result is not None
            counts = result.status in ("final", "corrected") and not result.part_of
            if counts and result.review is not None:
                assert self.reviewed.get(ref) == self.says(stored), "4: it says something else than was reviewed"


def machine(clinic: Clinic, *, without: str = "") -> type[Answering]:
    found = type(
        "Answering", (Answering,), {"store": with_loop(clinic.store, without=without), "people": clinic.people}
    )
    assert issubclass(found, Answering)
    return found


@pytest.mark.parametrize(
    ("runs", "steps"), [pytest.param(8, 25, id="short"), pytest.param(1_000, 50, id="long", marks=pytest.mark.slow)]
)
def test_orders_and_results_hold_whatever_comes(clinic: Clinic, runs: int, steps: int) -> None:
    kept = settings(
        max_examples=runs, stateful_step_count=steps, suppress_health_check=QUIET, database=None,
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    run_state_machine_as_test(machine(clinic), settings=kept)


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("order-owed", "1:"),
        ("order-end", "2:"),
        ("result-trail", "3:"),
        ("observation-owed", ""),
        pytest.param("order-done", "1:", marks=pytest.mark.slow),
        pytest.param("result-owed", "1:", marks=pytest.mark.slow),
        pytest.param("result-done", "1:", marks=pytest.mark.slow),
        pytest.param("order-answered", "2:", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
def test_each_guard_and_effect_is_needed(clinic: Clinic, hook: str, said: str) -> None:
    """Without it the machine finds a way to break what it holds."""
    with pytest.raises((AssertionError, ExceptionGroup)) as found:
        run_state_machine_as_test(machine(clinic, without=hook), settings=MANY)
    several = found.value.exceptions if isinstance(found.value, ExceptionGroup) else (found.value,)
    assert any(said in str(one) for one in several)
