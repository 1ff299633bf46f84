"""What check-out looks at: the visit, what is still open, what the summary says."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from carewright.core.sentences import named
from carewright.core.store.reader import Reader
from carewright.core.work.model import OPEN
from carewright.shell import whose
from carewright.shell.forms import PatientContext
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.skills.allergies import queries as allergies
from carewright.skills.checkout import queries as papers
from carewright.skills.checkout.model import State, VisitFacts
from carewright.skills.history import queries as history
from carewright.skills.history.model import Part
from carewright.skills.reason import queries as reasons
from carewright.skills.rooms import queries as rooms
from carewright.skills.scheduling import queries as schedule
from carewright.skills.visit import queries as visits
from carewright.skills.visit.codes import CHECK_OUT, DO_ORDERS, FLOW_TASKS, ROOM_PATIENT
from carewright.skills.visit.queries import OpenVisit
from carewright.skills.vitals import queries as vitals
from carewright.skills.vitals.forms import kind_words
from carewright.skills.vitals.model import Kind
from carewright.skills.vitals.rules.typed import reading_words
from carewright.workspaces.banner import AboutPatient, about, place_name

_FLOW = frozenset(code.code for code in FLOW_TASKS)


@dataclass(frozen=True, kw_only=True)
class CheckoutPage:
    """A visit that is being checked out, and its patient."""

    found: OpenVisit
    patient: AboutPatient
    provider: str

    @property
    def id(self) -> str:
        return self.found.visit.id

    @property
    def patient_id(self) -> str:
        return self.found.visit.patient.removeprefix("Patient/")


def load(request: CareRequest, encounter_id: str) -> CheckoutPage:
    """The visit and its patient; NotFound."""
    reader = request.reader("checkout.page")
    found = visits.open_visit(reader, encounter_id)
    visit = found.visit
    return CheckoutPage(
        found=found,
        patient=about(request, reader, visit.patient.removeprefix("Patient/"), visit=visit),
        provider=names_of(reader, [visit.provider]).get(visit.provider or "", ""),
    )


def context(request: CareRequest, page: CheckoutPage) -> PatientContext:
    """The signed context of the page's forms."""
    return whose.context_of(request, patient=page.patient_id, versions={str(page.found.ref): page.found.version})


def state_of(request: CareRequest, page: CheckoutPage) -> State:
    """What is open at this visit, in words."""
    reader = request.reader("checkout.page")
    rows = reader.rows("task", where={"encounter": page.id})
    open_rows = [row for row in rows if row["status"] in OPEN and row["code"] != CHECK_OUT.code]
    return State(
        waits_running=tuple(named(str(row.get("words") or row.get("code"))) for row in rooms.waits(reader, (page.id,))),
        orders_open=tuple(named(str(row["words"])) for row in open_rows if row["code"] == DO_ORDERS.code),
        rooming_open=tuple(
            named(str(row["words"]))
            for row in open_rows
            if row["code"] == ROOM_PATIENT.code or row["code"] not in _FLOW
        ),
        next_visit_asked=papers.next_visit_asked(reader, page.patient_id),
        next_visit_booked=bool(booked_next(request, page)),
        summary_given=papers.summary_given(reader, page.id),
    )


def booked_next(request: CareRequest, page: CheckoutPage) -> str:
    """The next visit that is booked, in words; "" where none is. For those who may see the schedule."""
    if not request.access.may_do("scheduling.see"):
        return ""
    rows = schedule.of_patient(request.reader("checkout.page"), page.patient_id, since=request.store.now())
    clock = request.care.clock
    for row in rows:
        starts = cast(datetime, row["starts_at"])
        if row.get("status") in (None, "booked"):
            return f"{clock.date(starts)}, {clock.time(starts)}"
    return ""


def facts(request: CareRequest, page: CheckoutPage) -> VisitFacts:
    """What the visit summary is made of, in the language of the moment (papers.py: the patient's)."""
    reader = request.reader("checkout.summary")
    visit = page.found.visit
    told = reasons.of_visit(reader, page.id)
    return VisitFacts(
        patient=f"{page.patient.banner.name}, {page.patient.banner.born_words}",
        visited_on=request.care.clock.date(visit.stages[0].since),
        provider=page.provider or "–",
        site=place_name(reader, visit.site) or request.care.site_name,
        reason=told[0].words if told else "",
        vitals=_measured(reader, page.id) if request.access.may_do("vitals.see") else (),
        allergies=allergies.banner_of(reader, page.patient_id).words,
        medicines=_medicines(request, reader, page.patient_id),
        next_visit=booked_next(request, page) or papers.next_visit_asked(reader, page.patient_id) or "",
    )


def _measured(reader: Reader, encounter_id: str) -> tuple[str, ...]:
    counting = [
        entry.reading
        for entry in vitals.of_visit(reader, encounter_id)
        if entry.reading.status != "entered-in-error" and entry.reading.value is not None
    ]
    latest = {reading.kind: reading for reading in counting}
    return tuple(f"{kind_words(kind)}: {reading_words(latest[kind])}" for kind in Kind if kind in latest)


def _medicines(request: CareRequest, reader: Reader, patient_id: str) -> tuple[str, ...]:
    if not request.access.may_do("history.see"):
        return ()
    active = history.entries(reader, patient_id, Part.MEDICINES).active
    return tuple(" – ".join(filter(None, (entry.words, entry.detail))) for entry in active)
