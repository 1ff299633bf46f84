"""What may be stored and what may not, with the place and what to do."""

import copy
import time
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.core.fhir.codec import decode
from carewright.core.fhir.issues import Issue, outcome
from carewright.core.fhir.references import patient_of, rewrite, walk
from carewright.core.fhir.search_parameters import extract
from carewright.core.fhir.validation import validate

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-11-20T09:00:00-05:00",
    "valueQuantity": {
        "value": Decimal("72.50"),
        "unit": "kg",
        "system": "http://unitsofmeasure.org",
        "code": "kg",
    },
}
PATIENT = {"resourceType": "Patient", "name": [{"family": "Doe", "given": ["Jane"]}], "gender": "female"}
WHERE = {
    "1 unknown field": "Patient.foo",
    "1b unknown nested": "Patient.name[0].surname",
    "2 cardinality list->scalar": "Patient.name",
    "2b scalar->list": "Patient.gender",
    "3 bad date": "Patient.birthDate",
    "3b bad dateTime no tz": "Observation.effectiveDateTime",
    "4 bad required code": "Patient.gender",
    "4b bad Obs.status": "Observation.status",
    "5 two choice types": "Observation.value[x]",
    "5b wrong choice type": "Observation.valueDecimal",
    "6 missing status": "Observation.status",
    "6b missing code": "Observation.code",
    "7 ref malformed": "Observation.subject.reference",
    "7b ref wrong type": "Observation.subject.reference",
    "8 wrong primitive (bool str)": "Patient.active",
    "8b decimal as string": "Observation.valueQuantity.value",
    "9 invariant obs-6 / dom-6": "Observation.dataAbsentReason",
    "10 empty array": "Patient.name",
    "11 null value": "Patient.birthDate",
    "12 bad id": "Patient.id",
}


def expressions(resource):
    return [issue.expression for issue in validate(resource)]


def test_the_published_cases_are_judged_right(test_data):
    cases = decode((test_data / "fhir" / "validation_cases.json").read_bytes())
    found = {name: expressions(resource) for name, resource in cases.items()}
    assert found == {name: [WHERE[name]] if name in WHERE else [] for name in cases}
    assert sum(not where for where in found.values()) == 2


def test_every_synthetic_record_is_valid(test_data):
    resources = [
        entry["resource"]
        for file in sorted((test_data / "fhir" / "synthea").glob("*.json"))
        for entry in decode(file.read_bytes())["entry"]
    ]
    assert len(resources) == 4564
    assert [issue for resource in resources for issue in validate(resource)] == []


def test_a_whole_transaction_is_valid_too(test_data):
    file = next(iter(sorted((test_data / "fhir" / "synthea").glob("*.json"))))
    assert validate(decode(file.read_bytes())) == []


def test_every_us_core_example_is_valid(test_data):
    import tarfile

    with tarfile.open(test_data / "fhir" / "uscore" / "us_core_610.tgz") as package:
        names = [n for n in package.getnames() if n.startswith("package/example/") and not n.endswith(".index.json")]
        members = [package.extractfile(name) for name in names]
        found = {name: validate(decode(m.read())) for name, m in zip(names, members, strict=True) if m}
    assert len(found) == 183
    assert {name: issues for name, issues in found.items() if issues} == {}


def with_(resource, **changes):
    changed = copy.deepcopy(resource) | changes
    return {name: value for name, value in changed.items() if value is not ...}


REFUSED = [
    (with_(PATIENT, id="a b"), "Patient.id"),
    (with_(PATIENT, id="x" * 65), "Patient.id"),
    (with_(PATIENT, name=[{}]), "Patient.name[0]"),
    (with_(PATIENT, name=[{"given": []}]), "Patient.name[0].given"),
    (with_(PATIENT, name=[{"family": ""}]), "Patient.name[0].family"),
    (with_(PATIENT, name=[{"family": "a\u0007"}]), "Patient.name[0].family"),
    (with_(PATIENT, fhir_comments=["x"]), "Patient.fhir_comments"),
    (with_(PATIENT, birthDate="2026-02-29"), "Patient.birthDate"),
    (with_(PATIENT, birthDate="0000"), "Patient.birthDate"),
    (with_(PATIENT, deceasedDateTime="2026-11-31T10:00:00Z"), "Patient.deceasedDateTime"),
    (with_(PATIENT, deceasedDateTime="2026-11-30T10:00Z"), "Patient.deceasedDateTime"),
    (with_(PATIENT, telecom=[{"value": "555"}]), "Patient.telecom[0].system"),
    (with_(PATIENT, contact=[{"gender": "male"}]), "Patient.contact[0]"),
    (with_(PATIENT, managingOrganization={"reference": "Patient/1"}), "Patient.managingOrganization.reference"),
    (with_(PATIENT, managingOrganization={"reference": "urn:uuid:1"}), "Patient.managingOrganization.reference"),
    (with_(PATIENT, managingOrganization={"type": "Patient"}), "Patient.managingOrganization.type"),
    (
        with_(PATIENT, managingOrganization={"reference": "Organization/1", "type": "Patient"}),
        "Patient.managingOrganization.type",
    ),
    (with_(PATIENT, extension=[{"url": "http://x"}]), "Patient.extension[0]"),
    (
        with_(
            PATIENT, extension=[{"url": "http://x", "valueCode": "a", "extension": [{"url": "y", "valueCode": "b"}]}]
        ),
        "Patient.extension[0]",
    ),
    (with_(PATIENT, _gender={"extension": [{"url": "http://x"}]}), "Patient._gender.extension[0]"),
    (with_(PATIENT, address=[{"period": {"start": "2026-02", "end": "2026-01-31"}}]), "Patient.address[0].period"),
    (with_(PATIENT, text={"status": "generated", "div": DIV.format("<script>x()</script>")}), "Patient.text.div"),
    (with_(PATIENT, text={"status": "generated", "div": DIV.format('<p onclick="x()">x</p>')}), "Patient.text.div"),
    (
        with_(PATIENT, text={"status": "generated", "div": DIV.format('<a href=" javaScript:x()">x</a>')}),
        "Patient.text.div",
    ),
    (
        with_(PATIENT, text={"status": "generated", "div": DIV.format('<p style="a:url(//x)">x</p>')}),
        "Patient.text.div",
    ),
    (with_(PATIENT, text={"status": "generated", "div": DIV.format("<p>open")}), "Patient.text.div"),
    (with_(PATIENT, text={"status": "generated", "div": DIV.format(" ")}), "Patient.text.div"),
    (with_(PATIENT, text={"status": "generated", "div": "<p>x</p>"}), "Patient.text.div"),
    (with_(PATIENT, text={"status": "generated", "div": "<!DOCTYPE d><div/>"}), "Patient.text.div"),
    (with_(OBSERVATION, valueQuantity={"value": 72.5}), "Observation.valueQuantity.value"),
    (with_(OBSERVATION, valueQuantity={"value": 72, "code": "kg"}), "Observation.valueQuantity.system"),
    (
        with_(OBSERVATION, valueQuantity=..., valueRange={"low": {"value": 2}, "high": {"value": 1}}),
        "Observation.valueRange",
    ),
    (with_(OBSERVATION, referenceRange=[{"type": {"text": "normal"}}]), "Observation.referenceRange[0]"),
    (
        with_(OBSERVATION, referenceRange=[{"low": {"value": 1, "comparator": "<"}}]),
        "Observation.referenceRange[0].low.comparator",
    ),
    (with_(OBSERVATION, component=[{"code": OBSERVATION["code"]}]), "Observation"),
    (with_(OBSERVATION, subject={"reference": "#p"}), "Observation.subject.reference"),
    (
        with_(OBSERVATION, subject={"reference": "#p"}, contained=[{"resourceType": "Medication", "id": "p"}]),
        "Observation.subject.reference",
    ),
    (with_(OBSERVATION, contained=[{"resourceType": "Patient", "id": "p"}]), "Observation.contained[0]"),
    (
        with_(OBSERVATION, contained=[{"resourceType": "Patient", "name": [{"text": "x"}]}]),
        "Observation.contained[0].id",
    ),
    (
        with_(
            OBSERVATION,
            subject={"reference": "#p"},
            contained=[{"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}}],
        ),
        "Observation.contained[0].meta",
    ),
    (
        with_(
            OBSERVATION,
            subject={"reference": "#p"},
            contained=[{"resourceType": "Patient", "id": "p", "gender": "F"}],
        ),
        "Observation.contained[0].gender",
    ),
    (
        {
            "resourceType": "Appointment",
            "status": "booked",
            "participant": [{"status": "accepted", "type": [{"text": "x"}]}],
        },
        "Appointment.start",
    ),
    (
        {
            "resourceType": "AllergyIntolerance",
            "patient": {"reference": "Patient/1"},
            "clinicalStatus": {"text": "active"},
        },
        "AllergyIntolerance.clinicalStatus",
    ),
    (
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/1"}},
        "AllergyIntolerance.clinicalStatus",
    ),
    (
        {
            "resourceType": "Condition",
            "subject": {"reference": "Patient/1"},
            "abatementDateTime": "2026",
            "clinicalStatus": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
            },
        },
        "Condition.clinicalStatus",
    ),
    (
        {
            "resourceType": "Condition",
            "subject": {"reference": "Patient/1"},
            "clinicalStatus": {"coding": [{"system": "http://example.org", "code": "active"}]},
        },
        "Condition.clinicalStatus",
    ),
    (
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": with_(PATIENT, gender="F")}]},
        "Bundle.entry[0].resource.gender",
    ),
    ({"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": PATIENT}]}, "Bundle"),
    (
        {"resourceType": "Organization", "telecom": [{"system": "phone", "value": "1", "use": "home"}], "name": "x"},
        "Organization.telecom",
    ),
    (with_(OBSERVATION, subject={"reference": "Patient?identifier=1"}), "Observation.subject.reference"),
    (
        {
            "resourceType": "CareTeam",
            "participant": [
                {"member": {"reference": "Patient/1"}, "onBehalfOf": {"reference": "Organization/1"}},
            ],
        },
        "CareTeam.participant[0].onBehalfOf",
    ),
    (
        {
            "resourceType": "Questionnaire",
            "status": "draft",
            "item": [
                {"linkId": "1", "type": "group", "item": [{"linkId": "2", "type": "string"}]},
                {"linkId": "2", "type": "string"},
            ],
        },
        "Questionnaire.item",
    ),
    ({"resourceType": "Dragon"}, "Dragon"),
]


@pytest.mark.parametrize(("resource", "where"), REFUSED, ids=[where for _, where in REFUSED])
def test_what_is_wrong_is_refused_once_and_at_its_place(resource, where):
    assert expressions(resource) == [where]


ALLOWED = [
    OBSERVATION,
    PATIENT,
    with_(PATIENT, birthDate="2028-02-29"),
    with_(
        PATIENT, name=[{"given": ["a", None], "_given": [None, {"extension": [{"url": "http://x", "valueCode": "y"}]}]}]
    ),
    with_(PATIENT, gender=..., _gender={"extension": [{"url": "http://x", "valueCode": "asked"}]}),
    with_(PATIENT, managingOrganization={"display": "Riverside"}),
    with_(PATIENT, managingOrganization={"reference": "https://elsewhere.example/fhir/Organization/1"}),
    with_(PATIENT, address=[{"period": {"start": "2026-01-15", "end": "2026-01"}}]),
    with_(PATIENT, text={"status": "generated", "div": DIV.format('<p style="color:red">a&nbsp;b &amp; c<br/></p>')}),
    with_(PATIENT, maritalStatus={"text": "partner"}),
    with_(OBSERVATION, valueQuantity=..., dataAbsentReason={"text": "crying"}),
    with_(
        OBSERVATION, subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p", "gender": "male"}]
    ),
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": with_(OBSERVATION, subject={"reference": "Patient?identifier=1"}),
                "request": {"method": "POST", "url": "Observation"},
            }
        ],
    },
    with_(OBSERVATION, device={"reference": "urn:uuid:7c5be3a4-4b2c-4f2e-9c0f-0d7c3f6b8a11"}),
    {
        "resourceType": "Appointment",
        "status": "waitlist",
        "participant": [{"status": "accepted", "type": [{"text": "x"}]}],
    },
]


@pytest.mark.parametrize("resource", ALLOWED)
def test_what_r4_allows_is_allowed(resource):
    assert validate(resource) == []


def test_several_errors_are_all_named():
    resource = with_(PATIENT, gender="F", birthDate="1985-13-45", foo=1)
    assert set(expressions(resource)) == {"Patient.gender", "Patient.birthDate", "Patient.foo"}


def test_a_message_says_what_to_do_and_quotes_no_value():
    resource = with_(
        PATIENT, gender="Lovelace", birthDate="1985-13-45", id="Ada Lovelace", multipleBirthInteger=1 << 40
    )
    issues = validate(resource)
    assert len(issues) == 4
    for issue in issues:
        assert "Lovelace" not in issue.diagnostics
        assert "1985" not in issue.diagnostics
        assert str(1 << 40) not in issue.diagnostics
        assert issue.diagnostics.endswith((".", ")"))
        assert len(issue.diagnostics.split(". ")) >= 2


def test_issues_become_an_operation_outcome():
    issue = Issue("error", "value", "This is not a valid date. Write 2026.", "Patient.birthDate")
    assert outcome([issue])["issue"] == [
        {
            "severity": "error",
            "code": "value",
            "diagnostics": "This is not a valid date. Write 2026.",
            "expression": ["Patient.birthDate"],
        }
    ]
    assert str(issue) == "Patient.birthDate: This is not a valid date. Write 2026."
    assert validate(outcome([issue])) == []
    assert validate(outcome([])) == []


def test_what_cannot_be_json_is_an_issue_not_a_crash():
    assert [issue.severity for issue in validate(with_(PATIENT, active=object()))] == ["fatal"]


ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        1,
        -1,
        2**70,
        1.5,
        Decimal("1.50"),
        "",
        "x",
        "#x",
        "2026-02-30",
        [],
        {},
        [[]],
        [None],
        {"x": 1},
        {"coding": 5},
        {"reference": 5},
        {"coding": [None, {"code": 5, "system": []}]},
        [{"extension": [{"url": 5}]}],
        "\x01",
        {"resourceType": 5},
    ]
)


def places(value):
    """Every (container, key) inside a resource."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children):
        yield value, key
        yield from places(child)


@settings(max_examples=300)
@given(st.sampled_from([resource for resource, _ in REFUSED] + ALLOWED), st.data())
def test_no_shape_of_input_breaks_anything(resource, data):
    resource = copy.deepcopy(resource)
    for _ in range(data.draw(st.integers(1, 3))):
        listed = list(places(resource))
        if listed:
            container, key = listed[data.draw(st.integers(0, len(listed) - 1))]
            container[key] = copy.deepcopy(data.draw(ODD))
    assert all(issue.diagnostics for issue in validate(resource))
    extract(resource)
    patient_of(resource)
    assert list(walk(rewrite(resource, {}))) == list(walk(resource))


def test_validating_an_observation_is_quick():
    def once() -> float:
        begun = time.perf_counter()
        validate(OBSERVATION)
        return time.perf_counter() - begun

    assert median(once() for _ in range(200)) < 0.001  # 30 µs here; the bound only finds a change of magnitude
