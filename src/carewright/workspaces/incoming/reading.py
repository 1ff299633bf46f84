"""What the pages of papers show: lines of the list, one paper with who it is about, whom a search finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from carewright.core.store.reader import Reader
from carewright.core.work.priority import late_words
from carewright.shell import people
from carewright.shell.care import Choice
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.shell.words import age_on, sex_words
from carewright.skills.incoming import queries
from carewright.skills.incoming.model import CAME_AS_WORDS, ROUTE_WORDS, CameAs, Paper, Route, Stage
from carewright.skills.incoming.queries import Entry
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import Patient

ICONS = {CameAs.FAX: "printer", CameAs.PAPER: "file-text", CameAs.VOICEMAIL: "voicemail"}
GROUPS: Mapping[Stage, str] = {
    Stage.MATCH: gettext_noop("Whose is it?"),
    Stage.NAME: gettext_noop("What is it, and who sees to it?"),
    Stage.SIGN: gettext_noop("To sign"),
    Stage.ACT: gettext_noop("To see to"),
}
STAGE_WORDS: Mapping[Stage, str] = {
    Stage.MATCH: gettext_noop("Nobody's yet"),
    Stage.NAME: gettext_noop("Not named yet"),
    Stage.SIGN: gettext_noop("Waits to be signed"),
    Stage.ACT: gettext_noop("Waits to be seen to"),
    Stage.FILED: gettext_noop("Filed"),
    Stage.DROPPED: gettext_noop("No patient's paper"),
    Stage.MOVED: gettext_noop("Charted by mistake"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One paper of a list. `late` says by how much, "" where it is in time."""

    id: str
    icon: str
    came_words: str
    came_at: datetime
    who: str
    what: str
    whose: str
    late: str
    stage: Stage
    stage_words: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A patient that a search found, as one tells them apart."""

    id: str
    name: str
    born: str
    age_sex: str
    mrn: str
    is_here: bool = False


def waiting(request: CareRequest) -> list[tuple[str, list[Line]]]:
    """The papers that wait, the oldest first, by what is to be done next."""
    reader = request.reader("incoming.list")
    entries = queries.waiting(reader, site=request.access.site or "")
    lines = _lines(request, reader, entries)
    groups = [(gettext(words), [line for line in lines if line.stage is stage]) for stage, words in GROUPS.items()]
    return [(words, listed) for words, listed in groups if listed]


def of_patient(request: CareRequest, reader: Reader, charts: tuple[str, ...]) -> list[Line]:
    """The papers of a patient, the latest first."""
    return _lines(request, reader, queries.of_patient(reader, charts))


def _lines(request: CareRequest, reader: Reader, entries: list[Entry]) -> list[Line]:
    known = registration.patients(reader, sorted({entry.patient for entry in entries if entry.patient}))
    names = people.names_of(reader, [ref for entry in entries for ref in (entry.owner, entry.to)])
    return [_line(request, entry, known, names) for entry in entries]


def _line(request: CareRequest, entry: Entry, known: Mapping[str, Patient], names: Mapping[str, str]) -> Line:
    patient = known.get(entry.patient)
    now = request.care.now
    return Line(
        id=entry.id,
        icon=ICONS[entry.came_as],
        came_words=term_words(CAME_AS_WORDS[entry.came_as]),
        came_at=entry.came_at,
        who=patient.name.words if patient else "",
        what=" · ".join(filter(None, (_kind_words(entry), entry.title))),
        whose=names.get(entry.owner) or names.get(entry.to) or _pool_words(entry.route),
        late=say(late_words(now - entry.due_at)).rstrip(".") if entry.due_at and entry.due_at < now else "",
        stage=entry.stage,
        stage_words=gettext(STAGE_WORDS[entry.stage]),
        why=entry.why,
    )


def _kind_words(entry: Entry) -> str:
    """What it is; "" for one that nobody has named yet, which is called by how it came."""
    return "" if entry.kind_words == CAME_AS_WORDS[entry.came_as] else term_words(entry.kind_words)


def _pool_words(route: Route | None) -> str:
    return term_words(ROUTE_WORDS[route or Route.DESK])


def providers(request: CareRequest, reader: Reader) -> tuple[Choice, ...]:
    """Those who may be asked to sign."""
    return people.providers(reader, site=request.access.site)


def hit(request: CareRequest, patient: Patient, *, here: str = "") -> Hit:
    """A patient with name, birth date, age and record number."""
    born = patient.birth_date.isoformat() if isinstance(patient.birth_date, date) else ""
    today = request.care.now_local.date()
    return Hit(
        id=patient.id,
        name=patient.name.words,
        born=request.care.clock.partial_date(born) if born else "",
        age_sex=f"{age_on(born=born, on=today)}, {sex_words(patient.gender)}",
        mrn=patient.mrn,
        is_here=f"Patient/{patient.id}" == here,
    )


def shown(request: CareRequest, paper: Paper) -> dict[str, Any]:
    """What every page of one paper shows of it."""
    names = people.names_of(request.reader("incoming.paper"), [paper.to, paper.done_by])
    return {
        "paper": paper,
        "icon_name": ICONS[paper.came_as],
        "came_words": term_words(CAME_AS_WORDS[paper.came_as]),
        "stage_words": gettext(STAGE_WORDS[paper.stage]),
        "kind_words": term_words(paper.type_words),
        "is_sound": paper.content_type.startswith("audio/"),
        "is_picture": paper.content_type.startswith("image/"),
        "to_name": names.get(paper.to, ""),
        "done_name": names.get(paper.done_by, ""),
        "route_words": term_words(ROUTE_WORDS[paper.route]) if paper.route else "",
    }
