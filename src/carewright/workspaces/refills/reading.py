"""What the pages of refills show: lines by whose turn it is, and one request with every row of the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.store.model import Ref
from carewright.core.work.fhir import from_fhir as task_from_fhir
from carewright.core.work.priority import late_words
from carewright.shell import people
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.skills.refills import queries
from carewright.skills.refills.model import (
    ANSWER_WORDS,
    ASKER_WORDS,
    BECAUSE_WORDS,
    HOW_WORDS,
    OUTCOME_WORDS,
    VIA_WORDS,
    WHOM_WORDS,
    Outcome,
    Refill,
    Stage,
)
from carewright.skills.refills.owed import OWED
from carewright.skills.refills.rules.evaluating import Checked
from carewright.skills.refills.rules.steps import leg_of
from carewright.skills.registration import queries as registration

PREPARE, DECIDE, CONTROLLED, TELL = "prepare", "decide", "controlled", "tell"
GROUPS: Mapping[str, str] = {
    DECIDE: gettext_noop("Yes or no"),
    CONTROLLED: gettext_noop("Controlled: the prescriber prescribes it"),
    PREPARE: gettext_noop("To be prepared"),
    TELL: gettext_noop("To be told"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One request of a list. `late` says by how much, "" where it is in time."""

    id: str
    who: str
    medicine: str
    group: str
    urgent: bool
    outcome: str
    whose: str
    due_at: datetime | None
    late: str


def waiting(request: CareRequest) -> list[tuple[str, list[Line]]]:
    """The open requests by whose turn it is, those due first in front."""
    reader = request.reader("refills.list")
    entries = queries.waiting(reader, site=request.access.site or "")
    known = registration.patients(reader, sorted({entry.patient for entry in entries}))
    names = people.names_of(reader, [entry.owner for entry in entries])
    lines = [
        Line(
            id=entry.id, who=known[entry.patient].name.words if entry.patient in known else gettext("Name not known"),
            medicine=entry.medicine, group=_group(entry), urgent=entry.urgent,
            outcome=term_words(OUTCOME_WORDS[Outcome(entry.outcome)]) if entry.outcome else "",
            whose=names.get(entry.owner) or _pool(_group(entry)), due_at=entry.due_at,
            late=_late(request, entry.due_at),
        )
        for entry in entries
    ]  # fmt: skip
    groups = [(gettext(words), [line for line in lines if line.group == group]) for group, words in GROUPS.items()]
    return [(words, listed) for words, listed in groups if listed]


def next_of_mine(request: CareRequest, *, besides: str) -> str:
    """The id of the request that waits for this prescriber's answer next; "" for none."""
    me = request.access.actor.reference
    entries = queries.waiting(request.reader("refills.next"), site=request.access.site or "")
    mine = (e for e in entries if e.stage is Stage.PREPARED and me in (e.owner, e.prescriber) and e.id != besides)
    return next((entry.id for entry in mine), "")


def _group(entry: queries.Entry) -> str:
    if entry.stage is Stage.PREPARED:
        return CONTROLLED if entry.outcome == Outcome.CONTROLLED else DECIDE
    return TELL if entry.stage is Stage.ANSWERED else PREPARE


def _pool(group: str) -> str:
    return term_words(ROLE_WORDS[Role.PROVIDER if group in (DECIDE, CONTROLLED) else Role.MA])


def _late(request: CareRequest, due_at: datetime | None) -> str:
    return say(late_words(request.care.now - due_at)).rstrip(".") if due_at and due_at < request.care.now else ""


def shown(request: CareRequest, found: Refill, checked: Checked | None) -> dict[str, Any]:
    """What the page of one request shows besides its forms."""
    reader = request.reader("refills.one")
    said, prepared = found.decision, found.preparing
    by = [found.prescriber, *(one.by for one in found.asked), *(one.by for one in found.told)]
    names = people.names_of(reader, [*by, prepared.by if prepared else "", said.by if said else ""])
    due_at, owner = _task(request, found)
    outcome = checked.outcome if checked else prepared.outcome if prepared else None
    return {
        "refill": found,
        "stage": found.stage.value,
        "outcome": outcome.value if outcome else "",
        "outcome_words": term_words(OUTCOME_WORDS[outcome]) if outcome else "",
        "changed": bool(checked and prepared and checked.outcome is not prepared.outcome and said is None),
        "rows": [(row.met.value, say(row.words)) for row in checked.rows] if checked else [],
        "asked": [(one, term_words(ASKER_WORDS[one.asker]), term_words(VIA_WORDS[one.via]), names.get(one.by, ""))
                  for one in found.asked],
        "prescriber_name": names.get(found.prescriber, ""),
        "prepared_by": names.get(prepared.by, "") if prepared else "",
        "answer_words": term_words(ANSWER_WORDS[said.answer]) if said else "",
        "answered_by": names.get(said.by, "") if said else "",
        "because_words": term_words(BECAUSE_WORDS[said.because]) if said and said.because else "",
        "told": [(one, term_words(WHOM_WORDS[one.whom]), term_words(HOW_WORDS[one.how]), names.get(one.by, ""))
                 for one in found.told],
        "due_at": due_at,
        "late": _late(request, due_at),
        "whose": people.names_of(reader, [owner]).get(owner, ""),
    }  # fmt: skip


def _task(request: CareRequest, found: Refill) -> tuple[datetime | None, str]:
    """When the open leg is due, and whose it is."""
    reader = request.reader("refills.task")
    ref = Ref("MedicationRequest", found.id)
    leg = leg_of(reader.resource(ref))
    stored = reader.resource_or_none(OWED.task_of(ref, leg.code)) if leg else None
    task = task_from_fhir(stored) if stored else None
    return (task.due_at, task.owner) if task else (None, "")
