"""patch by JSON Patch: exact, all or nothing, never over somebody else's change, and bounded."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir.codec import decode, encode
from carewright.fhirapi import patch
from carewright.fhirapi.outcomes import ApiError
from carewright.fhirapi.patch import JSON_PATCH, MAX_OPERATIONS, patched
from tests.fhirapi.practice import Practice
from tests.store.people import patient

HEADERS = {"Content-Type": JSON_PATCH}


def send(api: Practice, path: str, operations: object, **more: Any) -> Any:
    headers = {**HEADERS, **more.pop("headers", {})}
    return api.ask("PATCH", path, content=json.dumps(operations), headers=headers, **more)


def test_a_patch_changes_what_it_names_and_keeps_the_rest(api: Practice) -> None:
    person = api.ask("POST", "/Patient", json=patient(given="Ada")).json()
    path = f"/Patient/{person['id']}"
    found = send(api, path, [
        {"op": "test", "path": "/name/0/given/0", "value": "Ada"},
        {"op": "add", "path": "/birthDate", "value": "2020-02-29"},
        {"op": "replace", "path": "/name/0/given/0", "value": "Adaeze"},
    ])  # fmt: skip
    assert found.status_code == 200, found.text
    assert found.headers["etag"] == 'W/"2"'
    now = api.ask("GET", path).json()
    assert now["name"][0]["given"] == ["Adaeze"]
    assert now["birthDate"] == "2020-02-29"
    assert {k: v for k, v in now.items() if k not in ("meta", "birthDate", "name")} == {
        k: v for k, v in person.items() if k not in ("meta", "birthDate", "name")
    }


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "test", "path": "/gender", "value": "unheard"}], 409),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "replace", "path": "/name/7/family", "value": "x"}], 422),
        ([{"op": "replace", "path": "/id", "value": "other"}], 422),
        ([{"op": "replace", "path": "/resourceType", "value": "Group"}], 400),
        ([{"op": "replace", "path": "", "value": {"a": 1}}], 400),
        ([{"op": "replace", "path": "", "value": 7}], 422),
        ([{"op": "add", "path": "/birthDate", "value": "yesterday"}], 422),
        ([{"op": "add", "path": "/wings", "value": 2}], 422),
        ([{"op": "jump", "path": "/id"}], 400),
        ([{"op": "add"}], 400),
        ([{"op": "move", "from": "/name", "path": "/name/0/x"}], 422),
        ([7], 400),
        ({"op": "add"}, 400),
        ([{"op": "test", "path": "/active", "value": True}] * (MAX_OPERATIONS + 1), 413),
    ],
)  # fmt: skip
def test_a_patch_that_cannot_be_done_changes_nothing(api: Practice, operations: object, status: int) -> None:
    path = f"/Patient/{api.ask('POST', '/Patient', json=patient()).json()['id']}"
    found = send(api, path, operations)
    assert found.status_code == status, found.text
    assert found.json()["resourceType"] == "OperationOutcome"
    assert api.ask("GET", path).headers["etag"] == 'W/"1"'


def test_a_body_that_is_no_patch_is_refused(api: Practice) -> None:
    path = f"/Patient/{api.ask('POST', '/Patient', json=patient()).json()['id']}"
    for body in (b'[],"x":[]', b"[", b'[{"op":"add","op":"add"}]'):
        assert api.ask("PATCH", path, content=body, headers=HEADERS).status_code == 400, body
    assert api.ask("PATCH", path, content=b"[]", headers={"Content-Type": "application/fhir+json"}).status_code == 400
    assert api.ask("PATCH", path, content=b"[]", headers={"Content-Type": "application/xml"}).status_code == 415


def test_a_patch_of_a_version_that_is_gone_is_refused(api: Practice) -> None:
    person = api.ask("POST", "/Patient", json=patient()).json()
    path = f"/Patient/{person['id']}"
    api.ask("PUT", path, json={**person, "active": False})
    operations = [{"op": "add", "path": "/birthDate", "value": "2020"}]
    assert send(api, path, operations, headers={"If-Match": 'W/"1"'}).status_code == 412
    assert send(api, path, operations, headers={"If-Match": 'W/"2"'}).status_code == 200


def test_somebody_elses_change_in_between_is_kept(api: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    person = api.ask("POST", "/Patient", json=patient()).json()
    path = f"/Patient/{person['id']}"
    plain, others = patch.patched, iter([{**person, "active": False}])

    def slowly(resource: Any, operations: Any) -> Any:
        for change in others:
            assert api.ask("PUT", path, json=change).status_code == 200
        return plain(resource, operations)

    monkeypatch.setattr(patch, "patched", slowly)
    found = send(api, path, [{"op": "add", "path": "/birthDate", "value": "2020"}])
    assert found.status_code == 200, found.text
    now = api.ask("GET", path).json()
    assert (now["active"], now["birthDate"], now["meta"]["versionId"]) == (False, "2020", "3")


def test_who_may_not_change_or_see_it_cannot_patch_it(api: Practice) -> None:
    path = f"/Patient/{api.ask('POST', '/Patient', json=patient()).json()['id']}"
    operations = [{"op": "test", "path": "/active", "value": True}]
    assert send(api, path, operations, role=Role.AUDITOR).status_code == 403
    assert send(api, "/Patient/nobody", operations).status_code == 404
    assert send(api, "/Dragon/1", operations).status_code == 404


def test_decimals_keep_their_precision() -> None:
    whole = decode(b'{"resourceType":"Observation","valueQuantity":{"value":72.50}}')
    changed = patched(whole, [{"op": "copy", "from": "/valueQuantity", "path": "/note"}])
    assert encode(changed) == (b'{"resourceType":"Observation","valueQuantity":{"value":72.50},"note":{"value":72.50}}')
    assert changed["valueQuantity"]["value"] == Decimal("72.50")


def test_copies_of_copies_do_not_fill_the_memory() -> None:
    grow = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 60
    with pytest.raises(ApiError) as refused:
        patched({"resourceType": "Patient", "a": ["x" * 1000]}, grow)
    assert refused.value.status == 413


values = st.recursive(st.none() | st.booleans() | st.text(max_size=3), lambda v: st.lists(v, max_size=2), max_leaves=3)
operations = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x", None]),
        "path": st.sampled_from(["", "/", "/a", "/a/0", "/a/-", "/a/00", "/b/c", "/b", "a", "/a~2", None, 5]),
        "from": st.sampled_from(["", "/a", "/b", "/b/c", "/z", None]),
        "value": values,
    },
)


@given(st.lists(operations, max_size=6))
def test_whatever_is_sent_is_done_or_refused_in_words(listed: list[dict[str, Any]]) -> None:
    refused = 0
    try:
        assert isinstance(patched({"a": ["1"], "b": {"c": "2"}}, listed), dict)
    except ApiError as error:
        refused = error.status
    assert refused in (0, 400, 409, 413, 422)
