"""What the work engine declares: the projection of tasks that boards and lists read."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import STAFF, Role
from carewright.core.fhir.dates import interval
from carewright.core.registry import Manifest, may_see, may_write
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.core.work.tasks import OPEN

WORKERS = frozenset({Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.MANAGER})


def task_rows(task: Resource) -> Iterable[Mapping[str, object]]:
    """One row per task: what it is, of which visit and patient, who has it, and whether it is still open."""
    coding: Resource = next(iter(task.get("code", {}).get("coding", ())), {})
    authored = task.get("authoredOn")
    yield {
        "id": task["id"],
        "code": coding.get("code", ""),
        "words": task.get("code", {}).get("text") or coding.get("display", ""),
        "status": task["status"],
        "is_open": int(task["status"] in OPEN),
        "encounter": task.get("encounter", {}).get("reference", "").removeprefix("Encounter/"),
        "patient": task.get("for", {}).get("reference", "").removeprefix("Patient/"),
        "owner": task.get("owner", {}).get("reference", ""),
        "authored_at": interval(authored)[0] if authored else None,
    }


MANIFEST = Manifest(
    name="work",
    doc="Tasks: what there is to do, for whom, by whom.",
    permissions=(
        may_see("work.see", STAFF, on=("Task",), doc="See the tasks of the practice."),
        may_write("work.do", WORKERS, on=("Task",), doc="Take, do and complete tasks."),
    ),
    projections=(
        Projection(
            name="task",
            types=frozenset({"Task"}),
            columns=(
                *texts("id", "code", "words", "status"),
                *wholes("is_open"),
                *texts("encounter", "patient", "owner"),
                *instants("authored_at"),
            ),
            rows=task_rows,
            indexes=(("encounter",), ("patient", "is_open"), ("owner", "is_open")),
            doc="One row per Task.",
        ),
    ),
)
