"""The people, the permissions and the hooks of the store's tests, by name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Actor, Interaction, Role
from carewright.core.fhir.structures import resource_types
from carewright.core.registry import Manifest, Registry
from carewright.core.sentences import quoted
from carewright.core.store.hooks import (
    Claim,
    Column,
    ColumnType,
    Effect,
    Extra,
    Guard,
    GuardKind,
    Projection,
    Put,
    Write,
    WriteContext,
)
from carewright.core.store.model import Ref, Refused, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer

ALL = frozenset(Interaction)


def _visit_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    yield {"status": resource["status"], "subject": resource.get("subject", {}).get("reference", "")}


def _no_vitals_on_finished_visits(write: Write, context: WriteContext) -> None:
    encounter = context.loaded.get(_encounter_of(write))
    if encounter is not None and encounter["status"] == "cancelled":
        raise Refused("visit-open", quoted("The visit was cancelled. Reopen it before you record something for it."))


def _encounter_of(write: Write) -> Ref:
    reference = (write.after or {}).get("encounter", {}).get("reference", "Encounter/-")
    return Ref("Encounter", reference.removeprefix("Encounter/"))


def _mrn_claims(write: Write, context: WriteContext) -> Sequence[Extra]:
    return [
        Claim(kind="mrn", key=identifier["value"], holder=write.ref)
        for identifier in (write.after or {}).get("identifier", ())
        if identifier.get("system") == "urn:test:mrn"
    ]


def _task_for_order(write: Write, context: WriteContext) -> Sequence[Extra]:
    if write.before is not None or write.after is None:
        return []
    return [
        Put(
            create=True,
            resource={
                "resourceType": "Task",
                "id": f"task-{write.ref.id}",
                "status": "requested",
                "intent": "order",
                "focus": {"reference": str(write.ref)},
                "for": write.after["subject"],
            },
        )
    ]


REGISTRY = Registry((
    Manifest(
        name="test",
        doc="The hooks of the store's tests.",
        projections=(
            Projection(
                name="test_visit",
                types=frozenset({"Encounter"}),
                columns=(Column(name="status"), Column(name="subject"), Column(name="at", type=ColumnType.INSTANT)),
                rows=_visit_rows,
                indexes=(("status",),),
            ),
        ),
        guards=(
            Guard(
                name="visit-open",
                types=frozenset({"Observation"}),
                check=_no_vitals_on_finished_visits,
                reads=lambda write: [_encounter_of(write)],
                locks=lambda write: [("resource", str(_encounter_of(write)))],
            ),
            Guard(
                name="patient-known",
                types=frozenset({"Flag"}),
                kind=GuardKind.INTEGRITY,
                check=lambda write, context: None,
            ),
        ),
        effects=(
            Effect(name="mrn", types=frozenset({"Patient"}), apply=_mrn_claims, integrity=True),
            Effect(name="task-for-order", types=frozenset({"ServiceRequest"}), apply=_task_for_order),
        ),
    ),
))  # fmt: skip


def everything(practice: str, **changes: Any) -> Access:
    """Somebody who may do everything in `practice`: Dana Cole, lead MA."""
    fields: dict[str, Any] = {
        "actor": Actor(practice=practice, reference="Practitioner/dana", display="Dana Cole"),
        "roles": frozenset({Role.LEAD_MA}),
        "grants": dict.fromkeys(resource_types(), ALL),
        "sensitive": EVERYTHING,
    }
    return Access(**{**fields, **changes})


def patient(name: str = "Okafor", given: str = "Jonas", **more: Any) -> Resource:
    return {"resourceType": "Patient", "name": [{"family": name, "given": [given]}], "birthDate": "2025-08-21", **more}


def heart_rate(subject: Ref | str, rate: int = 126, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": str(subject)},
        "effectiveDateTime": "2026-11-23T10:42:00-05:00",
        "valueQuantity": {
            "value": rate,
            "unit": "/min",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
        **more,
    }


def put_all(store: Store, practice: str, resources: Iterable[Resource]) -> None:
    """Write these records, in one transaction."""
    with Writer(store, everything(practice)).transaction(reason="test.populate") as tx:
        for resource in resources:
            tx.put(resource)
