"""What the asks skill declares."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.core.store.hooks import Effect, Projection, instants, texts
from carewright.core.store.model import Resource
from carewright.core.work.fhir import from_fhir
from carewright.skills.asks import ended, fhir
from carewright.skills.asks.actions import ANSWER, ASK
from carewright.skills.asks.codes import JOBS

TASK = frozenset({"Task"})
DOERS = frozenset({Role.MA, Role.LEAD_MA, Role.NURSE})


def ask_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The row of an ask; none for any other Task."""
    if not fhir.is_ask(resource):
        return
    task = from_fhir(resource)
    yield {
        "id": task.id,
        "job": task.code.code,
        "encounter": task.encounter.removeprefix("Encounter/"),
        "status": task.status,
        "owner": task.owner,
        "requester": task.requester,
        "declined": " ".join(fhir.declined_by(resource)),
        "asked_at": task.authored_at,
        "answered_at": fhir.answered_at(resource),
        "ended_at": task.ended_at,
    }


MANIFEST = Manifest(
    name="asks",
    doc="A provider asks the MA of a visit for a job; it pops up by room and job, and is answered with one tap.",
    permissions=(
        may_see("asks.see", CLINICAL, on=TASK, doc="See what was asked for at a visit, and who is on it."),
        may_write(ASK, frozenset({Role.PROVIDER, Role.NURSE}), on=TASK, doc="Ask the MA of a visit for a job."),
        may_write(ANSWER, DOERS, on=TASK, doc="Say “On it”, or “Can’t now”, to what is asked for."),
    ),
    effects=(
        Effect(
            name="ask-visit-ended",
            types=frozenset({"Encounter"}),
            apply=ended.end_with_visit,
            reads=ended.of_ended_visit,
            doc="What was asked for at a visit, and not done, ends with the visit.",
        ),
    ),
    projections=(
        Projection(
            name="ask",
            types=TASK,
            columns=(
                *texts("id", "job", "encounter", "status", "owner", "requester", "declined"),
                *instants("asked_at", "answered_at", "ended_at"),
            ),
            rows=ask_rows,
            indexes=(("encounter",), ("id",)),
            doc="One row per ask: who asked, whose it is, who could not, when it was answered.",
        ),
    ),
    task_codes=tasks_for(DOERS, *JOBS),
)
