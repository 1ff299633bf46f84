"""What follows from a result in the same transaction, and who may say that it was reviewed or told."""

from collections.abc import Sequence
from dataclasses import replace

from carewright.core.fhir.model import Resource
from carewright.core.sentences import sentence
from carewright.core.store.hooks import Effect, Extra, Guard, Put, Write, WriteContext
from carewright.core.store.model import Change, Ref, Refused
from carewright.core.work.owed import Owing
from carewright.core.work.placer import orders_named
from carewright.core.work.trail import kept
from carewright.skills.results import codes, fhir, rules
from carewright.skills.results.model import Event

REVIEW, TELL = "results.review", "results.tell"
OWED = Owing(
    name="result",
    types=frozenset({"DiagnosticReport", "Observation"}),
    legs=tuple(codes.LEGS.values()),
    leg_of=rules.leg_of,
    ended_as=rules.ended_as,
)
_FOLLOWS = OWED.effect()


def report_written(write: Write, context: WriteContext) -> Sequence[Extra]:
    """The trail stays, the order says whose it is, the observations say what it holds; then what is owed follows."""
    if write.after is None:
        return _FOLLOWS.apply(write, context)
    loaded = [context.loaded.get(ref) for ref in observations_of(write.after)]
    seen = {one.observation: one for one in map(fhir.part, filter(None, loaded))}
    known = {one.observation: one for one in fhir.parts_of(write.before or {})} | seen
    parts = [known[str(ref)] for ref in observations_of(write.after) if str(ref) in known]
    whole = fhir.with_parts(_kept(write, context), parts)
    own = [] if whole is write.after else [Put(resource=whole)]
    inside = [extra for one in loaded if one for extra in _inside(one, report=str(write.ref), context=context)]
    return [*own, *inside, *_FOLLOWS.apply(replace(write, after=whole), context)]


def observation_written(write: Write, context: WriteContext) -> Sequence[Extra]:
    """One that stands in a report changes what that says; one that stands alone is owed a review itself."""
    if write.after is None or not fhir.is_result(write.after):
        return [*_told_to_reports(write, context), *_FOLLOWS.apply(write, context)]
    whole = _kept(write, context)
    own = [] if whole is write.after else [Put(resource=whole)]
    return [*own, *_told_to_reports(write, context), *_FOLLOWS.apply(replace(write, after=whole), context)]


def _kept(write: Write, context: WriteContext) -> Resource:
    """The record with what it had said before and what its order says."""
    facts = (codes.PROVIDER, codes.PART_OF)
    whole = kept(write.before, write.after or {}, trail=codes.TRAIL, facts=facts)
    orders = (context.loaded.get(ref) for ref in orders_named(whole))
    return fhir.from_order(whole, next(filter(None, orders), None))


def _inside(observation: Resource, *, report: str, context: WriteContext) -> list[Extra]:
    """The observation says in which report it stands; what was owed for it alone is over."""
    after = fhir.with_part_of(observation, report)
    if after is observation:
        return []
    ref = Ref("Observation", str(observation["id"]))
    moved = Write(change=Change.UPDATE, ref=ref, before=observation, after=after)
    return [Put(resource=after), *_FOLLOWS.apply(moved, context)]


def _told_to_reports(write: Write, context: WriteContext) -> list[Extra]:
    """The reports that hold an observation say what it holds now."""
    found: list[Extra] = []
    for ref in _reports_of(write):
        report = context.loaded.get(ref)
        if report is None or write.after is None:
            continue
        now = fhir.part({**write.after, "id": write.ref.id})
        parts = [now if one.observation == now.observation else one for one in fhir.parts_of(report)]
        changed = fhir.with_parts(report, parts)
        if changed is not report:
            found.append(Put(resource=changed))
    return found


def observations_of(report: Resource) -> list[Ref]:
    """The observations that a report names and that are here."""
    refs = (Ref.local(str(one.get("reference", ""))) for one in report.get("result", ()))
    return list(dict.fromkeys(ref for ref in refs if ref is not None and ref.type == "Observation"))


def _report_reads(write: Write) -> list[Ref]:
    inside = observations_of(write.after or {})
    tasks = [OWED.task_of(ref, leg) for ref in inside for leg in OWED.legs]
    return [*_FOLLOWS.reads(write), *_orders(write), *inside, *tasks]


def _observation_reads(write: Write) -> list[Ref]:
    return [*_FOLLOWS.reads(write), *_orders(write), *_reports_of(write)] if _concerns(write) else []


def _concerns(write: Write) -> bool:
    """Most observations are vital signs and answers: of those nothing is read."""
    return write.after is None or fhir.is_result(write.after) or bool(_reports_of(write))


def _orders(write: Write) -> list[Ref]:
    return [ref for side in (write.before, write.after) if side for ref in orders_named(side)]


def _reports_of(write: Write) -> list[Ref]:
    sides = [side for side in (write.after, write.before) if side]
    said = [one for side in sides for one in side.get("extension", ()) if one.get("url") == codes.PART_OF]
    refs = (Ref.local(str(one.get("valueReference", {}).get("reference", ""))) for one in said)
    return list(dict.fromkeys(ref for ref in refs if ref is not None and ref.type == "DiagnosticReport"))


def check_trail(write: Write, context: WriteContext) -> None:
    """A review is a provider's and their own; what is not released is told by a provider only."""
    after = fhir.from_fhir(write.after) if write.after else None
    if after is None:
        return
    before = fhir.from_fhir(write.before) if write.before else None
    for stood, entry in rules.new_entries(before, after):
        if entry.by != context.access.actor.reference:
            raise Refused("result-trail", sentence("What was done about a result is written down by who did it."))
        provider = context.access.may_do(REVIEW)
        if entry.step == Event.REVIEWED and not provider:
            raise Refused("result-trail", sentence("Only a provider may review a result."))
        if entry.step == Event.REVIEWED and entry.facts.get("digest") != after.digest:
            raise Refused("result-trail", sentence("The result says something else now. Look at it again."))
        allowed = context.access.may_do(TELL) and rules.may_tell(stood, provider=provider)
        if entry.step == Event.TOLD and not allowed:
            raise Refused("result-trail", sentence("This result is not released. Only its provider may tell it."))


EFFECTS = (
    Effect(
        name="result-owed", types=frozenset({"DiagnosticReport"}), apply=report_written, reads=_report_reads,
        doc="A report is owed its review and, where it is released, that the patient is told; a corrected one anew.",
    ),
    Effect(
        name="observation-owed", types=frozenset({"Observation"}), apply=observation_written, reads=_observation_reads,
        doc="An observation of the laboratory or imaging changes its report, or is owed a review where it has none.",
    ),
)  # fmt: skip
GUARDS = (
    OWED.guard(),
    Guard(
        name="result-trail", types=OWED.types, check=check_trail,
        doc="A review is a provider's; nobody is told what is not released; each says so of themselves.",
    ),
)  # fmt: skip
