"""A task as a FHIR Task, and back. What we do not manage is kept. https://hl7.org/fhir/R4/task.html

owner → owner · pool → performerType · due, not before → restriction.period · waiting on → statusReason while on hold
closes → focus · asks for → extension, produced → output · how it ended → statusReason with our code
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import (
    ANYONE,
    ANYONE_WORDS,
    END_WORDS,
    OPEN,
    OTHER,
    End,
    Escalation,
    Kind,
    Place,
    Pool,
    Priority,
    WorkTask,
)

POOL_SYSTEM = own_system("task-pool")
END_SYSTEM = own_system("task-end")
PRODUCED = Coding(own_system("task-output"), "produced", "What the task asked for")

SITE = OWN_EXTENSIONS + "site"
"""The Location (of a site) that a record belongs to (valueReference). On tasks, calls, referrals, papers."""
KIND = OWN_EXTENSIONS + "task-kind"
REMIND_AT = OWN_EXTENSIONS + "task-remind-at"
WAITS_FOR = OWN_EXTENSIONS + "task-waits-for"
ASKS_FOR = OWN_EXTENSIONS + "task-asks-for"
NEEDS_ORDER = OWN_EXTENSIONS + "task-needs-order"
ESCALATION = OWN_EXTENSIONS + "task-escalation"
PINNED_BY = OWN_EXTENSIONS + "task-pinned-by"
PLACE = OWN_EXTENSIONS + "task-place"
DUPLICATE_OF = OWN_EXTENSIONS + "task-duplicate-of"
OURS = frozenset({
    SITE, KIND, REMIND_AT, WAITS_FOR, ASKS_FOR, NEEDS_ORDER, ESCALATION, PINNED_BY, PLACE, DUPLICATE_OF,
})  # fmt: skip
POD = OWN_EXTENSIONS + "pool-pod"
LANGUAGE = OWN_EXTENSIONS + "pool-language"
COMPETENCY = OWN_EXTENSIONS + "pool-competency"


def to_fhir(task: WorkTask, *, onto: Resource | None = None) -> Resource:
    """The Task; `onto` is the stored one, whose other content is kept."""
    modified = max(filter(None, (task.ended_at, task.authored_at)), default=None)
    own: dict[str, Any] = {
        "resourceType": "Task",
        "id": task.id or None,
        "extension": [*_others(onto), *_extensions(task)],
        "instantiatesCanonical": task.instantiates or None,
        "basedOn": [_ref(ref) for ref in task.based_on],
        "partOf": [_ref(task.part_of)] if task.part_of else None,
        "status": task.status,
        "statusReason": _status_reason(task),
        "intent": (onto or {}).get("intent", "order"),
        "priority": task.priority.value,
        "code": (onto or {}).get("code") or task.code.concept(),
        "description": task.words or None,
        "focus": _ref(task.focus),
        "for": _ref(task.patient),
        "encounter": _ref(task.encounter),
        "authoredOn": _instant(task.authored_at),
        "lastModified": (onto or {}).get("lastModified") or _instant(modified),
        "requester": _ref(task.requester),
        "performerType": [pool_to_fhir(task.pool)] if task.pool else None,
        "owner": _ref(task.owner),
        "restriction": _restriction(task, onto),
        "output": [{"type": PRODUCED.concept(), "valueReference": _ref(ref)} for ref in task.produced],
        "executionPeriod": _execution(task, onto),
    }
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [], {})}, **kept}


def modified(resource: Resource, *, at: datetime) -> Resource:
    """The Task as changed at `at`; never before it was made (FHIR's rule inv-1)."""
    since = _time(resource.get("authoredOn"))
    return {**resource, "lastModified": _instant(max(at, since) if since else at)}


def from_fhir(resource: Resource) -> WorkTask:
    """The task of a Task, ours or from elsewhere; what cannot be read is left empty."""
    found = _by_url(resource.get("extension", ()))
    period = resource.get("restriction", {}).get("period", {})
    due_at, not_before = _time(period.get("end"), late=True), _time(period.get("start"))
    status = str(resource.get("status", ""))
    reason = resource.get("statusReason", {})
    end = _end(reason, status)
    return WorkTask(
        id=resource.get("id", ""),
        code=_code(resource),
        words=str(resource.get("description", "")),
        status=status,
        priority=_priority(resource),
        kind=_kind(found),
        patient=_reference(resource.get("for")),
        encounter=_reference(resource.get("encounter")),
        focus=_reference(resource.get("focus")),
        site=_one(found, SITE).removeprefix("Location/"),
        owner=_reference(resource.get("owner")),
        pool=pool_from_fhir(next(iter(resource.get("performerType", ())), None)),
        due_at=due_at,
        not_before=not_before if not (due_at and not_before and due_at < not_before) else None,
        remind_at=_time(_one(found, REMIND_AT)),
        waiting_on=str(reason.get("text", "")) if status == "on-hold" else "",
        waits_for=tuple(found.get(WAITS_FOR, ())),
        authored_at=_time(resource.get("authoredOn")),
        requester=_reference(resource.get("requester")),
        part_of=next((_reference(part) for part in resource.get("partOf", ())), ""),
        based_on=tuple(_reference(part) for part in resource.get("basedOn", ()) if _reference(part)),
        instantiates=str(resource.get("instantiatesCanonical", "")),
        asks_for=_one(found, ASKS_FOR),
        needs_order=_one(found, NEEDS_ORDER),
        produced=tuple(_produced(resource)),
        escalations=tuple(_escalations(resource)),
        pinned_by=tuple(found.get(PINNED_BY, ())),
        place=_place(resource),
        end=end,
        end_words=str(reason.get("text", "")) if end else "",
        duplicate_of=_one(found, DUPLICATE_OF),
        ended_at=_time(resource.get("executionPeriod", {}).get("end")) if status not in OPEN else None,
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def pool_to_fhir(pool: Pool) -> Resource:
    """The pool as a concept of Task.performerType."""
    role = Coding(ROLE_SYSTEM, pool.role.value, ROLE_WORDS[pool.role]) if pool.role else None
    narrowed = {POD: pool.pod, LANGUAGE: pool.language, COMPETENCY: pool.competency}
    extensions = [{"url": url, "valueString": value} for url, value in narrowed.items() if value]
    concept = (role or Coding(POOL_SYSTEM, ANYONE, ANYONE_WORDS)).concept()
    return {**({"extension": extensions} if extensions else {}), **concept}


def pool_from_fhir(concept: Resource | None) -> Pool | None:
    """The pool of a performerType; None for one that is not ours."""
    narrowed = _by_url((concept or {}).get("extension", ()))
    known = set(Role)
    for coding in (concept or {}).get("coding", ()):
        ours = coding.get("system") == ROLE_SYSTEM and coding.get("code") in known
        if ours or (coding.get("system"), coding.get("code")) == (POOL_SYSTEM, ANYONE):
            return Pool(
                role=Role(coding["code"]) if ours else None,
                pod=_one(narrowed, POD),
                language=_one(narrowed, LANGUAGE),
                competency=_one(narrowed, COMPETENCY),
            )
    return None


def site_extension(site: str) -> dict[str, Any]:
    """The extension that says which site (a Location's id) a record belongs to."""
    return {"url": SITE, "valueReference": {"reference": f"Location/{site}"}}


def site_of(resource: Resource) -> str:
    """The site of a record (a Location's id), or an empty text."""
    return _one(_by_url(resource.get("extension", ())), SITE).removeprefix("Location/")


def _extensions(task: WorkTask) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [site_extension(task.site)] if task.site else []
    found.append({"url": KIND, "valueCode": task.kind.value})
    if task.remind_at:
        found.append({"url": REMIND_AT, "valueDateTime": _instant(task.remind_at)})
    found += [{"url": WAITS_FOR, "valueReference": _ref(ref)} for ref in task.waits_for]
    if task.asks_for:
        found.append({"url": ASKS_FOR, "valueCode": task.asks_for})
    if task.needs_order:
        found.append({"url": NEEDS_ORDER, "valueCode": task.needs_order})
    found += [_escalation(escalation) for escalation in task.escalations]
    found += [{"url": PINNED_BY, "valueReference": _ref(person)} for person in task.pinned_by]
    if task.place:
        parts = [
            {"url": "rank", "valuePositiveInt": task.place.rank},
            {"url": "by", "valueReference": _ref(task.place.by)},
            {"url": "why", "valueString": task.place.why},
        ]
        found.append({"url": PLACE, "extension": parts})
    if task.duplicate_of:
        found.append({"url": DUPLICATE_OF, "valueReference": _ref(task.duplicate_of)})
    return found


def _escalation(escalation: Escalation) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "at", "valueDateTime": _instant(escalation.at)},
        {"url": "role", "valueCode": escalation.role.value},
    ]
    if escalation.person:
        parts.append({"url": "person", "valueReference": _ref(escalation.person)})
    if escalation.next_at:
        parts.append({"url": "next", "valueDateTime": _instant(escalation.next_at)})
    return {"url": ESCALATION, "extension": parts}


def _escalations(resource: Resource) -> Iterable[Escalation]:
    known = set(Role)
    for extension in resource.get("extension", ()):
        if extension.get("url") != ESCALATION:
            continue
        parts = _by_url(extension.get("extension", ()))
        at = _time(_one(parts, "at"))
        if at is not None and _one(parts, "role") in known:
            yield Escalation(
                at=at, role=Role(_one(parts, "role")), person=_one(parts, "person"), next_at=_time(_one(parts, "next"))
            )


def _place(resource: Resource) -> Place | None:
    for extension in resource.get("extension", ()):
        if extension.get("url") == PLACE:
            parts = _by_url(extension.get("extension", ()))
            rank = _one(parts, "rank")
            if rank.isdigit() and int(rank) >= 1 and _one(parts, "why").strip():
                return Place(rank=int(rank), by=_one(parts, "by"), why=_one(parts, "why"))
    return None


def _others(onto: Resource | None) -> list[Resource]:
    return [extension for extension in (onto or {}).get("extension", ()) if extension.get("url") not in OURS]


def _status_reason(task: WorkTask) -> Resource | None:
    if task.status == "on-hold":
        return {"text": task.waiting_on} if task.waiting_on else None
    if task.end is None or task.end is End.DONE:
        return None
    concept = Coding(END_SYSTEM, task.end.value, END_WORDS[task.end]).concept()
    return {**concept, "text": task.end_words} if task.end_words else concept


def _end(reason: Resource, status: str) -> End | None:
    if status in OPEN:
        return None
    codes = {c.get("code") for c in reason.get("coding", ()) if c.get("system") == END_SYSTEM}
    return next((end for end in End if end.value in codes), End.DONE if status == "completed" else None)


def _restriction(task: WorkTask, onto: Resource | None) -> Resource:
    before = {name: value for name, value in (onto or {}).get("restriction", {}).items() if name != "period"}
    period = {"start": _instant(task.not_before), "end": _instant(task.due_at)}
    known = {name: value for name, value in period.items() if value}
    return {**before, **({"period": known} if known else {})}


def _execution(task: WorkTask, onto: Resource | None) -> Resource:
    before = {name: value for name, value in (onto or {}).get("executionPeriod", {}).items() if name != "end"}
    return {**before, **({"end": _instant(task.ended_at)} if task.ended_at else {})}


def _code(resource: Resource) -> Coding:
    concept = resource.get("code", {})
    coding: Resource = next(iter(concept.get("coding", ())), {})
    words = str(concept.get("text") or coding.get("display", ""))
    if not coding.get("code"):
        return Coding(OTHER.system, OTHER.code, words or OTHER.display)
    return Coding(str(coding.get("system", "")), str(coding["code"]), words)


def _priority(resource: Resource) -> Priority:
    text = resource.get("priority", "")
    return Priority(text) if text in set(Priority) else Priority.ROUTINE


def _kind(found: dict[str, list[str]]) -> Kind:
    text = _one(found, KIND)
    return Kind(text) if text in set(Kind) else Kind.CLINICAL


def _produced(resource: Resource) -> Iterable[str]:
    for output in resource.get("output", ()):
        if PRODUCED.matches(output.get("type", {})) and (ref := _reference(output.get("valueReference"))):
            yield ref


def _by_url(extensions: Iterable[Resource]) -> dict[str, list[str]]:
    """The simple values of extensions as texts, by url; a reference stands for itself."""
    found: dict[str, list[str]] = {}
    for extension in extensions:
        value = next((v for name, v in extension.items() if name.startswith("value")), None)
        text = _reference(value) if isinstance(value, dict) else "" if value is None else str(value)
        if text:
            found.setdefault(str(extension.get("url", "")), []).append(text)
    return found


def _one(found: dict[str, list[str]], url: str) -> str:
    return next(iter(found.get(url, ())), "")


def _ref(reference: str) -> Resource | None:
    return {"reference": reference} if reference else None


def _reference(value: Resource | None) -> str:
    return str((value or {}).get("reference", ""))


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _time(text: object, *, late: bool = False) -> datetime | None:
    """The instant of a FHIR dateTime; of a whole day its beginning, or with `late` its end. None for none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return interval(text)[1 if late and "T" not in text else 0]
    except ValueError:
        return None
