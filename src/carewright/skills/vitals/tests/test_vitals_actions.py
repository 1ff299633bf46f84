"""Vital signs in the chart, on both engines: together or not at all, corrected, retracted, told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from carewright.core.store.model import Conflict, Ref
from carewright.core.store.search.parse import parse
from carewright.core.work.tasks import CRITICAL_VITAL_TOLD, of_visit
from carewright.skills.vitals import actions, queries
from carewright.skills.vitals.codes import CM, KG, LB_OZ, PERCENT
from carewright.skills.vitals.model import CouldNot, Kind, Measured, Reading
from carewright.skills.vitals.rules.findings import NotPossible
from tests.clinic import Clinic


@pytest.fixture
def jonas(clinic: Clinic) -> Ref:
    (ref, _) = clinic.have(
        {"resourceType": "Patient", "gender": "male", "birthDate": "2025-08-21",
         "name": [{"family": "Okafor", "given": ["Jonas"]}]},
        {"resourceType": "Encounter", "id": clinic.practice, "status": "in-progress", "class": {"code": "AMB"}},
    )  # fmt: skip
    return ref


def reading(clinic: Clinic, jonas: Ref, kind: Kind, amount: str, unit: object, **more: object) -> Reading:
    value = Measured(amount=Decimal(amount), unit=unit, **more)  # type: ignore[arg-type] # any field
    return Reading(kind=kind, at=clinic.now, patient=str(jonas), value=value, encounter=f"Encounter/{clinic.practice}")


def recorded(clinic: Clinic) -> dict[Kind, queries.Recorded]:
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        return {found.reading.kind: found for found in queries.of_visit(reader, clinic.practice)}


def test_what_was_typed_comes_back_unchanged_with_the_bmi_beside_it(clinic: Clinic, jonas: Ref) -> None:
    weight = reading(clinic, jonas, Kind.WEIGHT, "22", LB_OZ, minor=Decimal(11))
    height = reading(clinic, jonas, Kind.HEIGHT, "79.40", CM)
    actions.record(clinic.writer(), readings=[weight, height])
    found = recorded(clinic)
    assert found[Kind.WEIGHT].reading.shown == "22 lb 11 oz"
    assert found[Kind.HEIGHT].reading.shown == "79.40 cm"
    assert found[Kind.WEIGHT].reading.performer == "Practitioner/dana"
    assert {r["reference"] for r in found[Kind.BMI].observation["derivedFrom"]} == {
        str(found[Kind.WEIGHT].ref), str(found[Kind.HEIGHT].ref)}  # fmt: skip


def test_an_impossible_number_writes_nothing_at_all(clinic: Clinic, jonas: Ref) -> None:
    readings = [reading(clinic, jonas, Kind.WEIGHT, "10.3", KG), reading(clinic, jonas, Kind.SPO2, "112", PERCENT)]
    with pytest.raises(NotPossible, match="112"):
        actions.record(clinic.writer(), readings=readings)
    assert recorded(clinic) == {}


def test_readings_of_two_patients_are_never_written_together(clinic: Clinic, jonas: Ref) -> None:
    mine = reading(clinic, jonas, Kind.WEIGHT, "10.3", KG)
    with pytest.raises(ValueError, match="one patient at a time"):
        actions.record(clinic.writer(), readings=[mine, replace(mine, patient="Patient/ada")])
    assert recorded(clinic) == {}


def test_the_second_of_two_editors_gets_what_stands_now(clinic: Clinic, jonas: Ref) -> None:
    (ref,) = actions.record(clinic.writer(), readings=[reading(clinic, jonas, Kind.WEIGHT, "19.4", KG)])
    right = reading(clinic, jonas, Kind.WEIGHT, "10.4", KG)
    actions.correct(clinic.writer("dana"), observation_id=ref.id, version=1, reading=right)
    with pytest.raises(Conflict) as caught:
        actions.correct(clinic.writer("lena"), observation_id=ref.id, version=1, reading=right)
    assert caught.value.current is not None
    assert b"10.4" in (caught.value.current.body or b"")
    assert recorded(clinic)[Kind.WEIGHT].reading.status == "corrected"


def test_a_critical_reading_holds_the_visit_until_somebody_was_told(clinic: Clinic, jonas: Ref) -> None:
    (ref,) = actions.record(clinic.writer(), readings=[reading(clinic, jonas, Kind.SPO2, "84", PERCENT)])
    task_ref = of_visit(clinic.practice, CRITICAL_VITAL_TOLD)
    task = clinic.resource(task_ref)
    assert task["status"] == "requested"
    assert task["input"][0]["valueReference"] == {"reference": str(ref), "display": "SpO₂"}
    actions.tell(
        clinic.writer(), encounter_id=clinic.practice, whom="Practitioner/lind", name="Dr. Lind", at=clinic.later()
    )
    assert clinic.resource(task_ref)["status"] == "completed"
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:  # who may see no vital signs
        seen = [*reader.resources(parse("Task", [])), *reader.resources(parse("Communication", []))]
    assert len(seen) == 2
    assert "84 %" not in str(seen)
    assert {part["contentString"] for r in seen for part in r.get("payload", ())} == {"SpO₂"}
    again = replace(reading(clinic, jonas, Kind.SPO2, "83", PERCENT), at=clinic.now + timedelta(minutes=1))
    actions.record(clinic.writer(), readings=[again])
    assert clinic.resource(task_ref)["status"] == "requested"


def test_a_reading_charted_by_mistake_stays_readable_and_lets_the_visit_go(clinic: Clinic, jonas: Ref) -> None:
    (ref,) = actions.record(clinic.writer(), readings=[reading(clinic, jonas, Kind.SPO2, "84", PERCENT)])
    actions.charted_by_mistake(clinic.writer(), observation_id=ref.id, version=1)
    found = recorded(clinic)[Kind.SPO2]
    assert (found.reading.status, found.reading.shown) == ("entered-in-error", "84 %")
    assert clinic.resource(of_visit(clinic.practice, CRITICAL_VITAL_TOLD))["status"] == "cancelled"
    with clinic.store.reader(clinic.access("dana"), reason="test.read") as reader:
        assert queries.last_before(reader, jonas.id, at=clinic.later()) == {}


def test_could_not_get_it_is_recorded_with_its_reason(clinic: Clinic, jonas: Ref) -> None:
    actions.record(
        clinic.writer(),
        readings=[
            Reading(
                kind=Kind.TEMPERATURE,
                at=clinic.now,
                patient=str(jonas),
                could_not=CouldNot.CRYING,
                encounter=f"Encounter/{clinic.practice}",
            )
        ],
    )
    assert recorded(clinic)[Kind.TEMPERATURE].reading.shown == "Couldn't get it: crying"
