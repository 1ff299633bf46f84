"""How much of a resource an answer holds, and in which form: _summary, _elements, _pretty, gzip, _total."""

import pytest

from tests.fhirapi.practice import Practice, issue
from tests.store.people import patient

NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Ada</div>'}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def path(api: Practice) -> str:
    body = api.create({**patient(), "gender": "female", "birthDate": "1980-02-03", "text": NARRATIVE})
    return f"/Patient/{body['id']}"


def subsetted(resource: dict[str, object]) -> bool:
    meta = resource["meta"]
    return isinstance(meta, dict) and any(tag["code"] == "SUBSETTED" for tag in meta.get("tag", ()))


@pytest.mark.parametrize(
    ("query", "holds", "lacks"),
    [
        ("_summary=true", {"name", "birthDate"}, {"text"}),
        ("_summary=text", {"text"}, {"name", "birthDate"}),
        ("_summary=data", {"name", "birthDate"}, {"text"}),
        ("_elements=birthDate", {"birthDate"}, {"name", "text", "gender"}),
        ("_elements=Patient.birthDate,gender", {"birthDate", "gender"}, {"name"}),
    ],
)
def test_the_same_part_by_read_vread_search_history_and_batch(
    api: Practice, path: str, query: str, holds: set[str], lacks: set[str]
) -> None:
    whole = api.ask("GET", path).json()
    batch = {"resourceType": "Bundle", "type": "batch",
             "entry": [{"request": {"method": "GET", "url": f"{path[1:]}?{query}"}}]}  # fmt: skip
    found = [
        api.ask("GET", f"{path}?{query}").json(),
        api.ask("GET", f"{path}/_history/1?{query}").json(),
        api.ask("GET", f"/Patient?_id={whole['id']}&{query}").json()["entry"][0]["resource"],
        api.ask("GET", f"{path}/_history?{query}").json()["entry"][0]["resource"],
        api.ask("GET", f"/Patient/_history?{query}").json()["entry"][0]["resource"],
        api.ask("POST", "/", json=batch).json()["entry"][0]["resource"],
    ]
    for part in found:
        assert part == found[0]
        assert holds <= set(part)
        assert not lacks & set(part)
        assert subsetted(part)
        assert part["meta"]["versionId"] == "1"
    assert not subsetted(whole)


def test_false_and_nothing_are_the_stored_bytes(api: Practice, path: str) -> None:
    assert api.ask("GET", f"{path}?_summary=false").content == api.ask("GET", path).content


def test_a_part_keeps_the_version_that_an_update_is_based_on(api: Practice, path: str) -> None:
    response = api.ask("GET", f"{path}?_summary=true")
    assert response.headers["etag"] == 'W/"1"'


def test_a_part_is_not_written_back(api: Practice, path: str) -> None:
    part = api.ask("GET", f"{path}?_elements=birthDate").json()
    for response in (
        api.ask("PUT", path, json=part),
        api.ask("POST", "/", json={
            "resourceType": "Bundle", "type": "transaction",
            "entry": [{"resource": part, "request": {"method": "PUT", "url": path[1:]}}],
        }),
    ):  # fmt: skip
        assert response.status_code == 422
        assert "SUBSETTED" in issue(response)["diagnostics"]
    assert api.ask("GET", path).json()["name"]


@pytest.mark.parametrize(
    "query",
    ["_summary=some", "_elements=color", "_summary=true&_elements=name"],
)
def test_what_there_is_not_is_said(api: Practice, path: str, query: str) -> None:
    for address in (path, f"{path}/_history", "/Patient", f"{path}/_history/1"):
        assert api.ask("GET", f"{address}?{query}").status_code == 400, address


def test_a_lenient_client_gets_the_elements_that_there_are(api: Practice, path: str) -> None:
    found = api.ask("GET", f"{path}?_elements=color,birthDate", headers={"Prefer": "handling=lenient"}).json()
    assert "birthDate" in found
    assert "name" not in found


TOTALS: list[tuple[str, int | None]] = [
    ("", None), ("_total=none", None), ("_total=accurate", 1), ("_total=estimate", 1), ("_summary=count", 1),
    ("_count=0", 1), ("_count=00", 1),
]  # fmt: skip


@pytest.mark.parametrize(("query", "total"), TOTALS)
def test_the_total_is_there_when_it_is_asked_for(api: Practice, path: str, query: str, total: int | None) -> None:
    found = api.ask("GET", f"/Patient?_id={path.rsplit('/', 1)[1]}&{query}").json()
    assert found.get("total") == total


@pytest.mark.parametrize("query", ["_total=some", "_contained=true", "_containedType=container", "_score=1"])
def test_a_search_says_what_it_does_not_do(api: Practice, query: str) -> None:
    response = api.ask("GET", f"/Patient?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in issue(response)["diagnostics"]


def test_pretty_is_for_people_and_changes_no_value(api: Practice) -> None:
    text = b'{"resourceType":"Patient","extension":[{"url":"urn:x","valueDecimal":1.50}]}'
    made = api.ask("POST", "/Patient?_pretty=true", content=text, headers={"Content-Type": "application/fhir+json"})
    assert made.status_code == 201
    assert made.headers["etag"] == 'W/"1"'
    path = f"/Patient/{made.json()['id']}"
    pretty, plain = (api.ask("GET", f"{path}{query}", headers=PLAIN) for query in ("?_pretty=true", "?_pretty=false"))
    assert b'"valueDecimal": 1.50' in pretty.content
    assert pretty.content.count(b"\n") > 5
    assert b"\n" not in plain.content
    assert pretty.json() == plain.json()
    assert pretty.headers["content-type"] == "application/fhir+json"
    assert b"\n" in api.ask("GET", "/Patient/none?_pretty=true").content


def test_long_answers_are_compressed_for_those_who_ask(api: Practice, path: str) -> None:
    del path
    statement = api.client.get("/fhir/metadata", headers={"Accept-Encoding": "gzip"})
    assert statement.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in statement.headers["vary"].lower()
    plain = api.client.get("/fhir/metadata", headers=PLAIN)
    assert "content-encoding" not in plain.headers
    assert int(statement.headers["content-length"]) < len(plain.content) / 4
    assert statement.json() == plain.json()
