"""What the pages of asks read: the jobs, what was asked for at a visit, and whom an ask is for."""

from dataclasses import dataclass
from typing import Any

from carewright.core.store.reader import Reader
from carewright.core.terminology.coding import Coding
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import term_words
from carewright.skills.asks import actions, queries
from carewright.skills.asks.codes import JOB, JOBS
from carewright.skills.asks.queries import Line
from carewright.skills.asks.rules import Ask, State
from carewright.skills.scheduling import people
from carewright.skills.visit import queries as visits
from carewright.skills.visit.queries import OpenVisit
from carewright.skills.visit.rules import STATES
from carewright.workspaces.banner import about


@dataclass(frozen=True, kw_only=True)
class Row:
    """An ask in words: its job, where it stands, who is on it or asked for it, who could not."""

    line: Line
    job: str
    owner: str
    requester: str
    declined: str


def panel(request: CareRequest, encounter_id: str) -> dict[str, Any]:
    """The jobs to ask for, and what was asked for; NotFound where the visit is not to be seen."""
    reader = request.reader("asks.panel")
    found = visits.open_visit(reader, encounter_id)
    names = people.names(reader)
    rows = [
        Row(
            line=line, job=term_words(JOB[line.job].display) if line.job in JOB else "",
            owner=names.get(line.owner, ""), requester=names.get(line.requester, ""),
            declined=", ".join(names.get(who, "") for who in line.declined),
        )
        for line in queries.of_visit(reader, encounter_id)
    ]  # fmt: skip
    waits = {row.line.job for row in rows if row.line.state in (State.ASKED, State.ON_IT)}
    patient = found.visit.patient.removeprefix("Patient/")
    return {
        "encounter_id": encounter_id,
        "rows": rows,
        "banner": about(request, reader, patient, visit=found.visit).banner,
        "jobs": [(job.code, term_words(job.display), job.code in waits) for job in JOBS],
        "may_ask": request.access.may_do(actions.ASK) and not STATES[found.visit.status].end,
        "to": names.get(found.visit.assistant or "", ""),
    }


def asked(request: CareRequest, reader: Reader, found: OpenVisit, job: Coding) -> Ask:
    """The ask of this person at a visit: to its MA, else to the MAs of the pod that its provider works in today."""
    provider = found.visit.provider or request.access.actor.reference
    day = request.care.now_local.date().isoformat()
    pods = reader.rows("presence", where={"practitioner": provider, "day": day})
    return Ask(
        job=job, patient=found.visit.patient, encounter=str(found.ref), to=found.visit.assistant or "",
        pod=next((str(row["pod"]) for row in pods if row["pod"]), ""), site=request.access.site or "",
    )  # fmt: skip
