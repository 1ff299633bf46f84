"""The file of a backup: a ZIP with one NDJSON per part, the blobs, and a manifest with counts and SHA-256.

It reads the same on either engine. Nothing in it is encrypted: it holds the chart, so it is made readable for its
owner alone and belongs where the chart belongs.
"""

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

FORMAT = "carewright-backup"
VERSION = 1
MANIFEST = "manifest.json"
BLOBS = "blobs/"
COMPRESSION_LEVEL = 1  # a backup waits for the disk, not for the last per cent


class BadArchive(Exception):
    """The file is not a whole backup; the text says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file inside: how many records it has (1 for a blob) and the SHA-256 of its content."""

    name: str
    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The manifest. `created_at` is an ISO 8601 instant; `chain` the newest link of the audit, in hexadecimal."""

    practice: str
    practice_name: str
    created_at: str
    product: str
    engine: str
    chain: str
    parts: tuple[Part, ...] = field(default=())

    def count(self, name: str) -> int:
        return next((part.count for part in self.parts if part.name == f"{name}.ndjson"), 0)


class ArchiveWriter:
    """Adds parts one after the other."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.parts: list[Part] = []

    def records(self, name: str, records: Iterable[dict[str, Any]], *, told: Callable[[int], None]) -> None:
        """One JSON object per line; `told` hears how many more were written."""
        digest, count = sha256(), 0
        with self._file.open(f"{name}.ndjson", "w", force_zip64=True) as out:
            for record in records:
                line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                out.write(line)
                digest.update(line)
                count += 1
                told(1)
        self.parts.append(Part(name=f"{name}.ndjson", count=count, sha256=digest.hexdigest()))

    def blob(self, digest: str, content: bytes) -> None:
        self._file.writestr(f"{BLOBS}{digest}", content)
        self.parts.append(Part(name=f"{BLOBS}{digest}", count=1, sha256=sha256(content).hexdigest()))

    def manifest(self, contents: Contents) -> None:
        manifest = {"format": FORMAT, "version": VERSION, **asdict(contents), "parts": [asdict(p) for p in self.parts]}
        self._file.writestr(MANIFEST, json.dumps(manifest, indent=2))


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """Write an archive at `path`: it appears there only when it is complete, synced, and was read back whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as file:
                yield ArchiveWriter(file)
            raw.flush()
            os.fsync(raw.fileno())
        verify(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def contents(path: Path) -> Contents:
    """The manifest of an archive; BadArchive if the file is none or comes from a newer product."""
    try:
        with zipfile.ZipFile(path) as file:
            found = json.loads(file.read(MANIFEST))
        if found.pop("format") != FORMAT:
            raise BadArchive(f"{path.name} is not a backup of Carewright.")
        if found.pop("version") > VERSION:
            raise BadArchive(f"{path.name} was made by a newer version of Carewright. Install that version.")
        parts = tuple(Part(**part) for part in found.pop("parts"))
        return Contents(**found, parts=parts)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
        raise BadArchive(f"{path.name} is not a backup of Carewright, or it is damaged.") from error


def verify(path: Path) -> Contents:
    """Read every part to its end; BadArchive unless each has the count and the SHA-256 that the manifest gives."""
    found = contents(path)
    with zipfile.ZipFile(path) as file:
        inside = {name for name in file.namelist() if name != MANIFEST}
        if inside != {part.name for part in found.parts}:
            raise BadArchive(f"{path.name} does not hold the parts that its manifest names.")
        for part in found.parts:
            _verify_part(file, part)
    return found


def _verify_part(file: zipfile.ZipFile, part: Part) -> None:
    digest, lines = sha256(), 0
    try:
        with file.open(part.name) as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise BadArchive(f"{part.name} in the backup is damaged.") from error
    if digest.hexdigest() != part.sha256 or (part.name.endswith(".ndjson") and lines != part.count):
        raise BadArchive(f"{part.name} in the backup is not what the manifest says.")


def records(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of one part."""
    with zipfile.ZipFile(path) as file:
        if f"{name}.ndjson" not in file.namelist():
            return  # made before there was such a part
        with file.open(f"{name}.ndjson") as opened:
            for line in opened:
                yield json.loads(line)


def blobs(path: Path) -> Iterator[tuple[str, bytes]]:
    """Digest and content of each blob."""
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if name.startswith(BLOBS):
                yield name.removeprefix(BLOBS), file.read(name)
