"""Resource keys: 16 bytes made from `Type/id`, so that a reference is resolved without looking anything up.

A reference to something that has not been written yet (an import in any order) already has the key that it will
have. The practice is not part of the digest: every table leads with the practice column.
The digest is BLAKE2b (RFC 7693), 128 bits: at a thousand million resources the chance of any two sharing a key is
below 2e-21.
"""

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from carewright.core.store.model import Ref


@lru_cache(maxsize=65_536)
def key_of(resource_type: str, resource_id: str) -> UUID:
    """The key of `Type/id`."""
    return UUID(bytes=blake2b(f"{resource_type}/{resource_id}".encode(), digest_size=16).digest())


def key_of_ref(ref: Ref) -> UUID:
    return key_of(ref.type, ref.id)


def key_of_url(url: str) -> UUID:
    """The key under which a reference to another server is indexed."""
    return UUID(bytes=blake2b(b"url:" + url.encode(), digest_size=16).digest())


def lock_number(practice: str, kind: str, key: str) -> int:
    """A signed 64-bit number for PostgreSQL's advisory locks. Two keys sharing a number only wait for each other."""
    digest = blake2b(f"{practice}\x1f{kind}\x1f{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
