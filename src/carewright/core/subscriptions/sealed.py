"""A channel's headers are secrets: in what is stored they stand sealed, and open only where they belong.

AES-256-GCM (NIST SP 800-38D) with a key of this installation. A sealed value opens for the same practice, subscriber
and endpoint alone: copied into another Subscription, or kept while the endpoint is changed, it is worth nothing.
"""

import base64
import binascii
import secrets
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED = "sealed:"
NONCE_BYTES = 12


class Unopened(ValueError):
    """This was sealed for somebody else, for another endpoint or by another installation."""


class Seal:
    """Seals and opens the headers of one subscriber at one endpoint."""

    def __init__(self, installation_key: bytes, *, practice: str, actor: str, endpoint: str) -> None:
        key = blake2b(installation_key, digest_size=32, person=b"outward headers")
        self._cipher = AESGCM(key.digest())
        self._of = "\x1f".join((practice, actor, endpoint)).encode()

    def close(self, value: str) -> str:
        """The value as it is stored."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value.encode(), self._of)
        return SEALED + base64.b64encode(nonce + sealed).decode()

    def open(self, text: str) -> str:
        """The value behind a stored text; Unopened."""
        try:
            raw = base64.b64decode(text.removeprefix(SEALED), validate=True)
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._of).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise Unopened("It was sealed for another endpoint or subscriber.") from error


def is_sealed(value: str) -> bool:
    return value.startswith(SEALED)
