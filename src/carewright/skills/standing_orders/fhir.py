"""A standing order as an ActivityDefinition, and back. https://hl7.org/fhir/R4/activitydefinition.html

what it allows → code · signed → approvalDate, endorser and our signer · days → effectivePeriod
who may act → participant · whom it is for → useContext · exclusions → our extension, one for each
Why this type: it describes one act that others may then carry out, with an approval, an effective period and the roles
that take part; a ServiceRequest would be about one patient.
"""

from collections.abc import Iterator
from datetime import date

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.whom import from_use_contexts, to_use_contexts
from carewright.skills.standing_orders import codes
from carewright.skills.standing_orders.model import StandingOrder


def to_fhir(order: StandingOrder, *, onto: Resource | None = None) -> Resource:
    """The ActivityDefinition; what is not ours is kept from `onto`, the stored one."""
    status = "retired" if order.retired_because else "active" if order.is_signed else "draft"
    own: Resource = {
        "resourceType": "ActivityDefinition",
        "id": order.id or None,
        "extension": [
            {"url": codes.SIGNER, "valueReference": {"reference": order.signer}},
            *({"url": codes.EXCLUSION, "valueString": words} for words in order.exclusions),
            *([{"url": codes.RETIRED_BECAUSE, "valueString": order.retired_because}] if order.retired_because else []),
        ],
        "url": codes.URL + order.id if order.id else None,
        "title": order.name,
        "status": status,
        "description": order.words,
        "useContext": to_use_contexts(order.whom),
        "approvalDate": order.signed_on.isoformat() if order.signed_on else None,
        "effectivePeriod": {"start": order.first_day.isoformat(), "end": order.last_day.isoformat()},
        "topic": [codes.STANDING_ORDER.concept()],
        "endorser": [{"name": order.signer_name}],
        "kind": "Task",
        "code": order.allows.concept(),
        "intent": "order",
        "participant": [_participant(role, order.competency) for role in Role if role in order.roles],
    }
    kept = {name: value for name, value in (onto or {}).items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [])}, **kept}


def from_fhir(resource: Resource) -> StandingOrder | None:
    """The standing order of an ActivityDefinition; None for one that is none of ours or cannot be read as one."""
    if not any(codes.STANDING_ORDER.matches(topic) for topic in resource.get("topic", ())):
        return None
    try:
        return _order(resource)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, StopIteration):
        return None  # written by another program; nobody acts under what cannot be read


def _order(resource: Resource) -> StandingOrder:
    coding = resource["code"]["coding"][0]
    period, participants = resource["effectivePeriod"], resource["participant"]
    signed = resource.get("approvalDate") if resource["status"] != "draft" else None
    because = next(_values(resource, codes.RETIRED_BECAUSE), "")
    return StandingOrder(
        id=resource.get("id", ""),
        name=resource["title"],
        allows=Coding(coding["system"], coding["code"], coding.get("display", "")),
        words=resource["description"],
        signer=next(e["valueReference"]["reference"] for e in resource["extension"] if e["url"] == codes.SIGNER),
        signer_name=resource["endorser"][0]["name"],
        first_day=date.fromisoformat(period["start"]),
        last_day=date.fromisoformat(period["end"]),
        roles=frozenset(Role(part["role"]["coding"][0]["code"]) for part in participants),
        competency=next(_values(participants[0], codes.COMPETENCY), ""),
        exclusions=tuple(_values(resource, codes.EXCLUSION)),
        whom=from_use_contexts(resource.get("useContext", ())),
        signed_on=date.fromisoformat(signed) if signed else None,
        retired_because=because or ("retired" if resource["status"] not in ("draft", "active") else ""),
        version=int(resource.get("meta", {}).get("versionId", "0")),
    )


def _participant(role: Role, competency: str) -> Resource:
    found: Resource = {"type": "practitioner", "role": Coding(codes.ROLE, role.value, ROLE_WORDS[role]).concept()}
    return {"extension": [{"url": codes.COMPETENCY, "valueString": competency}], **found} if competency else found


def _values(element: Resource, url: str) -> Iterator[str]:
    return iter([str(e["valueString"]) for e in element.get("extension", ()) if e["url"] == url])
