"""Files as they come: compressed, cut off, empty, of another kind, huge; what is said of each, and what it costs."""

import gzip
import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.core.fhir.issues import Issue
from carewright.core.store.model import Unavailable
from carewright.core.store.transaction import Transaction
from carewright.project import import_files as reading
from carewright.project import import_sources as sources
from carewright.project.cli import main
from carewright.project.import_bundles import Unbalanced, split
from carewright.project.import_report import MOST_LISTED, Journal, Outcome
from carewright.project.importing import BATCH, first_pass, import_files
from tests.project.conftest import Place

ADA = {"resourceType": "Patient", "id": "ada", "name": [{"family": "Okafor"}]}
BO = {"resourceType": "Patient", "id": "bo", "name": [{"family": 'Diaz { [ \\" '}]}
NONSENSE = {"resourceType": "Nonsense", "id": "n"}


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", **more, "entry": [{"resource": r} for r in resources]}


def text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()


def run(place: Place, folder: Path, *paths: Path) -> Outcome:
    return import_files(place.store, place.access, list(paths), journal=Journal(folder / "journal" / "x.journal"))


@pytest.fixture(params=["whole", "taken apart"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are read as small ones and as large ones."""
    if request.param == "taken apart":
        monkeypatch.setattr(reading, "LARGE_BYTES", 8)


def packed(content: bytes) -> bytes:
    """Compressed the same at any time: it is part of a test's name, which all workers must agree on."""
    return gzip.compress(content, mtime=0)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    ("name", "content", "created"),
    [
        ("plain.json", text(bundle(ADA, BO)), 2),
        ("mark.json", b"\xef\xbb\xbf" + text(bundle(ADA, BO)), 2),
        ("packed.json.gz", packed(text(bundle(ADA, BO))), 2),
        ("packed.json", packed(b"\xef\xbb\xbf" + text(bundle(ADA))), 1),
        ("one.json", text(ADA), 1),
        ("lines.ndjson", b"\xef\xbb\xbf" + json.dumps(ADA).encode() + b"\r\n\r\n" + json.dumps(BO).encode(), 2),
        ("lines.json", json.dumps(ADA).encode() + b"\n" + json.dumps(BO).encode(), 2),
        ("lines.ndjson.gz", packed(json.dumps(ADA).encode() + b"\n"), 1),
        ("empty-bundle.json", text(bundle()), 0),
    ],
)
def test_what_comes_in(place: Place, tmp_path: Path, name: str, content: bytes, created: int) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    outcome = run(place, tmp_path, path)
    assert outcome.refused == []
    assert outcome.done["created"] == created


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.json", b"", "empty"),
        ("blank.ndjson", b" \n\n", "empty"),
        ("cut.json", text(bundle(ADA, BO))[:-40], "cut off"),
        ("string.json", b'{"resourceType":"Patient","id":"x', "cut off"),
        ("cut.json.gz", packed(text(bundle(ADA, BO)))[:-20], "cut off"),
        ("junk.json.gz", b"\x1f\x8b\x08\x00" + bytes(range(200)), "cut off"),
        ("zip.json", b"PK\x03\x04" + bytes(40), "ZIP"),
        ("wide.json", text(ADA).decode().encode("utf-16"), "UTF-8"),
        ("xml.json", b"<Patient xmlns='http://hl7.org/fhir'/>", "XML"),
        ("junk.ndjson", bytes(range(256)) * 20, "not text"),
        ("list.json", b"[1, 2]", "object"),
        ("words.json", b"Okafor-secret", "not valid JSON"),
        ("nothing.json", b'{"id":"x"}', "resourceType"),
        ("twice.json", b'{"resourceType":"Bundle","type":"batch","type":"batch","entry":[]}', "same name"),
    ],
)
def test_what_does_not(place: Place, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path, good = tmp_path / name, tmp_path / "good.json"
    path.write_bytes(content)
    good.write_bytes(text(ADA))
    outcome = run(place, tmp_path, path, good)
    (refused,) = outcome.refused
    assert refused["file"] == str(path)
    assert said in refused["reason"]
    assert refused["advice"]
    assert "secret" not in json.dumps(refused)
    assert outcome.done == {"refused": 1, "created": 1}


@pytest.mark.usefixtures("size")
def test_an_entry_that_is_no_json_costs_only_itself(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(text(bundle(ADA, NONSENSE, BO)).replace(b'"Nonsense"', b"Nonsense"))
    outcome = run(place, tmp_path, path)
    assert outcome.done == {"created": 2, "refused": 1}
    assert outcome.refused[0]["entry"] == 2
    assert "line" not in outcome.refused[0]


def test_a_line_that_is_too_long_costs_only_itself(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LINE_BYTES", 200)
    path = tmp_path / "x.ndjson"
    long = {**ADA, "name": [{"family": "x" * 1000}]}
    path.write_text("\n".join(map(json.dumps, (ADA, long, BO))))
    outcome = run(place, tmp_path, path)
    assert [refused["line"] for refused in outcome.refused] == [2]
    assert outcome.done["created"] == 2


def test_a_compressed_file_that_is_cut_off_keeps_its_whole_lines(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson.gz"
    lines = "\n".join(json.dumps({**ADA, "id": f"p{n}", "language": str(hash(n * 7919))}) for n in range(20_000))
    packed = gzip.compress(lines.encode())
    path.write_bytes(packed[: len(packed) // 2])
    read = list(reading.items(sources.Source.of(path)))
    assert len(read) > 100
    assert [item.problem for item in read if item.problem][-1] == sources.CUT_OFF


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
OBJECTS = st.dictionaries(st.text() | st.just("entry"), VALUES, max_size=4)


@settings(max_examples=50)
@given(
    before=OBJECTS, entries=st.lists(OBJECTS, max_size=4), after=st.dictionaries(st.text(min_size=6), VALUES),
    indent=st.none() | st.integers(0, 2), cut=st.floats(0, 0.99),
)  # fmt: skip
def test_a_bundle_taken_apart_is_the_bundle(
    before: dict[str, Any], entries: list[dict[str, Any]], after: dict[str, Any], indent: int | None, cut: float
) -> None:
    whole = {**{key: value for key, value in before.items() if key != "entry"}, "entry": entries, **after}
    written = json.dumps(whole, indent=indent).encode()
    found = split(written)
    assert found is not None
    assert [json.loads(written[start:end]) for start, end in found.entries] == entries
    assert json.loads(found.around) == {**whole, "entry": []}
    half = written[: int(len(written) * cut)]
    if half:
        with pytest.raises(Unbalanced):
            split(half)


@pytest.mark.parametrize("content", ['{"entry":[1]}', '{"entry":[{},{},]}', '{"entry":[{}{}]}', '{"entry":{}}', "{}"])
def test_what_has_no_list_of_objects_is_read_as_a_whole(content: str) -> None:
    assert split(content.encode()) is None


@pytest.mark.parametrize("shape", ["bundle", "lines"])
def test_a_large_file_takes_little_memory(tmp_path: Path, shape: str) -> None:
    """96 MB; what is held at once is a batch of entries and where each of them stands."""
    path = tmp_path / ("x.json" if shape == "bundle" else "x.ndjson")
    entry = json.dumps({**ADA, "text": {"status": "generated", "div": "<div>" + "x" * 96_000 + "</div>"}})
    with path.open("w") as file:
        file.write('{"resourceType":"Bundle","type":"collection","entry":[' if shape == "bundle" else "")
        for number in range(1000):
            comma = "," if number and shape == "bundle" else ""
            file.write(comma + (f'{{"resource":{entry}}}' if shape == "bundle" else entry) + "\n")
        file.write("]}" if shape == "bundle" else "")
    source = sources.Source.of(path)
    tracemalloc.start()
    try:
        first_pass([source])
        assert sum(1 for _ in reading.items(source)) == 1000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24_000_000


def test_what_was_refused_before_an_interruption_is_in_the_report(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text("\n".join(json.dumps({**ADA, "id": f"p{n}"}) if n != 7 else "{" for n in range(BATCH + 5)))
    told: list[int] = []

    def interrupted(name: str, done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    journal = Journal(tmp_path / "journal" / "x.journal")
    with pytest.raises(KeyboardInterrupt):
        import_files(place.store, place.access, [path], journal=journal, told=interrupted)
    outcome = run(place, tmp_path, path)
    assert [refused["line"] for refused in outcome.refused] == [8]
    assert outcome.done == {"refused": 1, "created": 5}
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_database_that_goes_away_refuses_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(text(ADA))

    def away(transaction: Transaction, resource: object) -> None:
        raise Unavailable

    monkeypatch.setattr(Transaction, "import_", away)
    with pytest.raises(Unavailable):
        run(place, tmp_path, path)


def test_refusals_beyond_a_bound_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_bytes(text(ADA))
    source, outcome = sources.Source.of(path), Outcome()
    for number in range(MOST_LISTED + 3):
        outcome.refuse(source, reading.Item(number=number + 1), [Issue("error", "structure", "no")])
    report = outcome.report()
    assert (len(report["refused"]), report["refused_not_listed"]) == (MOST_LISTED, 3)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, migrated_folder: Path
) -> Callable[..., tuple[int, str]]:
    """`carewright import` on a data folder of its own: exit code, and what it says on standard error."""
    for name in ("CARE_DATABASE_URL", "CARE_DATABASE_OWNER_URL", "CARE_CLOCK_OFFSET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path / "data"))
    shutil.copytree(migrated_folder, tmp_path / "data")

    def called(*paths: object) -> tuple[int, str]:
        code = main(["import", "--report", str(tmp_path / "report.json"), *map(str, paths)])
        return code, capsys.readouterr().err

    return called


def test_the_exit_code_says_whether_everything_is_in(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.json", tmp_path / "wrong.ndjson"
    good.write_bytes(text(ADA))
    wrong.write_text(json.dumps(BO) + "\n{ not json\n")
    assert command(good)[0] == 0
    code, said = command(good, wrong)
    assert code == 1
    assert f"refused: {wrong}, line 2: " in said
    assert "What to do: " in said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["done"] == {"created": 1, "refused": 1, "unchanged": 1}
    assert {"file", "line", "reason", "advice", "outcome"} <= set(report["refused"][0])


def test_what_cannot_be_opened_ends_it_before_anything_is_written(
    command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    good = tmp_path / "good.json"
    good.write_bytes(text(ADA))
    code, said = command(good, tmp_path / "nowhere.json")
    assert (code, len(said.splitlines())) == (2, 1)
    code, said = command(tmp_path)
    assert code == 2
    assert "folder" in said
    assert f"{tmp_path}/*.json" in said
    assert command(good) == (0, f"Made the practice 'main'.\nReport: {tmp_path / 'report.json'}\n")
