"""The day's list: appointments with their visits, who is late, what can be done. Values for the pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, gettext_noop

from carewright.core.store.reader import Reader
from carewright.shell.components import Level
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import term_words
from carewright.shell.sites import Site, sites_of
from carewright.shell.times import Wait
from carewright.shell.words import age_on, sex_words, wait_words
from carewright.skills.scheduling import people, rules
from carewright.skills.scheduling import queries as scheduling
from carewright.skills.scheduling.model import Lateness, LateRule
from carewright.skills.visit import queries as visits

YEARS = (1900, 2199)
"""The years that a list of a day is shown of."""
DUE = timedelta(minutes=30)
"""Who is due within this time has the filled button."""
LATE_RULE = LateRule()

Row = dict[str, object]

LOOKS: Mapping[str, tuple[str, str, Level]] = {
    "booked": ("calendar-clock", gettext_noop("Booked"), Level.PLAIN),
    "waiting": ("armchair", gettext_noop("Waiting"), Level.INFO),
    "rooming": ("thermometer", gettext_noop("Rooming"), Level.ACCENT),
    "ready": ("bell-ring", gettext_noop("Ready for the provider"), Level.OK),
    "with-provider": ("stethoscope", gettext_noop("With the provider"), Level.PLUM),
    "orders": ("syringe", gettext_noop("Orders to do"), Level.WARN),
    "checking-out": ("clipboard-check", gettext_noop("Checking out"), Level.WARN),
    "done": ("check", gettext_noop("Done"), Level.OK),
    "left": ("door-open", gettext_noop("Left without being seen"), Level.PLAIN),
    "noshow": ("user-x", gettext_noop("No-show"), Level.PLAIN),
    "cancelled": ("calendar-x", gettext_noop("Cancelled"), Level.PLAIN),
}
"""Icon, words and tint of where an appointment or its visit stands."""
GROUPS: Mapping[str, str] = {
    "due": gettext_noop("Due now"),
    "here": gettext_noop("Here"),
    "later": gettext_noop("Later"),
    "gone": gettext_noop("Done or not coming"),
}
"""The parts of the list, what is to be done first in front."""
GONE = frozenset({"done", "left", "noshow", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """One appointment of the day."""

    id: str
    version: int
    patient: str
    name: str
    age_sex: str
    mrn: str
    born: str
    starts_at: datetime
    minutes: int
    type_words: str
    reason: str
    comment: str
    provider: str
    """Who sees them: the visit's provider where there is a visit, else the booked one."""
    provider_name: str
    provider_away: bool
    standing: str
    late_words: str = ""
    late_level: Level = Level.PLAIN
    is_due: bool = False
    overbooked: str = ""
    is_walk_in: bool = False
    interpreter: str = ""
    cancelled_words: str = ""
    visit: str = ""
    visit_version: int = 0

    @property
    def look(self) -> tuple[str, str, Level]:
        return LOOKS.get(self.standing, ("circle-dashed", self.standing, Level.PLAIN))

    @property
    def group(self) -> str:
        """Which part of the list it belongs to."""
        if self.standing == "booked":
            return "due" if self.is_due else "later"
        return "gone" if self.is_gone else "here"

    @property
    def is_gone(self) -> bool:
        return self.standing in GONE


@dataclass(frozen=True, kw_only=True)
class Place:
    """The site of this person, and the date that is shown."""

    site: Site
    on: date
    is_today: bool

    @property
    def place(self) -> str:
        return f"Location/{self.site.id}"

    @property
    def organization(self) -> str:
        return self.site.organization or f"Organization/{self.site.id}"

    @property
    def zone(self) -> ZoneInfo:
        return self.site.zone


def place_of(request: CareRequest) -> Place | None:
    """Where and which date: `?day=` or today; None without a site."""
    site = sites_of(request.store, request.access.practice).get(request.access.site or "")
    if site is None:
        return None
    today = request.care.now_local.date()
    on = date_of(request.GET.get("day") or request.POST.get("day"), today)
    return Place(site=site, on=on, is_today=on == today)


def date_of(text: str | None, otherwise: date) -> date:
    """A date as an input of type date sends it; `otherwise` for none, and for one that no schedule reaches."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return found if YEARS[0] <= found.year <= YEARS[1] else otherwise


def lines(request: CareRequest, reader: Reader, place: Place) -> list[Line]:
    """The appointments of the day by time; struck ones are left out."""
    booked = scheduling.day(reader, place=place.place, on=place.on, zone=place.zone)
    booked = [row for row in booked if row["status"] != "entered-in-error"]
    since, until = scheduling.bounds(place.on, place.zone)
    seen = visits.board_rows(reader, site=place.organization, since=since, until=until)
    by_appointment = {str(row["appointment"]): row for row in seen if row["status"] != "by-mistake"}
    ids = tuple({str(row["patient"]): None for row in booked})
    known = {str(row["id"]): row for row in reader.rows("patient", where={"id": ids})} if ids else {}
    names, away = people.names(reader), _away(reader, place)
    listed = [
        _line(row, by_appointment.get(f"Appointment/{row['id']}"), known.get(str(row["patient"]), {}), names, request)
        for row in booked
    ]
    return [replace(line, provider_away=line.provider in away and not line.is_gone) for line in listed]


def _away(reader: Reader, place: Place) -> frozenset[str]:
    """Who is not here on the day: whoever is booked with them needs somebody else."""
    rows = reader.rows("presence", where={"place": place.site.id, "day": place.on.isoformat()})
    return frozenset(str(row["practitioner"]) for row in rows if row["away"])


def _line(row: Row, visit: Row | None, patient: Row, names: Mapping[str, str], request: CareRequest) -> Line:
    care = request.care
    starts_at, status = cast(datetime, row["starts_at"]), str(row["status"])
    late_words, late_level = _late(starts_at, status, care.now)
    born, provider = str(patient.get("birth_date") or ""), str((visit or row)["provider"] or "")
    age = age_on(born=born, on=care.now_local.date())
    interpreter = bool(patient.get("needs_interpreter"))
    return Line(
        id=str(row["id"]),
        version=cast(int, row["version"]),
        patient=str(row["patient"]),
        name=str(patient.get("name") or gettext("Name not known")),
        age_sex=f"{age}, {sex_words(str(patient.get('gender') or ''))}",
        mrn=str(patient.get("mrn") or ""),
        born=care.clock.partial_date(born) if born else "",
        starts_at=starts_at,
        minutes=cast(int, row["minutes"]),
        type_words=term_words(row["type_words"]),
        reason=str(row["reason"] or ""),
        comment=str(row["comment"] or ""),
        provider=provider,
        provider_name=names.get(provider, ""),
        provider_away=False,
        standing=str(visit["status"]) if visit else status,
        late_words=late_words,
        late_level=late_level,
        is_due=status == "booked" and starts_at <= care.now + DUE,
        overbooked=str(row["overbook_reason"] or ""),
        is_walk_in=bool(row["is_walk_in"]),
        interpreter=(term_words(patient.get("language")) or gettext("Interpreter")) if interpreter else "",
        cancelled_words=str(row["cancelled_words"] or ""),
        visit=str(visit["id"]) if visit else "",
        visit_version=cast(int, visit["version"]) if visit else 0,
    )


def _late(starts_at: datetime, status: str, now: datetime) -> tuple[str, Level]:
    """How late somebody is who is not here yet, by the site's rule."""
    if status != "booked":
        return "", Level.PLAIN
    arrival = rules.arrival(starts_at, arrived_at=now, rule=LATE_RULE)
    if arrival.lateness is Lateness.ON_TIME:
        return "", Level.PLAIN
    words = gettext("Late by %(time)s") % {"time": wait_words(Wait(arrival.minutes))}
    return words, Level.CRITICAL if arrival.lateness is Lateness.TOO_LATE else Level.WARN
