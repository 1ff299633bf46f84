"""From what was read to the lines of the huddle, in the reader's language. No store, no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from django.utils.translation import get_language, gettext, gettext_noop, pgettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.shell.components import Level
from carewright.shell.saying import say, term_words
from carewright.shell.times import SiteClock
from carewright.shell.words import age_on
from carewright.skills.previsit.model import Kind, Need
from carewright.workspaces.huddle.reading import Day, Read, Row

ICONS: Mapping[Kind, tuple[str, str]] = {
    Kind.RESULT: ("flask-conical", gettext_noop("Result")),
    Kind.REFERRAL: ("send", gettext_noop("Referral")),
    Kind.TASK: ("list-todo", gettext_noop("Open task")),
    Kind.GAP: ("calendar-clock", gettext_noop("Care gap")),
    Kind.FORM: ("clipboard-list", gettext_noop("Form")),
    Kind.CONSENT: ("pen-line", gettext_noop("Consent")),
    Kind.INTERPRETER: ("languages", gettext_noop("Interpreter")),
    Kind.TRANSPORT: ("car", gettext_noop("Ride")),
    Kind.INSURANCE: ("id-card", gettext_noop("Insurance")),
    Kind.ROOM: ("package-open", gettext_noop("Set out")),
}
"""Icon and word of each kind of need."""
CHIPS_SHOWN = 4
POD = "pod:"
"""In front of a pod where the providers of one are chosen."""
NO_PODS: Mapping[str, str] = {}
HERE = frozenset({"arrived", "checked-in", "fulfilled"})
Under = Callable[[Row, Need], tuple[str, str]]
"""The standing order that a need may be seen to under: its id and its words; two empty texts for none."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One need on a line: `open`, `asked` (handed out, `who` has it) or `done` (`who` has seen to it)."""

    key: str
    kind: Kind
    icon: str
    sort: str
    words: str
    state: str
    who: str = ""
    source: str = ""
    order: str = ""
    order_words: str = ""
    needs_order: bool = False

    @property
    def level(self) -> Level:
        return {"open": Level.WARN, "asked": Level.INFO}.get(self.state, Level.OK)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One booked patient."""

    id: str
    patient: str
    name: str
    age_sex: str
    born: str
    at: datetime
    type_words: str
    reason: str
    provider: str
    provider_name: str
    is_here: bool
    chips: tuple[Chip, ...] = ()
    alerts: tuple[str, ...] = ()
    allergies: str = ""
    """As the print says them: on the day on which the computer is away nobody can look them up. "" where the chart has
    none, which is not "none": it may be that nobody has asked."""
    plan: str = ""
    whole: bool = True
    """Whether all that makes a line ready may be seen: else it is ready as far as the desk goes."""

    @property
    def open(self) -> tuple[Chip, ...]:
        """What is not seen to, what nobody has first."""
        return tuple(sorted((c for c in self.chips if c.state != "done"), key=lambda chip: chip.state != "open"))

    @property
    def done(self) -> int:
        return sum(chip.state == "done" for chip in self.chips)

    @property
    def is_ready(self) -> bool:
        return not self.open

    @property
    def ready_words(self) -> str:
        if not self.is_ready:
            return gettext("Not ready")
        return gettext("Ready") if self.whole else gettext("Desk is ready")

    @property
    def shown(self) -> tuple[Chip, ...]:
        return self.open[:CHIPS_SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.open) - CHIPS_SHOWN)

    @property
    def next(self) -> Chip | None:
        """What one tap sees to: the first that nobody has, else the first that somebody has."""
        return next(iter(self.open), None)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The lines of one provider, by time."""

    provider: str
    name: str
    lines: tuple[Line, ...]
    pod: str = ""

    def is_of(self, whose: str) -> bool:
        """Whether it is the provider's, or with `pod:A` that pod's; everybody's is wanted with ""."""
        return whose in ("", self.provider) or (bool(self.pod) and whose == f"{POD}{self.pod}")

    @property
    def ready(self) -> int:
        return sum(line.is_ready for line in self.lines)


def no_order(row: Row, need: Need) -> tuple[str, str]:
    """No standing orders are looked at."""
    return "", ""


def lines(read: Read, day: Day, *, clock: SiteClock, under: Under = no_order) -> tuple[Line, ...]:
    """The lines of a day by time; `under` says which standing order a need may be seen to under."""
    return tuple(
        _line(row, read, day, clock=clock, under=under, language=get_language() or "") for row in read.appointments
    )


def groups(listed: Iterable[Line], *, pods: Mapping[str, str] = NO_PODS) -> tuple[Group, ...]:
    """The lines by provider, in the order of their names; those without one last. `pods`: by provider."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in listed:
        found.setdefault((line.provider_name, line.provider), []).append(line)
    ordered = sorted(found.items(), key=lambda each: (not each[0][0], each[0]))
    return tuple(
        Group(provider=key, name=name, lines=tuple(part), pod=pods.get(key, "")) for (name, key), part in ordered
    )


def _line(row: Row, read: Read, day: Day, *, clock: SiteClock, under: Under, language: str) -> Line:
    key, patient = str(row["id"]), str(row["patient"])
    known, provider = read.patients.get(patient, {}), str(row["provider"] or "")
    born = str(known.get("birth_date") or "")
    return Line(
        id=key,
        patient=patient,
        name=str(known.get("name") or gettext("Name not known")),
        age_sex=_age_sex(known, born, day.on),
        born=clock.partial_date(born) if born else "",
        at=cast(datetime, row["starts_at"]),
        type_words=term_words(row["type_words"]),
        reason=str(row["reason"] or ""),
        provider=provider,
        provider_name=read.names.get(provider, ""),
        is_here=row["status"] in HERE,
        chips=tuple(_chip(row, need, read, under, language) for need in read.needs[key]),
        alerts=tuple(term_words(flag["words"]) for flag in read.flags.get(patient, ())),
        allergies=_allergies(patient, read),
        plan=_plan(patient, read, clock),
        whole=read.sees_chart,
    )


def _chip(row: Row, need: Need, read: Read, under: Under, language: str) -> Chip:
    task = read.tasks.get((str(row["patient"]), need.kind, need.key))
    if task is not None:
        seen_to = _said(need, "", "", language)
        return replace(seen_to, state="asked" if task["is_open"] else "done", who=_who(task, read))
    return _said(need, *(under(row, need) if need.needs_order else ("", "")), language)


@lru_cache(maxsize=4096)
def _said(need: Need, order: str, order_words: str, language: str) -> Chip:
    """An open need in the language that is active: the same for every patient who needs the same."""
    icon, sort = ICONS[need.kind]
    return Chip(
        key=f"{need.kind}:{need.key}",
        kind=need.kind,
        icon=icon,
        sort=gettext(sort),
        words=say(need.words),
        state="open",
        source=need.source,
        order=order,
        order_words=order_words,
        needs_order=need.needs_order,
    )


def _who(task: Row, read: Read) -> str:
    """Who has it; the role while nobody has taken it."""
    if task["owner"]:
        return read.names.get(str(task["owner"]), "")
    role = str(task["pool_role"] or "")
    return term_words(ROLE_WORDS[Role(role)]) if role in set(Role) else ""


def _allergies(patient: str, read: Read) -> str:
    found = read.allergies.get(patient, ())
    return gettext("Allergies: %(listed)s") % {"listed": ", ".join(found)} if found else ""


def _plan(patient: str, read: Read, clock: SiteClock) -> str:
    """The plan that stands, else when the patient was last here and why."""
    if patient in read.plans:
        return read.plans[patient]
    last = read.last_visits.get(patient)
    if last is None:
        return ""
    why = str(last["reason"] or "") or term_words(last["type_words"])
    values = {"day": clock.date(cast(datetime, last["started_at"])), "why": why}
    return gettext("Last here %(day)s: %(why)s") % values


def _age_sex(known: Row, born: str, on: date) -> str:
    return f"{age_on(born=born, on=on)} {_letter(str(known.get('gender') or ''))}" if known else ""


def _letter(gender: str) -> str:
    match gender:
        case "male":
            return pgettext("sex", "M")
        case "female":
            return pgettext("sex", "F")
        case "other":
            return pgettext("sex", "X")
    return "?"
