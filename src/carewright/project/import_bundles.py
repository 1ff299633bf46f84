"""A Bundle taken apart without being read as a whole: where its entries stand in the text, and what is around them.

A large file is imported in little memory so, and one entry that is no JSON does not cost the others.
JSON: https://www.rfc-editor.org/rfc/rfc8259
"""

import mmap
import re
from dataclasses import dataclass

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_BETWEEN = re.compile(rb"[ \t\r\n,]*")
_OPENING, _CLOSING = b"{[", b"}]"
_ENTRY = b'"entry"'


class Unbalanced(ValueError):
    """The text ends inside an object or a string, or closes what was not opened."""


@dataclass(frozen=True)
class Split:
    """`entries` are (start, end) in the text; `around` is the text with an empty list in their place."""

    entries: list[tuple[int, int]]
    around: bytes


def split(text: bytes | mmap.mmap, *, start: int = 0) -> Split | None:
    """The entries of the Bundle that begins at `start`; None if the top level has no list `entry` of objects alone.

    Unbalanced where braces, brackets or quotes do not match: a file that was cut off.
    """
    opened: list[bytes] = []
    entries: list[tuple[int, int]] = []
    listed: tuple[int, int] | None = None
    inside, began = False, 0  # inside the list `entry`; where the list, then the object, began
    expect_list = -1  # where the list must begin, right behind the key
    list_began = 0
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark == b'"':
            raise Unbalanced
        if mark in _OPENING:
            if inside and len(opened) == 2:
                began = token.start()
            elif token.start() == expect_list and mark == b"[" and listed is None:
                inside, list_began = True, token.end()
            opened.append(mark)
        elif mark in _CLOSING:
            if not opened or _OPENING.index(opened.pop()) != _CLOSING.index(mark):
                raise Unbalanced
            if inside and len(opened) == 2:
                entries.append((began, token.end()))
            elif inside and len(opened) == 1:
                inside, listed = False, (list_began, token.start())
        elif mark == _ENTRY and len(opened) == 1 and (colon := _COLON.match(text, token.end())):
            expect_list = colon.end()
    if opened:
        raise Unbalanced
    if listed is None or not _only_objects(text, listed, entries):
        return None
    return Split(entries, bytes(text[start : listed[0]]) + bytes(text[listed[1] :]))


def _only_objects(text: bytes | mmap.mmap, listed: tuple[int, int], entries: list[tuple[int, int]]) -> bool:
    """Whether nothing but commas stands between the entries, and each is an object."""
    behind = listed[0]
    for start, end in [*entries, (listed[1], listed[1])]:
        gap = _BETWEEN.match(text, behind, start)
        if gap is None or gap.end() != start or text[start : start + 1] not in (b"{", b"]"):
            return False
        wanted = 0 if behind == listed[0] or start == listed[1] else 1
        if bytes(text[behind:start]).count(b",") != wanted:
            return False
        behind = end
    return True
