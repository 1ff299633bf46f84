"""The files of exports and imports: encrypted on the disk, written once from beginning to end, read anywhere.

A file is a row of frames of one size (the last may be shorter), each sealed with AES-256-GCM (NIST SP 800-38D) under a
random nonce of its own; its number, the file and the practice are authenticated with it, so that no frame can be moved
to another place. How long a file is stands in its row, so that one that was cut off is noticed.
`<folder>/<practice>/<job>/<name>`; a file appears under its name when it is whole and synced.
"""

import io
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carewright.core.blobs.files import KEY_BYTES, NONCE_BYTES

TAG_BYTES = 16
FRAME_BYTES = 240 * 1024
"""What a frame says. A multiple of 24, the size of a chosen key and version."""
SEALED_BYTES = NONCE_BYTES + FRAME_BYTES + TAG_BYTES
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


class FileDamaged(Exception):
    """The file is missing, was cut off or changed, or was written with another key."""


class BulkFiles:
    """The files of all jobs below `folder`; `key` has 32 bytes."""

    def __init__(self, folder: Path, *, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"The key of the files has {KEY_BYTES} bytes.")
        self.folder = folder
        self._cipher = AESGCM(key)

    @contextmanager
    def writing(self, practice: str, job: str, name: str) -> Iterator["FrameWriter"]:
        """Write a file. It is there when the block ends, whole and on the disk; not at all when it raises."""
        path = self._path(practice, job, name)
        for folder in (self.folder, path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f".{name}.{secrets.token_hex(8)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                writer = FrameWriter(file, self._cipher, bound_to=f"{practice}/{job}/{name}")
                yield writer
                writer.end()
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def reading(self, practice: str, job: str, name: str, *, size: int) -> "FrameReader":
        """A whole file as a raw stream that can be sought in; `size` is what it says, in bytes. FileDamaged."""
        try:
            file = self._path(practice, job, name).open("rb")
        except FileNotFoundError as error:
            raise FileDamaged(f"The file {name} is missing.") from error
        return FrameReader(file, self._cipher, bound_to=f"{practice}/{job}/{name}", size=size)

    def remove(self, practice: str, job: str, name: str = "") -> None:
        """Remove one file, or all of a job; nothing happens if they are gone."""
        if name:
            self._path(practice, job, name).unlink(missing_ok=True)
        else:
            shutil.rmtree(self._path(practice, job, "x").parent, ignore_errors=True)

    def jobs(self, practice: str) -> dict[str, float]:
        """The jobs that have files here, each with the time of the last change of its folder."""
        folder = self._path(practice, "x", "x").parent.parent
        return {entry.name: entry.stat().st_mtime for entry in folder.iterdir()} if folder.is_dir() else {}

    def _path(self, practice: str, job: str, name: str) -> Path:
        if not all(map(_NAME.fullmatch, (practice, job, name))):
            raise ValueError("A file is named by a practice, a job and a name.")
        return self.folder / practice / job / name


class FrameWriter:
    """Takes bytes and writes them as sealed frames. `size` is how many it has taken."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, *, bound_to: str) -> None:
        self._file, self._cipher, self._bound_to = file, cipher, bound_to
        self._pending = bytearray()
        self._frames = 0
        self.size = 0

    def write(self, data: bytes) -> None:
        self._pending += data
        self.size += len(data)
        while len(self._pending) >= FRAME_BYTES:
            self._seal(bytes(self._pending[:FRAME_BYTES]))
            del self._pending[:FRAME_BYTES]

    def end(self) -> None:
        if self._pending:
            self._seal(bytes(self._pending))
            self._pending.clear()

    def _seal(self, text: bytes) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._file.write(nonce + self._cipher.encrypt(nonce, text, _place(self._bound_to, self._frames)))
        self._frames += 1


class FrameReader(io.RawIOBase):
    """What a file says, as a raw stream. FileDamaged as soon as something is not as it was written."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, *, bound_to: str, size: int) -> None:
        super().__init__()
        self._file, self._cipher, self._bound_to, self.size = file, cipher, bound_to, size
        self._at = 0
        self._number, self._frame = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override] # the buffers that are used
        if self._at >= self.size:
            return 0
        number, start = divmod(self._at, FRAME_BYTES)
        part = self._open(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def frames(self) -> Iterator[bytes]:
        """All that the file says, a frame at a time."""
        for number in range(-(-self.size // FRAME_BYTES)):
            yield self._open(number)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _open(self, number: int) -> bytes:
        if number != self._number:
            self._file.seek(number * SEALED_BYTES)
            sealed = self._file.read(SEALED_BYTES)
            try:
                text = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(self._bound_to, number))
            except (InvalidTag, ValueError) as error:
                raise FileDamaged("The file was cut off or changed, or written with another key.") from error
            if len(text) != min(FRAME_BYTES, self.size - number * FRAME_BYTES):
                raise FileDamaged("The file is not as long as it was written.")
            self._number, self._frame = number, text
        return self._frame


def _place(bound_to: str, number: int) -> bytes:
    return f"{bound_to}/{number}".encode()


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
