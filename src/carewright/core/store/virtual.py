"""Provenance and AuditEvent as FHIR resources, rendered from the version and audit rows: nothing is stored twice.

One Provenance stands for one transaction and targets every version it wrote; one AuditEvent stands for one audit row.
Both have the audit row's id. Provenance received from elsewhere is stored as it came and found by the ordinary search.
https://hl7.org/fhir/R4/provenance.html https://hl7.org/fhir/R4/auditevent.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import cast
from uuid import UUID

from carewright.core.access.model import AccessDenied
from carewright.core.fhir import codec
from carewright.core.store.drivers.base import Dialect
from carewright.core.store.keys import key_of
from carewright.core.store.model import Change, NotFound, Ref, Resource, Stored
from carewright.core.store.plans import Plan
from carewright.core.store.search.date import range_condition, row_time_condition
from carewright.core.store.search.query import Criterion, SearchError, SearchQuery
from carewright.core.store.search.scope import Scope
from carewright.core.store.sql import Row, Sql, all_of, any_of, marks

PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
DATA_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PURPOSE_OF_USE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
AUDIT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"

PROVENANCE_PARAMETERS = ("_id", "agent", "patient", "recorded", "target")
AUDIT_PARAMETERS = ("_id", "action", "agent", "date", "outcome", "patient")

_VERSIONS = "v.audit_id, v.type, v.id, v.version, v.at, v.change, v.actor, v.on_behalf_of, v.reason, v.patient_key"
_AUDITS = "e.id, e.at, e.action, e.outcome, e.actor, e.on_behalf_of, e.roles, e.purpose, e.origin, e.reason, e.detail"


def provenances(query: SearchQuery, scope: Scope, dialect: Dialect) -> Plan[tuple[list[Stored], bool]]:
    """The page of Provenance that match, newest transaction last, and whether there are more."""
    if not scope.sees("Provenance"):
        raise AccessDenied("Your sign-on does not allow to search Provenance records.")
    parts = _provenance_conditions(query, scope)
    if query.after:
        parts.append(Sql("x.audit_id > ?", (query.after,)))
    found = yield (
        Sql("SELECT DISTINCT x.audit_id FROM version x WHERE ")
        + all_of(parts)
        + Sql(" ORDER BY x.audit_id LIMIT ?", (query.count + 1,))
    )
    ids = [str(row[0]) for row in found]
    rendered = yield from _rendered(ids[: query.count], scope, dialect)
    return rendered, len(ids) > query.count


def provenances_counted(query: SearchQuery, scope: Scope) -> Plan[int]:
    """How many Provenance match."""
    wanted = all_of(_provenance_conditions(query, scope))
    rows = yield Sql("SELECT COUNT(DISTINCT x.audit_id) FROM version x WHERE ") + wanted
    return cast(int, rows[0][0])


def _provenance_conditions(query: SearchQuery, scope: Scope) -> list[Sql]:
    asked = [_provenance_condition(criterion, scope) for criterion in query.criteria]
    return [scope.where_now("x", "provenance"), _seen_types("x", scope), *asked]


def provenance(ref: Ref, scope: Scope, dialect: Dialect) -> Plan[Stored]:
    """One rendered Provenance; NotFound."""
    rendered = (yield from _rendered([ref.id], scope, dialect)) if scope.sees("Provenance") else []
    if not rendered:
        raise NotFound(f"{ref} is not here.")
    return rendered[0]


def provenance_of(keys: Sequence[UUID], scope: Scope, dialect: Dialect) -> Plan[list[Stored]]:
    """The Provenance of these resources: `_revinclude=Provenance:target`."""
    if not keys or not scope.sees("Provenance"):
        return []
    rows = yield Sql("SELECT DISTINCT x.audit_id FROM version x WHERE ") + all_of([
        scope.where_now("x", "provenance"), _seen_types("x", scope), Sql("x.key IN ") + marks(keys),
    ])  # fmt: skip
    return (yield from _rendered([str(row[0]) for row in rows], scope, dialect))


def _rendered(ids: Sequence[str], scope: Scope, dialect: Dialect) -> Plan[list[Stored]]:
    if not ids:
        return []
    rows = yield (
        Sql(f"SELECT {_VERSIONS} FROM version v WHERE ")
        + all_of([scope.where_now("v", "provenance"), _seen_types("v", scope), Sql("v.audit_id IN ") + marks(ids)])
        + Sql(" ORDER BY v.audit_id, v.type, v.id, v.version")
    )
    return [_provenance(list(group), dialect) for _, group in groupby(rows, key=lambda row: row[0])]


def _seen_types(alias: str, scope: Scope) -> Sql:
    return Sql(f"{alias}.type IN ") + marks(sorted(scope.predicate.types))


def _provenance_condition(criterion: Criterion, scope: Scope) -> Sql:
    if criterion.modifier or criterion.chain or criterion.reverse or criterion.junction:
        raise SearchError(
            f"Our own Provenance is searched by {', '.join(PROVENANCE_PARAMETERS)}, without modifiers or chains."
        )
    either = {
        "_id": lambda value: Sql("x.audit_id = ?", (value,)),
        "target": lambda value: _of_target(key_of(*_type_and_id(value)), scope),
        "patient": lambda value: (
            Sql("x.patient_key IN (") + scope.with_aliases(value.removeprefix("Patient/")) + Sql(")")
        ),
        "agent": lambda value: Sql("x.actor = ?", (value,)),
        "recorded": lambda value: row_time_condition("x.at", value),
    }
    if criterion.param not in either:
        return Sql("1=0")  # a rendered Provenance has no entity, location or signature
    return any_of([either[criterion.param](value) for value in criterion.values])


def _of_target(key: UUID, scope: Scope) -> Sql:
    """The versions of one resource. Named twice, because SQLite would else walk all of a practice by transaction."""
    return Sql("x.key = ? AND x.audit_id IN (SELECT t.audit_id FROM version t WHERE t.practice = ? AND t.key = ?)",
               (key, scope.practice, key))  # fmt: skip


def _type_and_id(value: str) -> tuple[str, str]:
    resource_type, slash, resource_id = value.partition("/")
    if not slash:
        raise SearchError(f"Name the target with its type: Observation/{value}, for instance.")
    return resource_type, resource_id


def _provenance(rows: Sequence[Row], dialect: Dialect) -> Stored:
    audit_id, *_, at, _, actor, on_behalf_of, reason, _ = rows[0]
    recorded = dialect.instant(at)
    changes = {str(row[5]) for row in rows}
    agent: Resource = {
        "type": {"coding": [{"system": PARTICIPANT, "code": "author"}]},
        "who": {"reference": str(actor)},
    }
    if on_behalf_of:
        agent["onBehalfOf"] = {"reference": str(on_behalf_of)}
    return _as_stored(
        {
            "resourceType": "Provenance",
            "id": str(audit_id),
            "meta": {"versionId": "1", "lastUpdated": _instant(recorded)},
            "target": [{"reference": f"{row[1]}/{row[2]}/_history/{row[3]}"} for row in rows],
            "recorded": _instant(recorded),
            "activity": {"coding": [{"system": DATA_OPERATION, "code": _operation(changes)}], "text": str(reason)},
            "agent": [agent],
        },
        recorded,
    )


def _operation(changes: Iterable[str]) -> str:
    found = set(changes)
    if found == {Change.CREATE.value}:
        return "CREATE"
    return "DELETE" if found == {Change.DELETE.value} else "UPDATE"


def audit_events(query: SearchQuery, scope: Scope, dialect: Dialect) -> Plan[tuple[list[Stored], bool]]:
    """The page of AuditEvent that match, in the order of their ids, and whether there are more."""
    if not scope.sees("AuditEvent"):
        raise AccessDenied("Your sign-on does not allow to search AuditEvent records.")
    parts = _audit_conditions(query, scope)
    if query.after:
        parts.append(Sql("e.id > ?", (query.after,)))
    rows = yield (
        Sql(f"SELECT {_AUDITS} FROM audit e WHERE ") + all_of(parts) + Sql(" ORDER BY e.id LIMIT ?", (query.count + 1,))
    )
    page = rows[: query.count]
    patients = yield from _patients_of([str(row[0]) for row in page], scope)
    entities = {str(row[0]): _entities(str(row[10])) for row in page}
    if scope.predicate.patient is not None or scope.predicate.limits:
        entities = yield from _seen_entities(entities, scope)
    events = [_audit_event(row, entities[str(row[0])], patients.get(str(row[0]), []), dialect) for row in page]
    return events, len(rows) > query.count


def audit_events_counted(query: SearchQuery, scope: Scope) -> Plan[int]:
    """How many AuditEvent match."""
    rows = yield Sql("SELECT COUNT(*) FROM audit e WHERE ") + all_of(_audit_conditions(query, scope))
    return cast(int, rows[0][0])


def _audit_conditions(query: SearchQuery, scope: Scope) -> list[Sql]:
    asked = [_audit_condition(criterion, scope) for criterion in query.criteria]
    return [Sql("e.practice = ?", (scope.practice,)), *_about_nobody_else(scope), *asked]


def audit_event(ref: Ref, scope: Scope, dialect: Dialect) -> Plan[Stored]:
    """One rendered AuditEvent; NotFound."""
    query = SearchQuery(type="AuditEvent", criteria=(Criterion(param="_id", values=(ref.id,)),))
    found = (yield from audit_events(query, scope, dialect))[0] if scope.sees("AuditEvent") else []
    if not found:
        raise NotFound(f"{ref} is not here.")
    return found[0]


def _about_nobody_else(scope: Scope) -> list[Sql]:
    """Somebody confined to one patient sees the audit rows about that patient, and none that name another as well."""
    if scope.predicate.patient is None:
        return []
    rows = Sql("SELECT p.audit_id FROM audit_patient p WHERE p.practice = ? AND p.patient_key ", (scope.practice,))
    of_patient = scope.with_aliases(scope.predicate.patient)
    return [
        Sql("e.id IN (") + rows + Sql("IN (") + of_patient + Sql("))"),
        Sql("e.id NOT IN (") + rows + Sql("NOT IN (") + of_patient + Sql("))"),
    ]


def _audit_condition(criterion: Criterion, scope: Scope) -> Sql:
    if criterion.modifier or criterion.chain or criterion.reverse or criterion.junction:
        raise SearchError(f"AuditEvent is searched by {', '.join(AUDIT_PARAMETERS)}, without modifiers or chains.")
    either = {
        "_id": lambda value: Sql("e.id = ?", (value,)),
        "action": lambda value: Sql("e.action = ?", (value.rpartition("|")[2],)),
        "outcome": lambda value: Sql("e.outcome = ?", (value.rpartition("|")[2],)),
        "agent": lambda value: Sql("e.actor = ?", (value,)),
        "date": lambda value: range_condition("e.at", "e.at", value),
        "patient": lambda value: (
            Sql(
                "e.id IN (SELECT p.audit_id FROM audit_patient p WHERE p.practice = ? AND p.patient_key IN (",
                (scope.practice,),
            )
            + scope.with_aliases(value.removeprefix("Patient/"))
            + Sql("))")
        ),
    }
    if criterion.param not in either:
        raise SearchError(f"AuditEvent is searched by {', '.join(AUDIT_PARAMETERS)}; not by '{criterion.param}'.")
    return any_of([either[criterion.param](value) for value in criterion.values])


def _patients_of(ids: Sequence[str], scope: Scope) -> Plan[dict[str, list[str]]]:
    """The ids of the patients that each audit row is about."""
    if not ids:
        return {}
    rows = yield Sql(
        "SELECT p.audit_id, c.id FROM audit_patient p JOIN current_resource c ON c.practice = p.practice "
        "AND c.key = p.patient_key WHERE p.practice = ? AND p.audit_id IN ",
        (scope.practice,),
    ) + marks(ids)
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row[0]), []).append(str(row[1]))
    return found


def _seen_entities(entities: Mapping[str, list[Resource]], scope: Scope) -> Plan[dict[str, list[Resource]]]:
    """The entities of each audit row, without the records that somebody confined to one patient may not see.

    Whoever oversees the practice (audit.see) is told the ids of all: who opened a labelled record is what they are
    there to find out. What the record says, its type and id do not tell.
    """
    named = {ref for listed in entities.values() for entity in listed if (ref := _named(entity)) is not None}
    rows = (yield Sql("SELECT c.type, c.id FROM current_resource c WHERE ") + all_of([
        scope.where("c", "read"), Sql("c.key IN ") + marks([key_of(ref.type, ref.id) for ref in sorted(named)]),
    ])) if named else []  # fmt: skip
    seen = {None, *(Ref(str(row[0]), str(row[1])) for row in rows if scope.sees(str(row[0])))}
    return {key: [entity for entity in listed if _named(entity) in seen] for key, listed in entities.items()}


def _named(entity: Resource) -> Ref | None:
    """The record that an entity names; None for one that names a search."""
    reference = str(entity.get("what", {}).get("reference", ""))
    return Ref(*reference.split("/")[:2]) if reference else None


def _audit_event(row: Row, entities: Sequence[Resource], patients: Sequence[str], dialect: Dialect) -> Stored:
    audit_id, at, action, outcome, actor, on_behalf_of, roles, purpose, origin, reason, _ = row
    recorded = dialect.instant(at)
    agent: Resource = {
        "role": [{"text": role} for role in str(roles).split()],
        "who": {"reference": str(actor)},
        "requestor": True,
        "purposeOfUse": [{"coding": [{"system": PURPOSE_OF_USE, "code": str(purpose)}]}],
    }
    if not agent["role"]:
        del agent["role"]
    return _as_stored(
        {
            "resourceType": "AuditEvent",
            "id": str(audit_id),
            "meta": {"versionId": "1", "lastUpdated": _instant(recorded)},
            "type": {"system": AUDIT_TYPE, "code": "rest", "display": "RESTful Operation"},
            "action": str(action),
            "recorded": _instant(recorded),
            "outcome": str(outcome),
            "outcomeDesc": str(reason),
            "purposeOfEvent": [{"text": str(on_behalf_of)}] if on_behalf_of else [],
            "agent": [agent],
            "source": {"observer": {"display": "Carewright"}, "site": str(origin)},
            "entity": [*entities, *({"what": {"reference": f"Patient/{p}"}, "role": {
                "system": OBJECT_ROLE, "code": "1", "display": "Patient"}} for p in sorted(patients))],
        },
        recorded,
    )  # fmt: skip


def _entities(detail: str) -> list[Resource]:
    content = json.loads(detail)
    written = [
        {"what": {"reference": f"{write[0]}/_history/{write[1]}" if isinstance(write, list) else write}}
        for write in content.get("writes", ())
    ]
    read = [{"what": {"reference": "/_history/".join(text.rsplit("/", 1))}} for text in content.get("read", ())]
    return [*written, *read, *({"description": text} for text in content.get("searched", ()))]


def _as_stored(resource: Resource, at: datetime) -> Stored:
    present = {name: value for name, value in resource.items() if value != []}
    return Stored(
        ref=Ref(resource["resourceType"], resource["id"]),
        version=1,
        at=at,
        change=Change.CREATE,
        body=codec.encode(present),
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
