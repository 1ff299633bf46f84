"""Each interaction as a client sees it: status, headers, body."""

import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir.codec import decode, encode, same_value
from carewright.core.store.model import Ref
from tests.fhirapi.practice import Practice, issue
from tests.store.people import everything, heart_rate, patient


def test_a_create_says_where_the_new_version_is(api: Practice) -> None:
    response = api.ask("POST", "/Patient", json=patient())
    body = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"http://testserver/fhir/Patient/{body['id']}/_history/1"
    assert response.headers["etag"] == 'W/"1"'
    assert response.headers["content-type"] == "application/fhir+json"
    assert parsedate_to_datetime(response.headers["last-modified"]).tzinfo
    assert body["meta"]["versionId"] == "1"
    assert api.client.get(response.headers["location"], headers=api.headers["ma"]).json() == body


def test_the_answer_is_the_stored_bytes(api: Practice) -> None:
    text = b'{"resourceType":"Patient","gender":"unknown","extension":[{"url":"urn:x","valueDecimal":1.50}]}'
    response = api.ask("POST", "/Patient", content=text, headers={"Content-Type": "application/fhir+json"})
    assert b'"valueDecimal":1.50' in response.content
    ref = Ref("Patient", response.json()["id"])
    with api.store.reader(everything(api.name), reason="test.read") as reader:
        assert reader.read(ref).body == response.content
    assert api.ask("GET", f"/{ref}").content == response.content
    bundle = api.ask("GET", f"/Patient?_id={ref.id}").content
    assert response.content in bundle


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() == text
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=5)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(family=TEXTS, given_names=st.lists(TEXTS, min_size=1, max_size=3), value=DECIMALS, unit=TEXTS)
def test_what_is_posted_comes_back_to_the_last_digit(
    api: Practice, family: str, given_names: list[str], value: object, unit: str
) -> None:
    sent = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": family},
        "note": [{"text": name} for name in given_names],
        "valueQuantity": {"value": value, "unit": unit},
    }
    response = api.ask("POST", "/Observation", content=encode(sent), headers={"Content-Type": "application/json"})
    assert response.status_code == 201, response.text
    back = decode(api.ask("GET", f"/Observation/{response.json()['id']}").content)
    assert same_value({k: v for k, v in back.items() if k not in ("id", "meta")}, sent)


def test_prefer_chooses_the_body_of_a_write(api: Practice) -> None:
    minimal = api.ask("POST", "/Patient", json=patient(), headers={"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert "location" in minimal.headers
    outcome = api.ask("POST", "/Patient", json=patient(), headers={"Prefer": "return=OperationOutcome"})
    assert issue(outcome)["severity"] == "information"
    whole = api.ask("POST", "/Patient", json=patient(), headers={"Prefer": "return=representation"})
    assert whole.json()["resourceType"] == "Patient"


def test_a_client_writes_neither_version_nor_time_nor_author(api: Practice) -> None:
    forged = patient(id="mine", meta={"versionId": "99", "lastUpdated": "1999-01-01T00:00:00Z", "source": "urn:lab"})
    body = api.create(forged)
    assert body["id"] != "mine"
    assert body["meta"]["versionId"] == "1"
    assert body["meta"]["lastUpdated"] > "2026"
    assert body["meta"]["source"] == "urn:lab"
    access = everything(api.name)
    with api.store.reader(access, reason="test.read") as reader:
        from carewright.core.store.search.parse import parse

        (provenance,) = reader.resources(parse("Provenance", [("target", f"Patient/{body['id']}")]))
    assert provenance["agent"][0]["who"] == {"reference": "Practitioner/maria"}
    assert provenance["activity"]["text"] == "api.create"


def test_a_conditional_create_finds_the_one_that_is_there(api: Practice) -> None:
    ada = patient(identifier=[{"system": "urn:x", "value": "1"}])
    condition = {"If-None-Exist": "identifier=urn:x|1"}
    first = api.ask("POST", "/Patient", json=ada, headers=condition)
    again = api.ask("POST", "/Patient", json=ada, headers=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]
    api.create(ada)
    several = api.ask("POST", "/Patient", json=ada, headers=condition)
    assert several.status_code == 412
    assert "narrower" in issue(several)["diagnostics"]
    for useless in ("", "_count=1", "nonsense=1"):
        assert api.ask("POST", "/Patient", json=ada, headers={"If-None-Exist": useless}).status_code == 400


@pytest.mark.parametrize("form", ["{}", "?{}", "Patient?{}"])
def test_a_condition_may_be_written_with_its_type(api: Practice, form: str) -> None:
    ada = patient(identifier=[{"system": "http://mrn.example/?clinic", "value": "1"}])
    condition = {"If-None-Exist": form.format("identifier=http://mrn.example/?clinic|1")}
    assert [api.ask("POST", "/Patient", json=ada, headers=condition).status_code for _ in range(2)] == [201, 200]


def test_an_update_makes_the_next_version(api: Practice) -> None:
    body = api.create(patient())
    changed = {**patient(given="Jonah"), "id": body["id"]}
    response = api.ask("PUT", f"/Patient/{body['id']}", json=changed, headers={"If-Match": 'W/"1"'})
    assert response.status_code == 200
    assert response.headers["etag"] == 'W/"2"'
    assert response.headers["location"].endswith(f"/Patient/{body['id']}/_history/2")
    assert api.ask("GET", f"/Patient/{body['id']}").json()["name"][0]["given"] == ["Jonah"]


def test_an_update_may_create_under_the_clients_id(api: Practice) -> None:
    response = api.ask("PUT", "/Patient/ada-1", json=patient(id="ada-1"))
    assert (response.status_code, response.headers["etag"]) == (201, 'W/"1"')
    assert response.headers["location"].endswith("/Patient/ada-1/_history/1")
    missing = api.ask("PUT", "/Patient/ada-2", json=patient(id="ada-2"), headers={"If-Match": 'W/"1"'})
    assert missing.status_code == 404
    assert api.ask("GET", "/Patient/ada-2").status_code == 404


def test_a_stale_update_learns_which_elements_changed_and_loses_nothing(api: Practice) -> None:
    body = api.create(patient())
    path = f"/Patient/{body['id']}"
    api.ask("PUT", path, json={**patient(given="Jonah"), "id": body["id"], "gender": "male"})
    stale = api.ask("PUT", path, json={**patient(given="Joan"), "id": body["id"]}, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert {i["expression"][0] for i in stale.json()["issue"]} == {"Patient.name", "Patient.gender"}
    assert "version 2 stands now" in issue(stale)["diagnostics"]
    assert "Jonah" not in stale.text
    assert api.ask("GET", path).json()["name"][0]["given"] == ["Jonah"]


def test_read_answers_304_to_who_has_the_version(api: Practice) -> None:
    body = api.create(patient())
    path = f"/Patient/{body['id']}"
    read = api.ask("GET", path)
    same = api.ask("GET", path, headers={"If-None-Match": read.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert api.ask("GET", path, headers={"If-None-Match": 'W/"2"'}).status_code == 200
    since = {"If-Modified-Since": read.headers["last-modified"]}
    assert api.ask("GET", path, headers=since).status_code == 304
    earlier = parsedate_to_datetime(read.headers["last-modified"]) - timedelta(seconds=1)
    before = {"If-Modified-Since": format_datetime(earlier, usegmt=True)}
    assert api.ask("GET", path, headers=before).status_code == 200
    assert api.ask("GET", path, headers={"If-Modified-Since": "yesterday"}).status_code == 200
    assert api.ask("HEAD", path).headers["etag"] == read.headers["etag"]


def test_history_shows_every_version_newest_first_in_pages(api: Practice) -> None:
    body = api.create(patient())
    path = f"/Patient/{body['id']}"
    for given_name in ("B", "C"):
        api.ask("PUT", path, json={**patient(given=given_name), "id": body["id"]})
    whole = api.ask("GET", f"{path}/_history").json()
    assert whole["type"] == "history"
    assert [e["resource"]["meta"]["versionId"] for e in whole["entry"]] == ["3", "2", "1"]
    assert [e["request"]["method"] for e in whole["entry"]] == ["PUT", "PUT", "POST"]
    assert whole["entry"][0]["response"]["etag"] == 'W/"3"'
    first = api.ask("GET", f"{path}/_history?_count=2").json()
    (link,) = [found["url"] for found in first["link"] if found["relation"] == "next"]
    rest = api.client.get(link, headers=api.headers["ma"]).json()
    assert [e["resource"]["meta"]["versionId"] for e in rest["entry"]] == ["1"]
    assert [found["relation"] for found in rest["link"]] == ["self"]
    since = whole["entry"][0]["resource"]["meta"]["lastUpdated"]
    assert len(api.ask("GET", f"{path}/_history?_since={since}").json()["entry"]) >= 1
    assert "entry" not in api.ask("GET", f"{path}/_history?_since=2100-01-01").json()
    assert api.ask("GET", f"{path}/_history/2").json() == whole["entry"][1]["resource"]


def test_the_history_of_a_type_shows_each_version_once_in_pages(api: Practice) -> None:
    ids = [api.create(patient(name=f"Name{number}"))["id"] for number in range(3)]
    for person in ids[:2]:
        api.ask("PUT", f"/Patient/{person}", json={**patient(given="B"), "id": person})
    api.create(heart_rate(f"Patient/{ids[0]}"))
    metas = [(entry["resource"]["id"], entry["resource"]["meta"]) for entry in api.pages("/Patient/_history?_count=2")]
    found = [(meta["lastUpdated"], identifier, meta["versionId"]) for identifier, meta in metas]
    assert sorted((identifier, version) for _, identifier, version in found) == sorted(
        [(ids[0], "1"), (ids[0], "2"), (ids[1], "1"), (ids[1], "2"), (ids[2], "1")]
    )
    times = [at for at, _, _ in found]
    assert times == sorted(times, reverse=True)
    since = times[0]
    newest = api.ask("GET", f"/Patient/_history?_since={since}").json()["entry"]
    assert {e["resource"]["meta"]["lastUpdated"] for e in newest} == {since}
    assert api.ask("GET", "/Patient/_history?_after=1").status_code == 400
    assert api.ask("GET", "/Patient/_history", role=Role.BILLER).status_code == 403


def test_the_history_of_everything_holds_each_version_once_in_pages(api: Practice) -> None:
    person = api.create(patient())
    measured = api.create(heart_rate(f"Patient/{person['id']}"))
    api.ask("PUT", f"/Patient/{person['id']}", json={**patient(given="B"), "id": person["id"]})
    metas = [(entry["resource"]["id"], entry["resource"]["meta"]) for entry in api.pages("/_history?_count=1")]
    found = [(meta["lastUpdated"], identifier, meta["versionId"]) for identifier, meta in metas]
    assert [(name, version) for _, name, version in found] == [
        (person["id"], "2"), (measured["id"], "1"), (person["id"], "1"),
    ]  # fmt: skip
    assert found == sorted(found, key=lambda one: one[0], reverse=True)
    newest = api.ask("GET", f"/_history?_since={found[0][0]}").json()["entry"]
    assert {entry["resource"]["id"] for entry in newest} == {person["id"]}
    shown = api.ask("GET", "/_history", role=Role.FRONT_DESK).json()["entry"]
    assert {entry["resource"]["resourceType"] for entry in shown} == {"Patient"}
    for wrong in ("_after=1", "_count=0", "_since=yesterday", "_summary=true", "colour=red"):
        assert api.ask("GET", f"/_history?{wrong}").status_code == 400
    assert "entry" not in api.ask("GET", "/_history", role=Role.BILLER).json()


def test_a_deletion_leaves_a_tombstone(api: Practice) -> None:
    room = api.create({"resourceType": "Location", "name": "Room 4"}, role=Role.MANAGER)
    path = f"/Location/{room['id']}"
    assert api.ask("DELETE", path, role=Role.MANAGER).status_code == 204
    gone = api.ask("GET", path)
    assert (gone.status_code, issue(gone)["code"]) == (410, "deleted")
    assert api.ask("DELETE", path, role=Role.MANAGER).status_code == 204
    assert api.ask("GET", f"{path}/_history/2").status_code == 410
    assert api.ask("GET", f"{path}/_history/1").status_code == 200
    last = api.ask("GET", f"{path}/_history").json()["entry"][0]
    assert last["request"] == {"method": "DELETE", "url": f"Location/{room['id']}"}
    assert "resource" not in last


def test_what_is_referred_to_and_what_is_clinical_is_not_deleted(api: Practice) -> None:
    clinic = api.create({"resourceType": "Organization", "name": "Main St"}, role=Role.MANAGER)
    room = {"resourceType": "Location", "name": "4",
            "managingOrganization": {"reference": f"Organization/{clinic['id']}"}}  # fmt: skip
    child = api.create(room, role=Role.MANAGER)
    refused = api.ask("DELETE", f"/Organization/{clinic['id']}", role=Role.MANAGER)
    assert refused.status_code == 409
    assert f"Location/{child['id']}" in issue(refused)["diagnostics"]
    person = api.create(patient())
    kept = api.ask("DELETE", f"/Patient/{person['id']}", role=Role.LEAD_MA)
    assert kept.status_code == 405
    assert "entered-in-error" in issue(kept)["diagnostics"]
    assert "DELETE" not in kept.headers["allow"]
    assert api.ask("GET", f"/Patient/{person['id']}").status_code == 200


def test_search_by_address_and_by_form_finds_the_same(api: Practice) -> None:
    one = api.create(patient(name="Okafor"))
    api.create(patient(name="Silva"))
    by_get = api.ask("GET", "/Patient?family=okafor&_total=accurate").json()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_post = api.ask("POST", "/Patient/_search", content="family=okafor&_total=accurate", headers=form).json()
    for bundle in (by_get, by_post):
        assert (bundle["type"], bundle["total"]) == ("searchset", 1)
        assert bundle["entry"][0]["fullUrl"] == f"http://testserver/fhir/Patient/{one['id']}"
        assert bundle["entry"][0]["search"] == {"mode": "match"}
        assert bundle["entry"][0]["resource"] == one
    assert by_get["link"][0]["relation"] == "self"
    assert api.ask("POST", "/Patient/_search", json={"family": "x"}).status_code == 415
    counted = api.ask("GET", "/Patient?_summary=count").json()
    assert counted["total"] == 2
    assert "entry" not in counted


def test_pages_are_linked_and_meet_every_match_once(api: Practice) -> None:
    ids = {api.create(patient(name=f"Name{number:02}"))["id"] for number in range(7)}
    found: list[str] = []
    url: str | None = "http://testserver/fhir/Patient?_sort=-family&_count=3&birthdate=2025-08-21"
    pages = 0
    api.ask("GET", "/Patient?_count=1")
    while url:
        bundle = api.client.get(url, headers=api.headers["ma"]).json()
        found += [e["resource"]["id"] for e in bundle["entry"]]
        url = next((found["url"] for found in bundle["link"] if found["relation"] == "next"), None)
        assert url is None or "birthdate=2025-08-21" in url
        pages += 1
    assert (pages, len(found)) == (3, 7)
    assert set(found) == ids


def test_includes_are_marked(api: Practice) -> None:
    person = api.create(patient())
    rate = api.create(heart_rate(f"Patient/{person['id']}"))
    bundle = api.ask("GET", "/Observation?_include=Observation:subject").json()
    assert [(e["resource"]["id"], e["search"]["mode"]) for e in bundle["entry"]] == [
        (rate["id"], "match"), (person["id"], "include"),
    ]  # fmt: skip


def test_an_unknown_parameter_is_refused_or_left_out_by_name(api: Practice) -> None:
    person = api.create(patient())
    strict = api.ask("GET", "/Patient?shoe-size=44")
    assert strict.status_code == 400
    assert "shoe-size" in issue(strict)["diagnostics"]
    lenient = api.ask("GET", "/Patient?shoe-size=44&_count=5", headers={"Prefer": "handling=lenient"}).json()
    match, outcome = lenient["entry"]
    assert match["resource"]["id"] == person["id"]
    assert outcome["search"] == {"mode": "outcome"}
    assert "shoe-size" in outcome["resource"]["issue"][0]["diagnostics"]
    assert "shoe-size" not in lenient["link"][0]["url"]


def test_every_answer_carries_a_request_id(api: Practice) -> None:
    ours = api.ask("GET", "/Patient/none").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", ours)
    theirs = api.ask("GET", "/Patient/none", headers={"X-Request-Id": "client-0001"})
    assert theirs.headers["x-request-id"] == "client-0001"
    assert theirs.headers["cache-control"] == "no-store"
    odd = api.ask("GET", "/Patient/none", headers={"X-Request-Id": "<script>alert(1)</script>"})
    assert "script" not in odd.headers["x-request-id"]


def test_each_practice_has_an_address_of_its_own(api: Practice) -> None:
    body = api.create(patient(), base=f"/p/{api.name}/fhir")
    bundle = api.ask("GET", "/Patient", base=f"/p/{api.name}/fhir").json()
    assert bundle["entry"][0]["fullUrl"] == f"http://testserver/p/{api.name}/fhir/Patient/{body['id']}"
    elsewhere = api.ask("GET", "/Patient", base="/p/elsewhere/fhir")
    assert (elsewhere.status_code, issue(elsewhere)["code"]) == (403, "forbidden")


def test_another_practices_token_sees_nothing(api: Practice) -> None:
    person = api.create(patient(name="Okafor"))
    api.store.ensure_practice("other-practice", "Another practice")
    other = {"Authorization": f"Bearer {api.token(Role.MA, practice='other-practice')}"}

    def ask(path: str) -> int:
        status: int = api.client.get(f"/fhir{path}", headers=other).status_code
        return status

    assert ask(f"/Patient/{person['id']}") == 404
    assert ask(f"/Patient/{person['id']}/_history") == 404
    assert ask(f"/Patient/{person['id']}/_history/1") == 404
    assert "entry" not in api.client.get("/fhir/Patient?family=okafor", headers=other).json()
    assert api.client.get("/fhir/Patient?_summary=count", headers=other).json()["total"] == 0
    theirs = {**patient(), "id": person["id"]}
    put = api.client.put(f"/fhir/Patient/{person['id']}", json=theirs, headers={**other, "If-Match": 'W/"1"'})
    assert put.status_code == 404


@pytest.mark.parametrize("base", ["/fhir", "/p/any/fhir"])
def test_capabilities_need_no_token(api: Practice, base: str) -> None:
    statement = api.client.get(f"{base}/metadata").json()
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == f"http://testserver{base}"
