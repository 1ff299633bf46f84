"""What the emergency skill declares: who may call, the jobs, and the row that screens show."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import READ, STAFF, Role
from carewright.core.registry import Manifest, Permission, TaskCode, Topic
from carewright.core.store.hooks import Column, ColumnType, Projection
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
        Permission(
            action="emergency.see",
            roles=STAFF,
            doc="Read the record of a call for help.",
            grants={"Task": READ},
        ),
    ),
    projections=(
        Projection(
            name="emergency",
            types=frozenset({"Task"}),
            columns=(
                Column(name="id"),
                Column(name="site"),
                Column(name="room"),
                Column(name="room_name"),
                Column(name="job"),
                Column(name="called_at", type=ColumnType.INSTANT),
                Column(name="called_by"),
                Column(name="coming"),
                Column(name="is_open", type=ColumnType.INTEGER),
            ),
            rows=emergency_rows,
            indexes=(("site", "is_open"), ("id",)),
            doc="One row per call for help: room, job, who is coming. Holds no patient.",
        ),
    ),
    task_codes=tuple(TaskCode(code=job.code, display=job.display, roles=frozenset(Role)) for job in JOBS),
    topics=(Topic(name="emergency", types=frozenset({"Task"}), of_nobody=True),),
    urls="carewright.skills.emergency.urls",
    url_prefix="emergency/",
)
