"""What the work engine declares: the projections that lists and the clock read, its guards, who may do what."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import STAFF, Role
from carewright.core.registry import Manifest, Permission, may_see, may_write
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.core.work.effects import EFFECTS
from carewright.core.work.escalation import next_alarm
from carewright.core.work.fhir import from_fhir
from carewright.core.work.guards import GUARDS
from carewright.core.work.model import Kind, Priority, WorkTask

WORKERS = frozenset({Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.MANAGER})
LEADS = frozenset({Role.LEAD_MA, Role.MANAGER})
TASK = frozenset({"Task"})


def task_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row per task: what it is, whose, by when, how it stands."""
    task = from_fhir(resource)
    pool = task.pool
    yield {
        "id": task.id,
        "code": task.code.code,
        "words": task.said,
        "status": task.status,
        "is_open": int(task.is_open),
        "priority": task.priority.value,
        "kind": task.kind.value,
        "encounter": task.encounter.removeprefix("Encounter/"),
        "patient": task.patient.removeprefix("Patient/"),
        "focus": task.focus,
        "site": task.site,
        "owner": task.owner,
        "pool_role": pool.role.value if pool and pool.role else "anyone" if pool else "",
        "pod": pool.pod if pool else "",
        "language": pool.language if pool else "",
        "competency": pool.competency if pool else "",
        "requester": task.requester,
        "waiting_on": task.waiting_on,
        "waits": len(task.waits_for),
        "level": len(task.escalations),
        "sent_role": task.escalations[-1].role.value if task.escalations else "",
        "sent_at": task.escalations[-1].at if task.escalations else None,
        "pinned_by": " ".join(task.pinned_by),
        "place": task.place.rank if task.place else None,
        "place_why": task.place.why if task.place else "",
        "loud": int(_is_loud(task)),
        "part_of": task.part_of,
        "ended_as": task.end.value if task.end else "",
        "authored_at": task.authored_at,
        "due_at": task.due_at,
        "not_before": task.not_before,
        "remind_at": task.remind_at,
        "ended_at": task.ended_at,
        "version": task.version,
    }


def _is_loud(task: WorkTask) -> bool:
    """Whether something besides its date may bring it forward on somebody's list (priority.py, bands 0 to 6 and 8)."""
    marked = bool(task.escalations or task.pinned_by or task.place)
    return marked or task.priority is not Priority.ROUTINE or task.kind is Kind.CRITICAL


def deadline_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The next moment at which the clock acts on a task; no row for one that it leaves alone."""
    task = from_fhir(resource)
    alarm = next_alarm(task)
    if alarm is not None:
        yield {"id": task.id, "at": alarm.at, "why": alarm.why, "kind": task.kind.value, "version": task.version}


MANIFEST = Manifest(
    name="work",
    doc="Tasks: what there is to do, for whom, by whom, by when, and what happens when it is late.",
    permissions=(
        may_see("work.see", STAFF, on=TASK, doc="See the tasks of the practice."),
        may_write("work.do", WORKERS, on=TASK, doc="Take, hold, hand over, split and complete tasks."),
        Permission(action="work.lead", roles=LEADS, doc="Give out others' tasks, put tasks in place with a reason."),
    ),
    guards=GUARDS,
    effects=EFFECTS,
    projections=(
        Projection(
            name="task",
            types=TASK,
            columns=(
                *texts("id", "code", "words", "status"),
                *wholes("is_open"),
                *texts("priority", "kind", "encounter", "patient", "focus", "site", "owner"),
                *texts("pool_role", "pod", "language", "competency", "requester", "waiting_on"),
                *wholes("waits", "level"),
                *texts("sent_role"),
                *instants("sent_at"),
                *texts("pinned_by"),
                *wholes("place"),
                *texts("place_why"),
                *wholes("loud"),
                *texts("part_of", "ended_as"),
                *instants("authored_at", "due_at", "not_before", "remind_at", "ended_at"),
                *wholes("version"),
            ),
            rows=task_rows,
            indexes=(
                ("encounter",), ("patient", "is_open"), ("is_open", "pool_role"), ("id",),
                ("focus", "is_open"), ("owner", "is_open", "loud"),
                ("owner", "is_open", "pool_role", "kind", "due_at"),
            ),
            version=3,
            doc="One row per Task.",
        ),
        Projection(
            name="deadline",
            types=TASK,
            columns=(*texts("id"), *instants("at"), *texts("why", "kind"), *wholes("version")),
            rows=deadline_rows,
            indexes=(("at",), ("id",)),
            doc="When the clock next acts on an open task: late, or to be reminded of.",
        ),
    ),
)  # fmt: skip
