"""What the chart page reads: a short form of each part, and one part a page at a time.

An imported chart may hold thousands of records: every read is bounded, and the page says when there is more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carewright.core.fhir.codec import decode
from carewright.core.fhir.dates import interval
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.shell.people import names_of
from carewright.shell.times import SiteClock
from carewright.shell.words import age_on
from carewright.skills.history import queries as history
from carewright.skills.history.model import Entry, Part
from carewright.skills.registration import queries as registration
from carewright.skills.visit.model import VisitStatus
from carewright.skills.visit.rules import STATES
from carewright.skills.vitals.fhir import from_fhir
from carewright.skills.vitals.forms import kind_words
from carewright.skills.vitals.model import Kind, Reading
from carewright.skills.vitals.queries import is_vital_sign
from carewright.skills.vitals.rules.typed import reading_words

SHORT = 8
"""Lines of each part on the first page."""
PAGE = 50
READINGS = 120
"""Observations of one page of the vitals table, laboratory results among them: some fifteen visits' worth."""
MOST_PAGES = 5
"""How far is looked where a stretch of the chart holds laboratory results alone."""
COLUMNS = (
    Kind.WEIGHT, Kind.HEIGHT, Kind.HEAD, Kind.BMI, Kind.TEMPERATURE, Kind.HEART_RATE, Kind.RESPIRATORY_RATE, Kind.SPO2,
    Kind.BLOOD_PRESSURE,
)  # fmt: skip
TITLES: Mapping[str, str | Promise] = {
    "problems": _("Problems"),
    "medicines": _("Medicines"),
    "vaccines": _("Vaccines"),
    "vitals": _("Vital signs"),
    "visits": _("Visits"),
}


@dataclass(frozen=True, kw_only=True)
class VitalsRow:
    """The readings of one moment: a cell for each column; `mistakes` are struck out and count for nothing."""

    at: datetime
    cells: tuple[tuple[tuple[str, bool], ...], ...]


@dataclass(frozen=True, kw_only=True)
class VitalsTable:
    """The columns that hold something, and the rows, the latest first; `next` is where the next page begins."""

    columns: tuple[str, ...]
    rows: tuple[VitalsRow, ...]
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class VisitLine:
    """One visit as a line. `url` opens it where it is one of today's."""

    id: str
    on: datetime
    words: str
    reason: str
    provider: str
    status: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """Somebody who is seen together with the patient: one tap to their chart, or to the visit they are here for."""

    name: str
    age: str
    url: str
    visit_url: str = ""


def vitals_table(reader: Reader, patient_id: str, *, after: str | None = None, most: int = READINGS) -> VitalsTable:
    """The vital signs as a table; `after` is the `next` of the page before."""
    readings: list[Reading] = []
    for _attempt in range(MOST_PAGES):
        pairs = [("patient", f"Patient/{patient_id}"), ("_sort", "-date"), ("_count", str(most))]
        page = reader.search(parse("Observation", [*pairs, *([("_after", after)] if after else [])]))
        found = [decode(stored.body or b"{}") for stored in page.matches]
        readings += [r for observation in found if is_vital_sign(observation) and (r := from_fhir(observation))]
        after = page.next
        if after is None or len(readings) >= most // 4:
            break
    columns, rows = _table(readings)
    return VitalsTable(columns=columns, rows=rows, next=after)


def visit_lines(reader: Reader, charts: tuple[str, ...], *, most: int = PAGE) -> list[VisitLine]:
    """The visits of a person (the ids of all their charts), the latest first: ours with their state, those from
    elsewhere with what they say."""
    rows = reader.rows("visit", where={"patient": charts}, order=("started_at",))
    latest = list(reversed(rows))[:most]
    names = names_of(reader, (str(row["provider"]) for row in latest if row["provider"]))
    return [
        VisitLine(
            id=str(row["id"]),
            on=cast(datetime, row["started_at"]),
            words=str(row["type_words"] or ""),
            reason=str(row["reason"] or ""),
            provider=names.get(str(row["provider"]), ""),
            status=STATES[VisitStatus(str(row["status"]))].words,
            url=reverse("visit", args=[row["id"]]) if row["site"] else "",
        )
        for row in latest
    ]


def family(reader: Reader, patient_id: str, *, today: date) -> list[Sibling]:
    """Those who are seen together with the patient, by name; the open visit of each."""
    ids = [ref.removeprefix("Patient/") for ref in registration.family(reader, patient_id)]
    found = []
    for sibling_id in ids:
        rows = reader.rows("patient", where={"id": sibling_id}, limit=1) if sibling_id != patient_id else []
        for row in rows:
            here = reader.rows("visit", where={"patient": sibling_id, "is_open": 1}, order=("started_at",))
            found.append(
                Sibling(
                    name=str(row["name"]),
                    age=age_on(born=str(row["birth_date"]), on=today),
                    url=reverse("chart", args=[sibling_id]),
                    visit_url=reverse("rooming", args=[here[-1]["id"]]) if here and here[-1]["site"] else "",
                )
            )
    return sorted(found, key=lambda sibling: sibling.name)


def entries_page(reader: Reader, patient_id: str, part: Part) -> tuple[tuple[Entry, ...], tuple[Entry, ...], bool]:
    """All lines of a part: what is active, what is over, and whether that is all."""
    found = history.entries(reader, patient_id, part, most=1_000)
    return found.active, found.over, found.complete


def day_words(text: str, clock: SiteClock) -> str:
    """A FHIR date or dateTime of any precision as the clinic writes it; "" where it says nothing."""
    try:
        return clock.partial_date(text) if len(text) <= len("2026-11-23") else clock.date(interval(text)[0])
    except ValueError:
        return text


def lines(entries: Iterable[Entry], clock: SiteClock) -> list[tuple[Entry, str]]:
    """Each entry with its day in words."""
    return [(entry, day_words(entry.on, clock) if entry.on else "") for entry in entries]


def _table(readings: list[Reading]) -> tuple[tuple[str, ...], tuple[VitalsRow, ...]]:
    by_moment: dict[datetime, dict[Kind, list[tuple[str, bool]]]] = {}
    for reading in readings:
        if reading.value is None:
            continue
        kind = Kind.HEIGHT if reading.kind is Kind.LENGTH else reading.kind
        moment = reading.at.replace(second=0, microsecond=0)
        words = reading_words(reading)
        mistaken = reading.status == "entered-in-error"
        by_moment.setdefault(moment, {}).setdefault(kind, []).append((words, mistaken))
    used = [kind for kind in COLUMNS if any(kind in cells for cells in by_moment.values())]
    rows = tuple(
        VitalsRow(at=at, cells=tuple(tuple(cells.get(kind, ())) for kind in used)) for at, cells in by_moment.items()
    )
    return tuple(kind_words(kind) for kind in used), rows
