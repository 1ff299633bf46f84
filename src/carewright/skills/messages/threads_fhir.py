"""A thread as Communications: the head with the first message, answers `inResponseTo` it. Pure.

open → in-progress, closed → completed with the outcome in statusReason. https://hl7.org/fhir/R4/communication.html
"""

from collections.abc import Iterable
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.file_names import digest_in, name_of
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import pool_from_fhir, pool_to_fhir, site_extension, site_of
from carewright.core.work.legs import Leg
from carewright.core.work.model import Priority
from carewright.skills.messages import threads
from carewright.skills.messages.codes import DUE, OUTCOME, POOL, REPLY, SEEN_BY, THREAD, TURNS
from carewright.skills.messages.threads import OUTCOME_WORDS, File, Outcome, Thread, Words

OURS = frozenset({POOL, DUE, SEEN_BY, TURNS})


def to_fhir(thread: Thread, *, onto: Resource | None = None) -> Resource:
    """The head of a thread; `onto` is the stored one, whose other content is kept."""
    own: dict[str, Any] = {
        "resourceType": "Communication",
        "id": thread.id or None,
        "extension": [*_others(onto, thread), *_extensions(thread)],
        "status": "in-progress" if thread.is_open else "completed",
        "statusReason": _outcome(thread),
        "category": [THREAD.concept()],
        "priority": thread.priority.value,
        "subject": _ref(thread.patient),
        "topic": {"text": thread.topic},
        "encounter": _ref(thread.encounter),
        "sent": _instant(thread.first),
        "recipient": [_ref(thread.to)] if thread.to else None,
        "sender": _ref(thread.first.by),
        "payload": _payload(thread.first),
    }
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [])}, **kept}


def reply_to_fhir(words: Words, *, to: Thread) -> Resource:
    """One answer in a thread."""
    own: dict[str, Any] = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [REPLY.concept()],
        "inResponseTo": [_ref(f"Communication/{to.id}")],
        "subject": _ref(to.patient),
        "encounter": _ref(to.encounter),
        "sent": _instant(words),
        "sender": _ref(words.by),
        "payload": _payload(words),
    }
    return {name: value for name, value in own.items() if value is not None}


def from_fhir(resource: Resource) -> Thread | None:
    """The thread of a head; None for any other Communication, and one that cannot be read."""
    first, due = _words(resource), _values(resource, DUE, "valueDateTime")
    if not _is(resource, THREAD) or first is None or not due:
        return None
    reason = resource.get("statusReason", {})
    outcome = next((Outcome(c) for c in _codes(reason) if c in set(Outcome)), None)
    closed = resource.get("status") == "completed"
    pools = _values(resource, POOL, "valueCodeableConcept")
    priority = resource.get("priority", "")
    try:
        return Thread(
            id=resource.get("id", ""), topic=str(resource.get("topic", {}).get("text", "")), first=first,
            to=_first(resource.get("recipient", ())), pool=pool_from_fhir(pools[0]) if pools else None,
            due_at=interval(due[0])[0], patient=_reference(resource.get("subject")),
            encounter=_reference(resource.get("encounter")), site=site_of(resource),
            priority=Priority(priority) if priority in set(Priority) else Priority.ROUTINE,
            seen_by=tuple(_reference(value) for value in _values(resource, SEEN_BY, "valueReference")),
            turns=next(iter(_values(resource, TURNS, "valueUnsignedInt")), 0),
            outcome=(outcome or Outcome.DONE) if closed else None,
            outcome_words=str(reason.get("text", "")) if closed else "",
            version=int(resource.get("meta", {}).get("versionId", "0") or 0),
        )  # fmt: skip
    except threads.NotPossible:
        return None


def reply_from_fhir(resource: Resource) -> Words | None:
    """The answer of a Communication; None for another kind."""
    return _words(resource) if _is(resource, REPLY) else None


def leg_of(resource: Resource) -> Leg | None:
    """The leg of a thread's head; None for what is no open thread."""
    thread = from_fhir(resource)
    return threads.leg_of(thread) if thread else None


def _extensions(thread: Thread) -> list[Resource]:
    found: list[Resource] = [{"url": DUE, "valueDateTime": thread.due_at.isoformat(timespec="seconds")}]
    if thread.pool:
        found.append({"url": POOL, "valueCodeableConcept": pool_to_fhir(thread.pool)})
    if thread.turns:
        found.append({"url": TURNS, "valueUnsignedInt": thread.turns})
    return [*found, *({"url": SEEN_BY, "valueReference": _ref(person)} for person in thread.seen_by)]


def _others(onto: Resource | None, thread: Thread) -> list[Resource]:
    if onto is not None:
        return [one for one in onto.get("extension", ()) if one.get("url") not in OURS]
    return [site_extension(thread.site)] if thread.site else []


def _outcome(thread: Thread) -> Resource | None:
    if thread.outcome is None:
        return None
    concept = Coding(OUTCOME, thread.outcome.value, OUTCOME_WORDS[thread.outcome]).concept()
    return {**concept, "text": thread.outcome_words} if thread.outcome_words else {"coding": concept["coding"]}


def _payload(words: Words) -> list[Resource]:
    files = ({"contentAttachment": {"contentType": f.content_type, "url": name_of(f.digest), "size": f.size,
                                    "title": f.title}} for f in words.files)  # fmt: skip
    return [{"contentString": words.words}, *files]


def _words(resource: Resource) -> Words | None:
    parts: list[Resource] = resource.get("payload", [])
    text = next((str(part["contentString"]) for part in parts if part.get("contentString")), "")
    if not text.strip() or "sent" not in resource:
        return None
    files = tuple(
        File(digest=digest, content_type=str(found.get("contentType", "")), title=str(found.get("title", "")),
             size=int(found.get("size", 0)))
        for part in parts
        if (digest := digest_in(str((found := part.get("contentAttachment", {})).get("url", ""))))
    )  # fmt: skip
    at = interval(resource["sent"])[0]
    return Words(by=_reference(resource.get("sender")), at=at, words=text[: threads.LONGEST_WORDS], files=files)


def _is(resource: Resource, code: Coding) -> bool:
    return any(code.matches(concept) for concept in resource.get("category", ()))


def _codes(concept: Resource) -> Iterable[str]:
    return [str(c.get("code")) for c in concept.get("coding", ()) if c.get("system") == OUTCOME]


def _values(resource: Resource, url: str, name: str) -> list[Any]:
    return [one[name] for one in resource.get("extension", ()) if one.get("url") == url and name in one]


def _first(references: Iterable[Resource]) -> str:
    return next((_reference(one) for one in references), "")


def _ref(reference: str) -> Resource | None:
    return {"reference": reference} if reference else None


def _reference(value: Resource | None) -> str:
    return str((value or {}).get("reference", ""))


def _instant(words: Words) -> str:
    return words.at.isoformat(timespec="seconds")
