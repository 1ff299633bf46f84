"""What is left to do, when the next visit should be, what the summary and the excuse note say. Pure assembling."""

import calendar
from datetime import date, timedelta

from carewright.core.sentences import Sentence, counted, named, sentence
from carewright.skills.checkout import codes
from carewright.skills.checkout.model import (
    ExcuseNote,
    Line,
    NextVisit,
    OpenItem,
    Section,
    Span,
    State,
    VisitFacts,
    Window,
)

_SLACK_DAYS = {"days": 1, "weeks": 3, "months": 7, "years": 30}
"""How far from the day aimed at a visit may lie, by the unit asked in: our own, to be set by the site."""


def left_to_do(state: State) -> tuple[OpenItem, ...]:
    """What is open, safety first. It is a list and holds nobody: what stays open keeps its task and its owner."""
    asked = None if state.next_visit_booked else state.next_visit_asked
    listed = {
        codes.WAIT_RUNNING: state.waits_running,
        codes.ORDER_OPEN: state.orders_open,
        codes.ROOMING_OPEN: state.rooming_open,
        codes.FORM_OWED: state.forms_owed,
        codes.NEXT_VISIT: (sentence("Book the next visit: %(visit)s", visit=asked),) if asked else (),
        codes.SUMMARY: () if state.summary_given else (sentence("Give the visit summary"),),
        codes.COPAY: (sentence("Copay: %(amount)s", amount=state.copay_open),) if state.copay_open else (),
    }
    return tuple(OpenItem(code=code, words=words) for code in codes.ORDER for words in listed[code])


def window(request: NextVisit) -> Window:
    """The days to look for the next visit. The end of a shorter month stands for a day it does not have."""
    target = {
        "days": lambda: request.on + timedelta(days=request.amount),
        "weeks": lambda: request.on + timedelta(weeks=request.amount),
        "months": lambda: _months_later(request.on, request.amount),
        "years": lambda: _months_later(request.on, 12 * request.amount),
    }[request.span]()
    slack = timedelta(days=_SLACK_DAYS[request.span])
    return Window(earliest=max(request.on + timedelta(days=1), target - slack), target=target, latest=target + slack)


def next_visit_words(visit: str, *, amount: int, span: Span) -> Sentence:
    """ "Well child in 3 months"; `visit` is the display of its type."""
    named_visit = named(visit)
    match span:
        case "days":
            return counted("%(visit)s in %(count)s day", "%(visit)s in %(count)s days", amount, visit=named_visit)
        case "weeks":
            return counted("%(visit)s in %(count)s week", "%(visit)s in %(count)s weeks", amount, visit=named_visit)
        case "months":
            return counted("%(visit)s in %(count)s month", "%(visit)s in %(count)s months", amount, visit=named_visit)
        case "years":
            return counted("%(visit)s in %(count)s year", "%(visit)s in %(count)s years", amount, visit=named_visit)


def summary(facts: VisitFacts) -> tuple[Section, ...]:
    """The visit summary in the order a family reads it. A part without content is left out; allergies never are."""
    seen = sentence("%(day)s with %(provider)s", day=facts.visited_on, provider=facts.provider)
    call = sentence("Call %(phone)s. In an emergency call 911.", phone=facts.site_phone)
    parts: tuple[tuple[Sentence, tuple[Line, ...]], ...] = (
        (sentence("Your visit"), tuple(line for line in (facts.patient, seen, facts.site) if line)),
        (sentence("Why you came"), (facts.reason,) if facts.reason else ()),
        (sentence("Measured today"), facts.vitals),
        (sentence("Done today"), facts.done_today),
        (sentence("What to do now"), facts.instructions),
        (sentence("Still to come"), facts.still_open),
        (sentence("Your medicines"), facts.medicines),
        (sentence("Your allergies"), (facts.allergies or sentence("Not asked today"),)),
        (sentence("Next visit"), (facts.next_visit,) if facts.next_visit else ()),
        (sentence("Questions"), (call,) if facts.site_phone else ()),
    )
    return tuple(Section(heading=heading, lines=lines) for heading, lines in parts if lines)


def excuse_words(note: ExcuseNote) -> tuple[str, ...]:
    """The lines of the note. Nothing of the reason, the findings or the diagnosis is in it.

    In English whoever writes it: its reader is a school or an employer, and it is kept as it was given.
    """
    place = "school" if note.kind == "school" else "work"
    lines = [f"{note.patient_name} was seen in our office on {_us(note.seen_on)}."]
    if note.excused_from == note.excused_through:
        lines.append(f"Please excuse the absence from {place} on {_us(note.excused_from)}.")
    else:
        through = f"{_us(note.excused_from)} through {_us(note.excused_through)}"
        lines.append(f"Please excuse the absence from {place} from {through}.")
    if note.limits:
        lines.append(f"On return: {note.limits}")
    return (*lines, note.provider_name)


def _months_later(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def _us(day: date) -> str:
    return f"{day:%m/%d/%Y}"
