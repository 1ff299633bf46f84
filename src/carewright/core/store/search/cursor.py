"""Pages: a position in the order of the results, as an opaque text that travels in the link to the next page."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Literal
from uuid import UUID

from carewright.core.store.search.parse import NOT_IN_TEXT
from carewright.core.store.search.query import SearchError
from carewright.core.store.sql import Sql, all_of, any_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Kind = Literal["text", "instant", "number"]


@dataclass(frozen=True)
class SortColumn:
    """A sort value as SQL, what stands for a missing one, and its direction."""

    expression: Sql
    descending: bool
    kind: Kind = "text"


def behind(position: list[object], columns: Sequence[SortColumn]) -> Sql:
    """The rows behind a position: the first sort value beyond it, or equal and the next beyond it, and so on."""
    names = [f"c.s{n}" for n in range(len(columns))] + ["c.key"]
    descending = [column.descending for column in columns] + [False]
    either = []
    for n, name in enumerate(names):
        equal = [Sql(f"{names[m]} = ?", (position[m],)) for m in range(n)]
        either.append(all_of([*equal, Sql(f"{name} {'<' if descending[n] else '>'} ?", (position[n],))]))
    return any_of([Sql("(") + part + Sql(")") for part in either])


def encode_cursor(key: UUID, sort_values: Sequence[object]) -> str:
    """The position of a row as an opaque text."""
    values = [{"at": v.isoformat()} if isinstance(v, datetime) else v for v in sort_values]
    return base64.urlsafe_b64encode(json.dumps([*values, key.hex], separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str, columns: Sequence[SortColumn]) -> list[object]:
    """The position that `encode_cursor` wrote; SearchError for anything else."""
    try:
        listed = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        *values, key = listed
        if len(values) != len(columns):
            raise ValueError(text)
        return [*map(_cursor_value, values, columns), UUID(hex=key)]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise SearchError("The link to the next page is damaged or belongs to another search. Start again.") from error


def _cursor_value(value: object, column: SortColumn) -> object:
    """A sort value as the database takes it; SQLite's instants travel as microseconds. ValueError for what is none."""
    if column.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError("no number")
        return float(value)
    if column.kind == "text":
        if not isinstance(value, str) or NOT_IN_TEXT.search(value):
            raise ValueError("no text")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return EPOCH + timedelta(microseconds=value)
    at = datetime.fromisoformat(value["at"]) if isinstance(value, dict) else None
    if at is None or at.tzinfo is None:
        raise ValueError("no instant")
    return at
