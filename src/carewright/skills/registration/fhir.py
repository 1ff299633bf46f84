"""A patient, relatives, families and flags as FHIR, and back.

Patient: http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient (6.1.0); RelatedPerson: us-core-relatedperson;
Group: https://hl7.org/fhir/R4/group.html; Flag: https://hl7.org/fhir/R4/flag.html
What registration does not manage (outside identifiers, links, photos, other extensions) is kept from the stored record.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.skills.registration import codes
from carewright.skills.registration.model import (
    Address,
    BannerFlag,
    Contact,
    Name,
    Patient,
    Phone,
    Relative,
)
from carewright.skills.registration.rules.merging import OLD, survivor_of

_MANAGED_EXTENSIONS = frozenset(
    {
        codes.RACE_EXTENSION,
        codes.ETHNICITY_EXTENSION,
        codes.BIRTH_SEX_EXTENSION,
        codes.GENDER_IDENTITY_EXTENSION,
        codes.INTERPRETER_EXTENSION,
    }
)
_OWN_NAMES = frozenset({"official", "usual"})
_OWN_TELECOMS = frozenset({"phone", "email"})
_PHONE_USES: dict[str, Literal["home", "work"]] = {"home": "home", "work": "work"}
_BIRTH_SEXES = frozenset({"M", "F", "ASKU", "OTH", "UNK"})


def to_fhir(patient: Patient, *, mrn_system: str, onto: Resource | None = None) -> Resource:
    """The Patient resource. `mrn_system` is the practice's (codes.mrn_system); `onto` is what is stored now."""
    kept = onto or {}
    known: dict[str, Any] = {
        "resourceType": "Patient",
        "id": patient.id or None,
        "extension": [*_extensions(patient), *_others(kept, "extension", "url", _MANAGED_EXTENSIONS)],
        "identifier": [*_identifiers(patient, mrn_system), *_other_identifiers(kept, mrn_system)],
        "active": patient.active,
        "name": [*_names(patient), *_others(kept, "name", "use", _OWN_NAMES)],
        "telecom": [*_telecoms(patient), *_others(kept, "telecom", "system", _OWN_TELECOMS)],
        "gender": patient.gender,
        "birthDate": patient.birth_date.isoformat() if patient.birth_date else None,
        "address": [_address(patient.address)] if patient.address else None,
        "contact": [_contact(contact) for contact in patient.contacts],
        "communication": _communication(patient.language),
    }
    if patient.birth_order is not None:
        known["multipleBirthInteger"] = patient.birth_order
        kept = {k: v for k, v in kept.items() if k != "multipleBirthBoolean"}
    return {k: v for k, v in {**kept, **known}.items() if v is not None and v != []}


def from_fhir(resource: Resource, *, mrn_system: str) -> Patient:
    """The patient of a Patient resource, ours or from elsewhere. A record without any name gets "Unknown"."""
    extensions = {e["url"]: e for e in resource.get("extension", ())}
    races, race_words = _omb(extensions.get(codes.RACE_EXTENSION))
    ethnicities, ethnicity_words = _omb(extensions.get(codes.ETHNICITY_EXTENSION))
    birth_sex = extensions.get(codes.BIRTH_SEX_EXTENSION, {}).get("valueCode")
    identity = extensions.get(codes.GENDER_IDENTITY_EXTENSION, {}).get("valueCodeableConcept", {})
    usual: Resource = next((n for n in resource.get("name", ()) if n.get("use") == "usual"), {})
    return Patient(
        id=resource.get("id", ""),
        mrn=record_number(resource, mrn_system),
        name=_name_from(resource.get("name", ())),
        preferred_name=" ".join(usual.get("given", ())),
        gender=resource.get("gender", "unknown"),
        birth_date=_date(resource.get("birthDate")),
        birth_sex=birth_sex if birth_sex in _BIRTH_SEXES else None,
        gender_identity=identity.get("text", "") or _display(identity),
        races=tuple(races),
        race_words=race_words,
        ethnicity=next(iter(ethnicities), None),
        ethnicity_words=ethnicity_words,
        language=_language_from(resource),
        needs_interpreter=extensions.get(codes.INTERPRETER_EXTENSION, {}).get("valueBoolean"),
        phones=tuple(_phones_from(resource.get("telecom", ()))),
        email=next((t["value"] for t in resource.get("telecom", ()) if t.get("system") == "email"), ""),
        address=_address_from(resource.get("address", ())),
        contacts=tuple(_contact_from(contact) for contact in resource.get("contact", ())),
        birth_order=resource.get("multipleBirthInteger"),
        active=resource.get("active", True),
        replaced_by=survivor_of(resource),
    )


def record_number(patient: Resource, system: str) -> str:
    """The number in use; that of a chart that was merged into this one is an old one. "" for none."""
    ours = (i for i in patient.get("identifier", ()) if i.get("system") == system)
    return next((str(i.get("value", "")) for i in ours if i.get("use") != OLD), "")


def relative_to_fhir(relative: Relative, *, mrn_system: str) -> Resource:
    """The RelatedPerson; a relative who is a patient here too carries their own record number as identifier."""
    found: dict[str, Any] = {
        "resourceType": "RelatedPerson",
        "id": relative.id or None,
        "identifier": [{"system": mrn_system, "value": relative.own_mrn}] if relative.own_mrn else None,
        "active": relative.active,
        "patient": {"reference": relative.patient},
        "relationship": [relative.relationship.concept(relative.relationship.display)],
        "name": [_name(relative.name, "official")],
        "telecom": [_phone(phone) for phone in relative.phones] or None,
    }
    return {k: v for k, v in found.items() if v is not None}


def relative_from_fhir(resource: Resource, *, mrn_system: str) -> Relative:
    """The relative of a RelatedPerson."""
    concept: Resource = next(iter(resource.get("relationship", ())), {})
    coding: Resource = next(iter(concept.get("coding", ())), {})
    return Relative(
        id=resource.get("id", ""),
        patient=resource["patient"]["reference"],
        name=_name_from(resource.get("name", ())),
        relationship=_coding(coding) if coding else codes.OTHER_RELATIVE,
        phones=tuple(_phones_from(resource.get("telecom", ()))),
        own_mrn=next((i["value"] for i in resource.get("identifier", ()) if i.get("system") == mrn_system), ""),
        active=resource.get("active", True),
    )


def family_to_fhir(members: Iterable[str], *, name: str, group_id: str = "") -> Resource:
    """The Group of patients (`Patient/…`) who are seen together: siblings arrive and are switched between as one."""
    group: Resource = {"resourceType": "Group"} | ({"id": group_id} if group_id else {})
    return group | {
        "active": True,
        "type": "person",
        "actual": True,
        "code": codes.FAMILY.concept(),
        "name": name,
        "member": [{"entity": {"reference": member}} for member in members],
    }


def family_members(group: Resource) -> tuple[str, ...]:
    """The patients of a family who still belong to it."""
    return tuple(m["entity"]["reference"] for m in group.get("member", ()) if not m.get("inactive"))


def flag_to_fhir(flag: BannerFlag) -> Resource:
    """The Flag: active until it has ended, `entered-in-error` if it was charted by mistake."""
    period: Resource = {}
    if flag.since:
        period["start"] = flag.since.isoformat()
    if flag.ended:
        period["end"] = flag.ended.isoformat()
    status = "entered-in-error" if flag.by_mistake else "inactive" if flag.ended else "active"
    found: dict[str, Any] = {
        "resourceType": "Flag",
        "id": flag.id or None,
        "status": status,
        "category": [codes.FLAGS[flag.code].concept()] if flag.code in codes.FLAGS else None,
        "code": flag.code.concept(flag.words),
        "subject": {"reference": flag.patient},
        "period": period or None,
        "author": {"reference": flag.author} if flag.author else None,
    }
    return {k: v for k, v in found.items() if v is not None}


def flag_from_fhir(resource: Resource) -> BannerFlag:
    """The flag of a Flag. One from elsewhere without a code is shown by its words."""
    coding: Resource = next(iter(resource["code"].get("coding", ())), {})
    text: str = resource["code"].get("text", "")
    period = resource.get("period", {})
    return BannerFlag(
        id=resource.get("id", ""),
        patient=resource["subject"]["reference"],
        code=_coding(coding) if coding else Coding("", "other", text or "Flag"),
        words=text if coding else "",
        since=_date(period.get("start")),
        ended=_date(period.get("end")),
        author=resource.get("author", {}).get("reference"),
        by_mistake=resource["status"] == "entered-in-error",
    )


def _others(kept: Resource, element: str, key: str, ours: Iterable[str]) -> list[Resource]:
    managed = set(ours)
    return [entry for entry in kept.get(element, ()) if entry.get(key) not in managed]


def _other_identifiers(kept: Resource, system: str) -> list[Resource]:
    """Those from elsewhere, and the numbers of charts that were merged into this one."""
    return [i for i in kept.get("identifier", ()) if i.get("system") != system or i.get("use") == OLD]


def _identifiers(patient: Patient, system: str) -> list[Resource]:
    if not patient.mrn:
        return []
    return [{"use": "usual", "type": codes.MEDICAL_RECORD.concept(), "system": system, "value": patient.mrn}]


def _extensions(patient: Patient) -> list[Resource]:
    found = [
        _omb_extension(codes.RACE_EXTENSION, patient.races, patient.race_words),
        _omb_extension(
            codes.ETHNICITY_EXTENSION, (patient.ethnicity,) if patient.ethnicity else (), patient.ethnicity_words
        ),
        {"url": codes.BIRTH_SEX_EXTENSION, "valueCode": patient.birth_sex} if patient.birth_sex else None,
        {"url": codes.GENDER_IDENTITY_EXTENSION, "valueCodeableConcept": {"text": patient.gender_identity}}
        if patient.gender_identity
        else None,
        {"url": codes.INTERPRETER_EXTENSION, "valueBoolean": patient.needs_interpreter}
        if patient.needs_interpreter is not None
        else None,
    ]
    return [extension for extension in found if extension is not None]


def _omb_extension(url: str, categories: tuple[Coding, ...], words: str) -> Resource | None:
    """US Core asks for the text; without words of its own it is made of the categories."""
    text = words or ", ".join(category.display for category in categories)
    if not text:
        return None
    parts: list[Resource] = [{"url": "ombCategory", "valueCoding": category.to_fhir()} for category in categories]
    return {"url": url, "extension": [*parts, {"url": "text", "valueString": text}]}


def _omb(extension: Resource | None) -> tuple[list[Coding], str]:
    parts = (extension or {}).get("extension", ())
    categories = [_coding(part["valueCoding"]) for part in parts if part["url"] == "ombCategory"]
    text = next((part["valueString"] for part in parts if part["url"] == "text"), "")
    return categories, "" if text == ", ".join(category.display for category in categories) else text


def _names(patient: Patient) -> list[Resource]:
    found = [_name(patient.name, "official")]
    if patient.preferred_name:
        found.append({"use": "usual", "given": [patient.preferred_name]})
    return found


def _name(name: Name, use: str) -> Resource:
    found: dict[str, Any] = {
        "use": use,
        "family": name.family,
        "given": list(name.given),
        "suffix": [name.suffix] if name.suffix else None,
    }
    return {k: v for k, v in found.items() if v}


def _name_from(names: Iterable[Resource]) -> Name:
    listed = [name for name in names if name.get("use") != "usual"] or list(names)
    best: Resource = next((n for n in listed if n.get("use") == "official"), next(iter(listed), {}))
    family, given = best.get("family", ""), tuple(best.get("given", ()))
    if not family and not given:
        family = best.get("text", "") or "Unknown"
    return Name(family=family, given=given, suffix=" ".join(best.get("suffix", ())))


def _telecoms(patient: Patient) -> list[Resource]:
    email = [{"system": "email", "value": patient.email}] if patient.email else []
    return [*(_phone(phone) for phone in patient.phones), *email]


def _phone(phone: Phone) -> Resource:
    return {"system": "phone", "value": phone.number, "use": phone.use}


def _phones_from(telecoms: Iterable[Resource]) -> list[Phone]:
    phones = [t for t in telecoms if t.get("system") == "phone" and t.get("value")]
    return [Phone(number=t["value"], use=_PHONE_USES.get(t.get("use", ""), "mobile")) for t in phones]


def _address(address: Address) -> Resource:
    found: dict[str, Any] = {
        "extension": [{"url": codes.NO_FIXED_ADDRESS_EXTENSION, "valueBoolean": True}],
        "use": "temp" if address.no_fixed_address else "home",
        "text": "No fixed address",
        "line": list(address.lines),
        "city": address.city,
        "state": address.state,
        "postalCode": address.postal_code,
    }
    if not address.no_fixed_address:
        del found["extension"], found["text"]
    return {k: v for k, v in found.items() if v}


def _address_from(addresses: Iterable[Resource]) -> Address | None:
    first: Resource | None = next((a for a in addresses if a.get("use") != "old"), None)
    if first is None:
        return None
    unfixed = any(e["url"] == codes.NO_FIXED_ADDRESS_EXTENSION for e in first.get("extension", ()))
    return Address(
        lines=tuple(first.get("line", ())),
        city=first.get("city", ""),
        state=first.get("state", ""),
        postal_code=first.get("postalCode", ""),
        no_fixed_address=unfixed,
    )


def _contact(contact: Contact) -> Resource:
    found: Resource = {"relationship": [{"text": contact.relationship}], "name": {"text": contact.name}}
    return found | ({"telecom": [{"system": "phone", "value": contact.phone}]} if contact.phone else {})


def _contact_from(contact: Resource) -> Contact:
    name = contact.get("name", {})
    relationship: Resource = next(iter(contact.get("relationship", ())), {})
    parts = [*name.get("given", ()), name.get("family", "")]
    return Contact(
        name=name.get("text", "") or " ".join(part for part in parts if part),
        relationship=relationship.get("text", "") or _display(relationship),
        phone=next((t["value"] for t in contact.get("telecom", ()) if t.get("system") == "phone"), ""),
    )


def _communication(language: Coding | None) -> list[Resource]:
    return [{"language": language.concept(language.display), "preferred": True}] if language else []


def _language_from(resource: Resource) -> Coding | None:
    listed = resource.get("communication", ())
    best: Resource = next((c for c in listed if c.get("preferred")), next(iter(listed), {}))
    coding: Resource = next(iter(best.get("language", {}).get("coding", ())), {})
    return _coding(coding) if coding else None


def _coding(coding: Resource) -> Coding:
    return Coding(coding.get("system", ""), coding["code"], coding.get("display", ""))


def _display(concept: Resource) -> str:
    return next((c["display"] for c in concept.get("coding", ()) if c.get("display")), "")


def _date(text: str | None) -> date | None:
    """A date of day precision; a partial one counts from its first day, as the banner's age does."""
    if not text:
        return None
    low: datetime = interval(text)[0]
    return low.date()
