"""The values that the simulator hands out. All of them are plain: nothing here knows a store or a screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from carewright.core.access.model import Role
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import Coding


@dataclass(frozen=True, kw_only=True)
class Address:
    """A US postal address; `lines` is empty for somebody without a fixed one, and `text` then says so."""

    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One site: an Organization (`organization`) with a Location (`id`), its hours the same on every day."""

    key: str
    id: str
    organization: str
    name: str
    phone: str
    address: Address
    time_zone: str
    opens: time
    closes: time

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def at(self, day: date, moment: time) -> datetime:
        """The instant of a wall-clock time at this site."""
        return datetime.combine(day, moment, tzinfo=self.zone)


@dataclass(frozen=True, kw_only=True)
class Room:
    """One examination room: a Location inside its site's Location."""

    id: str
    site: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A certificate or licence as Practitioner.qualification shows it."""

    code: str
    name: str
    issuer: str
    since: date
    until: date


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """One of the twelve. `site` is the key of the site where this person works today."""

    id: str
    username: str
    given: str
    family: str
    gender: str
    roles: tuple[Role, ...]
    site: str
    title: str = ""
    suffix: str = ""
    specialty: str = ""
    credentials: tuple[Credential, ...] = ()

    @property
    def display(self) -> str:
        name = f"{self.title} {self.given} {self.family}".strip()
        return f"{name}, {self.suffix}" if self.suffix else name


@dataclass(frozen=True, kw_only=True)
class Template:
    """A provider's day: when it can be booked, in slots of `slot_minutes`."""

    provider: str
    site: str
    schedule: str
    slot_minutes: int
    blocks: tuple[tuple[time, time], ...]

    def slots(self) -> tuple[time, ...]:
        """The wall-clock start of each slot."""
        found = []
        for begins, ends in self.blocks:
            at = datetime.combine(date.min, begins)
            while at + timedelta(minutes=self.slot_minutes) <= datetime.combine(date.min, ends):
                found.append(at.time())
                at += timedelta(minutes=self.slot_minutes)
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class DemoUser:
    """A sign-on that the demonstration offers."""

    username: str
    display: str
    roles: tuple[Role, ...]
    practitioner: str


@dataclass(frozen=True, kw_only=True)
class Practice:
    """The practice without its patients; `resources` is all of it as FHIR, in an order in which references resolve."""

    key: str
    name: str
    seed: int
    organization: str
    sites: tuple[Site, ...]
    rooms: tuple[Room, ...]
    staff: tuple[StaffMember, ...]
    templates: tuple[Template, ...]
    users: tuple[DemoUser, ...]
    resources: tuple[Resource, ...]

    def site(self, key: str) -> Site:
        return next(site for site in self.sites if site.key == key)

    def rooms_at(self, site: str) -> tuple[Room, ...]:
        return tuple(room for room in self.rooms if room.site == site)

    def staff_member(self, username: str) -> StaffMember:
        return next(member for member in self.staff if member.username == username)

    def staff_at(self, site: str, *roles: Role) -> tuple[StaffMember, ...]:
        return tuple(m for m in self.staff if m.site == site and set(roles) & set(m.roles))


@dataclass(frozen=True, kw_only=True)
class Guardian:
    """Somebody who comes with, or decides for, a patient. `authority` is a code of our authority code system."""

    id: str
    given: tuple[str, ...]
    family: str
    sex: str
    relationship: str
    authority: str
    note: str
    phone: str
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A patient before the chart is written out: who it is, and what the history holds, in keys.

    `sex` is `female` or `male`, as assigned at birth; `traits` are keys of `traits.TRAITS`, sorted;
    `birth_order` is 1 or more among twins;
    `pregnant_days` counts from the last period; `stitches_days` is how long ago a cut was closed.
    """

    id: str
    number: int
    household: int
    given: tuple[str, ...]
    family: str
    sex: str
    born: date
    culture: str
    race: tuple[tuple[str, str], ...]
    ethnicity: tuple[str, str]
    language: str
    interpreter: bool
    site: str
    address: Address
    phone: str
    mobile: str = ""
    email: str = ""
    usual: str = ""
    maiden: str = ""
    guardians: tuple[Guardian, ...] = ()
    contact: Guardian | None = None
    traits: tuple[str, ...] = ()
    pregnant_days: int | None = None
    stitches_days: int | None = None
    birth_order: int = 0

    def age_days(self, day: date) -> int:
        return (day - self.born).days

    def age_years(self, day: date) -> int:
        """Completed years, as a birthday counts them."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def has(self, trait: str) -> bool:
        return trait in self.traits

    @property
    def display(self) -> str:
        return " ".join((*self.given, self.family)).strip()


@dataclass(frozen=True, kw_only=True)
class PatientRecord:
    """One patient's chart. `resources` starts with the Patient; references resolve within it and the practice."""

    person: Person
    resources: tuple[Resource, ...]

    @property
    def patient(self) -> Resource:
        return self.resources[0]


@dataclass(frozen=True, kw_only=True)
class VitalSigns:
    """One set of measurements; None where it is not taken at this age or visit."""

    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    lying: bool = False
    head_cm: Decimal | None = None
    temperature_c: Decimal | None = None
    pulse_bpm: int | None = None
    respirations_bpm: int | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    spo2_percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedAppointment:
    """One booking. `reason` is in the words of the patient (or of the parent); `needs` are keys such as `wheelchair`;
    `visit_type` is the simulator's kind of visit, `coding` the schedule's, `visit_display` what a schedule shows.

    `booked` is False for a walk-in: it does not exist until the step `walk-in` makes it.
    """

    id: str
    site: str
    provider: str
    schedule: str
    patient: str
    patient_display: str
    visit_type: str
    visit_display: str
    coding: Coding
    reason: str
    start: datetime
    minutes: int
    needs: tuple[str, ...] = ()
    family: str = ""
    booked: bool = True

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


class StepKind(StrEnum):
    """What happens in the morning, in the words of the clinic."""

    CANCEL = "cancel"
    NO_SHOW = "no-show"
    WALK_IN = "walk-in"
    RUNNING_LATE = "running-late"
    CHECK_IN = "check-in"
    ROOM = "room"
    IDENTITY = "identity"
    REASON = "reason"
    ALLERGIES = "allergies"
    VITALS = "vitals"
    READY = "ready"
    PROVIDER_IN = "provider-in"
    ORDERS = "orders"
    ORDERS_DONE = "orders-done"
    CLOSE = "close"
    CHECK_OUT = "check-out"
    ROOM_CLEANED = "room-cleaned"
    ROOM_STOCKED = "room-stocked"
    ROOM_READY = "room-ready"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that somebody does. `staff` is a Practitioner id, `room` a Location id.

    ROOM takes the room; CLOSE gives it back, dirty, and the patient goes to the desk. After ORDERS_DONE the provider
    comes in again (PROVIDER_IN, then CLOSE). `values` by kind:
    CHECK_IN `with_person` (RelatedPerson id, only for a child); REASON `text`; ALLERGIES `none_known` (True, or
    False: gone over as listed); VITALS `vitals` (VitalSigns); ORDERS `text` (a message to the MA);
    CANCEL and RUNNING_LATE `text`.
    """

    at: datetime
    kind: StepKind
    staff: str
    appointment: str | None = None
    room: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DayPlan:
    """A day: what is booked, and what happens until `opens_at` (10:40 at the sites).

    `patients` are the ids of everybody with an appointment, in the order of their appointments, and after them the
    other members of the families among them: write these first.
    """

    day: date
    practice: Practice
    opens_at: datetime
    appointments: tuple[PlannedAppointment, ...]
    steps: tuple[Step, ...]
    patients: tuple[str, ...]
