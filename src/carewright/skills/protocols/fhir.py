"""A protocol as a PlanDefinition, and back. https://hl7.org/fhir/R4/plandefinition.html

task → action · whose → action.participant.role · due → action.timingDuration and our anchor
only if → action.condition · visit types, age, sex, problems → useContext
sources → relatedArtifact (citation) · the file's text → documentation
"""

import base64
import binascii
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import UCUM, Coding
from carewright.core.work.model import ANYONE, ANYONE_WORDS, TASK_CODE, Kind
from carewright.core.work.whom import EVERYBODY, Whom, from_use_contexts, to_use_contexts
from carewright.skills.protocols import codes
from carewright.skills.protocols.model import (
    MINUTES,
    Anchor,
    MadeBy,
    Moment,
    Protocol,
    ProtocolTask,
    Source,
    Version,
)

UCUM_OF = {"minute": "min", "hour": "h", "day": "d", "week": "wk"}
MOMENT_PARTS = ("duration", "anchor")


def id_of(name: str) -> str:
    """The id of the PlanDefinition of a protocol."""
    return codes.PREFIX + name


def canonical_of(name: str, label: str = "") -> str:
    """The canonical address of a protocol, with its version where one is given."""
    return codes.URL + id_of(name) + (f"|{label}" if label else "")


def to_fhir(version: Version) -> Resource:
    """The PlanDefinition of one version."""
    protocol = version.protocol
    found: Resource = {
        "resourceType": "PlanDefinition",
        "id": id_of(protocol.name),
        "extension": _extensions(version),
        "url": canonical_of(protocol.name),
        "version": version.label,
        "title": protocol.title,
        "type": {"coding": [codes.WORKFLOW.to_fhir(), codes.PROTOCOL_TYPE.to_fhir()]},
        "status": "active" if version.active else "retired",
        "date": version.made_at.isoformat(timespec="seconds") if version.made_at else None,
        "description": protocol.about,
        "useContext": [
            *({"code": codes.VISIT_TYPE_CONTEXT.to_fhir(), "valueCodeableConcept": _visit_type(code)}
              for code in protocol.visit_types),
            *to_use_contexts(protocol.only_if),
        ],
        "relatedArtifact": [*map(_source, protocol.sources), *_document(version.text)],
        "action": [_action(task) for task in protocol.tasks],
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def from_fhir(resource: Resource) -> Version | None:
    """The version that a PlanDefinition holds; None for one that is no protocol of ours, or cannot be read as one."""
    if not codes.PROTOCOL_TYPE.matches(resource.get("type")):
        return None
    try:
        return _version(resource)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, StopIteration):
        return None  # written by another program; it stays in the record, and no visit gets it


def _version(resource: Resource) -> Version:
    own = _by_url(resource)
    made_by, date = own.get(codes.MADE_BY), resource.get("date")
    return Version(
        protocol=Protocol(
            name=str(resource["id"]).removeprefix(codes.PREFIX),
            title=resource["title"],
            about=resource["description"],
            sources=tuple(_sources(resource)),
            tasks=tuple(_task(action) for action in resource["action"]),
            visit_types=tuple(_visit_types(resource)),
            by_hand=own.get(codes.BY_HAND, False),
            only_if=_only_if(resource, own.get(codes.NEW_PATIENT)),
        ),
        number=int(resource.get("meta", {}).get("versionId", "0")),
        text=_text(resource),
        made_by=MadeBy(made_by) if made_by else MadeBy.PRACTICE,
        active=resource["status"] == "active",
        label=resource.get("version", ""),
        note=own.get(codes.CHANGE_NOTE, ""),
        by=own.get(codes.CHANGED_BY, {}).get("reference", ""),
        made_at=interval(date)[0] if date else None,
    )


def _extensions(version: Version) -> list[Resource]:
    found: list[Resource] = [{"url": codes.MADE_BY, "valueCode": version.made_by.value}]
    if version.protocol.by_hand:
        found.append({"url": codes.BY_HAND, "valueBoolean": True})
    if version.protocol.only_if.is_new is not None:
        found.append({"url": codes.NEW_PATIENT, "valueBoolean": version.protocol.only_if.is_new})
    if version.note:
        found.append({"url": codes.CHANGE_NOTE, "valueString": version.note})
    if version.by:
        found.append({"url": codes.CHANGED_BY, "valueReference": {"reference": version.by}})
    return found


def _visit_type(code: str) -> Resource:
    return Coding(codes.VISIT_TYPE, code).concept()


def _visit_types(resource: Resource) -> Iterable[str]:
    for context in resource.get("useContext", ()):
        for coding in context.get("valueCodeableConcept", {}).get("coding", ()):
            if coding.get("system") == codes.VISIT_TYPE:
                yield coding["code"]


def _only_if(resource: Resource, is_new: bool | None) -> Whom:
    found = from_use_contexts(resource.get("useContext", ()))
    return Whom(
        age_from=found.age_from, age_below=found.age_below, sex=found.sex, problems=found.problems, is_new=is_new
    )


def _source(source: Source) -> Resource:
    return {"type": "citation", "display": source.name, "citation": source.fact, "url": source.url}


def _sources(resource: Resource) -> Iterable[Source]:
    for artifact in resource.get("relatedArtifact", ()):
        if artifact["type"] == "citation":
            yield Source(name=artifact["display"], url=artifact["url"], fact=artifact["citation"])


def _document(text: str) -> list[Resource]:
    if not text:
        return []
    data = base64.b64encode(text.encode()).decode()
    return [{"type": "documentation", "document": {"contentType": codes.TEXT_TYPE, "data": data}}]


def _text(resource: Resource) -> str:
    for artifact in resource.get("relatedArtifact", ()):
        document = artifact.get("document", {})
        if document.get("contentType") == codes.TEXT_TYPE:
            try:
                return base64.b64decode(document.get("data", ""), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


def _action(task: ProtocolTask) -> Resource:
    role = Coding(codes.ROLE, task.role.value, ROLE_WORDS[task.role]) if task.role else None
    whose = (role or Coding(codes.POOL, ANYONE, ANYONE_WORDS)).concept()
    competency = [{"url": codes.COMPETENCY, "valueString": task.competency}] if task.competency else []
    found: Resource = {
        "extension": _of_task(task),
        "title": codes.TASKS[task.code].display,
        "description": task.words,
        "code": [codes.TASKS[task.code].concept()],
        "condition": [_condition(task.only_if)] if not task.only_if.is_everybody else [],
        "timingDuration": _duration(task.due),
        "participant": [{**({"extension": competency} if competency else {}), "type": "practitioner", "role": whose}],
    }
    return {name: value for name, value in found.items() if value}


def _of_task(task: ProtocolTask) -> list[Resource]:
    found: list[Resource] = [
        {"url": codes.ANCHOR, "valueCode": task.due.anchor.value},
        {"url": codes.KIND, "valueCode": task.kind.value},
    ]
    if task.not_before:
        duration, anchor = MOMENT_PARTS
        inside = [
            {"url": duration, "valueDuration": _duration(task.not_before)},
            {"url": anchor, "valueCode": task.not_before.anchor.value},
        ]
        found.append({"url": codes.NOT_BEFORE, "extension": inside})
    found += [{"url": codes.SUPPLY, "valueString": supply} for supply in task.supplies]
    if task.standing_order:
        found.append({"url": codes.STANDING_ORDER, "valueCode": task.standing_order})
    return found


def _task(action: Resource) -> ProtocolTask:
    own = _by_url(action)
    (participant,) = action["participant"]
    inside = _by_url(participant)
    later = next((e["extension"] for e in action["extension"] if e["url"] == codes.NOT_BEFORE), None)
    begins = _by_url({"extension": later or []})
    return ProtocolTask(
        code=_code(action["code"]),
        words=action["description"],
        role=_role(participant["role"]),
        due=_moment(action["timingDuration"], own[codes.ANCHOR]),
        not_before=_moment(*(begins[part] for part in MOMENT_PARTS)) if later else None,
        kind=Kind(own[codes.KIND]),
        competency=inside.get(codes.COMPETENCY, ""),
        supplies=tuple(e["valueString"] for e in action["extension"] if e["url"] == codes.SUPPLY),
        standing_order=own.get(codes.STANDING_ORDER, ""),
        only_if=_read_condition(action.get("condition", ())),
    )


def _code(concepts: Iterable[Resource]) -> str:
    codings = (coding for concept in concepts for coding in concept["coding"])
    code = next(str(c["code"]) for c in codings if c["system"] == TASK_CODE)
    return codes.TASKS[code].code  # KeyError for a task that nobody has been named for


def _role(concept: Resource) -> Role | None:
    (coding,) = concept["coding"]
    if (coding["system"], coding["code"]) == (codes.POOL, ANYONE):
        return None
    if coding["system"] != codes.ROLE:
        raise ValueError("Not a role of ours.")
    return Role(coding["code"])


def _duration(moment: Moment) -> Resource:
    unit, count = moment.counted
    value = count if moment.minutes >= 0 else -count
    return {"value": value, "unit": f"{unit}s", "system": UCUM, "code": UCUM_OF[unit]}


def _moment(duration: Resource, anchor: str) -> Moment:
    units = {ucum: unit for unit, ucum in UCUM_OF.items()}
    minutes = Decimal(duration["value"]) * MINUTES[units[duration["code"]]]
    if minutes != int(minutes):
        raise ValueError("A time is a whole number of minutes.")
    return Moment(int(minutes), Anchor(anchor))


def _condition(whom: Whom) -> Resource:
    expression = {"description": str(whom.words), "language": codes.CONDITION_LANGUAGE, "expression": whom.text}
    return {"kind": "applicability", "expression": expression}


def _read_condition(conditions: Iterable[Resource]) -> Whom:
    for condition in conditions:
        expression = condition["expression"]
        if expression["language"] != codes.CONDITION_LANGUAGE:
            raise ValueError("A condition in a language that is not ours.")
        return Whom.read(expression["expression"])
    return EVERYBODY


def _by_url(element: Resource) -> dict[str, Any]:
    """The value of each of an element's extensions, by address; the last one where there are several."""
    return {
        extension["url"]: value
        for extension in element.get("extension", ())
        for name, value in extension.items()
        if name.startswith("value")
    }
