"""The columns of rows as PostgreSQL's arrays, in its binary form.

psycopg finds out anew for every list what it holds, which took half of the time of a create; here the table says it.
The form of an array: https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c (array_recv);
of its elements the functions of their types that end in `recv`: length and bytes, in network order.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from carewright.core.store.sql import Row

Encode = Callable[[Any], bytes]

ONE_DIMENSION, FIRST = 1, 1
_HEAD = Struct("!iiIii").pack
"""Dimensions, whether there are nulls, the element's type, how many, the number of the first."""
_LENGTH, _INTEGER, _FLOAT = Struct("!i").pack, Struct("!q").pack, Struct("!d").pack
_NULL = _LENGTH(-1)
_NOTHING = object()
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY, _MICROSECONDS = 86_400, 1_000_000


def _text(value: str) -> bytes:
    return value.encode()


def _instant(value: datetime) -> bytes:
    """Microseconds since 2000."""
    since = value - _EPOCH
    return _INTEGER((since.days * _SECONDS_A_DAY + since.seconds) * _MICROSECONDS + since.microseconds)


def _key(value: UUID) -> bytes:
    return value.bytes


class Column:
    """The values of one column as an array; a subclass for each type, because psycopg chooses by it."""

    __slots__ = ("data",)
    element: ClassVar[int]
    encode: ClassVar[Encode]

    def __init__(self, values: Sequence[object]) -> None:
        encode, nulls = type(self).encode, 0
        parts, part, last = [b""], b"", _NOTHING
        for value in values:
            if value is not last:  # the rows of one resource have most of their values in common
                last = value
                if value is None:
                    nulls, part = 1, _NULL
                else:
                    encoded = encode(value)
                    part = _LENGTH(len(encoded)) + encoded
            parts.append(part)
        parts[0] = _HEAD(ONE_DIMENSION, nulls, self.element, len(values), FIRST)
        self.data = b"".join(parts)


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj.data


def _column(name: str, encode: Encode) -> type[Column]:
    """The class of the columns of a type, made known to psycopg."""
    type_ = psycopg.postgres.types[name]
    column = type(f"{name.title()}Column", (Column,), {"element": type_.oid, "encode": staticmethod(encode)})
    psycopg.adapters.register_dumper(column, type(f"{name.title()}Dumper", (_Dumper,), {"oid": type_.array_oid}))
    return column


COLUMNS = {
    "text": _column("text", _text),
    "bigint": _column("int8", _INTEGER),
    "float8": _column("float8", _FLOAT),
    "timestamptz": _column("timestamptz", _instant),
    "uuid": _column("uuid", _key),
    "bytes": _column("bytea", bytes),
}
"""By the types of schema.py."""


def columns_of(kinds: Iterable[str], rows: Sequence[Row]) -> list[Column]:
    """The rows, column by column, as the parameters of a statement."""
    return [COLUMNS[kind](values) for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)]


def array_of(values: Sequence[object]) -> Column | list[object]:
    """The values of a list as one parameter; psycopg finds out what they are where they are neither keys nor texts."""
    kinds = {type(value) for value in values}
    if kinds == {UUID}:
        return COLUMNS["uuid"](values)
    return COLUMNS["text"](values) if kinds == {str} else list(values)
