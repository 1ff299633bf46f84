"""What was recorded at a visit so far, also while the MA is still with the patient."""

from dataclasses import dataclass
from typing import Any

from carewright.core.store.reader import Reader
from carewright.core.work.model import OPEN
from carewright.shell import whose
from carewright.shell.forms import PatientContext
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.skills.allergies import queries as allergies
from carewright.skills.allergies.rules import in_words, standing
from carewright.skills.asks.codes import JOBS
from carewright.skills.messages import queries as messages
from carewright.skills.messages.codes import SEE_VISIT_MESSAGE
from carewright.skills.reason import queries as reasons
from carewright.skills.reason.rules import tell_now
from carewright.skills.visit import queries as visits
from carewright.skills.visit import rules
from carewright.skills.visit.codes import FLOW_TASKS
from carewright.skills.visit.queries import OpenVisit
from carewright.skills.vitals import panel
from carewright.skills.vitals.forms import kind_words
from carewright.skills.vitals.model import Kind
from carewright.workspaces.banner import AboutPatient, about

_APART = frozenset(code.code for code in (*FLOW_TASKS, *JOBS, SEE_VISIT_MESSAGE))
"""What stands elsewhere on the page: the steps of the visit, and what the provider asks for."""


@dataclass(frozen=True, kw_only=True)
class VisitPage:
    """A visit, its patient, and what the steps need."""

    found: OpenVisit
    patient: AboutPatient

    @property
    def id(self) -> str:
        return self.found.visit.id

    @property
    def patient_id(self) -> str:
        return self.found.visit.patient.removeprefix("Patient/")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line of the checklist as it stands: done, and by whom, or still open."""

    words: str
    done: bool
    who: str = ""


def load(request: CareRequest, encounter_id: str) -> VisitPage:
    """The visit and its patient; NotFound."""
    reader = request.reader("visit-page.page")
    found = visits.open_visit(reader, encounter_id)
    patient_id = found.visit.patient.removeprefix("Patient/")
    return VisitPage(found=found, patient=about(request, reader, patient_id, visit=found.visit))


def context(request: CareRequest, page: VisitPage) -> PatientContext:
    """The signed context of the page's forms."""
    versions = {str(page.found.ref): page.found.version}
    return whose.context_of(request, patient=page.patient_id, versions=versions)


def recorded(request: CareRequest, page: VisitPage) -> dict[str, Any]:
    """Everything that was written down at this visit, with who did it and when."""
    reader = request.reader("visit-page.page")
    chart = panel.read_chart(
        reader, patient=page.patient.resource, encounter_id=page.id, before=page.found.visit.stages[0].since
    )
    told = reasons.of_visit(reader, page.id)
    names = names_of(reader, (reason.recorded_by for reason in told))
    return {
        "page": page,
        "encounter_id": page.id,
        "status_words": rules.STATES[page.found.visit.status].words,
        "since": page.found.visit.since,
        "reasons": [(reason, names.get(reason.recorded_by or "", "")) for reason in told],
        "prompt": tell_now(told[0].words) if told else None,
        "vitals": [(kind_words(kind), saved) for kind in Kind if (saved := panel.saved_of(chart, kind))],
        "last": {kind_words(kind): reading for kind, reading in chart.last.items()},
        "untold": chart.untold,
        "told": [(entry, chart.names.get(entry.whom, ""), chart.names.get(entry.by, "")) for entry in chart.told],
        **_allergies(reader, page),
        "items": _items(reader, page.id),
    }


def message_list(reader: Reader, encounter_id: str) -> list[dict[str, Any]]:
    """The messages about the visit, with their writers' names."""
    listed = messages.of_visit(reader, encounter_id)
    names = names_of(reader, (who for message in listed for who in (message.by, message.seen_to_by)))
    return [{"message": m, "who": names.get(m.by, ""), "seen_by": names.get(m.seen_to_by, "")} for m in listed]


def _allergies(reader: Reader, page: VisitPage) -> dict[str, Any]:
    """The list, and who asked about it at this visit."""
    listed = standing(entry.allergy for entry in allergies.listed(reader, page.patient_id))
    here = [a for a in allergies.askings(reader, page.patient_id) if a.encounter == f"Encounter/{page.id}"]
    names = names_of(reader, (asking.by for asking in here))
    return {
        "allergies": [in_words(allergy) for allergy in listed],
        "asked": [(asking, names.get(asking.by, "")) for asking in here],
        "asked_today": any(asking.counts for asking in here),
    }


def _items(reader: Reader, encounter_id: str) -> list[Item]:
    """The checklist's own tasks; those that move the visit on stand in its status, asks beside it."""
    rows = reader.rows("task", where={"encounter": encounter_id}, order=("authored_at",))
    shown = [row for row in rows if row["code"] not in _APART and row["status"] != "cancelled"]
    names = names_of(reader, (str(row["owner"]) for row in shown if row["owner"]))
    return [
        Item(words=str(row["words"]), done=row["status"] not in OPEN, who=names.get(str(row["owner"]), ""))
        for row in shown
    ]
