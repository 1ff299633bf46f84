"""What the protocols skill declares: who reads, edits and applies them, the rows of lists, the kinds of task."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, TaskCode, may_see, may_write
from carewright.core.store.hooks import Effect, Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.protocols import ended
from carewright.skills.protocols.codes import ROLES_OF, TASKS
from carewright.skills.protocols.fhir import from_fhir

EDITORS = frozenset({Role.MANAGER, Role.LEAD_MA})
APPLIERS = CLINICAL | {Role.FRONT_DESK}


def protocol_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """One row for each protocol of ours; other PlanDefinitions have none."""
    found = from_fhir(resource)
    if found is None:
        return
    protocol = found.protocol
    yield {
        "id": resource["id"],
        "name": protocol.name,
        "title": protocol.title,
        "about": protocol.about,
        "visit_types": " ".join(protocol.visit_types),
        "whom": protocol.only_if.text,
        "label": found.label,
        "made_by": found.made_by.value,
        "active": int(found.active),
        "by_hand": int(protocol.by_hand),
        "tasks": len(protocol.tasks),
        "version": found.number,
        "made_at": found.made_at,
    }


MANIFEST = Manifest(
    name="protocols",
    doc="Protocols as data: which tasks a kind of visit or a situation brings, for whom and when due.",
    permissions=(
        may_see(
            "protocols.see", CLINICAL | EDITORS, on=("PlanDefinition",), doc="Read the protocols and their sources."
        ),
        may_write(
            "protocols.edit",
            EDITORS,
            on=("PlanDefinition",),
            doc="Bring protocols in, save new versions of them, go back to earlier ones, use one no longer.",
        ),
        may_write(
            "protocols.apply",
            APPLIERS,
            on=("Task",),
            doc="Give a visit the tasks of its protocol, by itself or chosen.",
        ),
    ),
    effects=(
        Effect(
            name="protocol-visit-ended",
            types=frozenset({"Encounter"}),
            apply=ended.end_with_visit,
            reads=ended.of_ended_visit,
            doc="What a protocol brought to the room ends with the visit, and comes back with the patient.",
        ),
    ),
    projections=(
        Projection(
            name="protocol",
            types=frozenset({"PlanDefinition"}),
            columns=(
                *texts("id", "name", "title", "about", "visit_types", "whom", "label", "made_by"),
                *wholes("active", "by_hand", "tasks", "version"),
                *instants("made_at"),
            ),
            rows=protocol_rows,
            indexes=(("name",),),
            doc="One row per protocol of the practice.",
        ),
    ),
    task_codes=tuple(
        TaskCode(code=code, display=coding.display, roles=ROLES_OF[code]) for code, coding in TASKS.items()
    ),
)
