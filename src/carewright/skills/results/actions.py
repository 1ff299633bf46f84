"""The writes of results. What is owed for one follows from how far it has come, by an effect: see hooks.py."""

from collections.abc import Callable
from datetime import datetime

from carewright.core.sentences import sentence
from carewright.core.store.model import Ref, Resource
from carewright.core.store.once import claim_form
from carewright.core.store.writer import Writer
from carewright.core.work.trail import Entry
from carewright.skills.results import fhir, rules
from carewright.skills.results.hooks import REVIEW, TELL
from carewright.skills.results.model import How, NotPossible, Outcome, Result

ORDER_OVER = sentence("This order waits for no result now. Look at it again.")


def review(
    writer: Writer, *, ref: Ref, version: int, outcome: Outcome, words: str, at: datetime, form_key: str = ""
) -> None:
    """A provider has reviewed what the result says; `words` is what the patient is to be told. Conflict, NotPossible.

    A review may be given anew while the patient has not been told: the last one holds.
    """
    writer.access.require_action(REVIEW)
    by = writer.access.actor.reference
    _add(
        writer, ref, lambda found: rules.reviewed(found, outcome=outcome, words=words, at=at, by=by), version=version,
        reason="results.review", form_key=form_key,
    )  # fmt: skip


def tell(
    writer: Writer, *, ref: Ref, version: int, whom: str, how: How, at: datetime, words: str = "", form_key: str = ""
) -> None:
    """`whom` was told (the patient, or by name somebody whom the patient lets us tell). NotPossible: not released."""
    writer.access.require_action(TELL)
    by, provider = writer.access.actor.reference, writer.access.may_do(REVIEW)
    _add(
        writer, ref,
        lambda found: rules.told(found, whom=whom, how=how, words=words, at=at, by=by, provider=provider),
        version=version, reason="results.tell", form_key=form_key,
    )  # fmt: skip


def tried(writer: Writer, *, ref: Ref, version: int, words: str, at: datetime, form_key: str = "") -> None:
    """Nobody could be told; it is still owed."""
    writer.access.require_action(TELL)
    by = writer.access.actor.reference
    _add(
        writer, ref, lambda found: rules.tried(found, words=words, at=at, by=by), version=version,
        reason="results.tried", form_key=form_key,
    )  # fmt: skip


def receive(
    writer: Writer, *, order_id: str, document: Ref, at: datetime, conclusion: str = "", form_key: str = ""
) -> Ref:
    """The result of an order came on paper: a report that names both. NotPossible where the paper is not theirs."""
    writer.access.require_action(TELL)
    order = _read(writer, Ref("ServiceRequest", order_id))
    if order.get("status") != "active":
        raise NotPossible(ORDER_OVER)
    paper = _read(writer, document) if document.type == "DocumentReference" else {}
    _require_theirs(writer, paper, order)
    words = fhir.words_of({"code": paper.get("type", {})}) or "Result"
    made: Resource = {
        "resourceType": "DiagnosticReport",
        "basedOn": [{"reference": f"ServiceRequest/{order_id}"}],
        "status": "final",
        "code": order.get("code") or {"text": words},
        "subject": order["subject"],
        "issued": at.isoformat(timespec="seconds"),
        "presentedForm": [{"url": str(document), "title": words}],
    }
    if conclusion.strip():
        made["conclusion"] = conclusion.strip()
    labels = order.get("meta", {}).get("security", ())
    with writer.transaction(reason="results.receive") as tx:
        ref = tx.create(made | ({"meta": {"security": list(labels)}} if labels else {}))
        claim_form(tx, form_key, holder=ref)
    return ref


def link(writer: Writer, *, ref: Ref, version: int, order_id: str, form_key: str = "") -> None:
    """A result that named no order is the one of this order. NotPossible where it is another patient's, or has one."""
    writer.access.require_action(TELL)
    stored, order = _read(writer, ref), _read(writer, Ref("ServiceRequest", order_id))
    result = fhir.from_fhir(stored)
    if result is None or result.orders or order.get("status") != "active":
        raise NotPossible(ORDER_OVER)
    if stored.get("subject", {}).get("reference") != order["subject"].get("reference"):
        raise NotPossible(sentence("This order is not this patient’s."))
    named = {**stored, "basedOn": [*stored.get("basedOn", ()), {"reference": f"ServiceRequest/{order_id}"}]}
    with writer.transaction(reason="results.link") as tx:
        tx.update(named, version=version)
        claim_form(tx, form_key, holder=ref)


def _add(
    writer: Writer, ref: Ref, entry: Callable[[Result], Entry], *, version: int, reason: str, form_key: str
) -> None:
    """Read, add what was done, write over the version that was shown."""
    stored = _read(writer, ref)
    result = fhir.from_fhir(stored)
    if result is None:
        raise NotPossible(sentence("This is no result."))
    after = fhir.with_entries(stored, [entry(result)])
    with writer.transaction(reason=reason) as tx:
        tx.update(after, version=version)
        claim_form(tx, form_key, holder=ref)


def _require_theirs(writer: Writer, paper: Resource, order: Resource) -> None:
    """The paper is in the chart of the patient whose order it is, and counts."""
    sides = [str(side.get("subject", {}).get("reference", "")) for side in (paper, order)]
    one, other = (side.removeprefix("Patient/") for side in sides)
    with writer.store.reader(writer.access, reason="results.whose-paper") as reader:
        is_theirs = reader.are_one(one, other)
    if paper.get("status") != "current" or not is_theirs:
        raise NotPossible(sentence("Choose the paper that holds the result. It has to be in this chart first."))


def _read(writer: Writer, ref: Ref) -> Resource:
    with writer.store.reader(writer.access, reason="results.read") as reader:
        return reader.resource(ref)
