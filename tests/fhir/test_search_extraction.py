"""What a resource is found by."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.codec import decode
from carewright.core.fhir.index_values import MAX_NUMBER, MIN_NUMBER, UNINDEXED, number_interval
from carewright.core.fhir.search_parameters import NOT_INDEXED, extract, fold, parameters_for, unindexed
from carewright.core.fhir.search_paths import Unreadable, read_expression
from carewright.core.fhir.structures import resource_types

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
KINDS = {"token", "reference", "date", "string", "uri", "number", "quantity", "composite", "special"}

BLOOD_PRESSURE = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {
        "lastUpdated": "2026-11-23T15:00:00Z",
        "profile": ["http://hl7.org/fhir/StructureDefinition/bp"],
        "tag": [{"system": "http://t", "code": "demo"}],
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}],
    },
    "status": "final",
    "code": {
        "coding": [{"system": "http://loinc.org", "code": "85354-9", "display": "Blood pressure panel"}],
        "text": "BP, sitting",
    },
    "subject": {"reference": "Patient/1/_history/3"},
    "performer": [{"reference": "Practitioner/2"}, {"display": "somebody"}],
    "effectivePeriod": {"start": "2026-11-23T10:00:00-05:00"},
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "valueQuantity": {"value": Decimal("128.0"), "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]},
            "valueQuantity": {"value": 72, "unit": "mmHg"},
        },
    ],
}


def test_tokens_carry_system_code_and_words():
    found = extract(BLOOD_PRESSURE).tokens
    assert ("status", "", "final", "") in found
    assert ("code", "http://loinc.org", "85354-9", "blood pressure panel") in found
    assert ("code", "", "", "bp, sitting") in found
    assert {row[2] for row in found if row[0] == "combo-code"} == {"85354-9", "8480-6", "8462-4", ""}
    assert ("_tag", "http://t", "demo", "") in found
    assert ("_security", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY", "") in found


def test_references_name_the_resource_without_its_version():
    found = extract(BLOOD_PRESSURE).references
    assert set(found) == {
        ("subject", "Patient", "1", ""),
        ("patient", "Patient", "1", ""),
        ("performer", "Practitioner", "2", ""),
    }


def test_dates_are_stretches_and_an_open_period_has_no_end():
    assert extract(BLOOD_PRESSURE).dates == [
        ("date", datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    ]


def test_quantities_carry_their_unit_or_its_name():
    found = {row for row in extract(BLOOD_PRESSURE).quantities if row[0] == "component-value-quantity"}
    assert found == {
        ("component-value-quantity", 128.0, 128.0, UCUM, "mm[Hg]", "mmHg"),
        ("component-value-quantity", 72.0, 72.0, "", "", "mmHg"),
    }


def test_what_stands_in_one_component_stands_in_one_row():
    assert set(extract(BLOOD_PRESSURE).composites) == {
        ("combo-code-value-quantity", LOINC, "8480-6", UCUM, "mm[Hg]", "mmHg", 128.0, 128.0),
        ("combo-code-value-quantity", LOINC, "8462-4", "", "", "mmHg", 72.0, 72.0),
    }


def test_a_composite_whose_parts_r4_names_the_wrong_way_round_is_read_by_what_stands_there():
    document = {
        "resourceType": "DocumentReference",
        "relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}],
    }
    assert extract(document).composites == [("relationship", "", "replaces", "", "DocumentReference/1", "", None, None)]


def test_identifiers_have_rows_by_their_kind_and_references_by_their_identifier():
    mrn = {"coding": [{"system": "http://kinds.example", "code": "MR"}]}
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "7", "type": mrn}]}
    assert extract(patient).composites == [
        ("identifier:of-type", "http://kinds.example", "MR", "", "7", "", None, None)
    ]
    device = {"resourceType": "Observation", "device": {"identifier": {"system": "urn:y", "value": "9"}}}
    assert extract(device).composites == [("device:identifier", "urn:y", "9", "", "", "", None, None)]


def test_profiles_are_uris_and_what_is_in_the_row_gives_no_rows():
    found = extract(BLOOD_PRESSURE)
    assert found.uris == [("_profile", "http://hl7.org/fhir/StructureDefinition/bp")]
    assert {"_id", "_lastUpdated"}.isdisjoint(row[0] for row in [*found.tokens, *found.dates])


def test_references_outside_are_kept_by_address_and_contained_ones_left_out():
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": "http://elsewhere.example/fhir/Patient/1"},
        "encounter": {"reference": "#e"},
        "device": {"identifier": {"value": "7"}},
        "focus": [{"reference": "urn:uuid:7c5be3a4-4b2c-4f2e-9c0f-0d7c3f6b8a11"}],
    }
    url = "http://elsewhere.example/fhir/Patient/1"
    assert set(extract(resource).references) == {
        ("subject", "", "", url),
        ("patient", "", "", url),
        ("focus", "", "", "urn:uuid:7c5be3a4-4b2c-4f2e-9c0f-0d7c3f6b8a11"),
    }


def test_a_subject_that_is_no_patient_is_not_found_as_patient():
    found = extract({"resourceType": "Observation", "subject": {"reference": "Location/1"}}).references
    assert found == [("subject", "Location", "1", "")]


PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "http://mrn", "value": "0042", "type": {"text": "Medical record number"}}],
    "active": True,
    "name": [
        {"family": "Núñez  Ortega", "given": ["María", "José"], "prefix": ["Dra."]},
        {"use": "nickname", "given": ["María"], "text": "Mari"},
    ],
    "telecom": [
        {"system": "phone", "value": "(555) 010-0142", "use": "home"},
        {"system": "email", "value": "mari@example.org"},
    ],
    "gender": "female",
    "birthDate": "1985-02",
    "deceasedDateTime": "2026-01-05",
    "address": [{"line": ["1 Main St"], "city": "Zürich", "postalCode": "02338"}],
    "generalPractitioner": [{"reference": "Practitioner/2"}],
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": [
                {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"}},
                {"url": "text", "valueString": "White"},
            ],
        },
        {"url": "http://example.org/other", "extension": [{"url": "x", "valueCoding": {"code": "no"}}]},
    ],
}


def test_each_part_of_a_name_is_a_row_and_none_stands_twice():
    strings = extract(PATIENT).strings
    assert ("family", "nunez ortega", "Núñez  Ortega") in strings
    assert [row for row in strings if row[0] == "given"] == [("given", "maria", "María"), ("given", "jose", "José")]
    assert {row[1] for row in strings if row[0] == "name"} == {
        "nunez ortega", "nunez", "ortega", "maria", "jose", "dra.", "mari",
    }  # fmt: skip
    assert {row[1] for row in strings if row[0] == "address"} == {"1 main st", "zurich", "02338"}
    assert ("address-city", "zurich", "Zürich") in strings
    assert len(strings) == len(set(strings))


def test_a_telephone_number_is_found_as_written_and_by_its_digits():
    tokens = {row for row in extract(PATIENT).tokens if row[0] in {"phone", "email"}}
    assert tokens == {
        ("phone", "", "(555) 010-0142", ""),
        ("phone", "", "5550100142", ""),
        ("email", "", "mari@example.org", ""),
    }


def test_identifier_boolean_and_us_core_tokens():
    tokens = extract(PATIENT).tokens
    assert ("identifier", "http://mrn", "0042", "medical record number") in tokens
    assert ("active", "", "true", "") in tokens
    assert [row for row in tokens if row[0] == "race"] == [("race", "urn:oid:2.16.840.1.113883.6.238", "2106-3", "")]


@pytest.mark.parametrize(
    ("deceased", "found"),
    [({"deceasedDateTime": "2026"}, "true"), ({"deceasedBoolean": True}, "true"),
     ({"deceasedBoolean": False}, "false"), ({}, "false")],
)  # fmt: skip
def test_whether_a_patient_has_died_is_always_known(deceased, found):
    rows = extract({"resourceType": "Patient", **deceased}).tokens
    assert rows == [("deceased", "", found, "")]


def test_a_partial_birth_date_is_its_month():
    dates = {row[0]: row[1:] for row in extract(PATIENT).dates}
    assert dates["birthdate"] == (datetime(1985, 2, 1, tzinfo=UTC), datetime(1985, 3, 1, tzinfo=UTC))
    assert dates["death-date"] == (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("condition", "kind", "code"),
    [
        ({"onsetDateTime": "2026-11"}, "dates", "onset-date"),
        ({"onsetAge": {"value": 40, "system": UCUM, "code": "a"}}, "quantities", "onset-age"),
        ({"onsetRange": {"low": {"value": 40}, "high": {"value": 50}}}, "quantities", "onset-age"),
        ({"onsetString": "as a child"}, "strings", "onset-info"),
    ],
)
def test_a_choice_is_found_by_the_parameter_of_its_type(condition, kind, code):
    rows = getattr(extract({"resourceType": "Condition", **condition}), kind)
    assert [row[0] for row in rows] == [code]


def test_comparators_and_ranges_are_open_ended():
    def rows(value):
        return [
            row[1:3]
            for row in extract({"resourceType": "Observation", **value}).quantities
            if row[0] == "value-quantity"
        ]

    below, above = math.nextafter(5, -math.inf), math.nextafter(5, math.inf)
    assert rows({"valueQuantity": {"value": 5, "comparator": "<"}}) == [(MIN_NUMBER, below)]
    assert rows({"valueQuantity": {"value": 5, "comparator": "<="}}) == [(MIN_NUMBER, 5)]
    assert rows({"valueQuantity": {"value": 5, "comparator": ">"}}) == [(above, MAX_NUMBER)]
    assert rows({"valueQuantity": {"value": 5, "comparator": ">="}}) == [(5, MAX_NUMBER)]
    assert rows({"valueQuantity": {"unit": "kg"}}) == []


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=3))
def test_the_bounds_of_a_number_hold_it_and_are_as_wide_as_its_last_digit(number):
    low, high = number_interval(number)
    assert low < float(number) < high
    assert high - low == pytest.approx(0.001, rel=1e-3)


def test_the_bounds_of_a_number_are_never_empty_or_infinite():
    for number in (Decimal("1." + "0" * 40), Decimal("1E+300"), Decimal("-1E-300"), Decimal(10**400)):
        low, high = number_interval(number)
        assert MIN_NUMBER <= low < high <= MAX_NUMBER


@pytest.mark.parametrize(
    ("searched", "bounds"),
    [
        ("100", (99.5, 100.5)),
        ("100.00", (99.995, 100.005)),
        ("1e2", (95, 105)),
        ("5.4", (5.35, 5.45)),
        ("-1", (-1.5, -0.5)),
    ],
)
def test_the_width_of_a_searched_number_is_that_of_the_specifications_examples(searched, bounds):
    assert number_interval(Decimal(searched)) == bounds


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  José  ÅNGSTRÖM\n", "jose angstrom"), ("Straße", "strasse"), ("İstanbul", "istanbul"),
     ("ﬁne", "fine"), ("李 明", "李 明"), ("", "")],
)  # fmt: skip
def test_folded_text_has_no_case_accents_or_spare_space(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text.upper().lower())


@pytest.mark.parametrize("resource_type", sorted(resource_types()))
def test_every_parameter_of_every_type_is_compiled_or_says_why_not(resource_type):
    parameters = parameters_for(resource_type)
    assert {"_id", "_lastUpdated", "_tag", "_security", "_profile"} <= parameters.keys()
    for parameter in parameters.values():
        assert parameter.kind in KINDS
        assert bool(parameter.paths or parameter.branches) != bool(parameter.reason), parameter
        assert bool(parameter.parts) == (parameter.kind == "composite"), parameter
    extract({"resourceType": resource_type})  # every data type that a path ends in has its way into the index


def test_what_is_not_indexed_is_a_short_known_list():
    left_out = {(p.resource_type, p.code) for p, _ in unindexed() if p.code != "phonetic"}
    of_three_parts = {code for resource_type, code in left_out if resource_type == "MolecularSequence"}
    assert left_out - {("MolecularSequence", code) for code in of_three_parts} == {
        ("Bundle", "composition"),
        ("Bundle", "message"),
        ("Location", "near"),
    }
    assert of_three_parts == {code for code, p in parameters_for("MolecularSequence").items() if p.kind == "composite"}
    assert all(reason for _, reason in unindexed())
    assert set(NOT_INDEXED) == {"phonetic", "composition", "message"}


def test_what_expressions_reach_but_a_search_cannot_use_is_a_known_list():
    skipped = {
        (parameter.kind, path.type)
        for resource_type in resource_types()
        for parameter in parameters_for(resource_type).values()
        if parameter.kind != "composite" and parameter.code not in NOT_INDEXED
        for path in read_expression(parameter.expression, "Resource" if parameter.code[0] == "_" else resource_type)
        if path not in parameter.paths
    }
    assert skipped == set(UNINDEXED)


def test_the_numbers_of_parameters_are_those_of_the_specification():
    assert len(parameters_for("Observation")) == 38 + 6  # 38 of its own, and those of every resource
    assert len(parameters_for("Patient")) == 23 + 3 + 6  # with US Core's race, ethnicity and gender identity
    assert parameters_for("Patient")["race"].source == "us-core"
    assert parameters_for("Observation")["patient"].targets == ("Patient",)
    assert parameters_for("Observation")["code-value-quantity"].parts == (
        ("code", "code"),
        ("value-quantity", "value.as(Quantity)"),
    )
    assert parameters_for("Dragon") == {}


@pytest.mark.parametrize(
    "expression",
    ["Patient.name.first()", "Patient.wings", "Dragon.name", "Patient.name.where(use = 1)", "Patient.name + 1"],
)
def test_an_expression_that_is_not_understood_is_never_passed_over(expression):
    with pytest.raises(Unreadable):
        read_expression(expression, "Patient")


def test_an_unknown_type_or_a_wrong_shape_gives_no_rows():
    for resource in ({"resourceType": "Dragon", "id": "1"}, {}, {"resourceType": ["Patient"]}):
        found = extract(resource)
        assert found == type(found)()
    broken = {"resourceType": "Observation", "code": 5, "subject": "x", "effectiveDateTime": 7, "status": {"a": 1}}
    found = extract(broken)
    assert found == type(found)()


def test_every_synthetic_record_gives_rows(test_data):
    for file in sorted((test_data / "fhir" / "synthea").glob("*.json"))[:3]:
        for entry in decode(file.read_bytes())["entry"]:
            found = extract(entry["resource"])
            assert found.tokens
            assert all(low < high for _, low, high in found.dates)
            assert all(low <= high for _, low, high in found.numbers)
            assert all(low <= high for _, low, high, *_ in found.quantities)


def test_every_search_that_us_core_asks_for_has_its_parameters(test_data):
    asked = 0
    for file in (test_data / "fhir" / "uscore" / "search_requirements_6.1.0").glob("*.yml"):
        profile = yaml.safe_load(file.read_text())
        parameters = parameters_for(profile[":resource"])
        for search in profile[":searches"]:
            asked += 1
            for name in search[":names"]:
                assert name in parameters, (file.name, name)
                assert parameters[name].paths, (file.name, name)
    assert asked == 217
