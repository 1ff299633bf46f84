"""Anchors: the newest link of the chain, appended to a file that should not be on this machine.

Whoever can write the database can rebuild a chain; they cannot make it agree with an anchor they cannot reach.
One JSON object per line: practice, position, chain (hexadecimal), at.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class BadAnchor(ValueError):
    """A line of the anchor file cannot be read; the text says which."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Link `position` of a practice's chain, as it was at `at`."""

    practice: str
    position: int
    chain: bytes
    at: datetime


class Anchors:
    """The anchor file at `path`. Lines are only ever appended, each synced before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, anchor: Anchor) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = {"practice": anchor.practice, "position": anchor.position, "chain": anchor.chain.hex()}
        text = json.dumps({**line, "at": anchor.at.isoformat()}) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def of(self, practice: str) -> list[Anchor]:
        """The anchors of a practice, oldest first; none where there is no file. BadAnchor for a line it cannot read."""
        if not self.path.exists():
            return []
        with self.path.open() as file:
            read = [_parsed(number, line) for number, line in enumerate(file, start=1) if line.strip()]
        return [anchor for anchor in read if anchor.practice == practice]


def _parsed(number: int, line: str) -> Anchor:
    try:
        found = json.loads(line)
        return Anchor(
            practice=found["practice"],
            position=int(found["position"]),
            chain=bytes.fromhex(found["chain"]),
            at=datetime.fromisoformat(found["at"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnchor(f"Line {number} of the anchor file cannot be read.") from error
