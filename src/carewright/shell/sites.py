"""The sites of a practice and their rooms, as every page needs them: name, time zone, rooms for a call for help.

A site is a Location of physical type `si`, a room one of type `ro` that is part of it; the time zone stands on the
site (http://hl7.org/fhir/StructureDefinition/timezone). Kept for half a minute in each process: they hardly change.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings

from carewright.core.access.model import READ, Access, Actor, Purpose
from carewright.core.store.model import Resource
from carewright.core.store.search.query import MAX_COUNT, SearchQuery
from carewright.core.store.store import Store
from carewright.shell.care import Choice
from carewright.shell.times import SiteClock

TIME_ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/timezone"
KEPT_SECONDS = 30.0
SITE, ROOM = "si", "ro"


@dataclass(frozen=True, kw_only=True)
class Site:
    """One site. `id` is its Location's, `organization` a reference or empty; `rooms` are Location ids with names."""

    id: str
    name: str
    organization: str = ""
    zone: ZoneInfo
    rooms: tuple[Choice, ...] = ()

    @property
    def clock(self) -> SiteClock:
        return SiteClock(zone=self.zone)


_kept: dict[tuple[int, str], tuple[float, Mapping[str, Site]]] = {}


def sites_of(store: Store, practice: str) -> Mapping[str, Site]:
    """The sites of a practice by id, in the order of their names."""
    key = (id(store), practice)
    known = _kept.get(key)
    if known is None or time.monotonic() - known[0] > KEPT_SECONDS:
        known = _kept[key] = (time.monotonic(), _read(store, practice))
    return known[1]


def forget() -> None:
    """Read the sites anew at the next use."""
    _kept.clear()


def pages_access(practice: str) -> Access:
    """The pages themselves, for what they must know before anybody has signed in: staff and places, no patient."""
    return Access(
        actor=Actor(practice=practice, reference="Device/pages", display="Pages"),
        roles=frozenset(),
        purpose=Purpose.SYSTEM,
        grants=dict.fromkeys(("Location", "Practitioner", "PractitionerRole"), READ),
    )


def _read(store: Store, practice: str) -> Mapping[str, Site]:
    with store.reader(pages_access(practice), reason="shell.sites") as reader:
        places = reader.resources(SearchQuery(type="Location", count=MAX_COUNT))
    rooms = [place for place in places if ROOM in _types(place)]
    found = [_site(place, rooms) for place in places if SITE in _types(place)]
    return {site.id: site for site in sorted(found, key=lambda site: site.name)}


def _site(place: Resource, rooms: list[Resource]) -> Site:
    own = [room for room in rooms if room.get("partOf", {}).get("reference") == f"Location/{place['id']}"]
    choices = [Choice(value=room["id"], label=str(room.get("name", room["id"]))) for room in own]
    return Site(
        id=place["id"],
        name=str(place.get("name", place["id"])),
        organization=place.get("managingOrganization", {}).get("reference", ""),
        zone=_zone(place),
        rooms=tuple(sorted(choices, key=lambda choice: (len(choice.label), choice.label))),
    )


def _types(place: Resource) -> set[str]:
    return {coding.get("code", "") for coding in place.get("physicalType", {}).get("coding", ())}


def _zone(place: Resource) -> ZoneInfo:
    named = [e.get("valueCode") for e in place.get("extension", ()) if e.get("url") == TIME_ZONE_EXTENSION]
    try:
        return ZoneInfo(named[0])
    except (IndexError, TypeError, ValueError, KeyError, OSError):
        return ZoneInfo(settings.TIME_ZONE)
