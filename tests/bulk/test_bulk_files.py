"""The files of exports and imports: what was written is read, and nothing else is."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.core.bulk.files import FRAME_BYTES, SEALED_BYTES, BulkFiles, FileDamaged

KEY = b"k" * 32


def kept(files: BulkFiles, content: bytes, *, name: str = "a.ndjson", job: str = "job") -> Path:
    with files.writing("practice", job, name) as writer:
        for start in range(0, len(content), 100_000):
            writer.write(content[start : start + 100_000])
    assert writer.size == len(content)
    return files.folder / "practice" / job / name


def said(files: BulkFiles, size: int, *, name: str = "a.ndjson", job: str = "job") -> bytes:
    with files.reading("practice", job, name, size=size) as reader:
        return b"".join(reader.frames())


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])
def test_a_file_says_what_was_written(tmp_path: Path, size: int) -> None:
    files, content = BulkFiles(tmp_path / "bulk", key=KEY), bytes(n % 251 for n in range(size))
    kept(files, content)
    assert said(files, size) == content
    with files.reading("practice", "job", "a.ndjson", size=size) as reader:
        assert io.BufferedReader(reader, 1000).read() == content


@settings(max_examples=30)
@given(places=st.lists(st.tuples(st.integers(0, 3 * FRAME_BYTES), st.integers(1, 70_000)), max_size=20))
def test_it_is_read_from_anywhere(tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, int]]) -> None:
    files = BulkFiles(tmp_path_factory.getbasetemp() / "anywhere", key=KEY)
    content = bytes(n % 253 for n in range(3 * FRAME_BYTES - 77))
    if not (files.folder / "practice").exists():
        kept(files, content)
    with files.reading("practice", "job", "a.ndjson", size=len(content)) as reader:
        for start, length in places:
            reader.seek(start)
            assert reader.read(length) == content[start : start + length][: FRAME_BYTES - start % FRAME_BYTES]


def test_what_is_not_as_it_was_written_is_not_read(tmp_path: Path) -> None:
    files, content = BulkFiles(tmp_path / "bulk", key=KEY), b"x" * (2 * FRAME_BYTES)
    path = kept(files, content)
    whole = path.read_bytes()
    swapped = whole[SEALED_BYTES:] + whole[:SEALED_BYTES]
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for wrong in (swapped, flipped, whole[:SEALED_BYTES], whole[:-20], b""):
        path.write_bytes(wrong)
        with pytest.raises(FileDamaged):
            said(files, len(content))
    path.write_bytes(whole)
    with pytest.raises(FileDamaged):
        said(BulkFiles(files.folder, key=b"l" * 32), len(content))
    for name, job in (("b.ndjson", "job"), ("a.ndjson", "another")):
        other = kept(files, b"", name=name, job=job)
        other.write_bytes(whole)
        with pytest.raises(FileDamaged):
            said(files, len(content), name=name, job=job)
    with pytest.raises(FileDamaged):
        said(files, 5, name="missing.ndjson")


def test_what_breaks_off_is_not_there(tmp_path: Path) -> None:
    files = BulkFiles(tmp_path / "bulk", key=KEY)
    with pytest.raises(OSError, match="full"), files.writing("practice", "job", "a.ndjson") as writer:
        writer.write(b"half")
        raise OSError("full")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    files = BulkFiles(tmp_path / "bulk", key=KEY)
    for practice, job, name in (
        ("..", "j", "n"),
        ("p", "../j", "n"),
        ("p", "j", "/n"),
        ("p", "j", ".n"),
        ("p", "", "n"),
    ):
        with pytest.raises(ValueError, match="named by"):
            files.reading(practice, job, name, size=1)
