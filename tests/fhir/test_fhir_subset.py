"""What `_summary` and `_elements` leave of a resource, against the specification's own marks."""

from pathlib import Path
from typing import Any

import pytest

from carewright.core.fhir import subset
from carewright.core.fhir.codec import decode
from carewright.core.fhir.model import Resource
from carewright.core.fhir.structures import elements, resource_types
from carewright.core.fhir.validation import validate

REF_1 = "No contained resource has this id. Add it or refer elsewhere. (ref-1)"
TAG = {"tag": [subset.SUBSETTED]}
PATIENT: Resource = {
    "resourceType": "Patient", "id": "p", "meta": {"versionId": "3"}, "text": {"status": "generated", "div": "<div/>"},
    "extension": [{"url": "urn:race", "valueCode": "x"}],
    "modifierExtension": [{"url": "urn:not-a-person", "valueBoolean": True}],
    "identifier": [{"system": "urn:mrn", "value": "1", "extension": [{"url": "urn:check", "valueString": "7"}]}],
    "active": True, "name": [{"family": "Silva", "given": ["Maria"]}], "birthDate": "2019-04-05",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "2019-04-05T10:00:00Z"}]},
    "photo": [{"data": "AAAA"}], "contact": [{"name": {"family": "Silva"}}], "multipleBirthBoolean": False,
    "link": [{"other": {"reference": "Patient/q"}, "type": "seealso"}],
}  # fmt: skip
DOCUMENT: Resource = {
    "resourceType": "DocumentReference", "id": "d", "status": "current",
    "content": [{"attachment": {"contentType": "application/pdf", "data": "AAAA", "title": "Letter"}}],
    "context": {"period": {"start": "2026-01-01"}, "sourcePatientInfo": {"reference": "Patient/p"}},
}  # fmt: skip


def test_a_summary_holds_what_the_specification_marks_and_nothing_else() -> None:
    found = subset.summary(PATIENT)
    assert list(found)[:3] == ["resourceType", "id", "meta"]
    assert found["meta"] == {"versionId": "3", **TAG}
    assert set(found) == {
        "resourceType", "id", "meta", "modifierExtension", "identifier", "active", "name", "birthDate", "_birthDate",
        "link",
    }  # fmt: skip
    assert found["identifier"] == [{"system": "urn:mrn", "value": "1"}]
    assert found["link"] == PATIENT["link"]


def test_a_summary_looks_inside_of_what_it_keeps() -> None:
    found = subset.summary(DOCUMENT)
    assert found["content"] == [{"attachment": {"contentType": "application/pdf", "title": "Letter"}}]
    assert found["context"] == {"period": {"start": "2026-01-01"}}


def test_text_and_data() -> None:
    assert set(subset.text(PATIENT)) == {"resourceType", "id", "meta", "text", "modifierExtension", "active", "link"}
    assert set(subset.data(PATIENT)) == set(PATIENT) - {"text"}


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["birthDate"], {"birthDate", "_birthDate"}),
        (["multipleBirth"], {"multipleBirthBoolean"}),
        (["multipleBirth[x]"], {"multipleBirthBoolean"}),
        (["multipleBirthBoolean"], {"multipleBirthBoolean"}),
        (["name", "photo"], {"name", "photo"}),
        (["deceased"], set()),
    ],
)
def test_elements_are_those_asked_for_and_what_must_not_be_left_out(names: list[str], kept: set[str]) -> None:
    found = subset.elements(PATIENT, names)
    assert set(found) == {"resourceType", "id", "meta", "modifierExtension", "active", "link"} | kept
    assert all(found[name] == PATIENT[name] for name in kept)


def test_a_part_of_an_allergy_still_says_that_it_was_refuted() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "verificationStatus": {"coding": [{"code": "refuted"}]},
               "patient": {"reference": "Patient/p"}, "code": {"text": "Penicillin"}}  # fmt: skip
    assert "verificationStatus" in subset.elements(allergy, ["code"])


def test_what_is_a_part_already_gets_no_second_tag_and_keeps_its_own() -> None:
    own = {"system": "urn:x", "code": "SUBSETTED"}
    tagged = {**PATIENT, "meta": {"tag": [own]}}
    once = subset.summary(tagged)
    assert once["meta"]["tag"] == [own, subset.SUBSETTED]
    assert subset.summary(once) == once
    assert tagged["meta"] == {"tag": [own]}


def test_names_of_elements() -> None:
    known = ("birthDate", "multipleBirth", "multipleBirth[x]", "multipleBirthBoolean", "id", "meta", "contained")
    assert all(subset.has_element("Patient", name) for name in known)
    assert not subset.has_element("Patient", "color")


def test_every_type_has_a_summary_with_its_mandatory_elements() -> None:
    for type_name in resource_types():
        marked = [element for element in elements(type_name).values() if element.in_summary]
        assert {"id", "meta"} <= {element.name for element in marked}, type_name


def test_the_parts_of_real_records_are_valid_and_hold_nothing_new(test_data: Path) -> None:
    file = next(iter(sorted((test_data / "fhir" / "synthea").glob("*.json"))))
    resources = [entry["resource"] for entry in decode(file.read_bytes())["entry"]][:400]
    assert resources
    for resource in resources:
        for part in (subset.summary(resource), subset.text(resource), subset.data(resource)):
            # A rule between elements, or a reference to what is contained, may need what was left out.
            assert {issue.diagnostics for issue in validate(part) if issue.code != "invariant"} <= {REF_1}, resource[
                "id"
            ]
            assert _is_inside({**part, "meta": {}}, {**resource, "meta": {}})


def _is_inside(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and _is_inside(v, whole[k]) for k, v in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(_is_inside(a, b) for a, b in zip(part, whole, strict=True))
    return bool(part == whole)
