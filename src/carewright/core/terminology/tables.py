"""How the definition tables are written: blocks of a line and the indented lines below it, `#` before a comment."""

from collections.abc import Iterator
from pathlib import Path


def read_table(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The blocks of a table in its order: the line without indentation, and the lines below it without theirs."""
    head, lines = "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("  "):
            lines.append(line[2:])
            continue
        if head:
            yield head, lines
        head, lines = line, []
    if head:
        yield head, lines
