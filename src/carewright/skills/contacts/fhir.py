"""Whom a patient lets us tell, as one Consent per patient, and back. https://hl7.org/fhir/R4/consent.html

The base rule denies; each person is a nested provision that permits, with the RelatedPerson as its actor and what they
may be told as its codes. The answer before stays as the earlier version. Those who are on the list are RelatedPersons
(https://hl7.org/fhir/R4/relatedperson.html), the same as everywhere else.
"""

from hashlib import blake2b
from typing import Any

from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.skills.contacts import codes
from carewright.skills.contacts.model import TOPIC_WORDS, Contacts, Person, Topic, Voicemail

_OURS = frozenset({codes.VOICEMAIL, codes.OWN_NUMBER, codes.WRITTEN_BY})
MAX_ID = 64


def id_of(patient_id: str) -> str:
    """The id of a patient's Consent: one answer per patient, whoever writes first."""
    whole = f"whom-{patient_id}"
    return whole if len(whole) <= MAX_ID else f"whom-{blake2b(patient_id.encode(), digest_size=16).hexdigest()}"


def to_fhir(contacts: Contacts, *, onto: Resource | None = None) -> Resource:
    """The Consent; `onto` is the stored one, whose other content is kept."""
    others = [e for e in (onto or {}).get("extension", ()) if e.get("url") not in _OURS]
    own: list[Resource] = [{"url": codes.VOICEMAIL, "valueCode": contacts.voicemail.value}]
    own += [{"url": codes.OWN_NUMBER, "valueString": contacts.own_number}] if contacts.own_number else []
    own += [{"url": codes.WRITTEN_BY, "valueReference": {"reference": contacts.by}}] if contacts.by else []
    known: dict[str, Any] = {
        "resourceType": "Consent",
        "id": contacts.id or id_of(contacts.patient.removeprefix("Patient/")),
        "extension": [*others, *own],
        "status": "active",
        "scope": codes.PRIVACY.concept(),
        "category": [codes.WHOM_MAY_I_TELL.concept()],
        "patient": {"reference": contacts.patient},
        "dateTime": contacts.at.isoformat(timespec="seconds") if contacts.at else None,
        "performer": [{"display": contacts.said_by}] if contacts.said_by else None,
        "policyRule": codes.OPT_IN.concept(),
        "provision": {"type": "deny", "provision": [_provision(p) for p in contacts.people if p.may_hear]},
    }
    if not known["provision"]["provision"]:
        del known["provision"]["provision"]
    kept = {name: value for name, value in (onto or {}).items() if name not in ("performer", "dateTime")}
    return {**kept, **{name: value for name, value in known.items() if value is not None}}


def from_fhir(resource: Resource) -> Contacts | None:
    """The answer of a Consent; None for a consent about something else, or one that no longer holds."""
    ours = any(codes.WHOM_MAY_I_TELL.matches(concept) for concept in resource.get("category", ()))
    if not ours or resource.get("status") != "active":
        return None
    extensions = {e.get("url"): e for e in resource.get("extension", ())}
    voicemail = extensions.get(codes.VOICEMAIL, {}).get("valueCode", "")
    said = resource.get("dateTime")
    return Contacts(
        id=resource.get("id", ""),
        patient=resource.get("patient", {}).get("reference", ""),
        people=tuple(
            person
            for provision in resource.get("provision", {}).get("provision", ())
            if (person := _person(provision)) is not None
        ),
        voicemail=Voicemail(voicemail) if voicemail in set(Voicemail) else Voicemail.NOT_ASKED,
        own_number=extensions.get(codes.OWN_NUMBER, {}).get("valueString", ""),
        said_by=next((p.get("display", "") for p in resource.get("performer", ())), ""),
        by=extensions.get(codes.WRITTEN_BY, {}).get("valueReference", {}).get("reference", ""),
        at=interval(said)[0] if said else None,
    )


def relative_to_fhir(person: Person, *, patient: str) -> Resource:
    """A new RelatedPerson."""
    found: dict[str, Any] = {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": {"reference": patient},
        "relationship": [{"text": person.relationship}] if person.relationship else None,
        "name": [{"text": person.name}],
        "telecom": [{"system": "phone", "value": person.phone}] if person.phone else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def relative_from_fhir(resource: Resource) -> Person | None:
    """Somebody of a RelatedPerson, with nothing that they may be told; None without a name, or no longer active."""
    name: Resource = next(iter(resource.get("name", ())), {})
    words = name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")]).strip()
    if not words or not resource.get("active", True):
        return None
    concept: Resource = next(iter(resource.get("relationship", ())), {})
    coded = next((c["display"] for c in concept.get("coding", ()) if c.get("display")), "")
    phone = next((t["value"] for t in resource.get("telecom", ()) if t.get("system") == "phone" and "value" in t), "")
    return Person(
        name=str(words), relationship=concept.get("text") or coded, phone=phone,
        reference=f"RelatedPerson/{resource['id']}",
    )  # fmt: skip


def _provision(person: Person) -> Resource:
    topics = [Coding(codes.TOPICS, topic.value, TOPIC_WORDS[topic]).concept() for topic in Topic]
    return {
        "type": "permit",
        "actor": [{"role": codes.RECIPIENT.concept(),
                   "reference": {"reference": person.reference, "display": person.name}}],
        "code": [concept for topic, concept in zip(Topic, topics, strict=True) if topic in person.may_hear],
    }  # fmt: skip


def _person(provision: Resource) -> Person | None:
    reference: Resource = next((actor["reference"] for actor in provision.get("actor", ())), {})
    codings = (coding for concept in provision.get("code", ()) for coding in concept.get("coding", ()))
    topics = {c.get("code") for c in codings if c.get("system") == codes.TOPICS} & set(Topic)
    if provision.get("type") != "permit" or not reference.get("reference"):
        return None
    return Person(
        name=reference.get("display") or "–",
        reference=reference["reference"],
        may_hear=frozenset(Topic(topic) for topic in topics if topic),
    )
