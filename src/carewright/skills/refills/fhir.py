"""A refill request as a MedicationRequest with the intent `proposal`, the order that follows a yes, and back.

https://hl7.org/fhir/R4/medicationrequest.html and https://hl7.org/fhir/R4/request.html. What is asked for stays a
proposal: `draft` while it waits, `completed` when it was acted on, `cancelled` when not. The order is a record of its
own (`basedOn` the proposal). What we do not manage is kept.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import UCUM, Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.core.work.model import END_WORDS, End, derived_id
from carewright.skills.refills import codes
from carewright.skills.refills.model import (
    ANSWER_WORDS,
    BECAUSE_WORDS,
    Answer,
    Asker,
    Asking,
    Because,
    Decision,
    How,
    Outcome,
    Preparing,
    Refill,
    Said,
    Supply,
    Telling,
    Via,
    Whom,
)

MISTAKE = "entered-in-error"
_STATUS = {Answer.YES: "completed", Answer.ELSEWHERE: "completed", Answer.NO: "cancelled"}


def to_fhir(refill: Refill, *, onto: Resource | None = None) -> Resource:
    """The proposal; `onto` is the stored one, whose other content is kept."""
    kept = onto or {}
    own: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": refill.id or None,
        "extension": [*(e for e in kept.get("extension", ()) if e.get("url") not in {*codes.OURS, SITE}),
                      *_extensions(refill)],
        "status": _status(refill),
        "statusReason": _status_reason(refill),
        "intent": "proposal",
        "category": [codes.REFILL.concept()],
        "priority": "urgent" if refill.urgent else "routine",
        "medicationCodeableConcept": _medicine(refill),
        "subject": {"reference": refill.patient},
        "supportingInformation": [{"reference": r} for r in (refill.on_file, refill.source) if r and not _is_order(r)],
        "authoredOn": _instant(refill.asked[0].at),
        "recorder": {"reference": refill.asked[0].by} if refill.asked[0].by else None,
        "dosageInstruction": [{"text": refill.dose}] if refill.dose else None,
        "dispenseRequest": _dispense(refill, refill.preparing.supply if refill.preparing else None),
        "priorPrescription": {"reference": refill.on_file} if _is_order(refill.on_file) else None,
    }  # fmt: skip
    others = {name: value for name, value in kept.items() if name not in own}
    return {**{name: value for name, value in own.items() if value not in (None, [], {})}, **others}


def order_id(refill_id: str) -> str:
    """The id of the order that a yes to a request makes: one request, one order."""
    return derived_id(refill_id, "order")


def order_to_fhir(refill: Refill, *, labels: Iterable[Resource] = ()) -> Resource:
    """The order that follows a yes, `labels` (meta.security) as on the request. ValueError without a yes."""
    said = refill.decision
    if said is None or said.supply is None:
        raise ValueError("Only a yes makes an order.")
    order: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": order_id(refill.id),
        "meta": {"security": list(labels)} if list(labels) else None,
        "extension": [site_extension(refill.site)] if refill.site else None,
        "status": "active",
        "intent": "order",
        "category": [codes.FOR_USE_AT_HOME.concept()],
        "reportedBoolean": False,
        "medicationCodeableConcept": _medicine(refill),
        "subject": {"reference": refill.patient},
        "authoredOn": _instant(said.at),
        "requester": {"reference": said.by},
        "basedOn": [{"reference": f"MedicationRequest/{refill.id}"}],
        "dosageInstruction": [{"text": refill.dose}] if refill.dose else None,
        "dispenseRequest": _dispense(refill, said.supply),
        "priorPrescription": {"reference": refill.on_file} if _is_order(refill.on_file) else None,
    }
    return {name: value for name, value in order.items() if value is not None}


def from_fhir(resource: Resource) -> Refill | None:
    """The request of a MedicationRequest; None for any other, for one charted by mistake or one that makes no sense."""
    if not is_request(resource) or resource.get("status") == MISTAKE:
        return None
    try:
        return _request(resource)
    except (ValueError, KeyError, IndexError):  # from elsewhere; a guard refuses it here
        return None


def _request(resource: Resource) -> Refill | None:
    extensions = resource.get("extension", ())
    asked = tuple(_asking(parts) for parts in _groups(extensions, codes.ASKED))
    medicine = str(resource.get("medicationCodeableConcept", {}).get("text", ""))
    if not asked or not medicine.strip():
        return None
    found = {e.get("url"): e for e in extensions}
    ended = found.get(codes.END, {}).get("valueCodeableConcept", {})
    others = [str(r.get("reference", "")) for r in resource.get("supportingInformation", ())]
    return Refill(
        id=str(resource.get("id", "")), patient=str(resource.get("subject", {}).get("reference", "")),
        medicine=medicine, coding=_coding(resource.get("medicationCodeableConcept", {})), asked=asked,
        dose=next((str(d.get("text", "")) for d in resource.get("dosageInstruction", ())), ""),
        on_file=str(resource.get("priorPrescription", {}).get("reference", ""))
        or _one_of("MedicationStatement", others),
        pharmacy=str(resource.get("dispenseRequest", {}).get("performer", {}).get("display", "")),
        days_left=found.get(codes.DAYS_LEFT, {}).get("valueInteger"),
        prescriber=str(found.get(codes.PRESCRIBER, {}).get("valueReference", {}).get("reference", "")),
        site=site_of(resource), source=_one_of("Communication", others) or _one_of("DocumentReference", others),
        gap_harms=bool(found.get(codes.GAP, {}).get("valueBoolean")),
        said=next((_said(parts) for parts in _groups(extensions, codes.SAID)), Said()),
        preparing=next((_preparing(parts) for parts in _groups(extensions, codes.PREPARING)), None),
        decision=next((_decision(parts) for parts in _groups(extensions, codes.DECISION)), None),
        told=tuple(_telling(parts) for parts in _groups(extensions, codes.TOLD)),
        end=End(ended["coding"][0]["code"]) if ended.get("coding") else None, end_why=str(ended.get("text", "")),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )  # fmt: skip


def is_request(resource: Resource) -> bool:
    """Whether a MedicationRequest is marked as a refill request."""
    return any(codes.REFILL.matches(concept) for concept in resource.get("category", ()))


def names_of(resource: Resource) -> str:
    """Every name that a medication record gives its medicine, in one text: words, displays, of a reference too."""
    concept = resource.get("medicationCodeableConcept", {})
    displays = [str(coding.get("display", "")) for coding in concept.get("coding", ())]
    return " ".join([str(concept.get("text", "")), *displays,
                     str(resource.get("medicationReference", {}).get("display", ""))]).strip()  # fmt: skip


def _status(refill: Refill) -> str:
    if refill.end:
        return "cancelled"
    return _STATUS[refill.decision.answer] if refill.decision else "draft"


def _status_reason(refill: Refill) -> Resource | None:
    if refill.end:
        return Coding(codes.END_SYSTEM, refill.end.value, END_WORDS[refill.end]).concept(refill.end_why)
    said = refill.decision
    if said is None or said.answer is Answer.YES:
        return None
    if said.because:
        return Coding(codes.BECAUSE_SYSTEM, said.because.value, BECAUSE_WORDS[said.because]).concept()
    return Coding(codes.ANSWER_SYSTEM, said.answer.value, ANSWER_WORDS[said.answer]).concept()


def _medicine(refill: Refill) -> Resource:
    coded = {"coding": [refill.coding.to_fhir()]} if refill.coding else {}
    return {**coded, "text": refill.medicine}


def _dispense(refill: Refill, supply: Supply | None) -> Resource | None:
    found: Resource = {}
    if supply:
        found["numberOfRepeatsAllowed"] = supply.refills
        found["expectedSupplyDuration"] = {"value": supply.days, "unit": "days", "system": UCUM, "code": "d"}
    if refill.pharmacy:
        found["performer"] = {"display": refill.pharmacy}
    return found or None


def _extensions(refill: Refill) -> list[Resource]:
    prepared, said = refill.preparing, refill.decision
    found: list[Resource | None] = [
        site_extension(refill.site) if refill.site else None,
        {"url": codes.DAYS_LEFT, "valueInteger": refill.days_left} if refill.days_left is not None else None,
        {"url": codes.PRESCRIBER, "valueReference": {"reference": refill.prescriber}} if refill.prescriber else None,
        {"url": codes.GAP, "valueBoolean": True} if refill.gap_harms else None,
        _said_group(refill.said) if refill.said != Said() else None,
        *(_group(codes.ASKED, at=one.at, by=one.by, via=one.via, asker=one.asker, words=one.words)
          for one in refill.asked),
        _group(
            codes.PREPARING, at=prepared.at, by=prepared.by, outcome=prepared.outcome, table=prepared.table,
            row=prepared.rows, found=prepared.found, words=prepared.note, **_supply_parts(prepared.supply),
        ) if prepared else None,
        _group(
            codes.DECISION, at=said.at, by=said.by, answer=said.answer, because=said.because, words=said.tell,
            **_supply_parts(said.supply),
        ) if said else None,
        *(_group(codes.TOLD, at=one.at, by=one.by, whom=one.whom, how=one.how, words=one.name)
          for one in refill.told),
        _end(refill.end, refill.end_why) if refill.end else None,
    ]  # fmt: skip
    return [extension for extension in found if extension]


def _said_group(said: Said) -> Resource:
    parts = {"as-written": said.as_written, "well": said.well, "pregnant": said.pregnant}
    answers = {name: None if value is None else ("yes" if value else "no") for name, value in parts.items()}
    return _group(codes.SAID, **answers, words=said.words)


def _said(parts: Mapping[str, list[str]]) -> Said:
    answers = {"yes": True, "no": False}
    return Said(
        as_written=answers.get(_first(parts, "as-written")), well=answers.get(_first(parts, "well")),
        pregnant=answers.get(_first(parts, "pregnant")), words=_first(parts, "words"),
    )  # fmt: skip


def _end(end: End, why: str) -> Resource:
    return {"url": codes.END, "valueCodeableConcept": Coding(codes.END_SYSTEM, end.value, END_WORDS[end]).concept(why)}


def _supply_parts(supply: Supply | None) -> dict[str, int]:
    return {"days": supply.days, "refills": supply.refills} if supply else {}


def _group(url: str, **parts: str | int | datetime | tuple[str, ...] | None) -> Resource:
    """An extension of parts; a part with several values is repeated, an empty one is left out."""
    listed = [(name, one) for name, value in parts.items() for one in (value if isinstance(value, tuple) else (value,))]
    return {"url": url, "extension": [_part(name, value) for name, value in listed if value not in (None, "")]}


def _part(name: str, value: str | int | datetime | None) -> Resource:
    if isinstance(value, datetime):
        return {"url": name, "valueDateTime": _instant(value)}
    if isinstance(value, int):
        return {"url": name, "valueInteger": value}
    if name == "by":
        return {"url": name, "valueReference": {"reference": value}}
    return {"url": name, "valueString" if name in ("words", "found", "table") else "valueCode": str(value)}


def _groups(extensions: Iterable[Resource], url: str) -> list[dict[str, list[str]]]:
    """The groups with this address: each part's values, in their sequence."""
    groups = []
    for extension in extensions:
        if extension.get("url") == url:
            parts: dict[str, list[str]] = {}
            for part in extension.get("extension", ()):
                parts.setdefault(str(part.get("url")), []).append(_value(part))
            groups.append(parts)
    return groups


def _value(part: Resource) -> str:
    reference = part.get("valueReference", {}).get("reference")
    number = part.get("valueInteger")
    texts = (reference, part.get("valueCode"), part.get("valueString"), part.get("valueDateTime"))
    return str(number) if number is not None else next((str(text) for text in texts if text), "")


def _first(parts: Mapping[str, list[str]], name: str) -> str:
    return next(iter(parts.get(name, ())), "")


def _supply(parts: Mapping[str, list[str]]) -> Supply | None:
    days, refills = _first(parts, "days"), _first(parts, "refills")
    return Supply(days=int(days), refills=int(refills or 0)) if days else None


def _asking(parts: Mapping[str, list[str]]) -> Asking:
    return Asking(
        at=interval(_first(parts, "at"))[0], by=_first(parts, "by"), via=Via(_first(parts, "via")),
        asker=Asker(_first(parts, "asker")), words=_first(parts, "words"),
    )  # fmt: skip


def _preparing(parts: Mapping[str, list[str]]) -> Preparing:
    return Preparing(
        at=interval(_first(parts, "at"))[0], by=_first(parts, "by"), outcome=Outcome(_first(parts, "outcome")),
        table=_first(parts, "table"), rows=tuple(parts.get("row", ())), found=tuple(parts.get("found", ())),
        supply=_supply(parts), note=_first(parts, "words"),
    )  # fmt: skip


def _decision(parts: Mapping[str, list[str]]) -> Decision:
    because = _first(parts, "because")
    return Decision(
        at=interval(_first(parts, "at"))[0], by=_first(parts, "by"), answer=Answer(_first(parts, "answer")),
        supply=_supply(parts), because=Because(because) if because else None, tell=_first(parts, "words"),
    )  # fmt: skip


def _telling(parts: Mapping[str, list[str]]) -> Telling:
    return Telling(
        at=interval(_first(parts, "at"))[0], by=_first(parts, "by"), whom=Whom(_first(parts, "whom")),
        how=How(_first(parts, "how")), name=_first(parts, "words"),
    )  # fmt: skip


def _coding(concept: Resource) -> Coding | None:
    for coding in concept.get("coding", ()):
        if coding.get("code"):
            return Coding(str(coding.get("system", "")), str(coding["code"]), str(coding.get("display", "")))
    return None


def _one_of(kind: str, references: Iterable[str]) -> str:
    return next((reference for reference in references if reference.startswith(f"{kind}/")), "")


def _is_order(reference: str) -> bool:
    return reference.startswith("MedicationRequest/")


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
