"""A paper as a US Core DocumentReference, and back. What we do not manage is kept.

http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference (6.1.0). The profile is named once the patient
is known, for it asks for one; until then the paper has no subject and carries the label `unsorted`, which only those
who sort papers see (core/access/labels.py).
"""

from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.file_names import digest_in, name_of
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import UNSORTED, Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.skills.incoming import codes
from carewright.skills.incoming.model import CAME_AS_WORDS, CameAs, Paper, Route


def to_fhir(paper: Paper, *, onto: Resource | None = None) -> Resource:
    """The DocumentReference; `onto` is the stored one, whose other content is kept."""
    own: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": paper.id or None,
        "meta": _meta(paper, onto),
        "extension": [*_others(onto), *_extensions(paper)],
        "status": "entered-in-error" if paper.by_mistake else "current",
        "docStatus": _doc_status(paper),
        "type": _type(paper),
        "category": (onto or {}).get("category") or [codes.CLINICAL_NOTE.concept()],
        "subject": {"reference": paper.patient} if paper.patient else None,
        "date": _instant(paper.came_at),
        "authenticator": {"reference": paper.done_by} if paper.done_by else None,
        "description": paper.title or None,
        "content": [{"attachment": _attachment(paper)}],
    }
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [], {})}, **kept}


def from_fhir(resource: Resource) -> Paper | None:
    """The paper of a DocumentReference; None for any other document."""
    found = {e.get("url"): e for e in resource.get("extension", ())}
    came_as = found.get(codes.CAME_AS, {}).get("valueCode")
    if came_as not in set(CameAs) or "date" not in resource:
        return None
    attachment: Resource = next((c.get("attachment", {}) for c in resource.get("content", ())), {})
    to = _value(found, codes.TO)
    route = _value(found, codes.ROUTE)
    return Paper(
        id=str(resource.get("id", "")),
        came_as=CameAs(came_as),
        came_at=interval(resource["date"])[0],
        content_type=str(attachment.get("contentType", "")),
        size=int(attachment.get("size", 0)),
        digest=digest_in(str(attachment.get("url", ""))),
        site=site_of(resource),
        patient=str(resource.get("subject", {}).get("reference", "")),
        type=_coding(resource.get("type")),
        type_words=str(resource.get("type", {}).get("text", "")),
        title=str(resource.get("description", "")),
        route=Route(route) if route in set(Route) and (route != Route.SIGN or to) else None,
        to=to,
        by_mistake=resource.get("status") == "entered-in-error",
        final=resource.get("docStatus") == "final",
        done_by=str(resource.get("authenticator", {}).get("reference", "")),
        done_at=interval(done)[0] if (done := _value(found, codes.DONE)) else None,
        note=_value(found, codes.NOTE),
        why=_value(found, codes.WHY),
        moved_here=_value(found, codes.MOVED_HERE),
        moved_away=bool(found.get(codes.MOVED_AWAY, {}).get("valueBoolean")),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def _meta(paper: Paper, onto: Resource | None) -> Resource:
    """The stored meta, with the label while there is no patient."""
    before: Resource = dict((onto or {}).get("meta", {}))
    labels = [label for label in before.get("security", ()) if label.get("code") != UNSORTED.code]
    labels = labels if paper.patient else [*labels, UNSORTED.to_fhir()]
    meta = {**before, "security": labels}
    return {name: value for name, value in meta.items() if value}


def _doc_status(paper: Paper) -> str:
    if paper.by_mistake:
        return "entered-in-error"
    return "final" if paper.final else "preliminary"


def _type(paper: Paper) -> Resource:
    words = paper.type_words or CAME_AS_WORDS[paper.came_as]
    return (paper.type or codes.UNKNOWN).concept(words)


def _attachment(paper: Paper) -> Resource:
    """What was moved to another chart names no file here: it holds somebody else's secrets."""
    found = {
        "contentType": paper.content_type,
        "url": name_of(paper.digest) if paper.digest else None,
        "size": paper.size or None,
        "title": CAME_AS_WORDS[paper.came_as],
        "creation": _instant(paper.came_at),
    }
    return {name: value for name, value in found.items() if value}


def _extensions(paper: Paper) -> list[Resource]:
    found: list[Resource | None] = [
        site_extension(paper.site) if paper.site else None,
        {"url": codes.CAME_AS, "valueCode": paper.came_as.value},
        {"url": codes.ROUTE, "valueCode": paper.route.value} if paper.route else None,
        {"url": codes.TO, "valueReference": {"reference": paper.to}} if paper.to else None,
        {"url": codes.DONE, "valueDateTime": _instant(paper.done_at)} if paper.done_at else None,
        {"url": codes.NOTE, "valueString": paper.note} if paper.note else None,
        {"url": codes.WHY, "valueString": paper.why} if paper.why else None,
        {"url": codes.MOVED_HERE, "valueString": paper.moved_here} if paper.moved_here else None,
        {"url": codes.MOVED_AWAY, "valueBoolean": True} if paper.moved_away else None,
    ]
    return [extension for extension in found if extension]


def _others(onto: Resource | None) -> list[Resource]:
    return [e for e in (onto or {}).get("extension", ()) if e.get("url") not in codes.OURS | {SITE}]


def _value(found: dict[Any, Resource], url: str) -> str:
    extension = found.get(url, {})
    reference = extension.get("valueReference", {}).get("reference")
    return str(reference or extension.get("valueCode") or extension.get("valueString")
               or extension.get("valueDateTime") or "")  # fmt: skip


def _coding(concept: Resource | None) -> Coding | None:
    first: Resource = next(iter((concept or {}).get("coding", ())), {})
    return Coding(first.get("system", ""), first["code"], first.get("display", "")) if first.get("code") else None


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
