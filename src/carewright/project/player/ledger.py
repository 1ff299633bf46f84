"""What the player has sent and what it was promised: the other side of the books that are compared at the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that the practice was told. `id` is what the product calls it, where the answer said so."""

    kind: str
    key: str
    is_promised: bool
    id: str = ""


@dataclass
class Ledger:
    """Entries by kind and key; many people write into it."""

    _entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, kind: str, key: str) -> None:
        """It is being sent; whether it arrives is not known yet."""
        with self._lock:
            self._entries.setdefault((kind, key), Entry(kind=kind, key=key, is_promised=False))

    def promised(self, kind: str, key: str, *, resource_id: str = "") -> None:
        """The product has said that it has it."""
        with self._lock:
            self._entries[kind, key] = Entry(kind=kind, key=key, is_promised=True, id=resource_id)

    def of(self, kind: str) -> list[Entry]:
        """All entries of a kind."""
        with self._lock:
            return [entry for (of, _), entry in self._entries.items() if of == kind]

    def counts(self) -> Counter[str]:
        """How many entries there are of each kind."""
        with self._lock:
            return Counter(kind for kind, _ in self._entries)
