"""Encrypted files under the digest of their content: `<folder>/<practice>/<first two>/<digest>`.

AES-256-GCM (NIST SP 800-38D, https://doi.org/10.6028/NIST.SP.800-38D) with a random 96-bit nonce in front; the
practice and the digest are authenticated with it, so that a file moved elsewhere does not open. A file appears whole
or not at all: it is written beside its place, synced, and renamed into it.
"""

import os
import re
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PRACTICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BlobDamaged(Exception):
    """The file is missing, was changed, or was written with another key."""


class BlobFiles:
    """The files of all practices below `folder`; `key` has 32 bytes."""

    def __init__(self, folder: Path, *, key: bytes) -> None:
        self.folder = folder
        self._cipher = AESGCM(key)
        if len(key) != KEY_BYTES:
            raise ValueError(f"The key of the blobs has {KEY_BYTES} bytes.")

    def write(self, practice: str, content: bytes) -> str:
        """Keep the content; its digest. A file that is there already and whole is left alone."""
        digest = sha256(content).hexdigest()
        path = self._path(practice, digest)
        if path.exists() and self._whole(practice, digest):
            return digest
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        nonce = secrets.token_bytes(NONCE_BYTES)
        _write_whole(path, nonce + self._cipher.encrypt(nonce, content, _bound_to(practice, digest)))
        return digest

    def read(self, practice: str, digest: str) -> bytes:
        """The content; BlobDamaged unless it is exactly what was kept under this digest."""
        try:
            data = self._path(practice, digest).read_bytes()
        except FileNotFoundError as error:
            raise BlobDamaged(f"The file {digest} is missing.") from error
        try:
            content = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound_to(practice, digest))
        except (InvalidTag, ValueError) as error:
            raise BlobDamaged(f"The file {digest} was changed, or written with another key.") from error
        if sha256(content).hexdigest() != digest:
            raise BlobDamaged(f"The file {digest} does not hold what its name says.")
        return content

    def _whole(self, practice: str, digest: str) -> bool:
        try:
            self.read(practice, digest)
        except BlobDamaged:
            return False
        return True

    def _path(self, practice: str, digest: str) -> Path:
        if not (_DIGEST.fullmatch(digest) and _PRACTICE.fullmatch(practice)):
            raise ValueError("A blob is named by a practice and a SHA-256 digest.")
        return self.folder / practice / digest[:2] / digest


def _bound_to(practice: str, digest: str) -> bytes:
    return f"{practice}/{digest}".encode()


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside, sync, rename, sync the folder: after a crash the file is there whole or not there."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
