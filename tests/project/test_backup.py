"""What leaves and comes back: exports byte for byte, backups with everything, on both engines and across them."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carewright.core.audit.sealer import Sealer
from carewright.core.audit.verify import verify
from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import BlobFiles
from carewright.core.clock import wall_now
from carewright.core.settings import values
from carewright.core.settings.model import WHOLE, Setting
from carewright.core.store import archive, balances, claims, consumers, reindex
from carewright.core.store.archive import BadArchive
from carewright.core.store.backup import back_up
from carewright.core.store.hooks import Move
from carewright.core.store.model import Origin, Ref
from carewright.core.store.restore import NotEmpty, RestoreFailed, restore_backup
from carewright.core.store.restore_export import restore_lines
from carewright.core.store.search.parse import parse
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store, migrate_database
from carewright.core.store.writer import Writer
from carewright.project.exporting import NotEmptyFolder, export
from carewright.project.wiring import registry
from tests.postgresql_server import Database
from tests.project.conftest import Place, new_place, open_store

WAIT = Setting(name="test.wait", kind=WHOLE, default=10, doc="Minutes.")
KEY = bytes(range(32))


@pytest.fixture
def files(tmp_path: Path) -> BlobFiles:
    return BlobFiles(tmp_path / "blobs", key=KEY)


@pytest.fixture
def filled(place: Place, files: BlobFiles) -> Place:
    """A practice with something in every part of a backup, and an audit that is sealed but for its end."""
    writer = Writer(place.store, place.access)
    with writer.transaction(reason="test.first") as tx:
        ada = tx.create({"resourceType": "Patient", "name": [{"family": "Ñandú"}]}, resource_id="ada")
        tx.create({"resourceType": "Organization", "name": "Old"}, resource_id="gone")
        tx.create(
            {
                "resourceType": "Observation", "status": "final", "code": {"text": "weight"},
                "subject": {"reference": str(ada)}, "valueQuantity": {"value": Decimal("72.50"), "unit": "kg"},
            },
            resource_id="w",
        )  # fmt: skip
        tx.claim("seat", "9:00", holder=ada)
        tx.move(Move(kind="lot", key="A1", delta=Decimal("7.5")))
    with writer.transaction(reason="test.second") as tx:
        tx.update({"resourceType": "Patient", "id": "ada", "name": [{"family": "Okafor"}]}, version=1)
        tx.delete(Ref("Organization", "gone"))
    values.change(place.store, WAIT, place.access, scope="practice", value=15)
    blobs = Blobs(place.store, files)
    blobs.put(place.access, b"a photo", content_type="image/png", reason="test.photo", origin=Origin.SCREEN)
    with place.store.driver.writing(place.practice) as connection:
        consumers.advance(connection, place.practice, "reaction:test", consumers.head(connection, place.practice))
    Sealer(place.store, place.practice, holder="test").step()
    with writer.transaction(reason="test.unsealed") as tx:
        tx.create({"resourceType": "Patient", "name": [{"family": "Diaz"}]}, resource_id="bo")
    return place


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty installation on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'target.sqlite3'}"
        migrate_database(url, registry())
    else:
        database: Database = request.getfixturevalue("fresh_postgresql")
        url = database.app_url
        migrate_database(url, registry(), owner_url=database.owner_url)
    store = open_store(url)
    yield store
    store.close()


def exported(place: Place, folder: Path) -> dict[str, bytes]:
    export(place.store, place.access, folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def lines(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.iterdir()) for line in path.read_bytes().splitlines()]


def backed_up(place: Place, files: BlobFiles, path: Path) -> Path:
    back_up(place.store, place.practice, path, read_blob=files.read)
    return path


def test_an_export_holds_the_current_versions_as_they_are_stored(filled: Place, tmp_path: Path) -> None:
    found = exported(filled, tmp_path / "out")
    assert sorted(found) == ["Observation.ndjson", "Patient.ndjson"]
    assert b'"value":72.50' in found["Observation.ndjson"]
    assert found["Patient.ndjson"].count(b"\n") == 2
    assert b'"versionId":"2"' in found["Patient.ndjson"]
    with pytest.raises(NotEmptyFolder):
        export(filled.store, filled.access, tmp_path / "out")


def test_export_restore_export_is_byte_exact(filled: Place, target: Store, tmp_path: Path) -> None:
    before = exported(filled, tmp_path / "before")
    there = new_place(target, "restored")
    assert restore_lines(target, there.access, lines(tmp_path / "before")) == (3, 0)
    assert exported(there, tmp_path / "after") == before
    assert all(not reindex.reindex(target, "restored", name).different for name in reindex.names(target))
    with target.reader(there.access, reason="test") as reader:
        (stored,) = reader.search(parse("Patient", [("family", "okafor")])).matches
    assert stored.version == 2


@pytest.mark.test_data
def test_imported_bundles_go_out_and_come_back_byte_exact(
    place: Place, target: Store, tmp_path: Path, test_data: Path
) -> None:
    from carewright.project.importing import Journal, import_files

    paths = sorted((test_data / "fhir" / "synthea").glob("*.json"))[:1]
    import_files(place.store, place.access, paths, journal=Journal(tmp_path / "j"))
    before = exported(place, tmp_path / "before")
    there = new_place(target, "restored")
    restore_lines(target, there.access, lines(tmp_path / "before"))
    assert exported(there, tmp_path / "after") == before


def test_an_interrupted_restore_of_an_export_goes_on(filled: Place, target: Store, tmp_path: Path) -> None:
    export(filled.store, filled.access, tmp_path / "out")
    there, all_lines = new_place(target, "restored"), lines(tmp_path / "out")
    assert restore_lines(target, there.access, all_lines[:1]) == (1, 0)
    assert restore_lines(target, there.access, all_lines) == (2, 1)


def test_an_export_is_not_mixed_with_what_is_there(filled: Place, tmp_path: Path) -> None:
    export(filled.store, filled.access, tmp_path / "out")
    with pytest.raises(NotEmpty):
        restore_lines(filled.store, filled.access, lines(tmp_path / "out"))


@pytest.mark.parametrize("line", [b'{"resourceType":"Patient","id":"x"}', b'{"resourceType": "Patient", "id":"x"}'])
def test_records_from_elsewhere_are_not_restored(elsewhere: Store, line: bytes) -> None:
    with pytest.raises(RestoreFailed, match="import"):
        restore_lines(elsewhere, new_place(elsewhere).access, [line])


def test_a_backup_brings_everything_back(filled: Place, target: Store, files: BlobFiles, tmp_path: Path) -> None:
    path = backed_up(filled, files, tmp_path / "b.zip")
    other = BlobFiles(tmp_path / "other", key=bytes(32))
    restore_backup(target, filled.access, path, write_blob=other.write)
    there = Place(target, filled.access)
    assert exported(there, tmp_path / "after") == exported(filled, tmp_path / "before")
    with target.reader(there.access, reason="test") as reader:
        assert [s.version for s in reader.history(Ref("Patient", "ada"))] == [2, 1]
        old = reader.vread(Ref("Patient", "ada"), 1)
        assert [s.change.value for s in reader.history(Ref("Organization", "gone"))] == ["delete", "create"]
        (found,) = reader.search(parse("Patient", [("family", "okafor")])).matches
        feed = reader.feed()
    with filled.store.reader(filled.access, reason="test") as reader:
        assert old.body == reader.vread(Ref("Patient", "ada"), 1).body
        original = reader.feed()
    assert found.ref.id == "ada"
    assert [(e.ref, e.version, e.change, e.at) for e in feed] == [(e.ref, e.version, e.change, e.at) for e in original]
    with target.driver.reading(there.practice) as connection:
        assert claims.holders(connection, there.practice, [("seat", "9:00")]) == {
            ("seat", "9:00"): Ref("Patient", "ada")
        }
        assert balances.on_hand(connection, there.practice, "lot", "A1") == Decimal("7.5")
        place_of = consumers.position(connection, there.practice, "reaction:test")
    assert [entry.position > place_of for entry in feed] == [False] * 5 + [True]
    assert values.get(target, WAIT, there.access) == 15
    blobs = [digest for digest, _ in archive.blobs(path)]
    assert other.read(there.practice, blobs[0]) == b"a photo"
    for name in reindex.names(target):
        assert list(reindex.differences(target, there.practice, name)) == []


def test_the_restored_audit_is_whole_and_goes_on(
    filled: Place, target: Store, files: BlobFiles, tmp_path: Path
) -> None:
    before = verify(filled.store, filled.practice)
    restore_backup(target, filled.access, backed_up(filled, files, tmp_path / "b.zip"), write_blob=files.write)
    after = verify(target, filled.practice)
    assert after.whole
    assert after.sealed == before.sealed
    assert Sealer(target, filled.practice, holder="there").step() >= 2  # what was not sealed, and the restore itself
    assert verify(target, filled.practice).whole


def test_a_backup_is_the_same_file_for_both_engines(
    filled: Place, target: Store, files: BlobFiles, tmp_path: Path
) -> None:
    path = backed_up(filled, files, tmp_path / "a.zip")
    restore_backup(target, filled.access, path, write_blob=files.write)
    again = backed_up(Place(target, filled.access), files, tmp_path / "b.zip")
    for part in ("version", "key_claim", "balance", "setting", "blob", "feed_position"):
        assert list(archive.records(path, part)) == list(archive.records(again, part)), part


def test_a_practice_that_holds_anything_is_not_restored_into(filled: Place, files: BlobFiles, tmp_path: Path) -> None:
    path = backed_up(filled, files, tmp_path / "b.zip")
    with pytest.raises(NotEmpty):
        restore_backup(filled.store, filled.access, path, write_blob=files.write)


def test_those_who_may_sign_in_come_back_and_their_sessions_do_not(
    filled: Place, target: Store, files: BlobFiles, tmp_path: Path
) -> None:
    people = [{"username": "dana", "password": "digest"}, {"username": "kim", "password": "other"}]
    path = tmp_path / "b.zip"
    back_up(filled.store, filled.practice, path, read_blob=files.read, sign_ins=people)
    now = wall_now()
    row = (
        b"hash", filled.practice, "screen", "Practitioner/dana", "Dana", "dana", "[]", "TREAT", "", "{}", now, now,
        now + timedelta(hours=1),
    )  # fmt: skip
    with target.driver.writing(filled.practice) as connection:
        columns = "secret_hash, practice, kind, actor, display, user_name, roles, purpose, scopes, data, created_at"
        insert = f"INSERT INTO session ({columns}, seen_at, expires_at) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 - the table is named here, not asked for
        connection.execute(Sql(insert, row))
    assert target.driver.session_row(b"hash") is not None
    came: list[dict[str, Any]] = []

    def write(records: Iterable[dict[str, Any]]) -> int:
        came.extend(records)
        return len(came)

    restore_backup(target, filled.access, path, write_blob=files.write, write_sign_ins=write)
    assert came == people
    assert target.driver.session_row(b"hash") is None


def test_a_restore_that_cannot_let_everybody_sign_in_leaves_nothing(
    filled: Place, target: Store, files: BlobFiles, tmp_path: Path
) -> None:
    path = tmp_path / "b.zip"
    back_up(filled.store, filled.practice, path, read_blob=files.read, sign_ins=[{"username": "dana"}])
    with pytest.raises(RestoreFailed, match="sign in"):
        restore_backup(target, filled.access, path, write_blob=files.write, write_sign_ins=lambda records: 0)
    assert target.practices() == []
    with target.reader(filled.access, reason="test") as reader:
        assert reader.resource_or_none(Ref("Patient", "ada")) is None


def test_a_backup_from_before_there_were_sign_ins_in_it_is_taken(
    filled: Place, elsewhere: Store, files: BlobFiles, tmp_path: Path
) -> None:
    path, older = backed_up(filled, files, tmp_path / "b.zip"), tmp_path / "older.zip"
    with archive.writing(older) as writer:
        for part in archive.contents(path).parts:
            if part.name.startswith(archive.BLOBS):
                writer.blob(part.name.removeprefix(archive.BLOBS), b"a photo")
            elif not part.name.startswith("sign_in"):
                name = part.name.removesuffix(".ndjson")
                writer.records(name, archive.records(path, name), told=lambda done: None)
        writer.manifest(archive.contents(path))
    restore_backup(elsewhere, filled.access, older, write_blob=files.write)
    assert verify(elsewhere, filled.practice).whole


def test_a_backup_belongs_to_its_practice(filled: Place, elsewhere: Store, files: BlobFiles, tmp_path: Path) -> None:
    path = backed_up(filled, files, tmp_path / "b.zip")
    with pytest.raises(RestoreFailed, match=filled.practice):
        restore_backup(elsewhere, new_place(elsewhere).access, path, write_blob=files.write)


def test_a_damaged_backup_is_refused_before_anything_is_written(
    filled: Place, elsewhere: Store, files: BlobFiles, tmp_path: Path
) -> None:
    whole = backed_up(filled, files, tmp_path / "b.zip")
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"Okafor", b"Other ") if name == "version.ndjson" else content)
    with pytest.raises(BadArchive, match="version"):
        restore_backup(elsewhere, filled.access, damaged, write_blob=files.write)
    assert elsewhere.practices() == []


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_half_a_file_is_no_backup(filled: Place, files: BlobFiles, tmp_path: Path, cut: float) -> None:
    data = backed_up(filled, files, tmp_path / "b.zip").read_bytes()
    half = tmp_path / "half.zip"
    half.write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(BadArchive):
        archive.verify(half)


def test_a_failed_restore_leaves_nothing(filled: Place, elsewhere: Store, files: BlobFiles, tmp_path: Path) -> None:
    whole = backed_up(filled, files, tmp_path / "b.zip")
    short = tmp_path / "short.zip"
    with archive.writing(short) as writer:
        for part in archive.contents(whole).parts:
            if part.name.startswith(archive.BLOBS):
                writer.blob(part.name.removeprefix(archive.BLOBS), b"a photo")
                continue
            name = part.name.removesuffix(".ndjson")
            records = list(archive.records(whole, name))
            if name == "version":
                records.append({**records[-1]})  # the same version twice: the database refuses it
            writer.records(name, records, told=lambda done: None)
        writer.manifest(archive.contents(whole))
    with pytest.raises(Exception, match="version"):
        restore_backup(elsewhere, filled.access, short, write_blob=files.write)
    with elsewhere.reader(filled.access, reason="test") as reader:
        assert reader.resource_or_none(Ref("Patient", "ada")) is None


def test_drafts_and_sessions_stay_behind(filled: Place, files: BlobFiles, tmp_path: Path) -> None:
    from carewright.core.store import drafts

    drafts.save(filled.store, filled.access, form="vitals", content="typed-and-not-saved")
    path = backed_up(filled, files, tmp_path / "b.zip")
    with zipfile.ZipFile(path) as file:
        assert all(b"typed-and-not-saved" not in file.read(name) for name in file.namelist())
        manifest = json.loads(file.read(archive.MANIFEST))
    assert {part["name"] for part in manifest["parts"] if part["name"].endswith("ndjson")} == {
        f"{name}.ndjson"
        for name in (
            "version",
            "audit",
            "audit_seal",
            "alias",
            "key_claim",
            "balance",
            "setting",
            "blob",
            "client",
            "feed_position",
            "sign_in",
        )
    }
    assert (path.stat().st_mode & 0o777) == 0o600
