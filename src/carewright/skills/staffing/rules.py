"""A day's team and how it changes; and who takes what of somebody who is away. Plain values: no store, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from carewright.core.access.model import Role
from carewright.core.sentences import Sentence, sentence
from carewright.skills.staffing.model import Presence, Team, Why

ASSISTANTS = frozenset({Role.MA, Role.LEAD_MA})
HEAD_START = 3
"""Somebody of the same pod is proposed until they have so many things more than others; ours, not from a source."""


class NotPossible(ValueError):
    """The day cannot be changed so; `reason` says why and what helps."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who is here and may take over. `load` counts what they have already."""

    practitioner: str
    role: Role
    pod: str = ""
    load: int = 0


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Something that waits on somebody who is away. `allowed` are the candidates who may do it; what has the same
    `together` (a patient) goes to one person."""

    id: str
    allowed: frozenset[str]
    together: str = ""


def with_staff(team: Team, staff: Mapping[str, Role]) -> Team:
    """The team with everybody of the site: `staff` are those who have a role there on the day. Who has none any more
    is left out."""
    said = {one.practitioner: one for one in team.people}
    people = [
        replace(said[who], role=role) if who in said else Presence(practitioner=who, role=role, site=team.site)
        for who, role in staff.items()
    ]
    return replace(team, people=tuple(people))


def person(team: Team, practitioner: str) -> Presence:
    """The person of a team; NotPossible for somebody without a role at the site on the day."""
    found = team.person(practitioner)
    if found is None:
        raise NotPossible(sentence("This person has no role at this site today."))
    return found


def away(team: Team, practitioner: str, why: Why) -> Team:
    """Somebody is not here: their pairs of this day end, and they cover no more."""
    changed = _changed(team, practitioner, away=why, works_with="")
    people = tuple(replace(one, works_with="") if one.works_with == practitioner else one for one in changed.people)
    return replace(changed, people=people, covering="" if team.covering == practitioner else team.covering)


def back(team: Team, practitioner: str) -> Team:
    """Somebody is here after all. Whom they work with is said anew."""
    return _changed(team, practitioner, away=None)


def paired(team: Team, *, ma: str, provider: str) -> Team:
    """An MA rooms for a provider on this day; an empty provider ends the pair. NotPossible where one is away."""
    one, other = person(team, ma), person(team, provider) if provider else None
    if one.role not in ASSISTANTS or (other is not None and other.role is not Role.PROVIDER):
        raise NotPossible(sentence("A pair is a medical assistant and a provider."))
    if one.away or (other is not None and other.away):
        raise NotPossible(sentence("Only people who are here can be paired."))
    return _changed(team, ma, works_with=provider)


def at_lunch(team: Team, practitioner: str, *, starts_at: datetime | None, ends_at: datetime | None) -> Team:
    """When somebody has lunch; None takes it away. NotPossible where it ends before it begins."""
    if (starts_at is None) != (ends_at is None) or (starts_at and ends_at and ends_at <= starts_at):
        raise NotPossible(sentence("Lunch ends after it begins. Give both times."))
    return _changed(team, practitioner, lunch_from=starts_at, lunch_until=ends_at)


def in_pod(team: Team, practitioner: str, pod: str) -> Team:
    """Somebody works in a pod on this day."""
    return _changed(team, practitioner, pod=pod.strip())


def covered_by(team: Team, provider: str) -> Team:
    """The provider who covers on this day; empty: as the setting says. NotPossible for somebody who is not here."""
    if provider:
        one = person(team, provider)
        if one.role is not Role.PROVIDER or one.away:
            raise NotPossible(sentence("Only a provider who is here can cover."))
    return replace(team, covering=provider)


def covering(team: Team, *, by_setting: str) -> str:
    """The provider who covers: the day's, else the setting's, else the first of those here; nobody who is away."""
    here = [one.practitioner for one in team.here if one.role is Role.PROVIDER]
    for chosen in (team.covering, by_setting):
        if chosen in here:
            return chosen
    return min(here, default="")


def candidates(team: Team, absent: Presence, load: Mapping[str, int]) -> list[Candidate]:
    """Who is here and may stand in for somebody: an assistant or nurse for an assistant, a provider for a provider."""
    roles = ASSISTANTS if absent.role in ASSISTANTS else frozenset({absent.role})
    found = [one for one in team.here if one.role in roles and one.practitioner != absent.practitioner]
    if not found:
        found = [one for one in team.here if one.role is Role.LEAD_MA and one.practitioner != absent.practitioner]
    return [
        Candidate(practitioner=o.practitioner, role=o.role, pod=o.pod, load=load.get(o.practitioner, 0)) for o in found
    ]


def propose(waiting: Iterable[Waiting], people: Sequence[Candidate], *, pod: str) -> dict[str, str]:
    """Who takes what, by what waits: who has least, the same `pod` first (HEAD_START), then in a fixed sequence.

    What none of `people` may do is left out.
    """
    load = {one.practitioner: one.load + (HEAD_START if pod and one.pod != pod else 0) for one in people}
    taken: dict[str, str] = {}
    together: dict[str, str] = {}
    for item in waiting:
        able = sorted(one.practitioner for one in people if one.practitioner in item.allowed)
        if not able:
            continue
        follows = together.get(item.together, "") if item.together else ""
        best = follows if follows in able else min(able, key=lambda who: load[who])
        together.setdefault(item.together, best)
        load[best] += 1
        taken[item.id] = best
    return taken


def _changed(team: Team, practitioner: str, **values: object) -> Team:
    person(team, practitioner)
    people = tuple(
        replace(one, **values) if one.practitioner == practitioner else one  # type: ignore[arg-type]  # checked callers
        for one in team.people
    )
    return replace(team, people=people)
