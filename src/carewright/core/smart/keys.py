"""The key with which a practice signs: RSA, made once, sealed with a key of this installation in the database.

RS256 (RFC 7518, 3.3) is what every OpenID client understands: https://openid.net/specs/openid-connect-core-1_0.html
#ServerMTI. In the database all processes and machines of an installation find the same key.
"""

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import RSAKey

from carewright.core.store import client_rows

if TYPE_CHECKING:
    from carewright.core.store.store import Store

ALGORITHM = "RS256"
KEY_BITS = 2048
NONCE_BYTES = 12
_PURPOSE = b"id tokens"


def key_of(store: "Store", practice: str) -> RSAKey:
    """The practice's key, made at the first call."""
    with store.driver.reading(practice) as connection:
        sealed = client_rows.signing_key(connection, practice)
    if sealed is None:
        made = RSAKey.generate_key(KEY_BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        with store.driver.writing(practice) as connection:
            client_rows.keep_signing_key(connection, practice, _seal(store, practice, made), at=store.clock.wall())
            sealed = client_rows.signing_key(connection, practice)
    return _open(store, practice, sealed or b"")


def public_keys(store: "Store", practice: str) -> dict[str, Any]:
    """The JWKS by which clients check what was signed (RFC 7517)."""
    return {"keys": [key_of(store, practice).as_dict(private=False)]}


def sign(store: "Store", practice: str, claims: dict[str, Any]) -> str:
    """The claims as a signed JWT."""
    key = key_of(store, practice)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def _seal(store: "Store", practice: str, key: RSAKey) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(store).encrypt(nonce, key.as_pem(private=True), practice.encode())


def _open(store: "Store", practice: str, sealed: bytes) -> RSAKey:
    pem = _cipher(store).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], practice.encode())
    key = RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM})
    key.ensure_kid()
    return key


def _cipher(store: "Store") -> AESGCM:
    person = blake2b(_PURPOSE, digest_size=16).digest()
    return AESGCM(blake2b(store.digest_key, digest_size=32, person=person).digest())
