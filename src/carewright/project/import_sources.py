"""The files of an import before anything in them is read: plain or compressed (gzip), one document or one per line.

NDJSON: https://github.com/ndjson/ndjson-spec; gzip: https://www.rfc-editor.org/rfc/rfc1952
"""

import gzip
import mmap
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

from carewright.core.fhir import codec

LINE_ENDINGS = (".ndjson", ".jsonl")
GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
MOST_LINE_BYTES = 32 * 1024 * 1024
"""The longest line that is read as one resource; the API takes 8 MB."""
LOOKED_AT_BYTES = 4096
DAMAGED_GZIP = (gzip.BadGzipFile, EOFError, zlib.error)
CUT_OFF = "The compressed file is damaged or cut off. Copy it again from where it came."
STRANGE_BEGINNINGS = {
    b"PK\x03\x04": "It is a ZIP file. Unpack it and import what is inside.",
    b"\xff\xfe": "It is UTF-16 text. Save it as UTF-8.",
    b"\xfe\xff": "It is UTF-16 text. Save it as UTF-8.",
    b"<": "It is XML. Carewright takes FHIR as JSON.",
}


class Unreadable(ValueError):
    """A file, line or entry cannot be read as FHIR JSON; the text says why and what to do, without its content."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file as it was when the import began; a changed file is read from the beginning.

    `of_lines`: it has one resource per line, and is read without holding all of it. `size` is in bytes on the disk.
    """

    path: Path
    size: int
    changed_ns: int
    packed: bool = False
    of_lines: bool = False

    @classmethod
    def of(cls, path: Path) -> "Source":
        """Unreadable if it is not there, is no file, or may not be read."""
        if path.is_dir():
            raise Unreadable(f"{path} is a folder. Name its files: {path}/*.json, {path}/*.ndjson.")
        try:
            found = path.stat()
            if not path.is_file():
                raise Unreadable(f"{path} is not a file.")
            with path.open("rb") as file:
                packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            plain = cls(path=path, size=found.st_size, changed_ns=found.st_mtime_ns, packed=packed)
            of_lines = path.name.lower().removesuffix(".gz").endswith(LINE_ENDINGS) or _looks_like_lines(plain)
        except OSError as error:
            raise Unreadable(f"{path.absolute()} cannot be read: {error.strerror or error}.") from error
        return cls(path=path, size=found.st_size, changed_ns=found.st_mtime_ns, packed=packed, of_lines=of_lines)

    @property
    def key(self) -> str:
        return sha256(f"{self.path.resolve()}|{self.size}|{self.changed_ns}".encode()).hexdigest()[:32]

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Its content behind a byte order mark, and the file on the disk (for how far the reading has come)."""
        with self.path.open("rb") as raw:
            content = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if self.packed else raw)
            if content.read(len(BOM)) != BOM:
                content.seek(0)
            yield content, raw

    @contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """Its content in the address space, not in memory; a compressed one unpacked into a nameless file first."""
        with self.opened() as (content, raw), tempfile.TemporaryFile() as unpacked:
            if self.packed:
                content.seek(0)
                shutil.copyfileobj(content, unpacked)
                unpacked.flush()
            with mmap.mmap((unpacked if self.packed else raw).fileno(), 0, access=mmap.ACCESS_READ) as found:
                yield found

    def holds(self, wanted: bytes) -> bool:
        """Whether its content has these bytes somewhere; False for what cannot be unpacked."""
        behind = b""
        try:
            with self.opened() as (content, _):
                while block := content.read(1 << 20):
                    if wanted in behind + block:
                        return True
                    behind = block[-len(wanted) :]
        except DAMAGED_GZIP:
            pass  # whoever reads the file says so
        return False


def refuse_what_is_no_text(source: Source) -> None:
    """Unreadable for what is empty or plainly something else, by its first bytes."""
    try:
        with source.opened() as (content, _):
            beginning = content.read(LOOKED_AT_BYTES)
    except DAMAGED_GZIP:
        raise Unreadable(CUT_OFF) from None
    if not beginning.strip():
        raise Unreadable("The file is empty. Was it written to its end?")
    for mark, words in STRANGE_BEGINNINGS.items():
        if beginning.lstrip().startswith(mark):
            raise Unreadable(words)
    if b"\0" in beginning:
        raise Unreadable("It is not text, so it is neither a FHIR Bundle (JSON) nor NDJSON.")


def _looks_like_lines(source: Source) -> bool:
    """Whether a file of another name has a whole object in its first line and more behind it."""
    try:
        with source.opened() as (content, _):
            first = content.readline(MOST_LINE_BYTES).strip()
            if not (first.startswith(b"{") and first.endswith(b"}") and content.read(LOOKED_AT_BYTES).strip()):
                return False
            codec.decode(first)
    except (*DAMAGED_GZIP, codec.MalformedJson):
        return False
    return True
