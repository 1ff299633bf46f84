"""The rooming page: who it is about, the checklist, what holds the hand-over, and the panel of one step.

Everything is read in one go, and every panel is shown inside the same page, so the patient banner is always there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.work.tasks import ALLERGIES_ASKED, CRITICAL_VITAL_TOLD, NAME_AND_BIRTH_DATE, of_visit
from carewright.shell import whose
from carewright.shell.components import Step, StepState
from carewright.shell.forms import ContextForm, PatientContext
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say
from carewright.skills.messages import queries as messages
from carewright.skills.visit import queries as visits
from carewright.skills.visit import rules as visit_rules
from carewright.skills.visit.forms import StepForm
from carewright.skills.visit.model import Hold, Readiness, VisitStatus
from carewright.skills.visit.queries import OpenVisit
from carewright.skills.vitals import queries as vitals
from carewright.skills.vitals.forms import kinds_for
from carewright.skills.vitals.model import Kind
from carewright.skills.vitals.panel import trend
from carewright.skills.vitals.queries import Recorded
from carewright.workspaces.banner import AboutPatient, about
from carewright.workspaces.rooming import brought
from carewright.workspaces.rooming.checklist import ALLERGIES, IDENTITY, REASON, VITALS, Line, lines_for

HELD_BY = {
    NAME_AND_BIRTH_DATE: IDENTITY.key,
    ALLERGIES_ASKED: ALLERGIES.key,
    CRITICAL_VITAL_TOLD: VITALS.key,
}
BEFORE_VISIT = 60
"""How many earlier readings are looked through for the short list beside the form."""


@dataclass(frozen=True, kw_only=True)
class Rooming:
    """One visit being roomed, as it was read for this request."""

    found: OpenVisit
    patient: AboutPatient
    lines: tuple[Line, ...]
    tasks: Mapping[str, Resource]
    readiness: Readiness
    saved: tuple[Recorded, ...]
    provider: str

    @property
    def id(self) -> str:
        return self.found.visit.id

    @property
    def patient_id(self) -> str:
        return self.found.visit.patient.removeprefix("Patient/")

    @property
    def status(self) -> VisitStatus:
        return self.found.visit.status

    @property
    def versions(self) -> dict[str, int]:
        return {str(self.found.ref): self.found.version}


def load(request: CareRequest, encounter_id: str) -> Rooming:
    """The visit, its patient and its checklist; NotFound."""
    reader = request.reader("rooming.page")
    found = visits.open_visit(reader, encounter_id)
    lines = lines_for(found.visit.type.code)
    return Rooming(
        found=found,
        patient=about(request, reader, found.visit.patient.removeprefix("Patient/"), visit=found.visit),
        lines=lines,
        tasks=_tasks(reader, encounter_id, lines),
        readiness=visits.readiness(reader, encounter_id),
        saved=tuple(vitals.of_visit(reader, encounter_id)),
        provider=names_of(reader, [found.visit.provider]).get(found.visit.provider or "", ""),
    )


def context(request: CareRequest, rooming: Rooming, *, versions: Mapping[str, int] | None = None) -> PatientContext:
    """The signed context of every form on the page."""
    return whose.context_of(request, patient=rooming.patient_id, versions={**rooming.versions, **(versions or {})})


def step_form(request: CareRequest, rooming: Rooming, data: Any = None) -> StepForm:
    return StepForm(
        data,
        status=rooming.status,
        here=context(request, rooming),
        now=request.store.clock.wall(),
        auto_id=False,
    )


def show(
    request: CareRequest, rooming: Rooming, line: Line, values: Mapping[str, Any], *, status: int = 200,
    template: str = "",
) -> HttpResponse:  # fmt: skip
    """The page with the panel of one line. `template` replaces the panel where something has to be put right."""
    reader = request.reader("rooming.page")
    holds = visit_rules.holds(rooming.readiness)
    steps = visit_rules.actions_from(rooming.status, roles=request.access.roles)
    shown = {
        "rooming": rooming,
        "banner": rooming.patient.banner,
        "steps": _steps(rooming, line),
        "line": line,
        "panel": template or f"rooming/panels/{line.panel}.html",
        "holds": [(say(hold.words), _address_of(rooming, hold)) for hold in holds],
        "forward": {step.action: step for step in steps},
        "step": step_form(request, rooming),
        "provider": rooming.provider or gettext("the provider"),
        "messages_open": _messages(reader, rooming.id),
        "brought": brought.listed(request, rooming),
        "plain": ContextForm(here=context(request, rooming), now=request.store.clock.wall(), auto_id=False),
        "trend": trend(_earlier(request, reader, rooming)),
        "next": following(rooming, line),
        "may_work": request.access.may_do("visit.step"),
        "encounter_id": rooming.id,
    }
    return render(request, "rooming/rooming.html", {**shown, **values}, status=status)


def url(rooming: Rooming | str, key: str) -> str:
    """The address of one step of the page."""
    return reverse("rooming-step", args=[rooming if isinstance(rooming, str) else rooming.id, key])


def is_done(rooming: Rooming, line: Line) -> bool:
    """Whether a line is done: its task, the words of the reason, or at least one reading."""
    if line is REASON:
        return bool(rooming.found.visit.reason)
    if line is VITALS:
        return any(entry.reading.status != "entered-in-error" for entry in rooming.saved)
    task = rooming.tasks.get(line.key)
    return task is not None and task["status"] == "completed"


def _steps(rooming: Rooming, current: Line) -> list[Step]:
    return [
        Step(label=str(line.words), url=url(rooming, line.key), state=_state(rooming, line), current=line == current)
        for line in rooming.lines
    ]


def _state(rooming: Rooming, line: Line) -> StepState:
    if line is VITALS and any(vital.told is None for vital in rooming.readiness.critical_vitals):
        return StepState.ATTENTION
    return StepState.DONE if is_done(rooming, line) else StepState.OPEN


def following(rooming: Rooming, current: Line) -> tuple[str, str] | None:
    """The next line that is still open, after this one and then from the top: its words and address."""
    at = rooming.lines.index(current) if current in rooming.lines else -1
    order = (*rooming.lines[at + 1 :], *rooming.lines[: max(at, 0)])
    found = next((line for line in order if not is_done(rooming, line)), None)
    return (str(found.words), url(rooming, found.key)) if found else None


def _address_of(rooming: Rooming, hold: Hold) -> str:
    key = HELD_BY[hold.code]
    return url(rooming, key) + ("#tell" if key == VITALS.key else "")


def _tasks(reader: Reader, encounter_id: str, lines: tuple[Line, ...]) -> dict[str, Resource]:
    found = {
        line.key: reader.resource_or_none(of_visit(encounter_id, line.task)) for line in lines if line.task is not None
    }
    return {key: task for key, task in found.items() if task is not None}


def _messages(reader: Reader, encounter_id: str) -> list[Mapping[str, Any]]:
    listed = [message for message in messages.of_visit(reader, encounter_id) if not message.seen_to]
    names = names_of(reader, (message.by for message in listed))
    return [{"message": message, "who": names.get(message.by, "")} for message in listed]


def _earlier(request: CareRequest, reader: Reader, rooming: Rooming) -> list[Recorded]:
    """What was measured before this visit, of the signs that are taken at this age."""
    began = rooming.found.visit.stages[0].since
    kinds = {*kinds_for(rooming.patient.patient.birth_date, on=request.care.now_local.date()), Kind.BMI}
    earlier = vitals.history(reader, rooming.patient_id, count=BEFORE_VISIT)
    return [entry for entry in earlier if entry.reading.at < began and entry.reading.kind in kinds]
