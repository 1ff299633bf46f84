"""A mark of what a part of a page shows, so that it is not drawn (and spoken) again while it is the same."""

from collections.abc import Iterable
from hashlib import blake2b


def mark_of(ids: Iterable[str]) -> str:
    """The mark of these, in this order."""
    return blake2b(" ".join(ids).encode(), digest_size=8).hexdigest()
