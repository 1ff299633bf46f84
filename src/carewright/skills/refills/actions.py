"""The writes of refill requests. What is owed for one follows from how far it has come, by an effect: see skill.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import KeyTaken, Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.core.work.model import End
from carewright.skills.refills import fhir, library, queries
from carewright.skills.refills.guards import DECIDE, SAME
from carewright.skills.refills.model import (
    Answer,
    Asking,
    Because,
    Decision,
    How,
    NotPossible,
    Preparing,
    Refill,
    Said,
    Supply,
    Telling,
    Whom,
)
from carewright.skills.refills.rules import steps
from carewright.skills.refills.rules.evaluating import names_in
from carewright.skills.refills.rules.table import gap_harms

DO = "refills.do"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was learned for a request: from the patient, the pharmacy, or the label."""

    pharmacy: str
    prescriber: str
    days_left: int | None
    said: Said
    dose: str = ""


def ask(writer: Writer, *, refill: Refill, form_key: str = "") -> tuple[Ref, bool]:
    """A new request, as sensitive as the patient and the medicine; or, where the same is open, one time more that it
    was asked for: then the second value is True. KeyTaken if the form was sent before; NotFound."""
    writer.access.require_action(DO)
    refill = replace(refill, gap_harms=gap_harms(library.table(), names_in(refill)))
    made = fhir.to_fhir(refill)
    labels = _labels(writer, refill)
    try:
        with writer.transaction(reason="refills.ask") as tx:
            ref = tx.create(made | ({"meta": {"security": labels}} if labels else {}))
            claim_form(tx, form_key, holder=ref)
    except KeyTaken as taken:
        if taken.kind != SAME or taken.holder is None:
            raise
        return _ask_again(writer, taken.holder, refill.asked[0], form_key=form_key), True
    return ref, False


def complete(writer: Writer, *, refill_id: str, version: int, found: Found, form_key: str = "") -> None:
    """Write down what was learned. Conflict, NotPossible, AccessDenied."""
    writer.access.require_action(DO)
    _change(writer, refill_id, lambda refill: _with(refill, found), version=version, reason="refills.complete",
            form_key=form_key)  # fmt: skip


def prepare(
    writer: Writer, *, refill_id: str, version: int, found: Found, supply: Supply | None, note: str, at: datetime,
    today: date, form_key: str = "",
) -> None:  # fmt: skip
    """Write down what was learned and lay the request before the prescriber, with what the table says today."""
    writer.access.require_action(DO)
    by = writer.access.actor.reference

    def prepared(refill: Refill) -> Refill:
        whole = _with(refill, found)
        with writer.store.reader(writer.access, reason="refills.check") as reader:
            checked = queries.checked(reader, whole, today=today)
        preparing = Preparing(
            at=at, by=by, outcome=checked.outcome, table=checked.table, supply=supply, note=note.strip(),
            rows=tuple(f"{row.code}:{row.met.value}" for row in checked.rows),
            found=tuple(str(row.words) for row in checked.rows),
        )  # fmt: skip
        return steps.prepared(whole, preparing, checked)

    _change(writer, refill_id, prepared, version=version, reason="refills.prepare", form_key=form_key)


def decide(
    writer: Writer, *, refill_id: str, version: int, answer: Answer, at: datetime, supply: Supply | None = None,
    because: Because | None = None, tell: str = "", form_key: str = "",
) -> None:  # fmt: skip
    """The prescriber's answer; a yes writes the order, in their name. `supply` instead of the one that was prepared.

    NotPossible for a controlled drug's yes, and where nothing says how much; Conflict, AccessDenied.
    """
    writer.access.require_action(DECIDE)
    by = writer.access.actor.reference
    if answer is Answer.NO and because is None:
        raise NotPossible(sentence("Say why not."))

    def decided(refill: Refill) -> Refill:
        offered = refill.preparing.supply if refill.preparing else None
        given = (supply or offered) if answer is Answer.YES else None
        steps.require_answerable(refill, answer)
        if answer is Answer.YES and given is None:
            raise NotPossible(sentence("Say for how many days, and how often it may be filled again."))
        said = Decision(
            at=at, by=by, answer=answer, supply=given, because=because if answer is Answer.NO else None,
            tell=tell.strip(),
        )  # fmt: skip
        return steps.decided(refill, said)

    _change(writer, refill_id, decided, version=version, reason=f"refills.{answer.value}", form_key=form_key)


def tell(
    writer: Writer, *, refill_id: str, version: int, whom: Whom, how: How, at: datetime, name: str = "",
    form_key: str = "",
) -> None:  # fmt: skip
    """Somebody was told the answer, or not reached."""
    writer.access.require_action(DO)
    telling = Telling(at=at, by=writer.access.actor.reference, whom=whom, how=how, name=name.strip())
    _change(writer, refill_id, lambda refill: steps.told(refill, telling), version=version, reason="refills.tell",
            form_key=form_key)  # fmt: skip


def end(writer: Writer, *, refill_id: str, version: int, how: End, why: str, form_key: str = "") -> None:
    """Nobody has to answer any more."""
    writer.access.require_action(DO)
    _change(writer, refill_id, lambda refill: steps.ended(refill, how=how, why=why), version=version,
            reason="refills.end", form_key=form_key)  # fmt: skip


def _ask_again(writer: Writer, ref: Ref, asking: Asking, *, form_key: str) -> Ref:
    stored = _read(writer, ref)
    _change(writer, ref.id, lambda refill: steps.asked_again(refill, asking),
            version=int(stored["meta"]["versionId"]), reason="refills.again", form_key=form_key)  # fmt: skip
    return ref


def _with(refill: Refill, found: Found) -> Refill:
    return replace(
        refill, pharmacy=found.pharmacy.strip(), prescriber=found.prescriber, days_left=found.days_left,
        said=found.said, dose=found.dose.strip() or refill.dose,
    )  # fmt: skip


def _change(
    writer: Writer, refill_id: str, change: Callable[[Refill], Refill], *, version: int, reason: str, form_key: str
) -> None:
    """Read, change, write over the version that was shown; the order stands in the same transaction as the yes."""
    stored = _read(writer, Ref("MedicationRequest", refill_id))
    before = fhir.from_fhir(stored)
    if before is None:
        raise NotPossible(sentence("This is no refill request."))
    after = change(before)
    labels = stored.get("meta", {}).get("security", ())
    with writer.transaction(reason=reason) as tx:
        ref = tx.update(fhir.to_fhir(after, onto=stored), version=version)
        if after.decision and after.decision.answer is Answer.YES and before.decision is None:
            tx.create(fhir.order_to_fhir(after, labels=labels), resource_id=fhir.order_id(refill_id))
        claim_form(tx, form_key, holder=ref)


def _labels(writer: Writer, refill: Refill) -> list[Resource]:
    """The labels of the patient and of the medicine's record."""
    refs = [Ref.local(reference) for reference in (refill.patient, refill.on_file) if reference]
    found: list[Resource] = []
    for ref in refs:
        for label in _read(writer, ref).get("meta", {}).get("security", ()) if ref else ():
            if label not in found:
                found.append(label)
    return found


def _read(writer: Writer, ref: Ref) -> Resource:
    with writer.store.reader(writer.access, reason="refills.read") as reader:
        return reader.resource(ref)
