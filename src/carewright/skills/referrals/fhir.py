"""A referral as a ServiceRequest, and back. What we do not manage is kept.

https://hl7.org/fhir/R4/servicerequest.html. `status` is active while the loop is open, completed when the note was
reviewed, revoked where it ended otherwise; how far it has come stands in our extensions (codes.py).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.core.work.model import END_WORDS, End
from carewright.skills.referrals import codes
from carewright.skills.referrals.model import STEP_WORDS, Barrier, Hindrance, Referral, Step, Taken


def to_fhir(referral: Referral, *, onto: Resource | None = None) -> Resource:
    """The ServiceRequest; `onto` is the stored one, whose other content is kept."""
    others = [e for e in (onto or {}).get("extension", ()) if e.get("url") not in codes.OURS | {SITE}]
    own: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": referral.id or None,
        "extension": [*others, *_extensions(referral)],
        "status": _status(referral),
        "intent": "order",
        "category": [codes.REFERRAL.concept()],
        "priority": "urgent" if referral.urgent else "routine",
        "code": {"text": referral.to},
        "subject": {"reference": referral.patient},
        "occurrenceDateTime": _instant(referral.seen_at) if referral.seen_at else None,
        "authoredOn": _instant(referral.taken[0].at),
        "requester": {"reference": referral.provider},
        "reasonCode": [{"text": referral.reason}],
    }
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [])}, **kept}


def from_fhir(resource: Resource) -> Referral | None:
    """The referral of a ServiceRequest; None for another order."""
    extensions = resource.get("extension", ())
    taken = tuple(_taken(parts) for parts in _all(extensions, codes.TAKEN))
    if not taken or not any(codes.REFERRAL.matches(concept) for concept in resource.get("category", ())):
        return None
    found = {e.get("url"): e for e in extensions}
    ended = found.get(codes.END, {}).get("valueCodeableConcept", {})
    seen_at = resource.get("occurrenceDateTime")
    return Referral(
        id=str(resource.get("id", "")),
        patient=str(resource.get("subject", {}).get("reference", "")),
        provider=str(resource.get("requester", {}).get("reference", "")),
        to=str(resource.get("code", {}).get("text", "")),
        reason=next((str(reason.get("text", "")) for reason in resource.get("reasonCode", ())), ""),
        taken=taken,
        site=site_of(resource),
        urgent=resource.get("priority") == "urgent",
        needs_authorisation=bool(found.get(codes.AUTHORISATION, {}).get("valueBoolean")),
        seen_at=interval(seen_at)[0] if seen_at else None,
        note=str(found.get(codes.NOTE, {}).get("valueReference", {}).get("reference", "")),
        barriers=tuple(_barrier(parts) for parts in _all(extensions, codes.BARRIER)),
        end=End(ended["coding"][0]["code"]) if ended.get("coding") else None,
        end_why=str(ended.get("text", "")),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def _status(referral: Referral) -> str:
    if referral.end:
        return "revoked"
    return "completed" if referral.next_step is None else "active"


def _extensions(referral: Referral) -> list[Resource]:
    last = referral.taken[-1].step
    status = Coding(codes.STEP_SYSTEM, last.value, STEP_WORDS[last])
    found: list[Resource | None] = [
        site_extension(referral.site) if referral.site else None,
        {"url": codes.BUSINESS_STATUS, "valueCodeableConcept": status.concept()},
        {"url": codes.AUTHORISATION, "valueBoolean": True} if referral.needs_authorisation else None,
        {"url": codes.NOTE, "valueReference": {"reference": referral.note}} if referral.note else None,
        _end(referral.end, referral.end_why) if referral.end else None,
        *(
            _group(codes.TAKEN, step=taken.step.value, at=taken.at, by=taken.by, words=taken.words)
            for taken in referral.taken
        ),
        *(_barrier_to_fhir(barrier) for barrier in referral.barriers),
    ]
    return [extension for extension in found if extension]


def _end(end: End, why: str) -> Resource:
    concept = Coding(codes.END_SYSTEM, end.value, END_WORDS[end]).concept(why)
    return {"url": codes.END, "valueCodeableConcept": concept}


def _barrier_to_fhir(barrier: Barrier) -> Resource:
    return _group(
        codes.BARRIER, kind=barrier.kind.value, words=barrier.words, at=barrier.at, by=barrier.by, done=barrier.done,
        done_at=barrier.done_at, done_by=barrier.done_by,
    )  # fmt: skip


def _group(url: str, **parts: str | datetime | None) -> Resource:
    """An extension of parts: what happened (valueCode), when, by whom, words. Empty parts are left out."""
    return {"url": url, "extension": [_part(name, value) for name, value in parts.items() if value]}


def _part(name: str, value: str | datetime | None) -> Resource:
    part: Resource = {"url": name.replace("_", "-")}
    if isinstance(value, datetime):
        return part | {"valueDateTime": _instant(value)}
    if name in ("by", "done_by"):
        return part | {"valueReference": {"reference": value}}
    return part | {"valueCode" if name in ("step", "kind") else "valueString": value}


def _all(extensions: Iterable[Resource], url: str) -> list[dict[str, str]]:
    groups = [e.get("extension", ()) for e in extensions if e.get("url") == url]
    return [{str(part.get("url")): _value(part) for part in group} for group in groups]


def _value(part: Resource) -> str:
    reference = part.get("valueReference", {}).get("reference")
    return str(reference or part.get("valueCode") or part.get("valueString") or part.get("valueDateTime") or "")


def _taken(parts: dict[str, str]) -> Taken:
    return Taken(
        step=Step(parts["step"]), at=interval(parts["at"])[0], by=parts.get("by", ""), words=parts.get("words", "")
    )


def _barrier(parts: dict[str, str]) -> Barrier:
    done_at = parts.get("done-at")
    return Barrier(
        kind=Hindrance(parts["kind"]), words=parts.get("words", ""), at=interval(parts["at"])[0],
        by=parts.get("by", ""), done=parts.get("done", ""), done_at=interval(done_at)[0] if done_at else None,
        done_by=parts.get("done-by", ""),
    )  # fmt: skip


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
