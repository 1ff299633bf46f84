"""What goes through the codec comes out the same, and what JSON leaves open is refused."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.fhir.codec import MAX_DEPTH, MalformedJson, decode, encode, same_value

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: abs(d.adjusted()) <= 300)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | DECIMALS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
RESOURCES = st.dictionaries(TEXT, VALUES, max_size=6)


@given(RESOURCES)
def test_a_resource_is_read_back_as_it_was_written(resource):
    again = decode(encode(resource))
    assert same_value(again, resource)
    assert list(again) == list(resource)


@given(RESOURCES)
def test_encoding_what_was_decoded_changes_no_byte(resource):
    once = encode(resource)
    assert encode(decode(once)) == once


@given(RESOURCES, st.sampled_from([None, 2]), st.booleans())
def test_white_space_and_escapes_of_the_input_do_not_matter(resource, indent, ascii_only):
    text = json.dumps(resource, indent=indent, ensure_ascii=ascii_only, default=lambda d: 1.5)
    assert same_value(decode(text), decode(encode(json.loads(text, parse_float=Decimal))))


@pytest.mark.parametrize("number", ["72.50", "0.0000001", "1.00", "-0.0", "1e2", "120", "1E-10", "0.10"])
def test_a_decimal_keeps_its_value_and_its_precision(number):
    assert same_value(decode(encode(decode(f'{{"value":{number}}}'))), {"value": Decimal(number)})


def test_the_encoding_is_compact_ordered_and_plain_utf8():
    assert encode(decode('{ "b" : 72.50, "a" : "\\u00e9\\/" }')) == '{"b":72.50,"a":"é/"}'.encode()


@given(RESOURCES.filter(bool), st.data())
def test_a_key_that_stands_twice_is_refused_wherever_it_stands(resource, data):
    key = data.draw(st.sampled_from(sorted(resource)))
    inner = encode(resource)[:-1].decode() + f",{json.dumps(key)}\n: 1}}"
    for text in (inner, f'{{"x":[{inner}]}}'):
        with pytest.raises(MalformedJson):
            decode(text)


@pytest.mark.parametrize("text", ['{"a":1,"\\u0061":2}', '{"a":{"b":1,"b":1}}', '{"a":":","a":1}', '{"a" :1, "a"\n:2}'])
def test_duplicate_keys_hide_behind_nothing(text):
    with pytest.raises(MalformedJson, match="two entries"):
        decode(text)


@pytest.mark.parametrize("text", ['{"a":"\\":","b":"\\\\"}', '{":":":"}', '{"a":"x\\": y"}', '{"\\":":{"\\":":1}}'])
def test_colons_and_quotes_inside_texts_are_no_keys(text):
    assert decode(text) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"null", b"[]", b'"x"', b"{", b'{"a":1}x', b'{"a":01}', b'{"a":NaN}', b'{"a":-Infinity}',
        b"{'a':1}", b'{"a":1,}', b'{"a":"\n"}', b'{"a":"\x00"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":"\xff"}',
        b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}', b'\xef\xbb\xbf{"a":1}', b'{"a":1e999}', b'{"a":1e-999}',
        b'{"a":1e99999999999999999999}', b'{"a":"\\ud800"}', b'{"a":"\\udc00"}', b'{"a":"\\ud800x"}',
        '{"a":1}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_fhir_json_is_refused(text):
    with pytest.raises(MalformedJson):
        decode(text)


def test_text_with_half_a_character_is_refused():
    with pytest.raises(MalformedJson, match="UTF-8"):
        decode('{"a":"\ud800"}')


@pytest.mark.parametrize(("opened", "closed"), [('{"a":', "}"), ("[", "]")])
def test_nesting_has_a_limit(opened, closed):
    def nested(levels: int) -> str:
        return f'{{"a":{opened * (levels - 1)}1{closed * (levels - 1)}}}'

    assert decode(nested(MAX_DEPTH - 1))
    for levels in (MAX_DEPTH, 100_000):
        with pytest.raises(MalformedJson, match="levels"):
            decode(nested(levels))


def test_a_message_names_no_content():
    with pytest.raises(MalformedJson) as refused:
        decode('{"family":"Lovelace","family":"Byron"}')
    assert "Lovelace" not in str(refused.value)
    assert "family" not in str(refused.value)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (Decimal("1.0"), Decimal("1.00"), False),
        (Decimal(1), 1, True),
        (1, True, False),
        (True, True, True),
        ("1", 1, False),
        (None, None, True),
        (1.5, 1.5, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
    ],
)
def test_the_same_value_means_the_same_digits(a, b, same):
    assert same_value(a, b) is same
