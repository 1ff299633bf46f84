"""Codes: valid, invalid, or unknown where the system is not loaded."""

import pytest

from carewright.core.fhir.structures import elements, resource_types
from carewright.core.terminology import systems
from carewright.core.terminology.coding import ICD10CM, LOINC, OWN_SYSTEMS, SNOMED, UCUM, Coding, own_system
from carewright.core.terminology.service import (
    ADMINISTRATIVE_GENDER,
    V2_SEX,
    V3_GENDER,
    Verdict,
    bare_codes,
    expand,
    in_value_set,
    lookup,
    translate,
    validate_code,
)

STATUS = "http://hl7.org/fhir/ValueSet/observation-status"
UNITS = "http://hl7.org/fhir/ValueSet/ucum-units"


def test_a_coding_writes_itself_and_its_display_is_for_people_only():
    pulse = Coding(LOINC, "8867-4", "Heart rate")
    assert pulse.to_fhir() == {"system": LOINC, "code": "8867-4", "display": "Heart rate"}
    assert pulse.concept("Pulse") == {"coding": [pulse.to_fhir()], "text": "Pulse"}
    assert pulse == Coding(LOINC, "8867-4", "Pulse")
    assert pulse.token == "http://loinc.org|8867-4"
    assert pulse.matches({"coding": [{"system": "x", "code": "8867-4"}, {"system": LOINC, "code": "8867-4"}]})
    assert not pulse.matches({"coding": [{"code": "8867-4"}]})
    assert not pulse.matches(None)
    assert own_system("task") == f"{OWN_SYSTEMS}task"
    with pytest.raises(ValueError, match="needs a code"):
        Coding(LOINC, "")


def test_a_code_of_a_loaded_system_is_valid_or_invalid():
    assert validate_code(ADMINISTRATIVE_GENDER, "female").verdict is Verdict.VALID
    assert validate_code(ADMINISTRATIVE_GENDER, "F").verdict is Verdict.INVALID
    assert validate_code(ADMINISTRATIVE_GENDER, "female", "FEMALE").message == ""
    other = validate_code(ADMINISTRATIVE_GENDER, "female", "Woman")
    assert (other.verdict, other.display) == (Verdict.VALID, "Female")
    assert "Female" in other.message


@pytest.mark.parametrize("system", [LOINC, SNOMED, UCUM, "http://example.org/ours", ""])
def test_a_code_of_a_system_that_is_not_loaded_is_unknown_not_invalid(system):
    assert validate_code(system, "no such code").verdict is Verdict.UNKNOWN
    assert lookup(system, "no such code") is None


def test_icd_10_cm_is_loaded_on_demand():
    assert lookup(ICD10CM, "E11.9") == Coding(ICD10CM, "E11.9")
    assert validate_code(ICD10CM, "E11.9").display == "Type 2 diabetes mellitus without complications"
    assert validate_code(ICD10CM, "E11.99").verdict is Verdict.INVALID
    assert validate_code(ICD10CM, "E08-E13").verdict is Verdict.INVALID  # a block of the book, not a code


def test_a_value_set_is_expanded_with_its_displays():
    found = expand(f"{STATUS}|4.0.1")
    assert found is not None
    assert found.complete
    assert Coding("http://hl7.org/fhir/observation-status", "final") in found.codings
    assert {c.code: c.display for c in found.codings}["entered-in-error"] == "Entered in Error"
    assert expand("http://example.org/ValueSet/x") is None
    units = expand(UNITS)
    assert units is not None
    assert not units.complete
    assert bare_codes(UNITS) is None
    assert bare_codes(STATUS) == frozenset(c.code for c in found.codings)


def test_membership_has_three_answers():
    assert in_value_set(STATUS, "http://hl7.org/fhir/observation-status", "final") is Verdict.VALID
    assert in_value_set(STATUS, "http://hl7.org/fhir/observation-status", "done") is Verdict.INVALID
    assert in_value_set(STATUS, LOINC, "final") is Verdict.INVALID
    assert in_value_set(UNITS, UCUM, "kg") is Verdict.UNKNOWN
    assert in_value_set("http://example.org/ValueSet/x", LOINC, "1") is Verdict.UNKNOWN


def test_translation_knows_what_it_does_not_know():
    assert translate(Coding(ADMINISTRATIVE_GENDER, "female"), V3_GENDER) == (Coding(V3_GENDER, "F"),)
    assert translate(Coding(V2_SEX, "O"), ADMINISTRATIVE_GENDER) == (Coding(ADMINISTRATIVE_GENDER, "other"),)
    assert translate(Coding(ADMINISTRATIVE_GENDER, "unknown"), V3_GENDER) == ()
    assert translate(Coding(LOINC, "8867-4"), SNOMED) is None


def test_a_small_system_of_our_own_is_registered_once():
    codes = (Coding(own_system("test-pets"), "cat", "Cat"), Coding(own_system("test-pets"), "dog", "Dog"))
    systems.register_codings(codes)
    assert lookup(own_system("test-pets"), "dog") == codes[1]
    assert validate_code(own_system("test-pets"), "cow").verdict is Verdict.INVALID
    with pytest.raises(ValueError, match="registered already"):
        systems.register_codings(codes)
    with pytest.raises(ValueError, match="one system"):
        systems.register_codings((Coding("http://a", "1"), Coding("http://b", "2")))


def test_every_required_binding_of_a_code_is_enumerated_or_known_not_to_be():
    open_ended = {
        "http://hl7.org/fhir/ValueSet/mimetypes",
        "http://hl7.org/fhir/ValueSet/ucum-units",
        "http://loinc.org/vs/LL379-9",
    }
    bound = {
        element.value_set for name in resource_types() for element in elements(name).values() if element.value_set
    } | {element.value_set for element in elements("Quantity").values() if element.value_set}
    assert len(bound) > 100
    for value_set in bound - open_ended:
        found = expand(value_set)
        assert found is not None, value_set
        assert found.codings, value_set
        assert found.complete, value_set
    for value_set in open_ended:
        found = expand(value_set)
        assert found is not None
        assert not found.complete
