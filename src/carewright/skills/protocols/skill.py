"""What the protocols skill declares: who reads, edits and applies them, the rows of lists, the kinds of task."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, TaskCode, may_see, may_write
from carewright.core.store.hooks import Effect, Extra, Projection, Put, Write, WriteContext, instants, texts, wholes
from carewright.core.store.model import Ref, Resource
from carewright.core.work import lifecycle
from carewright.core.work.fhir import from_fhir as from_task
from carewright.core.work.fhir import modified
from carewright.core.work.fhir import to_fhir as to_task
from carewright.core.work.model import End
from carewright.skills.protocols.codes import OWN_TASKS, ROLES_OF, TASKS
from carewright.skills.protocols.fhir import from_fhir
from carewright.skills.protocols.rules.choosing import task_id

EDITORS = frozenset({Role.MANAGER, Role.LEAD_MA})
APPLIERS = CLINICAL | {Role.FRONT_DESK}
BY_MISTAKE = "entered-in-error"
NOT_SEEN = frozenset({"cancelled", BY_MISTAKE})
AGAIN = frozenset({"arrived", "in-progress"})
"""Statuses of an Encounter (docs/visit-states.md): nobody was seen; somebody is here."""


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


VISIT_ENDED = "The visit ended without it."
"""Why a task ended with its visit; the same words tell which ones come back with the patient."""


def _of_ended_visit(write: Write) -> list[Ref]:
    """The tasks that a protocol may have brought to a visit that ends without being seen, or comes back."""
    if write.after is None or write.after.get("status") not in NOT_SEEN | AGAIN:
        return []
    return [Ref("Task", task_id(str(write.ref), code)) for code in TASKS if code not in OWN_TASKS]


def end_with_visit(write: Write, context: WriteContext) -> Sequence[Extra]:
    """Who left without being seen, or was checked in by mistake, needs nothing prepared; a judgment stays owed."""
    before, after = ((found or {}).get("status") for found in (write.before, write.after))
    ends, returns = (before in AGAIN and after in NOT_SEEN), (before in NOT_SEEN and after in AGAIN)
    changed = []
    for ref in _of_ended_visit(write) if ends or returns else ():
        stored = context.loaded.get(ref)
        task = from_task(stored) if stored else None
        if stored is None or task is None:
            continue
        if ends and task.is_open and (after == BY_MISTAKE or Role.MA in ROLES_OF[task.code.code]):
            after_task = lifecycle.end(task, how=End.NOT_NEEDED, why=VISIT_ENDED, at=context.now)
        elif returns and task.end is End.NOT_NEEDED and task.end_words == VISIT_ENDED:
            after_task = lifecycle.reopen(task)
        else:
            continue
        changed.append(Put(resource=modified(to_task(after_task, onto=stored), at=context.now), version=task.version))
    return changed


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
            apply=end_with_visit,
            reads=_of_ended_visit,
            doc="What a protocol brought ends with a visit that nobody was seen at, and comes back with the patient.",
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
