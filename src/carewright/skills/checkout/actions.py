"""The writes of check-out. Finishing the visit itself is the visit skill's step."""

from datetime import datetime

from carewright.core.store.model import Ref
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.core.work.tasks import new_task, of_visit, with_status
from carewright.skills.checkout import fhir
from carewright.skills.checkout.codes import SUMMARY_GIVEN
from carewright.skills.checkout.model import ExcuseNote, NextVisit


def ask_for_next_visit(writer: Writer, *, request: NextVisit, form_key: str = "") -> Ref:
    """Write down that a next visit is wanted, and when; the scheduling skill books it.

    KeyTaken if the form with `form_key` was saved before.
    """
    writer.access.require_action("checkout.do")
    with writer.transaction(reason="checkout.ask-for-next-visit") as tx:
        ref = tx.create(fhir.next_visit_to_fhir(request))
        claim_form(tx, form_key, holder=ref)
    return ref


def give_summary(writer: Writer, *, patient: str, encounter_id: str, at: datetime) -> None:
    """The visit summary was printed or handed over."""
    writer.access.require_action("checkout.do")
    with writer.store.reader(writer.access, reason="checkout.give-summary") as reader:
        task = reader.resource_or_none(of_visit(encounter_id, SUMMARY_GIVEN))
    version = int(task["meta"]["versionId"]) if task else None
    task = task or new_task(encounter_id, SUMMARY_GIVEN, patient=patient, at=at)
    with writer.transaction(reason="checkout.give-summary") as tx:
        tx.put(with_status(task, "completed", at=at, by=writer.access.actor.reference), version=version)


def write_note(writer: Writer, *, note: ExcuseNote, form_key: str = "") -> Ref:
    """Keep the note for school or work as it was given; KeyTaken, with the note as holder, if it was sent twice."""
    writer.access.require_action("checkout.do")
    with writer.transaction(reason="checkout.write-note") as tx:
        ref = tx.create(fhir.note_to_fhir(note))
        claim_form(tx, form_key, holder=ref)
    return ref
