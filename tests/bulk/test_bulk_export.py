"""$export from the kick-off to the last file. https://hl7.org/fhir/uv/bulkdata/STU2/export.html"""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from carewright.core.access.labels import CONFIDENTIALITY
from carewright.core.access.model import Role
from carewright.core.clock import wall_now
from carewright.core.store.model import Ref
from carewright.core.store.search.parse import parse
from carewright.core.store.sql import Sql
from carewright.core.store.writer import Writer
from tests.bulk.warehouse import ASYNC, Warehouse, a_practice, group, observation, patient
from tests.store.people import everything

RESTRICTED: dict[str, Any] = {"meta": {"security": [{"system": CONFIDENTIALITY, "code": "R"}]}}
VERY: dict[str, Any] = {"meta": {"security": [{"system": CONFIDENTIALITY, "code": "V"}]}}
MANIFEST_KEYS = {"transactionTime", "request", "requiresAccessToken", "output", "deleted", "error"}


def stored_bodies(api: Warehouse, resource_type: str) -> Counter[bytes]:
    with api.store.reader(everything(api.name), reason="test") as reader:
        page = reader.search(parse(resource_type, [("_count", "1000")]))
    return Counter(stored.body or b"" for stored in page.matches)


def test_every_record_is_in_the_files_byte_for_byte(api: Warehouse) -> None:
    a_practice(api)
    found = api.export("/$export")
    assert found.manifest.keys() == MANIFEST_KEYS
    assert found.manifest["requiresAccessToken"] is True
    assert found.manifest["request"] == "http://testserver/fhir/$export"
    assert found.manifest["deleted"] == found.manifest["error"] == []
    assert datetime.fromisoformat(found.manifest["transactionTime"]) < wall_now()
    lines = found.lines()
    assert set(lines) == {"Patient", "Observation", "Practitioner", "Group"}
    for name, listed in lines.items():
        assert Counter(listed) == stored_bodies(api, name), name


def test_post_asks_the_same_as_get(api: Warehouse) -> None:
    a_practice(api)
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Observation,Patient"},
            {"name": "_outputFormat", "valueString": "ndjson"},
            {"name": "_since", "valueInstant": "2020-01-01T00:00:00Z"},
            {"name": "_typeFilter", "valueString": "Observation?code=8867-4"},
        ],
    }
    posted = api.export("/$export", method="POST", json=parameters)
    got = api.export(
        "/$export?_type=Observation,Patient&_since=2020-01-01T00:00:00Z&_typeFilter=Observation%3Fcode%3D8867-4"
        "&_outputFormat=application/fhir%2Bndjson"
    )
    assert posted.lines() == got.lines()
    assert posted.ids()["Observation"] == {"o0", "o3", "o6", "o9"}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/$export?_elements=id", 400, "_elements"),
        ("/$export?_outputFormat=text/csv", 400, "ndjson"),
        ("/$export?_since=2026-01-01", 400, "instant"),
        ("/$export?_since=yesterday", 400, "instant"),
        ("/$export?_type=Patient,Foo", 400, "Foo"),
        ("/$export?_type=Claim", 403, "Claim"),
        ("/$export?_typeFilter=status%3Dfinal", 400, "Type?parameter=value"),
        ("/$export?_typeFilter=Observation%3Fcolour%3Dred", 400, "colour"),
        ("/$export?_typeFilter=Observation%3F_sort%3Ddate", 400, "_sort"),
        ("/$export?_typeFilter=Observation%3F", 400, "no parameter"),
        ("/$export?_typeFilter=Claim%3Fstatus%3Dactive", 403, "Claim"),
        ("/$export?_type=Patient&_typeFilter=Observation%3Fstatus%3Dfinal", 400, "Observation"),
        ("/Patient/$export?patient=p1", 400, "POST"),
        ("/Group/missing/$export", 404, "not here"),
        ("/Group/$$/$export", 404, "id"),
        ("/Observation/$export", 404, "not offered"),
    ],
)
def test_what_cannot_be_exported_is_said_at_once(api: Warehouse, path: str, status: int, words: str) -> None:
    a_practice(api, patients=1, each=1)
    answer = api.program("GET", path, headers=ASYNC)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert words in answer.text


def test_a_lenient_client_gets_what_can_be_had(api: Warehouse) -> None:
    a_practice(api)
    path = "/$export?_type=Patient,Claim,Foo&_elements=id&_typeFilter=Observation%3Fstatus%3Dfinal"
    answer = api.program("GET", path, headers={"Prefer": "respond-async, handling=lenient"})
    assert answer.status_code == 202, answer.text
    api.work()
    assert set(api.exported(answer.headers["Content-Location"]).ids()) == {"Patient"}


def test_a_client_must_be_ready_to_come_back(api: Warehouse) -> None:
    answer = api.program("GET", "/$export")
    assert answer.status_code == 400
    assert "respond-async" in answer.text
    assert api.program("GET", "/$export", headers={**ASYNC, "Accept": "text/csv"}).status_code == 406


@pytest.mark.parametrize("scopes", ["user/*.rs", "user/*.cruds system/Patient.s system/Observation.r"])
def test_only_programs_with_system_scopes_export(api: Warehouse, scopes: str) -> None:
    answer = api.program("GET", "/$export", headers=ASYNC, scopes=scopes)
    assert answer.status_code == 403
    assert "system/" in answer.text


def test_a_token_of_one_patient_exports_nothing(api: Warehouse) -> None:
    secret = api.token(Role.PROVIDER, scopes="patient/*.rs system/*.rs", patient="p1")
    answer = api.client.get("/fhir/$export", headers={**ASYNC, "Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403
    assert "$everything" in answer.text


def test_the_scopes_say_which_types(api: Warehouse) -> None:
    a_practice(api)
    assert set(api.export("/$export", scopes="system/Patient.rs system/Group.rs").ids()) == {"Patient", "Group"}


def test_a_scope_with_a_search_holds_the_export_to_it(api: Warehouse) -> None:
    a_practice(api)
    scopes = "system/Patient.rs system/Observation.rs?code=8867-4"
    status = api.kick_off("/$export", scopes=scopes)
    api.step()
    api.fill(observation(0, of=0, status="amended"), observation(3, of=3, code={"text": "another"}))
    api.work()
    found = api.exported(status, scopes=scopes)
    assert found.ids()["Observation"] == {"o6", "o9"}, "what the old versions of o0 and o3 said is in no index"
    url = next(file["url"] for file in found.manifest["output"] if file["type"] == "Observation")
    assert api.program("GET", url).status_code == 200
    assert api.program("GET", url, scopes="system/Observation.rs?code=8310-5").status_code == 403


# -- patients and groups ----------------------------------------------------------------------------------------------


def test_the_charts_of_all_patients_with_what_they_refer_to(api: Warehouse) -> None:
    a_practice(api)
    found = api.export("/Patient/$export").ids()
    assert set(found) == {"Patient", "Observation", "Practitioner"}
    assert found["Practitioner"] == {"d1"}, "whom no chart names stays out"
    assert len(found["Observation"]) == 12


def test_a_group_is_its_members_of_today(api: Warehouse) -> None:
    a_practice(api, patients=6)
    listed = group("g2", 0, 1, 2, 3)
    listed["member"][1]["inactive"] = True
    listed["member"][2]["period"] = {"end": "2020-01-01"}
    listed["member"].append({"entity": {"reference": "Practitioner/d1"}})
    api.fill(listed)
    found = api.export("/Group/g2/$export").ids()
    assert found["Patient"] == {"p0", "p3"}
    assert found["Observation"] == {f"o{n}" for n in range(18) if n % 6 in (0, 3)}
    assert api.export("/Group/g2/$export?_type=Patient").ids() == {"Patient": {"p0", "p3"}}


def test_a_group_of_nobody_exports_nothing(api: Warehouse) -> None:
    a_practice(api)
    api.fill(group("empty"))
    assert api.export("/Group/empty/$export").manifest["output"] == []


def test_a_merged_chart_goes_with_its_person(api: Warehouse) -> None:
    a_practice(api)
    writer = Writer(api.store, everything(api.name))
    with writer.transaction(reason="test.merge") as tx:
        tx.merge(Ref("Patient", "p1"), survivor=Ref("Patient", "p2"))
    api.fill(group("g3", 1))
    assert api.export("/Group/g3/$export").ids()["Patient"] == {"p1", "p2"}


def test_patients_may_be_named_by_post(api: Warehouse) -> None:
    a_practice(api)

    def naming(*ids: str) -> dict[str, object]:
        listed = [{"name": "patient", "valueReference": {"reference": f"Patient/{one}"}} for one in ids]
        return {"resourceType": "Parameters", "parameter": listed}

    found = api.export("/Patient/$export", method="POST", json=naming("p1", "p2")).ids()
    assert found["Patient"] == {"p1", "p2"}
    assert found["Observation"] == {f"o{n}" for n in range(12) if n % 4 in (1, 2)}
    found = api.export("/Group/g1/$export", method="POST", json=naming("p1")).ids()
    assert found["Patient"] == {"p1"}
    for path, ids in (("/Patient/$export", ("p1", "nobody")), ("/Group/g1/$export", ("p3",))):
        answer = api.program("POST", path, headers=ASYNC, json=naming(*ids))
        assert answer.status_code == 400, answer.text
        assert "not here" in answer.text
    assert api.program("POST", "/$export", headers=ASYNC, json=naming("p1")).status_code == 400


# -- one moment -------------------------------------------------------------------------------------------------------


def test_the_files_show_the_moment_of_the_choice_whatever_is_written_meanwhile(api: Warehouse) -> None:
    a_practice(api)
    before = stored_bodies(api, "Observation")
    status = api.kick_off("/$export?_type=Observation,Questionnaire")
    api.fill({"resourceType": "Questionnaire", "id": "gone", "status": "active"})
    assert api.step()
    api.fill(observation(1, of=1, status="amended"), observation(99, of=1))
    writer = Writer(api.store, everything(api.name))
    with writer.transaction(reason="test.delete") as tx:
        tx.delete(Ref("Questionnaire", "gone"))
    api.work()
    found = api.exported(status)
    assert Counter(found.lines()["Observation"]) == before
    assert found.ids()["Questionnaire"] == {"gone"}


def test_what_was_hidden_since_the_choice_is_left_out(api: Warehouse) -> None:
    a_practice(api)
    status = api.kick_off("/$export?_type=Observation", role=Role.MA)
    assert api.step()
    api.fill(observation(5, of=1, **VERY))
    api.work()
    assert "o5" not in api.exported(status, role=Role.MA).ids()["Observation"]


def test_since_takes_what_is_later_and_names_the_deletions(api: Warehouse) -> None:
    a_practice(api)
    form = {"resourceType": "Questionnaire", "status": "active"}
    api.fill({**form, "id": "old"}, {**form, "id": "older"}, {**form, "id": "back"})
    writer = Writer(api.store, everything(api.name))
    past, later = wall_now() - timedelta(days=2), wall_now() - timedelta(days=1)
    with mock.patch("carewright.core.store.writer.wall_now", return_value=past), writer.transaction(reason="t") as tx:
        tx.delete(Ref("Questionnaire", "older"))
    with writer.transaction(reason="test.delete") as tx:
        tx.delete(Ref("Questionnaire", "old"))
        tx.delete(Ref("Questionnaire", "back"))
    status = api.kick_off(f"/$export?_since={later.isoformat().replace('+', '%2B')}")
    assert api.step()
    with writer.transaction(reason="test.again") as tx:
        tx.put({**form, "id": "back"})
    api.work()
    found = api.exported(status)
    assert found.deleted() == {"Questionnaire/old", "Questionnaire/back"}
    assert len(found.ids()["Observation"]) == 12


def test_an_export_from_where_the_last_one_ended_misses_nothing(api: Warehouse) -> None:
    """Whatever is written between two exports, by whoever is in the middle of it, is in one of them."""
    seen: dict[str, set[str]] = {}
    since = ""
    for turn in range(4):
        api.fill(*(observation(10 * turn + n, of=1) for n in range(3)))
        found = api.export("/$export" + (f"?_since={since}" if since else ""))
        for name, ids in found.ids().items():
            seen.setdefault(name, set()).update(ids)
        since = found.manifest["transactionTime"]
        api.fill(observation(10 * turn + 5, of=1))
    last = api.export(f"/$export?_since={since}")
    assert seen["Observation"] | last.ids()["Observation"] == {
        f"o{10 * turn + n}" for turn in range(4) for n in (0, 1, 2, 5)
    }


def test_a_write_that_is_late_is_stamped_behind_the_export(api: Warehouse) -> None:
    """A transaction that is open while the export chooses: what it writes is later than transactionTime."""
    a_practice(api)
    with api.store.driver.writing(api.name) as connection:
        if api.store.driver.dialect.name == "sqlite":
            return  # nothing can be open beside the choice: it takes the write lock
        connection.rows(Sql("SELECT 1"))
        began = wall_now()
        with api.store.driver.moment(api.name) as (_, transaction_at):
            assert transaction_at < began


def test_a_long_read_does_not_hold_back_the_time(api: Warehouse) -> None:
    with api.store.driver.snapshot(api.name) as connection:
        connection.rows(Sql("SELECT 1 FROM practice"))
        with api.store.driver.moment(api.name) as (_, transaction_at):
            assert wall_now() - transaction_at < timedelta(seconds=8)


# -- filters ----------------------------------------------------------------------------------------------------------


def test_filters_of_one_type_are_alternatives_and_other_types_are_whole(api: Warehouse) -> None:
    a_practice(api)
    path = (
        "/$export?_typeFilter=Observation%3Fcode%3D8867-4%26subject%3DPatient/p0"
        ",Observation%3Fdate%3D2026-02,Patient%3Fgender%3Dmale,female"
    )
    found = api.export(path).ids()
    assert found["Observation"] == {"o0", "o1", "o10"}
    assert found["Patient"] == {"p0", "p1", "p2", "p3"}, "a comma inside a filter parts values"
    assert "Practitioner" in found


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_it_is_the_actors_who_asked_and_nobody_elses(api: Warehouse) -> None:
    a_practice(api)
    found = api.export("/$export")
    file = found.manifest["output"][0]["url"]
    status = file.rpartition("/")[0]
    for method, url in (("GET", status), ("DELETE", status), ("GET", file)):
        other = api.program(method, url, actor="Device/other")
        missing = api.program(method, url.replace(status[-32:], "0" * 32), actor="Device/other")
        assert (other.status_code, other.text) == (missing.status_code, missing.text)
        assert other.status_code == 404
        assert api.client.request(method, url).status_code == 401
    assert found.lines()


def test_another_practice_finds_nothing_at_the_address(api: Warehouse) -> None:
    a_practice(api)
    file = api.export("/$export").manifest["output"][0]["url"]
    other = f"x{api.name}"
    api.store.ensure_practice(other, "Another")
    secret = api.token(Role.PROVIDER, practice=other, actor="Device/warehouse", scopes="system/*.cruds")
    headers = {"Authorization": f"Bearer {secret}"}
    for url in (file, file.rpartition("/")[0]):
        assert api.client.get(url, headers=headers).status_code == 404
        path = url.partition("/fhir")[2]
        assert api.client.get(f"/p/{api.name}/fhir{path}", headers=headers).status_code == 403


def test_a_file_asks_again_for_what_its_records_ask_for(api: Warehouse) -> None:
    a_practice(api)
    urls = {file["type"]: file["url"] for file in api.export("/$export").manifest["output"]}
    narrower = "system/Patient.rs"
    assert api.program("GET", urls["Patient"], scopes=narrower).status_code == 200
    answer = api.program("GET", urls["Observation"], scopes=narrower)
    assert answer.status_code == 403
    assert "no longer" in answer.text
    assert api.program("GET", urls["Patient"], scopes="user/*.cruds").status_code == 403


def test_labels_are_kept_to(api: Warehouse) -> None:
    a_practice(api)
    api.fill(
        patient(8, **RESTRICTED), observation(80, of=8, **RESTRICTED), patient(9, **VERY), observation(90, of=1, **VERY)
    )
    for path in (
        "/$export?_type=Patient,Observation",
        "/Patient/$export",
        "/$export?_typeFilter=Patient%3F_id%3Dp8,p9",
    ):
        ids = api.export(path).ids()
        assert "p8" in ids["Patient"], "who treats sees what is restricted"
        assert "p9" not in ids["Patient"]
        assert "o90" not in ids["Observation"]


# -- what stays of it -------------------------------------------------------------------------------------------------


def test_nothing_on_the_disk_can_be_read_without_the_key(api: Warehouse) -> None:
    a_practice(api)
    api.export("/$export")
    kept = [path.read_bytes() for path in api.folder.rglob("*") if path.is_file()]
    assert len(kept) == 4
    assert not any(b"Family" in content or b"resourceType" in content for content in kept)
    assert all(path.stat().st_mode & 0o077 == 0 for path in api.folder.rglob("*"))


def test_the_audit_says_who_exported_what_how_many_and_whose(api: Warehouse) -> None:
    a_practice(api)
    found = api.export("/$export?_type=Patient,Observation")
    found.lines()
    with api.store.driver.reading(api.name) as connection:
        rows = connection.rows(
            Sql("SELECT reason, actor, detail FROM audit WHERE practice = ? AND reason LIKE 'bulk.%' ORDER BY seq",
                (api.name,))
        )  # fmt: skip
        charts = connection.rows(
            Sql("SELECT count(DISTINCT p.patient_key) FROM audit_patient p JOIN audit a ON a.practice = p.practice "
                "AND a.id = p.audit_id WHERE a.practice = ? AND a.reason = 'bulk.chosen'", (api.name,))
        )  # fmt: skip
    said = [(str(row[0]), json.loads(str(row[2]))) for row in rows]
    assert {str(row[1]) for row in rows} == {"Device/warehouse"}
    assert [reason for reason, _ in said] == ["bulk.export", "bulk.chosen", "bulk.exported", "bulk.file", "bulk.file"]
    assert said[0][1]["types"] == ["Patient", "Observation"]
    assert said[2][1]["counts"] == {"Observation": 12, "Patient": 4}
    assert {(d["type"], d["records"]) for _, d in said[3:]} == {("Observation", 12), ("Patient", 4)}
    assert charts == [(4,)]
