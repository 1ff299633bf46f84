"""What the made-up practice has on its hands besides the visits: calls, papers, messages, referrals, results, refills.

Like the morning itself (replay.py) everything is done through the product's own actions, as the people who would have
done it and at the time at which they would have; what came in from outside comes in as it would have come.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from fpdf import FPDF

from carewright.core.access.model import Access, Role
from carewright.core.blobs.blobs import Blobs
from carewright.core.clock import Clock
from carewright.core.store.model import Origin, Ref, Resource
from carewright.core.store.writer import Writer
from carewright.core.terminology.coding import LOINC, UCUM, Coding
from carewright.core.work import actions as work
from carewright.core.work.fhir import site_extension
from carewright.core.work.model import OTHER, Kind, Pool, WorkTask
from carewright.project.replay import Replay
from carewright.skills.calls import actions as calls
from carewright.skills.calls.model import Answer, Caller
from carewright.skills.incoming import actions as incoming
from carewright.skills.incoming.model import CameAs
from carewright.skills.messages import actions as messages
from carewright.skills.messages.threads import Thread, Words
from carewright.skills.orders import actions as orders
from carewright.skills.orders.catalog import BY_KEY
from carewright.skills.orders.model import Order
from carewright.skills.orders.model import Step as OrderStep
from carewright.skills.referrals import actions as referrals
from carewright.skills.referrals.model import Referral, Step, Taken
from carewright.skills.refills import actions as refills
from carewright.skills.refills.model import Asker, Asking, Refill, Said, Supply, Via
from carewright.skills.refills.queries import Medicine, medicines

ADULT_YEARS, CHILD_YEARS = 25, 8
LABORATORY = Coding("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory")
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LABORATORY_OBSERVATION = Coding(CATEGORY, "laboratory", "Laboratory")
HIGH = Coding("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H", "High")
PAPERS = (
    ("Cardiology consultation", "Thank you for sending {name}, born {born}. Murmur grade 1, echocardiogram normal."),
    ("School health form", "Please fill in for {name}, born {born}, and send back by Friday."),
    ("Health plan: prior authorization", "Member {name}, born {born}: more information is asked for."),
    ("Pharmacy refill request", "{name}, born {born}: lisinopril 10 mg, last filled 34 days ago."),
)
"""What the fax machine brought this morning: a title, and what stands on it."""


@dataclass
class Office:
    """The work of one morning besides the visits, written into the store of `replay`."""

    replay: Replay
    operator: Access
    blobs: Blobs | None = None

    def __post_init__(self) -> None:
        day, site = self.replay.plan.day, self.replay.plan.practice.sites[0]
        self._day, self._site = day, site
        desk = self._as("rosa").access  # whom the front desk may see, everybody may who is named below
        with self.replay.store.reader(desk, reason="demonstration.look") as reader:
            rows = reader.rows("patient", where={}, order=("id",))
        known = [(row, date.fromisoformat(str(row["birth_date"]))) for row in rows if row["birth_date"]]
        self._adults = [row for row, born in known if _years(born, day) >= ADULT_YEARS]
        self._children = [row for row, born in known if _years(born, day) <= CHILD_YEARS]
        self._next = count()

    def work(self) -> None:
        """Everything, in no particular order: each thing carries its own time."""
        self._calls()
        self._papers()
        self._messages()
        self._tasks()
        self._referrals()
        self._orders()
        self._refills()

    # -- the phone --------------------------------------------------------------------------------------------------

    def _calls(self) -> None:
        child, adult = self._child(), self._adult()
        self._call("rosa", time(9, 5), "She has had a fever since last night and drinks little", child,
                   Caller.PATIENT, "symptom")  # fmt: skip
        self._call("rosa", time(9, 40), "The blood pressure pills run out on Friday", adult, Caller.PATIENT, "refill")
        self._call("tou", time(10, 12), "Wants to know about the blood test of last week", self._adult(),
                   Caller.PATIENT, "result")  # fmt: skip
        self._call("rosa", time(10, 31), "Asks whether the form for camp is ready", self._child(), None, "")

    def _call(self, who: str, at: time, said: str, patient: Resource, caller: Caller | None, reason: str) -> None:
        moment, writer, key = self._at(at), self._as(who), str(uuid.uuid4())
        here: dict[str, Any] = {"call_id": key, "site": self._site.id, "at": moment}
        self._clock(moment)
        calls.keep(writer, **here, number=f"651-555-0{170 + next(self._next)}", words=said)
        calls.answer_emergency(writer, **here, answer=Answer.NO)
        if caller is None:
            return  # called away: half a call, which somebody has to finish
        calls.identify(writer, **here, patient=f"Patient/{patient['id']}")
        calls.who_calls(writer, **here, caller=caller)
        calls.send_on(writer, **here, reason=reason)

    # -- what comes in ----------------------------------------------------------------------------------------------

    def _papers(self) -> None:
        """Four faxes; two are in a chart already and wait to be signed or seen to."""
        if self.blobs is None:
            return
        rosa = self._as("rosa")
        for number, (title, text) in enumerate(PAPERS):
            patient = self._child() if "School" in title else self._adult()
            moment = self._at(time(8, 10)) + timedelta(minutes=20 * number)
            self._clock(moment)
            born = date.fromisoformat(str(patient["birth_date"]))
            page = _page(title, text.format(name=patient["name"], born=f"{born:%m/%d/%Y}"), at=moment)
            taken = incoming.take_in(
                rosa, blobs=self.blobs, sent=page, came_as=CameAs.FAX, at=moment, site=self._site.id
            )
            if number < 2 and taken.ref is not None:
                incoming.match(rosa, paper_id=taken.ref.id, version=1, patient_id=str(patient["id"]))

    def _messages(self) -> None:
        ma, desk = Pool(role=Role.MA), Pool(role=Role.FRONT_DESK)
        self._thread("lind", time(9, 50), "Fasting before Thursday", "Please call and say: nothing to eat after "
                     "midnight, water is fine.", pool=ma, about=self._adult())  # fmt: skip
        self._thread("lena", time(9, 15), "Insurance card", "The card on file has another number than the claim. Ask "
                     "for a copy at the next visit.", pool=desk, about=self._adult())  # fmt: skip
        ref = self._thread("lena", time(8, 20), "EKG electrodes", "Two packs left in the cabinet. Who orders?",
                           to=self._person("dana"))  # fmt: skip
        moment = self._at(time(8, 55))
        self._clock(moment)
        said = Words(by=self._person("dana"), at=moment, words="I do, with the vaccines order today.")
        messages.answer(self._as("dana"), thread_id=ref.id, words=said)

    def _thread(
        self, who: str, at: time, topic: str, said: str, *, to: str = "", pool: Pool | None = None,
        about: Resource | None = None,
    ) -> Ref:  # fmt: skip
        moment = self._at(at)
        self._clock(moment)
        first = Words(by=self._person(who), at=moment, words=said)
        thread = Thread(
            topic=topic, first=first, to=to, pool=pool, due_at=self._at(time(16, 30)), site=self._site.id,
            patient=f"Patient/{about['id']}" if about else "",
        )  # fmt: skip
        return messages.begin(self._as(who), thread=thread)

    def _tasks(self) -> None:
        """What somebody asked for with the quick key."""
        for who, at, words, due, kind, about in (
            ("raman", time(9, 30), "Ask the old clinic for the vaccine record", time(15), Kind.CLERICAL, self._child()),
            ("lena", time(8, 5), "Check the emergency cart", time(16), Kind.CLERICAL, None),
            ("osei", time(10, 5), "Repeat the blood pressure by phone, home cuff", time(14), Kind.CLINICAL,
             self._adult()),
        ):  # fmt: skip
            self._clock(self._at(at))
            task = WorkTask(
                code=OTHER, words=words, pool=Pool(role=Role.MA), kind=kind, due_at=self._at(due), site=self._site.id,
                patient=f"Patient/{about['id']}" if about else "", requester=self._person(who),
                authored_at=self._at(at),
            )  # fmt: skip
            work.add(self._as(who), task=task)

    # -- loops that go over days ------------------------------------------------------------------------------------

    def _referrals(self) -> None:
        for who, to, why, days, steps in (
            ("lind", "Cardiology, Riverside Heart Center", "Murmur, please hear and say", 12,
             (Step.SENT, Step.SCHEDULED)),
            ("osei", "Orthopedics", "Knee, six weeks, no better", 5, (Step.SENT,)),
            ("raman", "Dermatology", "A mole that has changed", 0, ()),
        ):  # fmt: skip
            moment = self._at(time(9, 45)) - timedelta(days=days)
            self._clock(moment)
            needed = Taken(step=Step.NEEDED, at=moment, by=self._person(who))
            ref = referrals.refer(self._as(who), referral=Referral(
                patient=f"Patient/{self._adult()['id']}", provider=self._person(who), to=to, reason=why,
                taken=(needed,), site=self._site.id,
            ))  # fmt: skip
            for number, step in enumerate(steps, start=1):
                later = moment + timedelta(days=number)
                self._clock(later)
                seen = self._at(time(14)) - timedelta(days=1) if step is Step.SCHEDULED else None
                referrals.advance(
                    self._as("rosa"), referral_id=ref.id, version=number, step=step, at=later, seen_at=seen
                )

    def _orders(self) -> None:
        """One to collect today, one whose result is late, one whose result came this morning."""
        self._order("lind", "lipids", days=0)
        self._order("raman", "tsh", days=7, steps=(OrderStep.COLLECTED, OrderStep.SENT))
        patient, ref = self._order("osei", "bmp", days=2, steps=(OrderStep.COLLECTED, OrderStep.SENT))
        self._result(patient, ref)

    def _order(self, who: str, key: str, *, days: int, steps: tuple[OrderStep, ...] = ()) -> tuple[str, Ref]:
        test, patient = BY_KEY[key], f"Patient/{self._adult()['id']}"
        moment = self._at(time(9, 20)) - timedelta(days=days)
        self._clock(moment)
        ref = orders.place(self._as(who), at=moment, order=Order(
            patient=patient, provider=self._person(who), words=test.words, kind=test.kind, coding=test.coding,
            site=self._site.id, authored_at=moment,
        ))  # fmt: skip
        for number, step in enumerate(steps, start=1):
            later = moment + timedelta(minutes=15 * number)
            self._clock(later)
            orders.step(self._as("dana"), order_id=ref.id, version=number, step=step, at=later)
        return patient, ref

    def _result(self, patient: str, order: Ref) -> None:
        """The laboratory's report, as its interface brings it."""
        moment = self._at(time(7, 50))
        self._clock(moment)
        test, about = BY_KEY["bmp"], {"reference": patient}
        values = (("138", "135", "145"), ("5.4", "3.5", "5.1"), ("1.1", "0.7", "1.3"), ("96", "70", "99"))
        made: list[Resource] = [
            {"resourceType": "Observation", "id": str(uuid.uuid4()), "status": "final", "subject": about,
             "category": [LABORATORY_OBSERVATION.concept()], "code": coding.concept(),
             "effectiveDateTime": moment.isoformat(timespec="seconds"),
             "valueQuantity": _quantity(value, unit),
             "referenceRange": [{"low": _quantity(low, unit), "high": _quantity(high, unit)}],
             **({"interpretation": [HIGH.concept()]} if Decimal(value) > Decimal(high) else {})}
            for (coding, unit), (value, low, high) in zip(test.measures, values, strict=True)
        ]  # fmt: skip
        code = test.coding or Coding(LOINC, "24321-2", "Basic metabolic 2000 panel - Serum or Plasma")
        report: Resource = {
            "resourceType": "DiagnosticReport", "id": str(uuid.uuid4()), "extension": [site_extension(self._site.id)],
            "status": "final", "subject": about, "basedOn": [{"reference": str(order)}],
            "category": [LABORATORY.concept()], "code": code.concept(),
            "effectiveDateTime": moment.isoformat(timespec="seconds"), "issued": moment.isoformat(timespec="seconds"),
            "result": [{"reference": f"Observation/{one['id']}"} for one in made],
        }  # fmt: skip
        with self.replay.store.writer(self.operator, origin=Origin.INTERFACE).transaction(
            reason="demonstration.result"
        ) as tx:
            for one in (*made, report):
                tx.put(one)

    def _refills(self) -> None:
        """One to prepare, and one that is laid before its prescriber."""
        self._refill("dana", time(9, 10), "Atorvastatin", days_left=9)
        ref = self._refill("tou", time(8, 40), "Lisinopril", days_left=4)
        moment = self._at(time(9, 0))
        self._clock(moment)
        said = Said(as_written=True, well=True, words="No dizziness")
        found = refills.Found(pharmacy="Maple Street Pharmacy", prescriber=self._person("lind"), days_left=4, said=said)
        refills.prepare(
            self._as("tou"), refill_id=ref.id, version=1, found=found, supply=Supply(days=30, refills=0),
            note="What is not on file, the patient looks up and calls back.",
            at=moment, today=self._day,
        )  # fmt: skip

    def _refill(self, who: str, at: time, medicine: str, *, days_left: int) -> Ref:
        moment = self._at(at)
        self._clock(moment)
        patient, taken = self._who_takes(medicine)
        asked = Asking(at=moment, by=self._person(who), via=Via.PHONE, asker=Asker.PATIENT)
        ref, _ = refills.ask(self._as(who), refill=Refill(
            patient=f"Patient/{patient['id']}", medicine=taken.words if taken else medicine, asked=(asked,),
            site=self._site.id, days_left=days_left, on_file=taken.reference if taken else "",
            dose=taken.dose if taken else "", coding=taken.coding if taken else None,
        ))  # fmt: skip
        return ref

    def _who_takes(self, medicine: str) -> tuple[Resource, Medicine | None]:
        """Somebody on whose list it stands; anybody where it stands on nobody's."""
        with self.replay.store.reader(self._as("tou").access, reason="demonstration.look") as reader:
            for patient in self._adults:
                for one in medicines(reader, str(patient["id"])):
                    if one.words.startswith(medicine):
                        return patient, one
        return self._adult(), None

    # -- who, whom, when --------------------------------------------------------------------------------------------

    def _adult(self) -> Resource:
        return self._adults[(7 * next(self._next) + 3) % len(self._adults)]

    def _child(self) -> Resource:
        return self._children[(5 * next(self._next) + 1) % len(self._children)]

    def _as(self, username: str) -> Writer:
        return self.replay.writer_of(self.replay.plan.practice.staff_member(username))

    def _person(self, username: str) -> str:
        return f"Practitioner/{self.replay.plan.practice.staff_member(username).id}"

    def _at(self, moment: time) -> datetime:
        return self._site.at(self._day, moment)

    def _clock(self, moment: datetime) -> None:
        wall: Callable[[], datetime] = lambda: moment  # noqa: E731 - a clock that stands
        self.replay.store.clock = Clock(wall=wall)


def _quantity(value: str, unit: str) -> Resource:
    return {"value": Decimal(value), "unit": unit, "system": UCUM, "code": unit}


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _page(title: str, text: str, *, at: datetime) -> bytes:
    """A page as a fax machine hands it on."""
    document = FPDF(format="letter")
    document.set_creation_date(at)
    document.add_page()
    document.set_font("helvetica", style="B", size=16)
    document.multi_cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    document.set_font("helvetica", size=12)
    document.multi_cell(0, 7, text.encode("latin-1", "replace").decode("latin-1"), new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())
