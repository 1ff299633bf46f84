"""What the emergency skill declares: who may call, the jobs, and the row that screens show."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import STAFF, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, tasks_for
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.emergency.actions import CALL
from carewright.skills.emergency.codes import JOBS
from carewright.skills.emergency.fhir import from_fhir


def emergency_rows(task: Resource) -> Iterable[Mapping[str, object]]:
    """The row of a call for help; none for any other Task."""
    call = from_fhir(task)
    if call is None:
        return
    yield {
        "id": task["id"],
        "site": call.site,
        "room": call.room,
        "room_name": call.room_name,
        "job": call.job,
        "called_at": call.called.at,
        "called_by": call.called.who,
        "coming": "\n".join(call.coming),
        "is_open": int(call.over_at is None),
    }


MANIFEST = Manifest(
    name="emergency",
    doc="A call for help by room and job, on every screen of the site, with a timed record.",
    permissions=(
        Permission(
            action=CALL,
            roles=frozenset(Role),
            doc="Call for help, answer a call, write its record. Needs no right to any other task.",
        ),
        may_see("emergency.see", STAFF, on=("Task",), doc="Read the record of a call for help."),
    ),
    projections=(
        Projection(
            name="emergency",
            types=frozenset({"Task"}),
            columns=(
                *texts("id", "site", "room", "room_name", "job"),
                *instants("called_at"),
                *texts("called_by", "coming"),
                *wholes("is_open"),
            ),
            rows=emergency_rows,
            indexes=(("site", "is_open"), ("id",)),
            doc="One row per call for help: room, job, who is coming. Holds no patient.",
        ),
    ),
    task_codes=tasks_for(frozenset(Role), *JOBS),
    topics=(Topic(name="emergency", types=frozenset({"Task"}), of_nobody=True),),
    urls="carewright.skills.emergency.urls",
    url_prefix="emergency/",
)
