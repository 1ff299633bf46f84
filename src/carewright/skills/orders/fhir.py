"""An order as a ServiceRequest, and back; a specimen. What we do not manage is kept.

https://hl7.org/fhir/R4/servicerequest.html, https://hl7.org/fhir/R4/specimen.html. `status` says whether it is open;
`occurrence[x]` is the day for which it is meant; how far it has come stands in our extensions (codes.py), because R4
has no business status there.
"""

from datetime import datetime
from typing import Any

from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import LOINC, Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.core.work.model import END_WORDS, End, Priority
from carewright.core.work.placer import number_of
from carewright.core.work.trail import entries, instant, one_of, to_extension
from carewright.skills.orders import codes
from carewright.skills.orders.catalog import test_of
from carewright.skills.orders.model import Event, Kind, Order

ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""ServiceRequest.intent: somebody has asked for it. A proposal, a plan or an option is none."""
_CATEGORY = {Kind.LABORATORY: codes.LABORATORY, Kind.IMAGING: codes.IMAGING}


def to_fhir(order: Order, *, onto: Resource | None = None) -> Resource:
    """The ServiceRequest; `onto` is the stored one, whose other content is kept."""
    others = [e for e in (onto or {}).get("extension", ()) if e.get("url") not in codes.OURS | {SITE}]
    own: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": order.id or None,
        "identifier": (onto or {}).get("identifier") or ([number_of(order.id)] if order.id else None),
        "extension": [*others, *_extensions(order)],
        "status": order.status,
        "intent": (onto or {}).get("intent", "order"),
        "category": (onto or {}).get("category") or [_category(order.kind)],
        "priority": order.priority.value,
        "code": (onto or {}).get("code") or _code(order),
        "subject": (onto or {}).get("subject") or {"reference": order.patient},
        "encounter": {"reference": order.encounter} if order.encounter else None,
        "authoredOn": (onto or {}).get("authoredOn") or _instant(order.authored_at),
        "requester": (onto or {}).get("requester") or ({"reference": order.provider} if order.provider else None),
        "supportingInfo": (onto or {}).get("supportingInfo") or _under(order.standing_order),
        "reasonCode": (onto or {}).get("reasonCode") or ([{"text": order.reason}] if order.reason else None),
    }
    if onto is None and order.not_before:
        own["occurrenceDateTime"] = _instant(order.not_before)
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [])}, **kept}


def from_fhir(resource: Resource) -> Order | None:
    """The order of a ServiceRequest, ours or another's; None for a referral and for what nobody has ordered."""
    categories = resource.get("category", ())
    referral = any(codes.REFERRAL.matches(concept) for concept in categories)
    if resource.get("resourceType") != "ServiceRequest" or referral or resource.get("intent") not in ORDERS:
        return None
    ended = one_of(resource, codes.END).get("valueCodeableConcept", {})
    code = next((str(coding.get("code")) for coding in ended.get("coding", ())), "")
    return Order(
        id=str(resource.get("id", "")),
        patient=str(resource.get("subject", {}).get("reference", "")),
        provider=_practitioner(resource.get("requester")),
        words=_words(resource),
        kind=_kind(categories),
        coding=_loinc(resource.get("code", {})),
        trail=entries(resource, url=codes.TRAIL, steps=frozenset(Event)),
        status=str(resource.get("status", "")),
        site=site_of(resource),
        encounter=str(resource.get("encounter", {}).get("reference", "")),
        standing_order=next(filter(None, map(_standing_order, resource.get("supportingInfo", ()))), ""),
        reason=next((str(reason.get("text", "")) for reason in resource.get("reasonCode", ())), ""),
        priority=_priority(resource),
        elsewhere=bool(one_of(resource, codes.ELSEWHERE).get("valueBoolean")),
        not_before=_not_before(resource),
        expected_by=instant(one_of(resource, codes.EXPECTED_BY).get("valueDateTime")),
        collector=str(one_of(resource, codes.COLLECTOR).get("valueReference", {}).get("reference", "")),
        end=End(code) if code in set(End) else None,
        end_why=str(ended.get("text", "")),
        authored_at=instant(resource.get("authoredOn")),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def specimen_to_fhir(order: Order, *, specimen_id: str, at: datetime, by: str) -> Resource:
    """The specimen of an order, collected by somebody at a time."""
    test = test_of(order.coding)
    return {
        "resourceType": "Specimen",
        "id": specimen_id,
        "status": "available",
        **({"type": test.specimen.concept()} if test and test.specimen else {}),
        "subject": {"reference": order.patient},
        "request": [{"reference": f"ServiceRequest/{order.id}"}],
        "collection": {"collector": {"reference": by}, "collectedDateTime": _instant(at)},
    }


def _extensions(order: Order) -> list[Resource]:
    found: list[Resource | None] = [
        site_extension(order.site) if order.site else None,
        {"url": codes.ELSEWHERE, "valueBoolean": True} if order.elsewhere else None,
        {"url": codes.EXPECTED_BY, "valueDateTime": _instant(order.expected_by)} if order.expected_by else None,
        {"url": codes.COLLECTOR, "valueReference": {"reference": order.collector}} if order.collector else None,
        _end(order.end, order.end_why) if order.end else None,
        *(to_extension(entry, url=codes.TRAIL) for entry in order.trail),
    ]
    return [extension for extension in found if extension]


def _end(end: End, why: str) -> Resource:
    concept = Coding(codes.END_SYSTEM, end.value, END_WORDS[end]).concept(why)
    return {"url": codes.END, "valueCodeableConcept": concept}


def _category(kind: Kind) -> Resource:
    more = [_CATEGORY[kind].to_fhir()] if kind in _CATEGORY else []
    return {"coding": [*more, codes.KINDS[kind].to_fhir()]}


def _kind(categories: list[Resource]) -> Kind:
    for kind in Kind:
        wanted = [codes.KINDS[kind], *([_CATEGORY[kind]] if kind in _CATEGORY else [])]
        if any(coding.matches(concept) for coding in wanted for concept in categories):
            return kind
    return Kind.OTHER


def _code(order: Order) -> Resource:
    return order.coding.concept(order.words) if order.coding else {"text": order.words}


def _words(resource: Resource) -> str:
    code = resource.get("code", {})
    displays = (str(coding.get("display", "")) for coding in code.get("coding", ()))
    return str(code.get("text") or next(filter(None, displays), ""))


def _loinc(code: Resource) -> Coding | None:
    found = next((c for c in code.get("coding", ()) if c.get("system") == LOINC and c.get("code")), None)
    return Coding(LOINC, str(found["code"]), str(found.get("display", ""))) if found else None


def _priority(resource: Resource) -> Priority:
    said = str(resource.get("priority", ""))
    return Priority(said) if said in set(Priority) else Priority.ROUTINE


def _not_before(resource: Resource) -> datetime | None:
    period = resource.get("occurrencePeriod", {}).get("start")
    return instant(resource.get("occurrenceDateTime") or period)


def _practitioner(reference: Resource | None) -> str:
    found = str((reference or {}).get("reference", ""))
    return found if found.startswith("Practitioner/") else ""


def _under(standing_order: str) -> list[Resource] | None:
    return [{"reference": standing_order}] if standing_order else None


def _standing_order(reference: Resource) -> str:
    found = str(reference.get("reference", ""))
    return found if found.startswith("ActivityDefinition/") else ""


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
