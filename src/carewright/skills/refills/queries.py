"""Reads of refill requests, and of what the table asks of the chart. Lists read the projection."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from carewright.core.fhir.dates import interval
from carewright.core.store.model import NotFound, Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.terminology.coding import LOINC, RXNORM, Coding
from carewright.core.work.queries import open_items
from carewright.skills.refills import library
from carewright.skills.refills.codes import LEGS
from carewright.skills.refills.fhir import from_fhir, is_request, names_of
from carewright.skills.refills.model import Refill, Stage
from carewright.skills.refills.rules.evaluating import Checked, Facts, Listed, check
from carewright.skills.refills.rules.table import Table, rows_of, schedule_of

MOST_LISTED, MOST_RECORDS = 500, 200
SYSTOLIC, DIASTOLIC, PANEL = "8480-6", "8462-4", "85354-9"
COUNTS = frozenset({"final", "amended", "corrected"})
TAKEN = frozenset({"active", "intended", "on-hold", "unknown", "draft"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One request of a list. `due_at` and `owner` are those of its task."""

    id: str
    patient: str
    medicine: str
    stage: Stage
    outcome: str
    urgent: bool
    prescriber: str
    due_at: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Medicine:
    """A medicine of the patient's list that can be asked for again."""

    reference: str
    words: str
    dose: str
    coding: Coding | None
    prescriber: str
    controlled: str


def waiting(reader: Reader, *, site: str = "") -> list[Entry]:
    """The requests that are open, those due first in front; with `site`, those of that site and of none."""
    reader.access.require_action("refills.see")
    rows = reader.rows("refill", where={"is_open": 1}, limit=MOST_LISTED)
    tasks = {item.focus: item for item in open_items(reader, code=tuple(leg.code for leg in LEGS))}
    entries = []
    for row in rows:
        task = tasks.get(f"MedicationRequest/{row['id']}")
        if not site or row["site"] in ("", site):
            entries.append(_entry(row, due_at=task.due_at if task else None, owner=task.owner if task else ""))
    return sorted(entries, key=lambda entry: (entry.due_at is None, entry.due_at, entry.id))


def of_patient(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """All requests of a patient, the latest first."""
    reader.access.require_action("refills.see")
    rows = reader.rows("refill", where={"patient": tuple(charts)}, order=("asked_at",), limit=MOST_LISTED)
    return [_entry(row) for row in reversed(rows)]


def open_of(reader: Reader, charts: Sequence[str]) -> list[Entry]:
    """The open requests of a patient, the latest first."""
    return [entry for entry in of_patient(reader, charts) if entry.stage is not Stage.ENDED]


def refill(reader: Reader, refill_id: str) -> tuple[Refill, Resource]:
    """One request and its record; NotFound, also for a MedicationRequest that is none."""
    reader.access.require_action("refills.see")
    stored = reader.resource(Ref("MedicationRequest", refill_id))
    found = from_fhir(stored)
    if found is None:
        raise NotFound("This is no refill request.")
    return found, stored


def medicines(reader: Reader, patient_id: str) -> list[Medicine]:
    """What the patient takes, by name; the same wording once."""
    found: dict[str, Medicine] = {}
    for record in _records(reader, patient_id):
        if record.get("status") in TAKEN:
            one = _medicine(record)
            found.setdefault(one.words, one)
    return sorted(found.values(), key=lambda one: one.words.casefold())


def checked(reader: Reader, refill: Refill, *, today: date) -> Checked:
    """What the table says of a request, by what the chart says today."""
    table = library.table()
    return check(refill, facts(reader, refill, table, today=today), table)


def facts(reader: Reader, refill: Refill, table: Table, *, today: date) -> Facts:
    """What the rows of the table need to know. A medicine that the table does not cover asks for no results."""
    patient_id = refill.patient.removeprefix("Patient/")
    patient = reader.resource(Ref("Patient", patient_id))
    labs = {name for row in rows_of(table, refill.medicine, refill.coding) for name in row.labs}
    return Facts(
        today=today, born=_day(patient.get("birthDate")), sex=str(patient.get("gender", "")),
        last_visit=_last_visit(reader, patient_id, today),
        labs={name: on for name in sorted(labs) if (on := _last(reader, patient_id, table.labs[name], today))},
        blood_pressure=_blood_pressure(reader, patient_id, today),
        listed=tuple(_listed(record) for record in _records(reader, patient_id)),
    )  # fmt: skip


def _records(reader: Reader, patient_id: str) -> list[Resource]:
    """The medicine records of the patient, the latest first; requests for refills are none."""
    found: list[Resource] = []
    for kind, sort in (("MedicationRequest", "-authoredon"), ("MedicationStatement", "-effective")):
        found += _search(reader, kind, patient_id, ("_sort", sort), ("_count", str(MOST_RECORDS)))
    return [r for r in found if not is_request(r) and r.get("status") != "entered-in-error"]


def _medicine(record: Resource) -> Medicine:
    concept = record.get("medicationCodeableConcept", {})
    coded = [c for c in concept.get("coding", ()) if c.get("code")]
    chosen = next((c for c in coded if c.get("system") == RXNORM), coded[0] if coded else None)
    return Medicine(
        reference=f"{record['resourceType']}/{record['id']}", words=_words(record), dose=_dose(record),
        coding=Coding(str(chosen.get("system", "")), str(chosen["code"]), str(chosen.get("display", "")))
        if chosen else None,
        prescriber=str(record.get("requester", {}).get("reference", "")),
        controlled=schedule_of(library.table(), names_of(record)),
    )  # fmt: skip


def _listed(record: Resource) -> Listed:
    return Listed(
        reference=f"{record['resourceType']}/{record['id']}", names=names_of(record), words=_words(record),
        dose=_dose(record), active=record.get("status") in TAKEN, covered_until=_covered_until(record),
    )  # fmt: skip


def _covered_until(record: Resource) -> date | None:
    """The day on which an order with all its refills is used up; None where it does not say."""
    dispense = record.get("dispenseRequest", {})
    supply = dispense.get("expectedSupplyDuration", {})
    written = _day(record.get("authoredOn"))
    if written is None or supply.get("code") != "d" or not supply.get("value"):
        return None
    times = 1 + int(dispense.get("numberOfRepeatsAllowed", 0))
    return written + timedelta(days=int(supply["value"]) * times)


def _words(record: Resource) -> str:
    concept = record.get("medicationCodeableConcept", {})
    return str(concept.get("text") or names_of(record) or "–")


def _dose(record: Resource) -> str:
    written = record.get("dosageInstruction") or record.get("dosage") or ()
    return next((str(entry["text"]) for entry in written if entry.get("text")), "")


def _last_visit(reader: Reader, patient_id: str, today: date) -> date | None:
    pairs = (("status", "finished"), ("_sort", "-date"), ("_count", "5"))
    days = (_day(v.get("period", {}).get("start")) for v in _search(reader, "Encounter", patient_id, *pairs))
    return _latest(days, today)


def _last(reader: Reader, patient_id: str, loinc: Iterable[str], today: date) -> date | None:
    """The latest day of a result with one of these codes."""
    pairs = (("code", ",".join(f"{LOINC}|{code}" for code in loinc)), ("_sort", "-date"), ("_count", "5"))
    found = _search(reader, "Observation", patient_id, *pairs)
    return _latest((_day(_at(one)) for one in found if one.get("status") in COUNTS), today)


def _blood_pressure(reader: Reader, patient_id: str, today: date) -> tuple[date, float, float] | None:
    pairs = (("code", f"{LOINC}|{PANEL}"), ("_sort", "-date"), ("_count", "5"))
    for reading in _search(reader, "Observation", patient_id, *pairs):
        parts = {
            coding.get("code"): part.get("valueQuantity", {}).get("value")
            for part in reading.get("component", ())
            for coding in part.get("code", {}).get("coding", ())
        }
        on, high, low = _day(_at(reading)), parts.get(SYSTOLIC), parts.get(DIASTOLIC)
        if on and on <= today and high is not None and low is not None and reading.get("status") in COUNTS:
            return on, float(high), float(low)
    return None


def _search(reader: Reader, kind: str, patient_id: str, *pairs: tuple[str, str]) -> list[Resource]:
    return reader.resources(parse(kind, [("patient", f"Patient/{patient_id}"), *pairs]))


def _at(observation: Resource) -> object:
    return observation.get("effectiveDateTime") or observation.get("effectivePeriod", {}).get("start")


def _latest(days: Iterable[date | None], today: date) -> date | None:
    return max((day for day in days if day is not None and day <= today), default=None)


def _day(written: object) -> date | None:
    """The day of a FHIR date as it was written (the first one of a month or a year); None where there is none."""
    text = str(written or "")
    if not text:
        return None
    return date.fromisoformat(text[:10]) if len(text) >= 10 else interval(text)[0].date()


def _entry(row: dict[str, object], *, due_at: datetime | None = None, owner: str = "") -> Entry:
    return Entry(
        id=str(row["id"]), patient=str(row["patient"] or ""), medicine=str(row["medicine"] or ""),
        stage=Stage(str(row["stage"])), outcome=str(row["outcome"] or ""), urgent=bool(row["urgent"]),
        prescriber=str(row["prescriber"] or ""), due_at=due_at, owner=owner,
    )  # fmt: skip
