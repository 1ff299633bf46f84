"""What the pages of referrals show: lines by what is owed next, and the loop of one with its seven steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from carewright.core.access.model import ROLE_WORDS
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.work.fhir import from_fhir as task_from_fhir
from carewright.core.work.priority import late_words
from carewright.shell import people
from carewright.shell.care import Choice
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.skills.incoming import queries as incoming
from carewright.skills.incoming.model import ENDS as PAPER_ENDS
from carewright.skills.incoming.model import Stage
from carewright.skills.referrals import queries, rules
from carewright.skills.referrals.codes import LEGS
from carewright.skills.referrals.model import HINDRANCE_WORDS, STEP_WORDS, Referral, Step
from carewright.skills.referrals.owed import OWED
from carewright.skills.registration import queries as registration

GROUPS: Mapping[Step, str] = {
    Step.AUTHORISED: gettext_noop("To be authorized"),
    Step.SENT: gettext_noop("To be sent"),
    Step.SCHEDULED: gettext_noop("To be scheduled"),
    Step.SEEN: gettext_noop("Did the patient go?"),
    Step.NOTE_BACK: gettext_noop("Note still to come"),
    Step.REVIEWED: gettext_noop("To be reviewed"),
}
BUTTONS: Mapping[Step, str] = {
    Step.AUTHORISED: gettext_noop("It is authorized"),
    Step.SENT: gettext_noop("It is sent"),
    Step.SCHEDULED: gettext_noop("The appointment is made"),
    Step.SEEN: gettext_noop("The patient was seen"),
    Step.NOTE_BACK: gettext_noop("The note is back"),
    Step.REVIEWED: gettext_noop("I have reviewed it"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One referral of a list. `late` says by how much, "" where it is in time."""

    id: str
    who: str
    to: str
    step: Step | None
    urgent: bool
    whose: str
    due_at: datetime | None
    late: str


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One of the seven steps as it is drawn: taken (when, by whom), owed now, skipped, or still to come."""

    words: str
    state: str
    at: datetime | None = None
    who: str = ""
    note: str = ""


def waiting(request: CareRequest) -> list[tuple[str, list[Line]]]:
    """The open referrals by what is owed next, those due first in front."""
    reader = request.reader("referrals.list")
    entries = queries.waiting(reader, site=request.access.site or "")
    known = registration.patients(reader, sorted({entry.patient for entry in entries}))
    names = people.names_of(reader, [entry.owner for entry in entries])
    lines = [
        Line(
            id=entry.id, who=known[entry.patient].name.words if entry.patient in known else gettext("Name not known"),
            to=entry.to, step=entry.step, urgent=entry.urgent, whose=names.get(entry.owner) or _pool(entry.step),
            due_at=entry.due_at, late=_late(request, entry.due_at),
        )
        for entry in entries
    ]  # fmt: skip
    groups = [(gettext(words), [line for line in lines if line.step is step]) for step, words in GROUPS.items()]
    return [(words, listed) for words, listed in groups if listed]


def _late(request: CareRequest, due_at: datetime | None) -> str:
    return say(late_words(request.care.now - due_at)).rstrip(".") if due_at and due_at < request.care.now else ""


def _pool(step: Step | None) -> str:
    return term_words(ROLE_WORDS[rules.POOLS[step]]) if step else ""


def shown(request: CareRequest, referral: Referral) -> dict[str, Any]:
    """What the page of one referral shows besides its forms."""
    reader = request.reader("referrals.one")
    by = [referral.provider, *(t.by for t in referral.taken), *(b.by for b in referral.barriers)]
    names = people.names_of(reader, [*by, *(b.done_by for b in referral.barriers)])
    step = referral.next_step
    due_at, owner = _task(reader, referral, step)
    return {
        "referral": referral,
        "stops": _stops(referral, names),
        "step": step,
        "step_words": gettext(GROUPS[step]) if step else "",
        "button": gettext(BUTTONS[step]) if step else "",
        "whose": people.names_of(reader, [owner]).get(owner) or _pool(step),
        "due_at": due_at,
        "late": _late(request, due_at),
        "provider_name": names.get(referral.provider, ""),
        "barriers": [
            (number, term_words(HINDRANCE_WORDS[barrier.kind]), barrier, names.get(barrier.by, ""))
            for number, barrier in enumerate(referral.barriers)
        ],
        "note_id": referral.note.removeprefix("DocumentReference/"),
    }


def _task(reader: Reader, referral: Referral, step: Step | None) -> tuple[datetime | None, str]:
    """When the open leg is due, and whose it is."""
    if step is None:
        return None, ""
    stored = reader.resource_or_none(OWED.task_of(Ref("ServiceRequest", referral.id), LEGS[step]))
    task = task_from_fhir(stored) if stored else None
    return (task.due_at, task.owner) if task else (None, "")


def _stops(referral: Referral, names: Mapping[str, str]) -> list[Stop]:
    taken = {one.step: one for one in referral.taken}
    found = []
    for step in Step:
        words = term_words(STEP_WORDS[step])
        if step in taken:
            one = taken[step]
            found.append(Stop(words=words, state="done", at=one.at, who=names.get(one.by, ""), note=one.words))
        elif step not in referral.steps:
            found.append(Stop(words=words, state="skipped"))
        else:
            found.append(Stop(words=words, state="now" if step is referral.next_step else "later"))
    return found


def notes(request: CareRequest, referral: Referral) -> list[Choice]:
    """The papers of the patient that may be the note, the latest first."""
    if referral.next_step is not Step.NOTE_BACK:
        return []
    reader = request.reader("referrals.notes")
    _, resource = registration.whole(reader, referral.patient.removeprefix("Patient/"))
    papers = incoming.of_patient(reader, registration.charts_of(resource))
    return [
        Choice(value=f"DocumentReference/{paper.id}", label=_paper_words(request, paper))
        for paper in papers
        if paper.stage not in PAPER_ENDS or paper.stage is Stage.FILED
    ]


def _paper_words(request: CareRequest, paper: incoming.Entry) -> str:
    kind = term_words(paper.kind_words) or gettext("Not named yet")
    return " · ".join(filter(None, (kind, paper.title, request.care.clock.date(paper.came_at))))
