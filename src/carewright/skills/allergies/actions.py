"""The writes of allergies. That somebody asked ends the hold on "ready" by an effect: see skill.py."""

from dataclasses import replace
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import Ref, Refused
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.writer import Writer
from carewright.skills.allergies import fhir, queries
from carewright.skills.allergies.model import Allergy, Asked, Outcome, Status
from carewright.skills.allergies.rules import already_listed, outcome_of, standing

LICENSED = frozenset({Status.REFUTED})
"""What an allergy becomes only by a licensed person's word."""


def add(writer: Writer, *, allergy: Allergy, at: datetime, form_key: str = "") -> Ref:
    """Write an allergy down as told; Refused where the same substance stands already.

    KeyTaken if the form with `form_key` was saved before.
    """
    writer.access.require_action("allergies.record")
    with writer.store.reader(writer.access, reason="allergies.add") as reader:
        check_form(reader, form_key)
        known = [entry.allergy for entry in queries.listed(reader, allergy.patient.removeprefix("Patient/"))]
    same = already_listed(allergy.substance, known)
    if same is not None:
        raise Refused(
            "allergy-listed",
            sentence("%(substance)s is listed already. Change that entry instead.", substance=same.substance),
        )
    told = replace(
        allergy,
        recorded_at=allergy.recorded_at or at,
        recorded_by=writer.access.actor.reference,
        confirmed=False,
        id="",
    )
    with writer.transaction(reason="allergies.add") as tx:
        ref = tx.create(fhir.to_fhir(told))
        claim_form(tx, form_key, holder=ref)
    return ref


def change(writer: Writer, *, allergy: Allergy, version: int) -> None:
    """Write a changed entry; Conflict for a stale `version`. Refuting is a licensed person's."""
    writer.access.require_action("allergies.record")
    if allergy.status in LICENSED:
        writer.access.require_action("allergies.judge")
    with writer.store.reader(writer.access, reason="allergies.change") as reader:
        stored = reader.resource(Ref("AllergyIntolerance", allergy.id))
    before = fhir.from_fhir(stored)
    if allergy.confirmed and not (before and before.confirmed):
        writer.access.require_action("allergies.judge")
    with writer.transaction(reason="allergies.change") as tx:
        tx.update(fhir.to_fhir(allergy, onto=stored), version=version)


def asked(
    writer: Writer,
    *,
    patient_id: str,
    encounter_id: str,
    at: datetime,
    before: tuple[Allergy, ...] = (),
    could_not: str = "",
    form_key: str = "",
) -> Outcome:
    """Allergies were asked at this visit; the list as it stands now is kept with the asking.

    `before` is the list as the asking found it; `could_not` says why asking was not possible, and then it does not
    count. Two people who ask at the same visit leave two askings.
    """
    writer.access.require_action("allergies.record")
    with writer.store.reader(writer.access, reason="allergies.asked") as reader:
        now = standing(entry.allergy for entry in queries.listed(reader, patient_id))
    outcome = Outcome.COULD_NOT_ASK if could_not else outcome_of(before, now)
    asking = Asked(
        patient=f"Patient/{patient_id}",
        encounter=f"Encounter/{encounter_id}",
        at=at,
        by=writer.access.actor.reference,
        outcome=outcome,
        listed=tuple(f"AllergyIntolerance/{entry.id}" for entry in now),
        words=could_not,
    )
    with writer.transaction(reason="allergies.asked") as tx:
        claim_form(tx, form_key, holder=tx.create(fhir.asked_to_fhir(asking)))
    return outcome
