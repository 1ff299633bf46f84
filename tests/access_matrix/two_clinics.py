"""Two clinics in one store whose records have the same ids and different words, and every word is a marker.

A marker says whose it is: `zqaxvisitxnear` is what the visit of the patient `near` says in clinic a. Clinic b holds
the same ids with `zqb…`, so that a read that forgets its practice shows the wrong marker, and a patient of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import Role
from carewright.core.store.model import Resource
from carewright.core.store.sql import Sql
from carewright.core.terminology.coding import CONDITION_CLINICAL, Coding
from carewright.core.work.model import TASK_CODE, Pool
from carewright.core.work.tasks import new_task
from carewright.skills.allergies.fhir import asked_to_fhir
from carewright.skills.allergies.fhir import to_fhir as allergy_to_fhir
from carewright.skills.allergies.model import Allergy, Asked, Outcome
from carewright.skills.calls.fhir import to_fhir as phone_to_fhir
from carewright.skills.calls.model import PhoneCall, State
from carewright.skills.checkout.fhir import note_to_fhir
from carewright.skills.checkout.model import ExcuseNote
from carewright.skills.contacts.fhir import to_fhir as contacts_to_fhir
from carewright.skills.contacts.model import Contacts
from carewright.skills.critical_calls.codes import CRITICAL_CALL
from carewright.skills.emergency.codes import HELP
from carewright.skills.emergency.fhir import to_fhir as call_to_fhir
from carewright.skills.emergency.model import Call, Event, Line
from carewright.skills.incoming.fhir import to_fhir as paper_to_fhir
from carewright.skills.incoming.model import CameAs, Paper, Route
from carewright.skills.messages.fhir import to_fhir as message_to_fhir
from carewright.skills.messages.model import Message
from carewright.skills.messages.threads import Thread, Words
from carewright.skills.messages.threads_fhir import to_fhir as thread_to_fhir
from carewright.skills.orders.fhir import to_fhir as order_to_fhir
from carewright.skills.orders.model import Kind as OrderKind
from carewright.skills.orders.model import Order
from carewright.skills.protocols import library
from carewright.skills.protocols.fhir import to_fhir as protocol_to_fhir
from carewright.skills.protocols.model import MadeBy, Version
from carewright.skills.referrals.fhir import to_fhir as referral_to_fhir
from carewright.skills.referrals.model import Referral, Step, Taken
from carewright.skills.refills.fhir import to_fhir as refill_to_fhir
from carewright.skills.refills.model import Asker, Asking, Refill, Via
from carewright.skills.registration.codes import FALL_RISK
from carewright.skills.registration.fhir import family_to_fhir, flag_to_fhir
from carewright.skills.registration.model import BannerFlag
from carewright.skills.rooms.fhir import wait_to_fhir
from carewright.skills.rooms.model import Wait
from carewright.skills.rooms.rules import WAITS
from carewright.skills.scheduling import codes, people
from carewright.skills.scheduling.fhir import template_to_fhir
from carewright.skills.scheduling.fhir import to_fhir as booking_to_fhir
from carewright.skills.scheduling.model import Booking, Session, Template
from carewright.skills.standing_orders.fhir import to_fhir as standing_order_to_fhir
from carewright.skills.standing_orders.model import StandingOrder
from carewright.skills.visit.fhir import to_fhir as visit_to_fhir
from carewright.skills.visit.model import RoomStay, Stage, Visit, VisitStatus
from carewright.skills.vitals.codes import KG
from carewright.skills.vitals.fhir import to_fhir as reading_to_fhir
from carewright.skills.vitals.model import Kind, Reading
from carewright.skills.vitals.rules.typed import read
from tests.access_matrix import who
from tests.clinic import TEN_FORTY, Clinic
from tests.pages import OTHER_SITE, SITE, Pages, open_pages

FAMILY_NAME, BORN = "Zwarth", "1971-08-21"
"""What all the patients share: what one searches for to find those who may be found."""
MARKER = re.compile(r"zq([ab])x([a-z]+?)x([a-z]+)")
WEIGHT = re.compile(r"(?<![\d.])([78])1\.(\d\d)(?!\d)")
"""A reading says a number and no words: 71.… kg in clinic a, 81.… kg in clinic b, and the hundredths say whose."""
R, V = "R", "V"


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A patient of the matrix. `label` is on all their records, `name_label` on the Patient alone."""

    name: str
    site: str = SITE
    label: str = ""
    name_label: str = ""
    came: bool = True
    """Whether they have an appointment and a visit."""
    room: str = ""

    @property
    def ids(self) -> dict[str, str]:
        """The part of an address → what it stands for."""
        return {
            "patient_id": self.name,
            **({"appointment_id": f"booking-{self.name}", "encounter_id": f"visit-{self.name}",
                "visit_id": f"visit-{self.name}", "wait_id": f"wait-{self.name}",
                "message_id": f"message-{self.name}", "allergy_id": f"allergy-{self.name}",
                "observation_id": f"vital-{self.name}", "document_id": f"note-{self.name}",
                "paper_id": f"paper-{self.name}", "referral_id": f"referral-{self.name}",
                "request_id": f"order-{self.name}", "result_id": f"result-{self.name}",
                "refill_id": f"refill-{self.name}",
                "phone_id": f"phone-{self.name}", "thread_id": f"thread-{self.name}",
                "task_id": f"task-{self.name}", "ringing_id": f"ringing-{self.name}"} if self.came else {}),
        }  # fmt: skip

    def label_of(self, kind: str) -> str:
        return self.label or (self.name_label if kind == "patient" else "")


NEAR = Somebody(name="near", room="room-4")
PEOPLE = (
    NEAR,
    Somebody(name="far", site=OTHER_SITE),
    Somebody(name="unseen", came=False),
    Somebody(name="restricted", label=R),
    Somebody(name="secret", label=V),
    Somebody(name="veiled", name_label=V),
)
"""Of both clinics: one here today, one at the other site, one without a visit, and those whose records are labelled."""
FOREIGN = Somebody(name="foreign")
"""Of the other clinic alone."""
NOBODY = Somebody(name="nobody")
"""Of none: what is hidden must look like this."""
EXTRAS = ("nearrestricted", "nearsecret")
"""Further records in the chart of `near`, labelled R and V."""
WEIGHED = (*(person.name for person in PEOPLE), FOREIGN.name, *EXTRAS)


def weight(letter: str, whose: str) -> str:
    return f"{'7' if letter == 'a' else '8'}1.{31 + WEIGHED.index(whose)}"


KINDS: set[str] = set()
"""Of what facts there are markers: a token that happens to look like one (it is random) names none of these."""


def marker(letter: str, kind: str, whose: str) -> str:
    KINDS.add(kind)
    return f"zq{letter}x{kind}x{whose}"


def may_see(role: Role, kind: str, whose: str) -> bool:
    """Whether somebody of clinic a may see this fact."""
    if kind == "staff":
        return True
    if whose in EXTRAS:
        label = R if whose == "nearrestricted" else V
    else:
        known = {person.name: person for person in PEOPLE}
        if whose not in known:
            return False
        label = known[whose].label_of(kind)
    if label == V or (label == R and role not in who.SEES_RESTRICTED):
        return False
    return role in who.FACTS[kind]


def leaks(role: Role, text: str) -> Iterator[str]:
    """Every marker in a text that this role of clinic a must not see."""
    for letter, kind, whose in _found(text):
        if letter != "a" or not may_see(role, kind, whose):
            yield f"{marker(letter, kind, whose)}"


def shown(text: str) -> set[tuple[str, str]]:
    """The kinds of facts in a text, and whose they are."""
    return {(kind, whose) for _, kind, whose in _found(text)}


def _found(text: str) -> set[tuple[str, str, str]]:
    found = {(letter, kind, whose) for letter, kind, whose in MARKER.findall(text.lower()) if kind in KINDS}
    for tens, hundredths in WEIGHT.findall(text):
        if 0 <= (number := int(hundredths) - 31) < len(WEIGHED):
            found.add(("a" if tens == "7" else "b", "vital", WEIGHED[number]))
    return found


@dataclass
class TwoClinics:
    """Clinic a, whose people ask, and clinic b beside it in the same store."""

    a: Clinic
    b: Clinic
    pages: Pages

    def name_of(self, role: Role) -> str:
        return next(name for name, held in self.a.people.items() if held is role)

    def reopen(self) -> None:
        """Let the pages use this store and these people, whoever used them in between."""
        people.forget()
        self.pages = open_pages(self.a)


def fill(clinic: Clinic, letter: str) -> None:
    """Everything in one of the two clinics."""
    people.forget()
    clinic.have(*_house(letter))
    everybody = (*PEOPLE, FOREIGN) if letter == "b" else PEOPLE
    for person in everybody:
        clinic.have(*records(person, letter))
    clinic.have(*(_labelled(r, R) for r in _chart("near", "nearrestricted", letter)))
    clinic.have(*(_labelled(r, V) for r in _chart("near", "nearsecret", letter)))


def _house(letter: str) -> list[Resource]:
    """The staff under the names of both clinics, a provider's week, one family of all, a call for help."""
    week = tuple(Session(weekday=n, starts=time(8), ends=time(17), seats=9) for n in range(5))
    staff: list[Resource] = [
        {"resourceType": "Practitioner", "id": name,
         "name": [{"family": marker(letter, "staff", name), "given": [name.title()]}]}
        for name in ("lind", "dana")
    ]  # fmt: skip
    members = [f"Patient/{person.name}" for person in PEOPLE]
    call = Call(
        id="call", site=SITE, room="room-1", room_name="Room 1", job=HELP.code,
        lines=(Line(event=Event.CALLED, at=TEN_FORTY, by="Practitioner/dana", who=marker(letter, "staff", "dana")),),
    )  # fmt: skip
    return [
        *staff,
        call_to_fhir(call),
        template_to_fhir(Template(schedule="Schedule/lind", provider="Practitioner/lind", site=f"Location/{SITE}",
                                  zone="America/New_York", sessions=week)),
        family_to_fhir(members, name=marker(letter, "family", "near"), group_id="family"),
        *_rules(letter),
    ]  # fmt: skip


def _rules(letter: str) -> list[Resource]:
    """What the practice works by: a protocol and a standing order, whose words are the clinic's own."""
    protocol = replace(library.protocols()["diabetes"], about=marker(letter, "staff", "protocol"))
    order = StandingOrder(
        id="flu", name="flu", allows=Coding(TASK_CODE, "vaccine-give", "Give the vaccine"),
        words=marker(letter, "staff", "order"), signer="Practitioner/lind", signer_name="Dr. Lind",
        first_day=date(2026, 9, 1), last_day=date(2027, 6, 30), roles=frozenset({Role.MA}),
    )  # fmt: skip
    version = Version(protocol=protocol, number=0, text="", made_by=MadeBy.PRODUCT, label="1", made_at=TEN_FORTY)
    return [protocol_to_fhir(version), standing_order_to_fhir(order)]


def records(person: Somebody, letter: str) -> list[Resource]:
    """All the records of one patient, with their labels."""
    patient: Resource = {
        "resourceType": "Patient", "id": person.name, "gender": "male", "birthDate": BORN,
        "name": [{"use": "official", "family": FAMILY_NAME, "given": [marker(letter, "patient", person.name)]}],
        "telecom": [{"system": "phone", "value": "617-555-0142"}],
    }  # fmt: skip
    made = [_labelled(patient, person.label_of("patient"))]
    if person.came:
        made += [_labelled(found, person.label) for found in (*_day(person, letter), *_asked_for(person, letter))]
    return made + [_labelled(found, person.label) for found in _chart(person.name, person.name, letter)]


def _day(person: Somebody, letter: str) -> list[Resource]:
    """The appointment and the visit of this morning."""
    name, patient, visit = person.name, f"Patient/{person.name}", f"visit-{person.name}"
    began, encounter = TEN_FORTY - timedelta(minutes=30), f"Encounter/visit-{person.name}"
    stages: tuple[Stage, ...] = (Stage(status=VisitStatus.WAITING, since=began),)
    rooms: tuple[RoomStay, ...] = ()
    if person.room:
        roomed = began + timedelta(minutes=10)
        stages = (Stage(status=VisitStatus.WAITING, since=began, until=roomed),
                  Stage(status=VisitStatus.ROOMING, since=roomed))  # fmt: skip
        rooms = (RoomStay(location=f"Location/{person.room}", since=roomed),)
    seat = [NEAR, *PEOPLE, FOREIGN].index(person)
    task = {**new_task(visit, codes.SICK, patient=patient, at=began), "id": f"task-{name}",
            "code": {"coding": [{"system": TASK_CODE, "code": "matrix"}],
                     "text": marker(letter, "task", name)}}  # fmt: skip
    ringing = {**new_task(visit, CRITICAL_CALL, patient=patient, at=began, status="in-progress",
                          owner="Practitioner/lind"), "id": f"ringing-{name}"}  # fmt: skip
    return [
        ringing,
        booking_to_fhir(Booking(
            id=f"booking-{name}", patient=patient, provider="Practitioner/lind", site=f"Location/{person.site}",
            schedule="Schedule/lind", starts_at=began, minutes=20, type=codes.SICK, seat=seat, status="arrived",
            reason=marker(letter, "appointment", name), comment=marker(letter, "appointment", name),
        )),
        visit_to_fhir(Visit(
            id=visit, patient=patient, type=codes.SICK, stages=stages, rooms=rooms, provider="Practitioner/lind",
            reason=marker(letter, "visit", name), appointment=f"Appointment/booking-{name}",
            site=f"Organization/{person.site}",
        )),
        task,
        {**wait_to_fhir(Wait(kind=WAITS[0], patient=patient, encounter=encounter, started_at=began)),
         "id": f"wait-{name}"},
        message_to_fhir(Message(id=f"message-{name}", patient=patient, encounter=encounter, by="Practitioner/lind",
                                words=marker(letter, "message", name), at=began)),
        thread_to_fhir(Thread(id=f"thread-{name}", topic="Matrix", patient=patient, encounter=encounter,
                              pool=Pool(role=Role.MA), due_at=TEN_FORTY, first=Words(
                                  by="Practitioner/lind", at=began, words=marker(letter, "message", name)))),
        phone_to_fhir(PhoneCall(id=f"phone-{name}", site=person.site, at=began, by="Practitioner/dana", number="1",
                                patient=patient, reason="refill", state=State.OWED,
                                words=marker(letter, "phone", name))),
        contacts_to_fhir(Contacts(id=f"whom-{name}", patient=patient, own_number=marker(letter, "told", name),
                                  at=began)),
        asked_to_fhir(Asked(id=f"asked-{name}", patient=patient, encounter=encounter, at=began, by="Practitioner/dana",
                            outcome=Outcome.SAME, words=marker(letter, "asked", name))),
        note_to_fhir(ExcuseNote(
            patient=patient, patient_name=marker(letter, "note", name), kind="school", seen_on=date(2026, 11, 23),
            excused_from=date(2026, 11, 23), excused_through=date(2026, 11, 24), provider="Practitioner/lind",
            provider_name="Lind", written_at=began, encounter=encounter,
        )) | {"id": f"note-{name}"},
        referral_to_fhir(Referral(
            id=f"referral-{name}", patient=patient, provider="Practitioner/lind", to=marker(letter, "referral", name),
            reason=marker(letter, "referral", name), site=person.site,
            taken=(Taken(step=Step.NEEDED, at=began, by="Practitioner/lind"),),
        )),
        paper_to_fhir(Paper(id=f"paper-{name}", patient=patient, came_as=CameAs.FAX, came_at=began,
                            content_type="image/png", title=marker(letter, "paper", name), route=Route.SIGN,
                            to="Practitioner/lind", type_words="Lab result", site=person.site)),
    ]  # fmt: skip


def _asked_for(person: Somebody, letter: str) -> list[Resource]:
    """An order, a result and a refill request."""
    name, patient = person.name, f"Patient/{person.name}"
    order = Order(
        id=f"order-{name}", patient=patient, provider="Practitioner/lind", words=marker(letter, "order", name),
        kind=OrderKind.LABORATORY, site=person.site,
    )  # fmt: skip
    result: Resource = {
        "resourceType": "DiagnosticReport", "id": f"result-{name}", "status": "final",
        "subject": {"reference": patient}, "code": {"text": marker(letter, "result", name)}, "conclusion": "Normal",
    }  # fmt: skip
    return [order_to_fhir(order), result, _refill(person, letter)]


def _refill(person: Somebody, letter: str) -> Resource:
    asking = Asking(at=TEN_FORTY, by="Practitioner/dana", via=Via.PHONE, asker=Asker.PATIENT)
    return refill_to_fhir(Refill(
        id=f"refill-{person.name}", patient=f"Patient/{person.name}", site=person.site, asked=(asking,),
        medicine=marker(letter, "refill", person.name),
    ))  # fmt: skip


def _chart(patient_id: str, name: str, letter: str) -> list[Resource]:
    """What a chart holds of one patient: an allergy, a flag, a reading, a problem, medicines, a vaccine."""
    patient = f"Patient/{patient_id}"
    about, began = {"reference": patient}, TEN_FORTY - timedelta(minutes=25)
    visit = f"Encounter/visit-{patient_id}"
    reading = Reading(kind=Kind.WEIGHT, at=began, patient=patient, encounter=visit, performer="Practitioner/dana",
                      value=read(weight(letter, name), KG))  # fmt: skip
    active = {"coding": [{"system": CONDITION_CLINICAL, "code": "active"}]}
    found: list[Resource] = [
        allergy_to_fhir(Allergy(id=f"allergy-{name}", patient=patient, substance=marker(letter, "allergy", name),
                                recorded_at=began)),
        flag_to_fhir(BannerFlag(id=f"flag-{name}", patient=patient, code=FALL_RISK,
                                words=marker(letter, "flag", name))),
        {**reading_to_fhir(reading), "id": f"vital-{name}"},
        {"resourceType": "Condition", "id": f"problem-{name}", "subject": about, "clinicalStatus": active,
         "code": {"text": marker(letter, "problem", name)}, "recordedDate": "2026-01-02"},
        {"resourceType": "MedicationRequest", "id": f"medicine-{name}", "status": "active", "intent": "order",
         "subject": about, "medicationCodeableConcept": {"text": marker(letter, "medicine", name)},
         "authoredOn": "2026-05-01"},
        {"resourceType": "MedicationStatement", "id": f"taken-{name}", "status": "active", "subject": about,
         "medicationCodeableConcept": {"text": marker(letter, "taken", name)}},
        {"resourceType": "Immunization", "id": f"vaccine-{name}", "status": "completed", "patient": about,
         "vaccineCode": {"text": marker(letter, "vaccine", name)}, "occurrenceDateTime": "2025-08-21"},
    ]  # fmt: skip
    return found


def _labelled(resource: Resource, label: str) -> Resource:
    if not label:
        return resource
    return {**resource, "meta": {"security": [{"system": CONFIDENTIALITY, "code": label}]}}


def versions(clinics: Iterable[Clinic]) -> Mapping[str, int]:
    """How many versions each clinic holds: what was refused must have written none."""
    found = {}
    for clinic in clinics:
        with clinic.store.driver.reading(clinic.practice) as connection:
            rows = connection.rows(Sql("SELECT count(*) FROM version WHERE practice = ?", (clinic.practice,)))
        found[clinic.practice] = int(str(rows[0][0]))
    return found
