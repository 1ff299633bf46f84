"""The steps of a request, from asked to told, and whose turn it is. A step that cannot be taken says why.

The clocks are targets of the house, in open hours of the site (nine a day); where it is urgent they are short enough
that nobody with two days left runs out.
"""

from dataclasses import replace
from datetime import timedelta

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence, sentence
from carewright.core.store.model import Resource
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Pool, Priority
from carewright.skills.refills import codes
from carewright.skills.refills.fhir import from_fhir
from carewright.skills.refills.model import (
    Answer,
    Asking,
    Decision,
    NotPossible,
    Outcome,
    Preparing,
    Refill,
    Stage,
    Telling,
)
from carewright.skills.refills.rules.evaluating import Checked

WITHIN = {
    codes.PREPARE: (timedelta(hours=4), timedelta(hours=1)),
    codes.DECIDE: (timedelta(hours=9), timedelta(hours=2)),
    codes.CONTROLLED: (timedelta(hours=9), timedelta(hours=2)),
    codes.TELL: (timedelta(hours=9), timedelta(hours=2)),
}
"""How long each leg may take: routine, urgent."""


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for a request; None once everybody was told, or it has ended otherwise."""
    refill = from_fhir(resource)
    if refill is None or refill.stage is Stage.ENDED:
        return None
    code = codes.PREPARE
    if refill.stage is Stage.ANSWERED:
        code = codes.TELL
    elif refill.preparing:
        code = codes.CONTROLLED if refill.preparing.outcome is Outcome.CONTROLLED else codes.DECIDE
    theirs = code in (codes.DECIDE, codes.CONTROLLED)
    return Leg(
        code=code, pool=Pool(role=Role.PROVIDER if theirs else Role.MA), within=WITHIN[code][refill.urgent],
        owner=refill.prescriber if theirs else "", priority=Priority.URGENT if refill.urgent else Priority.ROUTINE,
    )  # fmt: skip


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of a request ends."""
    refill = from_fhir(resource)
    return (refill.end, refill.end_why) if refill and refill.end else (End.DONE, "")


def asked_again(refill: Refill, asking: Asking) -> Refill:
    """Somebody asks for what was asked for already: one request more is not one refill more."""
    return replace(_open(refill), asked=(*refill.asked, asking))


def missing(refill: Refill, checked: Checked) -> tuple[Sentence, ...]:
    """What the patient or the pharmacy can still say, and the prescriber has to know."""
    wanted = [finding.words for finding in checked.to_ask]
    if not refill.pharmacy.strip():
        wanted.append(sentence("Ask which pharmacy."))
    return tuple(wanted)


def prepared(refill: Refill, preparing: Preparing, checked: Checked) -> Refill:
    """Laid before the prescriber; what nobody could find out is said in a note. NotPossible otherwise."""
    if _open(refill).stage is not Stage.ASKED:
        raise NotPossible(sentence("It is with the prescriber already. Look at it again."))
    if not refill.prescriber:
        raise NotPossible(sentence("Choose whose yes or no it is."))
    if missing(refill, checked) and not preparing.note.strip():
        raise NotPossible(sentence("Something is still missing. Ask for it, or say in the note why it is not known."))
    offered, most = preparing.supply, checked.supply
    if (offered is None) != (most is None):
        raise NotPossible(sentence("How much is laid before the prescriber where the table covers the medicine, only."))
    if offered and most and (offered.days > most.days or offered.refills > most.refills):
        raise NotPossible(
            sentence(
                "The table allows %(days)s days with %(refills)s refills at most.", days=most.days, refills=most.refills
            )
        )
    return replace(refill, preparing=preparing)


def decided(refill: Refill, decision: Decision) -> Refill:
    """The prescriber's answer. A controlled drug has no yes here: NotPossible."""
    require_answerable(refill, decision.answer)
    return replace(refill, decision=decision)


def require_answerable(refill: Refill, answer: Answer) -> None:
    """NotPossible where a request is not prepared, was answered, or has no such answer."""
    if _open(refill).stage is not Stage.PREPARED or refill.preparing is None:
        raise NotPossible(sentence("This was answered already, or is not prepared yet. Look at it again."))
    controlled = refill.preparing.outcome is Outcome.CONTROLLED
    if controlled and answer is Answer.YES:
        raise NotPossible(
            sentence("A controlled drug has no yes here. Prescribe it in your system for electronic prescriptions.")
        )
    if not controlled and answer is Answer.ELSEWHERE:
        raise NotPossible(sentence("This is no controlled drug: say yes or no here."))


def told(refill: Refill, telling: Telling) -> Refill:
    """Somebody was told, or not reached."""
    if telling.whom not in refill.to_tell:
        raise NotPossible(sentence("They were told already, or do not have to be. Look at it again."))
    return replace(refill, told=(*refill.told, telling))


def ended(refill: Refill, *, how: End, why: str) -> Refill:
    """Nobody has to answer any more; once it was answered, it has to be told."""
    if not why.strip() or how is End.DONE:
        raise NotPossible(sentence("Say how it ended, and why, in a few words."))
    if _open(refill).decision is not None:
        raise NotPossible(sentence("It was answered already: tell the answer."))
    return replace(refill, end=how, end_why=why.strip())


def _open(refill: Refill) -> Refill:
    if refill.stage is Stage.ENDED:
        raise NotPossible(sentence("This request has ended. Look at it again."))
    return refill
