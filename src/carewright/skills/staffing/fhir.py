"""A day's team as a CareTeam, and back. What we do not manage is kept. https://hl7.org/fhir/R4/careteam.html"""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.fhir.dates import interval
from carewright.core.fhir.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import SITE, site_extension, site_of
from carewright.skills.staffing import codes
from carewright.skills.staffing.model import WHY_CODES, Presence, Team, Why

LONGEST_ID = 64
_OURS = frozenset({SITE, codes.COVERING})
_OF_PERSON = frozenset({codes.LUNCH, codes.POD, codes.WORKS_WITH, codes.AWAY})


def team_id(site: str, day: date) -> str:
    """The id of the day's team of a site (a Location's id): known without a search, so that there is only one."""
    plain = f"team-{day.isoformat()}-{site}"
    return plain if len(plain) <= LONGEST_ID else f"team-{day.isoformat()}-{_short(site)}"


def to_fhir(team: Team, *, onto: Resource | None = None) -> Resource:
    """The CareTeam of a day; people of whom nothing is said are left out, since they are here by their role."""
    kept = {p.get("member", {}).get("reference"): p for p in (onto or {}).get("participant", ())}
    others = [e for e in (onto or {}).get("extension", ()) if e.get("url") not in _OURS]
    own: dict[str, Any] = {
        "resourceType": "CareTeam",
        "id": team_id(team.site, team.day),
        "extension": [
            *others,
            site_extension(team.site),
            *([{"url": codes.COVERING, "valueReference": {"reference": team.covering}}] if team.covering else []),
        ],
        "status": "active",
        "category": [codes.DAY_TEAM.concept()],
        "period": {"start": team.day.isoformat(), "end": team.day.isoformat()},
        "participant": [_participant(one, kept.get(one.practitioner)) for one in team.people if _says_something(one)],
    }
    return {name: value for name, value in {**(onto or {}), **own}.items() if value != []}


def from_fhir(resource: Resource) -> Team | None:
    """The team of a CareTeam; None for a care team of another kind."""
    ours = any(codes.DAY_TEAM.matches(concept) for concept in resource.get("category", ()))
    start, site = resource.get("period", {}).get("start", ""), site_of(resource)
    if not ours or not start or not site:
        return None
    return Team(
        site=site,
        day=date.fromisoformat(start[:10]),
        people=tuple(_people(resource, site)),
        covering=_reference(_extension(resource, codes.COVERING)),
        version=int(resource.get("meta", {}).get("versionId", "0") or 0),
    )


def _short(site: str) -> str:
    return blake2b(site.encode(), digest_size=16).hexdigest()


def _says_something(one: Presence) -> bool:
    said = (one.here_from, one.here_until, one.lunch_from, one.lunch_until, one.pod, one.works_with, one.away)
    return any(said)


def _participant(one: Presence, kept: Resource | None) -> Resource:
    others = [e for e in (kept or {}).get("extension", ()) if e.get("url") not in _OF_PERSON]
    extensions: list[dict[str, Any]] = list(others)
    if lunch := _period(one.lunch_from, one.lunch_until):
        extensions.append({"url": codes.LUNCH, "valuePeriod": lunch})
    if one.pod:
        extensions.append({"url": codes.POD, "valueString": one.pod})
    if one.works_with:
        extensions.append({"url": codes.WORKS_WITH, "valueReference": {"reference": one.works_with}})
    if one.away:
        extensions.append({"url": codes.AWAY, "valueCodeableConcept": WHY_CODES[one.away].concept()})
    found: dict[str, Any] = {
        "extension": extensions,
        "role": [Coding(ROLE_SYSTEM, one.role.value, ROLE_WORDS[one.role]).concept()],
        "member": {"reference": one.practitioner},
        "period": _period(one.here_from, one.here_until),
    }
    return {name: value for name, value in found.items() if value}


def _people(resource: Resource, site: str) -> Iterable[Presence]:
    known = set(Role)
    for participant in resource.get("participant", ()):
        roles = [c.get("code") for role in participant.get("role", ()) for c in role.get("coding", ())]
        role = next((Role(code) for code in roles if code in known), None)
        member = _reference({"valueReference": participant.get("member", {})})
        if role is None or not member.startswith("Practitioner/"):
            continue
        lunch = _extension(participant, codes.LUNCH).get("valuePeriod", {})
        here = participant.get("period", {})
        yield Presence(
            practitioner=member,
            role=role,
            site=site,
            here_from=_at(here.get("start")),
            here_until=_at(here.get("end")),
            lunch_from=_at(lunch.get("start")),
            lunch_until=_at(lunch.get("end")),
            pod=str(_extension(participant, codes.POD).get("valueString", "")),
            works_with=_reference(_extension(participant, codes.WORKS_WITH)),
            away=_away(participant),
        )


def _away(participant: Resource) -> Why | None:
    concept = _extension(participant, codes.AWAY).get("valueCodeableConcept")
    if concept is None:
        return None
    return next((why for why, code in WHY_CODES.items() if code.matches(concept)), Why.OTHER)


def _extension(holder: Resource, url: str) -> Resource:
    return next((e for e in holder.get("extension", ()) if e.get("url") == url), {})


def _reference(extension: Resource) -> str:
    return str(extension.get("valueReference", {}).get("reference", ""))


def _period(starts: datetime | None, ends: datetime | None) -> Resource:
    said = {"start": starts, "end": ends}
    return {name: at.isoformat(timespec="seconds") for name, at in said.items() if at}


def _at(text: str | None) -> datetime | None:
    return interval(text)[0] if text else None
