"""The demonstration morning, done again through the product's own actions: nothing is written behind their back.

Each step of the simulator's script becomes the action that a person would have taken on a screen, as that person and
at that time. What the actions refuse, the demonstration does not show.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Actor, Role
from carewright.core.clock import Clock
from carewright.core.store.model import KeyTaken, Origin, Ref, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.core.work.tasks import CRITICAL_VITAL_TOLD, of_visit
from carewright.project.simulator import observations
from carewright.project.simulator import standing_orders as standing_order_table
from carewright.project.simulator.model import (
    DayPlan,
    PatientRecord,
    PlannedAppointment,
    StaffMember,
    Step,
    StepKind,
    VitalSigns,
)
from carewright.project.simulator.roster import LUNCH, rosters
from carewright.skills.allergies import actions as allergies
from carewright.skills.allergies import queries as allergies_queries
from carewright.skills.protocols import actions as protocols
from carewright.skills.reason import actions as reason
from carewright.skills.reason.model import Reason
from carewright.skills.registration import actions as registration
from carewright.skills.registration import codes as flags
from carewright.skills.registration.model import BannerFlag
from carewright.skills.rooms import actions as rooms
from carewright.skills.scheduling import actions as scheduling
from carewright.skills.scheduling import codes as scheduling_codes
from carewright.skills.staffing import actions as staffing
from carewright.skills.standing_orders import actions as standing_orders
from carewright.skills.visit import actions as visits
from carewright.skills.vitals import actions as vitals
from carewright.skills.vitals.model import Reading

Told = Callable[[str, int], None]

BOOKED_BEFORE = timedelta(days=9)
BATCH = 400
"""Resources of charts in one transaction: under the store's bound, and short enough for others to write between."""


@dataclass
class Replay:
    """One demonstration day being written into a store."""

    store: Store
    practice: str
    plan: DayPlan
    told: Told = lambda label, done: None
    bookings: dict[str, Ref] = field(default_factory=dict)
    visits: dict[str, Ref] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._staff = {member.id: member for member in self.plan.practice.staff}
        self._planned = {planned.id: planned for planned in self.plan.appointments}

    # -- what is there before the day -------------------------------------------------------------------------------

    def import_practice(self, operator: Access) -> None:
        """Sites, rooms, people and schedules."""
        self._import(operator, self.plan.practice.resources)

    def import_charts(self, operator: Access, records: Iterable[PatientRecord]) -> None:
        """Charts, in batches; `told` hears of each."""
        batch: list[Resource] = []
        for record in records:
            if len(batch) + len(record.resources) > BATCH:
                self._import(operator, batch)
                batch = []
            batch += record.resources
            self.told("charts", 1)
        self._import(operator, batch)

    def import_families(self, operator: Access, groups: Iterable[Resource]) -> None:
        self._import(operator, groups)

    def _import(self, operator: Access, resources: Iterable[Resource]) -> None:
        listed = list(resources)
        for start in range(0, len(listed), BATCH):
            with self.store.writer(operator, origin=Origin.IMPORT).transaction(reason="demonstration.import") as tx:
                for resource in listed[start : start + BATCH]:
                    tx.import_(resource)

    def agree_on_rules(self) -> None:
        """The protocols that come with the product, and the standing orders as their providers have signed them."""
        at = self.plan.opens_at - BOOKED_BEFORE
        self.store.clock = Clock(wall=lambda: at)
        lead = self.writer_of(next(m for m in self._staff.values() if Role.LEAD_MA in m.roles))
        protocols.seed(lead, at=at)
        for order, is_signed in standing_order_table.orders(self.plan.practice, self.plan.opens_at.date()):
            ref = standing_orders.draft(lead, order=order, at=at)
            if is_signed:
                signer = self.writer_of(self._staff[order.signer.removeprefix("Practitioner/")])
                standing_orders.sign(signer, order_id=ref.id, version=1, at=at)

    # -- the day ----------------------------------------------------------------------------------------------------

    def book_everybody(self) -> None:
        """Book the day's appointments, some days ahead, as the front desk; those that are booked stay as they are."""
        at = self.plan.opens_at - BOOKED_BEFORE
        self.store.clock = Clock(wall=lambda: at)
        for planned in self.plan.appointments:
            if planned.booked:
                with suppress(KeyTaken):
                    self.bookings[planned.id] = scheduling.book(
                        self._desk(planned.site),
                        schedule=f"Schedule/{planned.schedule}",
                        patient=f"Patient/{planned.patient}",
                        visit_type=planned.coding,
                        starts_at=planned.start,
                        minutes=planned.minutes,
                        at=at,
                        reason=planned.reason,
                        overbook_reason="Asked for by the provider",
                        form_key=f"demonstration {planned.id}",
                    )
                self.told("bookings", 1)

    def staff_the_day(self) -> None:
        """Pairs, lunches and who covers, as the lead says them before the doors open."""
        lead = self.writer_of(next(member for member in self._staff.values() if Role.LEAD_MA in member.roles))
        for roster in rosters(self.plan):
            self.store.clock = Clock(wall=lambda at=roster.at: at)  # type: ignore[misc] # the loop's own moment is bound
            site, day = roster.site.id, self.plan.day
            for assistant, provider, pod, lunch in roster.pairs:
                staffing.set_day(
                    lead, site=site, day=day, practitioner=f"Practitioner/{assistant.id}", pod=pod,
                    works_with=f"Practitioner/{provider.id}", lunch=(lunch, lunch + LUNCH),
                )  # fmt: skip
            staffing.set_covering(lead, site=site, day=day, provider=f"Practitioner/{roster.covering.id}")

    def play(self) -> None:
        """Take every step of the morning."""
        for step in self.plan.steps:
            self.store.clock = Clock(wall=lambda at=step.at: at)  # type: ignore[misc] # the loop's own moment is bound
            HANDLERS[step.kind](self, step)
            self.told("morning", 1)

    # -- one step ---------------------------------------------------------------------------------------------------

    def cancel(self, step: Step) -> None:
        ref = self.bookings[self._appointment(step).id]
        words = str(step.values.get("text", ""))
        scheduling.cancel(
            self._as(step),
            appointment_id=ref.id,
            version=self._version(ref),
            by=scheduling_codes.BY_PATIENT,
            words=words,
        )

    def no_show(self, step: Step) -> None:
        ref = self.bookings[self._appointment(step).id]
        scheduling.mark_no_show(self._as(step), appointment_id=ref.id, version=self._version(ref), at=step.at)

    def walk_in(self, step: Step) -> None:
        planned = self._appointment(step)
        self.bookings[planned.id] = scheduling.walk_in(
            self._as(step),
            schedule=f"Schedule/{planned.schedule}",
            patient=f"Patient/{planned.patient}",
            visit_type=planned.coding,
            at=step.at,
            minutes=planned.minutes,
            reason=planned.reason,
        )

    def running_late(self, step: Step) -> None:
        """Somebody called from the road: the desk notes it on the appointment."""
        ref = self.bookings[self._appointment(step).id]
        scheduling.note(
            self._as(step), appointment_id=ref.id, version=self._version(ref), comment=str(step.values.get("text", ""))
        )

    def check_in(self, step: Step) -> None:
        planned = self._appointment(step)
        if "mask-now" in planned.needs:
            flag = BannerFlag(patient=f"Patient/{planned.patient}", code=flags.MASK_NOW, since=step.at.date())
            registration.raise_flag(self._as(step), flag=flag)
        self.visits[planned.id] = visits.check_in(
            self._as(step),
            patient=f"Patient/{planned.patient}",
            visit_type=planned.coding,
            at=step.at,
            site=f"Organization/{self.plan.practice.site(planned.site).organization}",
            provider=f"Practitioner/{planned.provider}",
            appointment=str(self.bookings[planned.id]),
            reason=planned.reason,
        )

    def room(self, step: Step) -> None:
        self._take(step, "start_rooming", room=f"Location/{step.room}")
        ref = self._visit(step)
        visits.assign(
            self._as(step), encounter_id=ref.id, version=self._version(ref), assistant=f"Practitioner/{step.staff}"
        )
        site = self.plan.practice.site(self._appointment(step).site).id
        protocols.apply_to_visit(self._as(step), encounter_id=ref.id, at=step.at, site=site)

    def identity(self, step: Step) -> None:
        visits.check_identity(self._as(step), encounter_id=self._visit(step).id, at=step.at)

    def reason(self, step: Step) -> None:
        told = Reason(words=str(step.values["text"]), asked_at=step.at)
        reason.write_down(self._as(step), encounter_id=self._visit(step).id, reasons=(told,))

    def allergies(self, step: Step) -> None:
        patient_id = self._appointment(step).patient
        writer = self._as(step)
        with self.store.reader(writer.access, reason="allergies.ask") as reader:
            before = tuple(entry.allergy for entry in allergies_queries.listed(reader, patient_id))
        allergies.asked(writer, patient_id=patient_id, encounter_id=self._visit(step).id, at=step.at, before=before)

    def vitals(self, step: Step) -> None:
        measured = step.values["vitals"]
        if not isinstance(measured, VitalSigns):
            raise TypeError("A step of vital signs carries vital signs.")
        readings = [
            Reading(
                kind=kind,
                at=step.at,
                patient=f"Patient/{self._appointment(step).patient}",
                encounter=str(self._visit(step)),
                value=value,
                diastolic=diastolic,
            )
            for kind, value, diastolic in observations.measured(measured)
        ]
        if readings:
            vitals.record(self._as(step), readings=readings)
        self._tell_of_critical(step)

    def _tell_of_critical(self, step: Step) -> None:
        writer, encounter_id = self._as(step), self._visit(step).id
        with self.store.reader(writer.access, reason="vitals.tell") as reader:
            task = reader.resource_or_none(of_visit(encounter_id, CRITICAL_VITAL_TOLD))
        if task is not None and task["status"] == "requested":
            provider = self._staff[self._appointment(step).provider]
            vitals.tell(
                writer, encounter_id=encounter_id, whom=f"Practitioner/{provider.id}", name=provider.display, at=step.at
            )

    def ready(self, step: Step) -> None:
        self._take(step, "mark_ready")

    def provider_in(self, step: Step) -> None:
        self._take(step, "provider_in")

    def orders(self, step: Step) -> None:
        self._take(step, "orders_to_do")

    def orders_done(self, step: Step) -> None:
        self._take(step, "orders_done")

    def close(self, step: Step) -> None:
        self._take(step, "send_to_check_out")

    def check_out(self, step: Step) -> None:
        self._take(step, "finish")

    def room_step(self, step: Step) -> None:
        ref = Ref("Location", str(step.room))
        action = {
            StepKind.ROOM_CLEANED: "clean",
            StepKind.ROOM_STOCKED: "stock",
            StepKind.ROOM_READY: "make_ready",
        }[step.kind]
        rooms.set_state(self._as(step), room_id=ref.id, action=action, at=step.at, version=self._version(ref))

    # -- who, which, which version ----------------------------------------------------------------------------------

    def _take(self, step: Step, action: str, **more: str) -> None:
        ref = self._visit(step)
        visits.take_step(
            self._as(step), encounter_id=ref.id, action=action, at=step.at, version=self._version(ref), **more
        )

    def _appointment(self, step: Step) -> PlannedAppointment:
        return self._planned[str(step.appointment)]

    def _visit(self, step: Step) -> Ref:
        return self.visits[str(step.appointment)]

    def _as(self, step: Step) -> Writer:
        return self.writer_of(self._staff[step.staff])

    def _desk(self, site: str) -> Writer:
        return self.writer_of(self.plan.practice.staff_at(site, Role.FRONT_DESK)[0])

    def writer_of(self, member: StaffMember) -> Writer:
        """Writes as one of the staff."""
        roles = frozenset(member.roles)
        registry = self.store.registry
        access = Access(
            actor=Actor(practice=self.practice, reference=f"Practitioner/{member.id}", display=member.display),
            roles=roles,
            grants=registry.grants_for(roles),
            actions=registry.actions_for(roles),
            sensitive=EVERYTHING,
        )
        return self.store.writer(access)

    def _version(self, ref: Ref) -> int:
        with self.store.reader(self.writer_of(self._any_clinician()).access, reason="demonstration.look") as reader:
            return reader.read(ref).version

    def _any_clinician(self) -> StaffMember:
        return next(member for member in self._staff.values() if Role.PROVIDER in member.roles)


HANDLERS: dict[StepKind, Callable[[Replay, Step], None]] = {
    StepKind.CANCEL: Replay.cancel,
    StepKind.NO_SHOW: Replay.no_show,
    StepKind.WALK_IN: Replay.walk_in,
    StepKind.RUNNING_LATE: Replay.running_late,
    StepKind.CHECK_IN: Replay.check_in,
    StepKind.ROOM: Replay.room,
    StepKind.IDENTITY: Replay.identity,
    StepKind.REASON: Replay.reason,
    StepKind.ALLERGIES: Replay.allergies,
    StepKind.VITALS: Replay.vitals,
    StepKind.READY: Replay.ready,
    StepKind.PROVIDER_IN: Replay.provider_in,
    StepKind.ORDERS: Replay.orders,
    StepKind.ORDERS_DONE: Replay.orders_done,
    StepKind.CLOSE: Replay.close,
    StepKind.CHECK_OUT: Replay.check_out,
    StepKind.ROOM_CLEANED: Replay.room_step,
    StepKind.ROOM_STOCKED: Replay.room_step,
    StepKind.ROOM_READY: Replay.room_step,
}
