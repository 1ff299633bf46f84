"""A visit as a US Core Encounter and its flow tasks, and back.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-encounter (US Core 6.1.0); https://hl7.org/fhir/R4/task.html
Encounter.statusHistory holds every stage, the present one with an open period; each entry carries the board status
as an extension, because the FHIR statuses are coarser than the board.
"""

from datetime import datetime
from typing import Any

from carewright.core.access.model import Role
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import pool_to_fhir
from carewright.core.work.model import Pool
from carewright.core.work.tasks import ROOMING_POOL
from carewright.skills.visit.codes import (
    AMBULATORY,
    PRIMARY_PERFORMER,
    SECONDARY_PERFORMER,
    SEE_PATIENT,
    VISIT_NUMBERS,
    VISIT_STATUS,
    VISIT_STATUS_EXTENSION,
)
from carewright.skills.visit.model import RoomStay, Stage, Visit, VisitStatus
from carewright.skills.visit.rules import STATES, encounter_status

_ENDED = frozenset({"finished", "cancelled", "entered-in-error"})
_FROM_ENCOUNTER = {
    "planned": VisitStatus.BOOKED,
    "arrived": VisitStatus.WAITING,
    "triaged": VisitStatus.ROOMING,
    "in-progress": VisitStatus.WITH_PROVIDER,
    "onleave": VisitStatus.WITH_PROVIDER,
    "finished": VisitStatus.DONE,
    "cancelled": VisitStatus.LEFT,
    "entered-in-error": VisitStatus.BY_MISTAKE,
}
"""For an Encounter from elsewhere, which has no board status."""


PROVIDERS = Pool(role=Role.PROVIDER)
"""Who sees the patient; every other flow task is the MAs' until somebody takes it."""


def to_fhir(visit: Visit, *, onto: Resource | None = None) -> Resource:
    """The Encounter of `visit`. `onto` is the stored resource: what this mapping does not know is kept from it.

    The reason is written only when the Encounter is made; after that it belongs to the reason skill.
    ValueError for a visit that never arrived: a booking has no Encounter.
    """
    if all(STATES[stage.status].encounter is None for stage in visit.stages):
        raise ValueError("A visit has no Encounter before the patient has arrived.")
    status = encounter_status(visit.status)
    kept = onto or {}
    known: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": visit.id or None,
        "status": status,
        "statusHistory": [_stage_to_fhir(stage) for stage in visit.stages],
        "class": AMBULATORY.to_fhir(),
        "type": [visit.type.concept(visit.type.display), *kept.get("type", ())[1:]],
        "subject": {"reference": visit.patient},
        "participant": [*_participants(visit), *_other_participants(kept)] or None,
        "appointment": [{"reference": visit.appointment}] if visit.appointment else None,
        "period": _period(visit.stages[0].since, visit.since if status in _ENDED else None),
        "reasonCode": kept.get("reasonCode") if onto else [{"text": visit.reason}] if visit.reason else None,
        "location": [*(_stay_to_fhir(stay) for stay in visit.rooms), *_other_places(kept)] or None,
        "serviceProvider": {"reference": visit.site} if visit.site else None,
    }
    return {k: v for k, v in {**kept, **known}.items() if v is not None}


def visit_number(practice: str, number: str) -> Resource:
    """The identifier of a visit of ours: it stays the same where another system gives the record its own id."""
    return {"system": f"{VISIT_NUMBERS}{practice}/visit", "value": number}


def from_fhir(encounter: Resource) -> Visit:
    """The visit that an Encounter stands for; one from elsewhere gets a single stage from its status."""
    concept = encounter["type"][0] if encounter.get("type") else {}
    return Visit(
        id=encounter.get("id", ""),
        patient=encounter["subject"]["reference"],
        type=_type_from(concept),
        stages=_stages_from(encounter),
        rooms=tuple(_stay_from(entry) for entry in encounter.get("location", ()) if _is_stay(entry)),
        reason=next((r["text"] for r in encounter.get("reasonCode", ()) if r.get("text")), ""),
        provider=_individual(encounter, PRIMARY_PERFORMER),
        assistant=_individual(encounter, SECONDARY_PERFORMER),
        appointment=next((a["reference"] for a in encounter.get("appointment", ())), None),
        site=encounter.get("serviceProvider", {}).get("reference"),
    )


def task_to_fhir(
    code: Coding, *, status: str, business: VisitStatus, patient: str, encounter: str, at: datetime, owner: str | None
) -> Resource:
    """One flow task of a visit (`ROOM_PATIENT` …): its Task.status, and the board status as businessStatus."""
    task: Resource = {
        "resourceType": "Task",
        "status": status,
        "businessStatus": Coding(VISIT_STATUS, business.value, STATES[business].words).concept(),
        "intent": "order",
        "code": code.concept(),
        "for": {"reference": patient},
        "encounter": {"reference": encounter},
        "focus": {"reference": encounter},
        "authoredOn": _instant(at),
        "lastModified": _instant(at),
        "performerType": [pool_to_fhir(PROVIDERS if code == SEE_PATIENT else ROOMING_POOL)],
    }
    if owner:
        task["owner"] = {"reference": owner}
    return task


def _stage_to_fhir(stage: Stage) -> Resource:
    return {
        "extension": [{"url": VISIT_STATUS_EXTENSION, "valueCode": stage.status.value}],
        "status": encounter_status(stage.status),
        "period": _period(stage.since, stage.until),
    }


def _stay_to_fhir(stay: RoomStay) -> Resource:
    return {
        "location": {"reference": stay.location},
        "status": "active" if stay.until is None else "completed",
        "period": _period(stay.since, stay.until),
    }


def _participants(visit: Visit) -> list[Resource]:
    people = ((PRIMARY_PERFORMER, visit.provider), (SECONDARY_PERFORMER, visit.assistant))
    return [{"type": [kind.concept()], "individual": {"reference": who}} for kind, who in people if who]


def _other_participants(encounter: Resource) -> list[Resource]:
    """Everybody whom this mapping does not name: an interpreter, a learner."""
    ours = (PRIMARY_PERFORMER, SECONDARY_PERFORMER)
    return [
        entry
        for entry in encounter.get("participant", ())
        if not any(kind.matches(concept) for kind in ours for concept in entry.get("type", ()))
    ]


def _individual(encounter: Resource, kind: Coding) -> str | None:
    for entry in encounter.get("participant", ()):
        if any(kind.matches(concept) for concept in entry.get("type", ())):
            reference: str | None = entry.get("individual", {}).get("reference")
            return reference
    return None


def _type_from(concept: Resource) -> Coding:
    coding: Resource = next(iter(concept.get("coding", ())), {})
    words = concept.get("text", "") or coding.get("display", "")
    return Coding(coding.get("system", ""), coding.get("code", "unknown"), words)


def _stages_from(encounter: Resource) -> tuple[Stage, ...]:
    ours = [
        Stage(status=VisitStatus(extension["valueCode"]), since=_parse(entry["period"]["start"]), until=_end(entry))
        for entry in encounter.get("statusHistory", ())
        for extension in entry.get("extension", ())
        if extension["url"] == VISIT_STATUS_EXTENSION
    ]
    if ours:
        return tuple(ours)
    return (Stage(status=_FROM_ENCOUNTER.get(encounter["status"], VisitStatus.DONE), since=_since(encounter)),)


def _since(encounter: Resource) -> datetime:
    period = encounter.get("period", {})
    start = period.get("end") if encounter["status"] in _ENDED else period.get("start")
    start = start or period.get("start")
    if start is None:
        raise ValueError("An Encounter without a period cannot be shown as a visit.")
    return _parse(start)


def _stay_from(entry: Resource) -> RoomStay:
    return RoomStay(location=entry["location"]["reference"], since=_parse(entry["period"]["start"]), until=_end(entry))


def _is_stay(entry: Resource) -> bool:
    """Whether the patient was in a room of ours from a time on; elsewhere places are words, or have no time."""
    in_a_room = str(entry.get("location", {}).get("reference", "")).startswith("Location/")
    return in_a_room and bool(entry.get("period", {}).get("start"))


def _other_places(encounter: Resource) -> list[Resource]:
    return [entry for entry in encounter.get("location", ()) if not _is_stay(entry)]


def _end(entry: Resource) -> datetime | None:
    end = entry["period"].get("end")
    return None if end is None else _parse(end)


def _period(start: datetime, end: datetime | None) -> Resource:
    return {"start": _instant(start)} | ({} if end is None else {"end": _instant(end)})


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds" if at.microsecond else "seconds")


def _parse(text: str) -> datetime:
    return interval(text)[0]
