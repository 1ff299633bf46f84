"""Records from elsewhere: value-exact, in any order, twice without a change, and nothing wrong stops the rest."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carewright.core.fhir import codec
from carewright.core.store.model import Origin, Ref
from carewright.core.store.writer import Writer
from carewright.project.import_sources import Unreadable
from carewright.project.importing import BATCH, Journal, Outcome, import_files
from carewright.skills.registration.codes import mrn_system
from tests.project.conftest import Place

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
OTHER = "urn:uuid:aaaaaaaa-2222-4333-8444-555555555555"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal" / "import")


def run(place: Place, journal: Journal, *paths: Path) -> Outcome:
    return import_files(place.store, place.access, list(paths), journal=journal)


def body(place: Place, reference: str) -> dict[str, Any]:
    with place.store.reader(place.access, reason="test") as reader:
        return reader.resource(Ref(*reference.split("/")))


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": "Okafor"}], **more}


def observation(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": subject},
        **more,
    }


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> str:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "meta"}


def with_links(value: Any, links: dict[str, str]) -> Any:
    """The value with the texts under `reference` replaced: the judge of the product's own rewriting."""
    if isinstance(value, dict):
        return {
            key: links.get(child, child) if key == "reference" and isinstance(child, str) else with_links(child, links)
            for key, child in value.items()
        }
    return [with_links(item, links) for item in value] if isinstance(value, list) else value


@pytest.mark.test_data
@pytest.mark.parametrize(
    "which", [slice(2, 8, 5), pytest.param(slice(None), marks=pytest.mark.slow)], ids=["two", "all"]
)
def test_bundles_from_elsewhere_come_in_value_exact_and_twice_without_a_change(
    place: Place, journal: Journal, test_data: Path, which: slice
) -> None:
    paths = sorted((test_data / "fhir" / "synthea").glob("*.json"))[which]
    first = run(place, journal, *paths)
    assert first.refused == []
    links: dict[str, str] = {}
    resources: dict[str, dict[str, Any]] = {}
    for path in paths:
        for entry in codec.decode(path.read_bytes())["entry"]:
            name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
            links[entry["fullUrl"]] = name
            resources[name] = entry["resource"]
    assert len(first.distinct) == len(resources) == first.done["created"]
    if which == slice(None):
        assert (first.entries, len(first.distinct)) == (4_564, 4_554)
    for name, resource in resources.items():
        here = without_meta(body(place, name))
        assert codec.same_value(here, with_links(without_meta(resource), links)), name
    second = run(place, journal, *paths)
    assert dict(second.done) == {"unchanged": second.entries}
    assert second.entries == first.entries


def test_references_are_resolved_across_files_in_any_order(place: Place, journal: Journal, tmp_path: Path) -> None:
    a = written(tmp_path, "a.json", bundle({"fullUrl": OTHER, "resource": observation(URN, id="o1")}))
    b = written(tmp_path, "b.json", bundle({"fullUrl": URN, "resource": patient(id="p1")}))
    assert run(place, journal, a, b).done["created"] == 2
    assert body(place, "Observation/o1")["subject"]["reference"] == "Patient/p1"


def test_a_reference_by_identifier_leads_to_the_record_in_the_files(
    place: Place, journal: Journal, tmp_path: Path
) -> None:
    encounter = observation("Patient?identifier=urn:mrn|7", id="o1")
    a = written(tmp_path, "a.json", bundle({"fullUrl": OTHER, "resource": encounter}))
    known = patient(id="p7", identifier=[{"system": "urn:mrn", "value": "7"}])
    b = written(tmp_path, "b.json", bundle({"fullUrl": URN, "resource": known}))
    assert run(place, journal, a, b).refused == []
    assert body(place, "Observation/o1")["subject"]["reference"] == "Patient/p7"


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset", "document", "message"])
def test_bundles_of_any_type_are_taken(place: Place, journal: Journal, tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, "b.json", bundle({"fullUrl": "http://a.test/fhir/Patient/x", "resource": patient(id="x")},
                                              {"resource": observation("http://a.test/fhir/Patient/x", id="o")},
                                              kind=kind))  # fmt: skip
    assert run(place, journal, path).done["created"] == 2
    assert body(place, "Observation/o")["subject"]["reference"] == "Patient/x"


def test_of_a_history_the_newest_version_is_taken(place: Place, journal: Journal, tmp_path: Path) -> None:
    path = written(tmp_path, "h.json", bundle({"resource": patient(id="p", gender="female")},
                                              {"resource": patient(id="p", gender="unknown")},
                                              {"request": {"method": "DELETE", "url": "Patient/q"}},
                                              kind="history"))  # fmt: skip
    outcome = run(place, journal, path)
    assert body(place, "Patient/p")["gender"] == "female"
    assert outcome.done == {"created": 1, "older version": 1, "refused": 1}


def test_entries_without_an_id_get_the_same_one_every_time(place: Place, journal: Journal, tmp_path: Path) -> None:
    entries: list[dict[str, Any]] = [{"fullUrl": URN, "resource": patient()}, {"resource": patient(gender="male")}]
    path = written(tmp_path, "b.json", bundle(*entries))
    first, second = run(place, journal, path), run(place, journal, path)
    assert f"Patient/{URN.removeprefix('urn:uuid:')}" in first.distinct
    assert first.distinct == second.distinct
    assert second.done == {"unchanged": 2}


def test_lines_keep_their_decimals_and_a_bad_line_does_not_stop_the_rest(
    place: Place, journal: Journal, tmp_path: Path
) -> None:
    quantity = '"valueQuantity":{"value":72.50,"unit":"kg"}'
    line = json.dumps(observation("Patient/p", id="o1"))[:-1] + "," + quantity + "}"
    lines = [json.dumps(patient(id="p")), "{ not json", line, '{"resourceType":"Nonsense","id":"n"}', ""]
    outcome = run(place, journal, written(tmp_path, "x.ndjson", "\n".join(lines)))
    assert outcome.done == {"created": 2, "refused": 2}
    assert [(r["file"], r["line"], r["resource"]) for r in outcome.refused] == [
        (str(tmp_path / "x.ndjson"), 2, ""),
        (str(tmp_path / "x.ndjson"), 4, ""),
    ]
    assert body(place, "Observation/o1")["valueQuantity"]["value"].as_tuple() == Decimal("72.50").as_tuple()


def test_a_refusal_says_where_and_why_without_what_the_record_says(
    place: Place, journal: Journal, tmp_path: Path
) -> None:
    wrong = observation("Patient/p", id="bad", status="Okafor-secret")
    path = written(tmp_path, "b.json", bundle({"resource": patient(id="p")}, {"resource": wrong}))
    outcome = run(place, journal, path)
    (refused,) = outcome.refused
    assert (refused["file"], refused["entry"], refused["resource"]) == (str(path), 2, "Observation/bad")
    issue = refused["outcome"]["issue"][0]
    assert issue["severity"] == "error"
    assert issue["expression"] == ["Observation.status"]
    assert "secret" not in json.dumps(outcome.report())
    assert outcome.done["created"] == 1


def test_what_was_changed_here_is_kept(place: Place, journal: Journal, tmp_path: Path) -> None:
    path = written(tmp_path, "b.json", bundle({"resource": patient(id="p")}))
    run(place, journal, path)
    with Writer(place.store, place.access, origin=Origin.SCREEN).transaction(reason="test.change") as tx:
        tx.update({**body(place, "Patient/p"), "gender": "female"}, version=1)
    outcome = run(place, journal, path)
    assert outcome.done == {"kept newer": 1}
    assert body(place, "Patient/p")["gender"] == "female"


def test_one_refused_record_costs_only_itself(place: Place, journal: Journal, tmp_path: Path) -> None:
    """Two patients under one of our record numbers: a key claim refuses the second inside the transaction."""
    taken = [{"system": mrn_system(place.practice), "value": "1001"}]
    entries = [{"resource": patient(id=f"p{n}", identifier=taken if n in (3, 7) else [])} for n in range(10)]
    for entry in entries:
        if not entry["resource"]["identifier"]:
            del entry["resource"]["identifier"]
    outcome = run(place, journal, written(tmp_path, "b.json", bundle(*entries)))
    assert outcome.done == {"created": 9, "refused": 1}
    assert outcome.refused[0]["resource"] == "Patient/p7"
    assert outcome.refused[0]["outcome"]["issue"][0]["code"] == "duplicate"


def test_an_interrupted_import_goes_on_where_it_was(
    place: Place, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(json.dumps(patient(id=f"p{n}")) for n in range(BATCH * 2 + 5))
    path = written(tmp_path, "x.ndjson", lines)
    told: list[int] = []

    def interrupted(name: str, done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(place.store, place.access, [path], journal=journal, told=interrupted)
    assert journal.path.exists()
    outcome = run(place, Journal(journal.path), path)
    assert outcome.done == {"created": 5}
    assert not journal.path.exists()


def test_a_missing_file_is_said_before_anything_is_written(place: Place, journal: Journal, tmp_path: Path) -> None:
    path = written(tmp_path, "b.json", bundle({"resource": patient(id="p")}))
    with pytest.raises(Unreadable, match="nowhere"):
        run(place, journal, path, tmp_path / "nowhere.json")
    with place.store.reader(place.access, reason="test") as reader:
        assert reader.resource_or_none(Ref("Patient", "p")) is None


def test_a_file_that_is_no_fhir_is_reported(place: Place, journal: Journal, tmp_path: Path) -> None:
    good = written(tmp_path, "b.json", json.dumps(patient(id="single")))
    outcome = run(place, journal, written(tmp_path, "a.json", "[1, 2"), good)
    assert outcome.done == {"created": 1, "refused": 1}
    assert outcome.refused[0]["file"] == str(tmp_path / "a.json")
