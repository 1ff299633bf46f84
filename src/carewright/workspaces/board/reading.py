"""What the board reads: projections only, each once for all rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carewright.core.access.model import Access
from carewright.core.store.reader import Reader
from carewright.core.store.reads import Between
from carewright.core.store.store import Store
from carewright.shell.care import Care
from carewright.shell.sites import Site, sites_of
from carewright.skills.rooms import queries as rooms
from carewright.skills.scheduling import people
from carewright.skills.scheduling import queries as scheduling
from carewright.skills.visit import queries as visits

Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Here:
    """The site that a board is about, and the day of its clock as instants."""

    site: Site
    since: datetime
    until: datetime

    @property
    def place(self) -> str:
        return f"Location/{self.site.id}"

    @property
    def organization(self) -> str:
        """What a visit names as its site; where the place names none, one of the same id."""
        return self.site.organization or f"Organization/{self.site.id}"


@dataclass(frozen=True, kw_only=True)
class Read:
    """Projection rows by what they are joined on."""

    visits: list[Row]
    appointments: Mapping[str, Row]
    patients: Mapping[str, Row]
    tasks: Mapping[str, list[Row]]
    flags: Mapping[str, list[Row]]
    waits: Mapping[str, list[Row]]
    rooms: list[Row]
    names: Mapping[str, str]
    since: datetime
    """When the day began. A visit that began before it was left open."""
    expected: list[Row] = field(default_factory=list)
    done: int = 0


def here(store: Store, access: Access, care: Care) -> Here | None:
    """Where this person works; None without a site."""
    site = sites_of(store, access.practice).get(access.site or "")
    if site is None:
        return None
    since, until = scheduling.bounds(care.now_local.date(), care.clock.zone)
    return Here(site=site, since=since, until=until)


def read(reader: Reader, where: Here, *, patients: frozenset[str] | None = None) -> Read:
    """Everything that the rows of today's visits show, and of those that were left open on an earlier day; with
    `patients` only the rows of those."""
    if patients is None:
        listed = visits.board_rows(reader, site=where.organization, since=where.since, until=where.until)
        listed += visits.left_open(reader, site=where.organization, before=where.since)
        booked = scheduling.day(
            reader, place=where.place, on=where.site.clock.local(where.since).date(), zone=where.site.zone
        )
    else:
        ids = tuple(sorted(patients))
        listed = visits_of(reader, where, ids) if ids else []
        listed += visits.left_open(reader, site=where.organization, before=where.since, patients=ids) if ids else []
        booked = appointments_of(reader, where, ids) if ids else []
    open_visits = [row for row in listed if row["is_open"]]
    expected = [row for row in booked if row["status"] == "booked"]
    encounters = tuple(str(row["id"]) for row in open_visits)
    people_ids = tuple({str(row["patient"]): None for row in (*open_visits, *expected)})
    return Read(
        visits=open_visits,
        appointments={f"Appointment/{row['id']}": row for row in booked},
        expected=expected,
        done=sum(1 for row in listed if row["status"] == "done"),
        patients=_by(_in(reader, "patient", "id", people_ids), "id"),
        tasks=_lists(_in(reader, "task", "encounter", encounters), "encounter"),
        flags=_lists(_in(reader, "flag", "patient", people_ids), "patient"),
        waits=_lists(rooms.waits(reader, encounters), "encounter"),
        rooms=rooms.rooms(reader, place=where.place),
        names=people.names(reader),
        since=where.since,
    )


def visits_of(reader: Reader, where: Here, patients: tuple[str, ...]) -> list[Row]:
    """Today's visits of these patients at this site."""
    today = Between(where.since, where.until)
    return reader.rows("visit", where={"patient": patients, "site": where.organization, "started_at": today})


def appointments_of(reader: Reader, where: Here, patients: tuple[str, ...]) -> list[Row]:
    """Today's appointments of these patients at this site."""
    today = Between(where.since, where.until)
    return reader.rows("appointment", where={"patient": patients, "place": where.place, "starts_at": today})


def _in(reader: Reader, projection: str, column: str, values: tuple[str, ...]) -> list[Row]:
    return reader.rows(projection, where={column: values}) if values else []


def _by(rows: Iterable[Row], column: str) -> dict[str, Row]:
    return {str(row[column]): row for row in rows}


def _lists(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[column]), []).append(row)
    return found
