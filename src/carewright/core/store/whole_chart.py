"""Everything of one patient, page by page: their records, and who and what those refer to.

https://hl7.org/fhir/R4/operation-patient-everything.html. The records are those of the patient's compartment, of every
chart that was merged with it. What a page refers to outside of it (practitioners, organizations, places, medications)
comes with that page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carewright.core.access.model import AccessDenied
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.keys import key_of
from carewright.core.store.plans import Plan
from carewright.core.store.reads import Page, patient_of, stored
from carewright.core.store.search import compile as compiler
from carewright.core.store.search import people
from carewright.core.store.search.query import DEFAULT_COUNT, SearchError
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql, all_of, any_of, marks

SUPPORTING = ("Device", "Endpoint", "HealthcareService", "Location", "Medication", "Organization", "Practitioner",
              "PractitionerRole", "Substance")  # fmt: skip
"""What belongs to a chart when its records refer to it. One that is of a patient (an implanted device) is a record."""
CARE_DATES: Mapping[str, str] = {
    "Appointment": "date", "CarePlan": "date", "Claim": "created", "ClinicalImpression": "date",
    "Communication": "sent", "Composition": "date", "DiagnosticReport": "date", "DocumentReference": "date",
    "Encounter": "date", "ExplanationOfBenefit": "created", "ImagingStudy": "started", "Immunization": "date",
    "MedicationAdministration": "effective-time", "MedicationDispense": "whenhandedover",
    "MedicationRequest": "authoredon", "MedicationStatement": "effective", "Observation": "date", "Procedure": "date",
    "QuestionnaireResponse": "authored", "RiskAssessment": "date", "ServiceRequest": "authored",
}  # fmt: skip
"""The parameter that says when care was given. Records of other types (problems, allergies, coverage) have no such
time and are always part of the chart."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a patient (an id) is asked for. `types`: all where it is empty. `since`: written at or after. `start` and
    `end`: a half-open range in which care was given. `after`: the key behind which the page begins."""

    patient: str
    types: frozenset[str] = frozenset()
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    count: int = DEFAULT_COUNT
    after: UUID | None = None


def everything(wanted: Wanted, scope: Scope, dialect: Dialect) -> Plan[Page]:
    """One page. AccessDenied where patients may not be searched."""
    if not scope.sees("Patient"):
        raise AccessDenied("Your sign-on does not allow to search Patient records.")
    key = key_of("Patient", wanted.patient)
    families = yield from people.families([key], scope.practice, dialect)
    rows = yield _records(wanted, families[key], scope)
    more, rows = len(rows) > wanted.count, rows[: wanted.count]
    keys = [dialect.key(row[6]) for row in rows]
    supporting: list[Row] = (yield _supporting(wanted, keys, scope)) if keys else []
    if len(supporting) > compiler.MAX_INCLUDED:
        raise SearchError(
            f"A page holds at most {compiler.MAX_INCLUDED} supporting records. Ask for fewer with _count."
        )
    return Page(
        matches=tuple(stored(row, dialect) for row in rows),
        included=tuple(stored(row, dialect) for row in supporting),
        next=keys[-1].hex if more else None,
        patients=frozenset(whose for row in rows if (whose := patient_of(row, dialect)) is not None),
    )


def _records(wanted: Wanted, family: Sequence[UUID], scope: Scope) -> Sql:
    seen = scope.predicate.types
    parts = [
        scope.where("c", "match"), Sql("c.deleted = 0"),
        Sql("c.type IN ") + marks(sorted(seen & wanted.types if wanted.types else seen)),
        Sql("c.patient_key IN ") + marks(family),
    ]  # fmt: skip
    if wanted.since is not None:
        parts.append(Sql("c.at >= ?", (wanted.since,)))
    if wanted.start is not None or wanted.end is not None:
        parts.append(_in_range(wanted, scope))
    if wanted.after is not None:
        parts.append(Sql("c.key > ?", (wanted.after,)))
    text = Sql(f"SELECT {compiler.COLUMNS} FROM current_resource c {compiler.JOIN_BODY} WHERE ") + all_of(parts)
    return text + Sql(" ORDER BY c.key LIMIT ?", (wanted.count + 1,))


def _in_range(wanted: Wanted, scope: Scope) -> Sql:
    """Care was given in the range, or nobody says when."""
    dated = [Sql("(i.type = ? AND i.param = ?)", (kind, param)) for kind, param in sorted(CARE_DATES.items())]
    when = [scope.where("i", "criterion"), Sql("i.key = c.key"), Sql("(") + any_of(dated) + Sql(")")]
    inside = list(when)
    if wanted.end is not None:
        inside.append(Sql("i.low < ?", (wanted.end,)))
    if wanted.start is not None:
        inside.append(Sql("i.high > ?", (wanted.start,)))
    return (
        Sql("(NOT EXISTS (SELECT 1 FROM index_date i WHERE ") + all_of(when)
        + Sql(") OR EXISTS (SELECT 1 FROM index_date i WHERE ") + all_of(inside) + Sql("))")
    )  # fmt: skip


def _supporting(wanted: Wanted, keys: Sequence[UUID], scope: Scope) -> Sql:
    types = sorted(scope.predicate.types & set(SUPPORTING) & (wanted.types or set(SUPPORTING)))
    referred = Sql("SELECT i.target_key FROM index_reference i WHERE ") + all_of([
        scope.where("i", "include"), Sql("i.key IN ") + marks(keys), Sql("i.target_type IN ") + marks(types),
    ])  # fmt: skip
    return Sql(f"SELECT {compiler.COLUMNS} FROM current_resource c {compiler.JOIN_BODY} WHERE ") + all_of([
        scope.where("c", "include"), Sql("c.deleted = 0 AND c.patient_key IS NULL"), Sql("c.type IN ") + marks(types),
        Sql("c.key IN (") + referred + Sql(")"),
    ]) + Sql(" ORDER BY c.key LIMIT ?", (compiler.MAX_INCLUDED + 1,))  # fmt: skip
