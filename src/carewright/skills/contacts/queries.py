"""Reads of whom a patient lets us tell: the answer that holds, those around the patient, and earlier answers."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from carewright.core.fhir.codec import decode
from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.skills.contacts.codes import WHOM_MAY_I_TELL
from carewright.skills.contacts.fhir import from_fhir, relative_from_fhir
from carewright.skills.contacts.model import Contacts

MOST = "100"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer that holds. `version` is 0 before anybody has asked."""

    contacts: Contacts
    version: int


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """One version of the answer."""

    version: int
    contacts: Contacts


def answer(reader: Reader, patient_id: str) -> Answer:
    """What holds for a patient, with everybody around them: those whom they did not name may be told nothing."""
    patient = f"Patient/{patient_id}"
    query = parse("Consent", [("patient", patient), ("category", WHOM_MAY_I_TELL.token), ("_count", MOST)])
    found = [(said, resource) for resource in reader.resources(query) if (said := from_fhir(resource)) is not None]
    # Of a chart that another was merged into there may be two: what was said last counts, and is what is changed.
    said, resource = max(found, key=_said_at, default=(Contacts(patient=patient), None))
    relatives = reader.resources(parse("RelatedPerson", [("patient", patient), ("_count", MOST)]))
    around = {p.reference: p for r in relatives if (p := relative_from_fhir(r)) is not None}
    named = {person.reference: person for person in said.people}
    people = [replace(p, may_hear=named[ref].may_hear) if ref in named else p for ref, p in around.items()]
    gone = [person for ref, person in named.items() if ref not in around]
    version = int(resource["meta"]["versionId"]) if resource else 0
    listed = sorted([*people, *gone], key=lambda p: (not p.may_hear, p.name))
    return Answer(contacts=replace(said, people=tuple(listed)), version=version)


def _said_at(one: tuple[Contacts, Resource | None]) -> tuple[datetime, str]:
    return one[0].at or datetime.min.replace(tzinfo=UTC), one[0].id


def history(reader: Reader, contacts: Contacts) -> list[Earlier]:
    """Every answer so far, the newest first; none before anybody has asked."""
    if not contacts.id:
        return []
    found = []
    for stored in reader.history(Ref("Consent", contacts.id)):
        said = from_fhir(decode(stored.body)) if stored.body else None
        if said is not None:
            found.append(Earlier(version=stored.version, contacts=said))
    return found
