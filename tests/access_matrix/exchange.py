"""What is asked of the API in the matrix, and the practices it is asked in.

In practice a stand, of every type that any role may read, a record for everybody, one labelled restricted, one
labelled very restricted and one about a patient whose own record is very restricted; practice b has the same ids with
other words. Beside them stands a twin for each role: a practice that holds only what that role may see of practice a.
Whatever is asked must be answered alike in a and in the twin, byte for byte: matches, order, totals, links, errors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import httpx
from starlette.testclient import TestClient

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import ADMINISTRATIVE, Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.fhir.compartments import compartments
from carewright.core.fhir.structures import resource_types
from carewright.core.store.model import Origin, Resource
from carewright.core.store.store import Store
from carewright.core.store.transaction import MAX_ENTRIES
from carewright.core.store.writer import Writer
from carewright.core.subscriptions.topics import BASE as TOPICS
from carewright.skills.refills.codes import REFILL
from tests.access_matrix import who
from tests.store.people import everything

RENDERED = frozenset({"AuditEvent", "Provenance"})
"""Types that are rendered from other rows, under ids that differ between practices."""
STORED = tuple(sorted(who.READS.keys() - RENDERED))
CLOSED = tuple(sorted(set(resource_types()) - who.READS.keys()))
"""Types that no role may read."""
VARIANTS: Mapping[str, str] = {"open": "", "restricted": "R", "secret": "V", "others": ""}
"""The id of a record → its label. `others` is about the patient `secret`, whatever its type."""
MISSING, FOREIGN = "missing", "foreign"
IDS = (*VARIANTS, FOREIGN, MISSING)
ABOUT: Mapping[str, str] = {
    **dict.fromkeys(("RelatedPerson", "AllergyIntolerance", "Immunization", "Consent", "Device"), "patient"),
    "Task": "for",
    "Coverage": "beneficiary",
    **dict.fromkeys(("Flag", "Encounter", "List", "DocumentReference", "Communication", "Observation", "Condition",
                     "MedicationRequest", "MedicationStatement", "CarePlan", "CareTeam", "DiagnosticReport",
                     "QuestionnaireResponse", "ServiceRequest", "Specimen", "Goal", "MedicationDispense",
                     "Procedure", "Basic"), "subject"),
}  # fmt: skip
"""The element of a type that names its patient."""
ACTIVE, NAMED = {"status": "active"}, {"name": "Main St"}
BY_MISTAKE = {"coding": [{
    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "code": "entered-in-error",
}]}  # fmt: skip
MEDICINE = {"medicationCodeableConcept": {"text": "amoxicillin"}}
DAY = {"start": "2026-11-23T10:40:00-05:00", "end": "2026-11-23T11:00:00-05:00"}
BODIES: Mapping[str, Resource] = {
    "ActivityDefinition": ACTIVE, "ConceptMap": ACTIVE, "PlanDefinition": ACTIVE, "Questionnaire": ACTIVE,
    "ValueSet": ACTIVE,
    "CodeSystem": {**ACTIVE, "content": "complete"},
    "SearchParameter": {**ACTIVE, "url": "urn:matrix:p", "name": "P", "description": "P", "code": "p",
                        "base": ["Patient"], "type": "string", "expression": "Patient.id"},
    "StructureDefinition": {**ACTIVE, "url": "urn:matrix:s", "name": "S", "kind": "resource", "abstract": False,
                            "type": "Patient"},
    "Subscription": {"status": "off", "reason": "Told", "criteria": f"{TOPICS}/task-change",
                     "channel": {"type": "rest-hook", "endpoint": "https://receiver.example/hook"}},
    "Organization": NAMED, "Location": NAMED, "HealthcareService": NAMED,
    "Practitioner": {"name": [{"family": "Lind"}]},
    "PractitionerRole": {"practitioner": {"reference": "Practitioner/open"}},
    "Schedule": {"actor": [{"reference": "Practitioner/open"}]},
    "Slot": {"schedule": {"reference": "Schedule/open"}, "status": "free", **DAY},
    "Patient": {"name": [{"family": "Zwarth"}], "birthDate": "1971-08-21"},
    "RelatedPerson": {}, "AllergyIntolerance": {"verificationStatus": BY_MISTAKE},
    "Group": {"type": "person", "actual": True},
    "Flag": {**ACTIVE, "code": {"text": "Falls"}},
    "Appointment": {"status": "booked", **DAY},
    "Encounter": {"status": "finished", "class": {"code": "AMB"}},
    "Task": {"status": "requested", "intent": "order", "owner": {"reference": "Practitioner/open"}},
    "List": {"status": "current", "mode": "working"},
    "DocumentReference": {"status": "current", "content": [{"attachment": {"title": "Note"}}]},
    "Communication": {"status": "completed"},
    "Observation": {"status": "final", "code": {"text": "Weight"}, "effectiveDateTime": "2026-11-23"},
    "Condition": {"code": {"text": "Asthma"}},
    "MedicationRequest": {  # what every role that writes any may write; an order is a prescriber's
        "status": "entered-in-error", "intent": "proposal", "category": [REFILL.concept()], **MEDICINE,
    },
    "MedicationStatement": {**ACTIVE, **MEDICINE},
    "Immunization": {"status": "completed", "vaccineCode": {"text": "MMR"}, "occurrenceDateTime": "2025-08-21"},
    "CarePlan": {**ACTIVE, "intent": "plan"},
    "CareTeam": ACTIVE, "Basic": {"code": {"text": "Two people"}},
    "Consent": {**ACTIVE, "scope": {"text": "Who may be told"}, "category": [{"text": "Who may be told"}],
                "policyRule": {"text": "Asked"}},
    "Coverage": {**ACTIVE, "payor": [{"reference": "Organization/open"}]},
    "DiagnosticReport": {"status": "final", "code": {"text": "Urine"}},
    "QuestionnaireResponse": {"status": "completed"},
    "Specimen": {"status": "available"},
    "Device": ACTIVE, "Medication": ACTIVE,
    "Goal": {"lifecycleStatus": "active", "description": {"text": "Walk to school"}},
    "MedicationDispense": {"status": "completed", **MEDICINE},
    "Procedure": {"status": "completed", "code": {"text": "Suture removal"}},
    "ServiceRequest": {"status": "completed", "intent": "order", "code": {"text": "Eye doctor"}},
}  # fmt: skip
EVERY_SEARCH = (
    "", "_tag=all", "_count=1", "_sort=-_lastUpdated", "_summary=count", "_total=accurate",
    "_id=open,restricted,secret,others,foreign,missing", "_id=secret&_total=accurate",
    f"_security={CONFIDENTIALITY}|V", f"_security:not={CONFIDENTIALITY}|V", "_security:missing=true",
    "_lastUpdated=gt2000-01-01", "_has:List:item:status=current", "_summary=true", "_elements=extension",
    "_filter=_id eq secret or _id eq open or _id eq foreign",
)  # fmt: skip
OF_PATIENTS = (
    "patient=Patient/open", "patient=secret", "patient=Patient/foreign", "patient:missing=true",
    "patient:missing=false", "patient:Patient.family=Zwarth", "patient:Patient.birthdate:missing=false",
    "patient:Patient._id=secret", "_include={type}:patient", "_include={type}:patient:Patient&_count=2",
    "patient:Patient.family:exact=Zwarth&_total=accurate",
    "_include:iterate={type}:patient&_revinclude:iterate=Observation:patient",
    "_filter=patient:Patient.family eq Zwarth or patient eq secret&_total=accurate",
    "_filter=(patient eq secret or _id eq open) and _id eq secret",
)  # fmt: skip
OF_THE_PATIENT = tuple(
    text
    for t in ("Observation", "Condition", "Encounter", "AllergyIntolerance", "Task", "Communication")
    for text in (f"_revinclude={t}:patient", f"_has:{t}:patient:_id=secret", f"_has:{t}:patient:_id=others")
)
OWNERS = ("open", "secret", FOREIGN)
"""Whose compartments are searched."""
BASE = "/fhir"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A role, or a program of that role that is confined to the chart of the patient `open`."""

    role: Role
    confined: bool = False

    def reads(self, resource_type: str) -> bool:
        return self.role in who.READS.get(resource_type, ())

    def sees(self, resource_type: str, variant: str) -> bool:
        """Whether this record of practice a may be seen."""
        label = VARIANTS.get(variant)
        if label is None or not self.reads(resource_type) or label == "V":
            return False
        if label == "R" and self.role not in who.SEES_RESTRICTED:
            return False
        if not self.confined or resource_type in ADMINISTRATIVE:
            return True
        named = resource_type in ABOUT or resource_type == "Appointment"
        return variant == "open" if resource_type == "Patient" else named and variant != "others"


def marker(letter: str, resource_type: str, variant: str) -> str:
    return f"zq{letter}x{resource_type}x{variant}x"


def record(resource_type: str, variant: str, letter: str) -> Resource:
    """One record with its marker, its label and whom it is about."""
    label = VARIANTS.get(variant, "")
    meta: Resource = {"tag": [{"system": "urn:matrix", "code": "all"}]}
    if label:
        meta["security"] = [{"system": CONFIDENTIALITY, "code": label}]
    patient = {"reference": f"Patient/{'secret' if variant == 'others' else 'open'}"}
    about: Resource = {ABOUT[resource_type]: patient} if resource_type in ABOUT else {}
    if resource_type == "Appointment":
        about = {"participant": [{"actor": patient, "status": "accepted"}]}
    if resource_type == "Group":
        about = {"member": [{"entity": patient}]}
    words = {"extension": [{"url": "urn:matrix:words", "valueString": marker(letter, resource_type, variant)}]}
    return {"resourceType": resource_type, "id": variant, "meta": meta, **words, **BODIES[resource_type], **about}


def fill(store: Store, practice: str, records: Iterator[Resource]) -> None:
    """A practice with these records, all of the same moment, and none that follow from them."""
    store.ensure_practice(practice, practice)
    with (
        mock.patch("carewright.core.store.writer.wall_now", return_value=datetime(2026, 1, 1, tzinfo=UTC)),
        Writer(store, everything(practice), origin=Origin.IMPORT).transaction(reason="test.fill") as tx,
    ):
        for resource in records:
            tx.import_(resource)


def practice_a() -> Iterator[Resource]:
    return (record(t, v, "a") for t in STORED for v in VARIANTS)


def practice_b() -> Iterator[Resource]:
    return (record(t, v, "b") for t in STORED for v in (*VARIANTS, FOREIGN))


def twin_of(situation: Situation) -> Iterator[Resource]:
    return (record(t, v, "a") for t in STORED for v in VARIANTS if situation.sees(t, v))


@dataclass
class Asker:
    """A program with a token of one situation in one practice."""

    client: TestClient
    store: Store
    practice: str
    situation: Situation
    headers: dict[str, str] = field(default_factory=dict)
    scopes: str = ""

    def __post_init__(self) -> None:
        secret = open_session(
            self.store, practice=self.practice, actor="Device/matrix", display="Matrix", user_name="matrix",
            roles=[self.situation.role], kind=SessionKind.TOKEN,
            scopes=self.scopes or ("patient/*.cruds" if self.situation.confined else "user/*.cruds"),
            patient="open" if self.situation.confined else None,
            expires_at=self.store.clock.wall() + timedelta(hours=1),
        )  # fmt: skip
        self.headers = {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        response: httpx.Response = self.client.request(method, BASE + path, headers=headers, **more)
        return response

    def batch(self, entries: list[Resource]) -> list[Resource]:
        """The answers to the entries of one batch."""
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        response = self.ask("POST", "", json=bundle)
        assert response.status_code == 200, response.text[:300]
        found: list[Resource] = response.json()["entry"]
        return found

    def get(self, paths: list[str]) -> list[Resource]:
        """The answers to all of them, in batches that are not too large."""
        entries: list[Resource] = [{"request": {"method": "GET", "url": path}} for path in paths]
        parts = (entries[start : start + MAX_ENTRIES] for start in range(0, len(entries), MAX_ENTRIES))
        return [answer for part in parts for answer in self.batch(part)]


def reads(resource_type: str, situation: Situation) -> list[str]:
    """Everything that is read of one type: searches, records, versions, histories.

    Of a type that is closed to somebody, one of each: every refusal is audited at once, which takes its time.
    """
    if not situation.reads(resource_type):
        return [resource_type, f"{resource_type}/open", f"{resource_type}/missing/_history/1"]
    more: tuple[str, ...] = OF_PATIENTS if resource_type in ABOUT or resource_type == "Appointment" else ()
    more = OF_THE_PATIENT if resource_type == "Patient" else more
    paths = [f"{resource_type}?{text.format(type=resource_type)}".rstrip("?") for text in (*EVERY_SEARCH, *more)]
    owners = [owner for owner in ("Patient", "Encounter") if resource_type in compartments()[owner]]
    paths += [f"{owner}/{variant}/{resource_type}?_total=accurate" for owner in owners for variant in OWNERS]
    for variant in IDS:
        ref = f"{resource_type}/{variant}"
        paths += [ref, f"{ref}/_history", f"{ref}/_history/1", f"{ref}/_history/2"]
        if resource_type == "Patient":
            paths += [f"{ref}/$everything", f"{ref}/$everything?_count=2"]
        if resource_type == "Observation":
            paths += [f"Observation/$lastn?patient={variant}&code:text=weight&max=9"]
        if resource_type == "ValueSet":
            paths += [f"{ref}/$expand"]
        if resource_type == "Subscription":
            paths += [f"{ref}/$events"]
        paths += [f"{ref}/$meta", f"{ref}/$validate"]
    return [*paths, f"{resource_type}/_history", f"{resource_type}/_history?_count=1"]


def pages(asker: Asker, path: str) -> list[str]:
    """A search or a history walked from page to page, each as it was answered."""
    found = []
    while path:
        answer = asker.ask("GET", path)
        found.append(answer.text)
        links = answer.json().get("link", ()) if answer.status_code == 200 else ()
        path = next((link["url"].partition(BASE)[2] for link in links if link["relation"] == "next"), "")
    return found
