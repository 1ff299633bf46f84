"""The writes of referrals. What is owed for one follows from how far it has come, by an effect: see skill.py."""

from collections.abc import Callable
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.core.work.model import End
from carewright.skills.referrals import fhir, rules
from carewright.skills.referrals.model import Barrier, Hindrance, NotPossible, Referral, Step, Taken

DO, REVIEW = "referrals.do", "referrals.review"


def refer(writer: Writer, *, referral: Referral, form_key: str = "") -> Ref:
    """A new referral, as sensitive as the patient. KeyTaken if the form was sent before; NotFound."""
    writer.access.require_action(DO)
    if not (referral.to.strip() and referral.reason.strip() and referral.provider):
        raise NotPossible(sentence("Say to whom, why, and which provider refers."))
    patient = _read(writer, Ref("Patient", referral.patient.removeprefix("Patient/")))
    labels = patient.get("meta", {}).get("security", ())
    made = fhir.to_fhir(referral)
    with writer.transaction(reason="referrals.refer") as tx:
        ref = tx.create(made | ({"meta": {"security": list(labels)}} if labels else {}))
        claim_form(tx, form_key, holder=ref)
    return ref


def advance(
    writer: Writer, *, referral_id: str, version: int, step: Step, at: datetime, seen_at: datetime | None = None,
    note: str = "", words: str = "", form_key: str = "",
) -> None:  # fmt: skip
    """Take the next step; the note is reviewed by a provider. Conflict, NotPossible, AccessDenied.

    `seen_at` is the appointment, for SCHEDULED; `note` the patient's DocumentReference that came back, for NOTE_BACK.
    """
    writer.access.require_action(REVIEW if step is Step.REVIEWED else DO)
    taken = Taken(step=step, at=at, by=writer.access.actor.reference, words=words.strip())

    def advanced(referral: Referral) -> Referral:
        if note:
            _require_in_chart(writer, note, referral.patient)
        return rules.advanced(referral, taken, seen_at=seen_at, note=note)

    _change(writer, referral_id, advanced, version=version, reason=f"referrals.{step.value}", form_key=form_key)


def hinder(
    writer: Writer, *, referral_id: str, version: int, kind: Hindrance, words: str, at: datetime,
    missed: bool = False, form_key: str = "",
) -> None:  # fmt: skip
    """Something stands in the way; `missed`: the patient did not go because of it, the appointment is owed again."""
    writer.access.require_action(DO)
    barrier = Barrier(kind=kind, words=words.strip(), at=at, by=writer.access.actor.reference)
    change = rules.missed if missed else rules.hindered
    _change(
        writer, referral_id, lambda found: change(found, barrier), version=version, reason="referrals.hinder",
        form_key=form_key,
    )  # fmt: skip


def help_with(
    writer: Writer, *, referral_id: str, version: int, number: int, done: str, at: datetime, form_key: str = ""
) -> None:
    """What was done about a barrier (its place in the list, from 0)."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference
    _change(
        writer, referral_id, lambda found: rules.helped(found, number, done=done, at=at, by=by), version=version,
        reason="referrals.help", form_key=form_key,
    )  # fmt: skip


def end(writer: Writer, *, referral_id: str, version: int, how: End, why: str, form_key: str = "") -> None:
    """The loop ends without being closed: declined, moved, died, asked for twice, not needed."""
    writer.access.require_action(DO)
    _change(
        writer, referral_id, lambda found: rules.ended(found, how=how, why=why), version=version,
        reason="referrals.end", form_key=form_key,
    )  # fmt: skip


def _change(
    writer: Writer, referral_id: str, change: Callable[[Referral], Referral], *, version: int, reason: str,
    form_key: str,
) -> None:  # fmt: skip
    """Read, change, write over the version that was shown."""
    stored = _read(writer, Ref("ServiceRequest", referral_id))
    before = fhir.from_fhir(stored)
    if before is None:
        raise NotPossible(sentence("This order is no referral."))
    after = change(before)
    with writer.transaction(reason=reason) as tx:
        ref = tx.update(fhir.to_fhir(after, onto=stored), version=version)
        claim_form(tx, form_key, holder=ref)


def _require_in_chart(writer: Writer, note: str, patient: str) -> None:
    """The note is a document of this patient that counts."""
    ref = Ref.local(note)
    document = _read(writer, ref) if ref is not None and ref.type == "DocumentReference" else {}
    theirs = str(document.get("subject", {}).get("reference", ""))
    with writer.store.reader(writer.access, reason="referrals.whose-note") as reader:
        is_theirs = reader.are_one(theirs.removeprefix("Patient/"), patient.removeprefix("Patient/"))
    if document.get("status") != "current" or not is_theirs:
        raise NotPossible(sentence("Choose the note that came back. It has to be in this chart first."))


def _read(writer: Writer, ref: Ref) -> Resource:
    with writer.store.reader(writer.access, reason="referrals.read") as reader:
        return reader.resource(ref)
