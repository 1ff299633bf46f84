"""Registering, finding, look-alikes and flags, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from carewright.core.access.model import AccessDenied
from carewright.core.store.model import Conflict, KeyTaken
from carewright.skills.registration import actions, codes, fhir, queries
from carewright.skills.registration.model import BannerFlag, Name, Patient, Phone
from carewright.skills.registration.rules.mrn import check_mrn
from tests.clinic import Clinic

JONAS = Patient(
    name=Name(family="Okafor", given=("Jonas",)),
    gender="male",
    birth_date=date(2025, 8, 21),
    phones=(Phone(number="(612) 555-0142"),),
)
LÉA = Patient(name=Name(family="García-O’Neil", given=("Léa", "Marie")), gender="female", birth_date=date(1990, 3, 4))


def find(clinic: Clinic, text: str) -> list[str]:
    with clinic.store.reader(clinic.access("fay"), reason="test.find") as reader:
        return [patient.name.words for patient in queries.find(reader, text)]


def patient_of(clinic: Clinic, patient_id: str) -> Patient:
    with clinic.store.reader(clinic.access("fay"), reason="test.read") as reader:
        return queries.patient(reader, patient_id)[0]


def test_a_new_patient_gets_the_next_record_number_and_is_found_by_anything(clinic: Clinic) -> None:
    ref = actions.register(clinic.writer("fay"), entered=JONAS)
    actions.register(clinic.writer("fay"), entered=LÉA)
    mrn = patient_of(clinic, ref.id).mrn
    assert check_mrn(mrn) == mrn
    for text in ("okafor", "jonas okaf", "08/21/2025", "612 555 0142", mrn, "okafor 2025-08-21"):
        assert find(clinic, text) == ["Okafor, Jonas"], text
    for text in ("garcia", "lea oneil", "LÉA"):
        assert find(clinic, text) == ["García-O’Neil, Léa Marie"], text
    assert find(clinic, "") == []


def test_a_likely_duplicate_is_named_with_its_reasons_and_can_still_be_registered(clinic: Clinic) -> None:
    first = actions.register(clinic.writer("fay"), entered=JONAS)
    swapped = replace(JONAS, name=Name(family="Okafor", given=("Jonás",)))
    with pytest.raises(actions.LooksRegistered) as caught:
        actions.register(clinic.writer("fay"), entered=swapped)
    ((found, reasons),) = caught.value.matches
    assert found.id == first.id
    assert "Same last name." in map(str, reasons)
    second = actions.register(clinic.writer("fay"), entered=swapped, is_new=True)
    assert patient_of(clinic, second.id).mrn != patient_of(clinic, first.id).mrn


def test_twenty_desks_at_once_give_twenty_different_numbers(clinic: Clinic) -> None:
    def one(number: int) -> str:
        entered = replace(JONAS, name=Name(family=f"Family{number}", given=("A",)))
        return actions.register(clinic.writer("fay"), entered=entered, is_new=True).id

    with ThreadPoolExecutor(5) as pool:
        ids = list(pool.map(one, range(20)))
    assert len({patient_of(clinic, patient_id).mrn for patient_id in ids}) == 20


def test_a_number_that_an_import_brought_is_passed_over(clinic: Clinic) -> None:
    system = codes.mrn_system(clinic.practice)
    clinic.have(fhir.to_fhir(replace(LÉA, mrn="00000018", id="l"), mrn_system=system))
    ref = actions.register(clinic.writer("fay"), entered=JONAS)
    assert patient_of(clinic, ref.id).mrn not in ("", "00000018")


def test_a_number_is_never_given_to_a_second_patient(clinic: Clinic) -> None:
    system = codes.mrn_system(clinic.practice)
    clinic.have(fhir.to_fhir(replace(LÉA, mrn="00000018", id="l"), mrn_system=system))
    with pytest.raises(KeyTaken):
        clinic.have(fhir.to_fhir(replace(JONAS, mrn="00000018", id="j"), mrn_system=system))


def test_somebody_from_elsewhere_gets_a_number_of_ours_beside_their_own(clinic: Clinic) -> None:
    outside = {"system": "urn:elsewhere", "value": "77"}
    (ref,) = clinic.have({"resourceType": "Patient", "identifier": [outside], "name": [{"family": "Doe"}]})
    mrn = actions.assign_mrn(clinic.writer("fay"), patient_id=ref.id)
    assert actions.assign_mrn(clinic.writer("fay"), patient_id=ref.id) == mrn
    assert outside in clinic.resource(ref)["identifier"]


def test_a_change_from_a_stale_screen_is_not_written(clinic: Clinic) -> None:
    ref = actions.register(clinic.writer("fay"), entered=JONAS)
    known = patient_of(clinic, ref.id)
    actions.change(clinic.writer("fay"), patient=replace(known, preferred_name="Jo"), version=1)
    with pytest.raises(Conflict):
        actions.change(clinic.writer("fay"), patient=replace(known, preferred_name="Joni"), version=1)
    assert patient_of(clinic, ref.id).preferred_name == "Jo"


def test_a_flag_stands_in_the_banner_until_it_ends(clinic: Clinic) -> None:
    ref = actions.register(clinic.writer("fay"), entered=JONAS)
    raised = actions.raise_flag(
        clinic.writer("dana"), flag=BannerFlag(patient=str(ref), code=codes.NOT_THIS_ARM, words="Left arm")
    )
    assert [row["words"] for row in clinic.rows("flag", patient=ref.id)] == [
        "No blood pressure or blood draw on this arm: Left arm"
    ]
    actions.end_flag(clinic.writer("dana"), flag_id=raised.id, version=1, on=date(2026, 11, 23))
    assert clinic.rows("flag", patient=ref.id) == []


def test_the_biller_sees_and_does_not_change(clinic: Clinic) -> None:
    actions.register(clinic.writer("fay"), entered=JONAS)
    with pytest.raises(AccessDenied):
        actions.register(clinic.writer("bill"), entered=LÉA)
