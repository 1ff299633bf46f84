"""Tokens as they stood within the last second, so that a program that asks a thousand times a second is not looked up
a thousand times. docs/decisions: a token is remembered for a second.

What changes a token in this process makes it forgotten at once; what another process changes counts here when the
second is over. Its end, which the row says, is looked at each time.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from carewright.core.access.identity import Session
from carewright.core.access.model import Access

REMEMBERED_SECONDS = 1.0
MOST = 4_096
"""How many are remembered; then all are forgotten, which costs each a look-up."""


@dataclass(frozen=True)
class Known:
    """A session and what it may do."""

    session: Session
    access: Access


@dataclass
class RecentTokens:
    """By the digest of the secret. Only what is valid is remembered: what is refused is looked up each time."""

    seconds: float = REMEMBERED_SECONDS
    _known: dict[bytes, tuple[float, Known]] = field(default_factory=dict)
    _forgotten: int = 0

    async def get(self, secret_hash: bytes, look_up: Callable[[], Awaitable[Known | None]]) -> Known | None:
        """The token as it is remembered, else as it is looked up."""
        found = self._known.get(secret_hash)
        if found is not None and time.monotonic() - found[0] < self.seconds:
            return found[1]
        forgotten, began = self._forgotten, time.monotonic()
        known = await look_up()
        if known is None:
            self._known.pop(secret_hash, None)
        elif forgotten == self._forgotten:  # else it may have been read before it was changed
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[secret_hash] = (began, known)
        return known

    def forget(self, secret_hash: bytes) -> None:
        """It was changed: look it up again. From any thread."""
        self._forgotten += 1
        self._known.pop(secret_hash, None)
