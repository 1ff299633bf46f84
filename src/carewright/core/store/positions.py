"""Positions in the change feed as event ids: `12.345`."""

import re

Position = tuple[int, int]
_ID = re.compile(r"(\d{1,19})\.(\d{1,19})", re.ASCII)
_MAX = 2**63 - 1


def event_id(position: Position) -> str:
    return f"{position[0]}.{position[1]}"


def position_of(text: str | None) -> Position | None:
    """The position that an event id names; None for none, ValueError for what is no event id of ours."""
    if not text:
        return None
    found = _ID.fullmatch(text)
    if not found or max(int(found[1]), int(found[2])) > _MAX:
        raise ValueError("This is no event id.")
    return int(found[1]), int(found[2])
