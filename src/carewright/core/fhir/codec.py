"""JSON in and out, exactly: what a resource says is kept, and what JSON leaves open is refused.

`msgspec` does the reading and writing. On its own it accepts duplicate keys and keeps the last one, which would lose
data without a word, so `decode` checks first what the text holds and then that nothing got lost.

FHIR R4 JSON: https://hl7.org/fhir/R4/json.html; JSON: https://www.rfc-editor.org/rfc/rfc8259
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from carewright.core.fhir.model import Resource

MAX_DEPTH = 64
"""Objects and arrays inside one another; the deepest HL7 example has 21."""
MAX_EXPONENT = 300
"""Beyond this a number does not fit a double, and no measurement needs it."""


class MalformedJson(ValueError):
    """The text is not JSON that FHIR allows. The message names the place, never the content."""


def decode(data: bytes | str) -> Resource:
    """Read one JSON object. Decimals come as `Decimal` with their precision, whole numbers as `int`.

    Raises MalformedJson for invalid UTF-8 or JSON, a top level that is no object, duplicate keys, U+0000, NaN,
    numbers beyond the range of a double, and nesting of 64 levels or more.
    """
    raw = _utf8(data)
    try:
        value = _DECODER.decode(raw)
    except msgspec.DecodeError as error:
        raise MalformedJson(f"This is not valid JSON: {error}.") from None
    except RecursionError:
        raise MalformedJson(_TOO_DEEP) from None
    if type(value) is not dict:
        raise MalformedJson("A FHIR resource is a JSON object, in braces { }.")
    # Each key of the text ends in a quote and a colon, so this count is never below the number of keys. It may be
    # above it (a quote and a colon inside a string); then the exact and slow look decides.
    if raw.translate(None, b" \t\r\n").count(b'":') != _count_keys(value, 1):
        _refuse_duplicate_keys(raw)
    if b"\\u0000" in raw:
        _refuse_null_character(value)
    if b"\\ud" in raw or b"\\uD" in raw:
        _refuse_half_characters(value)
    return value


def encode(resource: Resource) -> bytes:
    """Our stored form: element order kept, no white space, decimals with their precision, text as UTF-8."""
    return _ENCODER.encode(resource)


def same_value(a: Any, b: Any) -> bool:
    """Whether two decoded values are the same to the last digit: 1.0 and 1.00 differ, the order of keys does not count.

    A `float` is never the same as anything: its precision is not known.
    """
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same_value(v, b[k]) for k, v in a.items())
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
        return Decimal(a).as_tuple() == Decimal(b).as_tuple()
    return type(a) is type(b) and not isinstance(a, float) and bool(a == b)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
        if abs(number.adjusted()) <= MAX_EXPONENT:
            return number
    except InvalidOperation:
        pass  # an exponent that even Decimal cannot hold
    raise MalformedJson(f"a number has an exponent beyond {MAX_EXPONENT}; write it in another unit")


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_TOO_DEEP = f"Objects and lists stand {MAX_DEPTH} or more levels inside one another."


def _utf8(data: bytes | str) -> bytes:
    try:
        if isinstance(data, str):
            return data.encode()
        if not data.isascii():
            data.decode()
        return data
    except UnicodeError as error:
        where = getattr(error, "start", 0)
        raise MalformedJson(f"The text is not valid UTF-8 at position {where}.") from None


def _count_keys(value: Any, depth: int) -> int:
    """The number of keys at all levels; raises MalformedJson where the nesting is too deep."""
    if depth >= MAX_DEPTH:
        raise MalformedJson(_TOO_DEEP)
    if type(value) is dict:
        total = len(value)
        children = value.values()
    else:
        total = 0
        children = value
    for child in children:
        kind = type(child)
        if kind is dict or kind is list:
            total += _count_keys(child, depth + 1)
    return total


def _refuse_duplicate_keys(raw: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for position, (key, _) in enumerate(pairs, start=1):
            if key in seen:
                raise MalformedJson(f"An object has two entries of the same name (its entry number {position}).")
            seen.add(key)

    json.loads(raw, object_pairs_hook=unique, parse_float=str, parse_int=str)


def _refuse_null_character(value: Any) -> None:
    if any("\0" in text for text in _strings(value)):
        raise MalformedJson("A text holds the character U+0000, which FHIR does not allow.")


def _refuse_half_characters(value: Any) -> None:
    if any("\ud800" <= character <= "\udfff" for text in _strings(value) for character in text):
        raise MalformedJson("A text holds half of a surrogate pair, which no UTF-8 text can hold.")


def _strings(value: Any) -> Iterator[str]:
    """Every string and key inside `value`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
