"""Reads of staffing: the team of a day, who is here, the pairs, who covers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from carewright.core.access.model import Role
from carewright.core.settings import values
from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.work.hours import hours_of
from carewright.skills.staffing import rules
from carewright.skills.staffing.fhir import from_fhir, team_id
from carewright.skills.staffing.model import Pair, Team
from carewright.skills.staffing.settings import COVERING_PROVIDER

RANK = (Role.LEAD_MA, Role.MA, Role.NURSE, Role.PROVIDER, Role.FRONT_DESK, Role.MANAGER, Role.BILLER)
"""Roles of the day's team, and which one counts for somebody who has several."""


def team(reader: Reader, site: str, day: date) -> tuple[Team, Resource | None]:
    """The team of a site (a Location's id) on a day with everybody of it, and what is written for the day."""
    stored = reader.resource_or_none(Ref("CareTeam", team_id(site, day)))
    found = from_fhir(stored) if stored else None
    return rules.with_staff(found or Team(site=site, day=day), staff(reader, site, day)), stored


def pairs(reader: Reader, site: str, day: date) -> tuple[Pair, ...]:
    """Which MA works with which provider on a day; both are here."""
    return team(reader, site, day)[0].pairs


def pods(reader: Reader, site: str, day: date) -> Mapping[str, str]:
    """The pod of each provider who has one on a day: their own, else that of the MA who works with them."""
    found: dict[str, str] = {}
    for row in reader.rows("presence", where={"place": site, "day": day.isoformat()}):
        if row["pod"] and not row["away"]:
            found.setdefault(str(row["works_with"] or row["practitioner"]), str(row["pod"]))
    return found


def covering(reader: Reader, site: str, at: datetime) -> str:
    """The provider (`Practitioner/…`) who covers a site at an aware instant; "" where none is here that day."""
    place = reader.resource_or_none(Ref("Location", site))
    day = at.astimezone(hours_of(place).zone).date()
    found, _ = team(reader, site, day)
    by_setting = values.get(reader.store, COVERING_PROVIDER, replace(reader.access, site=site))
    return rules.covering(found, by_setting=by_setting)


def staff(reader: Reader, site: str, day: date) -> Mapping[str, Role]:
    """Those who have a role at a site on a day, and the role that counts, in a fixed sequence."""
    rows = reader.rows("staff_role", where={"active": 1})
    held: dict[str, set[str]] = {}
    for row in rows:
        starts, ends = row["starts_on"], row["ends_on"]
        begun, over = not starts or str(starts) <= day.isoformat(), bool(ends) and str(ends) < day.isoformat()
        if row["site"] in (None, site) and begun and not over:
            held.setdefault(f"Practitioner/{row['practitioner']}", set()).add(str(row["role"]))
    return {
        who: role for who in sorted(held) if (role := next((r for r in RANK if r.value in held[who]), None)) is not None
    }
