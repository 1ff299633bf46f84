"""Patients, relatives, families and flags through FHIR and back, and what is kept of records from elsewhere."""

from datetime import date

import pytest

from carewright.core.fhir.model import Resource
from carewright.core.fhir.validation import validate
from carewright.core.terminology.coding import Coding
from carewright.skills.registration import codes, fhir
from carewright.skills.registration.model import Address, BannerFlag, Contact, Name, Patient, Phone, Relative

SYSTEM = codes.mrn_system("main")
FULL = Patient(
    id="p1",
    mrn="00421877",
    name=Name(family="García López", given=("María", "del Carmen"), suffix="Jr."),
    preferred_name="Mari",
    gender="female",
    birth_date=date(2019, 2, 28),
    birth_sex="F",
    gender_identity="girl",
    races=(codes.RACES[4], codes.RACES[1]),
    ethnicity=codes.HISPANIC,
    language=codes.SPANISH,
    needs_interpreter=True,
    phones=(Phone(number="(555) 670-8833", use="home"), Phone(number="(555) 670-0000")),
    email="mari@example.org",
    address=Address(lines=("12 Oak St.",), city="Springfield", state="MA", postal_code="01101"),
    contacts=(Contact(name="Rosa López", relationship="grandmother", phone="(555) 111-2222"),),
    birth_order=2,
)


def test_a_patient_comes_back_as_registered() -> None:
    resource = fhir.to_fhir(FULL, mrn_system=SYSTEM)
    assert fhir.from_fhir(resource, mrn_system=SYSTEM) == FULL
    assert resource["identifier"][0]["type"]["coding"][0]["code"] == "MR"
    assert resource["communication"][0]["preferred"] is True
    race = next(e for e in resource["extension"] if e["url"] == codes.RACE_EXTENSION)
    assert race["extension"][-1] == {"url": "text", "valueString": "White, Asian"}


def test_little_is_enough() -> None:
    little = Patient(name=Name(family="Unknown"))
    resource = fhir.to_fhir(little, mrn_system=SYSTEM)
    assert resource == {
        "resourceType": "Patient", "active": True, "name": [{"use": "official", "family": "Unknown"}],
        "gender": "unknown",
    }  # fmt: skip
    assert fhir.from_fhir(resource, mrn_system=SYSTEM) == little


def test_no_fixed_address_is_said_and_says_where_to_look() -> None:
    patient = Patient(
        name=Name(family="Moore"),
        address=Address(lines=("Shelter, 4 Main St.",), city="Springfield", no_fixed_address=True),
    )
    resource = fhir.to_fhir(patient, mrn_system=SYSTEM)
    assert resource["address"][0]["text"] == "No fixed address"
    assert resource["address"][0]["use"] == "temp"
    assert fhir.from_fhir(resource, mrn_system=SYSTEM) == patient


def test_declined_race_is_words_without_a_code() -> None:
    patient = Patient(name=Name(family="Moore"), race_words="Declined to answer")
    resource = fhir.to_fhir(patient, mrn_system=SYSTEM)
    assert resource["extension"][0]["extension"] == [{"url": "text", "valueString": "Declined to answer"}]
    assert fhir.from_fhir(resource, mrn_system=SYSTEM) == patient


@pytest.fixture
def from_elsewhere() -> Resource:
    return {
        "resourceType": "Patient",
        "id": "s1",
        "extension": [{"url": "http://example.org/own", "valueString": "kept"}],
        "identifier": [{"system": "http://hospital.example.org", "value": "A-1"}],
        "name": [{"use": "official", "family": "Hoeger", "given": ["Chet"]}, {"use": "maiden", "family": "Lee"}],
        "telecom": [{"system": "phone", "value": "555-670-8833", "use": "home"}, {"system": "fax", "value": "555-1"}],
        "gender": "male",
        "birthDate": "1988-09",
        "multipleBirthBoolean": False,
        "link": [{"other": {"reference": "Patient/s0"}, "type": "replaces"}],
    }  # fmt: skip


def test_a_first_record_number_keeps_everything_else(from_elsewhere: Resource) -> None:
    patient = fhir.from_fhir(from_elsewhere, mrn_system=SYSTEM)
    assert (patient.mrn, patient.name.words, patient.birth_date) == ("", "Hoeger, Chet", date(1988, 9, 1))
    numbered = Patient(id="s1", mrn="00421877", name=patient.name, gender="male", phones=patient.phones)
    stored = fhir.to_fhir(numbered, mrn_system=SYSTEM, onto=from_elsewhere)
    assert [i["value"] for i in stored["identifier"]] == ["00421877", "A-1"]
    assert stored["extension"] == from_elsewhere["extension"]
    assert {"use": "maiden", "family": "Lee"} in stored["name"]
    assert {"system": "fax", "value": "555-1"} in stored["telecom"]
    assert stored["link"] == from_elsewhere["link"]


def test_a_relative_who_is_a_patient_too() -> None:
    mother = Relative(
        id="r1", patient="Patient/p1", name=Name(family="López", given=("Rosa",)), relationship=codes.MOTHER,
        phones=(Phone(number="(555) 111-2222"),), own_mrn="00000108",
    )  # fmt: skip
    resource = fhir.relative_to_fhir(mother, mrn_system=SYSTEM)
    assert resource["identifier"] == [{"system": SYSTEM, "value": "00000108"}]
    assert fhir.relative_from_fhir(resource, mrn_system=SYSTEM) == mother


def test_a_family_is_a_group_of_patients() -> None:
    group = fhir.family_to_fhir(["Patient/1", "Patient/2"], name="Okafor", group_id="g1")
    assert (group["type"], group["actual"]) == ("person", True)
    group["member"][1]["inactive"] = True
    assert fhir.family_members(group) == ("Patient/1",)


@pytest.mark.parametrize("code", list(codes.FLAGS))
def test_every_flag_comes_back(code: Coding) -> None:
    flag = BannerFlag(
        id="f1", patient="Patient/1", code=code, words="Left arm: mastectomy 2019", since=date(2019, 5, 1)
    )
    resource = fhir.flag_to_fhir(flag)
    assert resource["status"] == "active"
    assert fhir.flag_from_fhir(resource) == flag
    assert flag.shown.endswith(": Left arm: mastectomy 2019")


def test_a_flag_ends_or_was_a_mistake() -> None:
    ended = BannerFlag(patient="Patient/1", code=codes.MASK_NOW, since=date(2026, 11, 20), ended=date(2026, 11, 23))
    assert fhir.flag_to_fhir(ended)["status"] == "inactive"
    mistake = BannerFlag(patient="Patient/1", code=codes.LATEX, by_mistake=True)
    assert fhir.flag_to_fhir(mistake)["status"] == "entered-in-error"
    assert fhir.flag_from_fhir(fhir.flag_to_fhir(mistake)) == mistake
    words_only = fhir.flag_from_fhir(
        {"resourceType": "Flag", "status": "active", "code": {"text": "Bites"}, "subject": {"reference": "Patient/1"}}
    )
    assert words_only.shown == "Bites"


def test_what_is_written_is_valid() -> None:
    homeless = Address(lines=("Shelter",), no_fixed_address=True)
    relative = Relative(patient="Patient/1", name=FULL.name, relationship=codes.MOTHER, phones=FULL.phones, own_mrn="1")
    flag = BannerFlag(
        patient="Patient/1", code=codes.LATEX, words="gloves", since=date(2020, 1, 1), author="Practitioner/1"
    )
    for resource in (
        fhir.to_fhir(FULL, mrn_system=SYSTEM),
        fhir.to_fhir(Patient(name=Name(family="Moore"), address=homeless, race_words="Declined"), mrn_system=SYSTEM),
        fhir.relative_to_fhir(relative, mrn_system=SYSTEM),
        fhir.family_to_fhir(["Patient/1"], name="Okafor"),
        fhir.flag_to_fhir(flag),
    ):
        assert validate(resource) == []
