"""What waits on somebody at a site today, who could take it, and who takes what by the rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from carewright.core.access.delegation import held_by, may
from carewright.core.access.model import Interaction
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.work import queries as tasks
from carewright.core.work.priority import Item
from carewright.skills.staffing import queries as staff
from carewright.skills.staffing import rules as staffing
from carewright.skills.staffing.model import Presence, Team
from carewright.skills.staffing.rules import Candidate, Waiting
from carewright.workspaces.team import rules

Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What waits on one person, with who takes it: `proposal` maps `Task/…` and `Encounter/…` to a person or a pool.

    `visits` are rows of the projection; those that this actor may not move are in `visits_of_others` instead.
    """

    team: Team
    absent: Presence
    items: tuple[Item, ...]
    visits: tuple[Row, ...]
    visits_of_others: tuple[Row, ...]
    candidates: tuple[Candidate, ...]
    allowed: Mapping[str, frozenset[str]]
    proposal: Mapping[str, str]
    booked: int = 0
    """Patients who are still to come to them today; the desk finds them another provider or another day."""

    @property
    def is_away(self) -> bool:
        return self.absent.away is not None

    @property
    def nothing_waits(self) -> bool:
        return not self.items and not self.visits


def bounds(day: date, at: datetime) -> tuple[datetime, datetime]:
    """The first instants of the day and of the next, in the zone of `at`."""
    first = datetime.combine(day, time(), tzinfo=at.tzinfo)
    return first, datetime.combine(day + timedelta(days=1), time(), tzinfo=at.tzinfo)


def cover_of(reader: Reader, *, site: str, day: date, practitioner: str, at: datetime) -> Cover:
    """What waits on `practitioner` (a reference). NotPossible for somebody without a role at the site.

    `at` is the clinical time in the site's zone.
    """
    team, _ = staff.team(reader, site, day)
    absent = staffing.person(team, practitioner)
    end = bounds(day, at)[1]
    items = [item for item in tasks.open_items(reader, owner=practitioner) if rules.is_for_today(item, before=end)]
    items.sort(key=lambda item: (item.due_at or end, item.id))
    theirs = [row for row in open_visits(reader, day, at) if practitioner in (row["assistant"], row["provider"])]
    may_move = reader.access.may(Interaction.UPDATE, "Encounter")
    candidates = tuple(staffing.candidates(team, absent, _loads(reader, team)))
    allowed = _allowed(reader, items, theirs if may_move else (), candidates, site=site, at=at)
    about = {f"Task/{item.id}": item.patient for item in items}
    about |= {f"Encounter/{row['id']}": str(row["patient"]) for row in theirs}
    waiting = [Waiting(id=ref, allowed=able, together=about[ref]) for ref, able in allowed.items()]
    taken = staffing.propose(waiting, candidates, pod=absent.pod)
    return Cover(
        team=team,
        absent=absent,
        items=tuple(items),
        visits=tuple(theirs) if may_move else (),
        visits_of_others=() if may_move else tuple(theirs),
        candidates=candidates,
        allowed=allowed,
        proposal={ref: taken.get(ref, rules.POOL) for ref in allowed},
        booked=len(booked(reader, practitioner, at=at, end=end)),
    )


def open_visits(reader: Reader, day: date, at: datetime) -> list[Row]:
    """The visits of the day that go on."""
    return reader.rows("visit", where={"is_open": 1, "started_at": Between(*bounds(day, at))}, order=("started_at",))


def booked(reader: Reader, practitioner: str, *, at: datetime, end: datetime) -> list[Row]:
    """Who is booked with somebody and still to come, until `end`."""
    where = {"provider": practitioner, "starts_at": Between(at, end), "status": "booked"}
    return reader.rows("appointment", where=where)


def _loads(reader: Reader, team: Team) -> dict[str, int]:
    here = tuple(one.practitioner for one in team.here)
    rows = reader.rows("task", where={"is_open": 1, "owner": here}) if here else []
    loads = dict.fromkeys(here, 0)
    for row in rows:
        loads[str(row["owner"])] += 1
    return loads


def _allowed(
    reader: Reader,
    items: list[Item],
    visits: "list[Row] | tuple[()]",
    candidates: tuple[Candidate, ...],
    *,
    site: str,
    at: datetime,
) -> dict[str, frozenset[str]]:
    """Who may do what: a task of a kind that a skill declares is for those whom it names, with its competency."""
    declared = reader.store.registry.task_codes
    held = {one.practitioner: held_by(reader, one.practitioner.removeprefix("Practitioner/")) for one in candidates}
    everybody = frozenset(held)
    found = {f"Encounter/{row['id']}": everybody for row in visits}
    for item in items:
        code = declared.get(item.code)
        able = everybody
        if code is not None:
            able = frozenset(who for who in held if may(held[who], code, at=at, site=site).allowed)
        found[f"Task/{item.id}"] = able
    return found
