"""Which leg a result is on, and what may be done about it. Plain Python: no store, no web, no clock.

The clocks are targets of the house, in open hours of the site (nine a day); no source asks for others. A critical
value cannot wait for them: it goes to its provider within a minute, whatever the hour.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from carewright.core.access.model import Role
from carewright.core.fhir.model import Resource
from carewright.core.sentences import sentence
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Kind, Pool, Priority
from carewright.core.work.trail import Entry
from carewright.skills.results import codes
from carewright.skills.results.fhir import from_fhir
from carewright.skills.results.model import Event, How, NotPossible, Outcome, Result, Step

DAY = timedelta(hours=9)
FIRST_RING = timedelta(seconds=60)
WITHIN: Mapping[Step, timedelta] = {
    Step.FINAL: 3 * DAY,
    Step.CRITICAL: FIRST_RING,
    Step.REVIEW: 2 * DAY,
    Step.TELL: DAY,
}
"""How long each step may take."""
TELL_AFTER_CRITICAL = timedelta(hours=1)
"""How long it may take to tell the patient of a critical value, once the provider has said what."""


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for a result; None once it is over, and for what is no result."""
    result = from_fhir(resource)
    step = result.next_step if result else None
    if result is None or step is None:
        return None
    theirs = step in (Step.CRITICAL, Step.REVIEW) or result.outcome is Outcome.PROVIDER_TELLS
    ringing = step is Step.CRITICAL
    urgent = step is Step.TELL and result.critical
    return Leg(
        code=codes.LEGS[step],
        pool=Pool(role=Role.PROVIDER if theirs else Role.MA),
        within=TELL_AFTER_CRITICAL if urgent else WITHIN[step],
        any_hour=ringing,
        owner=result.provider if theirs else "",
        kind=Kind.CRITICAL if ringing else Kind.CLINICAL,
        priority=Priority.STAT if ringing else Priority.URGENT if urgent else Priority.ROUTINE,
    )


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of a result ends that was not simply done."""
    result = from_fhir(resource)
    if result is not None and result.part_of:
        return End.NOT_NEEDED, "It stands in a report."
    if result is not None and result.status in ("cancelled", "entered-in-error"):
        return End.NOT_NEEDED, "The result was taken back."
    return End.DONE, ""


def reviewed(result: Result, *, outcome: Outcome, words: str, at: datetime, by: str) -> Entry:
    """The review of what the result says now. NotPossible for what is no longer to be reviewed, or says nothing."""
    if result.next_step not in (Step.REVIEW, Step.CRITICAL, Step.TELL):
        raise NotPossible(sentence("Nothing is to be reviewed here now. Look at it again."))
    if outcome is Outcome.TELL and not words.strip():
        raise NotPossible(sentence("Say what the patient is to be told."))
    facts = {"outcome": outcome.value, "digest": result.digest}
    return Entry(step=Event.REVIEWED, at=at, by=by, words=words.strip(), facts=facts)


def told(result: Result, *, whom: str, how: How, words: str, at: datetime, by: str, provider: bool) -> Entry:
    """Somebody was told. NotPossible for what is not released, and for what nobody is to be told."""
    if not may_tell(result, provider=provider):
        raise NotPossible(sentence("This result is not released. Only its provider may tell it."))
    if not whom.strip():
        raise NotPossible(sentence("Say who was told."))
    return Entry(step=Event.TOLD, at=at, by=by, words=words.strip(), facts={"whom": whom.strip(), "how": how.value})


def tried(result: Result, *, words: str, at: datetime, by: str) -> Entry:
    """Nobody could be told; it is still owed."""
    if result.next_step is not Step.TELL:
        raise NotPossible(sentence("Nobody is to be told now. Look at it again."))
    if not words.strip():
        raise NotPossible(sentence("Say what was tried."))
    return Entry(step=Event.TRIED, at=at, by=by, words=words.strip())


def may_tell(result: Result, *, provider: bool) -> bool:
    """Whether the patient may be told now, by a provider or by anybody else."""
    return result.next_step is Step.TELL and (provider or result.outcome is Outcome.TELL)


def new_entries(before: Result | None, after: Result) -> list[tuple[Result, Entry]]:
    """What was done that had not been, each with the result as it stood just before."""
    known = before.trail if before else ()
    found = []
    for number, entry in enumerate(after.trail):
        if entry not in known:
            found.append((replace(after, trail=after.trail[:number]), entry))
    return found
