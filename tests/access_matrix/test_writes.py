"""Who may write what: nothing that is not granted, and nothing that the actor may not see. Refusals tell nothing."""

import uuid

import pytest

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, AccessDenied, Interaction, Role
from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref, Referenced, Refused, Resource
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer
from tests.access_matrix import clinic
from tests.access_matrix.probes import full_access
from tests.store.people import everything
from tests.store.search_oracle import patient_of


@pytest.fixture
def practice(matrix: Store) -> str:
    """Practice a's world once more, for writing in it."""
    name = f"a{uuid.uuid4().hex[:12]}"
    clinic.fill(matrix, name, clinic.world(name))
    return name


def version_of(matrix: Store, practice: str, ref: Ref) -> int:
    with matrix.reader(everything(practice), reason="test.version") as reader:
        return reader.read(ref).version


def may_update(matrix: Store, access: Access, resource: Resource) -> bool:
    ref = Ref(resource["resourceType"], resource["id"])
    version = version_of(matrix, access.practice, ref)
    try:
        with Writer(matrix, access).transaction(reason="test.update") as tx:
            tx.update(resource, version=version)
    except (AccessDenied, NotFound):
        return False
    return True


def may_create(matrix: Store, access: Access, resource: Resource) -> bool:
    try:
        with Writer(matrix, access).transaction(reason="test.create") as tx:
            tx.create(resource)
    except AccessDenied:
        return False
    return True


def may_delete(matrix: Store, access: Access, ref: Ref) -> bool:
    try:
        with Writer(matrix, access).transaction(reason="test.delete") as tx:
            tx.delete(ref)
    except (AccessDenied, NotFound):
        return False
    except (Refused, Referenced):  # a record of care, or one that others refer to: no question of access
        return True
    return True


@pytest.mark.parametrize("source", ["product", "declared"])
@pytest.mark.parametrize("role", list(Role))
def test_a_role_writes_what_it_is_granted_and_sees(matrix: Store, practice: str, role: Role, source: str) -> None:
    grants = clinic.grants_of(role, source)
    situations = clinic.accesses(practice, grants)
    for situation in ("everything", "one patient, no labels"):
        access = situations[situation]
        seen = clinic.eyes_of(access, Interaction.READ)
        for resource in clinic.standing(practice):
            resource_type = resource["resourceType"]
            own = access.patient is None or patient_of(resource) == access.patient
            visible = own and (seen.labels is None or "security" not in resource.get("meta", {}))
            granted = Interaction.UPDATE in grants.get(resource_type, ())
            assert may_update(matrix, access, resource) == (granted and visible), (situation, resource)
            if Interaction.CREATE in grants.get(resource_type, ()):
                new_person = resource_type == "Patient" and access.patient is not None
                assert may_create(matrix, access, resource) == (own and not new_person), (situation, resource)
            else:
                assert not may_create(matrix, access, resource), (situation, resource)
    for resource in clinic.standing(practice):
        ref = Ref(resource["resourceType"], resource["id"])
        granted = Interaction.DELETE in grants.get(ref.type, ())
        access = everything(practice, grants=grants, sensitive=EVERYTHING)
        assert may_delete(matrix, access, ref) == granted, ref


def test_what_is_not_seen_is_not_found_whatever_version_is_named(matrix: Store, practice: str) -> None:
    """A wrong version of a hidden record must not answer with a conflict, which would show it."""
    confined = clinic.accesses(practice, full_access(practice).grants)["one patient, no labels"]
    for resource in clinic.standing(practice):
        if resource["id"] not in ("o3", "e3", "o6", "o7"):
            continue
        mine = {**resource, "subject": {"reference": "Patient/p1"}}
        with pytest.raises(NotFound), Writer(matrix, confined).transaction(reason="test.update") as tx:
            tx.update(mine, version=99)
        with pytest.raises(NotFound), Writer(matrix, confined).transaction(reason="test.put") as tx:
            tx.put(mine)


def test_the_other_practice_s_records_are_not_there_to_be_written(matrix: Store, practice: str) -> None:
    access = full_access(practice)
    for resource_id, resource_type in (("p9", "Patient"), ("e9", "Encounter"), ("o9", "Observation")):
        foreign = next(r for r in clinic.standing("b") if (r["resourceType"], r["id"]) == (resource_type, resource_id))
        with pytest.raises(NotFound), Writer(matrix, access).transaction(reason="test.update") as tx:
            tx.update(foreign, version=1)
    with pytest.raises(Conflict) as caught, Writer(matrix, access).transaction(reason="test.update") as tx:
        tx.update(next(r for r in clinic.standing(practice) if r["id"] == "p1"), version=99)
    assert caught.value.current is not None
    assert b"Zimmer" not in (caught.value.current.body or b""), "what stands in the other practice"


def test_a_taken_key_names_only_a_holder_that_may_be_seen(matrix: Store, practice: str) -> None:
    """That a record number or a seat is taken must be said; whose it is, only to those who may see them."""
    number = f"{practice}-17"
    held = {"p1": True, "p3": False}  # p3 is labelled
    for patient, seen in held.items():
        holder = Ref("Patient", patient)
        with Writer(matrix, everything(practice)).transaction(reason="test.claim") as tx:
            tx.claim("mrn", f"{number}-{patient}", holder=holder)
        for access, known in (
            (everything(practice), True),
            (everything(practice, sensitive=0), seen),
            (everything(practice, sensitive=0, patient="p2"), False),
            (everything(practice, grants={"Organization": frozenset(Interaction)}), False),
        ):
            with pytest.raises(KeyTaken) as caught, Writer(matrix, access).transaction(reason="test.claim") as tx:
                tx.claim("mrn", f"{number}-{patient}", holder=Ref("Organization", "h1"))
            assert caught.value.holder == (holder if known else None), (patient, access)
            with matrix.reader(access, reason="test.holder") as reader:
                assert reader.holder("mrn", f"{number}-{patient}") == (holder if known else None)
                assert reader.is_held("mrn", f"{number}-{patient}")


def test_a_refused_deletion_names_only_what_may_be_seen(matrix: Store, practice: str) -> None:
    """That something refers to it must be said; what, only to those who may see it."""
    writer = Writer(matrix, everything(practice))
    house = {"resourceType": "Organization", "name": "Annex"}
    with writer.transaction(reason="test.create") as tx:
        annex = tx.create(house)
        shown = tx.create({"resourceType": "Organization", "name": "Wing", "partOf": {"reference": str(annex)}})
        tx.create({"resourceType": "Location", "meta": {"security": [clinic.RESTRICTED]}, "name": "Safe room",
                   "managingOrganization": {"reference": str(annex)}})  # fmt: skip
    plain = everything(practice, sensitive=0)
    with pytest.raises(Referenced) as caught, Writer(matrix, plain).transaction(reason="test.delete") as tx:
        tx.delete(annex)
    assert caught.value.by == [shown]
