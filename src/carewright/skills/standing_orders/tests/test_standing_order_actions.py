"""Standing orders in the store, on both engines: drafted, signed in one's own name only, used, asked for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied, Role
from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref, Refused
from carewright.core.terminology.coding import Coding
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import TASK_CODE, Priority
from carewright.core.work.whom import Facts
from carewright.skills.standing_orders import actions, fhir, queries
from carewright.skills.standing_orders.model import StandingOrder, Usable
from tests.clinic import Clinic

VACCINE = Coding(TASK_CODE, "vaccine-give", "Give the vaccine")
FLU = StandingOrder(
    name="flu", allows=VACCINE, words="One dose of this season’s flu vaccine.", signer="Practitioner/lind",
    signer_name="Dr. Lind", first_day=date(2026, 9, 1), last_day=date(2027, 6, 30),
    roles=frozenset({Role.MA, Role.NURSE}), competency="immunization",
)  # fmt: skip
ADA = Facts(born=date(1980, 3, 2), sex="female")


def drafted(clinic: Clinic, order: StandingOrder = FLU, by: str = "lena") -> Ref:
    return actions.draft(clinic.writer(by), order=order, at=clinic.now)


def signed(clinic: Clinic) -> Ref:
    ref = drafted(clinic)
    actions.sign(clinic.writer("lind"), order_id=ref.id, version=1, at=clinic.later())
    return ref


def usable(clinic: Clinic, name: str = "dana", code: str = "vaccine-give") -> list[Usable]:
    with clinic.store.reader(clinic.access(name), reason="test") as reader:
        return queries.usable(reader, code=code, at=clinic.now, facts=ADA)


def employ(clinic: Clinic) -> None:
    """Dana is an MA here, signed off for immunizations until the end of the year."""
    sign_off = {"coding": [{"system": "https://carewright.org/fhir/CodeSystem/competency", "code": "immunization"}]}
    clinic.have(
        {"resourceType": "Practitioner", "id": "dana", "qualification": [
            {"code": sign_off, "period": {"start": "2026-01-01", "end": "2026-12-31"}}]},
        {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/dana"},
         "code": [Coding(ROLE_SYSTEM, "ma").concept()]},
    )  # fmt: skip


def task_to_sign(clinic: Clinic, ref: Ref) -> str:
    return work_fhir.from_fhir(clinic.resource(Ref("Task", f"sign-{ref.id}"))).status


def test_it_is_signed_by_the_provider_it_names_and_used_by_those_it_names(clinic: Clinic) -> None:
    employ(clinic)
    assert usable(clinic) == []
    ref = drafted(clinic)
    (waiting,) = usable(clinic)
    assert not waiting.allowed
    assert "Waits for the signature of Dr. Lind" in str(waiting.reason)
    assert task_to_sign(clinic, ref) == "requested"
    actions.sign(clinic.writer("lind"), order_id=ref.id, version=1, at=clinic.later())
    (found,) = usable(clinic)
    assert found.allowed
    assert str(found.reason) == "Under Dr. Lind’s flu order, signed 11/23/2026, through 06/30/2027."
    assert task_to_sign(clinic, ref) == "completed"
    assert not usable(clinic, "fay")[0].allowed
    clinic.later(60 * 24 * 40)
    assert "competency" in str(usable(clinic)[0].reason), "the sign-off ended with the year"


def test_nobody_signs_for_another(clinic: Clinic) -> None:
    clinic.people["osei"] = Role.PROVIDER
    ref = drafted(clinic)
    for name in ("lena", "mona", "nora", "dana"):
        with pytest.raises(AccessDenied):
            actions.sign(clinic.writer(name), order_id=ref.id, version=1, at=clinic.now)
    with pytest.raises(Refused, match="This order names"):
        actions.sign(clinic.writer("osei"), order_id=ref.id, version=1, at=clinic.now)
    with pytest.raises(Conflict):
        actions.sign(clinic.writer("lind"), order_id=ref.id, version=7, at=clinic.now)
    forged = {**clinic.resource(ref), "status": "active", "approvalDate": "2026-11-23"}
    for name in ("lena", "mona", "nora", "osei"):
        with pytest.raises(Refused, match="by nobody else"), clinic.writer(name).transaction(reason="test") as tx:
            tx.update(forged, version=1)
    with (
        pytest.raises(Refused, match="by nobody else"),
        clinic.writer("lena").transaction(reason="test") as tx,
    ):
        tx.create(fhir.to_fhir(replace(FLU, signed_on=date(2026, 11, 23))))


def test_a_signed_one_is_not_changed_but_retired(clinic: Clinic) -> None:
    employ(clinic)
    ref = signed(clinic)
    wider = {**clinic.resource(ref), "description": "Any vaccine."}
    for name in ("lind", "mona"):
        with pytest.raises(Refused, match="is not changed"), clinic.writer(name).transaction(reason="test") as tx:
            tx.update(wider, version=2)
    with pytest.raises(Refused, match="signed already"):
        actions.sign(clinic.writer("lind"), order_id=ref.id, version=2, at=clinic.now)
    with pytest.raises(Refused, match="Say why"):
        actions.retire(clinic.writer("mona"), order_id=ref.id, version=2, why=" ", at=clinic.now)
    with pytest.raises(AccessDenied):
        actions.retire(clinic.writer("dana"), order_id=ref.id, version=2, why="No", at=clinic.now)
    for _ in range(2):
        actions.retire(clinic.writer("mona"), order_id=ref.id, version=2, why="Season is over", at=clinic.now)
    (found,) = usable(clinic)
    assert "No longer used: Season is over" in str(found.reason)
    assert not found.allowed


def test_a_draft_that_is_retired_is_no_longer_to_be_signed(clinic: Clinic) -> None:
    ref = drafted(clinic)
    actions.retire(clinic.writer("lind"), order_id=ref.id, version=1, why="Not needed", at=clinic.later())
    assert task_to_sign(clinic, ref) == "cancelled"
    over = drafted(clinic, replace(FLU, last_day=date(2026, 11, 22)))
    with pytest.raises(Refused, match="Its last day, 11/22/2026, is over"):
        actions.sign(clinic.writer("lind"), order_id=over.id, version=1, at=clinic.now)
    with pytest.raises(NotFound):
        actions.sign(clinic.writer("lind"), order_id="no-such", version=1, at=clinic.now)


def test_who_may_draft_and_what(clinic: Clinic) -> None:
    for name in ("dana", "fay", "bill"):
        with pytest.raises(AccessDenied):
            drafted(clinic, by=name)
    with pytest.raises(Refused, match="Nobody is named"):
        drafted(clinic, replace(FLU, allows=Coding(TASK_CODE, "brain-surgery", "")))
    actions.draft(clinic.writer("lena"), order=FLU, at=clinic.now, form_key="k")
    with pytest.raises(KeyTaken):
        actions.draft(clinic.writer("lena"), order=FLU, at=clinic.now, form_key="k")


def test_an_act_without_one_queues_for_signature_once(clinic: Clinic) -> None:
    (patient,) = clinic.have({"resourceType": "Patient"})
    asked = {"code": VACCINE, "patient": str(patient), "provider": "Practitioner/lind", "site": "main-st"}
    first = actions.queue_for_signature(clinic.writer("dana"), at=clinic.now, **asked)  # type: ignore[arg-type] # any field
    assert actions.queue_for_signature(clinic.writer("nora"), at=clinic.later(), **asked) == first  # type: ignore[arg-type] # any field
    task = work_fhir.from_fhir(clinic.resource(first))
    assert (task.owner, task.priority, task.words) == (
        "Practitioner/lind", Priority.URGENT, "Sign an order, or say no: Give the vaccine",
    )  # fmt: skip
    assert task.due_at == clinic.now - timedelta(minutes=1) + actions.ASKED_WITHIN
    with pytest.raises(AccessDenied):
        actions.queue_for_signature(clinic.writer("fay"), at=clinic.now, **asked)  # type: ignore[arg-type] # any field
