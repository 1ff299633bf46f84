"""What the calls skill declares: who answers the phone, what is owed, the row that lists show."""

from collections.abc import Iterable, Mapping

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, Permission, Topic, may_see, may_write, tasks_for
from carewright.core.settings.model import OF_SITE, TEXT, Setting
from carewright.core.store.hooks import Projection, instants, texts, wholes
from carewright.core.store.model import Resource
from carewright.core.work.owed import Owing
from carewright.skills.calls import codes, rules
from carewright.skills.calls.actions import LICENSED, TAKE
from carewright.skills.calls.fhir import from_fhir
from carewright.skills.calls.model import State

ANSWERING = CLINICAL | {Role.FRONT_DESK}
"""Those who answer the phone."""
COMMUNICATION = frozenset({"Communication"})
OWED = Owing(
    name="phone-call", types=COMMUNICATION, legs=codes.LEGS, leg_of=rules.leg_of, ended_as=rules.ended_as,
    doc="A phone call that has not ended has one task: the nurse now, finish it, call back, again, the letter.",
)  # fmt: skip


def _a_person(value: str) -> str | None:
    return None if not value or value.startswith("Practitioner/") else "it must be a person: Practitioner/…"


FALLBACK = Setting(
    name="calls.fallback", kind=TEXT, default="", levels=OF_SITE, check=_a_person,
    doc="Who answers symptoms and results by phone while no nurse is on duty (Practitioner/…); shown by name.",
)  # fmt: skip


def phone_call_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The row of a phone call; none for any other Communication."""
    call = from_fhir(resource)
    if call is None:
        return
    yield {
        "id": call.id,
        "site": call.site,
        "received_at": call.at,
        "taken_by": call.by,
        "number": call.number,
        "place": call.place,
        "patient": call.patient.removeprefix("Patient/"),
        "caller_name": call.caller_name,
        "reason": call.reason,
        "state": call.state.value,
        "ending": call.ending.value if call.ending else "",
        "emergency": call.emergency.value,
        "is_open": int(call.state is not State.ENDED),
        "rings": int(call.rings),
        "attempts": len(call.attempts),
        "for_whom": call.for_whom,
    }


MANIFEST = Manifest(
    name="calls",
    doc="A phone call from the first key: emergency, number and place, who and why; what is owed to the caller.",
    permissions=(
        may_see("calls.see", ANSWERING, on=("Communication",), doc="See phone calls and what is owed to the callers."),
        may_write(TAKE, ANSWERING, on=("Communication", "Task"), doc="Answer the phone; call back; write its trail."),
        Permission(
            action=LICENSED,
            roles=rules.LICENSED,
            doc="Take an emergency caller. Symptoms and results are answered by these roles alone.",
        ),
    ),
    effects=(OWED.effect(),),
    guards=(OWED.guard(),),
    projections=(
        Projection(
            name="phone_call",
            types=COMMUNICATION,
            columns=(
                *texts("id", "site"),
                *instants("received_at"),
                *texts("taken_by", "number", "place", "patient", "caller_name", "reason", "state", "ending"),
                *texts("emergency"),
                *wholes("is_open", "rings", "attempts"),
                *texts("for_whom"),
            ),
            rows=phone_call_rows,
            indexes=(("site", "is_open", "received_at"), ("id",), ("patient",)),
            doc="One row per phone call.",
        ),
    ),
    task_codes=(*tasks_for(ANSWERING, *codes.FOR_ANYBODY), *tasks_for(rules.LICENSED, *codes.FOR_LICENSED)),
    settings=(FALLBACK,),
    topics=(Topic(name="calls", types=COMMUNICATION, doc="The list of phone calls may look different."),),
)
