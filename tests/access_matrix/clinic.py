"""Two practices in which everything has the same ids and nothing has the same content, and who may see what of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Interaction, Role
from carewright.core.registry import Manifest, Permission, Registry
from carewright.core.store.model import Ref, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from carewright.project import wiring
from tests.store.people import REGISTRY as STORE_REGISTRY
from tests.store.people import everything
from tests.store.search_oracle import Eyes

TYPES = ("Patient", "Observation", "Encounter", "Practitioner", "Organization", "Questionnaire", "List")
HELD_TO = (("Observation", "code", "code-9"), ("Encounter", "status", "finished"), ("List", "status", "retired"))
"""(type, element, word) of a token whose scopes have a query: other records of these types are not for it."""
READ = frozenset({Interaction.READ, Interaction.SEARCH})
WRITE = READ | {Interaction.CREATE, Interaction.UPDATE}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
MARCH, APRIL, JUNE = "2026-03-01", "2026-04-01", "2026-06-01"


def _permission(action: str, roles: set[Role], grants: Mapping[str, frozenset[Interaction]]) -> Permission:
    return Permission(action=action, roles=frozenset(roles), doc="A representative grant.", grants=grants)


GRANTS = Registry((
    Manifest(
        name="matrix",
        doc="What the roles of a practice may do with the six types of this matrix.",
        permissions=(
            _permission("matrix.chart", {Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER},
                        {"Patient": WRITE, "Observation": WRITE, "Encounter": WRITE, "Practitioner": READ,
                         "List": WRITE}),
            _permission("matrix.manage", {Role.MANAGER, Role.LEAD_MA},
                        {"Organization": frozenset(Interaction), "Questionnaire": frozenset(Interaction),
                         "Practitioner": WRITE}),
            _permission("matrix.desk", {Role.FRONT_DESK}, {"Patient": WRITE, "Encounter": READ, "Practitioner": READ}),
            _permission("matrix.bill", {Role.BILLER},
                        {"Patient": READ, "Encounter": READ, "Observation": frozenset({Interaction.READ})}),
            _permission("matrix.oversee", {Role.PRIVACY_OFFICER, Role.AUDITOR}, {"Patient": READ, "Encounter": READ}),
        ),
    ),
))  # fmt: skip


def grants_of(role: Role, source: str) -> dict[str, frozenset[Interaction]]:
    """What a role may do with the types of this matrix: as the product is wired, or as declared above."""
    registry = wiring.registry() if source == "product" else GRANTS
    return {name: held for name, held in registry.grants_for({role}).items() if name in TYPES}


def accesses(practice: str, grants: Mapping[str, frozenset[Interaction]], **more: Any) -> dict[str, Access]:
    """The same grants in six situations: everything, no sensitive labels, one patient's records only, both, and held
    to a query with and without that."""
    limits = {kind: dict.fromkeys(Interaction, (f"{element}={word}",)) for kind, element, word in HELD_TO}
    return {
        "everything": everything(practice, grants=grants, sensitive=EVERYTHING, **more),
        "no labels": everything(practice, grants=grants, sensitive=0, **more),
        "one patient": everything(practice, grants=grants, sensitive=EVERYTHING, patient="p1", **more),
        "one patient, no labels": everything(practice, grants=grants, sensitive=0, patient="p1", **more),
        "a query": everything(practice, grants=grants, sensitive=EVERYTHING, limits=limits, **more),
        "a query, one patient, no labels": everything(
            practice, grants=grants, sensitive=0, patient="p1", limits=limits, **more
        ),
    }


def eyes_of(access: Access, interaction: Interaction) -> Eyes:
    """The same in the terms of the oracle, which does not use the store's predicate."""
    return Eyes(
        types=frozenset(name for name, held in access.grants.items() if interaction in held),
        patient=access.patient,
        labels=None if access.sensitive else frozenset(),
        merged=frozenset({"p2"}) if access.patient and access.practice.startswith("b") else frozenset(),
        held_to=HELD_TO if access.limits else (),
    )


def world(practice: str) -> list[list[Resource]]:
    """What is written in turn. In practice b, the same ids stand for other people and other days."""
    here = practice.startswith("a")
    seven = "7" if here else "8"
    labelled = {"meta": {"security": [RESTRICTED]}}

    def patient(resource_id: str, name: str, born: str | None, **more: Any) -> Resource:
        birth = {"birthDate": born} if born else {}
        return {"resourceType": "Patient", "id": resource_id, "name": [{"family": name}], **birth, **more}

    def visit(resource_id: str, subject: str, day: str | None, **more: Any) -> Resource:
        period = {"period": {"start": f"{day}T10:00:00Z", "end": f"{day}T10:30:00Z"}} if day else {}
        return {"resourceType": "Encounter", "id": resource_id, "status": "finished" if here else "arrived",
                "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{subject}"}, **period, **more}  # fmt: skip

    def result(resource_id: str, subject: str, visit_id: str, day: str | None, code: str, **more: Any) -> Resource:
        when = {"effectiveDateTime": day} if day else {}
        return {"resourceType": "Observation", "id": resource_id, "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "subject": {"reference": f"Patient/{subject}"}, "encounter": {"reference": f"Encounter/{visit_id}"},
                "valueString": f"{practice} {resource_id}", **when, **more}  # fmt: skip

    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Rao" if here else "Berg"}]}
    other = {"resourceType": "Practitioner", "id": "d2", "name": [{"family": "Kim" if here else "Moss"}]}
    house = {"resourceType": "Organization", "id": "h1", "name": "Main St" if here else "Hill Rd"}
    form = {"resourceType": "Questionnaire", "id": "q1", "status": "active", "url": f"http://{practice[0]}.example/q"}
    recall = {"resourceType": "List", "id": "l1", "status": "current", "mode": "working", "title": f"Recall {seven}",
              "entry": [{"item": {"reference": f"Patient/{p}"}} for p in ("p1", "p2")]}  # fmt: skip
    first: list[Resource] = [
        doctor, other, house, form, recall,
        patient("p1", "Okafor" if here else "Zimmer", MARCH if here else None,
                generalPractitioner=[{"reference": "Practitioner/d1"}]),
        patient("p2", "Lindqvist" if here else "Okafor", None if here else MARCH),
        patient("p3", "Secret" if here else "Lindqvist", JUNE, **labelled),
        visit("e1", "p1" if here else "p2", APRIL if here else MARCH),
        visit("e2", "p2" if here else "p1", None if here else APRIL),
        visit("e3", "p1", JUNE if here else None, **labelled),
        result("o1", "p1" if here else "p2", "e1" if here else "e2", APRIL, f"code-{seven}"),
        result("o2", "p2" if here else "p1", "e2" if here else "e1", None if here else MARCH, "code-9"),
        result("o3", "p1" if here else "p2", "e3", JUNE, "code-secret", **labelled,
               performer=[{"reference": "Practitioner/d2"}]),
        result("o4", "p1", "e3" if here else "e1", MARCH if here else APRIL, "code-9"),
        result("o5", "p2", "e3" if here else "e2", APRIL, "code-4"),
        result("o6", "p1", "e1", None, "code-secret-undated", **labelled),
        result("o7", "p1", "e1", MARCH, "code-before-label"),
        result("o8", "p1", "e1", MARCH, "code-was-secret", **labelled),
        result("o10", "p3", "e1", MARCH, "code-4"),
    ]  # fmt: skip
    if not here:
        first += [
            patient("p9", "Elsewhere", MARCH),
            visit("e9", "p9", MARCH),
            result("o9", "p9", "e9", MARCH, "code-7"),
        ]
    second = [
        result("o7", "p1", "e1", MARCH, "code-after-label", **labelled),
        result("o8", "p1", "e1", MARCH, "code-no-longer-secret"),
        visit("e1", "p1" if here else "p2", APRIL if here else MARCH, reasonCode=[{"text": "Second version"}]),
    ]
    return [first, second]


def fill(store: Store, practice: str, steps: Sequence[Sequence[Resource]]) -> None:
    """Write steps of a practice's world: practice a in January, practice b in February."""
    store.ensure_practice(practice, practice)
    writer = Writer(store, everything(practice))
    at = datetime(2026, 1 if practice.startswith("a") else 2, 1, tzinfo=UTC)
    with mock.patch("carewright.core.store.writer.wall_now", return_value=at):
        for step in steps:
            with writer.transaction(reason="test.fill") as tx:
                for resource in step:
                    tx.put(resource)
        if practice.startswith("b"):
            with writer.transaction(reason="test.merge") as tx:  # in b alone, p2 is another name of p1
                tx.merge(Ref("Patient", "p2"), survivor=Ref("Patient", "p1"))


def standing(practice: str) -> list[Resource]:
    """The last version of everything in a practice."""
    last = {(r["resourceType"], r["id"]): r for step in world(practice) for r in step}
    return list(last.values())


STORE = STORE_REGISTRY
"""The hooks and the projection with which the matrix's store runs."""
