"""What no write of a MedicationRequest may do, wherever it comes from: the pages, the API, a bundle.

Only a prescriber answers a request or writes an order, in their own name; a controlled drug has no yes here.
"""

from hashlib import blake2b

from carewright.core.fhir.references import charts_of
from carewright.core.sentences import Sentence, sentence
from carewright.core.store.hooks import Claim, Effect, Extra, Guard, Release, Write, WriteContext
from carewright.core.store.model import Ref, Refused, Resource
from carewright.skills.refills import library
from carewright.skills.refills.fhir import MISTAKE, from_fhir, is_request, names_of
from carewright.skills.refills.model import Answer, Refill, Stage
from carewright.skills.refills.rules.table import medicine_key, schedule_of

DECIDE = "refills.decide"
SAME = "refill"
"""The kind of key of a request that is open: one for each patient and medicine."""
REQUEST = frozenset({"MedicationRequest"})


def check_answer(write: Write, context: WriteContext) -> None:
    """A request stays one, keeps its medicine, and is answered once, by a prescriber in their own name."""
    before, after = write.before or {}, write.after or {}
    if not (is_request(before) or is_request(after)):
        return
    was, now = from_fhir(before), from_fhir(after)
    if now is None and after.get("status") != MISTAKE and is_request(after):
        _refuse(sentence("This request for a refill cannot be read."))
    if (was is not None and not is_request(after)) or after.get("intent") != "proposal":
        _refuse(sentence("A request for a refill stays a request; the order that follows is a record of its own."))
    if was and now and (was.medicine, was.coding, was.patient) != (now.medicine, now.coding, now.patient):
        _refuse(sentence("The medicine and the patient of a request stay. End it, and enter another."))
    if after.get("status") in ("active", "completed") and (now is None or now.decision is None):
        _refuse(sentence("A request for a refill is not active: a prescriber answers it."))
    answered = was.decision if was else None
    if now is None or now.decision == answered:
        return
    if answered is not None or now.decision is None or now.preparing is None:
        _refuse(sentence("A request is answered once, after it was prepared."))
    _require_prescriber(context, now.decision.by if now.decision else "")
    if now.decision and now.decision.answer is Answer.YES and _is_controlled(after):
        _refuse(
            sentence("A controlled drug has no yes here. Prescribe it in your system for electronic prescriptions.")
        )


def check_order(write: Write, context: WriteContext) -> None:
    """An order is written and changed by a prescriber; one that follows a request needs its yes."""
    after = write.after
    if after is None or is_request(after) or is_request(write.before or {}):
        return
    requester = str(after.get("requester", {}).get("reference", ""))
    _require_prescriber(context, requester if write.before is None else context.access.actor.reference)
    for ref in _based_on(write):
        request = context.loaded.get(ref)
        refill = from_fhir(request) if request else None
        if refill is None:
            continue
        yes = refill.decision is not None and refill.decision.answer is Answer.YES
        whose = str(after.get("subject", {}).get("reference"))
        charts = charts_of(context.loaded.get(Ref.local(whose) or ref))
        if not yes or _is_controlled(after) or (whose != refill.patient and not {whose, refill.patient} <= charts):
            _refuse(sentence("An order follows a request that was answered with yes, for the same patient."))


def keep_one(write: Write, context: WriteContext) -> list[Extra]:
    """While a request is open it holds the key of its patient and medicine; at its end it gives it up."""
    was, now = _open(write.before), _open(write.after)
    extras: list[Extra] = []
    if was and (not now or key_of(was) != key_of(now)):
        extras.append(Release(kind=SAME, key=key_of(was), holder=write.ref))
    if now:
        extras.append(Claim(kind=SAME, key=key_of(now), holder=write.ref))
    return extras


def key_of(refill: Refill) -> str:
    """The key of the patient and the medicine, as a digest: keys appear in refusals."""
    return blake2b(f"{refill.patient}|{medicine_key(refill.medicine)}".encode(), digest_size=16).hexdigest()


def _open(resource: Resource | None) -> Refill | None:
    refill = from_fhir(resource) if resource else None
    return refill if refill and refill.stage is not Stage.ENDED else None


def _based_on(write: Write) -> list[Ref]:
    based = (write.after or {}).get("basedOn", ())
    return [ref for entry in based if (ref := Ref.local(str(entry.get("reference", "")))) and ref.type in REQUEST]


def _request_and_patient(write: Write) -> list[Ref]:
    based, patient = _based_on(write), Ref.local(str((write.after or {}).get("subject", {}).get("reference", "")))
    return [*based, patient] if based and patient is not None and patient.type == "Patient" else based


def _is_controlled(resource: Resource) -> bool:
    return bool(schedule_of(library.table(), names_of(resource)))


def _require_prescriber(context: WriteContext, by: str) -> None:
    if not context.access.may_do(DECIDE) or by != context.access.actor.reference:
        _refuse(sentence("Only a prescriber answers a request for a refill or writes an order, in their own name."))


def _refuse(words: Sentence) -> None:
    raise Refused("refill-answer", words)


GUARDS = (
    Guard(
        name="refill-answer", types=REQUEST, check=check_answer,
        doc="A refill request is answered once, by a prescriber in their own name; a controlled drug has no yes.",
    ),
    Guard(
        name="medicine-order", types=REQUEST, check=check_order, reads=_request_and_patient,
        doc="An order for a medicine is a prescriber's; one that follows a refill request needs its yes.",
    ),
)  # fmt: skip
ONE_OPEN = Effect(
    name="refill-one-open", types=REQUEST, apply=keep_one, integrity=True,
    doc="One open refill request for each patient and medicine.",
)  # fmt: skip
