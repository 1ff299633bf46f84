"""What a booked patient still needs before the visit. Plain Python: what is known in, needs out; no store, no clock.

Where something may not be seen (None) nothing is said of it: a missing record is not a missing fact.
"""

import calendar
from collections.abc import Iterable
from datetime import date
from hashlib import blake2b

from carewright.core.sentences import Sentence, named, quoted, sentence
from carewright.skills.previsit import codes
from carewright.skills.previsit.care_gaps import (
    ACC_AHA_2017,
    CARE_GAPS,
    RECHECK_DIASTOLIC_MMHG,
    RECHECK_FROM,
    RECHECK_SYSTOLIC_MMHG,
    CareGap,
)
from carewright.skills.previsit.model import Booked, Chart, Kind, Need
from carewright.skills.previsit.visit_needs import CONSENTS, NEEDS, VisitNeeds

RANKS = {kind: rank for rank, kind in enumerate(Kind)}
GAPS = tuple(
    (rule, Need(
        kind=Kind.GAP, key=rule.key, words=named(rule.words), source=rule.source, act=rule.act, needs_order=True
    ))
    for rule in CARE_GAPS
)  # fmt: skip
"""Each rule with the need that it finds: the same for every patient."""
ASKED = tuple(
    Need(kind=Kind.CONSENT, key=asked.key, words=named(asked.words), source=asked.source) for asked in CONSENTS
)


def needs(booked: Booked, *, on: date) -> tuple[Need, ...]:
    """Everything that is not there yet for a visit on that day, in the order of the chips."""
    visit = NEEDS.get(booked.visit_type, VisitNeeds())
    found = [*_tasks(booked), *_desk(booked, on)]
    if booked.chart is not None:
        found += [
            *_orders(booked.chart), *gaps(booked.chart, on=on), *_pressure(booked, on), *_forms(booked, visit, on),
            *_room(visit),
        ]  # fmt: skip
    return tuple(sorted(found, key=lambda need: RANKS[need.kind]))


def gaps(chart: Chart, *, on: date) -> Iterable[Need]:
    """The care gaps of a patient: what the declared rules ask for and nothing recent enough answers."""
    for rule, need in GAPS:
        if is_due(rule, chart, on=on):
            yield need


def is_due(rule: CareGap, chart: Chart, *, on: date) -> bool:
    """Whether a check is due. What is not known of the patient makes nothing due."""
    problems = chart.facts.problems or frozenset()
    if rule.whom.holds(chart.facts, on=on) is not True or any(code.startswith(rule.unless) for code in problems):
        return False
    return not any(
        on < months_after(done, evidence.months)
        for evidence in rule.evidence
        if (done := chart.done.get(evidence.coding.token)) is not None
    )


def months_after(day: date, months: int) -> date:
    """The same day `months` later; the last of a month that lacks it."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if years > date.max.year:
        return date.max
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def task_id(need: Need, *, patient: str, on: date) -> str:
    """The id of the task that sees to a need: one per patient, need and day (month, where it holds so long)."""
    period = f"{on:%Y-%m}" if need.handling.monthly else on.isoformat()
    digest = blake2b(f"{patient} {need.kind} {need.key} {period}".encode(), digest_size=16).hexdigest()
    return f"prep-{digest}"


def _tasks(booked: Booked) -> Iterable[Need]:
    for key, words in booked.tasks:
        yield Need(kind=Kind.TASK, key=key, words=named(words))


def _orders(chart: Chart) -> Iterable[Need]:
    for order in chart.orders:
        what = quoted(order.words)
        if order.is_referral:
            yield Need(kind=Kind.REFERRAL, key=order.id, words=sentence("No note back: %(what)s", what=what))
        else:
            yield Need(kind=Kind.RESULT, key=order.id, words=sentence("No result yet: %(what)s", what=what))


def _pressure(booked: Booked, on: date) -> Iterable[Need]:
    chart = booked.chart
    last = chart.pressure if chart else None
    if last is None or booked.born is None or on < RECHECK_FROM.reached_on(booked.born):
        return
    if last.systolic_mmhg >= RECHECK_SYSTOLIC_MMHG or last.diastolic_mmhg >= RECHECK_DIASTOLIC_MMHG:
        shown = f"{last.systolic_mmhg}/{last.diastolic_mmhg}"
        words = sentence("Blood pressure again: %(reading)s last time", reading=quoted(shown))
        yield Need(kind=Kind.GAP, key="bp-recheck", words=words, source=ACC_AHA_2017, act=codes.BP_RECHECK)


def _forms(booked: Booked, visit: VisitNeeds, on: date) -> Iterable[Need]:
    chart = booked.chart
    for form in visit.forms if chart else ():
        last = chart.forms.get(form.key) if chart else None
        is_for = chart is not None and form.whom.holds(chart.facts, on=on) is True
        if is_for and (last is None or on >= months_after(last, form.months)):
            yield Need(kind=Kind.FORM, key=form.key, words=named(form.words))


def _room(visit: VisitNeeds) -> Iterable[Need]:
    if visit.room:
        yield Need(kind=Kind.ROOM, key="room", words=named(visit.room))


def _desk(booked: Booked, on: date) -> Iterable[Need]:
    if booked.consents is not None:
        yield from (need for need in ASKED if need.key not in booked.consents)
    if booked.interpreter:
        words = sentence("%(language)s interpreter", language=named(booked.interpreter))
        yield Need(kind=Kind.INTERPRETER, key="interpreter", words=words)
    if booked.needs_ride:
        yield Need(kind=Kind.TRANSPORT, key="ride", words=sentence("Needs a ride"))
    if booked.covers is not None:
        yield Need(kind=Kind.INSURANCE, key="insurance", words=_insurance(booked, on))


def _insurance(booked: Booked, on: date) -> Sentence:
    covers = booked.covers or ()
    if not covers:
        return sentence("No insurance on file")
    if not any(cover.holds(on) for cover in covers):
        return sentence("Insurance has ended")
    return sentence("Insurance not checked this month")
