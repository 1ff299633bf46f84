"""The write of whom a patient lets us tell: the answer and the people newly named in it, in one transaction."""

from dataclasses import replace
from datetime import datetime

from carewright.core.store.model import Ref
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.skills.contacts.fhir import id_of, relative_to_fhir, to_fhir
from carewright.skills.contacts.model import Contacts, Person

WRITE = "contacts.write"


def save(writer: Writer, *, contacts: Contacts, version: int, at: datetime, form_key: str = "") -> Ref:
    """Write the answer; people without a record get one. `version` is what was read (0: nobody had asked).

    Conflict if somebody has written since; KeyTaken if the form with `form_key` was saved before.
    """
    writer.access.require_action(WRITE)
    by = writer.access.actor.reference
    ref = Ref("Consent", contacts.id or id_of(contacts.patient.removeprefix("Patient/")))
    with writer.store.reader(writer.access, reason="contacts.save") as reader:
        stored = reader.resource_or_none(ref) if version else None
    with writer.transaction(reason="contacts.save") as tx:
        people: list[Person] = []
        for person in contacts.people:
            if not person.reference:
                made = tx.create(relative_to_fhir(person, patient=contacts.patient))
                person = replace(person, reference=str(made))
            people.append(person)
        said = replace(contacts, id=ref.id, people=tuple(people), by=by, at=at.replace(microsecond=0))
        if version:
            tx.update(to_fhir(said, onto=stored), version=version)
        else:
            tx.create(to_fhir(said), resource_id=ref.id)
        claim_form(tx, form_key, holder=ref)
    return ref
