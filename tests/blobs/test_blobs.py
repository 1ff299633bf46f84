"""Files: kept once under their digest, encrypted, whole or not at all, and read only if they are what was kept."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carewright.core.access.model import AccessDenied
from carewright.core.blobs import blobs as module
from carewright.core.blobs.blobs import Blobs, BlobTooLarge
from carewright.core.blobs.files import BlobDamaged, BlobFiles
from carewright.core.store import chain
from carewright.core.store.model import NotFound
from carewright.core.store.store import Store
from tests.store.people import everything

KEY = bytes(range(32))
PHOTO = b"\x89PNG a photo of Jonas"


@pytest.fixture
def files(tmp_path: Path) -> BlobFiles:
    return BlobFiles(tmp_path / "blobs", key=KEY)


@pytest.fixture
def blobs(store: Store, files: BlobFiles) -> Blobs:
    return Blobs(store, files)


def path_of(files: BlobFiles, practice: str, digest: str) -> Path:
    return files.folder / practice / digest[:2] / digest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(content=st.binary(max_size=4096))
def test_what_is_kept_is_read_back(files: BlobFiles, content: bytes) -> None:
    digest = files.write("p", content)
    assert digest == sha256(content).hexdigest()
    assert files.read("p", digest) == content


def test_the_file_does_not_show_its_content_and_is_for_its_owner_alone(files: BlobFiles) -> None:
    path = path_of(files, "p", files.write("p", PHOTO))
    assert b"Jonas" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777) == 0o600


def test_the_same_content_is_kept_once(files: BlobFiles) -> None:
    first = path_of(files, "p", files.write("p", PHOTO)).read_bytes()
    assert path_of(files, "p", files.write("p", PHOTO)).read_bytes() == first


@pytest.mark.parametrize("place", [0, 12, 20, -1])
def test_a_changed_file_is_not_shown_and_is_mended_by_writing_it_again(files: BlobFiles, place: int) -> None:
    digest = files.write("p", PHOTO)
    path = path_of(files, "p", digest)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(BlobDamaged):
        files.read("p", digest)
    files.write("p", PHOTO)
    assert files.read("p", digest) == PHOTO


def test_a_file_does_not_open_in_another_place_or_with_another_key(files: BlobFiles) -> None:
    digest = files.write("p", PHOTO)
    moved = path_of(files, "q", digest)
    moved.parent.mkdir(parents=True)
    moved.write_bytes(path_of(files, "p", digest).read_bytes())
    with pytest.raises(BlobDamaged):
        files.read("q", digest)
    with pytest.raises(BlobDamaged):
        BlobFiles(files.folder, key=bytes(32)).read("p", digest)


def test_an_interrupted_write_leaves_nothing_behind(files: BlobFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("carewright.core.blobs.files.os.fsync", power_cut)
    with pytest.raises(OSError, match="Input/output"):
        files.write("p", PHOTO)
    assert [path for path in files.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("practice", "digest"), [("../x", "a" * 64), ("p", "../../etc/passwd"), ("p", "A" * 64), ("", "a" * 64)]
)
def test_a_name_cannot_lead_out_of_the_folder(files: BlobFiles, practice: str, digest: str) -> None:
    with pytest.raises(ValueError, match="named by"):
        files.read(practice, digest)


def test_the_key_has_the_right_length(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="key"):
        BlobFiles(tmp_path, key=b"short")


def test_a_blob_has_a_row_and_leaves_audit_rows(blobs: Blobs, store: Store, practice: str) -> None:
    access = everything(practice)
    kept = blobs.put(access, PHOTO, content_type="image/png", reason="test.photo")
    assert (kept.size, kept.content_type) == (len(PHOTO), "image/png")
    found, content = blobs.get(access, kept.digest, reason="test.look")
    assert content == PHOTO
    assert (found.digest, found.content_type) == (kept.digest, "image/png")
    store.audit_queue.flush()
    with store.driver.reading(practice) as connection:
        rows = chain.Trail(connection, practice).unsealed(after=(0, 0), sealable=False)
    assert [row.fields[-2] for row in rows] == ["test.photo", "test.look"]
    assert all(json.loads(row.fields[-1] or "{}")["blob"] == kept.digest for row in rows)


def test_the_first_row_of_the_same_content_stays(blobs: Blobs, practice: str) -> None:
    access = everything(practice)
    blobs.put(access, PHOTO, content_type="image/png", reason="test.photo")
    again = blobs.put(access, PHOTO, content_type="text/html", reason="test.photo")
    assert blobs.get(access, again.digest, reason="test.look")[0].content_type == "image/png"


def test_a_blob_of_another_practice_is_not_there(blobs: Blobs, store: Store, practice: str) -> None:
    kept = blobs.put(everything(practice), PHOTO, content_type="image/png", reason="test.photo")
    store.ensure_practice("other", "Other")
    with pytest.raises(NotFound):
        blobs.get(everything("other"), kept.digest, reason="test.look")


def test_a_blob_has_a_largest_size(blobs: Blobs, practice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_BYTES", 10)
    blobs.put(everything(practice), b"x" * 10, content_type="text/plain", reason="test.file")
    with pytest.raises(BlobTooLarge):
        blobs.put(everything(practice), b"x" * 11, content_type="text/plain", reason="test.file")


def test_who_may_not_read_binaries_gets_no_blob(blobs: Blobs, practice: str) -> None:
    kept = blobs.put(everything(practice), PHOTO, content_type="image/png", reason="test.photo")
    nobody = everything(practice, grants={})
    with pytest.raises(AccessDenied):
        blobs.get(nobody, kept.digest, reason="test.look")
    with pytest.raises(AccessDenied):
        blobs.put(nobody, PHOTO, content_type="image/png", reason="test.photo")
