"""What an examination of an installation finds: good, worth a look, or broken; always in words that say what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    level: Level
    words: str


def good(words: str) -> Finding:
    return Finding(Level.GOOD, words)


def warning(words: str) -> Finding:
    return Finding(Level.WARNING, words)


def broken(words: str) -> Finding:
    return Finding(Level.BROKEN, words)
