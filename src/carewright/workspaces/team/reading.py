"""What the team page shows: the day's people with their load, what waits on one of them, what was put off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.work import queries as tasks
from carewright.core.work.hours import Hours, hours_of
from carewright.core.work.model import Kind
from carewright.core.work.priority import Item
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import term_words
from carewright.shell.sites import Site, sites_of
from carewright.skills.staffing import queries as staff
from carewright.skills.staffing.model import WHY_CODES, Presence, Team
from carewright.skills.staffing.rules import ASSISTANTS
from carewright.workspaces.team import rules
from carewright.workspaces.team.rules import POOL, Load
from carewright.workspaces.team.waiting import Cover, Row, bounds, open_visits

LATER_SHOWN = 50
POOLS = (Role.MA, Role.LEAD_MA, Role.NURSE, Role.FRONT_DESK)


@dataclass(frozen=True, kw_only=True)
class Day:
    """The site of this person and its day; `at` is the clinical time there."""

    site: Site
    at: datetime

    @property
    def on(self) -> date:
        return self.at.date()

    @property
    def end(self) -> datetime:
        return bounds(self.on, self.at)[1]


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """One person of the day, in words."""

    id: str
    name: str
    role: str
    works_with: str
    pod: str
    lunch: str
    at_lunch: bool
    away: str
    load: Load
    waiting: int
    """Open tasks that have begun, and visits that go on: what a sick cover moves."""
    may_be_paired: bool


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """Something that waits on somebody who is away, with who may take it and who is proposed."""

    ref: str
    words: str
    patient: str
    due: datetime | None
    is_late: bool
    choices: tuple[tuple[str, str], ...]
    taker: str


def day_of(request: CareRequest) -> Day | None:
    """The site of this person; None without one."""
    site = sites_of(request.store, request.access.practice).get(request.access.site or "")
    return None if site is None else Day(site=site, at=request.care.now_local)


def hours(reader: Reader, day: Day) -> Hours:
    """The open hours of the site."""
    return hours_of(reader.resource(Ref("Location", day.site.id)), zone=day.site.zone)


def page(request: CareRequest, day: Day) -> dict[str, Any]:
    """Everything on the team page."""
    reader = request.reader("team.page")
    team, _ = staff.team(reader, day.site.id, day.on)
    names = names_of(reader, (one.practitioner for one in team.people))
    waiting = tasks.open_items(reader)
    visits = open_visits(reader, day.on, day.at)
    lines = [_line(request, one, names, waiting, visits, day) for one in team.people]
    lines.sort(key=lambda line: (bool(line.away), line.name))
    covering = staff.covering(reader, day.site.id, day.at)
    begun = [item for item in waiting if rules.is_for_today(item, before=day.end)]
    return {
        "day": day,
        "here": [line for line in lines if not line.away],
        "away": [line for line in lines if line.away],
        "providers": _named(names, [one for one in team.here if one.role is Role.PROVIDER]),
        "covering": covering,
        "covering_name": names.get(covering, ""),
        "chosen_covering": team.covering,
        "nobodys": sum(not item.owner and not item.pool_role for item in waiting),
        "in_pools": sum(not item.owner and bool(item.pool_role) for item in begun),
        "can_wait": sum(rules.can_wait(item, before=day.end) for item in begun),
        "sees_merges": request.access.may_do("registration.merge"),
    }


def cover_lines(request: CareRequest, found: Cover, day: Day) -> list[WaitingLine]:
    """What waits on somebody, first what is due first, with who may take it."""
    reader = request.reader("team.cover")
    names = names_of(reader, (one.practitioner for one in found.candidates))
    ids = {item.patient for item in found.items} | {str(row["patient"]) for row in found.visits}
    patients = _patients(reader, ids - {""})
    lines = [
        WaitingLine(
            ref=ref, words=_visit_words(reader, row), patient=patients.get(str(row["patient"]), ""), due=None,
            is_late=False, choices=_takers(found, ref, names), taker=found.proposal[ref],
        )
        for row in found.visits
        if (ref := f"Encounter/{row['id']}")
    ]  # fmt: skip
    for item in found.items:
        ref = f"Task/{item.id}"
        lines.append(
            WaitingLine(
                ref=ref, words=term_words(item.words), patient=patients.get(item.patient, ""), due=item.due_at,
                is_late=item.due_at is not None and item.due_at < day.at, choices=_takers(found, ref, names),
                taker=found.proposal[ref],
            )
        )  # fmt: skip
    return lines


def takers_words(request: CareRequest, moved: Mapping[str, int]) -> list[tuple[str, int]]:
    """Who has got how much, by name; everybody of a role last."""
    names = names_of(request.reader("team.page"), moved)
    named = sorted((names[who], count) for who, count in moved.items() if who in names)
    return [*named, *([(gettext("Anybody in their role"), moved[POOL])] if moved.get(POOL) else [])]


def name_of(request: CareRequest, reference: str) -> str:
    """A colleague's name."""
    return names_of(request.reader("team.page"), [reference]).get(reference, "")


def can_wait(reader: Reader, day: Day) -> list[Item]:
    """What may be put off today, what is due first first."""
    found = [
        item for item in tasks.open_items(reader, kind=Kind.CLERICAL.value) if rules.can_wait(item, before=day.end)
    ]
    return sorted(found, key=lambda item: (item.due_at or day.end, item.id))


def later(reader: Reader, day: Day) -> list[tuple[str, datetime, str]]:
    """What was put off: what, until when, why; the next first."""
    items = [
        item
        for item in tasks.open_items(reader, kind=Kind.CLERICAL.value)
        if item.not_before is not None and item.not_before >= day.end
    ]
    items.sort(key=lambda item: (item.not_before or day.end, item.id))
    return [
        (item.words, item.not_before, _why(reader, item)) for item in items[:LATER_SHOWN] if item.not_before is not None
    ]


def next_working_day(reader: Reader, day: Day) -> date:
    """The next day on which the site is open."""
    known, on = hours(reader, day), day.on + timedelta(days=1)
    while not known.is_working_day(on) and on < day.on + timedelta(days=31):
        on += timedelta(days=1)
    return on


def opening(reader: Reader, day: Day, on: date) -> tuple[datetime, datetime]:
    """When a day begins, and when the site closes on it or on the next working day."""
    begins = datetime.combine(on, time(), tzinfo=day.site.zone)
    return begins, hours(reader, day).end_of_working_day(begins)


def people(reader: Reader, team: Team) -> list[tuple[str, str]]:
    """For whom a task may be: everybody of a role, then each who is here."""
    names = names_of(reader, (one.practitioner for one in team.here))
    pools = [(role.value, gettext("Any %(role)s") % {"role": term_words(ROLE_WORDS[role])}) for role in POOLS]
    return [*pools, *_named(names, team.here)]


def providers(reader: Reader, team: Team) -> list[tuple[str, str]]:
    """The providers who are here, by name."""
    listed = [one for one in team.here if one.role is Role.PROVIDER]
    return _named(names_of(reader, (one.practitioner for one in listed)), listed)


def _line(
    request: CareRequest,
    one: Presence,
    names: Mapping[str, str],
    waiting: Sequence[Item],
    visits: Sequence[Row],
    day: Day,
) -> PersonLine:
    mine = [item for item in waiting if item.owner == one.practitioner]
    in_house = sum(one.practitioner == row["assistant"] and row["room"] is not None for row in visits)
    theirs = sum(one.practitioner in (row["assistant"], row["provider"]) for row in visits)
    times = [request.care.clock.time(at) for at in (one.lunch_from, one.lunch_until) if at]
    return PersonLine(
        id=one.practitioner.removeprefix("Practitioner/"),
        name=names.get(one.practitioner, ""),
        role=term_words(ROLE_WORDS[one.role]),
        works_with=names.get(one.works_with, ""),
        pod=one.pod,
        lunch=" – ".join(times),
        at_lunch=one.at_lunch(day.at),
        away=term_words(WHY_CODES[one.away].display) if one.away else "",
        load=rules.load_of(mine, now=day.at, visits=in_house),
        waiting=theirs + sum(rules.is_for_today(item, before=day.end) for item in mine),
        may_be_paired=one.role in ASSISTANTS,
    )


def _named(names: Mapping[str, str], people: Sequence[Presence]) -> list[tuple[str, str]]:
    found = [(one.practitioner, names.get(one.practitioner, "")) for one in people]
    return sorted(found, key=lambda pair: pair[1])


def _takers(found: Cover, ref: str, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    able = [(who, names.get(who, "")) for who in found.allowed[ref]]
    return (*sorted(able, key=lambda pair: pair[1]), (POOL, gettext("Anybody in their role")))


def _patients(reader: Reader, ids: set[str]) -> dict[str, str]:
    rows = reader.rows("patient", where={"id": tuple(sorted(ids))}) if ids else []
    return {str(row["id"]): str(row["name"]) for row in rows}


def _visit_words(reader: Reader, row: Row) -> str:
    room = str(row["room"] or "").removeprefix("Location/")
    place = reader.resource_or_none(Ref("Location", room)) if room else None
    where = str(place.get("name", "")) if place else gettext("waiting")
    return gettext("Visit: %(kind)s, %(where)s") % {"kind": term_words(row["type_words"]), "where": where}


def _why(reader: Reader, item: Item) -> str:
    """The last note on a task: why it was put off."""
    stored = reader.resource_or_none(Ref("Task", item.id)) or {}
    said = [str(note.get("text", "")) for note in stored.get("note", ())]
    return said[-1] if said else ""
