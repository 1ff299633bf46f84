"""FHIRPath Patch: what each operation does, where paths lead, and what is refused without a change."""

import copy
from typing import Any

import pytest

from carewright.core.fhir.codec import decode, encode
from carewright.core.fhir.model import Resource
from carewright.fhirapi.fhirpath_patch import patched
from carewright.fhirapi.fhirpath_places import FUNCTIONS, NotPossible, located
from carewright.fhirapi.outcomes import ApiError
from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

PATIENT: Resource = decode(b"""{
  "resourceType": "Patient", "id": "p", "active": true, "birthDate": "1980-02-03",
  "_birthDate": {"extension": [{"url": "urn:time", "valueString": "x"}]}, "multipleBirthInteger": 2,
  "extension": [{"url": "urn:weight", "valueDecimal": 1.50}],
  "name": [{"use": "official", "family": "Silva", "given": ["Maria", "Ana"], "_given": [null, {"id": "second"}]},
           {"use": "nickname", "given": ["Mia"]}],
  "contact": [{"name": {"family": "Rey"}}], "telecom": [{"system": "phone", "value": "1"}]
}""")


def operation(type_: str, path: str, **parts: Any) -> dict[str, Any]:
    """An operation; `value` is (type, value) or a list of parts."""
    listed: list[dict[str, Any]] = [{"name": "type", "valueCode": type_}, {"name": "path", "valueString": path}]
    for name, value in parts.items():
        if name == "value":
            listed.append({"name": "value", **({"part": value} if isinstance(value, list) else {value[0]: value[1]})})
        else:
            listed.append({"name": name, ("valueString" if name == "name" else "valueInteger"): value})
    return {"name": "operation", "part": listed}


def parameters(*operations: dict[str, Any]) -> Resource:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def after(*operations: dict[str, Any]) -> Resource:
    return patched(copy.deepcopy(PATIENT), parameters(*operations))


def changed(found: Resource) -> dict[str, Any]:
    """The elements that are others than before; None for what is gone."""
    return {name: found.get(name) for name in {*found, *PATIENT} if found.get(name) != PATIENT.get(name)}


def named(sent: dict[str, Any]) -> str:
    return " ".join(str(next((v for k, v in part.items() if k != "name"), "")) for part in sent["part"][:2])[:60]


NAMES = PATIENT["name"]
DONE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (operation("add", "Patient", name="gender", value=("valueCode", "female")), {"gender": "female"}),
    (operation("add", "Patient", name="deceased", value=("valueBoolean", False)), {"deceasedBoolean": False}),
    (operation("add", "Patient", name="telecom", value=("valueContactPoint", {"value": "2"})),
     {"telecom": [*PATIENT["telecom"], {"value": "2"}]}),
    (operation("add", "Patient", name="contact", value=[{"name": "gender", "valueCode": "male"},
                                                        {"name": "telecom", "valueContactPoint": {"value": "3"}}]),
     {"contact": [*PATIENT["contact"], {"gender": "male", "telecom": [{"value": "3"}]}]}),
    (operation("add", "Patient.contact[0]", name="gender", value=("valueCode", "other")),
     {"contact": [{"name": {"family": "Rey"}, "gender": "other"}]}),
    (operation("add", "Patient.name.where(use = 'nickname')", name="family", value=("valueString", "S")),
     {"name": [NAMES[0], {**NAMES[1], "family": "S"}]}),
    (operation("insert", "Patient.identifier", index=0, value=("valueIdentifier", {"value": "1"})),
     {"identifier": [{"value": "1"}]}),
    (operation("insert", "Patient.name.where(use = 'official').given", index=1, value=("valueString", "Eva")),
     {"name": [{**NAMES[0], "given": ["Maria", "Eva", "Ana"], "_given": [None, None, {"id": "second"}]}, NAMES[1]]}),
    (operation("delete", "Patient.birthDate"), {"birthDate": None, "_birthDate": None}),
    (operation("delete", "Patient.deceased"), {}),
    (operation("delete", "Patient.multipleBirth"), {"multipleBirthInteger": None}),
    (operation("delete", "Patient.name.where(use = 'nickname')"), {"name": [NAMES[0]]}),
    (operation("delete", "Patient.name[0].given[1]"),
     {"name": [{"use": "official", "family": "Silva", "given": ["Maria"]}, NAMES[1]]}),
    (operation("delete", "Patient.contact.name.family"), {"contact": None}),
    (operation("replace", "Patient.birthDate", value=("valueDate", "1981")), {"birthDate": "1981", "_birthDate": None}),
    (operation("replace", "Patient.multipleBirth", value=("valueBoolean", True)),
     {"multipleBirthInteger": None, "multipleBirthBoolean": True}),
    (operation("replace", "Patient.name[0].given[1]", value=("valueString", "Eva")),
     {"name": [{**NAMES[0], "given": ["Maria", "Eva"], "_given": [None, None]}, NAMES[1]]}),
    (operation("replace", "Patient.name.last()", value=("valueHumanName", {"text": "Mia"})),
     {"name": [NAMES[0], {"text": "Mia"}]}),
    (operation("move", "Patient.name", source=1, destination=0), {"name": [NAMES[1], NAMES[0]]}),
    (operation("move", "Patient.name[0].given", source=0, destination=1),
     {"name": [{**NAMES[0], "given": ["Ana", "Maria"], "_given": [{"id": "second"}, None]}, NAMES[1]]}),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "difference"), DONE, ids=[named(sent) for sent, _ in DONE])
def test_an_operation_changes_its_element_and_no_other(sent: dict[str, Any], difference: dict[str, Any]) -> None:
    assert changed(after(sent)) == difference


def test_numbers_keep_their_precision() -> None:
    assert b"1.50" in encode(after(operation("add", "Patient", name="gender", value=("valueCode", "other"))))


REFUSED: list[dict[str, Any]] = [
    operation("add", "Patient", name="birthDate", value=("valueDate", "1981")),
    operation("add", "Patient", name="multipleBirth", value=("valueBoolean", True)),
    operation("add", "Patient", name="color", value=("valueString", "red")),
    operation("add", "Patient", name="deceased", value=("valueQuantity", {"value": 1})),
    operation("add", "Patient.birthDate", name="value", value=("valueDate", "1981")),
    operation("add", "Patient.photo", name="title", value=("valueString", "x")),
    operation("add", "Patient.name", name="family", value=("valueString", "x")),
    operation("insert", "Patient.name", index=3, value=("valueHumanName", {})),
    operation("insert", "Patient.birthDate", index=0, value=("valueDate", "1981")),
    operation("insert", "Patient", index=0, value=("valueDate", "1981")),
    operation("delete", "Patient.name"),
    operation("delete", "Patient"),
    operation("replace", "Patient", value=("valueString", "x")),
    operation("replace", "Patient.photo", value=("valueAttachment", {})),
    operation("replace", "Patient.contact", value=[]),
    operation("move", "Patient.name", source=0, destination=2),
    operation("move", "Patient.birthDate", source=0, destination=0),
    operation("delete", "Patient.name.where("),
    operation("delete", "%context"),
    operation("delete", "Patient.descendants()"),
    operation("delete", "Patient.name.where(family.matches('(a+)+$'))"),
    operation("delete", "Patient.extension('urn:weight').value"),
    operation("delete", "'a text'"),
    operation("delete", "(" * 140 + "Patient" + ")" * 140),
]


@pytest.mark.parametrize("sent", REFUSED, ids=named)
def test_what_cannot_be_done_is_said(sent: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as told:
        after(sent)
    assert told.value.status == 422
    assert "Operation 0" in told.value.issues[0].diagnostics


NO_PATCH: list[Resource] = [
    {"resourceType": "Patient"},
    parameters(),
    parameters({"name": "change"}),
    parameters({"name": "operation", "part": [{}]}),
    parameters(operation("copy", "Patient.name")),
    parameters(operation("delete", "Patient.name", index=1)),
    parameters(operation("insert", "Patient.name", index=-1, value=("valueHumanName", {}))),
    parameters(operation("insert", "Patient.name", index=True, value=("valueHumanName", {}))),
    parameters(operation("delete", "Patient" + ".name" * 100)),
    parameters({"name": "operation", "part": operation("delete", "Patient.name")["part"] * 2}),
]


@pytest.mark.parametrize("sent", NO_PATCH, ids=range(len(NO_PATCH)))
def test_what_is_no_patch_is_said(sent: Resource) -> None:
    with pytest.raises(ApiError) as told:
        patched(copy.deepcopy(PATIENT), sent)
    assert told.value.status == 400


def test_paths_lead_to_places_and_change_nothing() -> None:
    looked = copy.deepcopy(PATIENT)
    assert located(looked, "Patient.name.given") == [
        ("name", 0, "given", 0), ("name", 0, "given", 1), ("name", 1, "given", 0),
    ]  # fmt: skip
    assert located(looked, "Patient.multipleBirth") == [("multipleBirthInteger",)]
    assert located(looked, "Patient.extension.where(url = 'urn:weight').value") == [("extension", 0, "valueDecimal")]
    assert located(looked, "Patient.photo") == []
    assert located(looked, "Patient") == [()]
    assert looked == PATIENT


@pytest.mark.parametrize("name", ["matches", "replaceMatches", "repeat", "descendants", "children", "trace", "resolve"])
def test_a_function_that_could_take_long_is_not_understood(name: str) -> None:
    assert name not in FUNCTIONS
    with pytest.raises(NotPossible, match="function"):
        located(copy.deepcopy(PATIENT), f"Patient.name.{name}()")


def test_by_the_api(api: Practice) -> None:
    path = f"/Patient/{api.create(patient())['id']}"
    sent = parameters(operation("add", "Patient", name="gender", value=("valueCode", "female")))
    done = api.ask("PATCH", path, json=sent, headers={"Content-Type": "application/fhir+json"})
    assert (done.status_code, done.json()["gender"], done.headers["etag"]) == (200, "female", 'W/"2"')
    again = api.ask("PATCH", path, json=sent)
    assert again.status_code == 422
    assert issue(again)["code"] == "processing"
    bad = parameters(operation("replace", "Patient.gender", value=("valueCode", "green")))
    assert api.ask("PATCH", path, json=bad).status_code == 422
    gone = parameters(operation("delete", "Patient.gender"))
    assert api.ask("PATCH", path, json=gone, headers={"If-Match": 'W/"1"'}).status_code == 412
    assert api.ask("GET", path).json()["gender"] == "female"
    assert "application/fhir+json" in api.client.get("/fhir/metadata").json()["patchFormat"]
