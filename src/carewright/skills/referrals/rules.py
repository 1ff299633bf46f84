"""Which leg of its loop a referral is on, and the steps that may be taken. Plain Python: no store, no web, no clock.

The clocks are targets of the house, in open hours of the site (nine a day); no source asks for others.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.sentences import sentence
from carewright.core.store.model import Resource
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Kind, Pool, Priority
from carewright.skills.referrals import codes
from carewright.skills.referrals.fhir import from_fhir
from carewright.skills.referrals.model import Barrier, NotPossible, Referral, Step, Taken

DAY = timedelta(hours=9)
WITHIN: Mapping[Step, tuple[timedelta, timedelta]] = {
    Step.AUTHORISED: (3 * DAY, timedelta(hours=4)),
    Step.SENT: (DAY, timedelta(hours=2)),
    Step.SCHEDULED: (5 * DAY, DAY),
    Step.NOTE_BACK: (7 * DAY, 2 * DAY),
    Step.REVIEWED: (2 * DAY, timedelta(hours=4)),
}
"""How long each step may take: routine, urgent."""
ASK_AFTER = timedelta(days=1)
"""Whether the patient went is asked from the day of the appointment on, and has to be known a day later."""
POOLS: Mapping[Step, Role] = {
    Step.AUTHORISED: Role.FRONT_DESK,
    Step.SENT: Role.FRONT_DESK,
    Step.SCHEDULED: Role.MA,
    Step.SEEN: Role.MA,
    Step.NOTE_BACK: Role.MA,
    Step.REVIEWED: Role.PROVIDER,
}


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for a referral; None once the loop is closed or has ended."""
    referral = from_fhir(resource)
    step = referral.next_step if referral else None
    if referral is None or step is None:
        return None
    clerical = POOLS[step] is Role.FRONT_DESK
    seen = referral.seen_at if step is Step.SEEN else None
    return Leg(
        code=codes.LEGS[step],
        pool=Pool(role=POOLS[step]),
        within=WITHIN[step][referral.urgent] if step in WITHIN else DAY,
        due_at=seen + ASK_AFTER if seen else None,
        not_before=seen,
        owner=referral.provider if step is Step.REVIEWED else "",
        kind=Kind.CLERICAL if clerical and not referral.urgent else Kind.CLINICAL,
        priority=Priority.URGENT if referral.urgent else Priority.ROUTINE,
    )


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of a referral ends."""
    referral = from_fhir(resource)
    return (referral.end, referral.end_why) if referral and referral.end else (End.DONE, "")


def advanced(referral: Referral, taken: Taken, *, seen_at: datetime | None = None, note: str = "") -> Referral:
    """The referral with its next step taken. NotPossible for another step, or without what the step needs."""
    if taken.step is not referral.next_step:
        raise NotPossible(sentence("This step was taken already, or another comes first. Look at it again."))
    if taken.step is Step.SCHEDULED and seen_at is None:
        raise NotPossible(sentence("Say when the appointment is."))
    if taken.step is Step.NOTE_BACK and not note:
        raise NotPossible(sentence("Choose the note that came back. It has to be in this chart first."))
    return replace(
        referral, taken=(*referral.taken, taken), seen_at=seen_at or referral.seen_at, note=note or referral.note
    )


def missed(referral: Referral, barrier: Barrier) -> Referral:
    """The patient did not go: what stood in the way is kept, and the appointment is to be made again."""
    if referral.next_step is not Step.SEEN:
        raise NotPossible(sentence("There is no appointment that could have been missed."))
    taken = tuple(step for step in referral.taken if step.step is not Step.SCHEDULED)
    return replace(referral, taken=taken, seen_at=None, barriers=(*referral.barriers, barrier))


def hindered(referral: Referral, barrier: Barrier) -> Referral:
    """Something stands in the way."""
    return replace(_open(referral), barriers=(*referral.barriers, barrier))


def helped(referral: Referral, number: int, *, done: str, at: datetime, by: str) -> Referral:
    """What was done about a barrier (its place in the list, from 0)."""
    _open(referral)
    if not done.strip():
        raise NotPossible(sentence("Say what was done."))
    if not 0 <= number < len(referral.barriers) or referral.barriers[number].done:
        raise NotPossible(sentence("Something was done about this already. Look at it again."))
    barriers = list(referral.barriers)
    barriers[number] = replace(barriers[number], done=done.strip(), done_at=at, done_by=by)
    return replace(referral, barriers=tuple(barriers))


def ended(referral: Referral, *, how: End, why: str) -> Referral:
    """The loop ends without being closed, with the reason."""
    if how is End.DONE or not why.strip():
        raise NotPossible(sentence("Say how it ended, and why, in a few words."))
    return replace(_open(referral), end=how, end_why=why.strip())


def _open(referral: Referral) -> Referral:
    if referral.next_step is None:
        raise NotPossible(sentence("This referral has ended. Look at it again."))
    return referral
