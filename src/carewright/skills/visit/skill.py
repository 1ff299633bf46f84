"""What the visit skill declares: permissions, the readiness guard, the rows of the board."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, STAFF
from carewright.core.registry import Manifest, may_see, may_write, tasks_for
from carewright.core.sentences import joined
from carewright.core.store.hooks import Guard, Projection, Write, WriteContext, instants, texts, wholes
from carewright.core.store.model import Ref, Refused, Resource
from carewright.core.work.tasks import SAFETY_ITEMS, of_visit
from carewright.skills.visit import rules
from carewright.skills.visit.codes import FLOW_TASKS
from carewright.skills.visit.fhir import from_fhir
from carewright.skills.visit.model import VisitStatus
from carewright.skills.visit.queries import readiness_of


def visit_rows(encounter: Resource) -> Iterable[Mapping[str, object]]:
    """The board's row of a visit. An Encounter from elsewhere that says too little has none."""
    if not encounter.get("period", {}).get("start") or "reference" not in encounter.get("subject", {}):
        return
    visit = from_fhir(encounter)
    stay = next((s for s in reversed(visit.rooms) if s.until is None), None)
    yield {
        "id": visit.id,
        "patient": visit.patient.removeprefix("Patient/"),
        "status": visit.status.value,
        "since": visit.since,
        "started_at": visit.stages[0].since,
        "is_open": int(not rules.STATES[visit.status].end),
        "type_code": visit.type.code,
        "type_words": visit.type.display,
        "reason": visit.reason,
        "provider": visit.provider,
        "assistant": visit.assistant,
        "appointment": visit.appointment,
        "site": visit.site,
        "room": stay.location if stay else None,
        "room_since": stay.since if stay else None,
        "version": int(encounter["meta"]["versionId"]),
    }


def _becomes_ready(write: Write) -> bool:
    """Whether this write takes a visit from rooming to ready."""
    if write.after is None or write.before is None:
        return False
    steps = [status_of(resource) for resource in (write.before, write.after)]
    return steps == [VisitStatus.ROOMING, VisitStatus.READY]


def status_of(encounter: Resource) -> VisitStatus | None:
    """The board status of an Encounter; None where it cannot be read."""
    try:
        return from_fhir(encounter).status
    except (KeyError, ValueError):
        return None


def _safety_tasks(write: Write) -> list[Ref]:
    return [of_visit(write.ref.id, code) for code in SAFETY_ITEMS]


def check_ready(write: Write, context: WriteContext) -> None:
    """Ready only when name and birth date, allergies and critical vital signs are settled, whoever writes it."""
    if not _becomes_ready(write):
        return
    tasks = {code.code: context.loaded.get(of_visit(write.ref.id, code)) for code in SAFETY_ITEMS}
    missing = rules.holds(readiness_of(tasks))
    if missing:
        raise Refused("visit-ready", joined(*(hold.words for hold in missing)))


MANIFEST = Manifest(
    name="visit",
    doc="A visit from the door to the door: its states, its rooms, what holds the hand-over to the provider.",
    permissions=(
        may_see("visit.see", STAFF, on=("Encounter", "Task", "Patient"), doc="See today's visits."),
        may_write(
            "visit.step",
            rules.EVERYONE,
            on=("Encounter", "Task"),
            doc="Check patients in, room them, hand over, check them out (which step is whose: docs/visit-states.md).",
        ),
    ),
    guards=(
        Guard(
            name="visit-ready",
            types=frozenset({"Encounter"}),
            check=check_ready,
            reads=_safety_tasks,
            locks=lambda write: [("resource", str(ref)) for ref in _safety_tasks(write)],
            doc="Ready for the provider needs name and birth date, allergies asked, and critical vitals told.",
        ),
    ),
    projections=(
        Projection(
            name="visit",
            types=frozenset({"Encounter"}),
            columns=(
                *texts("id", "patient", "status"),
                *instants("since", "started_at"),
                *wholes("is_open"),
                *texts("type_code", "type_words", "reason", "provider", "assistant", "appointment", "site", "room"),
                *instants("room_since"),
                *wholes("version"),
            ),
            rows=visit_rows,
            indexes=(
                ("site", "started_at"),
                ("patient", "started_at"),
                ("room", "is_open"),
                ("id",),
                ("is_open", "site"),
            ),
            doc="One row per visit: what the board shows of it.",
        ),
    ),
    task_codes=tasks_for(CLINICAL, *FLOW_TASKS),
)
